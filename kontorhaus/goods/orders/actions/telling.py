"""Telling what happened: as a fact to the house, and as an entry of the order's own timeline."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from kontorhaus.goods.orders.model.order import LineId, OrderId
from kontorhaus.goods.orders.store import entries
from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.platform import eventlog
from kontorhaus.platform.db import Tx
from kontorhaus.platform.eventlog import Fact


async def tell(
    tx: Tx,
    org_id: OrgId,
    fact: Fact,
    *,
    at: datetime,
    line: LineId | None = None,
    about: tuple[str, UUID] | None = None,
    amount: int | None = None,
) -> None:
    """Append a fact of an order that the caller has locked, and note it in the timeline. `about` is the prefix and the
    id of the payment, refund or payout that it speaks of."""
    kind = eventlog.kind_of(type(fact))
    await note(tx, org_id, OrderId(fact.subject), kind, at=at, line=line, about=about, amount=amount)
    await eventlog.append(tx, fact, org_id=org_id)


async def note(
    tx: Tx,
    org_id: OrgId,
    order_id: OrderId,
    kind: str,
    *,
    at: datetime,
    line: LineId | None = None,
    about: tuple[str, UUID] | None = None,
    amount: int | None = None,
    word: str | None = None,
    entry_id: UUID | None = None,
) -> None:
    """Note in the timeline what another room has told. The log keeps facts for a time, the order keeps these. Entries
    are told in the order of their ids."""
    subject = about or (None, None)
    await entries.INSERT.run(
        tx, org_id, order_id, entry_id or uuid7(), at, kind, line, *subject, amount, word
    )
