"""Statements on refunds."""

from __future__ import annotations

from msgspec import Struct

from kontorhaus.money.payments.model.refunds import Refund
from kontorhaus.money.payments.store.payments import AllocationRow
from kontorhaus.platform.db import Command, Query


class Undone(Struct, frozen=True):
    amount: int


INSERT = Query(
    Refund,
    """
    INSERT INTO refund
        (org_id, id, payment_id, entity, payer, connection_id, amount, currency, status, reason, reference,
         created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'requested', $9, $10, $11, $11)
    RETURNING id, payment_id, entity, payer, connection_id, amount, currency, status, reason, failure, reference,
        provider_reference, posted, review, version, created_at, updated_at
    """,
)

INSERT_UNDO = Command(
    """
    INSERT INTO refund_undo
        (org_id, refund_id, position, account, amount, party, share, tax_rate, tax_category, tax_point)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    """
)

UNDONE = Query(
    AllocationRow,
    """
    SELECT account, amount, party, share, tax_rate, tax_category, tax_point FROM refund_undo
    WHERE org_id = $1 AND refund_id = $2 ORDER BY position
    """,
)

# What all refunds of a payment have taken back from its allocations, whatever became of them.
UNDONE_OF_PAYMENT = Query(
    Undone,
    """
    SELECT coalesce(sum(u.amount), 0)::bigint AS amount
    FROM refund r JOIN refund_undo u ON u.org_id = r.org_id AND u.refund_id = r.id
    WHERE r.org_id = $1 AND r.payment_id = $2
    """,
)

REFUND = Query(
    Refund,
    """
    SELECT id, payment_id, entity, payer, connection_id, amount, currency, status, reason, failure, reference,
        provider_reference, posted, review, version, created_at, updated_at
    FROM refund WHERE org_id = $1 AND id = $2
    """,
)

LOCK = Query(
    Refund,
    """
    SELECT id, payment_id, entity, payer, connection_id, amount, currency, status, reason, failure, reference,
        provider_reference, posted, review, version, created_at, updated_at
    FROM refund WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE
    """,
)

WRITE = Query(
    Refund,
    """
    UPDATE refund SET
        status = $5, failure = $6, provider_reference = $7, posted = $8, review = $9, updated_at = $10,
        version = version + 1
    WHERE org_id = $1 AND id = $2 AND status = $3 AND version = $4
    RETURNING id, payment_id, entity, payer, connection_id, amount, currency, status, reason, failure, reference,
        provider_reference, posted, review, version, created_at, updated_at
    """,
)

REFUNDS = Query(
    Refund,
    """
    SELECT id, payment_id, entity, payer, connection_id, amount, currency, status, reason, failure, reference,
        provider_reference, posted, review, version, created_at, updated_at
    FROM refund WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

REFUNDS_OF_STATUS = Query(
    Refund,
    """
    SELECT id, payment_id, entity, payer, connection_id, amount, currency, status, reason, failure, reference,
        provider_reference, posted, review, version, created_at, updated_at
    FROM refund WHERE org_id = $1 AND id < $2 AND status = $4 ORDER BY id DESC LIMIT $3
    """,
)

REFUNDS_OF_PAYMENT = Query(
    Refund,
    """
    SELECT id, payment_id, entity, payer, connection_id, amount, currency, status, reason, failure, reference,
        provider_reference, posted, review, version, created_at, updated_at
    FROM refund WHERE org_id = $1 AND id < $2 AND payment_id = $4 ORDER BY id DESC LIMIT $3
    """,
)

BY_PROVIDER_REFERENCE = Query(
    Refund,
    """
    SELECT id, payment_id, entity, payer, connection_id, amount, currency, status, reason, failure, reference,
        provider_reference, posted, review, version, created_at, updated_at
    FROM refund WHERE org_id = $1 AND connection_id = $2 AND provider_reference = $3
    """,
)

EVERY = Query(
    Refund,
    """
    SELECT id, payment_id, entity, payer, connection_id, amount, currency, status, reason, failure, reference,
        provider_reference, posted, review, version, created_at, updated_at
    FROM refund WHERE org_id = $1 AND id = ANY ($2::uuid[])
    """,
)

OF_OPERATION = Query(
    Refund,
    """
    SELECT r.id, r.payment_id, r.entity, r.payer, r.connection_id, r.amount, r.currency, r.status, r.reason,
        r.failure, r.reference, r.provider_reference, r.posted, r.review, r.version, r.created_at,
        r.updated_at
    FROM operation o JOIN refund r ON r.org_id = o.org_id AND r.id = o.subject_id
    WHERE o.org_id = $1 AND o.id = $2 AND o.subject_kind = 'refund'
    """,
)
