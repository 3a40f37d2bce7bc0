"""Statements that follow money through entry sets."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from kontorhaus.money.ledger.model.shown import ShownHold, ShownTransfer
from kontorhaus.platform.db import Query


class At(Struct, frozen=True):
    """The instant of record of an entry set."""

    recorded_at: datetime


# The entry sets that touched some accounts, by a transfer or by a hold; oldest first. Each branch walks an index, and
# no further than its limit, so that a hot account costs no more than a quiet one.
SETS_OF_ACCOUNTS = Query(
    At,
    """
    WITH own AS (
        SELECT a.id FROM ledger_account a JOIN ledger_entity e ON e.org_id = a.org_id AND e.number = a.entity
        WHERE a.org_id = $1 AND e.id = $2 AND a.currency = $3 AND a.name = ANY ($4::text[])
    )
    SELECT s.recorded_at FROM own, LATERAL (
        (SELECT recorded_at FROM ledger_transfer WHERE org_id = $1 AND debit_id = own.id ORDER BY recorded_at LIMIT $5)
        UNION ALL
        (SELECT recorded_at FROM ledger_transfer WHERE org_id = $1 AND credit_id = own.id ORDER BY recorded_at LIMIT $5)
        UNION ALL
        (SELECT recorded_at FROM ledger_hold WHERE org_id = $1 AND debit_id = own.id ORDER BY recorded_at LIMIT $5)
        UNION ALL
        (SELECT recorded_at FROM ledger_hold WHERE org_id = $1 AND credit_id = own.id ORDER BY recorded_at LIMIT $5)
    ) s
    GROUP BY s.recorded_at ORDER BY s.recorded_at LIMIT $5
    """,
)

TRANSFERS_OF_SETS = Query(
    ShownTransfer,
    """
    SELECT t.id, e.id AS entity_id, t.entity, t.recorded_at, t.line, d.currency, d.name AS debit, c.name AS credit,
           t.amount, t.base_amount, e.base_currency, t.effective_at, t.reference, t.tax_rate, t.tax_category,
           t.tax_point
    FROM ledger_entity e
    JOIN ledger_transfer t ON t.org_id = e.org_id AND t.entity = e.number AND t.recorded_at = ANY ($3::timestamptz[])
    JOIN ledger_account d ON d.org_id = t.org_id AND d.id = t.debit_id
    JOIN ledger_account c ON c.org_id = t.org_id AND c.id = t.credit_id
    WHERE e.org_id = $1 AND e.id = $2
    ORDER BY t.recorded_at, t.line LIMIT $4
    """,
)

HOLDS_OF_SETS = Query(
    ShownHold,
    """
    SELECT h.id, e.id AS entity_id, h.entity, h.recorded_at, h.line, d.currency, d.name AS debit, c.name AS credit,
           h.amount, h.base_amount, e.base_currency, h.expires_at, h.reference, x.id AS end_id,
           x.recorded_at AS end_recorded_at, x.outcome
    FROM ledger_entity e
    JOIN ledger_hold h ON h.org_id = e.org_id AND h.entity = e.number AND h.recorded_at = ANY ($3::timestamptz[])
    JOIN ledger_account d ON d.org_id = h.org_id AND d.id = h.debit_id
    JOIN ledger_account c ON c.org_id = h.org_id AND c.id = h.credit_id
    LEFT JOIN ledger_hold_end x ON x.org_id = h.org_id AND x.hold_id = h.id
    WHERE e.org_id = $1 AND e.id = $2
    ORDER BY h.recorded_at, h.line LIMIT $4
    """,
)
