"""Statements that look for what must not be, over all organizations."""

from __future__ import annotations

from msgspec import Struct

from kontorhaus.platform.db import Query


class FindingRow(Struct, frozen=True):
    subject: str
    detail: str


# Left out is what is on its way at this moment: captured and not taken up yet, noted and not asked for yet.
SHARES = Query(
    FindingRow,
    """
    SELECT s.account AS subject, format('%s is held where its line has %s left', s.held, s.wanted) AS detail
    FROM (SELECT p.account, coalesce(g.balance, 0) AS held, sum(p.collected - p.refunded - p.released) AS wanted
          FROM order_part p
          JOIN order_line l ON l.org_id = p.org_id AND l.id = p.line_id AND l.model = 'agent'
          JOIN sales_order o ON o.org_id = p.org_id AND o.id = p.order_id
          JOIN ledger_entity e ON e.org_id = o.org_id AND e.id = o.entity
          LEFT JOIN ledger_account a
              ON a.org_id = e.org_id AND a.entity = e.number AND a.currency = o.currency AND a.name = p.account
          LEFT JOIN ledger_guard g ON g.org_id = a.org_id AND g.account_id = a.id
          WHERE NOT EXISTS (SELECT FROM order_payment m
                            WHERE m.org_id = o.org_id AND m.order_id = o.id AND m.ended_at IS NULL)
            AND NOT EXISTS (SELECT FROM order_refund r
                            WHERE r.org_id = o.org_id AND r.order_id = o.id AND r.requested_at IS NULL)
            AND NOT EXISTS (SELECT FROM order_payout w
                            WHERE w.org_id = o.org_id AND w.order_id = o.id AND w.requested_at IS NULL)
          GROUP BY p.org_id, p.account, g.balance) AS s
    WHERE s.held <> s.wanted
    ORDER BY 1 LIMIT $1
    """,
)

STATUSES = Query(
    FindingRow,
    """
    SELECT s.id::text AS subject,
           format('is %s with %s lines that stand, %s of them unpaid and %s not done', s.status, s.standing, s.unpaid,
                  s.undone) AS detail
    FROM (SELECT o.org_id, o.id, o.status,
                 count(*) FILTER (WHERE l.canceled_at IS NULL) AS standing,
                 count(*) FILTER (WHERE l.canceled_at IS NULL AND coalesce(k.kept, 0) < l.amount) AS unpaid,
                 count(*) FILTER (WHERE l.canceled_at IS NULL AND CASE l.model WHEN 'agent' THEN l.released_at
                                                                  ELSE l.handed_over_at END IS NULL) AS undone
          FROM sales_order o
          JOIN order_line l ON l.org_id = o.org_id AND l.order_id = o.id
          LEFT JOIN LATERAL (SELECT sum(p.collected - p.refunded) AS kept FROM order_part p
                             WHERE p.org_id = l.org_id AND p.line_id = l.id) AS k ON true
          GROUP BY o.org_id, o.id, o.status) AS s
    WHERE s.status <> CASE WHEN s.standing = 0 THEN 'canceled' WHEN s.unpaid > 0 THEN 'placed'
                           WHEN s.undone > 0 THEN 'confirmed' ELSE 'completed' END
    ORDER BY 1 LIMIT $1
    """,
)

WORK = Query(
    FindingRow,
    """
    SELECT w.subject::text AS subject, 'waits for ' || w.kind || ', which nobody is to do' AS detail
    FROM (SELECT org_id, id AS subject, 'orders.release' AS kind FROM order_line
          WHERE inspect_until IS NOT NULL AND released_at IS NULL
          UNION ALL
          SELECT org_id, refund_id, 'orders.give_back' FROM order_refund WHERE requested_at IS NULL
          UNION ALL
          SELECT org_id, payout_id, 'orders.pass_on' FROM order_payout WHERE requested_at IS NULL) AS w
    WHERE NOT EXISTS (SELECT FROM job j
                      WHERE j.org_id = w.org_id AND j.kind = w.kind AND j.state <> 'parked'
                        AND split_part(j.dedupe_key, ' ', 1) = w.subject::text)
    ORDER BY 1 LIMIT $1
    """,
)
