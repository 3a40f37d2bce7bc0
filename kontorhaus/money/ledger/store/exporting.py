"""Statements on exports of the journal."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from kontorhaus.money.ledger.model.exports import LedgerExport
from kontorhaus.money.ledger.model.shown import ShownTransfer
from kontorhaus.platform.db import Command, Query


class CountRow(Struct, frozen=True):
    entries: int


class PartRow(Struct, frozen=True):
    content: bytes


class KeyRow(Struct, frozen=True):
    org_id: UUID
    id: UUID


# One more than the most that is exported is enough to know.
COUNT = Query(
    CountRow,
    """
    SELECT count(*) AS entries FROM (
        SELECT FROM ledger_transfer
        WHERE org_id = $1 AND entity = $2 AND recorded_at >= $3 AND recorded_at < $4 LIMIT $5) AS t
    """,
)

INSERT = Command(
    """
    INSERT INTO ledger_export (org_id, id, entity, format, began, ended, entries, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    """
)


def _exports(which: str) -> str:
    return f"""
    SELECT x.id, e.id AS entity_id, x.entity, x.format, x.began, x.ended, x.entries, x.entries_done, x.attempt,
           x.parts, x.bytes, x.created_at, x.finished_at, x.failed_at, x.failure
    FROM ledger_export x JOIN ledger_entity e ON e.org_id = x.org_id AND e.number = x.entity
    WHERE x.org_id = $1 AND {which}
    """  # noqa: S608  # put together from literals of this file, when it is imported


EXPORT = Query(LedgerExport, _exports("x.id = $2"))

EXPORTS = Query(LedgerExport, _exports("x.id < $2 ORDER BY x.id DESC LIMIT $3"))

EXPORTS_NOW = Query(LedgerExport, _exports("x.id = ANY ($2::uuid[])"))

# Its own count, since a job that is given all its attempts again counts from the beginning.
BEGIN_ATTEMPT = Command(
    """
    UPDATE ledger_export SET attempt = attempt + 1, entries_done = 0, parts = 0, bytes = 0, failed_at = NULL,
                             failure = NULL
    WHERE org_id = $1 AND id = $2 AND finished_at IS NULL
    """
)

DROP_PARTS = Command("DELETE FROM ledger_export_part WHERE org_id = $1 AND export_id = $2")

ADVANCE = Command(
    """
    UPDATE ledger_export SET entries_done = $4, parts = $5, bytes = $6, finished_at = $7
    WHERE org_id = $1 AND id = $2 AND attempt = $3 AND finished_at IS NULL AND failed_at IS NULL
    """
)

# By the house itself, over all organizations: those that are being made, of which there are few.
UNFINISHED = Query(
    KeyRow,
    """
    SELECT org_id, id FROM ledger_export
    WHERE finished_at IS NULL AND failed_at IS NULL AND (org_id, id) > ($1, $2)
    ORDER BY org_id, id LIMIT $3
    """,
)

FAIL = Command(
    """
    UPDATE ledger_export SET failed_at = $3, failure = $4
    WHERE org_id = $1 AND id = $2 AND finished_at IS NULL AND failed_at IS NULL
    """
)

INSERT_PART = Command(
    "INSERT INTO ledger_export_part (org_id, export_id, number, content) VALUES ($1, $2, $3, $4)"
)

PART = Query(
    PartRow, "SELECT content FROM ledger_export_part WHERE org_id = $1 AND export_id = $2 AND number = $3"
)

# Along the journal's index, a page at a time.
JOURNAL = Query(
    ShownTransfer,
    """
    SELECT t.id, e.id AS entity_id, t.entity, t.recorded_at, t.line, d.currency, d.name AS debit, c.name AS credit,
           t.amount, t.base_amount, e.base_currency, t.effective_at, t.reference, t.tax_rate, t.tax_category,
           t.tax_point
    FROM ledger_transfer t
    JOIN ledger_entity e ON e.org_id = t.org_id AND e.number = t.entity
    JOIN ledger_account d ON d.org_id = t.org_id AND d.id = t.debit_id
    JOIN ledger_account c ON c.org_id = t.org_id AND c.id = t.credit_id
    WHERE t.org_id = $1 AND t.entity = $2 AND t.recorded_at >= $3 AND (t.recorded_at, t.line) > ($3, $4)
      AND t.recorded_at < $5
    ORDER BY t.recorded_at, t.line LIMIT $6
    """,
)

# By the house itself, over all organizations: the oldest that was made before an instant. There are few, for a week.
OLD = Query(KeyRow, "SELECT org_id, id FROM ledger_export WHERE created_at < $1 ORDER BY created_at LIMIT 1")

DROP = Command("DELETE FROM ledger_export WHERE org_id = $1 AND id = $2")
