"""What subscribers, sequencer and gauges ask of a full log touches what they are about, and not whole months."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

import asyncpg
import pytest

from kontorhaus.platform.db.query import Statement
from kontorhaus.platform.eventlog import store
from tests.platform.eventlog.test_own_plans import FACTS, FILL

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

# All that is filled in was published, in a snapshot without an old transaction of a neighbouring database; the reader
# "late" has read half of it.
READERS: Final = f"""
    UPDATE sequencer SET position = {FACTS}, snapshot = replace(
        '0:0:', '0', pg_snapshot_xmax(pg_current_snapshot())::text)::pg_snapshot;
    INSERT INTO subscriber (name, epoch, position) VALUES ('late', 1, {FACTS // 2}), ('on_time', 1, {FACTS});
"""

ASKED: Final[tuple[tuple[Statement, str, int], ...]] = (
    (store.READ, "0, 9223372036854775807, NULL, 50", 50),
    (store.READ, f"{FACTS // 2}, 9223372036854775807, NULL, 50", 50),
    (store.READ, f"{FACTS - 9}, 9223372036854775807, NULL, 50", 50),
    (store.READ, f"{FACTS // 2}, {FACTS // 2 + 5_000}, '{{boat.sunk}}', 50", 5_000),
    (store.LOCK_SUBSCRIBER, "'late', now()", 2),
    (store.LOCK_SEQUENCER, "false", 1),
    (store.PUBLISH, f"pg_current_snapshot()::text, {FACTS}, 1", 1),
    (store.UNPUBLISHED, "", 1),
    (store.DISTANCES, "", 2),
)


@pytest.fixture
async def full(fresh_database_url: str) -> AsyncIterator[Connection]:
    connection: Connection = await asyncpg.connect(fresh_database_url)
    await connection.execute(FILL)
    await connection.execute(READERS)
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("BEGIN; SET LOCAL ROLE kontorhaus_system")
    yield connection
    await connection.close()


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_none_looks_at_more_than_it_is_about(full: Connection, mode: str) -> None:
    await full.execute(f"SET LOCAL plan_cache_mode = {mode}")
    for number, (statement, values, most) in enumerate(ASKED):
        seqscan = (
            "off" if statement in (store.LOCK_SEQUENCER, store.PUBLISH) else "on"
        )  # as Db.snapshot has it
        await full.execute(f"SET LOCAL enable_seqscan = {seqscan}")
        await full.execute(f"PREPARE asked_{number} AS {statement.text}")
        call = f"asked_{number}({values})" if values else f"asked_{number}"
        rows = await full.fetch(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE {call}")
        plan = "\n".join(row[0] for row in rows)

        looked_at = [int(float(count)) for count in re.findall(r"(?:rows=|Filter: )(\d+)", plan)]
        assert max(looked_at) <= most, f"{statement.text}\n{plan}"
