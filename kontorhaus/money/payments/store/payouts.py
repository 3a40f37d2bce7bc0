"""Every SQL statement of payouts."""

from __future__ import annotations

from msgspec import Struct

from kontorhaus.money.payments.model.ids import PayoutId
from kontorhaus.money.payments.model.payouts import Payout
from kontorhaus.platform.db import Command, Query


class Id(Struct, frozen=True):
    id: PayoutId


class Release(Struct, frozen=True):
    release: bytes


class Version(Struct, frozen=True):
    version: int


# Waits for a transaction that is writing the same id at this instant, then returns no row.
INSERT = Query(
    Payout,
    """
    INSERT INTO payout
        (org_id, id, entity, seller, connection_id, amount, currency, status, reason, hold_id, seller_account_id,
         source_payment, reference, release, operation_id, tries, created_at, next_try_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
    ON CONFLICT (org_id, id) DO NOTHING
    RETURNING id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
        seller_account_id, source_payment, reference, transfer, reversed, reversing, operation_id, tries, waits,
        version, created_at, next_try_at, paid_at, ended_at
    """,
)

RELEASE = Query(Release, "SELECT release FROM payout WHERE org_id = $1 AND id = $2")

PAYOUT = Query(
    Payout,
    """
    SELECT id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
        seller_account_id, source_payment, reference, transfer, reversed, reversing, operation_id, tries, waits,
        version, created_at, next_try_at, paid_at, ended_at
    FROM payout WHERE org_id = $1 AND id = $2
    """,
)

LOCK = Query(
    Payout,
    """
    SELECT id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
        seller_account_id, source_payment, reference, transfer, reversed, reversing, operation_id, tries, waits,
        version, created_at, next_try_at, paid_at, ended_at
    FROM payout WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE
    """,
)

