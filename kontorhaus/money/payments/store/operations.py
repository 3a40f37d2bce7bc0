"""Statements on operations."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from kontorhaus.money.payments.model.ids import OperationId
from kontorhaus.money.payments.model.operations import Operation
from kontorhaus.platform.db import Command, Query


class Place(Struct, frozen=True):
    org_id: UUID
    id: OperationId


INSERT = Command(
    """
    INSERT INTO operation
        (org_id, id, kind, subject_kind, subject_id, exclusive_id, connection_id, status, amount, currency, ask, tries,
         created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, 'claimed', $8, $9, $10, $11, $12)
    """
)

OPERATION = Query(
    Operation,
    """
    SELECT id, kind, subject_kind, subject_id, exclusive_id, connection_id, status, amount, currency, ask,
        provider_reference, tries, reason, review, method_kind, method_brand, method_last4, method_fingerprint,
        created_at, sent_at, leased_until, ended_at
    FROM operation WHERE org_id = $1 AND id = $2
    """,
)

LOCK = Query(
    Operation,
    """
    SELECT id, kind, subject_kind, subject_id, exclusive_id, connection_id, status, amount, currency, ask,
        provider_reference, tries, reason, review, method_kind, method_brand, method_last4, method_fingerprint,
        created_at, sent_at, leased_until, ended_at
    FROM operation WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE
    """,
)

OPEN_OF = Query(
    Operation,
    """
    SELECT id, kind, subject_kind, subject_id, exclusive_id, connection_id, status, amount, currency, ask,
        provider_reference, tries, reason, review, method_kind, method_brand, method_last4, method_fingerprint,
        created_at, sent_at, leased_until, ended_at
    FROM operation WHERE org_id = $1 AND exclusive_id = $2 AND status IN ('claimed', 'sent', 'unknown')
    """,
)

SEND = Query(
    Operation,
    """
    UPDATE operation SET
        status = $4, leased_until = $5, sent_at = coalesce(sent_at, $6), tries = tries + 1, reason = NULL
    WHERE org_id = $1 AND id = $2 AND status = $3
    RETURNING id, kind, subject_kind, subject_id, exclusive_id, connection_id, status, amount, currency, ask,
        provider_reference, tries, reason, review, method_kind, method_brand, method_last4, method_fingerprint,
        created_at, sent_at, leased_until, ended_at
    """,
)

# It is asked for once more, by one process at a time.
LEASE = Command(
    """
    UPDATE operation SET leased_until = $4, tries = tries + 1 WHERE org_id = $1 AND id = $2 AND status = $3
    """
)

# Still at the provider with it; the tries say that nobody has taken it over.
HOLD_ON = Command(
    """
    UPDATE operation SET leased_until = $4
    WHERE org_id = $1 AND id = $2 AND tries = $3 AND status IN ('sent', 'unknown')
    """
)

# Not ended: given back, or not known. Who was overtaken writes nothing: each that takes it counts as a try.
PUT = Command(
    """
    UPDATE operation SET status = $5, reason = $6, review = $7, leased_until = NULL,
        provider_reference = coalesce($8, provider_reference)
    WHERE org_id = $1 AND id = $2 AND status = $3 AND tries = $4
    """
)

# A person lets the provider be asked once more.
REVIEWED = Command(
    "UPDATE operation SET review = false, leased_until = NULL WHERE org_id = $1 AND id = $2 AND status = 'unknown'"
)

END = Command(
    """
    UPDATE operation SET status = $4, reason = $5, provider_reference = coalesce($6, provider_reference),
        method_kind = $7, method_brand = $8, method_last4 = $9, method_fingerprint = $10, ended_at = $11, ask = NULL,
        leased_until = NULL, review = false
    WHERE org_id = $1 AND id = $2 AND status = $3
    """
)

OF_SUBJECT = Query(
    Operation,
    """
    SELECT id, kind, subject_kind, subject_id, exclusive_id, connection_id, status, amount, currency, ask,
        provider_reference, tries, reason, review, method_kind, method_brand, method_last4, method_fingerprint,
        created_at, sent_at, leased_until, ended_at
    FROM operation WHERE org_id = $1 AND subject_kind = $2 AND subject_id = $3 AND id < $4
    ORDER BY id DESC LIMIT $5
    """,
)

OPERATIONS = Query(
    Operation,
    """
    SELECT id, kind, subject_kind, subject_id, exclusive_id, connection_id, status, amount, currency, ask,
        provider_reference, tries, reason, review, method_kind, method_brand, method_last4, method_fingerprint,
        created_at, sent_at, leased_until, ended_at
    FROM operation WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

OF_STATUS = Query(
    Operation,
    """
    SELECT id, kind, subject_kind, subject_id, exclusive_id, connection_id, status, amount, currency, ask,
        provider_reference, tries, reason, review, method_kind, method_brand, method_last4, method_fingerprint,
        created_at, sent_at, leased_until, ended_at
    FROM operation WHERE org_id = $1 AND id < $2 AND status = $4 ORDER BY id DESC LIMIT $3
    """,
)

EVERY = Query(
    Operation,
    """
    SELECT id, kind, subject_kind, subject_id, exclusive_id, connection_id, status, amount, currency, ask,
        provider_reference, tries, reason, review, method_kind, method_brand, method_last4, method_fingerprint,
        created_at, sent_at, leased_until, ended_at
    FROM operation WHERE org_id = $1 AND id = ANY ($2::uuid[])
    """,
)

# Of all organizations. Claimed ones are sent within seconds; one that is older is stuck.
UNSETTLED = Query(
    Place,
    """
    SELECT org_id, id FROM operation WHERE status IN ('claimed', 'sent', 'unknown') ORDER BY id LIMIT $1
    """,
)
