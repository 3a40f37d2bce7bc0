"""What a worker does for the ledger: it ends holds whose time is over, and writes exports."""

from __future__ import annotations

from datetime import timedelta

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.ledger.actions import exporting, holding, timing
from kontorhaus.money.ledger.actions.timing import Due
from kontorhaus.platform import jobs
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.jobs import HOUSE, Effect, Every, Handler, Phases, Queue, Running, Timetable

QUEUES: tuple[Queue, ...] = (timing.QUEUE, exporting.QUEUE)


def handlers() -> tuple[Handler, ...]:
    return (
        Effect(timing.EXPIRE, _expire),
        Phases(exporting.EXPORT, exporting.write),
        Phases(exporting.FORGET, _forget),
    )


def timetables() -> tuple[Timetable, ...]:
    forget = exporting.FORGET.job(HOUSE, exporting.Nothing())
    return (Timetable("ledger.forget_exports", Every(timedelta(hours=1)), forget),)


async def _expire(tx: Tx, args: Due, running: Running) -> None:
    """End a batch of what is due, and come back for the rest."""
    org_id = OrgId(running.org_id)
    if await holding.expire(tx, org_id, args.at) == holding.EXPIRE_BATCH:
        again = timing.EXPIRE.job(org_id, args, due_at=args.at, clock=jobs.Clock.BUSINESS)
        await jobs.enqueue(tx, again, now=args.at)


async def _forget(db: Db, args: exporting.Nothing, running: Running) -> None:
    """Delete exports whose time is over, one after the other until none is left."""
    del args, running
    while await exporting.forget_old(db):
        pass
