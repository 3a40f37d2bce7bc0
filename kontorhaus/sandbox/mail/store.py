"""The messages on disk: every SQL statement of the simulated mail server."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

SCHEMA: Final = """
    CREATE TABLE IF NOT EXISTS message (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        received_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
        sender TEXT NOT NULL,
        recipients TEXT NOT NULL,
        secure INTEGER NOT NULL,
        user TEXT,
        raw BLOB NOT NULL
    )
"""


class Stored(Struct, frozen=True):
    """A message as it came in."""

    id: int
    received_at: str
    sender: str
    recipients: list[str]
    secure: bool
    user: str | None
    raw: bytes


class Store:
    """One SQLite file, or memory. Each call is its own transaction, on disk when it returns."""

    def __init__(self, file: Path | None) -> None:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        self._database: Final = sqlite3.connect(
            ":memory:" if file is None else file, isolation_level=None, check_same_thread=False
        )
        self._database.execute(SCHEMA)

    def keep(self, *, sender: str, recipients: list[str], secure: bool, user: str | None, raw: bytes) -> int:
        found = self._database.execute(
            "INSERT INTO message (sender, recipients, secure, user, raw) VALUES (?, ?, ?, ?, ?) RETURNING id",
            (sender, msgspec.json.encode(recipients).decode(), secure, user, raw),
        ).fetchone()
        return int(found[0])

    def newest(self, limit: int) -> list[Stored]:
        rows = self._database.execute(
            "SELECT id, received_at, sender, recipients, secure, user, raw FROM message ORDER BY id DESC LIMIT ?",
            (limit,),
        )
        return [_stored(row) for row in rows]

    def one(self, number: int) -> Stored | None:
        row = self._database.execute(
            "SELECT id, received_at, sender, recipients, secure, user, raw FROM message WHERE id = ?",
            (number,),
        ).fetchone()
        return None if row is None else _stored(row)

    def forget(self) -> int:
        return self._database.execute("DELETE FROM message").rowcount

    def close(self) -> None:
        self._database.close()


def _stored(row: tuple[int, str, str, str, int, str | None, bytes]) -> Stored:
    number, received_at, sender, recipients, secure, user, raw = row
    return Stored(
        number, received_at, sender, msgspec.json.decode(recipients, type=list[str]), bool(secure), user, raw
    )
