"""Claims that begin where the last one found something, while old row versions lie in their way."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import jobs
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.jobs import Priority, Worker, actions, dispatch, queries, store
from kontorhaus.platform.jobs.dispatch import Table
from tests.platform.jobs.workshop import PLAIN, WRITE, Number


@pytest.fixture
def slow_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every claim counts as a slow one."""
    monkeypatch.setattr(dispatch, "USUAL_SECONDS", -1.0)
    monkeypatch.setattr(dispatch, "USUAL_SECONDS_PER_JOB", 0.0)


async def enqueue(
    db: Db, org: OrgId, number: int, *, ago: float, priority: Priority = Priority.NORMAL
) -> None:
    due = utc_now() - timedelta(seconds=ago)
    async with db.org(org) as tx:
        await jobs.enqueue(tx, WRITE.job(org, Number(number), due_at=due, priority=priority), now=utc_now())


async def taken(db: Db, table: Table, *, thorough: bool = False) -> list[int]:
    found = await table.take(
        PLAIN, Worker(db, [], []).id, 10, utc_now() + timedelta(minutes=1), thorough=thorough
    )
    return sorted(WRITE.args_of(running).number for running in found)


@pytest.mark.usefixtures("slow_claims")
async def test_a_job_before_the_mark_waits_for_a_claim_from_the_front(db: Db, org: OrgId) -> None:
    table = Table(db)
    await enqueue(db, org, 1, ago=10)
    assert await taken(db, table) == [1]

    await enqueue(db, org, 2, ago=60)  # as one whose lease ran out
    await enqueue(db, org, 3, ago=10.5)  # within the margin
    await enqueue(db, org, 4, ago=60, priority=Priority.PERSON_WAITS)  # nothing was claimed of this priority
    assert await taken(db, table) == [3, 4]
    assert await taken(db, table) == []
    assert await taken(db, table, thorough=True) == [2]


@pytest.mark.usefixtures("slow_claims")
async def test_it_waits_no_longer_than_the_next_claim_from_the_front(
    db: Db, org: OrgId, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr(dispatch, "monotonic", lambda: now)
    table = Table(db)
    await enqueue(db, org, 1, ago=10)
    assert await taken(db, table) == [1]
    await enqueue(db, org, 2, ago=60)
    assert await taken(db, table) == []

    now += dispatch.FULL_SECONDS

    assert await taken(db, table) == [2]


async def test_where_claims_are_quick_nothing_waits(
    db: Db, org: OrgId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "USUAL_SECONDS", 60.0)
    table = Table(db)
    await enqueue(db, org, 1, ago=10)
    assert await taken(db, table) == [1]
    await enqueue(db, org, 2, ago=60)
    assert await taken(db, table) == [2]


async def test_who_waits_goes_first_and_then_who_is_due_first(db: Db, org: OrgId) -> None:
    for number, ago, priority in (
        (1, 1, Priority.BULK),
        (2, 5, Priority.NORMAL),
        (3, 9, Priority.NORMAL),
        (4, 1, Priority.PERSON_WAITS),
    ):
        await enqueue(db, org, number, ago=ago, priority=priority)
    table, order = Table(db), []
    for _ in range(4):
        (running,) = await table.take(PLAIN, Worker(db, [], []).id, 1, utc_now() + timedelta(minutes=1))
        order.append(WRITE.args_of(running).number)

    assert order == [4, 3, 2, 1]


async def test_who_holds_a_snapshot_is_seen_without_special_rights(
    db: Db, org: OrgId, fresh_database_url: str
) -> None:
    async def age(tx: Tx) -> int:
        return await queries.snapshot_age(tx)

    holder = await asyncpg.connect(fresh_database_url)
    await holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
    for number in range(5):
        await enqueue(db, org, number, ago=0)
    assert await db.system(read_only=True).run(age) >= 5
    await holder.close()

    async with db.system(read_only=True) as tx:
        assert {row.table for row in await queries.dead_rows(tx)} == {"job", "sequencer", "subscriber"}


async def test_a_job_whose_lease_is_being_extended_is_completed_all_the_same(db: Db, org: OrgId) -> None:
    await enqueue(db, org, 1, ago=1)
    worker, until = Worker(db, [], []), utc_now() + timedelta(minutes=1)
    (running,) = await Table(db).take(PLAIN, worker.id, 1, until)
    columns = [running.org_id], [running.id], [running.attempt]

    async def complete(tx: Tx) -> None:
        await actions.complete_many(tx, worker.id, [running])

    async with db.system() as tx:
        await store.EXTEND.run(tx, worker.id, *columns, until + timedelta(minutes=1))
        completing = asyncio.create_task(db.system().run(complete))
        await asyncio.sleep(0.2)
        assert not completing.done()  # it waits for the extension
    await asyncio.wait_for(completing, 5)

    async with db.system() as tx:
        assert await jobs.list_jobs(tx, "running") == []


async def test_who_lost_the_lease_completes_none_of_many(db: Db, org: OrgId) -> None:
    await enqueue(db, org, 1, ago=1)
    await enqueue(db, org, 2, ago=1)
    worker, now = Worker(db, [], []), utc_now()
    slow = await Table(db).take(PLAIN, worker.id, 10, now)
    async with db.system() as tx:
        await jobs.sweep(tx, now + timedelta(seconds=1))
    again = await Table(db).take(PLAIN, worker.id, 1, now)  # by the same worker: the attempt tells them apart

    async with db.system() as tx:
        await actions.complete_many(tx, worker.id, slow)
    async with db.system() as tx:
        assert [job.id for job in await jobs.list_jobs(tx, "running")] == [again[0].id]
        assert len(await jobs.list_jobs(tx, "ready")) == 1
