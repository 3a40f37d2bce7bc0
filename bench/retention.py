"""Five million facts in several months: what they take, what is slow with them, and what is left when they are gone.

The facts are written by SQL, as the house's statements would (BENCH_FACTS names another number), spread over seven
months and a thousand organizations of very unequal size, and published in one tick. Then

    bytes      of a fact: its row, its position and the indexes of both
    read       fifty facts at the log's beginning, middle and end, as a subscriber takes them
    tick       one of the sequencer's, beside those months, and with an empty log
    forget     dropping the months that are old: the time for each position, and the longest that a writer waited
    left       dead rows and bytes of the small tables after 1,000 ticks and steps

The plans are held by tests/platform/eventlog; here it is their times that count.
"""

from __future__ import annotations

import asyncio
import os
import statistics
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from bench.database import Database, durable
from bench.figures import Figure
from bench.log import ITEM, SCHEMA, ItemChanged
from kontorhaus.kernel.ids import ORG
from kontorhaus.kernel.time import monotonic, utc_now
from kontorhaus.platform import eventlog
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.eventlog import Cursor, Event, SnapshotSequencer, Subscriber

FACTS: Final = int(os.environ.get("BENCH_FACTS", "5_000_000"))
MONTHS: Final = 7
KEEP: Final = timedelta(days=75)
LOOKS: Final = 100
TURNS: Final = 1_000

FILL: Final = """
    INSERT INTO event (org_id, at, kind, version, subject_kind, subject_id, body)
    SELECT md5(floor(1000 * power(random(), 3))::text)::uuid, $1::timestamptz + $2::interval * (n::float8 / $3),
           'bench_item.changed', 1, 'benchitem', gen_random_uuid(),
           convert_to(format('{"kind":"bench_item.changed","subject":"%s","number":%s}', gen_random_uuid(), n), 'UTF8')
    FROM generate_series(1, $3::integer) AS n
"""

SIZES: Final = """
    SELECT sum(pg_table_size(c.oid)) AS rows, sum(pg_indexes_size(c.oid)) AS indexes
    FROM pg_class AS c WHERE c.relkind = 'r' AND c.relname ~ $1
"""

SMALL: Final = """
    SELECT relname, n_dead_tup, pg_total_relation_size(relid) AS bytes FROM pg_stat_user_tables
    WHERE relname IN ('sequencer', 'subscriber', 'job')
"""


async def run() -> list[Figure]:
    async with durable(SCHEMA) as database:
        return await _measure(database)


async def _measure(database: Database) -> list[Figure]:
    admin = await asyncpg.connect(database.admin_url)
    db = await Db.connect(database.url, connections=4)
    figures: list[Figure] = []

    def told(name: str, value: float, unit: str, limit: float | None = None, goal: str | None = None) -> None:
        ratio = value / limit if limit else None
        figures.append(Figure(name, value, unit, limit, ratio, goal, {**database.conditions, "facts": FACTS}))

    try:
        began = utc_now() - timedelta(days=30 * (MONTHS - 1))
        await eventlog.ensure_partitions(db, now=began, ahead=utc_now() - began + timedelta(days=45))
        await eventlog.subscribe(db, "bench")
        empty = await _ticks(db)
        await _fill(admin, began)
        published = monotonic()
        assert await SnapshotSequencer(db).tick() == FACTS
        told("log publishes after a long stop", FACTS / (monotonic() - published), "facts/s")
        for name, tables in (("a fact", "^event_[0-9]+$"), ("a position", "^event_position$")):
            size = await admin.fetchrow(SIZES, tables)
            assert size is not None
            told(f"log bytes of {name}, rows", int(size["rows"]) / FACTS, "bytes")
            told(f"log bytes of {name}, indexes", int(size["indexes"]) / FACTS, "bytes")
        await admin.execute("VACUUM (ANALYZE)")
        told("log tick beside old months", await _ticks(db), "ms", empty, "ratio ≤ 2")
        await _reads(db, told)
        await _forget(db, admin, told)
        await _turns(db, admin, told)
    finally:
        await db.close()
        await admin.close()
    return figures


