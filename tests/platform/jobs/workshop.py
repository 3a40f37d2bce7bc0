"""Kinds of jobs for tests, a table that their effects are counted in, and a worker process that can be killed.

Run as a module it works until it is killed: KILLED_DATABASE names the database, KILLED_LEASE the seconds of a lease.
"""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform.db import Command, Db, Query, Tx
from kontorhaus.platform.jobs import Effect, Kind, Phases, Queue, Running, Worker, complete

SCHEMA = """
    CREATE TABLE demo_effect (
        org_id uuid NOT NULL,
        number integer NOT NULL,
        attempt integer NOT NULL,
        worker uuid NOT NULL
    );
    CALL wall('demo_effect', 'SELECT, INSERT', 'SELECT, INSERT');
"""


class Number(Struct, frozen=True):
    number: int


class Row(Struct, frozen=True):
    org_id: UUID
    number: int
    attempt: int


class Count(Struct, frozen=True):
    count: int


PLAIN = Queue("plain")
KEYED = Queue("keyed", per_key=3)

WRITE = Kind("demo.write", Number, PLAIN)
SEND = Kind("demo.send", Number, PLAIN)
CALL = Kind("demo.call", Number, KEYED)

INSERT = Command("INSERT INTO demo_effect (org_id, number, attempt, worker) VALUES ($1, $2, $3, $4)")
EFFECTS = Query(Row, "SELECT org_id, number, attempt FROM demo_effect")
EFFECT_COUNT = Query(Count, "SELECT count(*) FROM demo_effect")
JOB_COUNT = Query(Count, "SELECT count(*) FROM job")
STATES = Query(Count, "SELECT count(*) FROM job WHERE state = $1")


async def write(tx: Tx, args: Number, running: Running) -> None:
    await INSERT.run(tx, running.org_id, args.number, running.attempt, running.worker)


async def effects(db: Db) -> list[int]:
    """The numbers of all effects, those of every organization."""
    async with db.system() as tx:
        return sorted(row.number for row in await EFFECTS.all(tx))


async def states(db: Db) -> dict[str, int]:
    """How many jobs there are in each state that has any."""
    async with db.system() as tx:
        counts = {
            state: (await STATES.one(tx, state)).count
            for state in ("ready", "scheduled", "running", "parked")
        }
    return {state: count for state, count in counts.items() if count}


async def work_until_killed() -> None:
    db = await Db.connect(os.environ["KILLED_DATABASE"], connections=6)
    lease = timedelta(seconds=float(os.environ["KILLED_LEASE"]))
    outlives = 1.5 * lease.total_seconds()

    async def write_slowly(tx: Tx, args: Number, running: Running) -> None:
        """Every fiftieth job takes longer than its lease the first time, and every twentieth has more transactions
        than one."""
        if args.number % 50 == 0 and running.attempt == 1:
            await asyncio.sleep(outlives)
        await write(tx, args, running)

    async def send(db: Db, args: Number, running: Running) -> None:
        await asyncio.sleep(0)
        async with db.org(OrgId(running.org_id)) as tx:
            await write(tx, args, running)
            await complete(tx, running)

    worker = Worker(db, [PLAIN], [Effect(WRITE, write_slowly), Phases(SEND, send)], lease=lease)
    worker._beat = _no_beat  # type: ignore[method-assign]
    await worker.run(asyncio.Event())


async def _no_beat() -> None:
    """A worker without a pulse: its leases run out under its hands."""


if __name__ == "__main__":
    asyncio.run(work_until_killed())
