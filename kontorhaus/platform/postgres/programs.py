"""Running PostgreSQL's programs: in a clean environment, and with passwords kept off command lines."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from kontorhaus.platform.postgres.addresses import login_of, without_password
from kontorhaus.platform.postgres.binaries import Binaries
from kontorhaus.platform.postgres.errors import DiskFull, ServerFailed

INHERITED: Final = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH")
"""What a server gets of the house's environment: no secrets, and none of the PG… variables that could mislead it."""


def environment() -> dict[str, str]:
    """The environment for PostgreSQL's programs. English messages, since some of them are recognised."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return inherited | {"LC_ALL": "C", "TZ": "UTC"}


def client_environment(url: str) -> dict[str, str]:
    """The same for a client of the database at `url`: with the password, and with what the operator says to all of
    PostgreSQL's clients (PGSSLROOTCERT, PGPASSFILE), since the address may leave things to it."""
    said = {name: value for name, value in os.environ.items() if name.startswith("PG")}
    password = login_of(url)[1]
    return said | environment() | ({"PGPASSWORD": password} if password is not None else {})


def run(
    command: Sequence[str], *, own: Mapping[str, str] | None = None, descriptors: Sequence[int] = ()
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, whatever its status; `own` is its environment, and it holds `descriptors`."""
    return subprocess.run(  # noqa: S603, the commands are the house's own
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        cwd="/",
        env=environment() if own is None else own,
        pass_fds=descriptors,
    )


def words(result: subprocess.CompletedProcess[str]) -> str:
    """The end of what a program that failed has said, the reason last."""
    return (result.stdout + result.stderr).strip()[-500:]


def client(binaries: Binaries, url: str, program: str, *arguments: str) -> list[str]:
    """The command line of a client program for the database at `url`. Its password, which every account of the machine
    could read there, goes into the environment instead."""
    return [binaries.program(program), "--no-password", f"--dbname={without_password(url)}", *arguments]


def query(binaries: Binaries, url: str, statement: str) -> list[str]:
    """Run one statement without a driver or an event loop, and return its rows, one text each. ServerFailed tells what
    PostgreSQL said. The statement must hold no secret: it stands on a command line."""
    plain = ("--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1")
    command = client(binaries, url, "psql", *plain, f"--command={statement}")
    result = run(command, own=client_environment(url))
    if result.returncode != 0:
        raise ServerFailed(f"PostgreSQL refused: {words(result)}")
    return result.stdout.splitlines()


def refuse_full_disk(told: str, folder: Path) -> None:
    """DiskFull when the words tell of it (ENOSPC, or EDQUOT where there are quotas)."""
    if "No space left on device" in told or "Disk quota exceeded" in told:
        raise DiskFull(f"there is no room left in {folder}; make room, then try again", folder=str(folder))
