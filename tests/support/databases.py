"""Databases for tests: one cluster a run, one migrated template, one clone a worker, or a fresh one a test."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import uuid
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from filelock import FileLock

from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import eventlog
from kontorhaus.platform.db import Db, migrations, roles

PASSWORD = "for-tests-only"


def on(url: str, database: str) -> str:
    """The same server and login, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


async def clone(admin_url: str, suffix: str = "") -> str:
    """A new database with the newest schema, copied from the template; returns the admin's address of it. With the
    suffix `_faults` processes on it may be told to kill themselves."""
    template = await _template(admin_url)
    name = f"kontorhaus_{uuid.uuid4().hex[:12]}{suffix}"
    await _execute(admin_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    return on(admin_url, name)


async def empty(admin_url: str) -> str:
    """A new database with nothing in it."""
    name = f"kontorhaus_{uuid.uuid4().hex[:12]}"
    await _execute(admin_url, f"CREATE DATABASE {name} TEMPLATE template0")
    return on(admin_url, name)


async def drop(admin_url: str, database_url: str) -> None:
    name = urlsplit(database_url).path.lstrip("/")
    await _execute(admin_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def _template(admin_url: str) -> str:
    """Made once a run, by whichever worker comes first; named after the migrations, so that a changed one is seen."""
    text = "".join(migration.text for migration in migrations.read())
    name = f"kontorhaus_template_{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    server = hashlib.sha256(admin_url.encode()).hexdigest()[:12]
    lock = FileLock(Path(tempfile.gettempdir()) / f"{name}-{server}.lock")
    with await asyncio.to_thread(lock.acquire):
        admin = await asyncpg.connect(admin_url)
        try:
            ready = await admin.fetchval("SELECT datistemplate FROM pg_database WHERE datname = $1", name)
            if not ready:
                await admin.execute(f"DROP DATABASE IF EXISTS {name}")
                await admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
                await migrations.migrate(on(admin_url, name), login=roles.LOGIN, password=PASSWORD)
                await _partition(login_url(on(admin_url, name)))
                await admin.execute(f"ALTER DATABASE {name} IS_TEMPLATE true")
        finally:
            await admin.close()
    return name


async def _partition(url: str) -> None:
    """The months that tests write facts in, as a process of the house makes them when it starts."""
    db = await Db.connect(url)
    await eventlog.ensure_partitions(db, now=utc_now())
    await db.close()


async def _execute(admin_url: str, statement: str) -> None:
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute(statement)
    finally:
        await admin.close()


def login_url(admin_database_url: str) -> str:
    """The address of the same database for the house's own login."""
    parts = urlsplit(admin_database_url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{roles.LOGIN}:{PASSWORD}@{host}"))
