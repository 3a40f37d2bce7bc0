"""What one can read of payouts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.payments.errors import PayoutNotFound
from kontorhaus.money.payments.model.ids import PayoutId
from kontorhaus.money.payments.model.payouts import Payout, Status
from kontorhaus.money.payments.store import payouts as store
from kontorhaus.money.payments.views.payouts import PayoutView
from kontorhaus.money.payments.views.payouts import payout as view
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.db import Db, Tx

LAST: Final = UUID(int=2**128 - 1)
"""Where a list that shows the newest first begins."""


async def payout(db: Db, org_id: OrgId, payout_id: PayoutId) -> Payout:
    """Raises PayoutNotFound."""
    async with db.org(org_id, read_only=True) as tx:
        return await payout_in(tx, org_id, payout_id)


async def payout_in(tx: Tx, org_id: OrgId, payout_id: PayoutId) -> Payout:
    """The same within a transaction. Nothing is locked."""
    found = await store.PAYOUT.maybe(tx, org_id, payout_id)
    if found is None:
        raise PayoutNotFound("there is no such payout")
    return found


PAYOUTS_OF_MAX: Final = 1_000
"""Payouts of one sale: a line has one, and some are made anew."""


async def payouts_of(tx: Tx, org_id: OrgId, reference: UUID) -> list[Payout]:
    """The payouts that were asked for under a reference, newest first; of an order a thousand at the most."""
    return await store.PAYOUTS_OF_REFERENCE.all(tx, org_id, LAST, PAYOUTS_OF_MAX, reference)


async def payouts(
    db: Db,
    org_id: OrgId,
    *,
    status: Status | None,
    seller: PartyId | None,
    before: PayoutId | None,
    limit: int,
) -> list[Payout]:
    """Newest first; those of a seller and of one status, if asked."""
    begin = before or LAST
    async with db.org(org_id, read_only=True) as tx:
        if seller is not None and status is not None:
            return await store.PAYOUTS_OF_SELLER_AND_STATUS.all(tx, org_id, begin, limit, seller, status)
        if seller is not None:
            return await store.PAYOUTS_OF_SELLER.all(tx, org_id, begin, limit, seller)
        if status is not None:
            return await store.PAYOUTS_OF_STATUS.all(tx, org_id, begin, limit, status)
        return await store.PAYOUTS.all(tx, org_id, begin, limit)


async def payout_snapshots(
    tx: Tx, ids: Sequence[UUID], viewer: Actor, version: str, now: datetime
) -> Mapping[UUID, PayoutView]:
    """Snapshots of payouts; none without the right to read them."""
    del version, now
    if not viewer.may("payouts:read"):
        return {}
    found = await store.PAYOUTS_NOW.all(tx, viewer.org_id, list(ids))
    return {one.id: view(one) for one in found}
