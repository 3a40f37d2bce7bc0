"""Paying an order: one payment of whatever is unpaid, allocated line by line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kontorhaus.goods.orders.actions.opening import Whole, opened, settled
from kontorhaus.goods.orders.actions.showing import shown
from kontorhaus.goods.orders.actions.telling import tell
from kontorhaus.goods.orders.errors import OrderConflict, OrderPaid
from kontorhaus.goods.orders.events import OrderPaymentBegun
from kontorhaus.goods.orders.model import sums
from kontorhaus.goods.orders.model.order import ORDER, Capture, OrderId, Status
from kontorhaus.goods.orders.model.requests import Pay
from kontorhaus.goods.orders.model.sums import Allotment
from kontorhaus.goods.orders.store import money
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.money import Money
from kontorhaus.money import payments
from kontorhaus.money.payments import PAYMENT, Allocation, NewPayment, PaymentConnectionId, PaymentId
from kontorhaus.people import access
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.idempotency import Once, one_phase
from kontorhaus.platform.secrets import Keyring


async def pay(
    db: Db, keyring: Keyring, actor: Actor, once: Once, order_id: OrderId, *, wanted: Pay, now: datetime
) -> Answer:
    """Create the payment of what is unpaid; the buyer then confirms it. With the id of a payment of this order it
    answers the order as it stands.

    Guaranteed: at most one payment of an order is under way, and what it is to bring is exactly what is unpaid.
    Raises OrderNotFound, OrderConflict, OrderPaid, OrderPaymentOpen, and what creating a payment raises:
    PaymentConnectionUnclear, PaymentConnectionUnfit, PaymentIdReused.
    """
    payment_id = PAYMENT.new() if wanted.id is None else PAYMENT.parse(wanted.id)

    async def effect(tx: Tx) -> Answer:
        whole = await opened(tx, actor.org_id, order_id, now=now)
        if any(one.payment_id == payment_id for one in whole.payments):
            return await shown(tx, actor.org_id, order_id)
        if whole.order.status == Status.CANCELED:
            raise OrderConflict("a canceled order is not paid", status=whole.order.status)
        whole.refuse_open()
        wants = sums.allotments(whole.order, whole.lines, whole.parts)
        if not wants:
            raise OrderPaid("nothing is left to be paid", status=whole.order.status)
        await access.record(tx, actor, "order.payment_begun", ORDER.prefix, order_id, ["payment"])
        await _begin(tx, actor.org_id, whole, payment_id, wants, wanted.return_url, now)
        return await shown(tx, actor.org_id, order_id)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def _begin(
    tx: Tx,
    org_id: OrgId,
    whole: Whole,
    payment_id: PaymentId,
    wants: Sequence[Allotment],
    return_url: str | None,
    now: datetime,
) -> None:
    order = whole.order
    amount = Money(sum(one.amount for one in wants), order.currency)
    new = NewPayment(
        id=payment_id,
        entity=order.entity,
        payer=order.buyer,
        amount=amount,
        connection_id=None if order.connection_id is None else PaymentConnectionId(order.connection_id),
        manual=order.capture == Capture.MANUAL,
        allocations=tuple(_allocation(one, order.currency) for one in wants),
        return_url=return_url,
        reference=order.id,
    )
    created = await payments.create(tx, org_id, new, now=now)
    await money.INSERT_PAYMENT.run(tx, org_id, created.id, order.id, amount.minor, now)
    rows = [
        (org_id, created.id, position, order.id, one.line.id, one.account, one.amount)
        for position, one in enumerate(wants)
    ]
    await money.INSERT_PART.many(tx, rows)
    moved = await settled(tx, org_id, order, now=now)
    fact = OrderPaymentBegun(
        subject=order.id, payment=created.id, amount=amount.view(), version=moved.version
    )
    await tell(tx, org_id, fact, at=now, about=(PAYMENT.prefix, created.id), amount=amount.minor)


def _allocation(one: Allotment, currency: str) -> Allocation:
    return Allocation(
        account=one.account,
        amount=Money(one.amount, currency),
        party=one.line.seller,
        share=one.line.id,
        tax=sums.tax_of(one.line),
    )
