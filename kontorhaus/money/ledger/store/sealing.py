"""Statements that close batches and replay them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from kontorhaus.platform.db import Query


class SealRow(Struct, frozen=True):
    number: int
    upto: datetime
    entries: int
    hash: bytes
    digests: bytes


class Closed(Struct, frozen=True):
    number: int | None


class Waited(Struct, frozen=True):
    locked: bool | None


class LastInstant(Struct, frozen=True):
    at: datetime


class TransferRow(Struct, frozen=True):
    """A transfer with all that it says; the accounts by their names, so that these are sealed too."""

    recorded_at: datetime
    line: int
    id: UUID
    debit_id: int
    credit_id: int
    currency: str
    debit: str
    credit: str
    amount: int
    base_amount: int
    effective_at: datetime | None
    debit_balance: int | None
    credit_balance: int | None
    reference: UUID | None
    tax_rate: int | None
    tax_category: str | None
    tax_point: date | None


class HoldRow(Struct, frozen=True):
    recorded_at: datetime
    line: int
    id: UUID
    debit_id: int
    credit_id: int
    currency: str
    debit: str
    credit: str
    amount: int
    base_amount: int
    expires_at: datetime | None
    reference: UUID | None


class EndRow(Struct, frozen=True):
    recorded_at: datetime
    line: int
    id: UUID
    hold_id: UUID
    outcome: str
    debit_id: int
    credit_id: int
    amount: int


class AccountRow(Struct, frozen=True):
    id: int
    side: str
    guards: bool
    balance: int | None
    held: int | None


class FoldRow(Struct, frozen=True):
    account_id: int
    balance: int
    base: int
    dated: int
    dated_base: int
    entries: int


class SnapshotRow(Struct, frozen=True):
    account_id: int
    at: datetime
    balance: int
    base: int
    dated: int
    dated_base: int


class EffectRow(Struct, frozen=True):
    account_id: int
    grain: str
    start: datetime
    balance: int
    base: int


LAST_SEAL = Query(
    SealRow,
    """
    SELECT number, upto, entries, hash, digests FROM ledger_seal
    WHERE org_id = $1 AND entity = $2 ORDER BY number DESC LIMIT 1
    """,
)

NEXT_SEAL = Query(
    SealRow,
    """
    SELECT number, upto, entries, hash, digests FROM ledger_seal
    WHERE org_id = $1 AND entity = $2 AND number > $3 ORDER BY number LIMIT 1
    """,
)

# One at a time for an entity, until the transaction ends.
CLOSING = Query(
    Waited, "SELECT pg_advisory_xact_lock('ledger_seal'::regclass::oid::integer, $1)::text = '' AS locked"
)

# The instant of the last entry that still goes into a batch; entries of one instant are never parted.
BATCH_END = Query(
    LastInstant,
    """
    SELECT max(b.recorded_at) AS at FROM (
        (SELECT t.recorded_at FROM ledger_transfer t
         WHERE t.org_id = $1 AND t.entity = $2 AND t.recorded_at > $3 AND t.recorded_at <= $4
         ORDER BY t.recorded_at LIMIT $5)
        UNION ALL
        (SELECT h.recorded_at FROM ledger_hold h
         WHERE h.org_id = $1 AND h.entity = $2 AND h.recorded_at > $3 AND h.recorded_at <= $4
         ORDER BY h.recorded_at LIMIT $5)
        UNION ALL
        (SELECT e.recorded_at FROM ledger_hold_end e
         WHERE e.org_id = $1 AND e.entity = $2 AND e.recorded_at > $3 AND e.recorded_at <= $4
         ORDER BY e.recorded_at LIMIT $5)
        ORDER BY recorded_at LIMIT $5) AS b
    HAVING count(*) > 0
    """,
)

TRANSFERS = Query(
    TransferRow,
    """
    SELECT t.recorded_at, t.line, t.id, t.debit_id, t.credit_id, d.currency, d.name AS debit, c.name AS credit,
           t.amount, t.base_amount, t.effective_at, t.debit_balance, t.credit_balance, t.reference, t.tax_rate,
           t.tax_category, t.tax_point
    FROM ledger_transfer t
    JOIN ledger_account d ON d.org_id = $1 AND d.id = t.debit_id
    JOIN ledger_account c ON c.org_id = $1 AND c.id = t.credit_id
    WHERE t.org_id = $1 AND t.entity = $2 AND t.recorded_at > $3 AND t.recorded_at <= $4
    ORDER BY t.recorded_at, t.line
    """,
)

HOLDS = Query(
    HoldRow,
    """
    SELECT h.recorded_at, h.line, h.id, h.debit_id, h.credit_id, d.currency, d.name AS debit, c.name AS credit,
           h.amount, h.base_amount, h.expires_at, h.reference
    FROM ledger_hold h
    JOIN ledger_account d ON d.org_id = $1 AND d.id = h.debit_id
    JOIN ledger_account c ON c.org_id = $1 AND c.id = h.credit_id
    WHERE h.org_id = $1 AND h.entity = $2 AND h.recorded_at > $3 AND h.recorded_at <= $4
    ORDER BY h.recorded_at, h.line
    """,
)

ENDS = Query(
    EndRow,
    """
    SELECT e.recorded_at, e.line, e.id, e.hold_id, e.outcome, h.debit_id, h.credit_id, h.amount
    FROM ledger_hold_end e JOIN ledger_hold h ON h.org_id = $1 AND h.id = e.hold_id
    WHERE e.org_id = $1 AND e.entity = $2 AND e.recorded_at > $3 AND e.recorded_at <= $4
    ORDER BY e.recorded_at, e.line
    """,
)

CLOSE = Query(Closed, "SELECT ledger_close($1, $2, $3, $4, $5, $6, $7, $8) AS number")

EVERY_ACCOUNT = Query(
    AccountRow,
    """
    SELECT a.id, a.side, a.guards, g.balance, g.held
    FROM ledger_account a LEFT JOIN ledger_guard g ON g.org_id = $1 AND g.account_id = a.id
    WHERE a.org_id = $1 AND a.entity = $2
    """,
)

FOLDS = Query(
    FoldRow,
    """
    SELECT f.account_id, f.balance, f.base, f.dated, f.dated_base, f.entries
    FROM ledger_fold f JOIN ledger_account a ON a.org_id = $1 AND a.id = f.account_id
    WHERE f.org_id = $1 AND a.entity = $2 ORDER BY f.account_id
    """,
)

SNAPSHOTS = Query(
    SnapshotRow,
    """
    SELECT n.account_id, n.at, n.balance, n.base, n.dated, n.dated_base
    FROM ledger_snapshot n JOIN ledger_account a ON a.org_id = $1 AND a.id = n.account_id
    WHERE n.org_id = $1 AND a.entity = $2 ORDER BY n.at, n.account_id
    """,
)

EFFECTS = Query(
    EffectRow,
    """
    SELECT f.account_id, f.grain, f.start, f.balance, f.base
    FROM ledger_effect f JOIN ledger_account a ON a.org_id = $1 AND a.id = f.account_id
    WHERE f.org_id = $1 AND a.entity = $2 ORDER BY f.account_id, f.grain, f.start
    """,
)
