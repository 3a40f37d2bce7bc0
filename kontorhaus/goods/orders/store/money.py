"""Statements of what payments bring for lines, and of what goes back or on."""

from __future__ import annotations

from msgspec import Struct

from kontorhaus.goods.orders.model.flows import OrderPayment, OrderPayout, OrderRefund
from kontorhaus.goods.orders.model.order import LineId, OrderId
from kontorhaus.goods.orders.model.sums import Part
from kontorhaus.platform.db import Command, Query


class Of(Struct, frozen=True):
    """The order that something belongs to, and the line if it is of one."""

    order_id: OrderId
    line_id: LineId | None


PARTS = Query(
    Part,
    """
    SELECT payment_id, position, order_id, line_id, account, allocated, collected, refunded, released, collected_at
    FROM order_part WHERE org_id = $1 AND order_id = $2 ORDER BY payment_id, position
    """,
)

PARTS_NOW = Query(
    Part,
    """
    SELECT payment_id, position, order_id, line_id, account, allocated, collected, refunded, released, collected_at
    FROM order_part WHERE org_id = $1 AND order_id = ANY ($2::uuid[]) ORDER BY payment_id, position
    """,
)

PAYMENTS = Query(
    OrderPayment,
    """
    SELECT payment_id, order_id, amount, captured, created_at, ended_at
    FROM order_payment WHERE org_id = $1 AND order_id = $2 ORDER BY payment_id
    """,
)

PAYMENTS_NOW = Query(
    OrderPayment,
    """
    SELECT payment_id, order_id, amount, captured, created_at, ended_at
    FROM order_payment WHERE org_id = $1 AND order_id = ANY ($2::uuid[]) ORDER BY payment_id
    """,
)

OF_PAYMENT = Query(
    Of, "SELECT order_id, NULL::uuid AS line_id FROM order_payment WHERE org_id = $1 AND payment_id = $2"
)

OF_REFUND = Query(
    Of, "SELECT order_id, NULL::uuid AS line_id FROM order_refund WHERE org_id = $1 AND refund_id = $2"
)

OF_PAYOUT = Query(Of, "SELECT order_id, line_id FROM order_payout WHERE org_id = $1 AND payout_id = $2")

INSERT_PAYMENT = Command(
    "INSERT INTO order_payment (org_id, payment_id, order_id, amount, created_at) VALUES ($1, $2, $3, $4, $5)"
)

INSERT_PART = Command(
    """
    INSERT INTO order_part (org_id, payment_id, position, order_id, line_id, account, allocated)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    """
)

NOTE_PAYMENT = Command(
    """
    UPDATE order_payment SET captured = $3, ended_at = $4
    WHERE org_id = $1 AND payment_id = $2 AND (ended_at IS NULL OR captured < $3)
    """
)

COLLECT = Command(
    """
    UPDATE order_part SET collected = $4, collected_at = coalesce(collected_at, $5)
    WHERE org_id = $1 AND payment_id = $2 AND position = $3 AND collected < $4
    """
)

GIVE_BACK = Command(
    "UPDATE order_part SET refunded = refunded + $4 WHERE org_id = $1 AND payment_id = $2 AND position = $3"
)

PASS_ON = Command(
    "UPDATE order_part SET released = released + $4 WHERE org_id = $1 AND payment_id = $2 AND position = $3"
)

INSERT_REFUND = Command(
    """
    INSERT INTO order_refund (org_id, refund_id, order_id, payment_id, amount, reason, undo, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    """
)

REFUND = Query(
    OrderRefund,
    """
    SELECT refund_id, order_id, payment_id, amount, reason, undo, created_at, requested_at
    FROM order_refund WHERE org_id = $1 AND refund_id = $2
    """,
)

REFUNDS = Query(
    OrderRefund,
    """
    SELECT refund_id, order_id, payment_id, amount, reason, undo, created_at, requested_at
    FROM order_refund WHERE org_id = $1 AND order_id = $2 ORDER BY refund_id
    """,
)

NOTE_REFUND = Command(
    "UPDATE order_refund SET requested_at = $3 WHERE org_id = $1 AND refund_id = $2 AND requested_at IS NULL"
)

INSERT_PAYOUT = Command(
    """
    INSERT INTO order_payout (org_id, payout_id, order_id, line_id, payment_id, amount, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    """
)

PAYOUT = Query(
    OrderPayout,
    """
    SELECT payout_id, order_id, line_id, payment_id, amount, created_at, requested_at
    FROM order_payout WHERE org_id = $1 AND payout_id = $2
    """,
)

PAYOUTS = Query(
    OrderPayout,
    """
    SELECT payout_id, order_id, line_id, payment_id, amount, created_at, requested_at
    FROM order_payout WHERE org_id = $1 AND order_id = $2 ORDER BY payout_id
    """,
)

NOTE_PAYOUT = Command(
    "UPDATE order_payout SET requested_at = $3 WHERE org_id = $1 AND payout_id = $2 AND requested_at IS NULL"
)
