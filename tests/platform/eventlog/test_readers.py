"""Subscribers: effects once and in order, failing objects set aside while others go on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from msgspec import structs

from kontorhaus.kernel.errors import Refused
from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform import eventlog
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.eventlog import (
    Bell,
    Event,
    ReplayAhead,
    SnapshotSequencer,
    Step,
    Subscriber,
    SubscriberUnknown,
)
from kontorhaus.platform.eventlog.model import PAUSES
from tests.platform.eventlog import boats
from tests.platform.eventlog.boats import LOG_BOOK, BoatId, BoatMoved, BoatPainted

NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Reef(Refused):
    """There is a reef in the way."""

    code = "reef"
    title = "A reef"


class Captain:
    """Keeps the log book, and fails at boats that are on a reef."""

    def __init__(self) -> None:
        self.on_reef: set[BoatId] = set()
        self.runs = 0

    async def note(self, tx: Tx, event: Event) -> None:
        self.runs += 1
        await boats.note(tx, event)
        if event.subject_id in self.on_reef:
            raise Reef("there is a reef off the coast of Mrs Miller")

    @property
    def subscriber(self) -> Subscriber:
        return structs.replace(LOG_BOOK, apply=self.note)


@pytest.fixture
def captain() -> Captain:
    return Captain()


async def moved(log: Db, org_id: OrgId, *fleet: BoatId) -> None:
    """One move after the other, published."""
    for boat_id in fleet:
        async with log.org(org_id) as tx:
            await boats.move(tx, org_id, boat_id)
    await SnapshotSequencer(log).tick()


async def noted(log: Db, *fleet: BoatId) -> list[tuple[int, int]]:
    """The last move in each boat's log book, and how many were written there."""
    async with log.system() as tx:
        rows = await tx.connection.fetch("SELECT id, moves, effects FROM log_book")
    books = {row["id"]: (row["moves"], row["effects"]) for row in rows}
    return [books[boat_id] for boat_id in fleet]


async def test_facts_are_carried_out_once_with_the_cursor(log: Db, org_id: OrgId, captain: Captain) -> None:
    boat_id = await boats.launch(log, org_id)
    await eventlog.subscribe(log, "log_book")
    await moved(log, org_id, *[boat_id] * 3)

    assert await eventlog.advance(log, captain.subscriber, now=NOW) == Step(done=3, passed=3)
    assert await eventlog.advance(log, captain.subscriber, now=NOW) == Step()
    assert await noted(log, boat_id) == [(3, 3)]
    (status,) = await eventlog.subscribers(log)
    assert (status.name, status.position, status.behind, status.aside) == ("log_book", 3, 0, 0)


async def test_kinds_of_no_interest_are_passed_over(log: Db, org_id: OrgId, captain: Captain) -> None:
    boat_id = await boats.launch(log, org_id)
    await eventlog.subscribe(log, "log_book")
    async with log.org(org_id) as tx:
        for _ in range(20):
            await eventlog.append(tx, BoatPainted(subject=boat_id), org_id=org_id)
    await moved(log, org_id, boat_id)

    assert await eventlog.advance(log, captain.subscriber, now=NOW) == Step(done=1, passed=21)


async def test_a_failing_object_is_set_aside_and_the_others_go_on(
    log: Db, org_id: OrgId, captain: Captain
) -> None:
    stuck, free = await boats.launch(log, org_id), await boats.launch(log, org_id)
    captain.on_reef = {stuck}
    await eventlog.subscribe(log, "log_book")
    await moved(log, org_id, stuck, free, stuck, free, stuck)

    step = await eventlog.advance(log, captain.subscriber, now=NOW)

    assert step == Step(done=2, aside=3, passed=5)
    assert captain.runs == 1 + 3, (
        "once together, then one by one; what waits behind a failed fact is not tried"
    )
    assert await noted(log, stuck, free) == [(0, 0), (2, 2)]


async def test_later_facts_wait_behind_in_order_and_come_when_the_reason_is_gone(
    log: Db, org_id: OrgId, captain: Captain
) -> None:
    stuck, free = await boats.launch(log, org_id), await boats.launch(log, org_id)
    captain.on_reef = {stuck}
    await eventlog.subscribe(log, "log_book")
    await moved(log, org_id, stuck, stuck)
    await eventlog.advance(log, captain.subscriber, now=NOW)
    captain.on_reef = set()
    await moved(log, org_id, stuck, free)
    assert await eventlog.advance(log, captain.subscriber, now=NOW) == Step(done=1, aside=1, passed=2)

    later = NOW + PAUSES[0]
    assert await eventlog.retry(log, captain.subscriber, now=later - timedelta(microseconds=1)) == Step()
    assert (await eventlog.advance(log, captain.subscriber, now=later)).due
    for _ in range(3):
        assert await eventlog.retry(log, captain.subscriber, now=later) == Step(done=1)

    assert await eventlog.retry(log, captain.subscriber, now=later) == Step()
    assert await noted(log, stuck, free) == [(3, 3), (1, 1)]
    await moved(log, org_id, stuck)
    assert await eventlog.advance(log, captain.subscriber, now=later) == Step(done=1, passed=1)


