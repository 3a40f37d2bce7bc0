"""Statements of orders and their lines."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from kontorhaus.goods.orders.model.order import Line, OrderId, SalesOrder
from kontorhaus.platform.db import Command, Query


class Id(Struct, frozen=True):
    id: UUID


class Total(Struct, frozen=True):
    """What an order comes to: the prices of the lines that stand."""

    order_id: OrderId
    lines: int
    amount: int


INSERT = Query(
    Id,
    """
    INSERT INTO sales_order
        (org_id, id, entity, buyer, currency, connection_id, capture, inspection_days, reference, status, created_at,
         updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'placed', $10, $10)
    ON CONFLICT (org_id, id) DO NOTHING
    RETURNING id
    """,
)

INSERT_LINE = Query(
    Id,
    """
    INSERT INTO order_line
        (org_id, id, order_id, position, model, seller, description, quantity, ordered, amount, tax_rate, tax_category,
         tax_country)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12)
    ON CONFLICT (org_id, id) DO NOTHING
    RETURNING id
    """,
)

ORDER = Query(
    SalesOrder,
    """
    SELECT id, entity, buyer, currency, connection_id, capture, inspection_days, reference, status, version, created_at,
        updated_at, confirmed_at, completed_at, canceled_at
    FROM sales_order WHERE org_id = $1 AND id = $2
    """,
)

LOCK = Query(
    SalesOrder,
    """
    SELECT id, entity, buyer, currency, connection_id, capture, inspection_days, reference, status, version, created_at,
        updated_at, confirmed_at, completed_at, canceled_at
    FROM sales_order WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE
    """,
)

LINES = Query(
    Line,
    """
    SELECT id, order_id, position, model, seller, description, quantity, ordered, amount, tax_rate, tax_category,
        tax_country, handed_over_at, inspect_until, released_at, canceled_at
    FROM order_line WHERE org_id = $1 AND order_id = $2 ORDER BY position
    """,
)

ORDERS_NOW = Query(
    SalesOrder,
    """
    SELECT id, entity, buyer, currency, connection_id, capture, inspection_days, reference, status, version, created_at,
        updated_at, confirmed_at, completed_at, canceled_at
    FROM sales_order WHERE org_id = $1 AND id = ANY ($2::uuid[])
    """,
)

LINES_NOW = Query(
    Line,
    """
    SELECT id, order_id, position, model, seller, description, quantity, ordered, amount, tax_rate, tax_category,
        tax_country, handed_over_at, inspect_until, released_at, canceled_at
    FROM order_line WHERE org_id = $1 AND order_id = ANY ($2::uuid[]) ORDER BY order_id, position
    """,
)

TOTALS = Query(
    Total,
    """
    SELECT order_id, count(*)::integer AS lines,
        coalesce(sum(amount) FILTER (WHERE canceled_at IS NULL), 0)::bigint AS amount
    FROM order_line WHERE org_id = $1 AND order_id = ANY ($2::uuid[]) GROUP BY order_id
    """,
)

ORDERS = Query(
    SalesOrder,
    """
    SELECT id, entity, buyer, currency, connection_id, capture, inspection_days, reference, status, version, created_at,
        updated_at, confirmed_at, completed_at, canceled_at
    FROM sales_order WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

ORDERS_OF_STATUS = Query(
    SalesOrder,
    """
    SELECT id, entity, buyer, currency, connection_id, capture, inspection_days, reference, status, version, created_at,
        updated_at, confirmed_at, completed_at, canceled_at
    FROM sales_order WHERE org_id = $1 AND status = $4 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

ORDERS_OF_BUYER = Query(
    SalesOrder,
    """
    SELECT id, entity, buyer, currency, connection_id, capture, inspection_days, reference, status, version, created_at,
        updated_at, confirmed_at, completed_at, canceled_at
    FROM sales_order WHERE org_id = $1 AND buyer = $4 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

ORDERS_OF_REFERENCE = Query(
    SalesOrder,
    """
    SELECT id, entity, buyer, currency, connection_id, capture, inspection_days, reference, status, version, created_at,
        updated_at, confirmed_at, completed_at, canceled_at
    FROM sales_order WHERE org_id = $1 AND reference = $4 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

# A seller's lines lie together by order; of each order the first is enough.
IDS_OF_SELLER = Query(
    Id,
    """
    SELECT DISTINCT order_id AS id FROM order_line
    WHERE org_id = $1 AND seller = $4 AND order_id < $2 ORDER BY order_id DESC LIMIT $3
    """,
)

# The one place that writes a status; with the same one it counts the version.
MOVE = Query(
    SalesOrder,
    """
    UPDATE sales_order SET
        status = $4, version = version + 1, updated_at = $5,
        confirmed_at = CASE WHEN $4 = 'confirmed' AND confirmed_at IS NULL THEN $5 ELSE confirmed_at END,
        completed_at = CASE WHEN $4 = 'completed' AND completed_at IS NULL THEN $5 ELSE completed_at END,
        canceled_at = CASE WHEN $4 = 'canceled' AND canceled_at IS NULL THEN $5 ELSE canceled_at END
    WHERE org_id = $1 AND id = $2 AND status = $3
    RETURNING id, entity, buyer, currency, connection_id, capture, inspection_days, reference, status, version,
        created_at, updated_at, confirmed_at, completed_at, canceled_at
    """,
)

HAND_OVER = Command(
    """
    UPDATE order_line SET handed_over_at = $3, inspect_until = $4
    WHERE org_id = $1 AND id = $2 AND handed_over_at IS NULL AND canceled_at IS NULL
    """
)

CANCEL_LINES = Command(
    """
    UPDATE order_line SET canceled_at = $3
    WHERE org_id = $1 AND id = ANY ($2::uuid[]) AND handed_over_at IS NULL AND canceled_at IS NULL
    """
)

CUT = Command(
    """
    UPDATE order_line SET amount = $3
    WHERE org_id = $1 AND id = $2 AND released_at IS NULL AND canceled_at IS NULL
    """
)

RELEASE = Command(
    """
    UPDATE order_line SET released_at = $3
    WHERE org_id = $1 AND id = $2 AND released_at IS NULL AND handed_over_at IS NOT NULL
    """
)
