"""The log's partitions: a month each, made before they are needed and dropped when nobody needs them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from kontorhaus.platform import telemetry
from kontorhaus.platform.db import DatabaseContended, Db
from kontorhaus.platform.eventlog import store

LOG: Final = telemetry.get_logger(__name__)

AHEAD: Final = timedelta(days=45)
"""With the least of it gone there is still a month in which somebody notices that nothing makes partitions."""

FORGET_BATCH: Final = 5_000
"""Positions deleted at a time: some tens of milliseconds."""


async def ensure_partitions(db: Db, *, now: datetime, ahead: timedelta = AHEAD) -> int:
    """Make the months from now to `now + ahead` where they are missing; says how many were.

    A fact without its month cannot be written, and with it no business be done: every process that writes calls this
    when it starts, and a worker daily. Safe when many do. Waits a second at most for whoever holds the table:
    DatabaseContended if the present month is missing then; a later one has time until tomorrow.
    """
    made = 0
    present = month = first_of_month(now)
    while month <= (now + ahead).date():
        try:
            made += await _made(db, month)
        except DatabaseContended:
            if month == present:
                raise
            LOG.warning("event_month_not_made", month=month.isoformat())
        month = next_month(month)
    return made


async def _made(db: Db, month: date) -> bool:
    async with db.maintenance() as tx:
        if any(known.month == month for known in await store.MONTHS.all(tx)):
            return False
        return (await store.MAKE_MONTH.one(tx, month)).yes


async def drop_old(db: Db, *, now: datetime, keep: timedelta) -> list[date]:
    """Drop the months that ended longer than `keep` ago, from the oldest on; says which went.

    Stops at the first that holds a fact which was not published yet, was not read by every subscriber, or waits
    aside: nothing is ever dropped unread. A subscriber that nobody runs any more keeps the log, until `unsubscribe`.
    """
    async with db.maintenance() as tx:
        months = [known.month for known in await store.MONTHS.all(tx)]
    dropped = []
    for month in months:
        begin, end = _midnight(month), _midnight(next_month(month))
        if end > now - keep:
            break
        async with db.system(read_only=True) as tx:
            if (await store.STILL_NEEDED.one(tx, begin, end)).yes:
                break
        async with db.maintenance() as tx:
            await store.DROP_MONTH.one(tx, month)
        dropped.append(month)
    # Facts first, and every time: a position without its fact is passed over by readers, and a process that was killed
    # between the two left some.
    if len(dropped) < len(months):
        await _forget_positions(db, _midnight(months[len(dropped)]))
    return dropped


async def _forget_positions(db: Db, before: datetime) -> None:
    forgotten = True
    while forgotten:
        async with db.system() as tx:
            forgotten = await store.FORGET_POSITIONS.run(tx, before, FORGET_BATCH) > 0


def first_of_month(now: datetime) -> date:
    return now.astimezone(UTC).date().replace(day=1)


def next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
