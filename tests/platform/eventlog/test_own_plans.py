"""An organization reads its part of the log by its index, whatever the planner knows of the values."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

import asyncpg
import pytest

from kontorhaus.kernel.time import utc_now
from kontorhaus.platform.db.query import Statement
from kontorhaus.platform.eventlog import store

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

FACTS: Final = 40_000

LARGE, SMALL, LATE = (f"01900000-0000-7000-8000-00000000000{number}" for number in (1, 7, 8))

FILL: Final = f"""
    INSERT INTO event (org_id, kind, version, subject_kind, subject_id, body)
        SELECT ('01900000-0000-7000-8000-00000000000'
                || CASE WHEN n % 100 = 0 THEN 7 WHEN n > 36000 THEN 8 ELSE n % 3 END)::uuid,
               CASE WHEN n % 5000 = 0 THEN 'boat.sunk' ELSE 'boat.moved' END, 1, 'boat',
               ('01900000-0000-7000-8000-' || lpad(to_hex(n % 900), 12, '0'))::uuid, ''
        FROM generate_series(1, {FACTS}) n;
    INSERT INTO event_position (position, epoch, org_id, event_id, at, kind, subject_id)
        SELECT row_number() OVER (ORDER BY id), 1, org_id, id, at, kind, subject_id FROM event;
"""


@pytest.fixture
async def full(fresh_database_url: str) -> AsyncIterator[Connection]:
    connection: Connection = await asyncpg.connect(fresh_database_url)
    await connection.execute(FILL)
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("BEGIN; SET LOCAL ROLE kontorhaus_app")
    yield connection
    await connection.close()


def reads(org_id: str) -> list[tuple[Statement, str]]:
    boat = "'01900000-0000-7000-8000-000000000007'"
    return [
        (store.READ_OWN, f"'{org_id}', 0, {FACTS}, NULL, NULL, 21, 21"),
        (store.READ_OWN, f"'{org_id}', {FACTS // 2}, {FACTS}, NULL, NULL, 101, 101"),
        (store.READ_OWN, f"'{org_id}', {FACTS - 9}, {FACTS}, NULL, NULL, 21, 21"),
        (store.READ_OWN, f"'{org_id}', 0, {FACTS}, '{{boat.sunk}}', NULL, 5000, 21"),
        (store.READ_OWN, f"'{org_id}', 0, {FACTS}, NULL, {boat}, 5000, 21"),
        (store.OWN_STRETCH, f"'{org_id}', 0, 4999"),
        (store.ONE_OWN, f"'{org_id}', 77"),
    ]


@pytest.mark.parametrize("org_id", [LARGE, SMALL, LATE])
@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_no_read_looks_at_more_than_its_stretch(full: Connection, org_id: str, mode: str) -> None:
    month = f"event_{utc_now():%Y%m}"
    await full.execute(f"SET LOCAL app.org = '{org_id}'; SET LOCAL plan_cache_mode = {mode}")
    for number, (statement, values) in enumerate(reads(org_id)):
        await full.execute(f"PREPARE read_{number} AS {statement.text}")
        rows = await full.fetch(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE read_{number}({values})")
        plan = "\n".join(row[0] for row in rows)

        for costly in (f"Seq Scan on {month}", "Seq Scan on event_position", "Hash", "Merge"):
            assert costly not in plan, plan
        looked_at = [int(float(count)) for count in re.findall(r"(?:rows=|Filter: )(\d+)", plan)]
        assert max(looked_at) <= 5_000, plan
