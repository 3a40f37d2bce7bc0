"""Writing a fact and reading the log: the two things that everything else here serves."""

from __future__ import annotations

from typing import Final

from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform.db import Tx
from kontorhaus.platform.eventlog import facts, store
from kontorhaus.platform.eventlog.errors import CursorStale
from kontorhaus.platform.eventlog.facts import Fact
from kontorhaus.platform.eventlog.model import MAX_POSITION, Cursor, Event

READ_MAX: Final = 1_000
"""Facts in one answer: about half a megabyte, and a few milliseconds of one core."""


async def append(tx: Tx, fact: Fact, *, org_id: OrgId) -> None:
    """Write a fact into the transaction that makes it true.

    The caller holds the lock of the object's row (or has just inserted it): that, and nothing else, gives the facts
    of one object their order. Guarantees: the fact is published if and only if `tx` commits, once, and after every
    earlier fact of the same object. Not guaranteed: any order between objects, nor that ids have no gaps.
    """
    kind = facts.kind_of(type(fact))
    body = facts.encode(fact)
    await store.APPEND.put(tx, org_id, kind, fact.VERSION, fact.NOUN.prefix, fact.subject, body)


async def read(tx: Tx, after: Cursor, limit: int = READ_MAX) -> list[Event]:
    """The published facts behind a cursor, in their order: of every organization in a transaction of the system, of
    one in its own (positions then have gaps).

    What is returned never changes, and nothing will ever be published before it. Not checked: that the cursor is a
    place of this log; who was given it from outside calls `refuse_stale` first.
    """
    return await store.READ.all(tx, after.position, MAX_POSITION, None, min(limit, READ_MAX))


async def head(tx: Tx) -> Cursor:
    """The end of the published log, seen from a transaction of the system."""
    return await store.HEAD.one(tx)


async def refuse_stale(tx: Tx, cursor: Cursor) -> None:
    """CursorStale when a place that somebody outside has kept is not in this log. Asked as system.

    Outside, since a cursor of the house is restored together with the log and so cannot be ahead of it.
    """
    place = await store.PLACE.one(tx, cursor.position)
    at_head = cursor == Cursor(place.head_epoch, place.head)
    if cursor.position == 0 or place.found_epoch == cursor.epoch or at_head:
        return
    raise CursorStale(
        "the place is not in this log", epoch=cursor.epoch, position=cursor.position, head=place.head
    )
