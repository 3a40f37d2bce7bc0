"""Statements that read the books: balances at any instant by either time, statements, trial balance, general ledger."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from kontorhaus.platform.db import Query


class Balance(Struct, frozen=True):
    """On the account's own side, in its currency and in the base currency, both in minor units."""

    balance: int
    base: int


class Settled(Struct, frozen=True):
    at: datetime | None


class EntryRow(Struct, frozen=True):
    """One entry of an account, as its statement shows it."""

    id: UUID
    recorded_at: datetime
    line: int
    effective_at: datetime | None
    side: str
    other_id: int
    other: str
    amount: int
    base_amount: int
    reference: UUID | None
    tax_rate: int | None
    tax_category: str | None
    tax_point: date | None


class TrialRow(Struct, frozen=True):
    account_id: int
    currency: str
    name: str
    side: str
    balance: int
    base: int


class PeriodRow(Struct, frozen=True):
    account_id: int
    currency: str
    name: str
    side: str
    debits: int
    credits: int
    base_debits: int
    base_credits: int


SETTLE = Query(Settled, "SELECT ledger_settle($1, $2, $3) AS at")

# The entries since the last closed batch, added to how the account stood there.
NOW = Query(
    Balance,
    """
    SELECT coalesce(f.balance, 0)
           + (CASE $3 WHEN 'debit' THEN 1 ELSE -1 END * (coalesce(d.amount, 0) - coalesce(c.amount, 0)))::bigint
               AS balance,
           coalesce(f.base, 0)
           + (CASE $3 WHEN 'debit' THEN 1 ELSE -1 END * (coalesce(d.base, 0) - coalesce(c.base, 0)))::bigint AS base
    FROM (SELECT 1) AS one
    LEFT JOIN ledger_fold f ON f.org_id = $1 AND f.account_id = $2
    CROSS JOIN LATERAL (
        SELECT sum(t.amount) AS amount, sum(t.base_amount) AS base FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.debit_id = $2 AND t.recorded_at > coalesce(f.upto, '-infinity')) AS d
    CROSS JOIN LATERAL (
        SELECT sum(t.amount) AS amount, sum(t.base_amount) AS base FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.credit_id = $2 AND t.recorded_at > coalesce(f.upto, '-infinity')) AS c
    """,
)

# From the last snapshot at or before the instant.
AS_RECORDED = Query(
    Balance,
    """
    SELECT coalesce(s.balance, 0)
           + (CASE $3 WHEN 'debit' THEN 1 ELSE -1 END * (coalesce(d.amount, 0) - coalesce(c.amount, 0)))::bigint
               AS balance,
           coalesce(s.base, 0)
           + (CASE $3 WHEN 'debit' THEN 1 ELSE -1 END * (coalesce(d.base, 0) - coalesce(c.base, 0)))::bigint AS base
    FROM (SELECT 1) AS one
    LEFT JOIN LATERAL (
        SELECT n.at, n.balance, n.base FROM ledger_snapshot n
        WHERE n.org_id = $1 AND n.account_id = $2 AND n.at <= $4 ORDER BY n.at DESC LIMIT 1) AS s ON true
    CROSS JOIN LATERAL (
        SELECT sum(t.amount) AS amount, sum(t.base_amount) AS base FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.debit_id = $2 AND t.recorded_at > coalesce(s.at, '-infinity')
          AND t.recorded_at <= $4) AS d
    CROSS JOIN LATERAL (
        SELECT sum(t.amount) AS amount, sum(t.base_amount) AS base FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.credit_id = $2 AND t.recorded_at > coalesce(s.at, '-infinity')
          AND t.recorded_at <= $4) AS c
    """,
)

