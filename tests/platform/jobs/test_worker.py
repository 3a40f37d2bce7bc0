"""How a worker stops, who may complete a job, and the limits of keys."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import jobs
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.jobs import Effect, LeaseLost, Phases, Queue, Running, Worker, complete
from kontorhaus.platform.jobs.dispatch import Table
from tests.platform.jobs.workshop import CALL, KEYED, PLAIN, SEND, WRITE, Number, effects, states, write


async def enqueue(db: Db, org: OrgId, *numbers: int) -> None:
    async with db.org(org) as tx:
        await jobs.enqueue_many(tx, [WRITE.job(org, Number(n)) for n in numbers], now=utc_now())


async def test_who_lost_the_lease_completes_nothing_and_its_effect_is_undone(db: Db, org: OrgId) -> None:
    await enqueue(db, org, 1)
    table, now = Table(db), utc_now()
    (slow,) = await table.take(PLAIN, Worker(db, [], []).id, 1, now)
    async with db.system() as tx:
        assert await jobs.sweep(tx, now + timedelta(seconds=1)) == 1
    (quick,) = await table.take(PLAIN, Worker(db, [], []).id, 1, now)
    assert (slow.attempt, quick.attempt) == (1, 2)

    handler = Effect(WRITE, write)
    with pytest.raises(LeaseLost):
        await handler.carry_out(db, slow)
    assert await effects(db) == []
    assert await handler.carry_out(db, quick)
    with pytest.raises(LeaseLost):
        await handler.carry_out(db, quick)
    assert await effects(db) == [1]


async def test_a_job_that_kills_its_worker_does_not_do_so_for_ever(db: Db, org: OrgId) -> None:
    deadly = jobs.Kind("demo.write", Number, PLAIN, max_attempts=3)
    async with db.org(org) as tx:
        await jobs.enqueue(tx, deadly.job(org, Number(1)), now=utc_now())
    now, swept = utc_now(), 0
    while await Table(db).take(PLAIN, Worker(db, [], []).id, 1, now):
        async with db.system() as tx:
            swept += await jobs.sweep(tx, now + timedelta(seconds=1))

    async with db.system() as tx:
        assert [job.reason for job in await jobs.list_jobs(tx, "parked")] == ["LeaseExpired"]
    assert swept == 3


async def test_a_worker_that_stops_ends_what_it_has_and_gives_back_the_rest(db: Db, org: OrgId) -> None:
    may_end, begun = asyncio.Event(), asyncio.Semaphore(0)

    async def work(tx: Tx, args: Number, running: Running) -> None:
        begun.release()
        await (may_end if args.number == 1 else asyncio.Event()).wait()
        await write(tx, args, running)

    await enqueue(db, org, 1, 2)
    stop = asyncio.Event()
    worker = Worker(db, [PLAIN], [Effect(WRITE, work)])
    task = asyncio.create_task(worker.run(stop, patience=timedelta(seconds=0.5)))
    await begun.acquire()
    await begun.acquire()
    stop.set()
    await enqueue(db, org, 3)
    may_end.set()
    await task

    assert await effects(db) == [1]
    async with db.system() as tx:
        assert [job.attempt for job in await jobs.list_jobs(tx, "ready")] == [0, 0], (
            "giving back is no attempt"
        )
    assert await Worker(db, [PLAIN], [Effect(WRITE, write)]).drain() == 2


async def test_a_lease_is_kept_while_the_work_goes_on(db: Db, org: OrgId) -> None:
    """The second worker would take the job over, if the first one's lease ran out under it."""
    attempts: list[int] = []
    lease = timedelta(seconds=0.6)

    async def outlive(db: Db, args: Number, running: Running) -> None:
        attempts.append(running.attempt)
        await asyncio.sleep(2.5 * lease.total_seconds())

    async with db.org(org) as tx:
        await jobs.enqueue(tx, SEND.job(org, Number(1)), now=utc_now())
    stop = asyncio.Event()
    both = [Worker(db, [PLAIN], [Phases(SEND, outlive)], lease=lease) for _ in range(2)]
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for worker in both:
            group.create_task(worker.run(stop))
        while await states(db):
            await asyncio.sleep(0.02)
        stop.set()

    assert attempts == [1]


