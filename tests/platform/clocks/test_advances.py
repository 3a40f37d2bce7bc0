"""An advance among others: failing jobs, other workers, kinds that it does not know, readers that stumble."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.kernel.time import utc_now
from kontorhaus.people import access
from kontorhaus.platform import clocks, eventlog, jobs
from kontorhaus.platform.clocks import stretch
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.eventlog import Bell, SnapshotSequencer, Unread
from kontorhaus.platform.jobs import Clock, Effect, Kind, Queue, Running, Worker, alone
from kontorhaus.platform.secrets import Keyring
from tests.platform.clocks import calendar
from tests.platform.clocks.calendar import DAY, MAKER, READER, START, Entry
from tests.platform.clocks.conftest import FrozenOrganization, at_work

PATIENCE_SECONDS = 30

DAYS = [START + timedelta(days=day) for day in range(10)]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A failed job is tried again after 0.8 s of machine time, long enough to be told."""
    monkeypatch.setattr(alone, "pause_after", lambda attempt, chance: timedelta(seconds=0.8))
    calendar.blots.clear()
    yield
    calendar.blots.clear()


async def clock_of(db: Db, org_id: OrgId) -> clocks.TestClock:
    async with db.org(org_id) as tx:
        return await clocks.test_clock(tx, org_id)


async def until(condition: Callable[[clocks.TestClock], bool], db: Db, org_id: OrgId) -> clocks.TestClock:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition(clock := await clock_of(db, org_id)):
            await asyncio.sleep(0.01)
    return clock


async def arrived(db: Db, org_id: OrgId) -> clocks.TestClock:
    return await until(lambda clock: not clock.advancing, db, org_id)


async def enter(db: Db, org_id: OrgId, *entries: Entry) -> None:
    async with db.org(org_id) as tx:
        await calendar.enter(tx, org_id, entries, START)


async def test_a_job_that_fails_is_waited_for_and_told(
    db: Db, keyring: Keyring, frozen: FrozenOrganization
) -> None:
    org_id = await frozen()
    calendar.blots["first"] = 2
    await enter(db, org_id, Entry("first", after=DAY), Entry("second", after=2 * DAY))
    async with at_work(calendar.worker(db, keyring)):
        await calendar.begin(db, org_id, DAYS[3])
        waiting = await until(lambda clock: clock.waits_for is not None, db, org_id)
        done = await arrived(db, org_id)

    assert (waiting.waits_for, waiting.waits_state) == ("calendar.make", "failed")
    assert waiting.waits_reason == "Blotted"
    assert waiting.now_at == DAYS[1], "the clock does not go on without it"
    assert waiting.waits_until is not None
    assert (done.waits_for, done.jobs_done) == (None, 2)
    assert await calendar.diary(db, org_id) == [("first", DAYS[1]), ("second", DAYS[2])]


