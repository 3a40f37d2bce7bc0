"""Giving back what was collected: noted with the change that it follows from, and asked of the payments.

A transaction posts to the books once, and each payment's refund is a posting of its own. So the first is asked for in
the transaction of the change, and the rest, where a line was paid by several payments, each by a job of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from kontorhaus.goods.orders.actions.opening import Whole, settled
from kontorhaus.goods.orders.actions.telling import tell
from kontorhaus.goods.orders.events import OrderOverpaid
from kontorhaus.goods.orders.model import sums
from kontorhaus.goods.orders.model.flows import OrderRefund
from kontorhaus.goods.orders.model.order import Line, LineId, SalesOrder
from kontorhaus.goods.orders.model.sums import Taking, Undo, by_payment
from kontorhaus.goods.orders.model.work import GIVE_BACK, GiveBack
from kontorhaus.goods.orders.store import money
from kontorhaus.goods.orders.store import orders as store
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.money import Money
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import payments
from kontorhaus.money.payments import REFUND, Allocation, NewRefund, RefundId
from kontorhaus.platform import jobs
from kontorhaus.platform.db import Tx


async def planned(
    tx: Tx, org_id: OrgId, order: SalesOrder, takings: Sequence[Taking], reason: str, *, now: datetime
) -> RefundId | None:
    """Note what is given back, and enqueue all refunds but the first, which the caller asks for by `request` as the
    last thing of its transaction. None where there is nothing to give back."""
    first: RefundId | None = None
    for payment_id, group in by_payment(takings):
        refund_id = REFUND.new()
        undo = [Undo(one.part.account, one.amount, one.part.line_id) for one in group]
        amount = sum(one.amount for one in group)
        await money.INSERT_REFUND.run(
            tx, org_id, refund_id, order.id, payment_id, amount, reason, msgspec.json.encode(undo), now
        )
        for one in group:
            await money.GIVE_BACK.run(tx, org_id, payment_id, one.part.position, one.amount)
        if first is None:
            first = refund_id
        else:
            job = GIVE_BACK.job(org_id, GiveBack(refund_id, order.currency), dedupe_key=str(refund_id))
            await jobs.enqueue(tx, job, now=utc_now())
    return first


async def too_much(tx: Tx, org_id: OrgId, whole: Whole, *, now: datetime) -> None:
    """Give back what was collected beyond the prices of the lines, as the last thing of a transaction."""
    takings = sums.excess(whole.order, whole.lines, whole.parts)
    refund_id = await planned(tx, org_id, whole.order, takings, "overpaid", now=now)
    if refund_id is not None:
        order, amount = whole.order, sum(one.amount for one in takings)
        fact = OrderOverpaid(
            subject=order.id, refund=Money(amount, order.currency).view(), version=order.version + 1
        )
        await tell(tx, org_id, fact, at=now, amount=amount)
        await settled(tx, org_id, order, now=now)
        await request(tx, org_id, refund_id, whole.order.currency, now=now)


async def request(tx: Tx, org_id: OrgId, refund_id: RefundId, currency: str, *, now: datetime) -> None:
    """Ask the payments for a refund that was noted: what it takes back from the lines' accounts is posted together with
    its hold. Once: whoever comes second finds it requested."""
    if await money.NOTE_REFUND.run(tx, org_id, refund_id, now) == 0:
        return
    refund = await money.REFUND.one(tx, org_id, refund_id)
    lines = await store.LINES.all(tx, org_id, refund.order_id)
    await payments.request_refund(tx, org_id, new_refund(refund, lines, currency), now=now)


def new_refund(refund: OrderRefund, lines: Sequence[Line], currency: str) -> NewRefund:
    taxes = {line.id: sums.tax_of(line) for line in lines}
    undo = msgspec.json.decode(refund.undo, type=list[Undo])
    return NewRefund(
        id=refund.refund_id,
        payment=refund.payment_id,
        amount=Money(refund.amount, currency),
        reason="requested_by_customer",
        undo=tuple(
            Allocation(
                account=one.account,
                amount=Money(one.amount, currency),
                share=one.line_id,
                tax=taxes[LineId(one.line_id)],
            )
            for one in undo
        ),
    )
