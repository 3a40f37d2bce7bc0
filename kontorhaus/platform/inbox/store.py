"""Every SQL statement of the inbox."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from kontorhaus.platform.db import Command, Query


class Kept(Struct, frozen=True):
    """Whether the connection is still the one that verified, and whether the event is new."""

    message_id: UUID
    known: bool
    fresh: bool


class Taken(Struct, frozen=True):
    """A message, and whether another of its subject stands before it."""

    id: UUID
    connection_id: UUID
    event_id: str
    kind: str
    subject: str | None
    sequence: int
    occurred_at: datetime | None
    received_at: datetime
    status: str
    held: bool
    content: bytes


class Ended(Struct, frozen=True):
    """A message that is over, and the one of its subject that is first now."""

    next_id: UUID | None
    next_subject: str | None
    next_status: str | None


class ConnectionRow(Struct, frozen=True):
    id: UUID
    source: str
    status: str
    version: int
    secrets: bytes


class Found(Struct, frozen=True):
    org_id: UUID
    source: str
    version: int
    secrets: bytes


class Replayed(Struct, frozen=True):
    org_id: UUID
    id: UUID
    source: str
    connection_id: UUID
    subject: str | None


class MessageRow(Struct, frozen=True):
    """A message as an operator sees it: without what stands in it, which may be about a person."""

    org_id: UUID
    id: UUID
    connection_id: UUID
    source: str
    event_id: str
    kind: str
    subject: str | None
    sequence: int
    occurred_at: datetime | None
    received_at: datetime
    status: str
    failures: int
    reason: str | None
    ended_at: datetime | None


class ConnectionStatus(Struct, frozen=True):
    """A connection as an operator sees it, with what was refused there for one reason; None if nothing was."""

    org_id: UUID
    id: UUID
    source: str
    status: str
    created_at: datetime
    reason: str | None
    refusals: int | None
    last_at: datetime | None


class Backlog(Struct, frozen=True):
    source: str
    status: str
    messages: int
    oldest: datetime


class Discarded(Struct, frozen=True):
    connection_id: UUID
    source: str
    subject: str | None
    status: str


FIND_CONNECTION = """
    SELECT org_id, source, version, secrets FROM find_inbox_connection($1)
