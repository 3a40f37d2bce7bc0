"""Weeks pass in a moment: delays, retries and timetables against a clock that the test holds."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, time, timedelta

import pytest
from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import jobs
from kontorhaus.platform.db import DatabaseUnavailable, Db, Tx
from kontorhaus.platform.jobs import Clock, Daily, Effect, Every, Kind, Running, Timetable, Worker
from kontorhaus.platform.jobs.model import pause_after, reason_of
from tests.platform.jobs.workshop import PLAIN, WRITE, Number, effects, states, write

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Hands:
    """A clock's hands, moved by the test."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Hands:
    return Hands()


async def test_a_job_of_three_weeks_comes_after_three_weeks(db: Db, org: OrgId, clock: Hands) -> None:
    worker = Worker(db, [PLAIN], [Effect(WRITE, write)], now=clock)
    async with db.org(org) as tx:
        await jobs.enqueue(tx, WRITE.job(org, Number(1), due_at=START + timedelta(weeks=3)), now=START)
    for _ in range(20):
        clock.now += timedelta(days=1)
        assert await worker.drain() == 0
    clock.now += timedelta(days=1)
    assert await worker.drain() == 1

    assert await effects(db) == [1]


class Broken(Exception):
    pass


async def test_a_failing_job_is_tried_ever_later_and_then_parked(db: Db, org: OrgId, clock: Hands) -> None:
    tried: list[datetime] = []
    hopeless = Kind("demo.write", Number, PLAIN, max_attempts=6)

    async def fail(tx: Tx, args: Number, running: Running) -> None:
        tried.append(clock.now)
        raise Broken("a sentence about Erika Mustermann")

    worker = Worker(db, [PLAIN], [Effect(hopeless, fail)], now=clock)
    async with db.org(org) as tx:
        await jobs.enqueue(tx, hopeless.job(org, Number(1)), now=START)
    while "parked" not in await states(db):
        await worker.drain()
        clock.now += timedelta(seconds=1)

    pauses = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(tried)]
    assert len(tried) == 6
    for pause, least in zip(pauses, (5, 10, 20, 40, 80), strict=True):
        assert least <= pause <= 1.25 * least + 1, "never shorter, a quarter longer at most"
    async with db.org(org) as tx:
        parked = await jobs.list_jobs(tx, "parked")
    assert [(job.reason, job.attempt) for job in parked] == [("Broken", 6)]


async def test_a_parked_job_gets_all_its_attempts_again(db: Db, org: OrgId, clock: Hands) -> None:
    broken = True
    once = Kind("demo.write", Number, PLAIN, max_attempts=1)

    async def work(tx: Tx, args: Number, running: Running) -> None:
        if broken:
            raise Broken
        await write(tx, args, running)

    worker = Worker(db, [PLAIN], [Effect(once, work)], now=clock)
    async with db.org(org) as tx:
        await jobs.enqueue(tx, once.job(org, Number(1), dedupe_key="one"), now=START)
    await worker.drain()
    async with db.org(org) as tx:
        (parked,) = await jobs.list_jobs(tx, "parked")
        assert await jobs.enqueue(tx, once.job(org, Number(2), dedupe_key="one"), now=START)
        assert not await jobs.retry(tx, org, parked.id, now=START), "its twin does the same"
        (twin,) = await jobs.list_jobs(tx, "ready")
        assert await jobs.park(tx, org, twin.id)
        assert not await jobs.park(tx, org, twin.id)
        assert await jobs.retry(tx, org, parked.id, now=START)
        assert not await jobs.retry(tx, org, parked.id, now=START)
    broken = False

    assert await worker.drain() == 1
    assert await effects(db) == [1]
    assert await states(db) == {"parked": 1}


async def test_a_timetable_fires_once_however_many_workers_look(db: Db, clock: Hands) -> None:
    nightly = Timetable("nightly", Every(timedelta(hours=6)), WRITE.job(jobs.HOUSE, Number(1)))
    workers = [Worker(db, [PLAIN], [Effect(WRITE, write)], timetables=[nightly], now=clock) for _ in range(5)]
    for _ in range(8):
        await asyncio.gather(*(worker.drain() for worker in workers))
        clock.now += timedelta(hours=3)
    clock.now += timedelta(days=2)
    await asyncio.gather(*(worker.drain() for worker in workers))

    assert len(await effects(db)) == 4 + 1, "at 12, 18, 0 and 6, and one for the days without a worker"


