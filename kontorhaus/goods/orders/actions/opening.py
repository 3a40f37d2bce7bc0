"""What every action begins with: the order, locked, with its lines, and everything its payments have brought so far."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from kontorhaus.goods.orders.actions.telling import tell
from kontorhaus.goods.orders.errors import OrderLineNotFound, OrderNotFound, OrderPaymentOpen
from kontorhaus.goods.orders.events import OrderCanceled, OrderCollected, OrderCompleted, OrderConfirmed
from kontorhaus.goods.orders.model import sums
from kontorhaus.goods.orders.model.flows import OrderPayment
from kontorhaus.goods.orders.model.order import Line, LineId, OrderId, SalesOrder, Status, Step, advance
from kontorhaus.goods.orders.model.sums import Paid, Part
from kontorhaus.goods.orders.store import money
from kontorhaus.goods.orders.store import orders as store
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.money import Money
from kontorhaus.money import payments
from kontorhaus.money.payments import PAYMENT, Payment
from kontorhaus.platform.db import Tx

ENDED = frozenset({"canceled", "expired"})
"""The statuses in which a payment has ended unpaid."""


class Whole(Struct, frozen=True):
    """An order as it stands. `open` is the payment that is under way, if one is, as the payments have it."""

    order: SalesOrder
    lines: list[Line]
    parts: list[Part]
    payments: list[OrderPayment]
    open: Payment | None

    def line(self, line_id: LineId) -> Line:
        for line in self.lines:
            if line.id == line_id:
                return line
        raise OrderLineNotFound("the order has no such line")

    def refuse_open(self) -> None:
        """OrderPaymentOpen while a payment is under way: what it brings to which line is fixed."""
        if self.open is not None:
            raise OrderPaymentOpen(
                "a payment of the order is under way",
                payment=PAYMENT.text(self.open.id),
                payment_status=self.open.status,
            )


async def opened(
    tx: Tx, org_id: OrgId, order_id: OrderId, *, now: datetime, heard: UUID | None = None
) -> Whole:
    """Lock an order and bring it up to date with its payments; OrderNotFound. `heard` is a payment that something was
    heard of: it is looked at even if it had ended, for a provider may have taken the money after all.

    Up to date, since facts come a moment later than what they tell: who has just paid may not be told that he has
    not. The reaction to the fact then finds nothing left to do.
    """
    order = await store.LOCK.maybe(tx, org_id, order_id)
    if order is None:
        raise OrderNotFound("there is no such order")
    found = await money.PAYMENTS.all(tx, org_id, order_id)
    under_way: Payment | None = None
    for one in found:
        if one.ended_at is not None and one.payment_id != heard:
            continue
        payment = await payments.payment_in(tx, org_id, one.payment_id)
        if await _absorb(tx, org_id, order, one, payment, now=now):
            order = await settled(tx, org_id, order, now=now)
        elif one.ended_at is None:
            under_way = payment
    return Whole(
        order=order,
        lines=await store.LINES.all(tx, org_id, order_id),
        parts=await money.PARTS.all(tx, org_id, order_id),
        payments=await money.PAYMENTS.all(tx, org_id, order_id),
        open=under_way,
    )


async def _absorb(
    tx: Tx, org_id: OrgId, order: SalesOrder, known: OrderPayment, payment: Payment, *, now: datetime
) -> bool:
    """Note what a payment has brought, if it has ended; says whether that was news. Its sums are taken as they stand,
    so it makes no difference how often, or in which order, one is told of it."""
    if payment.captured == 0 and payment.status not in ENDED:
        return False
    if known.ended_at is not None and payment.captured <= known.captured:
        return False
    every = await money.PARTS.all(tx, org_id, order.id)
    parts = [part for part in every if part.payment_id == payment.id]
    for part, share in zip(parts, sums.shares(parts, payment.captured, order.currency), strict=True):
        if share:
            await money.COLLECT.run(tx, org_id, payment.id, part.position, share, now)
    await money.NOTE_PAYMENT.run(tx, org_id, payment.id, payment.captured, now)
    fact = OrderCollected(
        subject=order.id,
        payment=payment.id,
        captured=Money(payment.captured, order.currency).view(),
        ended=True,
        version=order.version + 1,
    )
    await tell(tx, org_id, fact, at=now, about=(PAYMENT.prefix, payment.id), amount=payment.captured)
    return True


async def settled(tx: Tx, org_id: OrgId, order: SalesOrder, *, now: datetime) -> SalesOrder:
    """Count the order's version, and move its status to what its lines say: the last thing that a change does with the
    order's rows. The one place from which a status is written."""
    lines = await store.LINES.all(tx, org_id, order.id)
    parts = await money.PARTS.all(tx, org_id, order.id)
    steps = _steps(order, lines, parts)
    moved = await store.MOVE.one(tx, org_id, order.id, order.status, order.status, now)
    for step in steps:
        status = advance(moved, step)
        moved = await store.MOVE.one(tx, org_id, order.id, moved.status, status, now)
        kind = {
            Step.CONFIRM: OrderConfirmed,
            Step.COMPLETE: OrderCompleted,
            Step.CANCEL: OrderCanceled,
        }[step]
        await tell(tx, org_id, kind(subject=order.id, version=moved.version), at=now)
    return moved


def _steps(order: SalesOrder, lines: Sequence[Line], parts: Sequence[Part]) -> list[Step]:
    standing = [line for line in lines if line.stands]
    if order.status in {Status.COMPLETED, Status.CANCELED}:
        return []
    if not standing:
        return [Step.CANCEL]
    steps = []
    paid = all(sums.paid(line, sums.sums(line.id, parts)) is Paid.PAID for line in standing)
    if order.status == Status.PLACED and paid:
        steps.append(Step.CONFIRM)
    if (paid or order.status == Status.CONFIRMED) and all(line.done for line in standing):
        steps.append(Step.COMPLETE)
    return steps
