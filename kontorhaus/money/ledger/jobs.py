"""What a worker does for the ledger: it ends holds whose time is over, and writes exports."""

from __future__ import annotations

from datetime import timedelta

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.ledger.actions import checking, exporting, holding, sealing, timing
from kontorhaus.money.ledger.actions.timing import Due
from kontorhaus.platform import jobs
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.jobs import HOUSE, Effect, Every, Handler, Kind, Phases, Queue, Running, Timetable

SEAL_PERIOD = timedelta(seconds=10)
"""What is not sealed yet is added up by each reading: at 100 posts a second a thousand entries, well below a
millisecond."""

LOOK_PERIOD = timedelta(minutes=1)
"""How late an export may be called failed, which was tried for eleven minutes."""

SEAL = Kind("ledger.seal", exporting.Nothing, timing.QUEUE, deadline=timedelta(minutes=30))

QUEUES: tuple[Queue, ...] = (timing.QUEUE, exporting.QUEUE)


def handlers() -> tuple[Handler, ...]:
    return (
        Effect(timing.EXPIRE, _expire),
        Phases(exporting.EXPORT, exporting.write),
        Phases(exporting.FORGET, _forget),
        Phases(exporting.GIVE_UP, _give_up),
        Phases(SEAL, _seal),
    )


def timetables() -> tuple[Timetable, ...]:
    forget = exporting.FORGET.job(HOUSE, exporting.Nothing())
    return (
        Timetable("ledger.forget_exports", Every(timedelta(hours=1)), forget),
        Timetable(
            "ledger.failed_exports", Every(LOOK_PERIOD), exporting.GIVE_UP.job(HOUSE, exporting.Nothing())
        ),
        Timetable("ledger.seal", Every(SEAL_PERIOD), SEAL.job(HOUSE, exporting.Nothing())),
    )


async def _seal(db: Db, args: exporting.Nothing, running: Running) -> None:
    """Close what was posted since the last time, books by books."""
    del args, running
    for org_id, entity in await checking.unsealed(db):
        await sealing.seal(db, org_id, entity)


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


async def _give_up(db: Db, args: exporting.Nothing, running: Running) -> None:
    """Say of exports that will not come that they have failed."""
    del args, running
    await exporting.give_up(db)
