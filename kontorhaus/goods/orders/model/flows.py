"""The payments, refunds and payouts of an order, as it keeps them. How each stands is the payments' to say."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from kontorhaus.goods.orders.model.order import LineId, OrderId
from kontorhaus.money.payments import PaymentId, PayoutId, RefundId


class OrderPayment(Struct, frozen=True):
    """A payment of an order. `ended_at` is None while more may come of it."""

    payment_id: PaymentId
    order_id: OrderId
    amount: int
    captured: int
    created_at: datetime
    ended_at: datetime | None


class OrderRefund(Struct, frozen=True):
    """A refund of an order; `undo` is a list of `Undo` as JSON."""

    refund_id: RefundId
    order_id: OrderId
    payment_id: PaymentId
    amount: int
    reason: str
    undo: bytes
    created_at: datetime
    requested_at: datetime | None


class OrderPayout(Struct, frozen=True):
    """What goes on to the seller of a line, of one payment."""

    payout_id: PayoutId
    order_id: OrderId
    line_id: LineId
    payment_id: PaymentId
    amount: int
    created_at: datetime
    requested_at: datetime | None
