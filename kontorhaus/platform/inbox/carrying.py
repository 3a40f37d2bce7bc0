"""Carrying out: one message a job, in the order of its subject, in the transaction of its effect."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import telemetry
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.inbox import store
from kontorhaus.platform.inbox.actions import release
from kontorhaus.platform.inbox.errors import MessageTaken
from kontorhaus.platform.inbox.model import ConnectionId, Message, MessageId, Status
from kontorhaus.platform.inbox.receiving import unsealed
from kontorhaus.platform.inbox.sources import Effect, Source
from kontorhaus.platform.inbox.work import CARRY
from kontorhaus.platform.jobs import Handler, LeaseLost, Running, complete, reason_of
from kontorhaus.platform.secrets import Keyring

LOG: Final = telemetry.get_logger(__name__)


class SourceGone(Exception):
    """No source of this process has the name that the message was received under; another process's may."""


class Carrier(Handler):
    """Carries out messages of every source.

    Guaranteed: an effect in one transaction is there once; of a subject no message is carried out before all that stood
    before it are over. After its last try a message is quarantined, and holds up its subject alone.
    """

    name = CARRY.name
    deadline = CARRY.deadline

    def __init__(self, sources: Sequence[Source], keyring: Keyring) -> None:
        self._sources: Final = {source.name: source for source in sources}
        self._keyring: Final = keyring

    async def carry_out(self, db: Db, running: Running) -> bool:
        args = CARRY.args_of(running)
        source = self._sources.get(args.source)
        if source is None:
            raise SourceGone(args.source)
        message_id = MessageId(args.message_id)
        if running.attempt > source.tries:
            # The last try ended with its worker, and could not say so.
            await self._quarantine(db, running, source, message_id, None)
            return True
        try:
            async with asyncio.timeout(source.deadline.total_seconds()):
                await self._attempt(db, running, source, message_id)
        except LeaseLost:
            raise
        except Exception as error:
            telemetry.metrics.inbox_ended.labels(source.name, "failed").inc()
            reason = reason_of(error)
            if running.attempt < source.tries:
                async with db.org(OrgId(running.org_id)) as tx:
                    await store.NOTE_FAILURE.run(tx, running.org_id, message_id, running.attempt, reason)
                raise
            await self._quarantine(db, running, source, message_id, reason)
        return True

    async def _attempt(self, db: Db, running: Running, source: Source, message_id: MessageId) -> None:
        scope = db.org(OrgId(running.org_id))
        if isinstance(action := source.action, Effect):
            effect = action.work

            async def in_one(tx: Tx) -> Message | None:
                found = await self._take(tx, running, source, message_id)
                if found is not None:
                    await effect(tx, found)
                    await _finish(tx, running, found)
                return found

            message = await scope.run(in_one)
        else:
            message = await scope.run(lambda tx: self._take(tx, running, source, message_id))
            if message is not None:
                await _in_phases(db, running, source, message)
        if message is not None:
            lag = (utc_now() - message.received_at).total_seconds()
            telemetry.metrics.inbox_ended.labels(source.name, "done").inc()
            telemetry.metrics.inbox_lag_seconds.labels(source.name).observe(lag)

    async def _take(self, tx: Tx, running: Running, source: Source, message_id: MessageId) -> Message | None:
        """The message, if its turn has come. If not, its job ends here: whoever goes before it enqueues it anew."""
        taken = await store.TAKE.maybe(tx, running.org_id, message_id)
        if taken is not None and taken.status == Status.WAITING and taken.held:
            # Before lying down he looks again under the lock of whoever discards, which may just have released him.
            await store.LOCK_CONNECTION.one(tx, running.org_id, taken.connection_id)
            taken = await store.TAKE.maybe(tx, running.org_id, message_id)
        if taken is None or taken.status != Status.WAITING or taken.held:
            await complete(tx, running)
            return None
        return Message(
            id=message_id,
            org_id=OrgId(running.org_id),
            connection_id=ConnectionId(taken.connection_id),
            source=source.name,
            event_id=taken.event_id,
            kind=taken.kind,
            subject=taken.subject,
            sequence=taken.sequence,
            occurred_at=taken.occurred_at,
            received_at=taken.received_at,
            attempt=running.attempt,
            delivery=await unsealed(self._keyring, running.org_id, taken.content),
        )

    async def _quarantine(
        self, db: Db, running: Running, source: Source, message_id: MessageId, reason: str | None
    ) -> None:
        async with db.org(OrgId(running.org_id)) as tx:
            touched = await store.QUARANTINE.run(tx, running.org_id, message_id, source.tries, reason)
            await complete(tx, running)
        if touched:
            telemetry.metrics.inbox_ended.labels(source.name, "quarantined").inc()
            LOG.error("inbox_quarantined", source=source.name, message=str(message_id), reason=reason)


async def _finish(tx: Tx, running: Running, message: Message) -> None:
    """Say that the message is over, let the next one of its subject go, and end the job, as the last statement."""
    now = utc_now()
    ended = await store.FINISH.maybe(tx, running.org_id, message.id, now)
    if ended is None:
        raise MessageTaken
    await release(tx, ended, OrgId(running.org_id), message.connection_id, message.source, now)
    await complete(tx, running)


async def _in_phases(db: Db, running: Running, source: Source, message: Message) -> None:
    assert not isinstance(source.action, Effect)
    finished = False

    async def finish(tx: Tx) -> None:
        nonlocal finished
        await _finish(tx, running, message)
        finished = True

    await source.action.work(db, message, finish)
    if not finished:
        await db.org(OrgId(running.org_id)).run(finish)
