"""Transactions are retried in one place, bounded, and only when nothing can have happened."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from msgspec import Struct

from kontorhaus.people.access import Founded
from kontorhaus.platform.db import (
    Command,
    DatabaseConnectionLost,
    DatabaseContended,
    DatabaseTooSlow,
    DatabaseUnavailable,
    Db,
    Query,
    Tx,
)
from kontorhaus.platform.db.database import TRIES
from kontorhaus.platform.db.errors import LoginTooPowerful


class Id(Struct, frozen=True):
    id: str


LOCK = Query(Id, "SELECT id::text AS id FROM api_key WHERE name = $1 FOR UPDATE")
INSERT_KEY = """
    INSERT INTO api_key (org_id, id, name, hash, hint, scopes, status, created_at)
    VALUES ($1, gen_random_uuid(), $2, sha256(gen_random_uuid()::text::bytea), 'x', '{*}', 'active', now())
"""
USE = Command(
    "UPDATE api_key SET last_used_at = coalesce(last_used_at, '2026-01-01Z') + interval '1 day' WHERE name = $1"
)


async def two_keys(db: Db, organization: Founded) -> None:
    async with db.org(organization.org_id) as tx:
        for name in ("one", "two"):
            await tx.connection.execute(INSERT_KEY, organization.org_id, name)


async def test_the_victim_of_a_deadlock_runs_again_and_both_succeed(db: Db, organization: Founded) -> None:
    await two_keys(db, organization)
    both_hold_one = asyncio.Barrier(2)
    runs = 0

    async def work(tx: Tx, first: str, second: str) -> None:
        nonlocal runs
        runs += 1
        await LOCK.one(tx, first)
        if runs <= 2:
            await both_hold_one.wait()
        await USE.run(tx, second)
        await USE.run(tx, first)

    scope = db.org(organization.org_id)
    await asyncio.gather(
        scope.run(lambda tx: work(tx, "one", "two")), scope.run(lambda tx: work(tx, "two", "one"))
    )
    assert runs == 3, "one of the two was the victim, once"
    async with db.org(organization.org_id) as tx:
        used = await tx.connection.fetch("SELECT last_used_at FROM api_key WHERE name IN ('one', 'two')")
    assert [row["last_used_at"].day for row in used] == [3, 3], "each of the two used both, once"


async def test_contention_that_does_not_end_is_given_up_and_nothing_is_done(
    db: Db, organization: Founded
) -> None:
    runs = 0

    async def work(tx: Tx) -> None:
        nonlocal runs
        runs += 1
        await tx.connection.execute("UPDATE organization SET name = 'half done'")
        raise asyncpg.SerializationError("could not serialize")

    with pytest.raises(DatabaseContended):
        await db.org(organization.org_id).run(work)
    assert runs == TRIES
    async with db.org(organization.org_id) as tx:
        assert await tx.connection.fetchval("SELECT name FROM organization") == "Hanse Automobile"


async def test_another_error_is_not_retried(db: Db, organization: Founded) -> None:
    runs = 0

    async def work(tx: Tx) -> None:
        nonlocal runs
        runs += 1
        await tx.connection.execute("SELECT 1/0")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await db.org(organization.org_id).run(work)
    assert runs == 1


async def test_a_statement_that_runs_too_long_is_ended(database_url: str, organization: Founded) -> None:
    db = await Db.connect(database_url, statement_timeout_ms=50)
    try:
        with pytest.raises(DatabaseTooSlow):
            async with db.org(organization.org_id) as tx:
                await tx.connection.execute("SELECT pg_sleep(10)")
    finally:
        await db.close()


async def test_a_read_only_transaction_writes_nothing(db: Db, organization: Founded) -> None:
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with db.org(organization.org_id, read_only=True) as tx:
            await USE.run(tx, "first key")


async def test_a_process_never_holds_more_connections_than_its_budget(
    database_url: str, organization: Founded
) -> None:
    db = await Db.connect(database_url, connections=2)
    try:
        open_now, most = 0, 0

        async def work(tx: Tx) -> None:
            nonlocal open_now, most
            open_now += 1
            most = max(most, open_now)
            await tx.connection.execute("SELECT 1")
            open_now -= 1

        await asyncio.gather(*(db.org(organization.org_id).run(work) for _ in range(20)))
        assert most <= 2
        assert db.usage()["size"] <= 2
    finally:
        await db.close()


async def test_a_superuser_is_refused(admin_database_url: str) -> None:
    with pytest.raises(LoginTooPowerful):
        await Db.connect(admin_database_url)


async def test_a_database_that_is_away_is_said_to_be_away() -> None:
    with pytest.raises(DatabaseUnavailable):
        await Db.connect("postgresql://nobody:secret@127.0.0.1:1/nothing")


async def test_a_cancelled_transaction_is_rolled_back_and_its_connection_serves_the_next(
    database_url: str, organization: Founded
) -> None:
    db = await Db.connect(database_url, connections=1)
    try:
        inside = asyncio.Event()

        async def work(tx: Tx) -> None:
            await tx.connection.execute("UPDATE organization SET name = 'half done'")
            inside.set()
            await tx.connection.execute("SELECT pg_sleep(30)")

        task = asyncio.create_task(db.org(organization.org_id).run(work))
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with db.org(organization.org_id) as tx:
            assert await tx.connection.fetchval("SELECT name FROM organization") == "Hanse Automobile"
    finally:
        await db.close()


async def test_connections_that_died_while_they_were_idle_are_nobodys_trouble(
    database_url: str, admin_database_url: str, organization: Founded
) -> None:
    """As after a restart of the database: the first calls would each find a dead one."""
    db = await Db.connect(database_url, connections=8, name="to be restarted")
    admin = await asyncpg.connect(admin_database_url)

    async def rests(tx: Tx) -> object:
        return await tx.connection.fetchval("SELECT pg_sleep(0.05)::text")

    try:
        for _ in range(5):
            await asyncio.gather(*(db.org(organization.org_id).run(rests) for _ in range(8)))
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'to be restarted'"
            )
            found = await asyncio.gather(*(db.lookup("SELECT 1") for _ in range(4)))
            assert None not in found
    finally:
        await admin.close()
        await db.close()


async def test_a_connection_lost_at_work_is_said_to_be_lost_and_the_next_transaction_gets_another(
    database_url: str, admin_database_url: str, organization: Founded
) -> None:
    db = await Db.connect(database_url, connections=2, name="to be cut off")
    admin = await asyncpg.connect(admin_database_url)
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'to be cut off'"
    try:

        async def cut_off(tx: Tx) -> None:
            await admin.execute(end)
            await tx.connection.execute("SELECT 1")

        with pytest.raises(DatabaseConnectionLost):
            await db.org(organization.org_id).run(cut_off)
        async with db.org(organization.org_id) as tx:
            assert await tx.connection.fetchval("SELECT 1") == 1
        await admin.execute(end)  # while they are idle
        assert await db.lookup("SELECT 1") is not None
        await admin.execute(end)
        async with db.org(organization.org_id) as tx:
            assert await tx.connection.fetchval("SELECT 1") == 1
    finally:
        await admin.close()
        await db.close()


async def test_whoever_waits_gets_the_connection_that_comes_back(
    database_url: str, organization: Founded
) -> None:
    db = await Db.connect(database_url, connections=1)
    try:
        served = []

        async def work(number: int) -> None:
            async with db.org(organization.org_id) as tx:
                await tx.connection.execute("SELECT 1")
                served.append(number)

        for _ in range(20):
            await asyncio.gather(*(work(number) for number in range(10)))
        assert len(served) == 200
        assert db.usage() == {"size": 1, "idle": 1, "max": 1}
    finally:
        await db.close()
