"""Keeping together what comes in together: one statement, one commit and one wait for the disk for many deliveries.

No timer: a lone delivery is kept at once, and those that come while one is being kept go together behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct, field

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.inbox import store
from kontorhaus.platform.inbox.store import Kept
from kontorhaus.platform.inbox.work import CARRY, INBOX
from kontorhaus.platform.jobs import Clock, Priority

BATCH: Final = 100
"""Deliveries in one statement at the most: some ten milliseconds."""

BATCH_BYTES: Final = 1_048_576
"""Of their contents together, but for a single one that is larger: what a connection's buffers hold without growing."""


class Row(Struct, frozen=True):
    """A delivery as it is to be kept, and what its job needs; in the order in which the statement takes them."""

    message_id: UUID
    connection_id: UUID
    version: int
    event_id: str
    kind: str
    subject: str | None
    sequence: int
    occurred_at: datetime | None
    received_at: datetime
    content: bytes
    job_id: UUID
    key: str
    args: bytes
    trace: str | None


class _Waiting(Struct):
    row: Row
    kept: asyncio.Future[Kept]


AT_ONCE: Final = 4
"""Transactions at a time of one organization: with one alone callers and database would wait for each other in turn,
and of the connections of a process most must stay for others."""


class _Lane(Struct):
    """The deliveries of one organization that wait, and how many transactions keep others of it at this moment."""

    waiting: list[_Waiting] = field(default_factory=list)
    at_work: int = 0


class Gathering:
    """Keeps deliveries of one organization in a few transactions at a time, each with all that have come since."""

    def __init__(self) -> None:
        self._lanes: Final[dict[OrgId, _Lane]] = {}
        self._tasks: Final[set[asyncio.Task[None]]] = set()

    async def keep(self, db: Db, org_id: OrgId, row: Row) -> Kept:
        """Committed when it returns. A caller who is cancelled does not know whether it is, and takes nobody with
        him."""
        kept: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        lane = self._lanes.setdefault(org_id, _Lane())
        lane.waiting.append(_Waiting(row, kept))
        if lane.at_work < AT_ONCE:
            lane.at_work += 1
            task = asyncio.create_task(self._work(db, org_id, lane))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await kept

    async def _work(self, db: Db, org_id: OrgId, lane: _Lane) -> None:
        try:
            while lane.waiting:
                count = _together(lane.waiting)
                batch, lane.waiting = lane.waiting[:count], lane.waiting[count:]
                await _settle(db, org_id, batch)
        finally:
            lane.at_work -= 1
            if lane.at_work == 0:
                # Nobody waits, unless this task was cancelled at the end of its loop.
                for one in self._lanes.pop(org_id).waiting:
                    one.kept.cancel()


def _together(waiting: Sequence[_Waiting]) -> int:
    """How many of those that wait go in one statement: one at the least."""
    size = 0
    for count, one in enumerate(waiting[:BATCH]):
        size += len(one.row.content)
        if size > BATCH_BYTES and count > 0:
            return count
    return min(len(waiting), BATCH)


async def _settle(db: Db, org_id: OrgId, batch: Sequence[_Waiting]) -> None:
    (found,) = await asyncio.gather(_kept(db, org_id, [one.row for one in batch]), return_exceptions=True)
    if isinstance(found, BaseException):
        if len(batch) > 1 and not isinstance(found, Unavailable | OSError | asyncio.CancelledError):
            # One of them is at fault, and the others must not pay for it.
            for one in batch:
                await _settle(db, org_id, [one])
            return
        for one in batch:
            if not one.kept.done():
                one.kept.set_exception(found)
        return
    for one in batch:
        if not one.kept.done():
            one.kept.set_result(found[one.row.message_id])


async def _kept(db: Db, org_id: OrgId, rows: Sequence[Row]) -> dict[UUID, Kept]:
    columns = [[getattr(row, name) for row in rows] for name in Row.__struct_fields__]

    async def work(tx: Tx) -> list[Kept]:
        return await store.KEEP.all(
            tx, org_id, INBOX.name, CARRY.name, Priority.NORMAL, Clock.MACHINE, CARRY.max_attempts, *columns
        )

    return {kept.message_id: kept for kept in await db.org(org_id).run(work)}
