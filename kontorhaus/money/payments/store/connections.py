"""Every SQL statement about payment connections."""

from __future__ import annotations

from msgspec import Struct

from kontorhaus.money.payments.model.connections import PaymentConnection
from kontorhaus.money.payments.model.ids import PaymentConnectionId
from kontorhaus.platform.db import Command, Query


class Content(Struct, frozen=True):
    content: bytes


class Sealed(Struct, frozen=True):
    gateway: str
    credentials: bytes


class Which(Struct, frozen=True):
    id: PaymentConnectionId


# Waits for a transaction that is creating the same connection at this instant, then touches no row.
INSERT_CONNECTION = Command(
    """
    INSERT INTO payment_connection
        (org_id, id, entity, gateway, name, status, credentials, key_hint, webhooks, inbox_connection_id,
         sellers_inbox_connection_id, content, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, 'active', $6, $7, $8, $9, $10, $11, $12, $12)
    ON CONFLICT (org_id, id) DO NOTHING
    """
)

CONTENT = Query(Content, "SELECT content FROM payment_connection WHERE org_id = $1 AND id = $2")

CONNECTION = Query(
    PaymentConnection,
    """
    SELECT id, entity, gateway, name, status, key_hint, account, webhooks, inbox_connection_id,
        sellers_inbox_connection_id, version, created_at, updated_at, tested_at, closed_at
    FROM payment_connection WHERE org_id = $1 AND id = $2
    """,
)

CONNECTIONS_NOW = Query(
    PaymentConnection,
    """
    SELECT id, entity, gateway, name, status, key_hint, account, webhooks, inbox_connection_id,
        sellers_inbox_connection_id, version, created_at, updated_at, tested_at, closed_at
    FROM payment_connection WHERE org_id = $1 AND id = ANY ($2)
    """,
)

CONNECTIONS = Query(
    PaymentConnection,
    """
    SELECT id, entity, gateway, name, status, key_hint, account, webhooks, inbox_connection_id,
        sellers_inbox_connection_id, version, created_at, updated_at, tested_at, closed_at
    FROM payment_connection WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

LOCK_CONNECTION = Query(
    PaymentConnection,
    """
    SELECT id, entity, gateway, name, status, key_hint, account, webhooks, inbox_connection_id,
        sellers_inbox_connection_id, version, created_at, updated_at, tested_at, closed_at
    FROM payment_connection WHERE org_id = $1 AND id = $2 FOR UPDATE
    """,
)

# Two suffice to see that it is not one.
ACTIVE_OF_ENTITY = Query(
    PaymentConnection,
    """
    SELECT id, entity, gateway, name, status, key_hint, account, webhooks, inbox_connection_id,
        sellers_inbox_connection_id, version, created_at, updated_at, tested_at, closed_at
    FROM payment_connection WHERE org_id = $1 AND entity = $2 AND status = 'active' ORDER BY id LIMIT 2
    """,
)

CREDENTIALS = Query(
    Sealed, "SELECT gateway, credentials FROM payment_connection WHERE org_id = $1 AND id = $2"
)

OF_INBOX = Query(
    Which,
    """
    SELECT id FROM payment_connection WHERE org_id = $1 AND inbox_connection_id = $2
    UNION ALL
    SELECT id FROM payment_connection WHERE org_id = $1 AND sellers_inbox_connection_id = $2
    """,
)

RENAME = Command(
    """
    UPDATE payment_connection SET name = $3, version = version + 1, updated_at = $4 WHERE org_id = $1 AND id = $2
    """
)

REPLACE_KEY = Command(
    """
    UPDATE payment_connection SET credentials = $3, key_hint = $4, version = version + 1, updated_at = $5
    WHERE org_id = $1 AND id = $2
    """
)

SET_WEBHOOKS = Command(
    """
    UPDATE payment_connection SET webhooks = $3, version = version + 1, updated_at = $4
    WHERE org_id = $1 AND id = $2
    """
)

NOTE_ACCOUNT = Command(
    """
    UPDATE payment_connection
    SET account = $3, tested_at = $4, version = version + CASE WHEN account IS NULL THEN 1 ELSE 0 END
    WHERE org_id = $1 AND id = $2 AND (account IS NULL OR account = $3)
    """
)

MOVE = Command(
    """
    UPDATE payment_connection SET status = $4, closed_at = $5, version = version + 1, updated_at = $5
    WHERE org_id = $1 AND id = $2 AND status = $3
    """
)
