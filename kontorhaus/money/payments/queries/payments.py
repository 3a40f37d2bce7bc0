"""What one can read of payments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.payments.errors import PaymentInvalid, PaymentNotFound
from kontorhaus.money.payments.model.ids import PaymentId
from kontorhaus.money.payments.model.payments import Payment, Status
from kontorhaus.money.payments.store import payments as store
from kontorhaus.money.payments.views.payments import PaymentView, listed
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.db import Db, Tx

LAST: Final = UUID(int=2**128 - 1)
"""Where a list that shows the newest first begins."""

OF_ONE_REFERENCE: Final = 1_000
"""Payments of one order: a handful; a list that is longer is no order's."""


async def payment(db: Db, org_id: OrgId, payment_id: PaymentId) -> Payment:
    """Raises PaymentNotFound."""
    async with db.org(org_id, read_only=True) as tx:
        return await payment_in(tx, org_id, payment_id)


async def payment_in(tx: Tx, org_id: OrgId, payment_id: PaymentId) -> Payment:
    """The same within a transaction. Raises PaymentNotFound."""
    found = await store.PAYMENT.maybe(tx, org_id, payment_id)
    if found is None:
        raise PaymentNotFound("there is no such payment")
    return found


async def payments_of(tx: Tx, org_id: OrgId, reference: UUID) -> list[Payment]:
    """The payments that were created for something, such as an order; newest first, a thousand at the most."""
    return await store.PAYMENTS_OF_REFERENCE.all(tx, org_id, LAST, OF_ONE_REFERENCE, reference)


async def payments(
    db: Db,
    org_id: OrgId,
    *,
    status: Status | None = None,
    reference: UUID | None = None,
    payer: PartyId | None = None,
    before: PaymentId | None,
    limit: int,
) -> list[Payment]:
    """Newest first: all, or by one of the three filters. Raises PaymentInvalid for more than one."""
    given = {"status": status, "reference": reference, "payer": payer}
    several = [name for name, value in given.items() if value is not None]
    if len(several) > 1:
        faults = tuple(Fault(name, f"cannot be given beside {several[0]}") for name in several[1:])
        raise PaymentInvalid("only one of status, reference and payer can be given", faults=faults)
    after = before or LAST
    async with db.org(org_id, read_only=True) as tx:
        if status is not None:
            return await store.PAYMENTS_OF_STATUS.all(tx, org_id, after, limit, status)
        if reference is not None:
            return await store.PAYMENTS_OF_REFERENCE.all(tx, org_id, after, limit, reference)
        if payer is not None:
            return await store.PAYMENTS_OF_PAYER.all(tx, org_id, after, limit, payer)
        return await store.PAYMENTS.all(tx, org_id, after, limit)


async def payment_snapshots(
    tx: Tx, ids: Sequence[UUID], viewer: Actor, version: str, now: datetime
) -> Mapping[UUID, PaymentView]:
    """Snapshots of payments for the wire: none without the right to read them."""
    del version, now
    if not viewer.may("payments:read"):
        return {}
    found = await store.EVERY.all(tx, viewer.org_id, list(ids))
    return {row.id: listed(row) for row in found}
