"""What the inbox asks of its tables stays short, however much has come in and however much waits."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import pytest

from kontorhaus.platform.db.query import Statement
from kontorhaus.platform.inbox import store

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

ORG = UUID("01900000-0000-7000-8000-0000000000aa")
INB = UUID("01900000-0000-7000-8000-0000000000bb")
ONE = UUID("01900000-0000-7000-8000-000000000777")

MESSAGES = int(os.environ.get("PLANNED_MESSAGES", "20000"))
"""1000000 for the figures of docs/decisions/0018-inbox.md."""

FILL = f"""
    INSERT INTO inbox_connection (org_id, id, source, status, version, secrets, created_at)
        VALUES ('{ORG}', '{INB}', 'demo', 'open', 1, 'x', now());
    CREATE TEMP TABLE made AS
        SELECT n, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id
        FROM generate_series(1, {MESSAGES}) n;
    INSERT INTO inbox_seen (org_id, connection_id, event_id, message_id)
        SELECT '{ORG}', '{INB}', 'evt_' || md5(n::text), id FROM made;
    INSERT INTO inbox_message (org_id, id, connection_id, event_id, kind, subject, sequence, received_at, status,
                               failures, reason, ended_at, content)
        SELECT '{ORG}', id, '{INB}', 'evt_' || md5(n::text), 'charge.captured', 'ch_' || n % ({MESSAGES} / 10), n,
               now() - n * interval '1 second', status, 0, CASE WHEN status = 'quarantined' THEN 'Poisoned' END,
               CASE WHEN status = 'done' THEN now() - n * interval '1 second' END, '\\x00'
        FROM made, LATERAL (SELECT CASE WHEN n % 1000 = 1 THEN 'quarantined' WHEN n % 20 = 0 THEN 'waiting'
                                        ELSE 'done' END AS status) AS s;
    INSERT INTO inbox_refusal (org_id, connection_id, reason, refusals, first_at, last_at)
        VALUES ('{ORG}', '{INB}', 'signature_wrong', 1, now(), now());
"""

APP = f"SET LOCAL ROLE kontorhaus_app; SET LOCAL app.org = '{ORG}'"
SYSTEM = "SET LOCAL ROLE kontorhaus_system"


@pytest.fixture
async def full(fresh_database_url: str) -> AsyncIterator[Connection]:
    connection: Connection = await asyncpg.connect(fresh_database_url)
    await connection.execute(FILL)
    await connection.execute("VACUUM ANALYZE")
    yield connection
    await connection.close()


NEW = (
    f"'{ORG}', 'inbox', 'inbox.carry', 1::smallint, 'machine', 100, "
    f"ARRAY['01900000-0000-7000-9000-000000000001']::uuid[], ARRAY['{INB}']::uuid[], ARRAY[1], ARRAY['evt_new'], "
    "ARRAY['charge.captured'], ARRAY['ch_1'], ARRAY[7]::bigint[], ARRAY[now()], ARRAY[now()], ARRAY['\\x00']::bytea[], "
    "ARRAY['01900000-0000-7000-9000-000000000002']::uuid[], ARRAY['key'], ARRAY['\\x00']::bytea[], ARRAY[NULL]::text[]"
)

STATEMENTS: list[tuple[str, str, Statement, str]] = [
    ("keep", APP, store.KEEP, NEW),
    ("take", APP, store.TAKE, f"'{ORG}', '{ONE}'"),
    ("finish", APP, store.FINISH, f"'{ORG}', '01900000-0000-7000-8000-000000000014', now()"),
    ("discard", APP, store.DISCARD, f"'{ORG}', '01900000-0000-7000-8000-000000000014', now()"),
    ("replay", SYSTEM, store.REPLAY, "NULL, NULL, NULL, NULL, NULL, 500"),
    (
        "replay one",
        APP,
        store.REPLAY,
        f"'{ORG}', '01900000-0000-7000-8000-000000000001', NULL, NULL, NULL, 500",
    ),
    ("forget", SYSTEM, store.FORGET, "now() - interval '1 hour', 500"),
    (
        "list quarantined",
        SYSTEM,
        store.QUARANTINED,
        "'00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', 100",
    ),
    ("list waiting", SYSTEM, store.WAITING, "100"),
]


async def test_no_statement_reads_what_it_does_not_need(full: Connection) -> None:
    for name, role, statement, values in STATEMENTS:
        for mode in ("force_custom_plan", "force_generic_plan"):
            await full.execute(f"BEGIN; {role}; SET LOCAL plan_cache_mode = {mode}")
            await full.execute(f"PREPARE planned AS {statement.text}")
            rows = await full.fetch(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) EXECUTE planned({values})")
            await full.execute("DEALLOCATE planned; ROLLBACK")
            plan = "\n".join([name, *(row[0] for row in rows)])

            for table in ("inbox_message", "inbox_seen", "job"):
                assert f"Seq Scan on {table}" not in plan, plan
            read = [int(count) for count in re.findall(r"actual time=\S+ rows=(\d+)", plan)]
            assert read, plan
            assert max(read) <= max(2_000, MESSAGES // 1_000), plan
