"""Enqueueing is part of the transaction that decided it; who is alive has no twin."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import jobs, telemetry
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.jobs import Effect, Priority, Running, Worker
from tests.platform.jobs.workshop import CALL, PLAIN, WRITE, Number, effects, states, write

NOW = utc_now()


class Undone(Exception):
    pass


async def test_a_job_is_undone_with_the_transaction_that_enqueued_it(db: Db, org: OrgId) -> None:
    async def decide(tx: Tx) -> None:
        assert await jobs.enqueue(tx, WRITE.job(org, Number(1)), now=NOW)
        raise Undone

    with pytest.raises(Undone):
        await db.org(org).run(decide)

    assert await states(db) == {}


async def test_nobody_enqueues_for_another_organization(db: Db, org: OrgId) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.org(org) as tx:
            await jobs.enqueue(tx, WRITE.job(jobs.HOUSE, Number(1)), now=NOW)


async def test_of_equal_jobs_one_is_alive(db: Db, org: OrgId) -> None:
    job = WRITE.job(org, Number(1), dedupe_key="the same")

    async def enqueue() -> bool:
        async with db.org(org) as tx:
            return await jobs.enqueue(tx, job, now=NOW)

    new = await asyncio.gather(*(enqueue() for _ in range(10)))

    assert sorted(new) == [False] * 9 + [True]
    assert await Worker(db, [PLAIN], [Effect(WRITE, write)]).drain() == 1
    assert await enqueue(), "the first one is done, so the next one is new"


async def test_a_thousand_are_enqueued_at_once_without_their_twins(db: Db, org: OrgId) -> None:
    many = [WRITE.job(org, Number(n), dedupe_key=str(n % 500)) for n in range(1000)]
    async with db.org(org) as tx:
        assert await jobs.enqueue_many(tx, many, now=NOW) == 500
        assert await jobs.enqueue_many(tx, many, now=NOW) == 0
        assert await jobs.enqueue_many(tx, [], now=NOW) == 0

    assert await states(db) == {"ready": 500}


async def test_who_is_waited_for_goes_first_and_equals_keep_their_order(db: Db, org: OrgId) -> None:
    order: list[int] = []

    async def note(tx: Tx, args: Number, running: Running) -> None:
        order.append(args.number)

    one_at_a_time = Worker(db, [jobs.Queue("plain", slots=1)], [Effect(WRITE, note)])
    async with db.org(org) as tx:
        for number, priority in enumerate(
            [Priority.BULK, Priority.NORMAL, Priority.NORMAL, Priority.PERSON_WAITS]
        ):
            await jobs.enqueue(tx, WRITE.job(org, Number(number), priority=priority), now=NOW)
    await one_at_a_time.drain()

    assert order == [3, 1, 2, 0]


async def test_a_job_continues_the_trace_that_enqueued_it(db: Db, org: OrgId) -> None:
    seen: list[str] = []

    async def note(tx: Tx, args: Number, running: Running) -> None:
        if (trace := telemetry.current()) is not None:
            seen.append(trace.trace_id)

    with telemetry.server_span("POST", request_id="r"):
        wanted = telemetry.current()
        async with db.org(org) as tx:
            await jobs.enqueue(tx, WRITE.job(org, Number(1)), now=NOW)
    await Worker(db, [PLAIN], [Effect(WRITE, note)]).drain()

    assert wanted is not None
    assert seen == [wanted.trace_id]


async def test_a_worker_looks_at_once_when_it_is_woken(db: Db, org: OrgId) -> None:
    """With a clock that stands still nothing becomes due by itself; the job is found because it was enqueued."""
    worker, stop = Worker(db, [PLAIN], [Effect(WRITE, write)]), asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    async with db.org(org) as tx:
        await jobs.enqueue(tx, WRITE.job(org, Number(7)), now=NOW)
    worker.wake()
    async with asyncio.timeout(20):
        while await effects(db) != [7]:
            await asyncio.sleep(0.01)
    stop.set()
    await running

    assert await states(db) == {}


def test_a_queue_with_keys_takes_no_job_without_one(org: OrgId) -> None:
    with pytest.raises(AssertionError):
        CALL.job(org, Number(1))
    with pytest.raises(AssertionError):
        WRITE.job(org, Number(1), key="k")


async def test_a_job_of_the_house_works_across_organizations(db: Db, org: OrgId) -> None:
    async with db.system() as tx:
        await jobs.enqueue(tx, WRITE.job(jobs.HOUSE, Number(1)), now=NOW - timedelta(seconds=1))
    assert await Worker(db, [PLAIN], [Effect(WRITE, write)]).drain() == 1

    assert await effects(db) == [1]
