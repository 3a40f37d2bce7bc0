"""Handing over, and letting the seller's money go when the time for objections is over."""

from __future__ import annotations

from datetime import datetime

from kontorhaus.goods.orders.actions.opening import Whole, opened, settled
from kontorhaus.goods.orders.actions.showing import shown
from kontorhaus.goods.orders.actions.telling import tell
from kontorhaus.goods.orders.errors import OrderConflict, OrderInvalid
from kontorhaus.goods.orders.events import OrderHandedOver, OrderReleased
from kontorhaus.goods.orders.model import sums
from kontorhaus.goods.orders.model.order import LINE, ORDER, Line, LineId, Model, OrderId
from kontorhaus.goods.orders.model.sums import Delivery
from kontorhaus.goods.orders.model.work import PASS_ON, RELEASE, PassOn, Release
from kontorhaus.goods.orders.store import money
from kontorhaus.goods.orders.store import orders as store
from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.kernel.money import Money
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import payments
from kontorhaus.money.payments import PAYOUT, Allocation, NewPayout, PayoutId
from kontorhaus.people import access
from kontorhaus.platform import jobs
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.idempotency import Once, one_phase
from kontorhaus.platform.secrets import Keyring


async def hand_over(
    db: Db,
    keyring: Keyring,
    actor: Actor,
    once: Once,
    order_id: OrderId,
    line_id: LineId,
    *,
    at: datetime | None,
    now: datetime,
) -> Answer:
    """Note that a paid line was handed over; of an agent's line the time for objections begins. Noting it again changes
    nothing, whatever instant is given then.

    Raises OrderNotFound, OrderLineNotFound, OrderInvalid, OrderConflict.
    """

    async def effect(tx: Tx) -> Answer:
        whole = await opened(tx, actor.org_id, order_id, now=now)
        line = whole.line(line_id)
        if line.handed_over_at is None:
            await _hand_over(tx, actor, whole, line, at or now, now)
        return await shown(tx, actor.org_id, order_id)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def _hand_over(tx: Tx, actor: Actor, whole: Whole, line: Line, at: datetime, now: datetime) -> None:
    org_id, order = actor.org_id, whole.order
    if not order.created_at <= at <= now:
        fault = Fault("/at", "expected an instant after the order was placed, and not in the future")
        raise OrderInvalid("it cannot have been handed over then", faults=(fault,))
    standing = sums.delivery(line, sums.sums(line.id, whole.parts))
    if standing is not Delivery.CLEARED:
        raise OrderConflict(
            "only what is paid, and not canceled, is handed over",
            line=LINE.text(line.id),
            status=order.status,
            delivery=standing,
        )
    until = None
    if line.model == Model.AGENT:
        until = sums.inspection_end(order, sums.of_line(line.id, whole.parts), at)
    await access.record(tx, actor, "order.handed_over", ORDER.prefix, order.id, ["handed_over_at"])
    await store.HAND_OVER.run(tx, org_id, line.id, at, until)
    if until is not None:
        await _release_at(tx, org_id, order.id, line.id, until, str(line.id))
    fact = OrderHandedOver(
        subject=order.id, line=line.id, at=at, inspect_until=until, version=order.version + 1
    )
    await tell(tx, org_id, fact, at=now, line=line.id)
    await settled(tx, org_id, order, now=now)


async def _release_at(
    tx: Tx, org_id: OrgId, order_id: OrderId, line_id: LineId, until: datetime, dedupe_key: str
) -> None:
    job = RELEASE.job(
        org_id,
        Release(order_id, line_id),
        due_at=until,
        clock=jobs.Clock.BUSINESS,
        dedupe_key=dedupe_key,
    )
    await jobs.enqueue(tx, job, now=utc_now())


async def release(tx: Tx, org_id: OrgId, order_id: OrderId, line_id: LineId, *, now: datetime) -> None:
    """Let the money for a line go to its seller: from what is held for the line to what he is owed, and on its way to
    him. Nothing happens before the time for objections is over, and it happens once. Never more than the price of the
    line: what was collected beyond it is the buyer's, and goes back when its fact is heard.

    A transaction posts to the books once, and each payout is a posting of its own: of a line that was paid by several
    payments the other parts follow by jobs.
    """
    whole = await opened(tx, org_id, order_id, now=now)
    line = whole.line(line_id)
    if line.released_at is not None or line.inspect_until is None:
        return
    if now < line.inspect_until:
        # The clock by which it was found due runs ahead of this one, or the organization's was set back. The job at
        # work is its own twin, so the next one has another key.
        await _release_at(tx, org_id, order_id, line_id, line.inspect_until, f"{line_id} {uuid7()}")
        return
    order, own = whole.order, sums.of_line(line.id, whole.parts)
    takings = sums.taking(own, min(line.amount, sum(part.left for part in own)))
    await store.RELEASE.run(tx, org_id, line.id, now)
    payouts = []
    for payment_id, group in sums.by_payment(takings):
        payout_id, amount = PAYOUT.new(), sum(one.amount for one in group)
        await money.INSERT_PAYOUT.run(tx, org_id, payout_id, order.id, line.id, payment_id, amount, now)
        for one in group:
            await money.PASS_ON.run(tx, org_id, payment_id, one.part.position, one.amount)
        payouts.append(payout_id)
    for payout_id in payouts[1:]:
        await jobs.enqueue(
            tx, PASS_ON.job(org_id, PassOn(payout_id), dedupe_key=str(payout_id)), now=utc_now()
        )
    amount = sum(one.amount for one in takings)
    fact = OrderReleased(
        subject=order.id,
        line=line.id,
        amount=Money(amount, order.currency).view(),
        version=order.version + 1,
    )
    await tell(tx, org_id, fact, at=now, line=line.id, amount=amount)
    await settled(tx, org_id, order, now=now)
    if payouts:
        await pass_on(tx, org_id, payouts[0], now=now)


async def pass_on(tx: Tx, org_id: OrgId, payout_id: PayoutId, *, now: datetime) -> None:
    """Ask for a payout that was noted. Once: whoever comes second finds it requested."""
    if await money.NOTE_PAYOUT.run(tx, org_id, payout_id, now) == 0:
        return
    payout = await money.PAYOUT.one(tx, org_id, payout_id)
    order = await store.ORDER.one(tx, org_id, payout.order_id)
    line = next(one for one in await store.LINES.all(tx, org_id, order.id) if one.id == payout.line_id)
    payment = await payments.payment_in(tx, org_id, payout.payment_id)
    assert line.seller is not None, "an agent's line has its seller"
    amount = Money(payout.amount, order.currency)
    new = NewPayout(
        id=payout.payout_id,
        entity=order.entity,
        seller=line.seller,
        amount=amount,
        # What one connection has collected lies there, and nowhere else.
        connection_id=payment.connection_id,
        source_payment=payout.payment_id,
        reference=order.id,
        release=(Allocation(account=f"held:{LINE.text(line.id)}", amount=amount, share=line.id),),
    )
    await payments.request_payout(tx, org_id, new, now=now)
