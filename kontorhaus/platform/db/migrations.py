"""Forward-only SQL migrations: one file, one transaction, each once, however many processes start at once."""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg
from msgspec import Struct

from kontorhaus.platform.db import roles
from kontorhaus.platform.db.connections import named_failures
from kontorhaus.platform.db.database import Db
from kontorhaus.platform.db.errors import (
    DatabaseUnavailable,
    MigrationChanged,
    MigrationsPending,
    PostgresTooOld,
)

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

FOLDER: Final = Path(__file__).parents[3] / "migrations"

LOCK: Final = 0x6B6F6E746F72
"""The advisory lock of migrations: "kontor" in ASCII, so that a person finds it in pg_locks."""

LOCK_SECONDS: Final = 300
"""How long a process waits for another one that migrates: longer than any migration should take, short enough for
an orchestrator to see that something is wrong."""

BUSY_TABLE_TRIES: Final = 30
"""Two seconds each and half a second between: after a minute and a quarter somebody must look who holds the table."""

CREATE_TABLE: Final = """
    CREATE TABLE IF NOT EXISTS migration (
        version    integer     PRIMARY KEY,
        name       text        NOT NULL,
        sha256     text        NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    )
"""


class Migration(Struct, frozen=True):
    version: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def read(folder: Path = FOLDER) -> list[Migration]:
    """The migrations of a folder in order; numbers start at 1 and have no gap."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = re.fullmatch(r"(\d{4})_([a-z0-9_]+)\.sql", path.name)
        assert match, f"{path.name}: a migration is called 0001_what_it_brings.sql"
        found.append(Migration(int(match[1]), match[2], path.read_text(encoding="utf-8")))
    assert [migration.version for migration in found] == list(range(1, len(found) + 1)), "a number is missing"
    return found


async def migrate(
    admin_url: str,
    *,
    login: str | None = None,
    password: str | None = None,
    migrations: list[Migration] | None = None,
) -> list[Migration]:
    """Bring a database to the newest schema and say which migrations ran; none when it is there already.

    Safe when many processes call it at once: one works, the others wait and find nothing to do. `login` is given the
    right to take the house's roles (created if missing). Must not go through a pooler, since the lock is the
    session's. A migration that fails leaves the ones before it in place and nothing of itself.
    """
    admin = await _connect(admin_url)
    try:
        number = int(await admin.fetchval("SELECT current_setting('server_version_num')"))
        if number < 160_000:
            raise PostgresTooOld(
                f"PostgreSQL {number // 10_000} is too old; 16 or newer is needed", found=number
            )
        await _lock(admin)
        await roles.ensure(admin, login or roles.LOGIN, password)
        await admin.execute(CREATE_TABLE)
        await _let_in(admin)
        return [m for m in migrations or read() if await _apply(admin, m)]
    finally:
        await admin.close()


async def ensure_roles(admin_url: str) -> None:
    """Create the house's roles in a cluster that has none yet, so that a backup from another one can be restored."""
    admin = await _connect(admin_url)
    try:
        await roles.ensure(admin)
    finally:
        await admin.close()


async def _connect(admin_url: str) -> Connection:
    with named_failures():
        return await asyncpg.connect(admin_url, timeout=10, statement_cache_size=0)


async def refuse_old_schema(db: Db) -> None:
    """MigrationsPending when the code knows migrations that this database has not run. A newer database is fine: old
    code runs beside new in a rolling deploy."""
    try:
        newest = await db.lookup("SELECT coalesce(max(version), 0) AS version FROM migration")
    except asyncpg.UndefinedTableError:
        newest = None
    missing = len(read()) - int(newest["version"] if newest else 0)
    if missing > 0:
        raise MigrationsPending(
            f"{missing} migrations have not run; run `kontorhaus db migrate`", pending=missing
        )


async def _lock(admin: Connection) -> None:
    # Polled, not waited for: a session that waits in pg_advisory_lock holds a snapshot, on which a
    # CREATE INDEX CONCURRENTLY of the one that works would wait for ever.
    for _ in range(LOCK_SECONDS * 10):
        if await admin.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
            return
        await asyncio.sleep(0.1)
    raise DatabaseUnavailable("another process has been migrating for too long")


async def _let_in(admin: Connection) -> None:
    """The login may see which migrations ran, so that a process can refuse to start on an old schema."""
    await admin.execute("GRANT SELECT ON migration TO PUBLIC")
    await admin.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")


async def _apply(admin: Connection, migration: Migration) -> bool:
    applied = await admin.fetchval("SELECT sha256 FROM migration WHERE version = $1", migration.version)
    if applied == migration.sha256:
        return False
    if applied is not None:
        raise MigrationChanged(
            f"{migration.version:04}_{migration.name}.sql was edited after it had run",
            version=migration.version,
        )
    for attempt in range(BUSY_TABLE_TRIES):
        try:
            async with admin.transaction():
                # A migration that queues for a lock makes every later reader queue behind it: better to try again.
                await admin.execute("SET LOCAL lock_timeout = '2s'")
                await admin.execute(migration.text)
                await admin.execute(
                    "INSERT INTO migration (version, name, sha256) VALUES ($1, $2, $3)",
                    migration.version,
                    migration.name,
                    migration.sha256,
                )
        except asyncpg.LockNotAvailableError:
            if attempt == BUSY_TABLE_TRIES - 1:
                raise
            await asyncio.sleep(0.5)
        else:
            break
    return True
