"""Statements that look for what must not be of payouts, over all organizations. What they find is told as text."""

from __future__ import annotations

from msgspec import Struct

from kontorhaus.platform.db import Query


class FindingRow(Struct, frozen=True):
    subject: str
    detail: str


# Per currency and connection: what payouts say against what stands on its clearing account between it and what sellers
# are owed, or owe.
CLEARING = Query(
    FindingRow,
    """
    SELECT w.connection_id::text AS subject,
           format('%s: payouts less what came back are %s, posted are %s', w.currency, w.said, w.posted) AS detail
    FROM (SELECT s.org_id, s.connection_id, s.currency, sum(s.said)::bigint AS said, sum(s.posted)::bigint AS posted
          FROM (SELECT p.org_id, p.connection_id, p.currency, p.amount - p.reversed AS said, 0::bigint AS posted
                FROM payout p WHERE p.status IN ('paid', 'returned')
                UNION ALL
                SELECT a.org_id, a.connection_id, a.currency, 0, t.amount
                FROM ledger_account a
                JOIN ledger_transfer t ON t.org_id = a.org_id AND t.credit_id = a.id
                JOIN ledger_account o ON o.org_id = t.org_id AND o.id = t.debit_id
                                     AND o.type IN ('payable', 'recoverable')
                WHERE a.type = 'clearing' AND a.connection_id IS NOT NULL
                UNION ALL
                SELECT a.org_id, a.connection_id, a.currency, 0, -t.amount
                FROM ledger_account a
                JOIN ledger_transfer t ON t.org_id = a.org_id AND t.debit_id = a.id
                JOIN ledger_account o ON o.org_id = t.org_id AND o.id = t.credit_id AND o.type = 'payable'
                WHERE a.type = 'clearing' AND a.connection_id IS NOT NULL) AS s
          GROUP BY s.org_id, s.connection_id, s.currency) AS w
    -- Who posts to an account that is named after no connection has his own reasons.
    WHERE w.said <> w.posted AND EXISTS (SELECT FROM payment_connection c WHERE c.id = w.connection_id)
    ORDER BY 1, 2 LIMIT $1
    """,
)

HELD = Query(
    FindingRow,
    """
    SELECT p.id::text AS subject,
           format('is %s, and its hold %s', p.status,
                  CASE WHEN h.id IS NULL THEN 'is missing' WHEN h.amount <> p.amount THEN 'is of another amount'
                       ELSE coalesce('was ' || e.outcome, 'is open') END) AS detail
    FROM payout p
    LEFT JOIN ledger_hold h ON h.org_id = p.org_id AND h.id = p.hold_id
    LEFT JOIN ledger_hold_end e ON e.org_id = p.org_id AND e.hold_id = p.hold_id
    WHERE h.id IS NULL OR h.amount <> p.amount
       OR (e.hold_id IS NULL) <> (p.status IN ('planned', 'on_hold', 'sending'))
    ORDER BY 1 LIMIT $1
    """,
)

OPERATIONS = Query(
    FindingRow,
    """
    SELECT w.id::text AS subject, w.detail
    FROM (SELECT p.id, format('is %s and waits for a call that is not open', p.status) AS detail
          FROM payout p
          WHERE p.operation_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM operation o WHERE o.org_id = p.org_id AND o.id = p.operation_id
                            AND o.subject_id = p.id AND o.status IN ('claimed', 'sent', 'unknown'))
          UNION ALL
          SELECT a.id, 'waits for a call that is not open'
          FROM seller_account a
          WHERE a.operation_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM operation o WHERE o.org_id = a.org_id AND o.id = a.operation_id
                            AND o.subject_id = a.id AND o.status IN ('claimed', 'sent', 'unknown'))
          UNION ALL
          SELECT o.subject_id, format('a call to %s is open that nothing waits for', o.kind)
          FROM operation o
          WHERE o.status IN ('claimed', 'sent', 'unknown') AND o.subject_kind IN ('payout', 'seller_account')
            AND NOT EXISTS (SELECT FROM payout p WHERE p.org_id = o.org_id AND p.id = o.subject_id
                            AND p.operation_id = o.id)
            AND NOT EXISTS (SELECT FROM seller_account a WHERE a.org_id = o.org_id AND a.id = o.subject_id
                            AND a.operation_id = o.id)) AS w
    ORDER BY 1, 2 LIMIT $1
    """,
)

# Nobody would ever look at it again. Arguments of jobs hold ids as text.
UNATTENDED = Query(
    FindingRow,
    """
    SELECT p.id::text AS subject, format('is %s, and no job looks after it', p.status) AS detail
    FROM payout p
    WHERE p.status IN ('planned', 'on_hold')
      AND NOT EXISTS (SELECT FROM job j
                      WHERE j.org_id = p.org_id AND j.kind = 'payouts.try' AND j.state <> 'parked'
                        AND position(convert_to(p.id::text, 'UTF8') IN j.args) > 0)
    ORDER BY 1 LIMIT $1
    """,
)
