"""Statements on balances by what accounts are kept for, and what narrows others to an order, party or connection."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from kontorhaus.money.ledger.model.dimensions import Dimension
from kontorhaus.platform.db import Query


class GroupRow(Struct, frozen=True):
    """Accounts of one type and currency that are kept for the same, on their own side."""

    key: UUID | None
    currency: str
    type: str
    side: str
    accounts: int
    balance: int
    base: int


class SealedRow(Struct, frozen=True):
    upto: datetime | None


def kept_for(first: Dimension, number: int) -> str:
    """A condition on accounts, whose parameters from `number` on are order, party and connection. `first` is given, so
    that its index is used; the others may be NULL."""
    return " ".join(
        f"AND a.{kind}_id = ${place}"
        if kind == first
        else f"AND (${place}::uuid IS NULL OR a.{kind}_id = ${place})"
        for place, kind in enumerate(Dimension, number)
    )


# Up to where everything is added up. Asked before the others, which are planned with the instant known.
SEALED = Query(SealedRow, "SELECT max(upto) AS upto FROM ledger_seal WHERE org_id = $1 AND entity = $2")


def _balances(key: str, where: str, group: str) -> str:
    """How accounts stand now: as each was last added up, and what was posted since. What another adds up between the
    two statements is not counted twice, since each account says how far it is."""
    return f"""
    WITH since AS MATERIALIZED (
        SELECT leg.account_id,
               sum(CASE leg.side WHEN 'debit' THEN t.amount ELSE -t.amount END) AS amount,
               sum(CASE leg.side WHEN 'debit' THEN t.base_amount ELSE -t.base_amount END) AS base
        FROM ledger_transfer t
        CROSS JOIN LATERAL (VALUES ('debit', t.debit_id), ('credit', t.credit_id)) AS leg (side, account_id)
        LEFT JOIN ledger_fold o ON o.org_id = $1 AND o.account_id = leg.account_id
        WHERE t.org_id = $1 AND t.entity = $2 AND t.recorded_at > $3
          AND t.recorded_at > coalesce(o.upto, '-infinity')
        GROUP BY leg.account_id)
    SELECT {key} AS key, a.currency, a.type, a.side, count(*) AS accounts,
           sum(coalesce(f.balance, 0) + CASE a.side WHEN 'debit' THEN 1 ELSE -1 END * coalesce(s.amount, 0))::bigint
               AS balance,
           sum(coalesce(f.base, 0) + CASE a.side WHEN 'debit' THEN 1 ELSE -1 END * coalesce(s.base, 0))::bigint AS base
    FROM ledger_account a
    LEFT JOIN ledger_fold f ON f.org_id = $1 AND f.account_id = a.id
    LEFT JOIN since s ON s.account_id = a.id
    WHERE a.org_id = $1 AND a.entity = $2 AND {where}
    GROUP BY {group}, a.side
    ORDER BY {group} LIMIT $4
    """  # noqa: S608  # put together from literals of this file, when it is imported


def _balances_by(kind: Dimension) -> str:
    """Along the index of the dimension, no further than the page takes."""
    key = f"a.{kind}_id"
    later = f"{key} IS NOT NULL AND ({key}, a.currency, a.type) > ($5, $6, $7)"
    return _balances(key, later, f"{key}, a.currency, a.type")


BALANCES_BY_ORDER = Query(GroupRow, _balances_by(Dimension.ORDER))
BALANCES_BY_PARTY = Query(GroupRow, _balances_by(Dimension.PARTY))
BALANCES_BY_CONNECTION = Query(GroupRow, _balances_by(Dimension.CONNECTION))

BALANCES_BY = {
    Dimension.ORDER: BALANCES_BY_ORDER,
    Dimension.PARTY: BALANCES_BY_PARTY,
    Dimension.CONNECTION: BALANCES_BY_CONNECTION,
}

# Every account of the entity is read, some 500,000 a second.
BALANCES_BY_TYPE = Query(
    GroupRow, _balances("NULL::uuid", "(a.currency, a.type) > ($5, $6)", "a.currency, a.type")
)