# What took effect when it was recorded is read like that. What is dated is added up by days, then hours, then one by
# one within the hour of the instant; and since the last closed batch one by one.
AS_EFFECTIVE = Query(
    Balance,
    """
    SELECT coalesce(s.balance - s.dated, 0) + coalesce(e.balance, 0)::bigint
           + (CASE $3 WHEN 'debit' THEN 1 ELSE -1 END
              * (coalesce(d.amount, 0) - coalesce(c.amount, 0) + coalesce(h.amount, 0)))::bigint AS balance,
           coalesce(s.base - s.dated_base, 0) + coalesce(e.base, 0)::bigint
           + (CASE $3 WHEN 'debit' THEN 1 ELSE -1 END
              * (coalesce(d.base, 0) - coalesce(c.base, 0) + coalesce(h.base, 0)))::bigint AS base
    FROM (SELECT coalesce((SELECT f.upto FROM ledger_fold f WHERE f.org_id = $1 AND f.account_id = $2), '-infinity')
          AS upto) AS one
    LEFT JOIN LATERAL (
        SELECT n.at, n.balance, n.base, n.dated, n.dated_base FROM ledger_snapshot n
        WHERE n.org_id = $1 AND n.account_id = $2 AND n.at <= $4 ORDER BY n.at DESC LIMIT 1) AS s ON true
    CROSS JOIN LATERAL (
        SELECT sum(t.amount) AS amount, sum(t.base_amount) AS base FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.debit_id = $2 AND t.recorded_at > coalesce(s.at, '-infinity')
          AND t.recorded_at <= $4 AND t.effective_at IS NULL) AS d
    CROSS JOIN LATERAL (
        SELECT sum(t.amount) AS amount, sum(t.base_amount) AS base FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.credit_id = $2 AND t.recorded_at > coalesce(s.at, '-infinity')
          AND t.recorded_at <= $4 AND t.effective_at IS NULL) AS c
    CROSS JOIN LATERAL (
        SELECT sum(b.balance) AS balance, sum(b.base) AS base FROM (
            SELECT f.balance, f.base FROM ledger_effect f
            WHERE f.org_id = $1 AND f.account_id = $2 AND f.grain = 'day' AND f.start < date_trunc('day', $4, 'UTC')
            UNION ALL
            SELECT f.balance, f.base FROM ledger_effect f
            WHERE f.org_id = $1 AND f.account_id = $2 AND f.grain = 'hour'
              AND f.start >= date_trunc('day', $4, 'UTC') AND f.start < date_trunc('hour', $4, 'UTC')) AS b) AS e
    CROSS JOIN LATERAL (
        SELECT sum(l.amount) AS amount, sum(l.base) AS base FROM (
            SELECT t.amount, t.base_amount AS base FROM ledger_transfer t
            WHERE t.org_id = $1 AND t.debit_id = $2 AND t.effective_at >= date_trunc('hour', $4, 'UTC')
              AND t.effective_at <= $4 AND t.recorded_at <= one.upto
            UNION ALL
            SELECT -t.amount, -t.base_amount FROM ledger_transfer t
            WHERE t.org_id = $1 AND t.credit_id = $2 AND t.effective_at >= date_trunc('hour', $4, 'UTC')
              AND t.effective_at <= $4 AND t.recorded_at <= one.upto
            UNION ALL
            SELECT t.amount, t.base_amount FROM ledger_transfer t
            WHERE t.org_id = $1 AND t.debit_id = $2 AND t.recorded_at > one.upto AND t.effective_at <= $4
            UNION ALL
            SELECT -t.amount, -t.base_amount FROM ledger_transfer t
            WHERE t.org_id = $1 AND t.credit_id = $2 AND t.recorded_at > one.upto AND t.effective_at <= $4) AS l) AS h
    """,
)

# Both legs along their indexes, as many as the page takes of each, and then one order.
STATEMENT = Query(
    EntryRow,
    """
    SELECT l.id, l.recorded_at, l.line, l.effective_at, l.side, l.other_id, a.name AS other, l.amount, l.base_amount,
           l.reference, l.tax_rate, l.tax_category, l.tax_point
    FROM (
        (SELECT t.id, t.recorded_at, t.line, t.effective_at, 'debit' AS side, t.credit_id AS other_id, t.amount,
                t.base_amount, t.reference, t.tax_rate, t.tax_category, t.tax_point
         FROM ledger_transfer t
         WHERE t.org_id = $1 AND t.debit_id = $2 AND t.recorded_at >= $3 AND (t.recorded_at, t.line) > ($3, $4)
           AND t.recorded_at <= $5
         ORDER BY t.recorded_at, t.line LIMIT $6)
        UNION ALL
        (SELECT t.id, t.recorded_at, t.line, t.effective_at, 'credit', t.debit_id, t.amount,
                t.base_amount, t.reference, t.tax_rate, t.tax_category, t.tax_point
         FROM ledger_transfer t
         WHERE t.org_id = $1 AND t.credit_id = $2 AND t.recorded_at >= $3 AND (t.recorded_at, t.line) > ($3, $4)
           AND t.recorded_at <= $5
         ORDER BY t.recorded_at, t.line LIMIT $6)) AS l
    JOIN ledger_account a ON a.org_id = $1 AND a.id = l.other_id
    ORDER BY l.recorded_at, l.line LIMIT $6
    """,
)