async def test_a_long_wait_is_left_to_a_job_of_its_own(
    db: Db, keyring: Keyring, frozen: FrozenOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker's place is not held for hours by one organization's failing job."""
    monkeypatch.setattr(stretch, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(stretch, "AGAIN", timedelta(seconds=0.1))
    org_id = await frozen()
    calendar.blots["first"] = 1
    await enter(db, org_id, Entry("first", after=DAY), Entry("second", after=2 * DAY))
    worker = calendar.worker(db, keyring)
    await calendar.begin(db, org_id, DAYS[3])
    await worker.drain()
    async with db.org(org_id) as tx:
        left = await jobs.list_jobs(tx, "scheduled")
    assert Counter(job.kind for job in left) == {"calendar.make": 2, "clocks.advance": 1}
    assert (await clock_of(db, org_id)).advancing
    async with at_work(worker):
        await arrived(db, org_id)

    assert await calendar.diary(db, org_id) == [("first", DAYS[1]), ("second", DAYS[2])]


async def test_a_job_that_is_parked_holds_nothing_up(
    db: Db, keyring: Keyring, frozen: FrozenOrganization
) -> None:
    org_id = await frozen()
    once = Kind("calendar.make", Entry, calendar.PAGES, max_attempts=1)
    calendar.blots["first"] = 1
    async with db.org(org_id) as tx:
        for name, day in (("first", 1), ("second", 2)):
            job = once.job(org_id, Entry(name), due_at=DAYS[day], clock=Clock.BUSINESS)
            await jobs.enqueue(tx, job, now=utc_now())
    await calendar.begin(db, org_id, DAYS[3])
    await calendar.worker(db, keyring).drain()
    assert await calendar.diary(db, org_id) == [("second", DAYS[2])]

    async with db.org(org_id) as tx:
        (parked,) = await jobs.list_jobs(tx, "parked")
        assert await jobs.retry(tx, org_id, parked.id, now=utc_now())
    await calendar.begin(db, org_id, DAYS[3])
    await calendar.worker(db, keyring).drain()
    assert await calendar.diary(db, org_id) == [("second", DAYS[2]), ("first", DAYS[3])]


async def test_a_reader_that_fails_is_waited_for_too(
    db: Db, keyring: Keyring, frozen: FrozenOrganization
) -> None:
    org_id = await frozen()
    calendar.blots["read"] = 1
    await enter(db, org_id, Entry("first", after=DAY, told=(Entry("told"),)), Entry("second", after=2 * DAY))
    async with at_work(calendar.worker(db, keyring)):
        await calendar.begin(db, org_id, DAYS[3])
        waiting = await until(lambda clock: clock.waits_for is not None, db, org_id)
        await arrived(db, org_id)

    assert (waiting.waits_for, waiting.waits_state) == ("calendar", "failed")
    lived = [("first", DAYS[1]), ("read", DAYS[1]), ("told", DAYS[1]), ("second", DAYS[2])]
    assert await calendar.diary(db, org_id) == lived


async def test_keys_and_kinds_of_others_are_left_to_them(
    db: Db, keyring: Keyring, frozen: FrozenOrganization
) -> None:
    """One job at an instant is of a kind that only another worker knows, one of a queue whose limit is by key."""
    org_id = await frozen()
    keyed = Kind("calendar.keyed", Entry, Queue("keyed", per_key=1))
    foreign = Kind("calendar.foreign", Entry, Queue("foreign"))
    await enter(db, org_id, Entry("before", after=DAY), Entry("after", after=3 * DAY))
    async with db.org(org_id) as tx:
        for kind, day, key in ((keyed, 2, "k"), (foreign, 1, None)):
            job = kind.job(org_id, Entry(kind.name), due_at=DAYS[day], clock=Clock.BUSINESS, key=key)
            await jobs.enqueue(tx, job, now=utc_now())
    clockwork = Worker(
        db, [clocks.QUEUE], [clocks.advancing(keyring, [MAKER, Effect(keyed, calendar.make)], [READER])]
    )
    other = Worker(
        db, [keyed.queue, foreign.queue], [Effect(foreign, calendar.make), Effect(keyed, calendar.make)]
    )
    async with at_work(clockwork, other):
        await calendar.begin(db, org_id, DAYS[5])
        await arrived(db, org_id)

    names = ["before", "calendar.foreign", "calendar.keyed", "after"]
    assert await calendar.diary(db, org_id) == list(zip(names, [DAYS[d] for d in (1, 1, 2, 3)], strict=True))


async def test_beside_everybody_else_at_work(db: Db, keyring: Keyring, frozen: FrozenOrganization) -> None:
    """Ordinary workers take what they can, others publish and read: nothing is lost, doubled, or early."""
    entries = (
        Entry("daily", after=DAY, every=DAY, told=(Entry("told"), Entry("by machine", machine=True))),
        Entry(
            "other",
            after=DAY // 2,
            every=3 * DAY,
            brings=(Entry("next", after=DAY), Entry("m", machine=True)),
        ),
    )
    alone_org, crowded = await frozen(), await frozen()
    for org_id in (alone_org, crowded):
        await enter(db, org_id, *entries)
    await calendar.begin(db, alone_org, START + timedelta(days=60))
    await calendar.worker(db, keyring).drain()

    handlers = [MAKER, clocks.advancing(keyring, [MAKER], [READER])]
    crowd = [Worker(db, [calendar.PAGES, clocks.QUEUE], handlers) for _ in range(3)]
    stop, bell = asyncio.Event(), Bell()
    readers = [
        asyncio.create_task(eventlog.sequence(SnapshotSequencer(db), stop=stop, published=bell)),
        *(asyncio.create_task(eventlog.follow(db, READER, stop=stop, published=bell)) for _ in range(2)),
    ]
    async with at_work(*crowd):
        await calendar.begin(db, crowded, START + timedelta(days=60))
        await arrived(db, crowded)
    stop.set()
    await asyncio.gather(*readers)

    lived = await calendar.diary(db, crowded)
    assert Counter(lived) == Counter(await calendar.diary(db, alone_org))
    assert [at for _, at in lived] == sorted(at for _, at in lived)


async def test_a_clock_that_stands_still_holds_its_jobs_and_no_others(
    db: Db, keyring: Keyring, frozen: FrozenOrganization
) -> None:
    """By the machine all of these are long due."""
    stopped = await frozen()
    running = (await access.found(db, "Fremde Handelsgesellschaft"))[1].org_id
    worker = Worker(db, [calendar.PAGES], [MAKER])
    for org_id in (stopped, running):
        await enter(db, org_id, Entry("at the instant"), Entry("tomorrow", after=DAY))
    await worker.drain()
    assert await calendar.diary(db, stopped) == [("at the instant", START)]
    assert {name for name, _ in await calendar.diary(db, running)} == {"at the instant", "tomorrow"}

    async with db.org(stopped) as tx:
        await clocks.thaw(tx, keyring, stopped)
    await worker.drain()
    (_, (name, at)) = await calendar.diary(db, stopped)
    assert name == "tomorrow"
    assert abs(at - utc_now()) < timedelta(minutes=1), "business time is the machine's again"


async def test_two_advances_at_once(db: Db, keyring: Keyring, frozen: FrozenOrganization) -> None:
    org_id = await frozen()
    results = await asyncio.gather(
        *(calendar.begin(db, org_id, DAYS[day]) for day in (1, 2, 3, 4)), return_exceptions=True
    )
    assert Counter(type(result) for result in results) == {UUID: 1, clocks.TestClockAdvancing: 3}
    await calendar.worker(db, keyring).drain()
    (day,) = [day for day, result in zip((1, 2, 3, 4), results, strict=True) if isinstance(result, UUID)]
    assert (await clock_of(db, org_id)).now_at == DAYS[day]


async def test_time_does_not_run_back(db: Db, keyring: Keyring, frozen: FrozenOrganization) -> None:
    org_id = await frozen()
    await calendar.begin(db, org_id, DAYS[2])
    await calendar.worker(db, keyring).drain()
    with pytest.raises(clocks.TimeRunsForward) as refused:
        await calendar.begin(db, org_id, DAYS[1])
    assert refused.value.facts == {"now": "2026-01-03T00:00:00Z"}
    async with db.org(org_id) as tx:
        with pytest.raises(clocks.TestClockExists):
            await clocks.freeze(tx, org_id, mode="test", at=START)


async def test_a_clock_begins_in_test_mode_and_not_in_the_future(db: Db) -> None:
    live, test = (found.org_id for found in await access.found(db, "Hanse Automobile"))
    async with db.org(test) as tx:
        with pytest.raises(clocks.TestClockAhead):
            await clocks.freeze(tx, test, mode="test", at=utc_now() + timedelta(seconds=5))
        with pytest.raises(clocks.TestClockInLiveMode):
            await clocks.freeze(tx, live, mode="live")
        with pytest.raises(clocks.TestClockNotFound):
            await clocks.begin(tx, test, uuid7(), to=DAYS[1])
    with pytest.raises(Exception, match="foreign key"):
        async with db.org(live) as tx:
            await clocks.freeze(tx, live, mode="test")


async def test_the_log_tells_what_became_of_time(
    db: Db, keyring: Keyring, frozen: FrozenOrganization
) -> None:
    org_id = await frozen()
    await calendar.begin(db, org_id, DAYS[2])
    await calendar.worker(db, keyring).drain()
    async with db.org(org_id) as tx:
        await clocks.thaw(tx, keyring, org_id)
    await SnapshotSequencer(db).tick()
    async with db.org(org_id) as tx:
        events = await eventlog.read(tx, eventlog.START)
    told = [
        (event.kind, msgspec.json.decode(event.body)["now"])
        for event in events
        if event.subject_kind == "tclk"
    ]
    assert told == [
        ("test_clock.frozen", "2026-01-01T00:00:00Z"),
        ("test_clock.advanced", "2026-01-03T00:00:00Z"),
        ("test_clock.removed", "2026-01-03T00:00:00Z"),
    ]


async def test_what_a_reader_elsewhere_enqueues_while_the_clock_is_looked_at_is_not_passed_over(
    db: Db, keyring: Keyring, frozen: FrozenOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process reads the fact between two looks of one step: neither job nor fact is where it is looked for."""
    org_id = await frozen()
    told = (Entry("by machine", machine=True),)
    await enter(db, org_id, Entry("first", after=DAY, told=told), Entry("second", after=2 * DAY))
    unread = eventlog.unread

    async def read_meanwhile(tx: Tx, org_id: OrgId, names: Sequence[str]) -> Unread | None:
        await SnapshotSequencer(db).tick()
        await eventlog.advance(db, READER, now=utc_now())
        return await unread(tx, org_id, names)

    monkeypatch.setattr(eventlog, "unread", read_meanwhile)
    await calendar.begin(db, org_id, DAYS[3])
    await calendar.worker(db, keyring).drain()

    lived = [("first", DAYS[1]), ("read", DAYS[1]), ("by machine", DAYS[1]), ("second", DAYS[2])]
    assert await calendar.diary(db, org_id) == lived


async def test_a_job_that_is_cut_off_by_a_stop_keeps_its_attempt(
    db: Db, keyring: Keyring, frozen: FrozenOrganization
) -> None:
    """A deploy in the middle of an advance parks nothing, not even what has one attempt alone."""
    org_id = await frozen()
    once = Kind("calendar.slow", Entry, calendar.PAGES, max_attempts=1)
    begun, stop, tries = asyncio.Event(), asyncio.Event(), 0

    async def slow(tx: Tx, entry: Entry, running: Running) -> None:
        nonlocal tries
        tries += 1
        begun.set()
        if tries == 1:
            await asyncio.sleep(PATIENCE_SECONDS)
        await calendar.make(tx, entry, running)

    async with db.org(org_id) as tx:
        job = once.job(org_id, Entry("slow"), due_at=DAYS[1], clock=Clock.BUSINESS)
        await jobs.enqueue(tx, job, now=utc_now())
    hands = clocks.advancing(keyring, [Effect(once, slow)], [READER])
    stopped = Worker(db, [clocks.QUEUE], [hands])
    working = asyncio.create_task(stopped.run(stop, patience=timedelta(seconds=0.1)))
    await calendar.begin(db, org_id, DAYS[2])
    await begun.wait()
    stop.set()
    await working
    await Worker(db, [clocks.QUEUE], [hands]).drain()

    assert await calendar.diary(db, org_id) == [("slow", DAYS[1])]
    assert tries == 2
    assert not (await clock_of(db, org_id)).advancing


async def test_jobs_are_counted_when_the_rest_is_handed_over(
    db: Db, keyring: Keyring, frozen: FrozenOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretch, "STRETCH_SECONDS", 0)
    org_id = await frozen()
    await enter(db, org_id, *(Entry(f"job {n}", after=DAY) for n in range(5)))
    await calendar.begin(db, org_id, DAYS[2])
    worker = calendar.worker(db, keyring)
    while (await clock_of(db, org_id)).advancing:
        await worker.drain()

    assert (await clock_of(db, org_id)).jobs_done == 5


async def test_what_was_waited_for_is_told_no_longer_than_it_lasts(
    db: Db, keyring: Keyring, frozen: FrozenOrganization
) -> None:
    """Of two jobs at one instant the second is at work long after the first has succeeded after all."""
    org_id = await frozen()
    going_on = asyncio.Event()

    async def slow(tx: Tx, entry: Entry, running: Running) -> None:
        await going_on.wait()
        await calendar.make(tx, entry, running)

    slowly = Kind("calendar.slow", Entry, calendar.PAGES)
    calendar.blots["first"] = 1
    async with db.org(org_id) as tx:
        await calendar.enter(tx, org_id, (Entry("first", after=DAY),), START)
        job = slowly.job(org_id, Entry("slow"), due_at=DAYS[1], clock=Clock.BUSINESS)
        await jobs.enqueue(tx, job, now=utc_now())
    hands = clocks.advancing(keyring, [MAKER, Effect(slowly, slow)], [READER])
    async with at_work(Worker(db, [clocks.QUEUE], [hands])):
        await calendar.begin(db, org_id, DAYS[2])
        await until(lambda clock: clock.waits_for is not None, db, org_id)
        told = await until(lambda clock: clock.waits_for is None, db, org_id)
        going_on.set()
        await arrived(db, org_id)

    assert told.advancing
    assert [name for name, _ in await calendar.diary(db, org_id)] == ["first", "slow"]


async def test_stopped_again_and_again_it_goes_on_where_it_stood(
    db: Db, keyring: Keyring, frozen: FrozenOrganization
) -> None:
    """Cut off anywhere: no effect is missing or there twice, and no attempt is lost by it."""
    org_id = await frozen()
    once = Kind("calendar.make", Entry, calendar.PAGES, max_attempts=1)
    async with db.org(org_id) as tx:
        for day in range(1, 41):
            entry = Entry(f"day {day}", told=(Entry("told"),))
            job = once.job(org_id, entry, due_at=START + timedelta(days=day), clock=Clock.BUSINESS)
            await jobs.enqueue(tx, job, now=utc_now())
    await calendar.begin(db, org_id, START + timedelta(days=41))
    chance, stops = random.Random(40), 0
    async with asyncio.timeout(3 * PATIENCE_SECONDS):
        while (await clock_of(db, org_id)).advancing:
            stop = asyncio.Event()
            working = asyncio.create_task(calendar.worker(db, keyring).run(stop, patience=timedelta()))
            await asyncio.sleep(chance.uniform(0.02, 0.06))
            stop.set()
            await working
            stops += 1

    lived = await calendar.diary(db, org_id)
    assert [name for name, _ in lived] == [n for day in range(1, 41) for n in (f"day {day}", "read", "told")]
    assert [at for _, at in lived] == [START + timedelta(days=1 + n // 3) for n in range(120)]
    assert stops > 5
