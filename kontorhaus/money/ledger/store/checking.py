"""Statements that look for what must not be, over all organizations. What they find is told as text."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from kontorhaus.platform.db import Query


class FindingRow(Struct, frozen=True):
    subject: str
    detail: str


class EntityRow(Struct, frozen=True):
    org_id: UUID
    entity: UUID


# Each leg counts for the currency of its own account: a transfer between two currencies would show.
TRIAL_BALANCE = Query(
    FindingRow,
    """
    SELECT e.id::text AS subject,
           format('%s: debits less credits are %s, in base currency %s', m.currency, sum(m.amount), sum(m.base))
               AS detail
    FROM (SELECT t.org_id, t.entity, a.currency, t.amount, t.base_amount AS base
          FROM ledger_transfer t JOIN ledger_account a ON a.org_id = t.org_id AND a.id = t.debit_id
          UNION ALL
          SELECT t.org_id, a.entity, a.currency, -t.amount, -t.base_amount
          FROM ledger_transfer t JOIN ledger_account a ON a.org_id = t.org_id AND a.id = t.credit_id) AS m
    JOIN ledger_entity e ON e.org_id = m.org_id AND e.number = m.entity
    GROUP BY e.id, m.currency
    HAVING sum(m.amount) <> 0 OR sum(m.base) <> 0
    ORDER BY 1, 2 LIMIT $1
    """,
)

# What each guard shows after an entry against what its entries up to there add up to.
RUNNING_BALANCES = Query(
    FindingRow,
    """
    SELECT w.id::text AS subject, format('account %s shows %s where its entries add up to %s', w.account_id, w.shown,
                                         w.adds) AS detail
    FROM (SELECT m.id, m.account_id, m.shown,
                 sum(m.change) OVER (PARTITION BY m.org_id, m.account_id ORDER BY m.recorded_at, m.line) AS adds
          FROM (SELECT t.org_id, t.id, t.recorded_at, t.line, a.id AS account_id, t.debit_balance AS shown,
                       CASE a.side WHEN 'debit' THEN t.amount ELSE -t.amount END AS change
                FROM ledger_transfer t JOIN ledger_account a ON a.org_id = t.org_id AND a.id = t.debit_id
                WHERE a.guards
                UNION ALL
                SELECT t.org_id, t.id, t.recorded_at, t.line, a.id, t.credit_balance,
                       CASE a.side WHEN 'credit' THEN t.amount ELSE -t.amount END
                FROM ledger_transfer t JOIN ledger_account a ON a.org_id = t.org_id AND a.id = t.credit_id
                WHERE a.guards) AS m) AS w
    WHERE w.shown IS DISTINCT FROM w.adds
    ORDER BY 1, 2 LIMIT $1
    """,
)

# A guard's own row against its entries, and against the open holds that would lower it.
GUARDS = Query(
    FindingRow,
    """
    SELECT a.name AS subject, format('the balance is %s where its entries add up to %s; %s is held where its open '
                                     'holds add up to %s', g.balance, coalesce(m.adds, 0), g.held, coalesce(h.held, 0))
               AS detail
    FROM ledger_guard g
    JOIN ledger_account a ON a.org_id = g.org_id AND a.id = g.account_id
    LEFT JOIN (
        SELECT l.org_id, l.account_id, sum(l.change) AS adds
        FROM (SELECT t.org_id, t.debit_id AS account_id, CASE d.side WHEN 'debit' THEN t.amount ELSE -t.amount END
                         AS change
              FROM ledger_transfer t JOIN ledger_account d ON d.org_id = t.org_id AND d.id = t.debit_id
              WHERE d.guards
              UNION ALL
              SELECT t.org_id, t.credit_id, CASE c.side WHEN 'credit' THEN t.amount ELSE -t.amount END
              FROM ledger_transfer t JOIN ledger_account c ON c.org_id = t.org_id AND c.id = t.credit_id
              WHERE c.guards) AS l
        GROUP BY l.org_id, l.account_id) AS m ON m.org_id = g.org_id AND m.account_id = g.account_id
    LEFT JOIN (
        SELECT o.org_id, k.account_id, sum(o.amount) AS held
        FROM ledger_hold o
        CROSS JOIN LATERAL (VALUES ('debit', o.debit_id), ('credit', o.credit_id)) AS k (leg, account_id)
        JOIN ledger_account b ON b.org_id = o.org_id AND b.id = k.account_id AND b.guards AND b.side <> k.leg
        WHERE NOT EXISTS (SELECT FROM ledger_hold_end x WHERE x.org_id = o.org_id AND x.hold_id = o.id)
        GROUP BY o.org_id, k.account_id) AS h ON h.org_id = g.org_id AND h.account_id = g.account_id
    WHERE g.balance <> coalesce(m.adds, 0) OR g.held <> coalesce(h.held, 0) OR g.balance < g.held
    ORDER BY 1, 2 LIMIT $1
    """,
)

# A hold that was posted has its transfer, between the same accounts and of no more; what is due is open.
HOLDS = Query(
    FindingRow,
    """
    SELECT h.id::text AS subject, 'was posted, and its transfer is missing or another one' AS detail
    FROM ledger_hold_end e
    JOIN ledger_hold h ON h.org_id = e.org_id AND h.id = e.hold_id
    LEFT JOIN ledger_transfer t ON t.org_id = e.org_id AND t.id = e.id
    WHERE (e.outcome = 'posted') <> coalesce(t.debit_id = h.debit_id AND t.credit_id = h.credit_id
                                             AND t.amount <= h.amount AND t.recorded_at = e.recorded_at, false)
    UNION ALL
    SELECT d.hold_id::text, 'is to end by itself, and has ended'
    FROM ledger_hold_due d JOIN ledger_hold_end e ON e.org_id = d.org_id AND e.hold_id = d.hold_id
    UNION ALL
    SELECT h.id::text, 'is to end by itself, and nobody will end it'
    FROM ledger_hold h
    WHERE h.expires_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM ledger_hold_end e WHERE e.org_id = h.org_id AND e.hold_id = h.id)
      AND NOT EXISTS (SELECT FROM ledger_hold_due d WHERE d.org_id = h.org_id AND d.hold_id = h.id)
    ORDER BY 1, 2 LIMIT $1
    """,
)

# A balanced transfer can still be wrong.
CHART = Query(
    FindingRow,
    """
    SELECT t.id::text AS subject, format('%s faces %s, which the chart does not allow', d.type, c.type) AS detail
    FROM ledger_transfer t
    JOIN ledger_account d ON d.org_id = t.org_id AND d.id = t.debit_id
    JOIN ledger_account c ON c.org_id = t.org_id AND c.id = t.credit_id
    LEFT JOIN ledger_route r ON r.org_id = t.org_id AND r.entity = t.entity AND r.debit_type = d.type
                             AND r.credit_type = c.type
    WHERE r.entity IS NULL OR d.currency <> c.currency OR d.entity <> t.entity OR c.entity <> t.entity
    ORDER BY 1, 2 LIMIT $1
    """,
)

ENTITIES = Query(EntityRow, "SELECT org_id, id AS entity FROM ledger_entity ORDER BY org_id, id")

# Books with entries that no seal covers yet: a step through one index for each of them.
UNSEALED = Query(
    EntityRow,
    """
    SELECT e.org_id, e.id AS entity
    FROM ledger_entity e
    CROSS JOIN LATERAL (
        SELECT coalesce(max(s.upto), '-infinity') AS upto FROM ledger_seal s
        WHERE s.org_id = e.org_id AND s.entity = e.number) AS s
    WHERE EXISTS (SELECT FROM ledger_transfer t
                  WHERE t.org_id = e.org_id AND t.entity = e.number AND t.recorded_at > s.upto)
       OR EXISTS (SELECT FROM ledger_hold h
                  WHERE h.org_id = e.org_id AND h.entity = e.number AND h.recorded_at > s.upto)
       OR EXISTS (SELECT FROM ledger_hold_end x
                  WHERE x.org_id = e.org_id AND x.entity = e.number AND x.recorded_at > s.upto)
    ORDER BY e.org_id, e.id
    """,
)
