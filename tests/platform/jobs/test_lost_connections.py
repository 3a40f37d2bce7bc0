"""The database ends every connection again and again: the worker goes on, and every job has one effect."""

from __future__ import annotations

import asyncio

import asyncpg

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import jobs
from kontorhaus.platform.db import DatabaseConnectionLost, DatabaseUnavailable, Db
from kontorhaus.platform.jobs import Effect, Phases, Running, Worker
from tests.platform.jobs.workshop import PLAIN, SEND, WRITE, Number, effects, states, write

JOBS = 300


async def test_lost_connections_lose_and_double_nothing(
    fresh_database_url: str, jobs_url: str, db: Db, org: OrgId
) -> None:
    async def send(db: Db, args: Number, running: Running) -> None:
        async with db.org(org) as tx:
            await write(tx, args, running)
            await jobs.complete(tx, running)

    async with db.org(org) as tx:
        every = [(SEND if n % 2 else WRITE).job(org, Number(n)) for n in range(JOBS)]
        await jobs.enqueue_many(tx, every, now=utc_now())
    own = await Db.connect(jobs_url, name="losing")
    admin = await asyncpg.connect(fresh_database_url)
    stop, began = asyncio.Event(), utc_now()
    # A clock that runs twenty times as fast: pauses and leases of claims whose answer was lost are over soon.
    worker = Worker(
        own,
        [PLAIN],
        [Effect(WRITE, write), Phases(SEND, send)],
        now=lambda: began + 20 * (utc_now() - began),
    )
    async with asyncio.timeout(90), asyncio.TaskGroup() as group:
        group.create_task(worker.run(stop))
        for share in range(1, 6):
            while len(await effects(db)) < share * JOBS // 6:
                await asyncio.sleep(0.002)
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'losing'"
            )
        while await states(db):
            await asyncio.sleep(0.02)
        stop.set()
    await admin.close()
    await own.close()

    assert await effects(db) == list(range(JOBS))


async def test_the_end_of_a_job_is_written_when_the_database_is_back(db: Db, org: OrgId) -> None:
    """A completion that could not be written is kept and written later, not forgotten."""
    done: list[int] = []

    async def send(db: Db, args: Number, running: Running) -> None:
        done.append(args.number)

    class Away(Worker):
        refused = 0

        async def _write(self, ended: object) -> None:
            if self.refused < 2:
                self.refused += 1
                raise (DatabaseUnavailable, DatabaseConnectionLost)[self.refused - 1]("away")
            await super()._write(ended)  # type: ignore[arg-type]

    async with db.org(org) as tx:
        await jobs.enqueue(tx, SEND.job(org, Number(1)), now=utc_now())
    stop, worker = asyncio.Event(), Away(db, [PLAIN], [Phases(SEND, send)])
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(worker.run(stop))
        while await states(db):
            await asyncio.sleep(0.02)
        stop.set()

    assert (done, worker.refused) == ([1], 2)
