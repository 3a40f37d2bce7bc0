"""Readers inside the house: every fact carried out once, those of one object in order, whatever fails or is killed.

The cursor's row is the lock of the reader, and moves in the transaction of the effects. A fact that fails is set aside,
with all later ones of its object behind it, and the others go on; it is tried again with growing pauses, then parked.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform import failpoints, telemetry
from kontorhaus.platform.db import Db, Tx, attempt
from kontorhaus.platform.eventlog import facts, store
from kontorhaus.platform.eventlog.errors import SubscriberUnknown
from kontorhaus.platform.eventlog.facts import Fact
from kontorhaus.platform.eventlog.model import PAUSES, Event, Step, Subject, next_try, reason

LOG: Final = telemetry.get_logger(__name__)

BATCH_MAX: Final = 50
"""Effects in one transaction. Each is a subtransaction, and past 64 of them PostgreSQL's snapshots become slow."""

WINDOW_MAX: Final = 5_000
"""Positions looked through in one transaction for facts of interest: some milliseconds where there are none."""


class Subscriber(Struct, frozen=True):
    """`apply(tx, event)` is run once for each fact of the given types (None: of all), under its organization.

    `apply` has no effect but those in `tx`, and enqueues what must leave the house as a job. `batch` is how many facts
    share a transaction: 1 wherever objects or accounts are locked, since a transaction locks in one order and posts
    once; more where rows are only added.
    """

    name: str
    apply: Callable[[Tx, Event], Awaitable[None]]
    facts: tuple[type[Fact], ...] | None = None
    batch: int = 1
    pauses: tuple[timedelta, ...] = PAUSES

    @property
    def kinds(self) -> list[str] | None:
        return None if self.facts is None else sorted({facts.kind_of(fact) for fact in self.facts})


async def subscribe(db: Db, name: str, *, from_start: bool = True) -> None:
    """Give a reader its cursor, at the log's beginning or its present end; one that has its cursor keeps it."""
    async with db.system() as tx:
        await store.SUBSCRIBE.run(tx, name, from_start)


async def advance(db: Db, subscriber: Subscriber, *, now: datetime) -> Step:
    """Carry out the next facts, in one transaction with the cursor; an empty step if there are none, or if another
    process is at it. SubscriberUnknown before `subscribe`.

    Guarantees: a fact's effects are committed once, and after those of every earlier fact of its object. Not
    guaranteed: that `apply` runs only once. What it did is undone when the transaction fails, or another fact of the
    batch, and then it runs again.
    """
    assert 1 <= subscriber.batch <= BATCH_MAX, f"a batch is 1 to {BATCH_MAX} facts"

    async def work(tx: Tx) -> Step:
        reader = await store.LOCK_SUBSCRIBER.maybe(tx, subscriber.name, now)
        if reader is None:
            return Step()
        # Ahead of the head it may be too: the head is as old as the statement, the cursor as new as its lock.
        if reader.head <= reader.position:
            return Step(due=reader.due)
        until = min(reader.head, reader.position + WINDOW_MAX)
        events = await store.READ.all(tx, reader.position, until, subscriber.kinds, subscriber.batch)
        full = len(events) == subscriber.batch
        position = events[-1].position if full else until
        epoch = events[-1].epoch if full else reader.head_epoch
        aside = await _carry_out(tx, subscriber, events, now)
        await store.MOVE.run(tx, subscriber.name, epoch, position)
        if events:
            failpoints.reach("eventlog.follow.applied")
        return Step(done=len(events) - aside, aside=aside, passed=position - reader.position, due=reader.due)

    return await db.system().run(work)


async def _carry_out(tx: Tx, subscriber: Subscriber, events: Sequence[Event], now: datetime) -> int:
    """Run each fact, or set it aside; says how many were set aside."""
    blocked = await _blocked(tx, subscriber, events)
    count = 0
    for org_id, group in itertools.groupby(events, key=lambda event: event.org_id):
        together = list(group)
        free = [event for event in together if event.subject not in blocked]
        # All of an organization's in one savepoint: two messages instead of two a fact. If any fails, one by one.
        if len(free) > 1 and await attempt(tx, OrgId(org_id), _in_turn(subscriber, free)) is None:
            together = [event for event in together if event.subject in blocked]
        for event in together:
            count += await _one(tx, subscriber, event, blocked, now)
    return count


async def _blocked(tx: Tx, subscriber: Subscriber, events: Sequence[Event]) -> set[Subject]:
    """The objects of these facts that have others set aside."""
    if not events:
        return set()
    wanted = map(list, zip(*{event.subject for event in events}, strict=True))
    found = await store.SET_ASIDE_SUBJECTS.all(tx, subscriber.name, *wanted)
    return {(subject.org_id, subject.subject_kind, subject.subject_id) for subject in found}


def _in_turn(subscriber: Subscriber, events: Sequence[Event]) -> Callable[[Tx], Awaitable[None]]:
    async def work(tx: Tx) -> None:
        for event in events:
            await subscriber.apply(tx, event)

    return work


async def _one(tx: Tx, subscriber: Subscriber, event: Event, blocked: set[Subject], now: datetime) -> int:
    """Carry one fact out, or set it aside, which is 1."""
    failure: tuple[int, str | None, datetime | None] = (0, None, None)
    if event.subject not in blocked:
        error = await _apply(tx, subscriber, event)
        if error is None:
            return 0
        failure = (1, reason(error), next_try(1, now, subscriber.pauses))
        blocked.add(event.subject)
    await store.SET_ASIDE.run(tx, subscriber.name, *event.subject, event.position, *failure)
    return 1


async def retry(db: Db, subscriber: Subscriber, *, now: datetime) -> Step:
    """Try again what was set aside and is due, in one transaction: of each object the first fact that waits. One that
    succeeds brings the next of its object to the front; one that fails too often is parked."""

    async def work(tx: Tx) -> Step:
        if await store.LOCK_SUBSCRIBER.maybe(tx, subscriber.name, now) is None:
            return Step()
        due = await store.DUE.all(tx, subscriber.name, now, subscriber.batch)
        done = 0
        for waiting in due:
            (event,) = await store.READ.all(tx, waiting.position - 1, waiting.position, None, 1)
            error = await _apply(tx, subscriber, event)
            place = (event.org_id, subscriber.name, event.position)
            if error is None:
                done += 1
                await store.CARRIED_OUT.run(tx, *place)
                _, kind, subject_id = event.subject
                await store.NEXT_IN_LINE.run(tx, event.org_id, subscriber.name, kind, subject_id, now)
            else:
                failures = waiting.failures + 1
                again = next_try(failures, now, subscriber.pauses)
                await store.FAILED_AGAIN.run(tx, *place, failures, reason(error), again)
        return Step(done=done, aside=len(due) - done)

    return await db.system().run(work)


async def _apply(tx: Tx, subscriber: Subscriber, event: Event) -> Exception | None:
    error = await attempt(tx, OrgId(event.org_id), _in_turn(subscriber, [event]))
    if error is not None:
        LOG.warning(
            "fact_set_aside", subscriber=subscriber.name, position=event.position, reason=reason(error)
        )
    return error


async def refuse_unknown(db: Db, name: str) -> None:
    """SubscriberUnknown when nobody has that name: asked once, where a process begins to read."""
    async with db.system(read_only=True) as tx:
        if name not in {known.name for known in await store.SUBSCRIBERS.all(tx)}:
            raise SubscriberUnknown("no subscriber has this name", name=name)