# What the entries of one instant that stand before a place have moved: a page may end within an entry set.
WITHIN = Query(
    Balance,
    """
    SELECT coalesce(sum(CASE WHEN t.debit_id = $2 THEN t.amount ELSE -t.amount END), 0)::bigint AS balance,
           coalesce(sum(CASE WHEN t.debit_id = $2 THEN t.base_amount ELSE -t.base_amount END), 0)::bigint AS base
    FROM ledger_transfer t
    WHERE t.org_id = $1 AND t.entity = $3 AND t.recorded_at = $4 AND t.line > $5
      AND (t.debit_id = $2 OR t.credit_id = $2)
    """,
)

# Every account of an entity as of an instant of record, a step through two indexes for each.
TRIAL_BALANCE = Query(
    TrialRow,
    """
    SELECT a.id AS account_id, a.currency, a.name, a.side,
           coalesce(s.balance, 0)
           + (CASE a.side WHEN 'debit' THEN 1 ELSE -1 END * (coalesce(d.amount, 0) - coalesce(c.amount, 0)))::bigint
               AS balance,
           coalesce(s.base, 0)
           + (CASE a.side WHEN 'debit' THEN 1 ELSE -1 END * (coalesce(d.base, 0) - coalesce(c.base, 0)))::bigint
               AS base
    FROM ledger_account a
    LEFT JOIN LATERAL (
        SELECT n.at, n.balance, n.base FROM ledger_snapshot n
        WHERE n.org_id = $1 AND n.account_id = a.id AND n.at <= $3 ORDER BY n.at DESC LIMIT 1) AS s ON true
    CROSS JOIN LATERAL (
        SELECT sum(t.amount) AS amount, sum(t.base_amount) AS base FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.debit_id = a.id AND t.recorded_at > coalesce(s.at, '-infinity')
          AND t.recorded_at <= $3) AS d
    CROSS JOIN LATERAL (
        SELECT sum(t.amount) AS amount, sum(t.base_amount) AS base FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.credit_id = a.id AND t.recorded_at > coalesce(s.at, '-infinity')
          AND t.recorded_at <= $3) AS c
    WHERE a.org_id = $1 AND a.entity = $2 AND (a.currency, a.name) > ($4, $5)
    ORDER BY a.currency, a.name
    LIMIT $6
    """,
)

# What came in a period of record, for each account that it touched.
GENERAL_LEDGER = Query(
    PeriodRow,
    """
    SELECT a.id AS account_id, a.currency, a.name, a.side,
           coalesce(sum(m.amount) FILTER (WHERE m.side = 'debit'), 0)::bigint AS debits,
           coalesce(sum(m.amount) FILTER (WHERE m.side = 'credit'), 0)::bigint AS credits,
           coalesce(sum(m.base) FILTER (WHERE m.side = 'debit'), 0)::bigint AS base_debits,
           coalesce(sum(m.base) FILTER (WHERE m.side = 'credit'), 0)::bigint AS base_credits
    FROM (SELECT leg.side, leg.account_id, t.amount, t.base_amount AS base
          FROM ledger_transfer t
          CROSS JOIN LATERAL (VALUES ('debit', t.debit_id), ('credit', t.credit_id)) AS leg (side, account_id)
          WHERE t.org_id = $1 AND t.entity = $2 AND t.recorded_at >= $3 AND t.recorded_at < $4) AS m
    JOIN ledger_account a ON a.org_id = $1 AND a.id = m.account_id
    GROUP BY a.id, a.currency, a.name, a.side
    ORDER BY a.currency, a.name
    """,
)
