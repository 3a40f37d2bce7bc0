"""What one can read of the feed: a page of events, waited for if there is none yet, and one event."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.time import monotonic
from kontorhaus.platform import eventlog
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.eventlog import Cursor, Event, Stretch, Tail
from kontorhaus.wire.feed import views
from kontorhaus.wire.feed.errors import EventNotFound
from kontorhaus.wire.feed.model import Asked, EventId, id_of, place_of
from kontorhaus.wire.feed.views import EventPageView, EventView, Objects, Snapshot

LOOKED_SECONDS_MAX: Final = 0.25
"""How long one call looks on where a filter finds nothing, before it says how far it came: a connection is held
meanwhile, and a hundred thousand facts are looked through."""

TURN_SECONDS: Final = 1.0
"""How long one who was woken at the end of his time waits for his turn to read: half of what his answer has left."""


class Feed(Struct, frozen=True):
    """What reading takes: the database, the tail of the log in this process, and each noun's snapshot."""

    db: Db
    tail: Tail
    snapshots: Mapping[str, Snapshot]


class Looker(Struct, frozen=True):
    """For whom a page is read: the caller, the version that he speaks, and the business instant."""

    viewer: Actor
    version: str
    now: datetime


async def page(
    feed: Feed, looker: Looker, asked: Asked, interrupted: Callable[[], Awaitable[None]]
) -> EventPageView:
    """The next facts of the caller's organization behind a place, in published order.

    Guarantees: pages that follow each other by their cursors hold every wanted fact once, whoever writes meanwhile;
    with `asked.xid` all facts of that commit are published before. With none to show it waits `asked.patience` for one,
    or until `interrupted` returns; the empty page then names the place up to which it looked.
    Raises CursorStale, CommitUnknown, CommitNotPublished, TooManyWaiting.
    """
    org_id, until = looker.viewer.org_id, monotonic() + asked.patience.total_seconds()
    async with _cut_by(interrupted if asked.waits else None) as cut:
        if asked.xid is not None:
            seconds = asked.commit_patience.total_seconds()
            await eventlog.wait_until_published(
                feed.db, feed.tail, org_id, asked.xid, seconds=seconds, cut=cut
            )
        place, head = await _begin(feed.db, asked)
        found = await _look(feed, looker, asked, place, head)
        if found.is_empty and asked.patience:
            found = await _awaited(feed, looker, asked, found, until, cut)
    return views.page(org_id, found.stretch, found.objects)


async def event(feed: Feed, looker: Looker, event_id: EventId, *, expand: bool) -> EventView:
    """One published event of the caller's organization. EventNotFound."""
    org_id = looker.viewer.org_id
    async with feed.db.org(org_id, read_only=True) as tx:
        found = await eventlog.find_own(tx, org_id, place_of(event_id))
        if found is None or id_of(found) != event_id:
            raise EventNotFound("there is no such event")
        objects = await _objects(tx, feed, looker, [found]) if expand else None
    return views.event(org_id, found, objects)


class Found(Struct, frozen=True):
    """What a look found, with the objects as they are now if they were asked for."""

    stretch: Stretch
    objects: Objects | None

    @property
    def is_empty(self) -> bool:
        return not self.stretch.events and not self.stretch.more


async def _begin(db: Db, asked: Asked) -> tuple[Cursor, Cursor]:
    """Where to read from, and the log's end. CursorStale."""
    async with db.system(read_only=True) as tx:
        head = await eventlog.head(tx)
        if asked.from_now:
            return head, head
        if asked.after is not None:
            await eventlog.refuse_stale(tx, asked.after)
    return asked.after or eventlog.START, head


async def _look(feed: Feed, looker: Looker, asked: Asked, place: Cursor, head: Cursor) -> Found:
    """Read on from a place until the page is full, the log ends, or the time for looking is over."""
    org_id, began = looker.viewer.org_id, monotonic()
    events: list[Event] = []
    async with feed.db.org(org_id, read_only=True) as tx:
        while True:
            stretch = await eventlog.read_own(
                tx, org_id, place, head, asked.wanted, asked.limit - len(events)
            )
            events += stretch.events
            place = stretch.until
            full = len(events) == asked.limit or monotonic() - began > LOOKED_SECONDS_MAX
            if full or not stretch.more:
                break
        objects = await _objects(tx, feed, looker, events) if asked.expand else None
    return Found(Stretch(events=events, until=place, more=stretch.more), objects)


async def _awaited(
    feed: Feed,
    looker: Looker,
    asked: Asked,
    found: Found,
    until: float,
    cut: asyncio.Future[None],
) -> Found:
    """Wait until a fact is there, and read it; what was found before if none comes in time. No connection is held."""
    while found.is_empty and not cut.done() and (left := until - monotonic()) > 0:
        place = found.stretch.until
        with feed.tail.facts(looker.viewer.org_id, asked.wanted, place) as waiter:
            cut.add_done_callback(lambda _, waiter=waiter: waiter.wake())  # type: ignore[misc]
            woken = await waiter.wait(left)
        head = feed.tail.looked_through(waiter)
        if cut.done() or head is None or head.position <= place.position:
            continue
        if not woken:
            return Found(Stretch(events=[], until=head, more=False), found.objects)
        async with _in_turn(feed.tail, until) as admitted:
            if not admitted:
                return found  # he asks again where he stands
            found = await _look(feed, looker, asked, place, head)
    if cut.done():
        cut.result()
    return found


@contextlib.asynccontextmanager
async def _in_turn(tail: Tail, until: float) -> AsyncIterator[bool]:
    """One of those who were woken and may read; False if the others before him have taken all his time."""
    try:
        async with asyncio.timeout(max(0.0, until - monotonic()) + TURN_SECONDS):
            await tail.turn.acquire()
    except TimeoutError:
        yield False
        return
    try:
        yield True
    finally:
        tail.turn.release()


@contextlib.asynccontextmanager
async def _cut_by(
    interrupted: Callable[[], Awaitable[None]] | None,
) -> AsyncIterator[asyncio.Future[None]]:
    """Done when a wait should end; never, if there is nothing to wait for."""
    cut = asyncio.get_running_loop().create_future()
    if interrupted is not None:
        cut = asyncio.ensure_future(interrupted())
    try:
        yield cut
    finally:
        if not cut.cancel() and not cut.cancelled():
            cut.exception()  # looked at here, so that asyncio does not call it forgotten


async def _objects(tx: Tx, feed: Feed, looker: Looker, events: Sequence[Event]) -> Objects:
    """The objects that the events speak of, as they are now: one query a noun."""
    by_noun: dict[str, set[UUID]] = {}
    for found in events:
        by_noun.setdefault(found.subject_kind, set()).add(found.subject_id)
    objects: dict[tuple[str, UUID], Struct] = {}
    for noun, ids in by_noun.items():
        snapshot = feed.snapshots.get(noun)
        if snapshot is not None:
            current = await snapshot(tx, sorted(ids), looker.viewer, looker.version, looker.now)
            objects |= {(noun, subject_id): view for subject_id, view in current.items()}
    return objects
