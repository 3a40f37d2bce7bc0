"""Stopping without cutting anyone off."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator


class Drain:
    """Counts the requests in flight, and says whether the process is about to stop.

    Once `begin` was called `/readyz` answers 503 and answers close their connections, but requests that still arrive
    are answered: a balancer needs a moment to notice.
    """

    def __init__(self) -> None:
        self._begun = asyncio.Event()
        self.in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def begun(self) -> bool:
        return self._begun.is_set()

    def begin(self) -> None:
        self._begun.set()

    async def wait_begun(self) -> None:
        """Until the process is about to stop: for answers that wait, and then give what they have."""
        await self._begun.wait()

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Hold the process for as long as one request lasts."""
        self.in_flight += 1
        self._idle.clear()
        try:
            yield
        finally:
            self.in_flight -= 1
            if self.in_flight == 0:
                self._idle.set()

    async def wait(self, seconds: float) -> bool:
        """Wait until nothing is in flight, `seconds` at most; whether that was reached."""
        if self.in_flight == 0:
            return True
        try:
            await asyncio.wait_for(self._idle.wait(), seconds)
        except TimeoutError:
            return False
        return True
