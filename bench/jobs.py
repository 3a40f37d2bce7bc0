"""Jobs: how many are worked off a second, beside PgQueuer 1.6 and beside bare transactions of the same run.

    worked     a handler that does nothing, completed in batches, 500 slots, one worker process; PgQueuer likewise
    backlog    the same with 300,000 jobs in the table that are due in 20 days
    keys       the same with 500 keys of which each may run four at a time
    effects    a handler with one INSERT, completed in the transaction of it, beside that transaction without a job
    enqueue    a business INSERT and a job in one transaction, beside the INSERT alone, 8 connections

PgQueuer is no dependency: BENCH_PGQUEUER_PYTHON names a Python that has pgqueuer, asyncpg and uvloop; without it the
figure has no limit. Everything runs on a durable PostgreSQL (fsync on), each worker in a process of its own, and
figures are medians of rounds that take turns.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import asyncpg
from msgspec import Struct

from bench.figures import Figure
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import monotonic, utc_now
from kontorhaus.platform import jobs, postgres
from kontorhaus.platform.db import Command, Db, Query, Tx, migrations, roles
from kontorhaus.platform.jobs import Effect, Job, Kind, Phases, Queue, Running, Worker

ROUNDS = 3
JOBS = 20_000
EFFECTS = 10_000
BACKLOG = 300_000
BULK = 5_000
CONNECTIONS = 8
SLOTS = 500
ENQUEUE_SECONDS = 3.0
ORG = OrgId(uuid.UUID(int=1))

SCHEMA = """
    CREATE TABLE bench_effect (org_id uuid NOT NULL, number integer NOT NULL);
    CALL wall('bench_effect', 'SELECT, INSERT', 'SELECT');
