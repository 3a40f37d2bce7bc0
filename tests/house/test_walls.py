"""Organizations are walls: what the catalog of a migrated database must say about every table.

Whatever stands outside a wall is listed here with its reason; a list may only name what exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import asyncpg
import pytest

from kontorhaus.platform.db import roles

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

WITHOUT_ORG_ID: Final = {
    "account": "ties a live and a test organization together; no request reads it",
    "organization": "is itself the wall: its policy compares its own id",
    "keyring": "proves which keys this database is sealed with: one row for the whole house",
    "migration": "says which migrations ran; every process reads it before it has a role",
    "sequencer": "how far the log is published: one row for all; no request sees it",
    "subscriber": "how far a reader of the whole log has come; no request sees it",
    "job_timetable": "timetables are the house's own; no request reads them",
}

WITHOUT_ROW_SECURITY: Final = {"migration": WITHOUT_ORG_ID["migration"]}

WITHOUT_LEADING_ORG_ID: Final = {
    "api_key_hash": "a request finds its key by the hash, before its organization is known",
    "idempotency_key_unfinished": "the worker claims open calls of every organization, oldest first",
    "idempotency_key_created": "old keys of every organization are forgotten in one sweep",
    "event_xid": "the sequencer finds what was committed since it last looked, of every organization",
    "event_position_pkey": "the published order is one for all: readers go along it",
    "event_position_event_id_key": "a fact is published once, whoever is mistaken about its organization",
    "event_aside_due": "a reader looks for what it may try again, of every organization",
    "job_ready": "a worker claims jobs of every organization, by queue",
    "job_ready_key": "the same, of queues with keys",
    "job_scheduled": "due jobs of every organization are made ready together",
    "job_lease": "leases of dead workers are taken back, whose jobs they were or not",
    "notice_content_forget": "what notices said is forgotten after its time, of every organization in one sweep",
    "job_running_key": "a key's limit may span organizations",
    "inbox_connection_address": "a sender's connection is found by his address, before its organization is known",
    "inbox_message_ended": "what is over is forgotten in one sweep, whose it was or not",
}
"""Indexes that serve the system role. A request's statement never uses them, since it knows its
organization."""

APPEND_ONLY: Final = (
    "audit_entry",
    "event",
    "inbox_seen",
    "ledger_transfer",
    "ledger_hold",
    "ledger_hold_end",
    "ledger_seal",
    "ledger_snapshot",
)
"""Tables of which no role may change or remove a row."""

READ_BY_EVERYBODY: Final = {"migration": WITHOUT_ORG_ID["migration"]}

_LEDGER: Final = "writes for one organization, its caller's, where no caller may write himself"

DEFINERS: Final = {
    "find_api_key": "exchanges the hash of a key for whose it is, before a role is set",
    "find_inbox_connection": "exchanges the id in a sender's address for whose it is, before a role is set",
    "ledger_close": _LEDGER,
    "ledger_draw": "the next instants of record; called by the others alone",
    "ledger_lock": "locks guards, for which reading them is not enough",
    "ledger_lock_period": _LEDGER,
    "ledger_note_holds": _LEDGER,
    "ledger_open": _LEDGER,
    "ledger_post": _LEDGER,
    "ledger_post_transfer": _LEDGER,
    "ledger_settle": "sees who is posting, in a view that shows nobody's rows",
}
"""Functions that run with their owner's rights instead of the caller's."""

HOUSE_ROLES: Final = roles.ROLES

TABLES: Final = """
    SELECT c.oid, c.relname AS name, c.relrowsecurity AS walled, c.relforcerowsecurity AS forced,
           c.relispartition AS partition, c.relacl IS NOT NULL AS granted,
           EXISTS (SELECT 1 FROM pg_attribute a
                   WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND a.attnotnull AND NOT a.attisdropped
                     AND a.atttypid = 'uuid'::regtype) AS has_org_id
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relname
"""


async def test_every_table_belongs_to_an_organization_or_stands_on_the_list(catalog: Connection) -> None:
    tables = {t["name"]: t["has_org_id"] for t in await catalog.fetch(TABLES)}

    without = {name for name, has_org_id in tables.items() if not has_org_id}

    assert without == WITHOUT_ORG_ID.keys(), (
        "a table has `org_id uuid NOT NULL`, or its reason in WITHOUT_ORG_ID"
    )


async def test_every_table_has_forced_row_security(catalog: Connection) -> None:
    """A partition that nobody was granted anything on is reached through its parent alone, and so by its
    wall."""
    open_tables = {
        t["name"]
        for t in await catalog.fetch(TABLES)
        if not (t["walled"] and t["forced"]) and not (t["partition"] and not t["granted"])
    }

    assert open_tables == WITHOUT_ROW_SECURITY.keys(), (
        "CALL wall('…', …) in the migration that creates a table"
    )


async def test_every_policy_is_the_wall(catalog: Connection) -> None:
    """One permissive policy a role; that of requests compares org_id with the running transaction's
    organization."""
    walls = sorted(
        (
            policy["tablename"],
            *policy["roles"],
            policy["permissive"],
            policy["cmd"],
            policy["qual"],
            policy["with_check"],
        )
        for policy in await catalog.fetch(
            "SELECT tablename, roles::text[], permissive, cmd, qual, with_check FROM pg_policies"
        )
    )

    def policy(table: str, role: str, rows: str) -> tuple[str, ...]:
        return (table, role, "PERMISSIVE", "ALL", rows, rows)

    wanted = [policy("organization", "kontorhaus_app", "(id = current_org())")]
    for table in await catalog.fetch(TABLES):
        if table["name"] in WITHOUT_ROW_SECURITY or (table["partition"] and not table["granted"]):
            continue
        wanted.append(policy(table["name"], "kontorhaus_system", "true"))
        if table["name"] not in WITHOUT_ORG_ID:
            wanted.append(policy(table["name"], "kontorhaus_app", "(org_id = current_org())"))

    assert walls == sorted(wanted), "a policy is made by CALL wall('…', …) and never by hand"


async def test_the_wall_stands_without_an_organization(catalog: Connection) -> None:
    """current_org() is NULL when nothing was set and when the setting was left empty: then no row is equal
    to it."""
    assert await catalog.fetchval("SELECT current_org() IS NULL")
    assert await catalog.fetchval("SELECT set_config('app.org', '', true) = '' AND current_org() IS NULL")


async def test_org_id_leads_every_index(catalog: Connection) -> None:
    """Row-level security adds `org_id = …` to every statement: an index that does not begin with it does
    not serve."""
    trailing = await catalog.fetch(
        """
        SELECT index.relname AS name
        FROM pg_index i
        JOIN pg_class index ON index.oid = i.indexrelid
        JOIN pg_class held ON held.oid = i.indrelid
        JOIN pg_attribute org ON org.attrelid = held.oid AND org.attname = 'org_id'
        WHERE held.relnamespace = 'public'::regnamespace AND i.indkey[0] <> org.attnum
          AND NOT index.relispartition
        """
    )

    assert {row["name"] for row in trailing} == WITHOUT_LEADING_ORG_ID.keys(), (
        "begin the key with org_id, or give the index's reason in WITHOUT_LEADING_ORG_ID"
    )


async def test_no_foreign_key_crosses_a_wall(catalog: Connection) -> None:
    """Foreign keys are checked past row security: one without org_id could point into another
    organization."""
    crossing = await catalog.fetch(
        """
        SELECT k.conrelid::regclass::text || ' → ' || k.confrelid::regclass::text AS key
        FROM pg_constraint k
        JOIN pg_attribute own ON own.attrelid = k.conrelid AND own.attname = 'org_id'
        JOIN pg_attribute other ON other.attrelid = k.confrelid
                               AND other.attname = CASE k.confrelid::regclass::text
                                                       WHEN 'organization' THEN 'id' ELSE 'org_id' END
        WHERE k.contype = 'f'
          AND NOT EXISTS (SELECT 1 FROM unnest(k.conkey, k.confkey) AS pair (here, there)
                          WHERE pair.here = own.attnum AND pair.there = other.attnum)
        """
    )

    assert not crossing, f"{[row['key'] for row in crossing]}: let the key contain org_id on both sides"


GRANTS: Final = """
    SELECT DISTINCT c.relname AS name, coalesce(r.rolname, 'PUBLIC') AS grantee, g.privilege_type AS privilege
    FROM pg_class c
    CROSS JOIN LATERAL (
        SELECT c.relacl UNION ALL SELECT a.attacl FROM pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attisdropped
    ) AS list (acl)
    CROSS JOIN LATERAL aclexplode(list.acl) AS g
    LEFT JOIN pg_roles r ON r.oid = g.grantee
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
      AND g.grantee <> c.relowner
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY 1, 2, 3
"""
"""Of whole tables and of single columns."""


async def test_rights_are_given_to_the_roles_of_the_house_alone(catalog: Connection) -> None:
    others = [tuple(grant) for grant in await catalog.fetch(GRANTS) if grant["grantee"] not in HOUSE_ROLES]

    assert others == [(name, "PUBLIC", "SELECT") for name in READ_BY_EVERYBODY]


async def test_no_role_may_more_than_work_with_rows(catalog: Connection) -> None:
    """TRUNCATE walks through every wall; REFERENCES and TRIGGER let a role look behind one."""
    usual = {"SELECT", "INSERT", "UPDATE", "DELETE"}
    unusual = [tuple(grant) for grant in await catalog.fetch(GRANTS) if grant["privilege"] not in usual]

    assert not unusual, f"{unusual}: grant SELECT, INSERT, UPDATE and DELETE alone"


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_an_append_only_table_is_never_changed(catalog: Connection, table: str) -> None:
    able = await catalog.fetch(
        """
        SELECT role FROM unnest($1::text[]) AS role
        WHERE has_table_privilege(role, $2, 'DELETE') OR has_any_column_privilege(role, $2, 'UPDATE')
        """,
        list(HOUSE_ROLES),
        table,
    )

    assert not able, f"{[row['role'] for row in able]} may change {table}, which is append-only"


async def test_a_login_has_nothing_of_its_own(catalog: Connection, login_of_nothing: str) -> None:
    """With no role set everything is denied: reading, writing, and making something of one's own."""
    reachable = await catalog.fetch(
        """
        SELECT c.relname AS name FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
          AND (has_any_column_privilege($1, c.oid, 'SELECT, INSERT, UPDATE') OR has_table_privilege($1,
          c.oid, 'DELETE'))
        """,
        login_of_nothing,
    )
    may_create = await catalog.fetchval(
        "SELECT has_schema_privilege($1, 'public', 'CREATE')", login_of_nothing
    )

    assert {row["name"] for row in reachable} == READ_BY_EVERYBODY.keys()
    assert not may_create


