"""Running PostgreSQL's programs: in a clean environment, and with passwords kept off command lines."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from kontorhaus.platform.postgres.addresses import login_of, without_password
from kontorhaus.platform.postgres.binaries import Binaries
from kontorhaus.platform.postgres.errors import DiskFull, ServerFailed

INHERITED: Final = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH")
"""What they get of the house's environment: no secrets, and none of the PG… variables that would lead them astray."""


def environment(password: str | None = None) -> dict[str, str]:
    """The environment for PostgreSQL's programs. English messages, since some of them are recognised."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return (
        inherited | {"LC_ALL": "C", "TZ": "UTC"} | ({"PGPASSWORD": password} if password is not None else {})
    )


def run(
    command: Sequence[str], *, password: str | None = None, descriptors: Sequence[int] = ()
) -> tuple[int, str]:
    """Run a program to its end; its status, and its words with those of failure last. The child holds `descriptors`."""
    result = subprocess.run(  # noqa: S603, the commands are the house's own
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        cwd="/",
        env=environment(password),
        pass_fds=descriptors,
    )
    return result.returncode, (result.stdout + result.stderr).strip()


def client(binaries: Binaries, url: str, program: str, *arguments: str) -> list[str]:
    """The command line of a client program for the database at `url`. Its password, which every account of the machine
    could read there, goes into the environment instead."""
    return [binaries.program(program), "--no-password", f"--dbname={without_password(url)}", *arguments]


def query(binaries: Binaries, url: str, statement: str) -> list[str]:
    """Run one statement without a driver or an event loop, and return its rows, one text each. ServerFailed tells what
    PostgreSQL said. The statement must hold no secret: it stands on a command line."""
    plain = ("--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1")
    command = client(binaries, url, "psql", *plain, f"--command={statement}")
    status, words = run(command, password=login_of(url)[1])
    if status != 0:
        raise ServerFailed(f"PostgreSQL refused: {words[-500:]}")
    return words.splitlines()


def refuse_full_disk(words: str, folder: Path) -> None:
    """DiskFull when the words tell of it (ENOSPC, or EDQUOT where there are quotas)."""
    if "No space left on device" in words or "Disk quota exceeded" in words:
        raise DiskFull(f"there is no room left in {folder}; make room, then try again", folder=str(folder))
