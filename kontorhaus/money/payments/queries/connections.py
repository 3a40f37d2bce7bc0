"""What one can read of payment connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.payments.errors import PaymentConnectionNotFound
from kontorhaus.money.payments.model.connections import PaymentConnection
from kontorhaus.money.payments.model.ids import PaymentConnectionId
from kontorhaus.money.payments.store import connections as store
from kontorhaus.money.payments.views.connections import PaymentConnectionView
from kontorhaus.money.payments.views.connections import connection as view
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.db import Db, Tx

LAST: Final = UUID(int=2**128 - 1)
"""Where a list that shows the newest first begins."""


async def connection(db: Db, org_id: OrgId, connection_id: PaymentConnectionId) -> PaymentConnection:
    """Raises PaymentConnectionNotFound."""
    async with db.org(org_id, read_only=True) as tx:
        found = await store.CONNECTION.maybe(tx, org_id, connection_id)
    if found is None:
        raise PaymentConnectionNotFound("there is no such payment connection")
    return found


async def connections(
    db: Db, org_id: OrgId, *, before: PaymentConnectionId | None, limit: int
) -> list[PaymentConnection]:
    """Newest first, closed ones included."""
    async with db.org(org_id, read_only=True) as tx:
        return await store.CONNECTIONS.all(tx, org_id, before or LAST, limit)


async def connection_snapshots(
    tx: Tx, ids: Sequence[UUID], viewer: Actor, version: str, now: datetime
) -> Mapping[UUID, PaymentConnectionView]:
    """Snapshots of connections for the wire: none without the right to read them."""
    del version, now
    if not viewer.may("payment_connections:read"):
        return {}
    found = await store.CONNECTIONS_NOW.all(tx, viewer.org_id, list(ids))
    return {row.id: view(row) for row in found}
