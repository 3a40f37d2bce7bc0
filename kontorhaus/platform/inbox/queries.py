"""What stands in the inbox, for operators and gauges."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import telemetry
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.inbox import store
from kontorhaus.platform.inbox.errors import MessageNotFound
from kontorhaus.platform.inbox.model import MessageId
from kontorhaus.platform.inbox.store import ConnectionStatus, MessageRow

NIL: Final = UUID(int=0)


async def message(tx: Tx, org_id: OrgId, message_id: MessageId) -> MessageRow:
    """One message, without what stands in it."""
    found = await store.MESSAGE.maybe(tx, org_id, message_id)
    if found is None:
        raise MessageNotFound("there is no such message")
    return found


async def quarantined(tx: Tx, *, after: tuple[UUID, UUID] = (NIL, NIL), limit: int = 100) -> list[MessageRow]:
    """Messages that were given up after their last try, by organization and id from behind `after` on."""
    return await store.QUARANTINED.all(tx, *after, limit)


async def waiting(tx: Tx, *, limit: int = 100) -> list[MessageRow]:
    """Messages that are still to be carried out, each subject's in its order."""
    return await store.WAITING.all(tx, limit)


async def connections(tx: Tx, *, limit: int = 1_000) -> list[ConnectionStatus]:
    """Addresses and what was refused there: a row for each reason, one without if nothing was."""
    return await store.CONNECTIONS.all(tx, limit)


async def gauge(db: Db) -> int:
    """Show how much waits and for how long, as metrics of this process. Always 0: it is called again after a pause."""
    async with db.system(read_only=True) as tx:
        found = await store.BACKLOG.all(tx)
    now = utc_now()
    telemetry.metrics.inbox_messages.clear()
    telemetry.metrics.inbox_oldest_seconds.clear()
    for backlog in found:
        labels = (backlog.source, backlog.status)
        telemetry.metrics.inbox_messages.labels(*labels).set(backlog.messages)
        telemetry.metrics.inbox_oldest_seconds.labels(*labels).set((now - backlog.oldest).total_seconds())
    return 0
