"""Statements that read the books: balances at any instant by either time, statements, trial balance, general ledger."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from kontorhaus.money.ledger.model.dimensions import Dimension
from kontorhaus.money.ledger.store.cutting import kept_for
from kontorhaus.platform.db import Query


class Balance(Struct, frozen=True):
    """On the account's own side, in its currency and in the base currency, both in minor units."""

    balance: int
    base: int


class Start(Struct, frozen=True):
    """Where adding up begins: how an account stood right after an instant of record."""

    at: datetime
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


class PeriodRow(Struct, frozen=True):
    """An account over a period: how it stood before, what moved it, and how it stands; balances on its own side."""

    account_id: int
    currency: str
    name: str
    side: str
    opening: int
    base_opening: int
    debits: int
    credits: int
    base_debits: int
    base_credits: int

    @property
    def balance(self) -> int:
        """At the end of the period."""
        return self.opening + self._own(self.debits - self.credits)

    @property
    def base(self) -> int:
        """The same in base currency."""
        return self.base_opening + self._own(self.base_debits - self.base_credits)

    def _own(self, moved: int) -> int:
        return moved if self.side == "debit" else -moved


SETTLE = Query(Settled, "SELECT ledger_settle($1, $2, $3) AS at")

# How an account stood when it was last added up, to which reading adds what came since. Two statements for each, so
# that the second is planned with the instant known: joined, it is taken for a third of all entries, and walks them
# (131 instead of 2 ms at 1,000,000).
FOLD = Query(
    Start,
    """
    SELECT upto AS at, balance, base FROM ledger_fold WHERE org_id = $1 AND account_id = $2
    """,
)

SNAPSHOT = Query(
    Start,
    """
    SELECT at, balance, base FROM ledger_snapshot
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

# How an account stood right before an instant, by effect. One statement, which sees one moment: a batch that was closed
# between two would be counted twice, among what is added up and among what was recorded since.
STOOD = Query(Balance, "SELECT balance, base FROM ledger_stood($1, $2, $3, $4, true)")

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


# Every account of an entity over a period, or as of an instant where both of its ends are that; a few steps through
# indexes for each. OFFSET 0 hides the instants from the planner, who would otherwise take them for so many rows that he
# walks the table.
def _trial_balance(kept_for: str) -> str:
    return f"""
    SELECT a.id AS account_id, a.currency, a.name, a.side, o.balance AS opening, o.base AS base_opening,
           m.debits, m.credits, m.base_debits, m.base_credits
    FROM ledger_account a
    CROSS JOIN (SELECT $3::timestamptz AS begin, $4::timestamptz AS upto OFFSET 0) AS u
    CROSS JOIN LATERAL ledger_stood($1, a.id, a.side, u.begin, $5) AS o
    CROSS JOIN LATERAL ledger_moved($1, a.id, u.begin, u.upto, $5) AS m
    WHERE a.org_id = $1 AND a.entity = $2 AND (a.currency, a.name) > ($6, $7) {kept_for}
    ORDER BY a.currency, a.name
    LIMIT $8
    """  # noqa: S608  # put together from literals of this file, when it is imported


TRIAL_BALANCE = Query(PeriodRow, _trial_balance(""))

# Of the accounts alone that are kept for an order, a party or a connection.
TRIAL_BALANCE_OF_ORDER = Query(PeriodRow, _trial_balance(kept_for(Dimension.ORDER, 9)))
TRIAL_BALANCE_OF_PARTY = Query(PeriodRow, _trial_balance(kept_for(Dimension.PARTY, 9)))
TRIAL_BALANCE_OF_CONNECTION = Query(PeriodRow, _trial_balance(kept_for(Dimension.CONNECTION, 9)))

TRIAL_BALANCE_OF = {
    Dimension.ORDER: TRIAL_BALANCE_OF_ORDER,
    Dimension.PARTY: TRIAL_BALANCE_OF_PARTY,
    Dimension.CONNECTION: TRIAL_BALANCE_OF_CONNECTION,
}

# The accounts alone that a period has touched: every entry of it is read along the journal, or along what is dated.
GENERAL_LEDGER = Query(
    PeriodRow,
    """
    WITH moved AS MATERIALIZED (
        SELECT leg.account_id,
               coalesce(sum(t.amount) FILTER (WHERE leg.side = 'debit'), 0)::bigint AS debits,
               coalesce(sum(t.amount) FILTER (WHERE leg.side = 'credit'), 0)::bigint AS credits,
               coalesce(sum(t.base_amount) FILTER (WHERE leg.side = 'debit'), 0)::bigint AS base_debits,
               coalesce(sum(t.base_amount) FILTER (WHERE leg.side = 'credit'), 0)::bigint AS base_credits
        FROM (SELECT j.debit_id, j.credit_id, j.amount, j.base_amount FROM ledger_transfer j
              WHERE j.org_id = $1 AND j.entity = $2 AND j.recorded_at >= $3 AND j.recorded_at < $4
                AND (NOT $5 OR j.effective_at IS NULL)
              UNION ALL
              SELECT d.debit_id, d.credit_id, d.amount, d.base_amount FROM ledger_transfer d
              WHERE $5 AND d.org_id = $1 AND d.entity = $2 AND d.effective_at >= $3 AND d.effective_at < $4) AS t
        CROSS JOIN LATERAL (VALUES ('debit', t.debit_id), ('credit', t.credit_id)) AS leg (side, account_id)
        GROUP BY leg.account_id),
    page AS MATERIALIZED (
        SELECT a.id, a.currency, a.name, a.side, m.debits, m.credits, m.base_debits, m.base_credits
        FROM moved m JOIN ledger_account a ON a.org_id = $1 AND a.id = m.account_id
        WHERE (a.currency, a.name) > ($6, $7)
        ORDER BY a.currency, a.name LIMIT $8)
    SELECT p.id AS account_id, p.currency, p.name, p.side, o.balance AS opening, o.base AS base_opening,
           p.debits, p.credits, p.base_debits, p.base_credits
    FROM page p
    CROSS JOIN (SELECT $3::timestamptz AS begin OFFSET 0) AS u
    CROSS JOIN LATERAL ledger_stood($1, p.id, p.side, u.begin, $5) AS o
    ORDER BY p.currency, p.name
    """,
)
