"""Following money: everything that was posted together with what touched some accounts, and what came of its holds."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.ledger.model.shown import ShownHold, ShownTransfer
from kontorhaus.money.ledger.store import following as store
from kontorhaus.money.ledger.store import showing
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.db import Tx


class Followed(Struct, frozen=True):
    """Transfers in the order of record, and holds that are still open. `more`: there are others that were left out."""

    transfers: list[ShownTransfer]
    open: list[ShownHold]
    more: bool


async def follow(
    tx: Tx,
    org_id: OrgId,
    entity: PartyId,
    currency: str,
    names: Sequence[str],
    *,
    also: Sequence[UUID] = (),
    limit: int,
) -> Followed:
    """The transfers of every entry set that touched one of these accounts, those that its holds were posted by, and
    those named by `also`; the first `limit` in the order of record.

    For accounts that belong to one thing, such as an order: whatever else stood in the same set is shown too.
    """
    sets = await store.SETS_OF_ACCOUNTS.all(tx, org_id, entity, currency, list(names), limit + 1)
    instants = [one.recorded_at for one in sets]
    found = await store.TRANSFERS_OF_SETS.all(tx, org_id, entity, instants, limit + 1)
    holds = await store.HOLDS_OF_SETS.all(tx, org_id, entity, instants, limit + 1)
    ends = [hold.end_id for hold in holds if hold.outcome == "posted" and hold.end_id is not None]
    known = {one.id for one in found}
    rest = [one for one in (*ends, *also) if one not in known]
    found += await showing.TRANSFERS.all(tx, org_id, rest) if rest else []
    found.sort(key=lambda one: (one.recorded_at, one.line))
    return Followed(
        transfers=found[:limit],
        open=[hold for hold in holds[:limit] if hold.outcome is None],
        more=len(found) > limit or len(holds) > limit or len(sets) > limit,
    )
