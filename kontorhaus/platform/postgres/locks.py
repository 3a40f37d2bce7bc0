"""Locks on a folder, held by processes and given back by the kernel however they end (flock(2))."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from threading import Event
from typing import Final

from kontorhaus.kernel.time import monotonic

PAUSE_SECONDS: Final = 0.02
"""Between two tries for a lock: flock has no time limit of its own, and a try costs a microsecond."""


class Lock:
    """An exclusive lock on a file. A child that is handed `descriptor` holds it too, until the last of them is gone."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    def take(cls, path: Path, *, patience_seconds: float = 0) -> Lock | None:
        """The lock, or None when somebody else holds it for longer than we are patient."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        give_up_at = monotonic() + patience_seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if monotonic() >= give_up_at:
                    os.close(descriptor)
                    return None
                Event().wait(PAUSE_SECONDS)
            else:
                return cls(descriptor)

    def note(self, text: str) -> None:
        """Write into the file what those who find it locked shall read."""
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, text.encode(), 0)

    def release(self) -> None:
        """Give the lock back, as far as this process holds it; a second time does nothing."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