"""


class Number(Struct, frozen=True):
    number: int


class Count(Struct, frozen=True):
    count: int


INSERT = Command("INSERT INTO bench_effect (org_id, number) VALUES ($1, $2)")
CLEAR = Command("DELETE FROM job")
LEFT = Query(Count, "SELECT count(*) FROM job WHERE state <> 'scheduled'")

NOTHING = Kind("bench.nothing", Number, Queue("plain", slots=SLOTS))
KEYED = Kind("bench.keyed", Number, Queue("keyed", slots=SLOTS, per_key=4))
EFFECT = Kind("bench.effect", Number, Queue("effects", slots=CONNECTIONS))


async def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        server = await asyncio.to_thread(
            postgres.Server.start, Path(folder) / "postgres", binaries=postgres.find(None)
        )
        try:
            return await _measure(server)
        finally:
            await asyncio.to_thread(server.stop)


async def _measure(server: postgres.Server) -> list[Figure]:
    server.ensure_database("bench")
    server.ensure_database("peer")
    admin_url, url = server.url_for("bench"), server.url_for("bench", login=roles.LOGIN)
    await migrations.migrate(admin_url)
    admin = await asyncpg.connect(admin_url)
    await admin.execute(SCHEMA)
    conditions: dict[str, str | int] = {
        "fsync": "on",
        "postgresql": str(await admin.fetchval("SHOW server_version")),
    }
    await admin.close()
    db = await Db.connect(url, connections=CONNECTIONS)

    peer = os.environ.get("BENCH_PGQUEUER_PYTHON")
    worked, keys, peers, effects, bare = [], [], [], [], []
    for _ in range(ROUNDS):
        # Neither engine pays for what the rounds before have left: autovacuum comes when it likes.
        await _vacuum(admin_url)
        await _vacuum(server.url_for("peer"))
        worked.append(await _worked(db, url, "plain", _plain(JOBS)))
        keys.append(await _worked(db, url, "keyed", _keyed(JOBS)))
        if peer:
            peers.append(JOBS / await _peer(peer, server.url_for("peer")))
        effects.append(await _worked(db, url, "effects", _effects(EFFECTS)))
        bare.append(await _rate(db, _business))
    with_job, without = await _enqueued(db)
    await _far_away(db)
    await _vacuum(admin_url)
    backlog = [await _worked(db, url, "plain", _plain(JOBS)) for _ in range(ROUNDS)]
    await db.close()

    def figure(name: str, value: list[float], limit: list[float], goal: str) -> Figure:
        middle, bound = statistics.median(value), statistics.median(limit) if limit else None
        return Figure(name, middle, "1/s", bound, middle / bound if bound else None, goal, conditions)

    return [
        figure("jobs worked, beside PgQueuer", worked, peers, "ratio ≥ 2"),
        figure("jobs worked, 300,000 due in 20 days", backlog, worked, "ratio ≥ 0.9"),
        figure("jobs worked, 500 keys of 4 at a time", keys, worked, "ratio ≥ 0.5"),
        figure("jobs with an effect, beside bare ones", effects, bare, "ratio ≥ 0.4"),
        figure("transactions that enqueue a job", with_job, without, "ratio ≥ 0.45"),
    ]


def _plain(jobs: int) -> list[Job]:
    return [NOTHING.job(ORG, Number(n)) for n in range(jobs)]


def _keyed(jobs: int) -> list[Job]:
    return [KEYED.job(ORG, Number(n), key=f"key-{n % 500}") for n in range(jobs)]


def _effects(jobs: int) -> list[Job]:
    return [EFFECT.job(ORG, Number(n)) for n in range(jobs)]


async def _enqueue(db: Db, many: list[Job]) -> None:
    for begin in range(0, len(many), BULK):
        async with db.org(ORG) as tx:
            await jobs.enqueue_many(tx, many[begin : begin + BULK], now=utc_now())


async def _far_away(db: Db) -> None:
    due = utc_now() + timedelta(days=20)
    await _enqueue(db, [NOTHING.job(ORG, Number(n), due_at=due) for n in range(BACKLOG)])


async def _vacuum(admin_url: str) -> None:
    """What autovacuum would have done a minute later."""
    admin = await asyncpg.connect(admin_url)
    await admin.execute("VACUUM (ANALYZE)")
    await admin.close()


async def _worked(db: Db, url: str, queue: str, many: list[Job]) -> float:
    """Jobs a second of one worker process, from its first claim until the last job is completed."""
    await _enqueue(db, many)
    seconds = await _process(sys.executable, "-m", "bench.jobs", url, queue, str(len(many)))
    async with db.system() as tx:
        left = (await LEFT.one(tx)).count
    assert left == 0, f"{left} jobs are left"
    return len(many) / seconds


async def _peer(python: str, url: str) -> float:
    return await _process(python, "bench/peers/pgqueuer_jobs.py", url, str(JOBS), str(SLOTS))


async def _process(*command: str) -> float:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[1]
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, command
    return float(out.split()[-1])


async def _business(tx: Tx) -> None:
    await INSERT.run(tx, ORG, 1)


async def _business_with_job(tx: Tx) -> None:
    await _business(tx)
    await jobs.enqueue(tx, EFFECT.job(ORG, Number(1)), now=utc_now())


async def _enqueued(db: Db) -> tuple[list[float], list[float]]:
    with_job, without = [], []
    for _ in range(ROUNDS):
        without.append(await _rate(db, _business))
        with_job.append(await _rate(db, _business_with_job))
        async with db.system() as tx:
            await CLEAR.run(tx)
    return with_job, without


async def _rate(db: Db, work: Callable[[Tx], Awaitable[None]]) -> float:
    """Transactions a second over all connections of this process."""
    done, until = 0, monotonic() + ENQUEUE_SECONDS

    async def caller() -> None:
        nonlocal done
        while monotonic() < until:
            async with db.org(ORG) as tx:
                await work(tx)
            done += 1

    began = monotonic()
    await asyncio.gather(*(caller() for _ in range(CONNECTIONS)))
    return done / (monotonic() - began)


async def work(url: str, queue: str, many: int) -> float:
    """The worker process: seconds until so many jobs were carried out and completed."""
    # The lanes of an Effect hold a connection each; the worker's own chores have two more.
    db = await Db.connect(url, connections=CONNECTIONS + 2)
    stop, left = asyncio.Event(), many

    def count() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            stop.set()

    async def nothing(db: Db, args: Number, running: Running) -> None:
        del db, args, running
        count()

    async def insert(tx: Tx, args: Number, running: Running) -> None:
        await INSERT.run(tx, running.org_id, args.number)
        count()

    handlers = {
        "plain": Phases(NOTHING, nothing),
        "keyed": Phases(KEYED, nothing),
        "effects": Effect(EFFECT, insert),
    }
    kinds = {"plain": NOTHING, "keyed": KEYED, "effects": EFFECT}
    began = monotonic()
    await Worker(db, [kinds[queue].queue], [handlers[queue]]).run(stop)
    seconds = monotonic() - began
    await db.close()
    return seconds


if __name__ == "__main__":
    import uvloop

    sys.stdout.write(f"{uvloop.run(work(sys.argv[1], sys.argv[2], int(sys.argv[3])))}\n")
