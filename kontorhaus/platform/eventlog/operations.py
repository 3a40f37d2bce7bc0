"""What a person at the command line does with the log and its readers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.eventlog import log, store
from kontorhaus.platform.eventlog.errors import ReplayAhead, SubscriberUnknown
from kontorhaus.platform.eventlog.model import Cursor, Event
from kontorhaus.platform.eventlog.readers import refuse_unknown
from kontorhaus.platform.eventlog.store import ParkedFact, SubscriberStatus, Unread


async def tail(db: Db, *, last: int = 20) -> list[Event]:
    """The newest published facts of every organization, oldest first."""
    async with db.system(read_only=True) as tx:
        end = await log.head(tx)
        return await log.read(tx, Cursor(end.epoch, max(0, end.position - last)), last)


async def subscribers(db: Db) -> list[SubscriberStatus]:
    """How far each reader has come, and what it has set aside."""
    async with db.system(read_only=True) as tx:
        return await store.SUBSCRIBERS.all(tx)


async def replay(db: Db, name: str, *, from_position: int) -> None:
    """Let a reader carry out everything from a position on once more. ReplayAhead for a position it has not reached.

    Its effects happen a second time: meant for readers that build something which was thrown away first. Facts that
    wait aside from before that position keep waiting, and hold the later ones of their objects.
    """
    assert from_position > 0, "positions begin at 1"

    async def work(tx: Tx) -> None:
        cursor = await store.AWAIT_SUBSCRIBER.maybe(tx, name)
        if cursor is None:
            raise SubscriberUnknown("no subscriber has this name", name=name)
        if from_position > cursor.position + 1:
            raise ReplayAhead("the subscriber has not come so far", name=name, position=cursor.position)
        await store.FORGET_ASIDE.run(tx, name, from_position)
        await store.MOVE.run(tx, name, cursor.epoch, from_position - 1)

    await db.system().run(work)


async def parked(db: Db, name: str, *, limit: int = 100) -> list[ParkedFact]:
    """The facts that a reader has given up, each with its reason and with how many wait behind it.
    SubscriberUnknown."""
    await refuse_unknown(db, name)
    async with db.system(read_only=True) as tx:
        return await store.PARKED.all(tx, name, limit)


async def retry_parked(db: Db, name: str, *, now: datetime) -> int:
    """Let everything that is parked try again; says how many objects that were. SubscriberUnknown."""
    await refuse_unknown(db, name)
    async with db.system() as tx:
        await store.AWAIT_SUBSCRIBER.maybe(tx, name)
        return await store.LET_TRY.run(tx, name, now)


async def unsubscribe(db: Db, name: str) -> None:
    """Forget a reader, so that the log need not be kept for it."""

    async def work(tx: Tx) -> None:
        if await store.UNSUBSCRIBE.run(tx, name) == 0:
            raise SubscriberUnknown("no subscriber has this name", name=name)
        await store.FORGET_ASIDE.run(tx, name, 0)

    await db.system().run(work)


async def unread(tx: Tx, org_id: OrgId, names: Sequence[str]) -> Unread | None:
    """What these readers have still to do for one organization; None when they have carried out every fact of it that
    was committed before. Facts that are parked, and those that wait behind them, do not count. Asked as system."""
    found = await store.UNREAD.one(tx, org_id, list(names))
    return found if found.unpublished or found.unread or found.subscriber is not None else None
