"""Changing what was agreed: canceling a line or the whole order, and lowering a price."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kontorhaus.goods.orders.actions import refunding
from kontorhaus.goods.orders.actions.opening import Whole, opened, settled
from kontorhaus.goods.orders.actions.showing import shown
from kontorhaus.goods.orders.actions.telling import tell
from kontorhaus.goods.orders.errors import OrderConflict, OrderCutInvalid, OrderInvalid, OrderLineReleased
from kontorhaus.goods.orders.events import OrderLineCanceled, OrderPriceCut
from kontorhaus.goods.orders.model import sums
from kontorhaus.goods.orders.model.order import LINE, ORDER, Line, LineId, Model, OrderId, Status
from kontorhaus.goods.orders.model.sums import Taking
from kontorhaus.goods.orders.store import orders as store
from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.money import Money
from kontorhaus.people import access
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.idempotency import Once, one_phase
from kontorhaus.platform.secrets import Keyring


async def cancel_line(
    db: Db, keyring: Keyring, actor: Actor, once: Once, order_id: OrderId, line_id: LineId, *, now: datetime
) -> Answer:
    """Cancel a line that was not handed over, and give back exactly what was collected for it. The last line takes the
    order with it. Canceling it again changes nothing.

    Raises OrderNotFound, OrderLineNotFound, OrderPaymentOpen, OrderConflict.
    """

    async def effect(tx: Tx) -> Answer:
        whole = await opened(tx, actor.org_id, order_id, now=now)
        line = whole.line(line_id)
        if line.stands:
            await _cancel(tx, actor, whole, [line], "line_canceled", now)
        return await shown(tx, actor.org_id, order_id)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def cancel_order(
    db: Db, keyring: Keyring, actor: Actor, once: Once, order_id: OrderId, *, now: datetime
) -> Answer:
    """Cancel an order of which nothing was handed over, and give back all that was collected. Canceling it again
    changes nothing. Raises OrderNotFound, OrderPaymentOpen, OrderConflict."""

    async def effect(tx: Tx) -> Answer:
        whole = await opened(tx, actor.org_id, order_id, now=now)
        if whole.order.status != Status.CANCELED:
            standing = [line for line in whole.lines if line.stands]
            await _cancel(tx, actor, whole, standing, "order_canceled", now)
        return await shown(tx, actor.org_id, order_id)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def _cancel(
    tx: Tx, actor: Actor, whole: Whole, lines: Sequence[Line], reason: str, now: datetime
) -> None:
    org_id, order = actor.org_id, whole.order
    for line in lines:
        if line.handed_over_at is not None:
            raise OrderConflict(
                "what was handed over is not canceled", line=LINE.text(line.id), status=order.status
            )
    whole.refuse_open()
    await access.record(tx, actor, f"order.{reason}", ORDER.prefix, order.id, ["lines"])
    await store.CANCEL_LINES.run(tx, org_id, [line.id for line in lines], now)
    takings: list[Taking] = []
    for line in lines:
        own = sums.of_line(line.id, whole.parts)
        taken = sums.taking(own, sum(part.left for part in own))
        takings += taken
        amount = sum(one.amount for one in taken)
        fact = OrderLineCanceled(
            subject=order.id,
            line=line.id,
            refund=Money(amount, order.currency).view(),
            version=order.version + 1,
        )
        await tell(tx, org_id, fact, at=now, line=line.id, amount=amount)
    refund_id = await refunding.planned(tx, org_id, order, takings, reason, now=now)
    await settled(tx, org_id, order, now=now)
    if refund_id is not None:
        await refunding.request(tx, org_id, refund_id, order.currency, now=now)


async def cut_price(
    db: Db,
    keyring: Keyring,
    actor: Actor,
    once: Once,
    order_id: OrderId,
    line_id: LineId,
    *,
    by: Money,
    now: datetime,
) -> Answer:
    """Lower the price of an agent's line, and give back what was collected beyond the new one. Until its money is
    released: also after the hand-over, when the buyer has found a scratch.

    Raises OrderNotFound, OrderLineNotFound, OrderInvalid, OrderCutInvalid, OrderPaymentOpen, OrderConflict,
    OrderLineReleased.
    """

    async def effect(tx: Tx) -> Answer:
        whole = await opened(tx, actor.org_id, order_id, now=now)
        await _cut(tx, actor, whole, whole.line(line_id), by, now)
        return await shown(tx, actor.org_id, order_id)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def _cut(tx: Tx, actor: Actor, whole: Whole, line: Line, by: Money, now: datetime) -> None:
    org_id, order = actor.org_id, whole.order
    _refuse_cut(whole, line, by)
    whole.refuse_open()
    amount = line.amount - by.minor
    await access.record(tx, actor, "order.price_cut", ORDER.prefix, order.id, ["amount"])
    await store.CUT.run(tx, org_id, line.id, amount)
    own = sums.of_line(line.id, whole.parts)
    excess = max(0, sums.sums(line.id, own).kept - amount)
    taken = sums.taking(own, excess)
    fact = OrderPriceCut(
        subject=order.id,
        line=line.id,
        cut=by.view(),
        amount=Money(amount, order.currency).view(),
        refund=Money(excess, order.currency).view(),
        version=order.version + 1,
    )
    await tell(tx, org_id, fact, at=now, line=line.id, amount=by.minor)
    refund_id = await refunding.planned(tx, org_id, order, taken, "price_cut", now=now)
    await settled(tx, org_id, order, now=now)
    if refund_id is not None:
        await refunding.request(tx, org_id, refund_id, order.currency, now=now)


def _refuse_cut(whole: Whole, line: Line, by: Money) -> None:
    if by.currency != whole.order.currency:
        fault = Fault("/amount/currency", f"expected {whole.order.currency}, as in the order")
        raise OrderInvalid("the order is in another currency", faults=(fault,))
    if line.model != Model.AGENT:
        raise OrderCutInvalid("only what is sold in a seller's name is cut")
    if not 0 < by.minor < line.amount:
        raise OrderCutInvalid("a cut is more than nothing and less than the whole price", price=line.amount)
    if line.released_at is not None:
        raise OrderLineReleased("the seller has the money", line=LINE.text(line.id))
    if not line.stands:
        raise OrderConflict(
            "a canceled line has no price", line=LINE.text(line.id), status=whole.order.status
        )
