"""Backups of one database, as pg_dump makes them: of the embedded server, or of any PostgreSQL 16 or newer."""

from __future__ import annotations

from pathlib import Path

from kontorhaus.platform.postgres.binaries import Binaries


def backup(url: str, file: Path, *, binaries: Binaries) -> int:
    raise NotImplementedError


def restore(url: str, file: Path, *, binaries: Binaries, replace: bool = False) -> None:
    raise NotImplementedError
