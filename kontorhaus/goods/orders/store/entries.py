"""Statements of the timeline."""

from __future__ import annotations

from kontorhaus.goods.orders.model.entries import Entry
from kontorhaus.platform.db import Command, Query

INSERT = Command(
    """
    INSERT INTO order_entry (org_id, order_id, id, at, kind, line_id, subject_kind, subject_id, amount, word)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    """
)

NEWEST = Query(
    Entry,
    """
    SELECT id, at, kind, line_id, subject_kind, subject_id, amount, word
    FROM order_entry WHERE org_id = $1 AND order_id = $2 ORDER BY id DESC LIMIT $3
    """,
)

# What was said last of one payment, refund or payout; the order's own word of a payment comes after what it tells of.
LAST_OF = Query(
    Entry,
    """
    SELECT id, at, kind, line_id, subject_kind, subject_id, amount, word FROM order_entry
    WHERE org_id = $1 AND order_id = $2 AND subject_kind = $3 AND subject_id = $4 AND kind <> 'order.collected'
    ORDER BY id DESC LIMIT 1
    """,
)

# What came back of payouts, each time.
CAME_BACK = Query(
    Entry,
    """
    SELECT id, at, kind, line_id, subject_kind, subject_id, amount, word FROM order_entry
    WHERE org_id = $1 AND order_id = $2 AND subject_kind = 'po' AND kind = 'payout.reversed' ORDER BY id
    """,
)

# What was said last of every refund and payout of an order.
LAST_OF_EACH = Query(
    Entry,
    """
    SELECT DISTINCT ON (subject_id) id, at, kind, line_id, subject_kind, subject_id, amount, word
    FROM order_entry WHERE org_id = $1 AND order_id = $2 AND subject_kind IN ('ref', 'po')
    ORDER BY subject_id, id DESC
    """,
)
