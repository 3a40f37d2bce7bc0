"""Finding the server of a house that is running, for an operator's command beside it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from kontorhaus.platform.postgres.locks import Lock


def running_at(folder: Path) -> str | None:
    """The superuser's address of the server that a living house runs in `folder`; None where none runs."""
    path = folder / "house.lock"
    if not path.exists():
        return None
    lock = Lock.take(path)
    if lock is not None:
        lock.release()
        return None
    return path.read_text(encoding="utf-8").partition(" at ")[2] or None


def another(url: str, database: str, *, login: str | None = None) -> str:
    """The same server, another database, and for the house's socket another login."""
    parts = urlsplit(url)._replace(path=f"/{quote(database, safe='')}")
    if login is not None:
        parts = parts._replace(netloc=f"{quote(login, safe='')}@{parts.netloc.rpartition('@')[2]}")
    return urlunsplit(parts)
