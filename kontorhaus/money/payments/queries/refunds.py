"""What one can read of refunds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.payments.errors import PaymentInvalid, RefundNotFound
from kontorhaus.money.payments.model.ids import PaymentId, RefundId
from kontorhaus.money.payments.model.refunds import Refund, Status
from kontorhaus.money.payments.store import refunds as store
from kontorhaus.money.payments.views.refunds import RefundView
from kontorhaus.money.payments.views.refunds import refund as view
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.db import Db, Tx

LAST: Final = UUID(int=2**128 - 1)
"""Where a list that shows the newest first begins."""


async def refund(db: Db, org_id: OrgId, refund_id: RefundId) -> Refund:
    """Raises RefundNotFound."""
    async with db.org(org_id, read_only=True) as tx:
        return await refund_in(tx, org_id, refund_id)


async def refund_in(tx: Tx, org_id: OrgId, refund_id: RefundId) -> Refund:
    """The same within a transaction. Raises RefundNotFound."""
    found = await store.REFUND.maybe(tx, org_id, refund_id)
    if found is None:
        raise RefundNotFound("there is no such refund")
    return found


async def refunds(
    db: Db,
    org_id: OrgId,
    *,
    status: Status | None = None,
    payment: PaymentId | None = None,
    before: RefundId | None,
    limit: int,
) -> list[Refund]:
    """Newest first: all, or by one of the two filters. Raises PaymentInvalid for both."""
    if status is not None and payment is not None:
        fault = Fault("payment", "cannot be given beside status")
        raise PaymentInvalid("only one of status and payment can be given", faults=(fault,))
    after = before or LAST
    async with db.org(org_id, read_only=True) as tx:
        if status is not None:
            return await store.REFUNDS_OF_STATUS.all(tx, org_id, after, limit, status)
        if payment is not None:
            return await store.REFUNDS_OF_PAYMENT.all(tx, org_id, after, limit, payment)
        return await store.REFUNDS.all(tx, org_id, after, limit)


async def refund_snapshots(
    tx: Tx, ids: Sequence[UUID], viewer: Actor, version: str, now: datetime
) -> Mapping[UUID, RefundView]:
    """Snapshots of refunds for the wire: none without the right to read payments."""
    del version, now
    if not viewer.may("payments:read"):
        return {}
    found = await store.EVERY.all(tx, viewer.org_id, list(ids))
    return {row.id: view(row) for row in found}
