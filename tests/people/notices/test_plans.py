"""Every statement of notices finds its rows by an index, also when the planner knows no values.

`PLAN_NOTICES=1000000 PLANS_SHOWN=1 pytest -s` shows the plans at that size.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import pytest

from kontorhaus.people.notices import store
from kontorhaus.platform.db.query import Statement
from tests.support.plans import explained, filled, rows_read

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

ORG = UUID("01900000-0000-7000-8000-0000000000aa")
LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff"

NOTICES = int(os.environ.get("PLAN_NOTICES", "20000"))

# One in a thousand is queued or has failed, every tenth is to a party of which there are a hundred letters, and of
# all but the youngest fifth the content is forgotten.
FILL = f"""
    CREATE TEMP TABLE made AS
        SELECT n, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id,
               CASE WHEN n % 1000 = 1 THEN 'failed' WHEN n % 1000 = 2 THEN 'queued' ELSE 'sent' END AS status
        FROM generate_series(1, {NOTICES}) n;
    INSERT INTO notice (org_id, id, template, template_version, language, recipient_kind, recipient_id, dedupe_key,
    status,
                        reason, attempts, created_at, next_attempt_at, sent_at, failed_at, erased_at)
        SELECT '{ORG}', id, 'test_message', 1, 'de',
               CASE WHEN n % 10 = 0 THEN 'pty' END,
               CASE WHEN n % 10 = 0 THEN ('01900000-0000-7000-9000-' || lpad(to_hex(n / 1000), 12, '0'))::uuid END,
               'order:' || n, status, CASE WHEN status = 'failed' THEN 'refused' END, 1, now() - interval '1 year',
               CASE WHEN status = 'queued' THEN now() END, CASE WHEN status = 'sent' THEN now() END,
               CASE WHEN status = 'failed' THEN now() END,
               CASE WHEN n < {NOTICES} * 0.8 AND status <> 'queued' THEN now() END
        FROM made;
    INSERT INTO notice_content (org_id, notice_id, sealed, forget_at)
        SELECT '{ORG}', id, decode(repeat(md5(n::text), 10), 'hex'), CASE WHEN status <> 'queued'
               THEN now() + n * interval '90 days' / {NOTICES} END
        FROM made WHERE n >= {NOTICES} * 0.8 OR status = 'queued';
    INSERT INTO notice_attachment (org_id, notice_id, position, sealed)
        SELECT org_id, notice_id, 0, sealed FROM notice_content;
    INSERT INTO notice_attempt (org_id, notice_id, number, host, began_at, ended_at, outcome, code, enhanced)
        SELECT '{ORG}', id, 1, 'mail.example:587', now(), now(), 'accepted', 250, '2.0.0' FROM made;
"""


@pytest.fixture
async def archive(fresh_database_url: str) -> AsyncIterator[Connection]:
    async with filled(fresh_database_url, FILL) as connection:
        yield connection


def numbered(number: int) -> str:
    return f"'01900000-0000-7000-8000-{number:012x}'"


ONE = numbered(NOTICES - 3)
QUEUED = numbered(NOTICES - 998)
PARTY = f"'01900000-0000-7000-9000-{NOTICES // 1000 - 1:012x}'"

REQUESTS: list[tuple[Statement, str, int]] = [
    (store.NOTICES, f"'{LAST}', 21", 21),
    (store.NOTICES, f"{numbered(NOTICES // 2)}, 21", 21),
    (store.NOTICES_OF_STATUS, f"'{LAST}', 21, 'failed'", 21),
    (store.NOTICES_OF_STATUS, f"'{LAST}', 21, 'sent'", 21),
    (store.NOTICES_OF_STATUS, f"'{LAST}', 21, 'cancelled'", 0),
    (store.NOTICE, ONE, 1),
    (store.LOCK, ONE, 1),
    (store.NOTICES_NOW, f"ARRAY[{ONE}::uuid, {QUEUED}::uuid]", 2),
    (store.CONTENT, ONE, 1),
    (store.ATTACHMENTS, ONE, 1),
    (store.ATTEMPTS, ONE, 1),
    (store.ATTEMPT, f"{ONE}, 1", 1),
    (store.UNKNOWNS, f"{ONE}, 0", 1),
    (store.BY_DEDUPE_KEY, "'order:77'", 1),
    (store.OF_RECIPIENT, PARTY, 100),
    (store.COUNT_ATTEMPT, f"{QUEUED}, 2", 1),
    (store.END_ATTEMPT, f"{ONE}, 1, now(), 'accepted', 250, '2.0.0'", 1),
    (store.PUT_OFF, f"{QUEUED}, now()", 1),
    (store.MOVE, f"{QUEUED}, 'queued', 'sent', NULL, now(), NULL", 1),
    (store.KEEP_CONTENT_UNTIL, f"{ONE}, now()", 1),
    (store.NOTE_ERASURE, f"{ONE}, now()", 1),
    *((erasure, ONE, 1) for erasure in store.ERASURES),
]


async def test_no_request_sorts_or_reads_a_whole_table(archive: Connection) -> None:
    await archive.execute(f"BEGIN; SET LOCAL ROLE kontorhaus_app; SET LOCAL app.org = '{ORG}'")
    for number, (statement, values, wanted) in enumerate(REQUESTS):
        async for plan in explained(archive, number, statement, f"'{ORG}', {values}"):
            assert "Seq Scan" not in plan, plan
            assert "Hash" not in plan, plan
            assert rows_read(plan) <= max(wanted, 1), plan
            # The letters of one person are few, and are locked in one order.
            assert "Sort" not in plan or statement is store.OF_RECIPIENT, plan


async def test_forgetting_reads_what_is_due_alone(archive: Connection) -> None:
    await archive.execute("BEGIN; SET LOCAL ROLE kontorhaus_system")
    async for plan in explained(archive, 0, store.FORGET, "now() + interval '85 days'"):
        assert "Index Scan using notice_content_forget" in plan, plan
        # A small table is read whole, and rightly so.
        assert NOTICES < 500_000 or ("Seq Scan" not in plan and rows_read(plan) <= 500), plan