async def test_a_job_with_phases_is_completed_by_its_last_one_or_by_its_return(db: Db, org: OrgId) -> None:
    async def send(db: Db, args: Number, running: Running) -> None:
        if args.number == 1:
            async with db.org(OrgId(running.org_id)) as tx:
                await write(tx, args, running)
                await complete(tx, running)

    async with db.org(org) as tx:
        await jobs.enqueue_many(tx, [SEND.job(org, Number(n)) for n in (1, 2)], now=utc_now())
    assert await Worker(db, [PLAIN], [Phases(SEND, send)]).drain() == 2

    assert await effects(db) == [1]
    assert await states(db) == {}


async def test_a_key_never_has_more_than_its_limit_and_hot_ones_hold_up_nobody(
    jobs_url: str, db: Db, org: OrgId
) -> None:
    """Four workers with connections of their own, one key with most of the jobs, twenty with a few."""
    now_running: Counter[str] = Counter()
    most: dict[str, int] = defaultdict(int)
    ended: list[str] = []

    async def call(db: Db, args: Number, running: Running) -> None:
        key = "hot" if args.number < 200 else f"k{args.number % 20}"
        now_running[key] += 1
        most[key] = max(most[key], now_running[key])
        await asyncio.sleep(0.005)
        now_running[key] -= 1
        ended.append(key)

    def key_of(n: int) -> str:
        return "hot" if n < 200 else f"k{n % 20}"

    async with db.org(org) as tx:
        every = [CALL.job(org, Number(n), key=key_of(n)) for n in range(400)]
        await jobs.enqueue_many(tx, every, now=utc_now())
    stop, queue = asyncio.Event(), Queue("keyed", slots=10, per_key=KEYED.per_key)
    pools = [await Db.connect(jobs_url, connections=3) for _ in range(4)]
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for pool in pools:
            group.create_task(Worker(pool, [queue], [Phases(CALL, call)]).run(stop))
        while await states(db):
            await asyncio.sleep(0.02)
        stop.set()
    for pool in pools:
        await pool.close()

    assert len(ended) == 400
    assert max(most.values()) == most["hot"] == KEYED.per_key
    last_of_others = max(place for place, key in enumerate(ended) if key != "hot")
    assert ended[last_of_others:].count("hot") > 20, (
        "the others had not to wait until the hot key was through"
    )


async def test_every_key_has_its_turn_behind_keys_that_are_full(db: Db, org: OrgId) -> None:
    one = Queue("keyed", slots=2, per_key=1)
    async with db.org(org) as tx:
        every = [CALL.job(org, Number(n), key=f"k{n // 2}") for n in range(10)]
        await jobs.enqueue_many(tx, every, now=utc_now())
    table, worker, now = Table(db), Worker(db, [], []).id, utc_now()
    taken = [len(await table.take(one, worker, 2, now)) for _ in range(4)]

    assert taken == [2, 2, 1, 0], "one of each of five keys"


async def test_depths_are_counted_by_queue_and_state(db: Db, org: OrgId) -> None:
    now = utc_now()
    await enqueue(db, org, 1, 2, 3)
    async with db.org(org) as tx:
        await jobs.enqueue(tx, CALL.job(org, Number(1), key="k"), now=now)
        await jobs.enqueue(tx, WRITE.job(org, Number(1), due_at=now + timedelta(days=20)), now=now)
    await Table(db).take(PLAIN, Worker(db, [], []).id, 1, now)

    async with db.system() as tx:
        found = {(depth.queue, depth.state): depth.jobs for depth in await jobs.depths(tx)}
    assert found == {("plain", "ready"): 2, ("plain", "running"): 1, ("keyed", "ready"): 1}