"""

# One statement: the connection is still as it verified, the event is new for ever, the message, the job. Of equal
# events at the same time the first one is waited for, by two transactions in one order. Numbers of arrival are drawn
# in the order of the ids, which is that of this process. The job is enqueued here and not by jobs.enqueue_many,
# which would be a round trip more; its columns are those of that statement.
KEEP = Query(
    Kept,
    """
    WITH sent AS (
        SELECT s.message_id, s.connection_id, s.version, s.event_id, s.kind, s.subject, s.sequence, s.occurred_at,
               s.received_at, s.content, s.job_id, s.key, s.args, s.trace
        FROM unnest($7::uuid[], $8::uuid[], $9::integer[], $10::text[], $11::text[], $12::text[], $13::bigint[],
                    $14::timestamptz[], $15::timestamptz[], $16::bytea[], $17::uuid[], $18::text[], $19::bytea[],
                    $20::text[])
             AS s (message_id, connection_id, version, event_id, kind, subject, sequence, occurred_at, received_at,
                   content, job_id, key, args, trace)
    ), known AS (
        SELECT s.message_id, s.connection_id, s.event_id
        FROM sent AS s JOIN inbox_connection AS c ON c.org_id = $1 AND c.id = s.connection_id
        WHERE c.version = s.version AND c.status = 'open'
    ), fresh AS (
        INSERT INTO inbox_seen (org_id, connection_id, event_id, message_id)
        SELECT $1, connection_id, event_id, message_id FROM known
        ORDER BY connection_id, event_id
        ON CONFLICT (org_id, connection_id, event_id) DO NOTHING
        RETURNING message_id
    ), message AS (
        INSERT INTO inbox_message (org_id, id, connection_id, event_id, kind, subject, sequence, occurred_at,
                                   received_at, status, content)
        SELECT $1, s.message_id, s.connection_id, s.event_id, s.kind, s.subject, s.sequence, s.occurred_at,
               s.received_at, 'waiting', s.content
        FROM sent AS s JOIN fresh AS f ON f.message_id = s.message_id
        ORDER BY s.message_id
    ), enqueued AS (
        INSERT INTO job (org_id, id, queue, kind, state, priority, due_at, clock, max_attempts, key, dedupe_key, args,
                         trace)
        SELECT $1, s.job_id, $2, $3, 'ready', $4, s.received_at, $5, $6, s.key, s.message_id::text, s.args, s.trace
        FROM sent AS s JOIN fresh AS f ON f.message_id = s.message_id
    )
    SELECT s.message_id, k.message_id IS NOT NULL AS known, f.message_id IS NOT NULL AS fresh
    FROM sent AS s
    LEFT JOIN known AS k ON k.message_id = s.message_id
    LEFT JOIN fresh AS f ON f.message_id = s.message_id
    """,
)

# Earlier ones that are quarantined hold it up too: order within a subject is kept until a person decides.
TAKE = Query(
    Taken,
    """
    SELECT m.id, m.connection_id, m.event_id, m.kind, m.subject, m.sequence, m.occurred_at, m.received_at, m.status,
           EXISTS (SELECT FROM inbox_message AS e
                   WHERE e.org_id = m.org_id AND e.connection_id = m.connection_id AND e.subject = m.subject
                     AND e.status IN ('waiting', 'quarantined')
                     AND (e.sequence, e.arrival) < (m.sequence, m.arrival)) AS held,
           m.content
    FROM inbox_message AS m
    WHERE m.org_id = $1 AND m.id = $2
    """,
)

# What stood behind it is found by the snapshot from before the update, hence without itself.
FINISH = Query(
    Ended,
    """
    WITH ended AS (
        UPDATE inbox_message SET status = 'done', reason = NULL, ended_at = $3
        WHERE org_id = $1 AND id = $2 AND status = 'waiting'
        RETURNING org_id, id, connection_id, subject
    )
    SELECT n.id AS next_id, n.subject AS next_subject, n.status AS next_status
    FROM ended LEFT JOIN LATERAL (
        SELECT m.id, m.subject, m.status FROM inbox_message AS m
        WHERE m.org_id = ended.org_id AND m.connection_id = ended.connection_id AND m.subject = ended.subject
          AND m.status IN ('waiting', 'quarantined') AND m.id <> ended.id
        ORDER BY m.sequence, m.arrival
        LIMIT 1) AS n ON true
    """,
)

DISCARD = Query(
    Ended,
    """
    WITH ended AS (
        UPDATE inbox_message SET status = 'discarded', ended_at = $3
        WHERE org_id = $1 AND id = $2 AND status IN ('waiting', 'quarantined')
        RETURNING org_id, id, connection_id, subject
    )
    SELECT n.id AS next_id, n.subject AS next_subject, n.status AS next_status
    FROM ended LEFT JOIN LATERAL (
        SELECT m.id, m.subject, m.status FROM inbox_message AS m
        WHERE m.org_id = ended.org_id AND m.connection_id = ended.connection_id AND m.subject = ended.subject
          AND m.status IN ('waiting', 'quarantined') AND m.id <> ended.id
        ORDER BY m.sequence, m.arrival
        LIMIT 1) AS n ON true
    """,
)

NOTE_FAILURE = Command(
    """
    UPDATE inbox_message SET failures = $3, reason = $4 WHERE org_id = $1 AND id = $2 AND status = 'waiting'
    """
)

# Without a reason of its own it keeps the last one that it had.
QUARANTINE = Command(
    """
    UPDATE inbox_message SET status = 'quarantined', failures = $3, reason = coalesce($4, reason, 'LeaseExpired')
    WHERE org_id = $1 AND id = $2 AND status = 'waiting'
    """
)

# Of one message, of one subject, of one reason, or of all: what is NULL does not matter. Found by the index of what is
# quarantined, which is short.
REPLAY = Query(
    Replayed,
    """
    UPDATE inbox_message AS m SET status = 'waiting', failures = 0, reason = NULL
    FROM inbox_connection AS c
    WHERE c.org_id = m.org_id AND c.id = m.connection_id AND m.status = 'quarantined'
      AND m.ctid = ANY (ARRAY(
        SELECT q.ctid FROM inbox_message AS q
        WHERE q.status = 'quarantined'
          AND ($1::uuid IS NULL OR q.org_id = $1) AND ($2::uuid IS NULL OR q.id = $2)
          AND ($3::uuid IS NULL OR q.connection_id = $3) AND ($4::text IS NULL OR q.subject = $4)
          AND ($5::text IS NULL OR q.reason = $5)
        ORDER BY q.org_id, q.id
        LIMIT $6
        FOR UPDATE SKIP LOCKED))
    RETURNING m.org_id, m.id, c.source, m.connection_id, m.subject
    """,
)

WHICH = Query(
    Discarded,
    """
    SELECT m.connection_id, c.source, m.subject, m.status
    FROM inbox_message AS m JOIN inbox_connection AS c ON c.org_id = m.org_id AND c.id = m.connection_id
    WHERE m.org_id = $1 AND m.id = $2
    """,
)

INSERT_CONNECTION = Command(
    """
    INSERT INTO inbox_connection (org_id, id, source, status, version, secrets, created_at)
    VALUES ($1, $2, $3, 'open', 1, $4, $5)
    """
)

LOCK_CONNECTION = Query(
    ConnectionRow,
    """
    SELECT id, source, status, version, secrets FROM inbox_connection WHERE org_id = $1 AND id = $2
    FOR NO KEY UPDATE
    """,
)

ROTATE = Command(
    """
    UPDATE inbox_connection SET secrets = $3, version = version + 1 WHERE org_id = $1 AND id = $2 AND status = 'open'
    """
)

CLOSE = Command(
    """
    UPDATE inbox_connection SET status = 'closed', closed_at = $3, version = version + 1
    WHERE org_id = $1 AND id = $2 AND status = 'open'
    """
)

NOTE_REFUSALS = Command(
    """
    INSERT INTO inbox_refusal (org_id, connection_id, reason, refusals, first_at, last_at) VALUES ($1, $2, $3, $4,
    $5, $5) ON CONFLICT (org_id, connection_id, reason) DO UPDATE
        SET refusals = inbox_refusal.refusals + excluded.refusals,
            last_at = greatest(inbox_refusal.last_at, excluded.last_at)
    """
)

# As system, a batch at a time; SKIP LOCKED, so that two that forget at once do not wait for each other.
FORGET = Command(
    """
    DELETE FROM inbox_message
    WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM inbox_message
        WHERE ended_at IS NOT NULL AND ended_at < $1
        ORDER BY ended_at
        LIMIT $2
        FOR UPDATE SKIP LOCKED))
    """
)

MESSAGE = Query(
    MessageRow,
    """
    SELECT m.org_id, m.id, m.connection_id, c.source, m.event_id, m.kind, m.subject, m.sequence, m.occurred_at,
           m.received_at, m.status, m.failures, m.reason, m.ended_at
    FROM inbox_message AS m JOIN inbox_connection AS c ON c.org_id = m.org_id AND c.id = m.connection_id
    WHERE m.org_id = $1 AND m.id = $2
    """,
)

QUARANTINED = Query(
    MessageRow,
    """
    SELECT m.org_id, m.id, m.connection_id, c.source, m.event_id, m.kind, m.subject, m.sequence, m.occurred_at,
           m.received_at, m.status, m.failures, m.reason, m.ended_at
    FROM inbox_message AS m JOIN inbox_connection AS c ON c.org_id = m.org_id AND c.id = m.connection_id
    WHERE m.status = 'quarantined' AND (m.org_id, m.id) > ($1, $2)
    ORDER BY m.org_id, m.id
    LIMIT $3
    """,
)

# In the order in which they will be carried out, within each subject.
WAITING = Query(
    MessageRow,
    """
    SELECT m.org_id, m.id, m.connection_id, c.source, m.event_id, m.kind, m.subject, m.sequence, m.occurred_at,
           m.received_at, m.status, m.failures, m.reason, m.ended_at
    FROM inbox_message AS m JOIN inbox_connection AS c ON c.org_id = m.org_id AND c.id = m.connection_id
    WHERE m.status IN ('waiting', 'quarantined') AND m.status = 'waiting'
    ORDER BY m.org_id, m.connection_id, m.subject, m.sequence, m.arrival
    LIMIT $1
    """,
)

CONNECTIONS = Query(
    ConnectionStatus,
    """
    SELECT c.org_id, c.id, c.source, c.status, c.created_at, r.reason, r.refusals, r.last_at
    FROM inbox_connection AS c
    LEFT JOIN inbox_refusal AS r ON r.org_id = c.org_id AND r.connection_id = c.id
    ORDER BY c.org_id, c.id, r.reason
    LIMIT $1
    """,
)

BACKLOG = Query(
    Backlog,
    """
    SELECT c.source, m.status, sum(m.messages)::bigint AS messages, min(m.oldest) AS oldest
    FROM (SELECT org_id, connection_id, status, count(*) AS messages, min(received_at) AS oldest
          FROM inbox_message WHERE status IN ('waiting', 'quarantined') GROUP BY 1, 2, 3) AS m
    JOIN inbox_connection AS c ON c.org_id = m.org_id AND c.id = m.connection_id
    GROUP BY 1, 2
    """,
)
