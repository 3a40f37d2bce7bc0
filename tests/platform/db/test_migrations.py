"""Migrations run once, in order, whoever starts them and however many at once."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest

from kontorhaus.platform.db import Db, migrations, refuse_old_schema, roles
from kontorhaus.platform.db.errors import MigrationChanged, MigrationsPending
from kontorhaus.platform.db.migrations import Migration
from tests.support import databases

ONE = Migration(1, "one", "CREATE TABLE one (id integer PRIMARY KEY); INSERT INTO one VALUES (1)")
TWO = Migration(2, "two", "ALTER TABLE one ADD COLUMN two text")
BROKEN = Migration(2, "broken", "CREATE TABLE half (id integer); SELECT 1/0")


@pytest.fixture
async def empty_url(cluster_url: str) -> AsyncIterator[str]:
    url = await databases.empty(cluster_url)
    yield url
    await databases.drop(cluster_url, url)


async def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    admin = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await admin.fetch(statement)]
    finally:
        await admin.close()


async def test_eight_processes_that_start_at_once_migrate_once(empty_url: str) -> None:
    ran = await asyncio.gather(*(migrations.migrate(empty_url, migrations=[ONE, TWO]) for _ in range(8)))
    assert sorted(len(done) for done in ran) == [0, 0, 0, 0, 0, 0, 0, 2]
    assert await rows(empty_url, "SELECT version, name FROM migration ORDER BY 1") == [(1, "one"), (2, "two")]
    assert await rows(empty_url, "SELECT id FROM one") == [(1,)]


async def test_a_migration_that_fails_leaves_nothing_of_itself(empty_url: str) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrations.migrate(empty_url, migrations=[ONE, BROKEN])
    assert await rows(empty_url, "SELECT to_regclass('half')::text") == [(None,)]
    assert await rows(empty_url, "SELECT version FROM migration") == [(1,)]
    assert [done.version for done in await migrations.migrate(empty_url, migrations=[ONE, TWO])] == [2]


async def test_an_edited_migration_is_refused(empty_url: str) -> None:
    await migrations.migrate(empty_url, migrations=[ONE])
    edited = Migration(1, "one", ONE.text + "; SELECT 1")
    with pytest.raises(MigrationChanged, match="0001_one"):
        await migrations.migrate(empty_url, migrations=[edited])


async def test_a_migration_waits_for_a_busy_table_in_short_tries(empty_url: str) -> None:
    await migrations.migrate(empty_url, migrations=[ONE])
    reader = await asyncpg.connect(empty_url)
    transaction = reader.transaction()
    await transaction.start()
    await reader.fetch("SELECT id FROM one")
    migrating = asyncio.create_task(migrations.migrate(empty_url, migrations=[ONE, TWO]))
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'one'::regclass"
    while not await reader.fetchval(waiting):
        await asyncio.sleep(0.01)
    await transaction.rollback()
    assert [done.version for done in await migrating] == [2]
    await reader.close()


async def test_the_house_refuses_an_older_schema_and_takes_a_newer_one(fresh_database_url: str) -> None:
    db = await Db.connect(databases.login_url(fresh_database_url))
    try:
        await refuse_old_schema(db)
        admin = await asyncpg.connect(fresh_database_url)
        await admin.execute("INSERT INTO migration (version, name, sha256) VALUES (9999, 'later', 'x')")
        await refuse_old_schema(db)
        await admin.execute(
            "DELETE FROM migration WHERE version >= (SELECT max(version) - 1 FROM migration WHERE version < 9999)"
        )
        await admin.close()
        with pytest.raises(MigrationsPending):
            await refuse_old_schema(db)
    finally:
        await db.close()


async def test_an_administrator_without_superuser_rights_can_migrate(cluster_url: str) -> None:
    """As on a managed PostgreSQL: the owner of one database, with CREATEROLE."""
    name = f"owner_{uuid.uuid4().hex[:10]}"
    admin = await asyncpg.connect(cluster_url)
    await roles.ensure(admin)
    try:
        await admin.execute(f"CREATE ROLE {name} LOGIN CREATEROLE PASSWORD '{databases.PASSWORD}'")
        for role in (*roles.ROLES, roles.LOGIN):
            await admin.execute(f"GRANT {role} TO {name} WITH ADMIN OPTION, INHERIT FALSE, SET TRUE")
        await admin.execute(f"CREATE DATABASE {name} OWNER {name}")
        url = databases.on(databases.login_url(cluster_url).replace(f"{roles.LOGIN}:", f"{name}:"), name)
        done = await migrations.migrate(url, login=roles.LOGIN)
        assert len(done) == len(migrations.read())
        denied = await asyncpg.connect(url)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await denied.execute(
                "INSERT INTO account (id, name, created_at) VALUES (gen_random_uuid(), 'x', now())"
            )
        await denied.close()
    finally:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.execute(f"DROP ROLE IF EXISTS {name}")
        await admin.close()
