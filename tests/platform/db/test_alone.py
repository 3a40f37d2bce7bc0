"""A call that is a whole transaction in one message: the same walls, retries and endings as of any other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import asyncpg
import pytest

from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.people.access import Founded
from kontorhaus.platform.db import DatabaseConnectionLost, DatabaseContended, Db
from kontorhaus.platform.db.database import TRIES

FUNCTION = """
    CREATE SCHEMA alone;
    CREATE TABLE alone.seen (n integer, org uuid, role text);
    CREATE TABLE alone.lockable (n integer PRIMARY KEY);
    CREATE SEQUENCE alone.calls;
    GRANT USAGE ON SCHEMA alone TO PUBLIC;
    GRANT SELECT, INSERT ON alone.seen TO kontorhaus_app;
    GRANT SELECT, INSERT ON alone.lockable TO kontorhaus_app;
    GRANT USAGE ON alone.calls TO kontorhaus_app;
    CREATE FUNCTION alone.call(p_org uuid, p_wait integer, p_what text, p_number integer) RETURNS bigint
        LANGUAGE plpgsql AS
    $$
    DECLARE
        found bigint;
    BEGIN
        PERFORM set_config('role', 'kontorhaus_app', true), set_config('app.org', p_org::text, true),
                set_config('lock_timeout', p_wait::text, true);
        found := nextval('alone.calls');
        INSERT INTO alone.seen VALUES (p_number, public.current_org(), current_user);
        CASE p_what
            WHEN 'fail' THEN PERFORM 1 / 0;
            WHEN 'sleep' THEN PERFORM pg_sleep(30);
            WHEN 'lock' THEN INSERT INTO alone.lockable VALUES (p_number);
            WHEN 'keys' THEN SELECT count(*) INTO found FROM public.api_key;
            WHEN 'deadlock once' THEN
                IF found = 1 THEN RAISE EXCEPTION 'a victim' USING ERRCODE = 'deadlock_detected'; END IF;
            WHEN 'deadlock' THEN RAISE EXCEPTION 'a victim' USING ERRCODE = 'deadlock_detected';
            ELSE NULL;
        END CASE;
        RETURN found;
    END
    $$;
"""

CALL = "SELECT alone.call($1, $2, $3, $4) AS found"


if TYPE_CHECKING:
    Admin = asyncpg.Connection[asyncpg.Record]


@pytest.fixture
async def admin(admin_database_url: str) -> AsyncIterator[Admin]:
    connection = await asyncpg.connect(admin_database_url)
    await connection.execute(FUNCTION)
    yield connection
    await connection.execute("DROP SCHEMA alone CASCADE")
    await connection.close()


async def seen(admin: Admin) -> list[int]:
    return [row["n"] for row in await admin.fetch("SELECT n FROM alone.seen ORDER BY n")]


async def test_it_is_committed_when_it_returns_under_its_role_and_organization_and_leaves_neither(
    database_url: str, admin: Admin, organization: Founded
) -> None:
    db = await Db.connect(database_url, connections=1)
    try:
        await db.org(organization.org_id).alone(CALL, "", 1)
        rows = await admin.fetch("SELECT n, org, role FROM alone.seen")
        assert [tuple(row) for row in rows] == [(1, organization.org_id, "kontorhaus_app")]
        left = await db.lookup("SELECT current_user AS who, current_setting('app.org', true) AS org")
        assert left is not None
        assert left["who"] != "kontorhaus_app"
        assert not left["org"]
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.lookup("SELECT n FROM alone.seen")
    finally:
        await db.close()


async def test_it_sees_what_its_organization_sees(db: Db, admin: Admin, organization: Founded) -> None:
    own = await db.org(organization.org_id).alone(CALL, "keys", 1)
    other = await db.org(OrgId(uuid7())).alone(CALL, "keys", 2)
    assert own is not None
    assert other is not None
    assert own["found"] > 0
    assert other["found"] == 0


async def test_a_failing_statement_leaves_nothing_and_the_connection_serves_the_next(
    database_url: str, admin: Admin, organization: Founded
) -> None:
    db = await Db.connect(database_url, connections=1)
    try:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await db.org(organization.org_id).alone(CALL, "fail", 1)
        await db.org(organization.org_id).alone(CALL, "", 2)
        assert await seen(admin) == [2]
        assert db.usage() == {"size": 1, "idle": 1, "max": 1}
    finally:
        await db.close()


async def test_the_victim_of_a_deadlock_is_tried_again_and_not_for_ever(
    db: Db, admin: Admin, organization: Founded
) -> None:
    await db.org(organization.org_id).alone(CALL, "deadlock once", 1)
    assert await seen(admin) == [1]
    with pytest.raises(DatabaseContended):
        await db.org(organization.org_id).alone(CALL, "deadlock", 2)
    assert await seen(admin) == [1]
    assert await admin.fetchval("SELECT last_value FROM alone.calls") == 2 + TRIES


async def test_a_cancelled_call_is_undone_and_its_connection_serves_the_next(
    database_url: str, admin: Admin, organization: Founded
) -> None:
    db = await Db.connect(database_url, connections=1)
    try:
        await db.org(organization.org_id).alone(CALL, "", 1)
        task = asyncio.create_task(db.org(organization.org_id).alone(CALL, "sleep", 2))
        await _until(admin, "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await db.org(organization.org_id).alone(CALL, "", 3)
        assert await seen(admin) == [1, 3]
        assert db.usage()["size"] == 1
    finally:
        await db.close()


async def test_a_connection_lost_at_work_is_said_to_be_lost(
    database_url: str, admin: Admin, organization: Founded
) -> None:
    db = await Db.connect(database_url, connections=1, name="alone and cut off")
    try:
        task = asyncio.create_task(db.org(organization.org_id).alone(CALL, "sleep", 1))
        await _until(admin, "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'alone and cut off'"
        )
        with pytest.raises(DatabaseConnectionLost):
            await task
        await db.org(organization.org_id).alone(CALL, "", 2)
        assert await seen(admin) == [2]
    finally:
        await db.close()


async def test_a_lock_is_waited_for_no_longer_than_a_statement_may_take(
    database_url: str, admin: Admin, organization: Founded
) -> None:
    db = await Db.connect(database_url, statement_timeout_ms=100)
    try:
        async with admin.transaction():
            await admin.execute("INSERT INTO alone.lockable VALUES (1)")
            with pytest.raises(DatabaseContended):
                await db.org(organization.org_id).alone(CALL, "lock", 1)
        assert await seen(admin) == []
    finally:
        await db.close()


async def test_where_the_pooler_keeps_no_statements_it_is_a_transaction_of_three_messages(
    database_url: str, admin: Admin, organization: Founded
) -> None:
    db = await Db.connect(database_url, pooled_elsewhere=True)
    try:
        await db.org(organization.org_id).alone(CALL, "", 1)
        with pytest.raises(asyncpg.DivisionByZeroError):
            await db.org(organization.org_id).alone(CALL, "fail", 2)
        assert await seen(admin) == [1]
    finally:
        await db.close()


async def _until(admin: Admin, condition: str) -> None:
    async with asyncio.timeout(10):
        while not await admin.fetchval(condition):
            await asyncio.sleep(0.01)
