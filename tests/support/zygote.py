"""A process that has imported the house, and becomes a role of it when it is told to: by a fork, which takes
milliseconds where a start takes a second and a half of computing. What is forked is a process as any other: it opens
its own connections, has its own settings, and dies alone.

Told by lines of JSON on standard input: `{"role": …, "environ": {…}, "log": …}`. Tells by lines of JSON: `{"pid": …}`
for each start, in order, and `{"pid": …, "status": …}` when one has ended. Ends, with its own, when its input ends.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from typing import Any

import msgspec

import kontorhaus.roles.api
import kontorhaus.roles.relay
import kontorhaus.roles.worker
from kontorhaus.cli import main

IMPORTED = (kontorhaus.roles.api, kontorhaus.roles.relay, kontorhaus.roles.worker)
"""What a command would import only when it is called."""


def become(order: dict[str, Any]) -> None:
    """This process is a role from now on; never returns."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(old, new)
    os.environ.clear()
    os.environ.update(order["environ"])
    main([order["role"]])


def say(**told: int) -> None:
    os.write(1, msgspec.json.encode(told) + b"\n")


def serve() -> None:
    """Fork on demand, and tell of the dead, until the input ends."""
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    alive: set[int] = set()
    rest = b""
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            bury(alive)
        if 0 in ready:
            read = os.read(0, 65_536)
            if not read:
                break
            *lines, rest = (rest + read).split(b"\n")
            for line in lines:
                alive.add(started(msgspec.json.decode(line)))
    for pid in alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def started(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        become(order)
    say(pid=pid)
    return pid


def bury(alive: set[int]) -> None:
    while alive:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        alive.discard(pid)
        say(pid=pid, status=os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    serve()
    sys.exit(0)
