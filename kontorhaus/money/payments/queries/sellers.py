"""What one can read of seller accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.payments.errors import SellerAccountNotFound
from kontorhaus.money.payments.model.ids import SellerAccountId
from kontorhaus.money.payments.model.sellers import SellerAccount, Status
from kontorhaus.money.payments.store import sellers as store
from kontorhaus.money.payments.views.sellers import SellerAccountView
from kontorhaus.money.payments.views.sellers import seller_account as view
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.db import Db, Tx

LAST: Final = UUID(int=2**128 - 1)
"""Where a list that shows the newest first begins."""


async def seller_account(db: Db, org_id: OrgId, account_id: SellerAccountId) -> SellerAccount:
    """Raises SellerAccountNotFound."""
    async with db.org(org_id, read_only=True) as tx:
        found = await store.ACCOUNT.maybe(tx, org_id, account_id)
    if found is None:
        raise SellerAccountNotFound("there is no such seller account")
    return found


async def seller_accounts(
    db: Db,
    org_id: OrgId,
    *,
    status: Status | None,
    party: PartyId | None,
    before: SellerAccountId | None,
    limit: int,
) -> list[SellerAccount]:
    """Newest first; those of a seller and of one status, if asked."""
    begin = before or LAST
    async with db.org(org_id, read_only=True) as tx:
        if party is not None:
            return await store.ACCOUNTS_OF_PARTY.all(tx, org_id, begin, limit, party, status)
        if status is not None:
            return await store.ACCOUNTS_OF_STATUS.all(tx, org_id, begin, limit, status)
        return await store.ACCOUNTS.all(tx, org_id, begin, limit)


async def seller_account_of(
    tx: Tx, org_id: OrgId, seller: PartyId, connection_id: UUID
) -> SellerAccount | None:
    """A seller's account at a connection, as it stands now; None if he has none."""
    return await store.OF_PARTY.maybe(tx, org_id, connection_id, seller)


async def seller_account_snapshots(
    tx: Tx, ids: Sequence[UUID], viewer: Actor, version: str, now: datetime
) -> Mapping[UUID, SellerAccountView]:
    """Snapshots of seller accounts; none without the right to read them."""
    del version, now
    if not viewer.may("seller_accounts:read"):
        return {}
    found = await store.ACCOUNTS_NOW.all(tx, viewer.org_id, list(ids))
    return {one.id: view(one) for one in found}