async def test_the_login_may_take_the_roles_and_inherits_none(catalog: Connection) -> None:
    """Inherited, a role's rights would be there without SET ROLE, and with them its policies."""
    memberships = await catalog.fetch(
        """
        SELECT m.roleid::regrole::text AS role, m.inherit_option AS inherits, m.set_option AS may_set,
               m.admin_option AS may_grant
        FROM pg_auth_members m WHERE m.member = $1::text::regrole ORDER BY 1
        """,
        roles.LOGIN,
    )
    may_create = await catalog.fetchval("SELECT has_schema_privilege($1, 'public', 'CREATE')", roles.LOGIN)

    assert [tuple(m) for m in memberships] == [(role, False, True, False) for role in sorted(HOUSE_ROLES)]
    assert not may_create


async def test_the_roles_have_no_power_over_walls(catalog: Connection) -> None:
    mighty = await catalog.fetch(
        """
        SELECT rolname FROM pg_roles
        WHERE rolname = ANY ($1::text[])
          AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
               OR (rolcanlogin AND rolname <> $2))
        """,
        [*HOUSE_ROLES, roles.LOGIN],
        roles.LOGIN,
    )

    assert not mighty, f"{[row['rolname'] for row in mighty]} could walk through walls"


async def test_the_app_role_owns_nothing(catalog: Connection) -> None:
    """An owner may drop what he owns, and his policies with it."""
    owned = await catalog.fetchval(
        "SELECT array_agg(relname::text) FROM pg_class WHERE relowner = 'kontorhaus_app'::regrole"
    )

    assert owned is None


async def test_views_look_with_the_callers_eyes(catalog: Connection) -> None:
    """A view reads as its owner, past the caller's wall, unless it says security_invoker; a stored one
    always does."""
    blind = await catalog.fetch(
        """
        SELECT relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
          AND (relkind = 'm'
               OR relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY (reloptions), false))
        """
    )

    assert not blind, (
        f"{[row['relname'] for row in blind]}: WITH (security_invoker = true), and no stored views"
    )


async def test_functions_with_their_owners_rights_are_listed(catalog: Connection) -> None:
    """They look past the caller's wall: owned by the system role, with a search path that nobody can bend."""
    found: dict[str, tuple[Any, ...]] = {
        row["name"]: (row["owner"], row["pinned"])
        for row in await catalog.fetch(
            """
            SELECT p.proname AS name, p.proowner::regrole::text AS owner,
                   coalesce(p.proconfig::text LIKE '%search_path=pg_catalog%', false) AS pinned
            FROM pg_proc p
            WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
            """
        )
    }

    assert found == dict.fromkeys(DEFINERS, ("kontorhaus_system", True))
