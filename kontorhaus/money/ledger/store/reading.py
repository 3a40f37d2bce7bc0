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


class Start(Struct, frozen=True):
    """Where adding up begins: how an account stood right after an instant; `dated` is the part that took effect at
    another instant than it was recorded at."""

    at: datetime
    balance: int
    base: int
    dated: int
    dated_base: int


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

# How an account stood when it was last added up, to which reading adds what came since. Two statements for each, so
# that the second is planned with the instant known: joined, it is taken for a third of all entries, and walks them
# (131 instead of 2 ms at 1,000,000).
FOLD = Query(
    Start,
    """
    SELECT upto AS at, balance, base, dated, dated_base FROM ledger_fold WHERE org_id = $1 AND account_id = $2
    """,
)

SNAPSHOT = Query(
    Start,
    """
    SELECT at, balance, base, dated, dated_base FROM ledger_snapshot
    WHERE org_id = $1 AND account_id = $2 AND at <= $3 ORDER BY at DESC LIMIT 1
    """,
)

# Debits less credits after one instant and up to another.
SINCE = Query(
    Balance,
    """
    SELECT coalesce(sum(l.amount), 0)::bigint AS balance, coalesce(sum(l.base), 0)::bigint AS base FROM (
        SELECT t.amount, t.base_amount AS base FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.debit_id = $2 AND t.recorded_at > $3 AND t.recorded_at <= $4
        UNION ALL
        SELECT -t.amount, -t.base_amount FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.credit_id = $2 AND t.recorded_at > $3 AND t.recorded_at <= $4) AS l
    """,
)

# The same, of those alone that took effect when they were recorded.
SINCE_UNDATED = Query(
    Balance,
    """
    SELECT coalesce(sum(l.amount), 0)::bigint AS balance, coalesce(sum(l.base), 0)::bigint AS base FROM (
        SELECT t.amount, t.base_amount AS base FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.debit_id = $2 AND t.recorded_at > $3 AND t.recorded_at <= $4
          AND t.effective_at IS NULL
        UNION ALL
        SELECT -t.amount, -t.base_amount FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.credit_id = $2 AND t.recorded_at > $3 AND t.recorded_at <= $4
          AND t.effective_at IS NULL) AS l
    """,
)

# What is dated, on the account's own side: by whole days, then by whole hours of the instant's day.
EFFECTS = Query(
    Balance,
    """
    SELECT coalesce(sum(b.balance), 0)::bigint AS balance, coalesce(sum(b.base), 0)::bigint AS base FROM (
        SELECT f.balance, f.base FROM ledger_effect f
        WHERE f.org_id = $1 AND f.account_id = $2 AND f.grain = 'day' AND f.start < $3
        UNION ALL
        SELECT f.balance, f.base FROM ledger_effect f
        WHERE f.org_id = $1 AND f.account_id = $2 AND f.grain = 'hour' AND f.start >= $3 AND f.start < $4) AS b
    """,
)

# What is dated, debits less credits, one by one: within the hour of the instant, of closed batches up to $5; and all
# that was recorded since.
DATED = Query(
    Balance,
    """
    SELECT coalesce(sum(l.amount), 0)::bigint AS balance, coalesce(sum(l.base), 0)::bigint AS base FROM (
        SELECT t.amount, t.base_amount AS base FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.debit_id = $2 AND t.effective_at >= $3 AND t.effective_at <= $4
          AND t.recorded_at <= $5
        UNION ALL
        SELECT -t.amount, -t.base_amount FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.credit_id = $2 AND t.effective_at >= $3 AND t.effective_at <= $4
          AND t.recorded_at <= $5
        UNION ALL
        SELECT t.amount, t.base_amount FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.debit_id = $2 AND t.recorded_at > $5 AND t.effective_at <= $4
        UNION ALL
        SELECT -t.amount, -t.base_amount FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.credit_id = $2 AND t.recorded_at > $5 AND t.effective_at <= $4) AS l
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

# Every account of an entity as of an instant of record, a step through two indexes for each. OFFSET 0 hides the instant
# from the planner, who would otherwise take both bounds apart and walk the table.
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
    CROSS JOIN (SELECT $3::timestamptz AS upto OFFSET 0) AS u
    LEFT JOIN LATERAL (
        SELECT n.at, n.balance, n.base FROM ledger_snapshot n
        WHERE n.org_id = $1 AND n.account_id = a.id AND n.at <= u.upto ORDER BY n.at DESC LIMIT 1) AS s ON true
    CROSS JOIN LATERAL (
        SELECT sum(t.amount) AS amount, sum(t.base_amount) AS base FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.debit_id = a.id AND t.recorded_at > coalesce(s.at, '-infinity')
          AND t.recorded_at <= u.upto) AS d
    CROSS JOIN LATERAL (
        SELECT sum(t.amount) AS amount, sum(t.base_amount) AS base FROM ledger_transfer t
        WHERE t.org_id = $1 AND t.credit_id = a.id AND t.recorded_at > coalesce(s.at, '-infinity')
          AND t.recorded_at <= u.upto) AS c
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
