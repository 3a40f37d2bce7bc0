"""Statements that show entries, accounts and books."""

from __future__ import annotations

from msgspec import Struct

from kontorhaus.money.ledger.model.dimensions import Dimension
from kontorhaus.money.ledger.model.shown import (
    ShownAccount,
    ShownBooks,
    ShownEnd,
    ShownHold,
    ShownRoute,
    ShownTransfer,
    ShownType,
)
from kontorhaus.money.ledger.store.cutting import kept_for
from kontorhaus.platform.db import Query


class GuardRow(Struct, frozen=True):
    balance: int
    held: int


TRANSFERS = Query(
    ShownTransfer,
    """
    SELECT t.id, e.id AS entity_id, t.entity, t.recorded_at, t.line, d.currency, d.name AS debit, c.name AS credit,
           t.amount, t.base_amount, e.base_currency, t.effective_at, t.reference, t.tax_rate, t.tax_category,
           t.tax_point
    FROM ledger_transfer t
    JOIN ledger_entity e ON e.org_id = t.org_id AND e.number = t.entity
    JOIN ledger_account d ON d.org_id = t.org_id AND d.id = t.debit_id
    JOIN ledger_account c ON c.org_id = t.org_id AND c.id = t.credit_id
    WHERE t.org_id = $1 AND t.id = ANY ($2::uuid[])
    """,
)


def _holds(which: str) -> str:
    return f"""
    SELECT h.id, e.id AS entity_id, h.entity, h.recorded_at, h.line, d.currency, d.name AS debit, c.name AS credit,
           h.amount, h.base_amount, e.base_currency, h.expires_at, h.reference, x.id AS end_id,
           x.recorded_at AS end_recorded_at, x.outcome
    FROM ledger_hold h
    JOIN ledger_entity e ON e.org_id = h.org_id AND e.number = h.entity
    JOIN ledger_account d ON d.org_id = h.org_id AND d.id = h.debit_id
    JOIN ledger_account c ON c.org_id = h.org_id AND c.id = h.credit_id
    LEFT JOIN ledger_hold_end x ON x.org_id = h.org_id AND x.hold_id = h.id
    WHERE h.org_id = $1 AND {which}
    """  # noqa: S608  # put together from literals of this file, when it is imported


HOLD = Query(ShownHold, _holds("h.id = $2"))

HOLDS = Query(ShownHold, _holds("h.id = ANY ($2::uuid[])"))

HOLDS_OF_SET = Query(
    ShownHold, _holds("h.entity = $2 AND h.recorded_at = $3 AND h.line >= $4 ORDER BY h.line LIMIT $5")
)

# The entries of one set, from behind a line on.
TRANSFERS_OF_SET = Query(
    ShownTransfer,
    """
    SELECT t.id, e.id AS entity_id, t.entity, t.recorded_at, t.line, d.currency, d.name AS debit, c.name AS credit,
           t.amount, t.base_amount, e.base_currency, t.effective_at, t.reference, t.tax_rate, t.tax_category,
           t.tax_point
    FROM ledger_transfer t
    JOIN ledger_entity e ON e.org_id = t.org_id AND e.number = t.entity
    JOIN ledger_account d ON d.org_id = t.org_id AND d.id = t.debit_id
    JOIN ledger_account c ON c.org_id = t.org_id AND c.id = t.credit_id
    WHERE t.org_id = $1 AND t.entity = $2 AND t.recorded_at = $3 AND t.line >= $4
    ORDER BY t.line LIMIT $5
    """,
)

ENDS_OF_SET = Query(
    ShownEnd,
    """
    SELECT id, hold_id, entity, recorded_at, line, outcome FROM ledger_hold_end
    WHERE org_id = $1 AND entity = $2 AND recorded_at = $3 AND line >= $4
    ORDER BY line LIMIT $5
    """,
)

ACCOUNT = Query(
    ShownAccount,
    """
    SELECT a.id, e.id AS entity_id, a.currency, a.name, a.type, a.side, a.guards,
           a.order_id, a.party_id, a.connection_id, a.opened_at
    FROM ledger_account a JOIN ledger_entity e ON e.org_id = a.org_id AND e.number = a.entity
    WHERE a.org_id = $1 AND e.id = $2 AND a.currency = $3 AND a.name = $4
    """,
)


def _accounts(kept_for: str) -> str:
    """Accounts along the key, up to the last currency that is asked for; `kept_for` says which."""
    return f"""
    SELECT a.id, e.id AS entity_id, a.currency, a.name, a.type, a.side, a.guards,
           a.order_id, a.party_id, a.connection_id, a.opened_at
    FROM ledger_account a JOIN ledger_entity e ON e.org_id = a.org_id AND e.number = a.entity
    WHERE a.org_id = $1 AND a.entity = $2 AND (a.currency, a.name) > ($3, $4) AND a.currency <= $5 {kept_for}
    ORDER BY a.currency, a.name LIMIT $6
    """  # noqa: S608  # put together from literals of this file, when it is imported


ACCOUNTS = Query(ShownAccount, _accounts(""))

# Each along the index of the first dimension that is asked for.
ACCOUNTS_OF_ORDER = Query(ShownAccount, _accounts(kept_for(Dimension.ORDER, 7)))
ACCOUNTS_OF_PARTY = Query(ShownAccount, _accounts(kept_for(Dimension.PARTY, 7)))
ACCOUNTS_OF_CONNECTION = Query(ShownAccount, _accounts(kept_for(Dimension.CONNECTION, 7)))

ACCOUNTS_OF = {
    Dimension.ORDER: ACCOUNTS_OF_ORDER,
    Dimension.PARTY: ACCOUNTS_OF_PARTY,
    Dimension.CONNECTION: ACCOUNTS_OF_CONNECTION,
}

GUARD = Query(
    GuardRow,
    "SELECT balance, held FROM ledger_guard WHERE org_id = $1 AND account_id = $2",
)

BOOKS = Query(
    ShownBooks,
    """
    SELECT id, number, base_currency, opened_at, locked_before FROM ledger_entity WHERE org_id = $1 AND id = $2
    """,
)

EVERY_BOOKS = Query(
    ShownBooks,
    """
    SELECT id, number, base_currency, opened_at, locked_before FROM ledger_entity
    WHERE org_id = $1 AND id > $2 ORDER BY id LIMIT $3
    """,
)

CHART_TYPES = Query(
    ShownType,
    """
    SELECT type AS name, side, guards FROM ledger_account_type WHERE org_id = $1 AND entity = $2 ORDER BY type
    """,
)

CHART_ROUTES = Query(
    ShownRoute,
    """
    SELECT debit_type AS debit, credit_type AS credit FROM ledger_route
    WHERE org_id = $1 AND entity = $2 ORDER BY debit_type, credit_type
    """,
)

BOOKS_BY_NUMBER = Query(
    ShownBooks,
    """
    SELECT id, number, base_currency, opened_at, locked_before FROM ledger_entity WHERE org_id = $1 AND number = $2
    """,
)