async def _fill(admin: asyncpg.Connection[asyncpg.Record], began: datetime) -> None:
    """As the administrator, who may name the instant; a hundred thousand a transaction."""
    batch, day = 100_000, (utc_now() - began) / (FACTS / 100_000)
    for number in range(FACTS // batch):
        await admin.execute(FILL, began + number * day, day, batch)


async def _ticks(db: Db) -> float:
    """Milliseconds of a tick that publishes one fact, the median of many."""
    sequencer, org_id, times = SnapshotSequencer(db), ORG.new(), []
    for number in range(LOOKS):
        async with db.org(org_id) as tx:
            await eventlog.append(tx, ItemChanged(subject=ITEM.new(), number=number), org_id=org_id)
        began = monotonic()
        assert await sequencer.tick() == 1
        times.append(1_000 * (monotonic() - began))
    return statistics.median(times)


async def _reads(db: Db, told: Callable[..., None]) -> None:
    async with db.system(read_only=True) as tx:
        end = await eventlog.head(tx)
    for name, position in (("first", 0), ("middle", end.position // 2), ("last", end.position - 50)):
        times = []
        for _ in range(LOOKS):
            async with db.system(read_only=True) as tx:
                began = monotonic()
                assert len(await eventlog.read(tx, Cursor(end.epoch, position), 50)) == 50
                times.append(1_000 * (monotonic() - began))
        told(f"log read of 50, the {name} ones", statistics.median(times), "ms")


async def _forget(db: Db, admin: asyncpg.Connection[asyncpg.Record], told: object) -> None:
    """Months are dropped while somebody writes; how long did his slowest transaction take?"""
    assert callable(told)
    async with db.system() as tx:
        end = await eventlog.head(tx)
        await tx.connection.execute("UPDATE subscriber SET position = $1", end.position)
    stop, waits = asyncio.Event(), []

    async def write() -> None:
        org_id = ORG.new()
        while not stop.is_set():
            began = monotonic()
            async with db.org(org_id) as tx:
                await eventlog.append(tx, ItemChanged(subject=ITEM.new(), number=1), org_id=org_id)
            waits.append(1_000 * (monotonic() - began))
            await asyncio.sleep(0.005)

    positions = await admin.fetchval("SELECT count(*) FROM event_position")
    writing = asyncio.create_task(write())
    began = monotonic()
    dropped = await eventlog.drop_old(db, now=utc_now(), keep=KEEP)
    seconds = monotonic() - began
    stop.set()
    await writing
    gone = positions - await admin.fetchval("SELECT count(*) FROM event_position")
    assert dropped
    assert gone > 0
    told(f"log forgets {len(dropped)} months", gone / seconds, "facts/s")
    told("log writer meanwhile, p50", statistics.median(waits), "ms")
    told("log writer meanwhile, the longest", max(waits), "ms", 1_000, "ratio ≤ 1")
    (before,) = await admin.fetch(SIZES, "^event_position$")
    await admin.execute("VACUUM event_position")
    (after,) = await admin.fetch(SIZES, "^event_position$")
    told("log positions after that", int(after["rows"]) / 2**20, "MB", int(before["rows"]) / 2**20)
    told("log indexes of positions", int(after["indexes"]) / 2**20, "MB", int(before["indexes"]) / 2**20)


async def _turns(db: Db, admin: asyncpg.Connection[asyncpg.Record], told: object) -> None:
    """The small tables after many turns: each tick and each step leaves a row version behind."""
    assert callable(told)

    async def nothing(tx: Tx, event: Event) -> None:
        del tx, event

    sequencer, reader, org_id = (
        SnapshotSequencer(db),
        Subscriber(name="bench", apply=nothing, batch=50),
        ORG.new(),
    )
    steps = []
    for number in range(TURNS):
        async with db.org(org_id) as tx:
            await eventlog.append(tx, ItemChanged(subject=ITEM.new(), number=number), org_id=org_id)
        await sequencer.tick()
        began = monotonic()
        await eventlog.advance(db, reader, now=utc_now())
        steps.append(1_000 * (monotonic() - began))
    told("log step of one fact, first hundred", statistics.median(steps[:100]), "ms")
    told(
        "log step of one fact, last hundred",
        statistics.median(steps[-100:]),
        "ms",
        statistics.median(steps[:100]),
        "ratio ≤ 1.5",
    )
    await asyncio.sleep(1)  # the statistics are a second behind
    for row in await admin.fetch(SMALL):
        told(f"log dead rows of {row['relname']}", row["n_dead_tup"], "rows")
        told(f"log size of {row['relname']}", row["bytes"] / 1024, "kB")
