"""Every SQL statement of seller accounts."""

from __future__ import annotations

from msgspec import Struct

from kontorhaus.money.payments.model.ids import SellerAccountId
from kontorhaus.money.payments.model.sellers import SellerAccount
from kontorhaus.platform.db import Query


class Id(Struct, frozen=True):
    id: SellerAccountId


class Version(Struct, frozen=True):
    version: int


# Waits for a transaction that is opening the same one at this instant, then returns no row.
INSERT = Query(
    Id,
    """
    INSERT INTO seller_account (org_id, id, party, connection_id, country, business_type, status, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7)
    ON CONFLICT DO NOTHING
    RETURNING id
    """,
)

ACCOUNT = Query(
    SellerAccount,
    """
    SELECT id, party, connection_id, country, business_type, status, due, provider_account, reason, operation_id,
        version, created_at, activated_at, closed_at
    FROM seller_account WHERE org_id = $1 AND id = $2
    """,
)

LOCK = Query(
    SellerAccount,
    """
    SELECT id, party, connection_id, country, business_type, status, due, provider_account, reason, operation_id,
        version, created_at, activated_at, closed_at
    FROM seller_account WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE
    """,
)

# The one that is open, if he has one; else one that is closed.
OF_PARTY = Query(
    SellerAccount,
    """
    SELECT id, party, connection_id, country, business_type, status, due, provider_account, reason, operation_id,
        version, created_at, activated_at, closed_at
    FROM seller_account WHERE org_id = $1 AND connection_id = $2 AND party = $3
    ORDER BY (closed_at IS NULL) DESC LIMIT 1
    """,
)

# Who decides by a standing keeps it from being changed until his decision is committed: whoever then changes it sees
# what was decided.
SHARE_OF_PARTY = Query(
    SellerAccount,
    """
    SELECT id, party, connection_id, country, business_type, status, due, provider_account, reason, operation_id,
        version, created_at, activated_at, closed_at
    FROM seller_account WHERE org_id = $1 AND connection_id = $2 AND party = $3
    ORDER BY (closed_at IS NULL) DESC LIMIT 1 FOR SHARE
    """,
)

VERSION = Query(Version, "SELECT version FROM seller_account WHERE org_id = $1 AND id = $2")

BY_PROVIDER = Query(
    SellerAccount,
    """
    SELECT id, party, connection_id, country, business_type, status, due, provider_account, reason, operation_id,
        version, created_at, activated_at, closed_at
    FROM seller_account WHERE org_id = $1 AND connection_id = $2 AND provider_account = $3
    """,
)

ACCOUNTS = Query(
    SellerAccount,
    """
    SELECT id, party, connection_id, country, business_type, status, due, provider_account, reason, operation_id,
        version, created_at, activated_at, closed_at
    FROM seller_account WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

ACCOUNTS_OF_STATUS = Query(
    SellerAccount,
    """
    SELECT id, party, connection_id, country, business_type, status, due, provider_account, reason, operation_id,
        version, created_at, activated_at, closed_at
    FROM seller_account WHERE org_id = $1 AND status = $4 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

ACCOUNTS_OF_PARTY = Query(
    SellerAccount,
    """
    SELECT id, party, connection_id, country, business_type, status, due, provider_account, reason, operation_id,
        version, created_at, activated_at, closed_at
    FROM seller_account WHERE org_id = $1 AND party = $4 AND ($5::text IS NULL OR status = $5)
        AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

ACCOUNTS_NOW = Query(
    SellerAccount,
    """
    SELECT id, party, connection_id, country, business_type, status, due, provider_account, reason, operation_id,
        version, created_at, activated_at, closed_at
    FROM seller_account WHERE org_id = $1 AND id = ANY ($2::uuid[])
    """,
)

BEGIN = Query(
    SellerAccount,
    """
    UPDATE seller_account SET operation_id = $3, country = $4, business_type = $5, reason = NULL, version = version + 1
    WHERE org_id = $1 AND id = $2 AND provider_account IS NULL AND operation_id IS NULL
    RETURNING id, party, connection_id, country, business_type, status, due, provider_account, reason, operation_id,
        version, created_at, activated_at, closed_at
    """,
)

REFUSE = Query(
    SellerAccount,
    """
    UPDATE seller_account SET operation_id = NULL, reason = $3, version = version + 1
    WHERE org_id = $1 AND id = $2 AND provider_account IS NULL
    RETURNING id, party, connection_id, country, business_type, status, due, provider_account, reason, operation_id,
        version, created_at, activated_at, closed_at
    """,
)

MOVE = Query(
    SellerAccount,
    """
    UPDATE seller_account
    SET status = $4, due = $5, provider_account = $6, reason = NULL, operation_id = NULL, version = version + 1,
        activated_at = CASE WHEN $4 = 'active' THEN coalesce(activated_at, $7::timestamptz) ELSE activated_at END,
        closed_at = CASE WHEN $4 = 'closed' THEN coalesce(closed_at, $7::timestamptz) END
    WHERE org_id = $1 AND id = $2 AND status = $3
    RETURNING id, party, connection_id, country, business_type, status, due, provider_account, reason, operation_id,
        version, created_at, activated_at, closed_at
    """,
)
