"""Every SQL statement of notices."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.people.notices.model import Attempt, Notice, NoticeId
from kontorhaus.platform.db import Command, Query


class Id(Struct, frozen=True):
    id: NoticeId


class Sealed(Struct, frozen=True):
    sealed: bytes


class Ended(Struct, frozen=True):
    """How an attempt stands."""

    outcome: str | None


class Count(Struct, frozen=True):
    found: int


class Version(Struct, frozen=True):
    version: int


class Forgotten(Struct, frozen=True):
    org_id: OrgId
    notice_id: UUID
    version: int


# Waits for a transaction that is writing the same occasion at this instant, then returns no row.
INSERT = Query(
    Id,
    """
    INSERT INTO notice
        (org_id, id, template, template_version, language, recipient_kind, recipient_id, dedupe_key, status,
         created_at, next_attempt_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $10)
    ON CONFLICT (org_id, dedupe_key) WHERE dedupe_key IS NOT NULL DO NOTHING
    RETURNING id
    """,
)

BY_DEDUPE_KEY = Query(Id, "SELECT id FROM notice WHERE org_id = $1 AND dedupe_key = $2")

INSERT_CONTENT = Command("INSERT INTO notice_content (org_id, notice_id, sealed) VALUES ($1, $2, $3)")

INSERT_ATTACHMENT = Command(
    "INSERT INTO notice_attachment (org_id, notice_id, position, sealed) VALUES ($1, $2, $3, $4)"
)

NOTICE = Query(
    Notice,
    """
    SELECT id, template, template_version, language, recipient_kind, recipient_id, status, reason, attempts,
        attempts_before, version, created_at, next_attempt_at, sent_at, failed_at, erased_at
    FROM notice WHERE org_id = $1 AND id = $2
    """,
)

LOCK = Query(
    Notice,
    """
    SELECT id, template, template_version, language, recipient_kind, recipient_id, status, reason, attempts,
        attempts_before, version, created_at, next_attempt_at, sent_at, failed_at, erased_at
    FROM notice WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE
    """,
)

NOTICES = Query(
    Notice,
    """
    SELECT id, template, template_version, language, recipient_kind, recipient_id, status, reason, attempts,
        attempts_before, version, created_at, next_attempt_at, sent_at, failed_at, erased_at
    FROM notice WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

NOTICES_OF_STATUS = Query(
    Notice,
    """
    SELECT id, template, template_version, language, recipient_kind, recipient_id, status, reason, attempts,
        attempts_before, version, created_at, next_attempt_at, sent_at, failed_at, erased_at
    FROM notice WHERE org_id = $1 AND status = $4 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

NOTICES_NOW = Query(
    Notice,
    """
    SELECT id, template, template_version, language, recipient_kind, recipient_id, status, reason, attempts,
        attempts_before, version, created_at, next_attempt_at, sent_at, failed_at, erased_at
    FROM notice WHERE org_id = $1 AND id = ANY ($2::uuid[])
    """,
)

CONTENT = Query(Sealed, "SELECT sealed FROM notice_content WHERE org_id = $1 AND notice_id = $2")

ATTACHMENTS = Query(
    Sealed, "SELECT sealed FROM notice_attachment WHERE org_id = $1 AND notice_id = $2 ORDER BY position"
)

ATTEMPTS = Query(
    Attempt,
    """
    SELECT number, host, began_at, ended_at, outcome, code, enhanced
    FROM notice_attempt WHERE org_id = $1 AND notice_id = $2 ORDER BY number
    """,
)

ATTEMPT = Query(
    Ended, "SELECT outcome FROM notice_attempt WHERE org_id = $1 AND notice_id = $2 AND number = $3"
)

UNKNOWNS = Query(
    Count,
    """
    SELECT count(*)::integer AS found FROM notice_attempt
    WHERE org_id = $1 AND notice_id = $2 AND number > $3 AND outcome = 'unknown'
    """,
)

INSERT_ATTEMPT = Command(
    "INSERT INTO notice_attempt (org_id, notice_id, number, host, began_at) VALUES ($1, $2, $3, $4, $5)"
)

COUNT_ATTEMPT = Command(
    """
    UPDATE notice SET attempts = $3, next_attempt_at = NULL, version = version + 1 WHERE org_id = $1 AND id = $2
    """
)

# An outcome that became known takes the place of an unknown one, and of no other.
END_ATTEMPT = Command(
    """
    UPDATE notice_attempt SET ended_at = $4, outcome = $5, code = $6, enhanced = $7
    WHERE org_id = $1 AND notice_id = $2 AND number = $3 AND (outcome IS NULL OR outcome = 'unknown')
    """
)

PUT_OFF = Query(
    Version,
    """
    UPDATE notice SET next_attempt_at = $3, version = version + 1 WHERE org_id = $1 AND id = $2 RETURNING version
    """,
)

MOVE = Query(
    Notice,
    """
    UPDATE notice SET
        status = $4, reason = $5, next_attempt_at = $7, version = version + 1,
        sent_at = CASE WHEN $4 = 'sent' THEN $6::timestamptz END,
        failed_at = CASE WHEN $4 = 'failed' THEN $6::timestamptz END,
        attempts_before = CASE WHEN $4 = 'queued' THEN attempts ELSE attempts_before END,
        erased_at = CASE WHEN $4 = 'cancelled' THEN $6::timestamptz ELSE erased_at END
    WHERE org_id = $1 AND id = $2 AND status = $3
    RETURNING id, template, template_version, language, recipient_kind, recipient_id, status, reason, attempts,
        attempts_before, version, created_at, next_attempt_at, sent_at, failed_at, erased_at
    """,
)

KEEP_CONTENT_UNTIL = Command("UPDATE notice_content SET forget_at = $3 WHERE org_id = $1 AND notice_id = $2")

NOTE_ERASURE = Query(
    Version,
    """
    UPDATE notice SET erased_at = $3, version = version + 1
    WHERE org_id = $1 AND id = $2 AND erased_at IS NULL
    RETURNING version
    """,
)

# Locked by id, so that two that erase meet in one order.
OF_RECIPIENT = Query(
    Id,
    """
    SELECT id FROM notice WHERE org_id = $1 AND recipient_id = $2 AND erased_at IS NULL
    ORDER BY id FOR NO KEY UPDATE
    """,
)

# Every table that holds something personal; a test compares it with the schema.
ERASURES = (
    Command("DELETE FROM notice_content WHERE org_id = $1 AND notice_id = $2"),
    Command("DELETE FROM notice_attachment WHERE org_id = $1 AND notice_id = $2"),
)

# The limit is a literal, so that the planner knows how few they are and walks indexes: some ten milliseconds of work
# and of locks at a time.
FORGET = Query(
    Forgotten,
    """
    WITH old AS (
        DELETE FROM notice_content c USING (
            SELECT org_id, notice_id FROM notice_content WHERE forget_at <= $1
            ORDER BY forget_at LIMIT 500 FOR UPDATE SKIP LOCKED
        ) AS due
        WHERE c.org_id = due.org_id AND c.notice_id = due.notice_id
        RETURNING c.org_id, c.notice_id
    ), files AS (
        DELETE FROM notice_attachment a USING old WHERE a.org_id = old.org_id AND a.notice_id = old.notice_id
    )
    UPDATE notice n SET erased_at = $1, version = version + 1
    FROM old WHERE n.org_id = old.org_id AND n.id = old.notice_id AND n.erased_at IS NULL
    RETURNING n.org_id, n.id AS notice_id, n.version
    """,
)
