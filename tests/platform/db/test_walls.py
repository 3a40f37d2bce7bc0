"""Organizations are walls: whatever a statement says, a transaction sees and writes the rows of one organization."""

from __future__ import annotations

import asyncpg
import pytest
from msgspec import Struct

from kontorhaus.kernel.ids import ORG
from kontorhaus.people import access
from kontorhaus.people.access import Founded, model
from kontorhaus.platform.db import Command, Db, Query

TABLES_WITH_ORG = """
    SELECT c.relname AS name
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
    ORDER BY 1
"""


class Seen(Struct, frozen=True):
    name: str


@pytest.fixture
async def tables(admin_database_url: str) -> list[str]:
    admin = await asyncpg.connect(admin_database_url)
    try:
        return [row["name"] for row in await admin.fetch(TABLES_WITH_ORG)]
    finally:
        await admin.close()


async def test_without_a_where_on_the_organization_only_its_own_rows_come_back(
    db: Db, organization: Founded, stranger: Founded, tables: list[str]
) -> None:
    assert {"api_key", "audit_entry", "idempotency_key", "party"} <= set(tables)
    async with db.org(organization.org_id) as tx:
        for table in tables:
            owners = await tx.connection.fetch(f"SELECT DISTINCT org_id FROM {table}")
            assert {row["org_id"] for row in owners} <= {organization.org_id}, table
        keys = await tx.connection.fetchval("SELECT count(*) FROM api_key")
    assert keys == 1, "the stranger's key is there as well, behind its wall"


async def test_a_wrong_where_finds_nothing_of_another_organization(
    db: Db, organization: Founded, stranger: Founded, tables: list[str]
) -> None:
    async with db.org(organization.org_id) as tx:
        for table in tables:
            found = await tx.connection.fetchval(
                f"SELECT count(*) FROM {table} WHERE org_id = $1", stranger.org_id
            )
            assert found == 0, table
        name = await tx.connection.fetchval("SELECT name FROM organization WHERE id = $1", stranger.org_id)
    assert name is None


async def test_writing_a_row_of_another_organization_is_refused_by_the_database(
    db: Db, organization: Founded, stranger: Founded
) -> None:
    statement = (
        "INSERT INTO api_key (org_id, id, name, hash, hint, scopes, status, created_at)"
        " VALUES ($1, gen_random_uuid(), 'stolen', sha256('stolen'), 'x', '{*}', 'active', now())"
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with db.org(organization.org_id) as tx:
            await tx.connection.execute(statement, stranger.org_id)


async def test_moving_a_row_to_another_organization_is_refused_by_the_database(
    db: Db, organization: Founded, stranger: Founded
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.org(organization.org_id) as tx:
            await tx.connection.execute("UPDATE api_key SET org_id = $1", stranger.org_id)


async def test_changing_another_organizations_rows_touches_none(
    db: Db, organization: Founded, stranger: Founded
) -> None:
    async with db.org(organization.org_id) as tx:
        touched = await tx.connection.execute(
            "UPDATE api_key SET last_used_at = now() WHERE org_id = $1", stranger.org_id
        )
    assert touched == "UPDATE 0"


async def test_with_no_role_set_no_table_can_be_read_or_written(
    database_url: str, organization: Founded, tables: list[str]
) -> None:
    login = await asyncpg.connect(database_url)
    try:
        for table in [*tables, "organization", "account"]:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await login.fetch(f"SELECT * FROM {table}")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await login.execute(f"DELETE FROM {table}")
    finally:
        await login.close()


async def test_with_a_role_and_no_organization_there_are_no_rows(
    database_url: str, organization: Founded, tables: list[str]
) -> None:
    login = await asyncpg.connect(database_url)
    try:
        async with login.transaction():
            await login.execute("SET LOCAL ROLE kontorhaus_app")
            for table in tables:
                assert await login.fetchval(f"SELECT count(*) FROM {table}") == 0, table
    finally:
        await login.close()


async def test_role_and_organization_end_with_their_transaction(db: Db, organization: Founded) -> None:
    async with db.org(organization.org_id):
        pass
    row = await db.lookup("SELECT current_user AS who, current_setting('app.org', true) AS org")
    assert row is not None
    assert (row["who"], row["org"] or None) == ("kontorhaus", None)


async def test_a_failed_transaction_leaves_its_connection_clean(
    database_url: str, organization: Founded
) -> None:
    db = await Db.connect(database_url, connections=1)
    try:
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with db.org(organization.org_id) as tx:
                await tx.connection.execute("SELECT 1/0")
        with pytest.raises(RuntimeError):
            async with db.org(organization.org_id):
                raise RuntimeError
        row = await db.lookup(
            "SELECT current_user AS who, pg_current_xact_id_if_assigned() IS NULL AS outside"
        )
        assert row is not None
        assert (row["who"], row["outside"]) == ("kontorhaus", True)
    finally:
        await db.close()


async def test_the_audit_log_can_only_grow(db: Db, organization: Founded) -> None:
    for scope in (db.org(organization.org_id), db.system()):
        for statement in (
            "UPDATE audit_entry SET action = 'a.b'",
            "DELETE FROM audit_entry",
            "TRUNCATE audit_entry",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with scope as tx:
                    await tx.connection.execute(statement)


async def test_maintenance_makes_and_drops_partitions_and_a_request_does_not(
    fresh_database_url: str, database_url: str
) -> None:
    from tests.support import databases

    db = await Db.connect(databases.login_url(fresh_database_url))
    try:
        async with db.maintenance() as tx:
            await tx.connection.execute(
                "CREATE TABLE fact (org_id uuid NOT NULL, at timestamptz NOT NULL) PARTITION BY RANGE (at)"
            )
            await tx.connection.execute(
                "CREATE TABLE fact_2026_11 PARTITION OF fact FOR VALUES FROM ('2026-11-01') TO ('2026-12-01')"
            )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.org(ORG.new()) as tx:
                await tx.connection.execute(
                    "CREATE TABLE fact_2026_12 PARTITION OF fact FOR VALUES FROM ('2026-12-01') TO ('2027-01-01')"
                )
        async with db.maintenance() as tx:
            await tx.connection.execute("DROP TABLE fact_2026_11")
    finally:
        await db.close()


async def test_two_organizations_of_one_account_are_two_walls(db: Db) -> None:
    live, test = await access.found(db, "Ein Konto")
    hints = Query(Seen, "SELECT hint AS name FROM api_key WHERE last_used_at IS NULL")
    use = Command("UPDATE api_key SET last_used_at = now()")
    async with db.org(live.org_id) as tx:
        assert await use.run(tx) == 1
    async with db.org(test.org_id) as tx:
        assert [key.name for key in await hints.all(tx)] == [model.hint(test.secret)]
