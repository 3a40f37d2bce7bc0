"""What a server tells of itself by its files: postmaster.pid, and its log."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import Final

from kontorhaus.platform.postgres import programs
from kontorhaus.platform.postgres.errors import FolderHeld

STATUS_LINE: Final = 7
"""Of postmaster.pid, after process, folder, start, port, socket folder, address and memory (utils/pidfile.h)."""

LOG_BYTES_MAX: Final = 10_000_000
"""Two logs of this size are kept: weeks of a quiet server, and never a disk full of them."""


def ready(data: Path) -> bool:
    """Whether the server accepts connections, by the line that pg_ctl waits for."""
    return _pid_file(data)[STATUS_LINE:] == ["ready"]


def tell(data: Path, wanted: signal.Signals) -> None:
    """Send the server a signal, unless it is gone."""
    lines = _pid_file(data)
    if lines:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(lines[0]), wanted)


def clear_stale_pid(data: Path) -> None:
    """Remove the pid file that a killed server left behind.

    PostgreSQL does so itself, but not when the number has since gone to another process, which in a container with its
    few small numbers is the rule. To be called with the server's lock held: then only a server that somebody started
    here by hand can be running, and it is recognised by its working folder. FolderHeld names it.
    """
    lines = _pid_file(data)
    if not lines:
        return
    if _works_in(int(lines[0]), data):
        raise FolderHeld(
            f"a PostgreSQL that the house did not start, process {lines[0]}, runs in {data}; stop it"
        )
    (data / "postmaster.pid").unlink()


def _works_in(number: int, data: Path) -> bool:
    """Whether a process is a server at work in `data`; where that cannot be seen, whether it is a server at all."""
    process = Path("/proc") / str(number)
    try:
        return (process / "cwd").readlink() == data.resolve()
    except PermissionError:  # another account's
        return b"postgres" in (process / "cmdline").read_bytes()
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
        return "postgres" in programs.run(["/bin/ps", "-o", "command=", "-p", str(number)]).stdout  # macOS


def log(folder: Path) -> Path:
    """The file for the server's words; a long one is put aside first."""
    path = folder / "server.log"
    if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
        path.replace(folder / "server.log.previous")
    path.touch(mode=0o600)
    return path


def words_since(path: Path, start: int) -> str:
    """The end of what the server has said since the log had `start` bytes."""
    with path.open("rb") as file:
        file.seek(start)
        return file.read().decode(errors="replace").strip()[-800:]


def _pid_file(data: Path) -> list[str]:
    """Its stripped lines; none when there is no server, or it is just being written."""
    try:
        return [line.strip() for line in (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()]
    except FileNotFoundError:
        return []
