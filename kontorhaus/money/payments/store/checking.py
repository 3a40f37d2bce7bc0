"""Statements that look for what must not be, over all organizations. What they find is told as text."""

from __future__ import annotations

from msgspec import Struct

from kontorhaus.platform.db import Query


class FindingRow(Struct, frozen=True):
    subject: str
    detail: str


# Per entity, currency and connection: what payments and refunds say against what stands on its clearing account between
# it and deposits.
CLEARING = Query(
    FindingRow,
    """
    SELECT w.connection_id::text AS subject,
           format('%s: payments less refunds are %s, posted are %s', w.currency, w.said, w.posted) AS detail
    FROM (SELECT s.connection_id, s.currency, sum(s.said)::bigint AS said, sum(s.posted)::bigint AS posted
          FROM (SELECT p.connection_id, p.currency, p.captured AS said, 0::bigint AS posted FROM payment p
                UNION ALL
                SELECT r.connection_id, r.currency, -r.amount, 0 FROM refund r
                WHERE r.posted AND r.status NOT IN ('failed', 'canceled')
                UNION ALL
                SELECT a.connection_id, a.currency, 0, t.amount
                FROM ledger_account a
                JOIN ledger_transfer t ON t.org_id = a.org_id AND t.debit_id = a.id
                JOIN ledger_account o ON o.org_id = t.org_id AND o.id = t.credit_id AND o.type = 'deposit'
                WHERE a.type = 'clearing' AND a.connection_id IS NOT NULL
                UNION ALL
                SELECT a.connection_id, a.currency, 0, -t.amount
                FROM ledger_account a
                JOIN ledger_transfer t ON t.org_id = a.org_id AND t.credit_id = a.id
                JOIN ledger_account o ON o.org_id = t.org_id AND o.id = t.debit_id AND o.type = 'deposit'
                WHERE a.type = 'clearing' AND a.connection_id IS NOT NULL) AS s
          GROUP BY s.connection_id, s.currency) AS w
    -- Who posts to an account that is named after no connection has his own reasons.
    WHERE w.said <> w.posted AND EXISTS (SELECT FROM payment_connection c WHERE c.id = w.connection_id)
    ORDER BY 1, 2 LIMIT $1
    """,
)

# The sums of a payment against its refunds.
REFUNDS = Query(
    FindingRow,
    """
    SELECT p.id::text AS subject,
           format('says %s refunded and %s on the way, its refunds say %s and %s', p.refunded, p.refunding,
                  coalesce(r.done, 0), coalesce(r.open, 0)) AS detail
    FROM payment p
    LEFT JOIN (SELECT org_id, payment_id,
                      sum(amount) FILTER (WHERE status = 'succeeded') AS done,
                      sum(amount) FILTER (WHERE status IN ('requested', 'pending', 'requires_action')) AS open
               FROM refund GROUP BY org_id, payment_id) AS r ON r.org_id = p.org_id AND r.payment_id = p.id
    WHERE p.refunded <> coalesce(r.done, 0) OR p.refunding <> coalesce(r.open, 0)
    ORDER BY 1 LIMIT $1
    """,
)

# A refund that was not sent yet holds its amount, and no other one does.
HELD = Query(
    FindingRow,
    """
    SELECT g.org_id::text || ' ' || a.name AS subject,
           format('%s is held where refunds that were not sent are %s', g.held, coalesce(r.held, 0)) AS detail
    FROM ledger_guard g
    JOIN ledger_account a ON a.org_id = g.org_id AND a.id = g.account_id AND a.type = 'deposit'
    JOIN ledger_entity e ON e.org_id = a.org_id AND e.number = a.entity
    LEFT JOIN (SELECT org_id, entity, payer, currency, sum(amount) AS held FROM refund
               WHERE NOT posted AND status NOT IN ('failed', 'canceled')
               GROUP BY org_id, entity, payer, currency) AS r
           ON r.org_id = a.org_id AND r.payer = a.party_id AND r.entity = e.id AND r.currency = a.currency
    WHERE a.party_id IS NOT NULL AND g.held < coalesce(r.held, 0)
    ORDER BY 1 LIMIT $1
    """,
)

# Nobody would ever ask about it. An operation in review waits for a person.
UNATTENDED = Query(
    FindingRow,
    """
    SELECT o.id::text AS subject, format('%s is %s and no job looks after it', o.kind, o.status) AS detail
    FROM operation o
    WHERE o.status IN ('claimed', 'sent', 'unknown') AND NOT o.review
      AND NOT EXISTS (SELECT FROM job j
                      WHERE j.org_id = o.org_id AND j.kind = 'payments.operate' AND j.state <> 'parked'
                        AND position(convert_to(o.id::text, 'UTF8') IN j.args) > 0)
    ORDER BY 1 LIMIT $1
    """,
)

# Sums, and the open operation, that a status stands for.
STATUSES = Query(
    FindingRow,
    """
    SELECT p.id::text AS subject,
           format('is %s with %s captured, last seen %s, open %s', p.status, p.captured, coalesce(p.seen, 'never'),
                  coalesce(o.kind, 'nothing')) AS detail
    FROM payment p
    LEFT JOIN operation o ON o.org_id = p.org_id AND o.exclusive_id = p.id AND o.subject_kind = 'payment'
                         AND o.status IN ('claimed', 'sent', 'unknown')
    WHERE p.status <> CASE
        WHEN p.review IS NOT NULL THEN 'in_review'
        WHEN p.captured > 0 THEN 'captured'
        WHEN o.kind = 'authorize' THEN 'processing'
        WHEN o.kind = 'capture' THEN 'capturing'
        WHEN o.kind = 'void' THEN 'voiding'
        WHEN p.seen IS NULL OR p.seen = 'requires_confirmation' THEN 'requires_payment_method'
        WHEN p.seen = 'canceled' AND p.ending = 'expired' THEN 'expired'
        ELSE p.seen END
    ORDER BY 1 LIMIT $1
    """,
)

# Of each payment what it captured, and what its allocations got of it.
ALLOCATED = Query(
    FindingRow,
    """
    SELECT p.id::text AS subject, format('its allocations sum to %s of %s', sum(a.amount), p.amount) AS detail
    FROM payment p JOIN payment_allocation a ON a.org_id = p.org_id AND a.payment_id = p.id
    GROUP BY p.org_id, p.id, p.amount
    HAVING sum(a.amount) <> p.amount
    ORDER BY 1 LIMIT $1
    """,
)
