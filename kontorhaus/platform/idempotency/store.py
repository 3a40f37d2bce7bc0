"""Every SQL statement of idempotency."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from kontorhaus.platform.db import Command, Query


class Committing(Struct, frozen=True):
    xid: int


class Stored(Struct, frozen=True):
    body_hash: bytes
    subject: UUID | None
    resume_at: datetime | None
    resumes: int
    answer: bytes | None
    sealed: bool
    xid: int


class Settled(Struct, frozen=True):
    answer: bytes | None
    sealed: bool
    xid: int


class Due(Struct, frozen=True):
    org_id: UUID
    resume_kind: str
    subject: UUID
    resumes: int


class Forgotten(Struct, frozen=True):
    created_at: datetime


# Waits for a transaction that is claiming the same key at this instant, then finds its row: no row comes back.
CLAIM = Query(
    Committing,
    """
    INSERT INTO idempotency_key
        (org_id, operation, key, actor_kind, device_id, body_hash, version, created_at,
         resume_kind, subject, resume_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (org_id, operation, key, actor_kind, device_id) DO NOTHING
    RETURNING xid::text::bigint AS xid
    """,
)

FIND = Query(
    Stored,
    """
    SELECT body_hash, subject, resume_at, resumes, answer, sealed, xid::text::bigint AS xid
    FROM idempotency_key
    WHERE org_id = $1 AND operation = $2 AND key = $3 AND actor_kind = $4 AND device_id = $5
    """,
)

# Key and answer of a call that needed one transaction. No row comes back if another call with the key was faster, after
# waiting for that one's transaction to end.
KEEP = Query(
    Committing,
    """
    INSERT INTO idempotency_key
        (org_id, operation, key, actor_kind, device_id, body_hash, version, created_at, status, answer, sealed)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (org_id, operation, key, actor_kind, device_id) DO NOTHING
    RETURNING xid::text::bigint AS xid
    """,
)

LOCK_SUBJECT = Query(
    Settled,
    """
    SELECT answer, sealed, xid::text::bigint AS xid
    FROM idempotency_key WHERE org_id = $1 AND subject = $2 FOR UPDATE
    """,
)

SETTLE = Query(
    Committing,
    """
    UPDATE idempotency_key
    SET status = $3, answer = $4, sealed = $5, resume_at = NULL, xid = pg_current_xact_id()
    WHERE org_id = $1 AND subject = $2 AND answer IS NULL
    RETURNING xid::text::bigint AS xid
    """,
)

# Run as system: whose work was left open, oldest first. SKIP LOCKED lets several resumers share the queue; each takes
# only the kinds that it knows, since old workers run beside new code in a rolling deploy.
TAKE_DUE = Query(
    Due,
    """
    WITH due AS (
        SELECT org_id, subject FROM idempotency_key
        WHERE resume_at <= $1 AND resume_kind = ANY($4)
        ORDER BY resume_at
        LIMIT $2
        FOR UPDATE SKIP LOCKED
    )
    UPDATE idempotency_key AS k SET resume_at = $3, resumes = k.resumes + 1
    FROM due
    WHERE k.org_id = due.org_id AND k.subject = due.subject AND k.answer IS NULL
    RETURNING k.org_id, k.resume_kind, k.subject, k.resumes
    """,
)

POSTPONE = Command(
    """
    UPDATE idempotency_key SET resume_at = $3
    WHERE org_id = $1 AND subject = $2 AND answer IS NULL
    """
)

# Run as system, in small batches, so that it never holds many rows. An unfinished call is never forgotten.
FORGET = Query(
    Forgotten,
    """
    WITH old AS (
        SELECT ctid AS place FROM idempotency_key
        WHERE created_at < $1 AND resume_at IS NULL
        ORDER BY created_at
        LIMIT $2
        FOR UPDATE SKIP LOCKED
    )
    DELETE FROM idempotency_key USING old WHERE idempotency_key.ctid = old.place
    RETURNING created_at
    """,
)
