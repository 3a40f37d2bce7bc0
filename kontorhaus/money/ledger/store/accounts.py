"""Statements on legal entities, their charts and their accounts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from kontorhaus.money.ledger.model.lines import Account, Entity
from kontorhaus.platform.db import Command, Query


class RouteRow(Struct, frozen=True):
    entity: int
    debit_type: str
    credit_type: str


class TypeRow(Struct, frozen=True):
    entity: int
    type: str


class Moved(Struct, frozen=True):
    moved: bool | None


class Opened(Struct, frozen=True):
    named: int | None


class BooksRow(Struct, frozen=True):
    id: UUID
    number: int
    base_currency: str
    opened_at: datetime
    locked_before: datetime | None


INSERT_ENTITY = Query(
    Entity,
    """
    INSERT INTO ledger_entity (org_id, id, base_currency, opened_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (org_id, id) DO NOTHING
    RETURNING id, number, base_currency
    """,
)

ENTITIES = Query(
    Entity, "SELECT id, number, base_currency FROM ledger_entity WHERE org_id = $1 AND id = ANY ($2::uuid[])"
)

BOOKS = Query(
    BooksRow,
    """
    SELECT id, number, base_currency, opened_at, locked_before FROM ledger_entity WHERE org_id = $1 AND id = $2
    """,
)

INSERT_TYPES = Command(
    """
    INSERT INTO ledger_account_type (org_id, entity, type, side, guards)
    SELECT $1, $2, t.type, t.side, t.guards FROM unnest($3::text[], $4::text[], $5::boolean[]) AS t (type, side, guards)
    ON CONFLICT (org_id, entity, type) DO NOTHING
    """
)

INSERT_ROUTES = Command(
    """
    INSERT INTO ledger_route (org_id, entity, debit_type, credit_type)
    SELECT $1, $2, r.debit_type, r.credit_type FROM unnest($3::text[], $4::text[]) AS r (debit_type, credit_type)
    ON CONFLICT (org_id, entity, debit_type, credit_type) DO NOTHING
    """
)

ROUTES = Query(
    RouteRow,
    "SELECT entity, debit_type, credit_type FROM ledger_route WHERE org_id = $1 AND entity = ANY ($2::integer[])",
)

TYPES = Query(
    TypeRow, "SELECT entity, type FROM ledger_account_type WHERE org_id = $1 AND entity = ANY ($2::integer[])"
)

# The rows that are there, by their keys; what is missing is missing from the answer.
ACCOUNTS = Query(
    Account,
    """
    SELECT a.id, a.entity, a.currency, a.name, a.type, a.side, a.guards
    FROM unnest($2::integer[], $3::text[], $4::text[]) AS n (entity, currency, name)
    JOIN ledger_account a ON a.org_id = $1 AND a.entity = n.entity AND a.currency = n.currency AND a.name = n.name
    """,
)

ACCOUNTS_BY_ID = Query(
    Account,
    """
    SELECT id, entity, currency, name, type, side, guards FROM ledger_account
    WHERE org_id = $1 AND id = ANY ($2::bigint[])
    """,
)

OPEN_ACCOUNTS = Query(Opened, "SELECT ledger_open($1, $2, $3, $4, $5, $6, $7) AS named")

LOCK_PERIOD = Query(Moved, "SELECT ledger_lock_period($1, $2, $3) AS moved")