async def test_after_enough_failures_it_is_parked_with_a_reason_that_tells_nothing_of_people(
    log: Db, org_id: OrgId, captain: Captain
) -> None:
    stuck = await boats.launch(log, org_id)
    captain.on_reef = {stuck}
    await eventlog.subscribe(log, "log_book")
    await moved(log, org_id, stuck, stuck)
    await eventlog.advance(log, captain.subscriber, now=NOW)
    now = NOW
    for pause in PAUSES:
        now += pause
        assert await eventlog.retry(log, captain.subscriber, now=now) == Step(aside=1)

    assert await eventlog.retry(log, captain.subscriber, now=now + timedelta(days=365)) == Step()
    (parked,) = await eventlog.parked(log, "log_book")
    assert (parked.subject_id, parked.position, parked.waiting) == (stuck, 1, 1)
    assert (parked.failures, parked.reason) == (len(PAUSES) + 1, "Reef: reef")

    captain.on_reef = set()
    assert await eventlog.retry_parked(log, "log_book", now=now) == 1
    assert await eventlog.retry(log, captain.subscriber, now=now) == Step(done=1)
    assert await eventlog.retry(log, captain.subscriber, now=now) == Step(done=1)
    assert await noted(log, stuck) == [(2, 2)]
    assert await eventlog.parked(log, "log_book") == []


async def test_a_replay_carries_out_again_from_its_place(log: Db, org_id: OrgId, captain: Captain) -> None:
    boat_id, stuck = await boats.launch(log, org_id), await boats.launch(log, org_id)
    captain.on_reef = {stuck}
    await eventlog.subscribe(log, "log_book")
    await moved(log, org_id, boat_id, stuck, boat_id, stuck)
    await eventlog.advance(log, captain.subscriber, now=NOW)
    async with log.org(org_id) as tx:
        await tx.connection.execute("UPDATE log_book SET moves = 1 WHERE id = $1", boat_id)
    captain.on_reef = set()

    with pytest.raises(ReplayAhead):
        await eventlog.replay(log, "log_book", from_position=6)
    with pytest.raises(SubscriberUnknown):
        await eventlog.replay(log, "nobody", from_position=1)
    await eventlog.replay(log, "log_book", from_position=3)

    # The fact at 2 still waits aside, so the one at 4 waits behind it again.
    assert await eventlog.advance(log, captain.subscriber, now=NOW) == Step(done=1, aside=1, passed=2)
    for _ in range(2):
        await eventlog.retry(log, captain.subscriber, now=NOW + PAUSES[0])
    assert await noted(log, boat_id, stuck) == [(2, 3), (2, 2)]


async def test_a_reader_that_begins_at_the_end_sees_only_what_comes(
    log: Db, org_id: OrgId, captain: Captain
) -> None:
    boat_id = await boats.launch(log, org_id)
    await moved(log, org_id, boat_id)
    await eventlog.subscribe(log, "log_book", from_start=False)
    await eventlog.subscribe(log, "log_book")

    assert await eventlog.advance(log, captain.subscriber, now=NOW) == Step()


async def test_an_effect_cannot_reach_another_organization(log: Db, org_id: OrgId) -> None:
    boat_id = await boats.launch(log, org_id)
    seen: list[int] = []

    async def look(tx: Tx, event: Event) -> None:
        await tx.connection.execute("UPDATE log_book SET moves = 99")
        seen.append(await tx.connection.fetchval("SELECT count(*) FROM boat"))

    await eventlog.subscribe(log, "spy")
    stranger = OrgId(boats.BOAT.new())
    other = await boats.launch(log, stranger)
    await moved(log, org_id, boat_id)
    await eventlog.advance(log, Subscriber(name="spy", apply=look), now=NOW)

    assert seen == [1]
    assert await noted(log, boat_id, other) == [(99, 0), (0, 0)]


async def test_two_processes_under_one_name_do_everything_once(
    log: Db, org_id: OrgId, captain: Captain
) -> None:
    fleet = [await boats.launch(log, org_id) for _ in range(4)]
    await eventlog.subscribe(log, "log_book")
    await moved(log, org_id, *fleet * 20)

    async def follow() -> int:
        done = 0
        while (await eventlog.subscribers(log))[0].behind:
            done += (await eventlog.advance(log, captain.subscriber, now=NOW)).done
        return done

    assert sum(await asyncio.gather(*(follow() for _ in range(4)))) == 80
    assert await noted(log, *fleet) == [(20, 20)] * 4


async def test_the_loops_publish_and_carry_out_until_they_are_stopped(
    log: Db, org_id: OrgId, captain: Captain
) -> None:
    boat_id = await boats.launch(log, org_id)
    stop, bell, third = asyncio.Event(), Bell(), asyncio.Event()

    async def note(tx: Tx, event: Event) -> None:
        await captain.note(tx, event)
        fact = event.fact()
        if isinstance(fact, BoatMoved) and fact.number == 3:
            third.set()

    subscriber = structs.replace(LOG_BOOK, apply=note)
    with pytest.raises(SubscriberUnknown):
        await eventlog.follow(log, subscriber, stop=stop, published=bell)
    await eventlog.subscribe(log, "log_book")
    async with asyncio.TaskGroup() as loops:
        loops.create_task(eventlog.sequence(SnapshotSequencer(log), stop=stop, published=bell))
        loops.create_task(eventlog.follow(log, subscriber, stop=stop, published=bell))
        for _ in range(3):
            async with log.org(org_id) as tx:
                await boats.move(tx, org_id, boat_id)
        await asyncio.wait_for(third.wait(), 30)
        stop.set()

    assert await noted(log, boat_id) == [(3, 3)]
