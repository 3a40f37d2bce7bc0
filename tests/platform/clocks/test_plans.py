"""What test clocks hold back is in nobody's way, and an advance finds its next job without looking at the others."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import asyncpg
import pytest

from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import jobs
from kontorhaus.platform.db import Db
from kontorhaus.platform.db.query import Statement
from kontorhaus.platform.jobs import store
from tests.platform.clocks.conftest import FrozenOrganization

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

HELD: Final = 5_000
WORKER: Final = UUID(int=1)

FILL: Final = """
    INSERT INTO job (org_id, id, queue, kind, state, priority, due_at, clock, max_attempts, args)
    SELECT $1::uuid, gen_random_uuid(), 'pages', 'calendar.make', 'scheduled', 1,
           timestamptz '2026-01-02' + n * interval '1 minute', 'business', 20, ''
    FROM generate_series(1, $2::integer) AS n
"""


async def nodes(connection: Connection, statement: Statement, *values: object) -> list[dict[str, Any]]:
    """The plan's nodes, as they were carried out."""
    told = await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement.text}", *values)
    found, rest = [], [json.loads(told)[0]["Plan"]]
    while rest:
        node = rest.pop()
        found.append(node)
        rest += node.get("Plans", [])
    return found


async def test_jobs_that_wait_for_a_test_clock_are_in_no_workers_way(
    db: Db, fresh_database_url: str, frozen: FrozenOrganization
) -> None:
    admin: Connection = await asyncpg.connect(fresh_database_url)
    org_id = await frozen()
    now = utc_now()
    await admin.execute(FILL, org_id, HELD)
    await admin.execute("ANALYZE job")
    moved = 1
    while moved:
        async with db.system() as tx:
            moved = await jobs.promote(tx, now)
    async with db.org(org_id) as tx:
        waiting = await jobs.list_jobs(tx, "scheduled", limit=HELD + 1)
    assert len(waiting) == HELD, "none was made ready"

    await admin.execute("VACUUM ANALYZE job")
    await admin.execute("SET ROLE kontorhaus_system")
    walked = [
        node
        for statement in (store.PROMOTE, store.SET_APART)
        for node in await nodes(admin, statement, now, 1_000)
        if node.get("Relation Name") == "job"
    ]
    assert {node.get("Index Name") for node in walked} == {"job_scheduled", None}
    assert sum(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in walked) == 0
    await admin.close()


@pytest.mark.parametrize("statement", [store.TAKE_DUE, store.NEXT_DUE], ids=["take due", "next due"])
async def test_the_next_job_is_found_in_one_step(
    fresh_database_url: str, frozen: FrozenOrganization, statement: Statement
) -> None:
    admin: Connection = await asyncpg.connect(fresh_database_url)
    org_id = await frozen()
    now = utc_now()
    await admin.execute(FILL, org_id, HELD)
    await admin.execute("VACUUM ANALYZE job")
    await admin.execute("SET ROLE kontorhaus_system")
    values = (
        (now, ["calendar.make"], WORKER, now + timedelta(minutes=1)) if statement is store.TAKE_DUE else ()
    )
    (looked,) = [
        n for n in await nodes(admin, statement, org_id, *values) if n.get("Index Name") == "job_business"
    ]
    assert looked["Actual Rows"] == 1
    await admin.close()