async def test_jobs_of_business_time_wait_for_the_machine_where_no_clock_stands(db: Db, org: OrgId) -> None:
    async with db.org(org) as tx:
        await jobs.enqueue(
            tx, WRITE.job(org, Number(1), due_at=START, clock=Clock.BUSINESS), now=START + timedelta(days=9)
        )
        await jobs.enqueue(tx, WRITE.job(org, Number(2)), now=START)
    assert await states(db) == {"scheduled": 1, "ready": 1}
    async with db.system() as tx:
        assert await jobs.promote(tx, START - timedelta(seconds=1)) == 0
        assert await jobs.promote(tx, START + timedelta(days=9)) == 1

    assert await states(db) == {"ready": 2}


async def test_an_unknown_kind_and_arguments_of_newer_code_are_tried_again(
    db: Db, org: OrgId, clock: Hands
) -> None:
    class Newer(Struct, frozen=True):
        number: str
        reason: str = "new"

    async with db.org(org) as tx:
        await jobs.enqueue(tx, Kind("demo.unheard_of", Number, PLAIN).job(org, Number(1)), now=START)
        await jobs.enqueue(tx, Kind("demo.write", Newer, PLAIN).job(org, Newer("x")), now=START)
    await Worker(db, [PLAIN], [Effect(WRITE, write)], now=clock).drain()

    async with db.system() as tx:
        reasons = {job.kind: job.reason for job in await jobs.list_jobs(tx, "scheduled")}
    assert reasons == {"demo.unheard_of": "KindUnknown", "demo.write": "ValidationError"}


async def test_an_attempt_that_hangs_is_ended(db: Db, org: OrgId) -> None:
    hanging = Kind("demo.write", Number, PLAIN, deadline=timedelta(seconds=0.05))

    async def hang(tx: Tx, args: Number, running: Running) -> None:
        await asyncio.Event().wait()

    async with db.org(org) as tx:
        await jobs.enqueue(tx, hanging.job(org, Number(1)), now=utc_now())
    await Worker(db, [PLAIN], [Effect(hanging, hang)]).drain()

    async with db.system() as tx:
        assert [job.reason for job in await jobs.list_jobs(tx, "scheduled")] == ["TimeoutError"]


def test_pauses_grow_to_six_hours_and_are_never_shortened() -> None:
    assert pause_after(1, 0) == timedelta(seconds=5)
    assert pause_after(20, 0) == pause_after(10_000, 0) == timedelta(hours=6)
    assert all(pause_after(n, 0) <= pause_after(n, 0.99) < 1.25 * pause_after(n, 0) for n in range(1, 50))
    assert sum((pause_after(n, 0) for n in range(1, 20)), timedelta()) > timedelta(hours=47)


def test_a_reason_is_a_type_and_a_code() -> None:
    assert reason_of(DatabaseUnavailable("secret words")) == "DatabaseUnavailable database_unavailable"
    assert reason_of(ValueError("Erika Mustermann")) == "ValueError"


@pytest.mark.parametrize(
    ("now", "fires"),
    [
        ("2026-11-21T01:59:59+00:00", "2026-11-20T02:00:00+00:00"),
        ("2026-11-21T02:00:00+00:00", "2026-11-21T02:00:00+00:00"),
        ("2026-07-01T01:00:00+00:00", "2026-07-01T01:00:00+00:00"),
        # 29 March: the clock goes from 2 to 3; 25 October: it is 3 twice, but only once after 2 at 3 winter time.
        ("2026-03-29T01:00:00+00:00", "2026-03-29T01:00:00+00:00"),
        ("2026-10-25T02:30:00+00:00", "2026-10-25T02:00:00+00:00"),
    ],
)
def test_a_daily_timetable_follows_the_wall(now: str, fires: str) -> None:
    daily = Daily(time(3, 0), "Europe/Berlin")

    assert daily.latest(datetime.fromisoformat(now)) == datetime.fromisoformat(fires)
