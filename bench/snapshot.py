"""Claims while somebody holds an old snapshot: a report, a backup, a forgotten psql.

2,000 jobs a second are enqueued and worked off by one worker process, first for some seconds as ever, then while a
snapshot is held for a minute (BENCH_HELD_SECONDS): nothing that was claimed in it can be swept. The median of the last
third of it is held against the median before; beside it the same with every claim beginning at the front of the queue,
as it would without the marks of `jobs.dispatch`.

Figures are times of the claim's transaction as the worker sees them: BEGIN, claim, COMMIT.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from bench.database import Database, durable
from bench.figures import Figure
from kontorhaus.kernel.ids import ORG
from kontorhaus.kernel.time import monotonic, utc_now
from kontorhaus.platform import jobs
from kontorhaus.platform.db import Db
from kontorhaus.platform.jobs import Kind, Phases, Queue, Running, Worker
from kontorhaus.platform.jobs.dispatch import Table

HELD_SECONDS = float(os.environ.get("BENCH_HELD_SECONDS", "60"))
BEFORE_SECONDS = 8.0
RATE = 2_000
BATCH = 50
"""Jobs of one enqueuing transaction: forty of them a second."""


class Nothing(Struct, frozen=True):
    pass


QUEUE = Queue("snapshot", slots=500)
NOTHING = Kind("bench.snapshot", Nothing, QUEUE)


class Claim(Struct, frozen=True):
    at: float
    seconds: float


class Timed:
    """Notes how long each claim took that found something."""

    def __init__(self, table: Table, *, from_the_front: bool) -> None:
        self.claims: list[Claim] = []
        self._table, self._from_the_front = table, from_the_front

    async def take(
        self, queue: Queue, worker: UUID, limit: int, lease_until: datetime, *, thorough: bool = False
    ) -> Sequence[Running]:
        began = monotonic()
        found = await self._table.take(
            queue, worker, limit, lease_until, thorough=thorough or self._from_the_front
        )
        if found:
            self.claims.append(Claim(began, monotonic() - began))
        return found


async def run() -> list[Figure]:
    figures = []
    for name in ("marks", "front"):
        async with durable("SELECT 1") as database:
            before, held, end = await _claims(database, name)
        told = {**database.conditions, "held_seconds": round(HELD_SECONDS), "claims": len(end)}
        how = "" if name == "marks" else ", each from the front"
        goal = "ratio ≤ 2" if name == "marks" else None
        middle, bound = statistics.median(end), statistics.median(before)
        worst = sorted(held)[len(held) * 99 // 100]
        figures += [
            Figure(f"jobs claim under a snapshot{how}, p50", middle, "ms", bound, middle / bound, goal, told),
            Figure(f"jobs claim under a snapshot{how}, p99", worst, "ms", None, None, None, told),
        ]
    return figures


async def _claims(database: Database, how: str) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of the claims before the snapshot, while it was held, and in the last third of that."""
    db = await Db.connect(database.url, connections=2)
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.snapshot", database.url, how),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    holder = await asyncpg.connect(database.admin_url)
    async with asyncio.TaskGroup() as group:
        feeding = group.create_task(_feed(db))
        await asyncio.sleep(BEFORE_SECONDS)
        # Nothing is kept open but what PostgreSQL must keep for it: every row version since.
        await holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM job")
        taken = monotonic()
        await asyncio.sleep(HELD_SECONDS)
        feeding.cancel()
    ended = monotonic()
    out, _ = await worker.communicate(b"")
    await holder.close()
    await db.close()
    claims = msgspec.json.decode(out.splitlines()[-1], type=list[Claim])
    warm = claims[0].at + BEFORE_SECONDS / 4
    before = [1_000 * c.seconds for c in claims if warm < c.at < taken]
    held = [1_000 * c.seconds for c in claims if taken < c.at < ended]
    end = [1_000 * c.seconds for c in claims if ended - HELD_SECONDS / 3 < c.at < ended]
    return before, held, end


async def _feed(db: Db) -> None:
    """The same rate whatever the machine does: what is late is made up for."""
    began, org_id, sent = monotonic(), ORG.new(), 0
    while True:
        await asyncio.sleep(max(0.0, began + sent / RATE - monotonic()))
        async with db.org(org_id) as tx:
            await jobs.enqueue_many(tx, [NOTHING.job(org_id, Nothing())] * BATCH, now=utc_now())
        sent += BATCH


async def work(url: str, how: str) -> None:
    """The worker process: works until standard input ends, then tells its claims."""
    db = await Db.connect(url, connections=4)
    stop = asyncio.Event()
    timed = Timed(Table(db), from_the_front=how == "front")

    async def nothing(db: Db, args: Nothing, running: Running) -> None:
        del db, args, running

    async with asyncio.TaskGroup() as group:
        worker = Worker(db, [QUEUE], [Phases(NOTHING, nothing)], dispatch=timed)
        group.create_task(worker.run(stop, patience=timedelta(seconds=5)))
        await asyncio.to_thread(sys.stdin.read)
        stop.set()
    await db.close()
    os.write(1, msgspec.json.encode(timed.claims) + b"\n")


if __name__ == "__main__":
    import uvloop

    uvloop.run(work(*sys.argv[1:3]))