PAYOUTS = Query(
    Payout,
    """
    SELECT id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
        seller_account_id, source_payment, reference, transfer, reversed, reversing, operation_id, tries, waits,
        version, created_at, next_try_at, paid_at, ended_at
    FROM payout WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

PAYOUTS_OF_STATUS = Query(
    Payout,
    """
    SELECT id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
        seller_account_id, source_payment, reference, transfer, reversed, reversing, operation_id, tries, waits,
        version, created_at, next_try_at, paid_at, ended_at
    FROM payout WHERE org_id = $1 AND status = $4 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

PAYOUTS_OF_SELLER = Query(
    Payout,
    """
    SELECT id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
        seller_account_id, source_payment, reference, transfer, reversed, reversing, operation_id, tries, waits,
        version, created_at, next_try_at, paid_at, ended_at
    FROM payout WHERE org_id = $1 AND seller = $4 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

PAYOUTS_OF_SELLER_AND_STATUS = Query(
    Payout,
    """
    SELECT id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
        seller_account_id, source_payment, reference, transfer, reversed, reversing, operation_id, tries, waits,
        version, created_at, next_try_at, paid_at, ended_at
    FROM payout WHERE org_id = $1 AND seller = $4 AND status = $5
        AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

PAYOUTS_OF_REFERENCE = Query(
    Payout,
    """
    SELECT id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
        seller_account_id, source_payment, reference, transfer, reversed, reversing, operation_id, tries, waits,
        version, created_at, next_try_at, paid_at, ended_at
    FROM payout WHERE org_id = $1 AND reference = $4 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

PAYOUTS_NOW = Query(
    Payout,
    """
    SELECT id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
        seller_account_id, source_payment, reference, transfer, reversed, reversing, operation_id, tries, waits,
        version, created_at, next_try_at, paid_at, ended_at
    FROM payout WHERE org_id = $1 AND id = ANY ($2::uuid[])
    """,
)

VERSION = Query(Version, "SELECT version FROM payout WHERE org_id = $1 AND id = $2")

BY_TRANSFER = Query(
    Payout,
    """
    SELECT id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
        seller_account_id, source_payment, reference, transfer, reversed, reversing, operation_id, tries, waits,
        version, created_at, next_try_at, paid_at, ended_at
    FROM payout WHERE org_id = $1 AND connection_id = $2 AND transfer = $3
    """,
)

WAITING = Query(
    Id,
    """
    SELECT id FROM payout
    WHERE org_id = $1 AND connection_id = $2 AND seller = $3 AND status IN ('planned', 'on_hold') AND id > $4
    ORDER BY id LIMIT $5
    """,
)

# It waits, or goes on waiting. That it was looked at again changes nothing that a reader has seen.
PUT_OFF = Query(
    Payout,
    """
    UPDATE payout
    SET status = $4, reason = $5, next_try_at = $6, seller_account_id = coalesce($7, seller_account_id),
        operation_id = NULL, waits = waits + 1,
        version = version + CASE WHEN status = $4 AND reason = $5 THEN 0 ELSE 1 END
    WHERE org_id = $1 AND id = $2 AND status = $3
    RETURNING id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
        seller_account_id, source_payment, reference, transfer, reversed, reversing, operation_id, tries, waits,
        version, created_at, next_try_at, paid_at, ended_at
    """,
)

SEND = Query(
    Payout,
    """
    UPDATE payout
    SET status = $4, reason = NULL, next_try_at = NULL, seller_account_id = $5, operation_id = $6,
        tries = tries + 1, version = version + 1
    WHERE org_id = $1 AND id = $2 AND status = $3
    RETURNING id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
        seller_account_id, source_payment, reference, transfer, reversed, reversing, operation_id, tries, waits,
        version, created_at, next_try_at, paid_at, ended_at
    """,
)

PAY = Query(
    Payout,
    """
    UPDATE payout
    SET status = $4, reason = NULL, next_try_at = NULL, transfer = $5, paid_at = $6, seller_account_id = $7,
        operation_id = NULL, ended_at = NULL, waits = 0, version = version + 1
    WHERE org_id = $1 AND id = $2 AND status = $3
    RETURNING id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
        seller_account_id, source_payment, reference, transfer, reversed, reversing, operation_id, tries, waits,
        version, created_at, next_try_at, paid_at, ended_at
    """,
)

# It never went out, and will not.
END = Query(
    Payout,
    """
    UPDATE payout
    SET status = $4, reason = $5, next_try_at = NULL, operation_id = NULL, ended_at = $6, version = version + 1
    WHERE org_id = $1 AND id = $2 AND status = $3
    RETURNING id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
        seller_account_id, source_payment, reference, transfer, reversed, reversing, operation_id, tries, waits,
        version, created_at, next_try_at, paid_at, ended_at
    """,
)

TAKE_BACK = Query(
    Payout,
    """
    UPDATE payout
    SET reversing = $3, operation_id = $4, version = version + 1
    WHERE org_id = $1 AND id = $2 AND status = 'paid' AND operation_id IS NULL AND reversed + $3 <= amount
    RETURNING id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
        seller_account_id, source_payment, reference, transfer, reversed, reversing, operation_id, tries, waits,
        version, created_at, next_try_at, paid_at, ended_at
    """,
)

# The provider does not take it back.
KEEP = Query(
    Payout,
    """
    UPDATE payout
    SET reversing = 0, operation_id = NULL, version = version + 1
    WHERE org_id = $1 AND id = $2 AND operation_id = $3
    RETURNING id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
        seller_account_id, source_payment, reference, transfer, reversed, reversing, operation_id, tries, waits,
        version, created_at, next_try_at, paid_at, ended_at
    """,
)

RETURN = Query(
    Payout,
    """
    UPDATE payout
    SET status = $4, reversed = $5, reversing = $6, version = version + 1,
        ended_at = CASE WHEN $4 = 'returned' THEN $7::timestamptz END
    WHERE org_id = $1 AND id = $2 AND status = $3
    RETURNING id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
        seller_account_id, source_payment, reference, transfer, reversed, reversing, operation_id, tries, waits,
        version, created_at, next_try_at, paid_at, ended_at
    """,
)

# The call to take money back has ended; what it brought is there already.
CLOSE = Command(
    "UPDATE payout SET operation_id = NULL, reversing = 0 WHERE org_id = $1 AND id = $2 AND operation_id = $3"
)
