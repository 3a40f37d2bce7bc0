"""Who gives committed facts their positions.

Transactions commit in another order than they draw ids, so a reader of `id > cursor` would lose those that were slow. A
sequencer looks at the log again and again and numbers what has been committed since it last looked.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from kontorhaus.platform import failpoints, telemetry
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.eventlog import store

LOG: Final = telemetry.get_logger(__name__)


class Sequencer(Protocol):
    """A way to find out what was committed since; one for each kind of database that tells it differently."""

    async def tick(self) -> int:
        """Publish what was committed since the last tick of anybody and say how much; 0 if another one is at it.

        Must be a transaction: cut off anywhere, it has published all of it or nothing. Must give facts of one object
        positions in the order of their ids, and leave no gap.
        """
        ...


class SnapshotSequencer:
    """Compares PostgreSQL's snapshot of now with that of the last tick: new is what this one sees and that did not.

    A writer that holds its transaction open holds nobody up: it is in neither snapshot, and published when it ends.
    Any number may run; one works, the others find its row locked or changed, and go on. A tick that finds nothing
    writes nothing. After a stop of whatever length one tick publishes everything, in one transaction.
    """

    def __init__(self, db: Db) -> None:
        self._db = db

    async def tick(self) -> int:
        fresh = await self._db.snapshot().run(_publish)
        if fresh:
            failpoints.reach("eventlog.publish.committed")
        return fresh


async def _publish(tx: Tx) -> int:
    state = await store.LOCK_SEQUENCER.maybe(tx, False)
    if state is None:
        return 0
    if state.history != state.history_now:
        return await _start_epoch(tx, state)
    fresh = await store.PUBLISH.run(tx, state.snapshot, state.position, state.epoch)
    if fresh:
        await store.SAVE_SEQUENCER.put(tx, state.position + fresh, state.epoch)
        failpoints.reach("eventlog.publish.written")
    return fresh


async def _start_epoch(tx: Tx, state: store.State) -> int:
    fresh = await store.PUBLISH_REST.run(tx, state.position, state.epoch + 1)
    await store.SAVE_SEQUENCER.put(tx, state.position + fresh, state.epoch + 1)
    LOG.warning("event_log_new_epoch", epoch=state.epoch + 1, position=state.position)
    return fresh


async def start_epoch(db: Db) -> None:
    """Say that the log may have gone another way before: to be called after every restore of a database.

    A restore into another server, to a point in time, and the take-over by a standby are noticed by the sequencer
    itself, since the server's history differs. Positions go on where they stood; who kept a cursor outside learns by
    CursorStale that it is not of this log.
    """

    async def work(tx: Tx) -> bool:
        state = await store.LOCK_SEQUENCER.maybe(tx, True)
        if state is not None:
            await _start_epoch(tx, state)
        return state is not None

    while not await db.snapshot().run(work):  # noqa: ASYNC110  who holds the row is another process
        await asyncio.sleep(0.01)
