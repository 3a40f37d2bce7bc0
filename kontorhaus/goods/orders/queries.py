"""What one can read of orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from kontorhaus.goods.orders.errors import OrderTooLarge
from kontorhaus.goods.orders.model.flows import OrderPayment
from kontorhaus.goods.orders.model.order import LINE, ORDER, Line, Model, OrderId, SalesOrder, Status
from kontorhaus.goods.orders.model.sums import Part
from kontorhaus.goods.orders.store import entries, money, whole
from kontorhaus.goods.orders.store import orders as store
from kontorhaus.goods.orders.views import objects as views
from kontorhaus.goods.orders.views import timeline as telling
from kontorhaus.kernel.ids import OrgId
from kontorhaus.money import ledger, payments
from kontorhaus.money.ledger import Followed
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.db import Db, Tx

LAST: Final = UUID(int=2**128 - 1)
"""Where a list that shows the newest first begins."""

FIRST: Final = UUID(int=0)

ENTRIES_MAX: Final = 500
"""Entries of a timeline: some 80 kB. A sale has a few dozen."""

TRANSFERS_MAX: Final = 100
"""Transfers of an order's books: what a drawing shows; some 40 kB as a list."""


async def order(db: Db, org_id: OrgId, order_id: OrderId) -> views.Found:
    """Raises OrderNotFound."""
    async with db.org(org_id, read_only=True) as tx:
        return await whole.found(tx, org_id, order_id)


async def orders(
    db: Db,
    org_id: OrgId,
    *,
    status: Status | None = None,
    buyer: PartyId | None = None,
    seller: PartyId | None = None,
    reference: str | None = None,
    before: OrderId | None = None,
    limit: int,
) -> list[views.Listed]:
    """The highest id first, which for ids made by us is the newest: all, or those of a status, a buyer, a seller or a
    reference; the caller sees to it that one of these is asked for at the most."""
    page = (org_id, before or LAST, limit)
    async with db.org(org_id, read_only=True) as tx:
        if status is not None:
            rows = await store.ORDERS_OF_STATUS.all(tx, *page, status)
        elif buyer is not None:
            rows = await store.ORDERS_OF_BUYER.all(tx, *page, buyer)
        elif reference is not None:
            rows = await store.ORDERS_OF_REFERENCE.all(tx, *page, reference)
        elif seller is not None:
            ids = [one.id for one in await store.IDS_OF_SELLER.all(tx, *page, seller)]
            rows = await store.ORDERS_NOW.all(tx, org_id, ids)
            rows.sort(key=lambda row: row.id, reverse=True)
        else:
            rows = await store.ORDERS.all(tx, *page)
        totals = {one.order_id: one for one in await store.TOTALS.all(tx, org_id, [row.id for row in rows])}
    return [views.Listed(row, totals[row.id].lines, totals[row.id].amount) for row in rows]


async def order_snapshots(
    tx: Tx, ids: Sequence[UUID], viewer: Actor, version: str, now: datetime
) -> Mapping[UUID, views.OrderView]:
    """Snapshots of orders for the wire; none without the right to read them."""
    del version, now
    if not viewer.may("orders:read"):
        return {}
    rows = await store.ORDERS_NOW.all(tx, viewer.org_id, list(ids))
    lines = await store.LINES_NOW.all(tx, viewer.org_id, list(ids))
    parts = await money.PARTS_NOW.all(tx, viewer.org_id, list(ids))
    paid = await money.PAYMENTS_NOW.all(tx, viewer.org_id, list(ids))
    return {row.id: views.order(_gathered(row, lines, parts, paid)) for row in rows}


def _gathered(
    row: SalesOrder, lines: Sequence[Line], parts: Sequence[Part], paid: Sequence[OrderPayment]
) -> views.Found:
    return views.Found(
        order=row,
        lines=[one for one in lines if one.order_id == row.id],
        parts=[one for one in parts if one.order_id == row.id],
        payments=[one for one in paid if one.order_id == row.id],
    )


async def story(db: Db, org_id: OrgId, order_id: OrderId) -> telling.Story:
    """What happened to an order, and what it waits for. Raises OrderNotFound."""
    async with db.org(org_id, read_only=True) as tx:
        found = await whole.found(tx, org_id, order_id)
        rows = await entries.NEWEST.all(tx, org_id, order_id, ENTRIES_MAX + 1)
        refunds = await money.REFUNDS.all(tx, org_id, order_id)
        payouts = await money.PAYOUTS.all(tx, org_id, order_id)
        last = await entries.LAST_OF_EACH.all(tx, org_id, order_id)
        under_way = None
        for one in found.payments:
            if one.ended_at is None:
                under_way = await payments.payment_in(tx, org_id, one.payment_id)
    return telling.Story(
        found=found,
        entries=rows[:ENTRIES_MAX][::-1],
        more=len(rows) > ENTRIES_MAX,
        open=under_way,
        refunds=refunds,
        payouts=payouts,
        ends={entry.subject_id: entry for entry in last if entry.subject_id is not None},
    )


async def books(db: Db, org_id: OrgId, order_id: OrderId) -> tuple[SalesOrder, Followed]:
    """Everything that stands in the books for an order: what was posted together with any movement of its lines' shares
    and prepayments, and what came of its holds. Raises OrderNotFound."""
    async with db.org(org_id, read_only=True) as tx:
        found = await whole.found(tx, org_id, order_id)
        names = [f"prepaid:{ORDER.text(order_id)}"]
        names += [f"held:{LINE.text(line.id)}" for line in found.lines if line.model == Model.AGENT]
        order = found.order
        refunds = await money.REFUNDS.all(tx, org_id, order_id)
        later = payments.later_transfers(
            [one.payment_id for one in found.payments],
            [one.refund_id for one in refunds],
            await _came_back(tx, org_id, order_id),
        )
        moved = await ledger.follow(
            tx, org_id, order.entity, order.currency, names, also=later, limit=TRANSFERS_MAX
        )
    return order, moved


async def _came_back(tx: Tx, org_id: OrgId, order_id: OrderId) -> dict[UUID, list[int]]:
    """Of each payout, how much of it had come back after each time that some of it did."""
    sums: dict[UUID, list[int]] = {one.payout_id: [] for one in await money.PAYOUTS.all(tx, org_id, order_id)}
    for entry in await entries.CAME_BACK.all(tx, org_id, order_id):
        if entry.subject_id in sums and entry.amount is not None:
            so_far = sums[entry.subject_id]
            so_far.append(entry.amount + (so_far[-1] if so_far else 0))
    return sums


async def drawn(db: Db, org_id: OrgId, order_id: OrderId) -> bytes:
    """The transfers of an order as a drawing. Raises OrderNotFound, OrderTooLarge."""
    _, moved = await books(db, org_id, order_id)
    if moved.more:
        raise OrderTooLarge(f"a drawing shows {TRANSFERS_MAX} transfers at most")
    return ledger.drawing(moved.transfers)
