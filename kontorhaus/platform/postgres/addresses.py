"""Addresses of databases: `postgresql://login:password@host:port/database`, as libpq and asyncpg read them."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

SOCKET_PORT: Final = 5432
"""Names the socket's file. Said in every address, since clients would otherwise take it from PGPORT."""


def socket_url(folder: Path, *, login: str, database: str, password: str | None = None) -> str:
    """The address of a server that listens on a socket in `folder`."""
    where = urlencode({"host": str(folder), "port": SOCKET_PORT})
    return f"postgresql://{_who(login, password)}@/{quote(database, safe='')}?{where}"


def tcp_url(port: int, *, login: str, database: str, password: str | None = None) -> str:
    """The address of a server that listens on this machine's own network."""
    return f"postgresql://{_who(login, password)}@127.0.0.1:{port}/{quote(database, safe='')}"


def login_of(url: str) -> tuple[str | None, str | None]:
    """Login and password in an address; None for what it leaves to the environment."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    login = unquote(parts.username) if parts.username else query.get("user")
    password = unquote(parts.password) if parts.password else query.get("password")
    return login, password


def without_password(url: str) -> str:
    """The same address, fit for a command line, which every account of the machine can read."""
    parts = urlsplit(url)
    who, at, where = parts.netloc.rpartition("@")
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "password"]
    return urlunsplit(parts._replace(netloc=who.partition(":")[0] + at + where, query=urlencode(query)))


def _who(login: str, password: str | None) -> str:
    return quote(login, safe="") + (f":{quote(password, safe='')}" if password is not None else "")
