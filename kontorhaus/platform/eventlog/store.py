"""Every SQL statement of the event log."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from msgspec import Struct

from kontorhaus.platform.db import Command, Query
from kontorhaus.platform.eventlog.model import Cursor, Event


class State(Struct, frozen=True):
    snapshot: str
    position: int
    epoch: int
    history: str
    history_now: str
    plan: str


class Reader(Struct, frozen=True):
    epoch: int
    position: int
    head: int
    head_epoch: int
    due: bool


class Place(Struct, frozen=True):
    head: int
    head_epoch: int
    found_epoch: int | None


class SubjectRow(Struct, frozen=True):
    org_id: UUID
    subject_kind: str
    subject_id: UUID


class Waiting(Struct, frozen=True):
    failures: int
    epoch: int
    position: int


class SubscriberStatus(Struct, frozen=True):
    name: str
    epoch: int
    position: int
    behind: int
    aside: int
    parked: int


class ParkedFact(Struct, frozen=True):
    org_id: UUID
    subject_kind: str
    subject_id: UUID
    position: int
    failures: int
    reason: str
    waiting: int


class Month(Struct, frozen=True):
    month: date


class Flag(Struct, frozen=True):
    yes: bool


class Name(Struct, frozen=True):
    name: str


APPEND = Command(
    "INSERT INTO event (org_id, kind, version, subject_kind, subject_id, body) VALUES ($1, $2, $3, $4, $5, $6)"
)

# SKIP LOCKED: another candidate is at it, so there is nothing to wait for. Statistics of a partition that is filling
# are always behind, and would have every tick read it whole; hence the setting, for this transaction alone.
LOCK_SEQUENCER = Query(
    State,
    """
    SELECT snapshot::text AS snapshot, position, epoch, history, server_history() AS history_now,
           set_config('enable_seqscan', 'off', true) AS plan
    FROM sequencer
    FOR UPDATE SKIP LOCKED
    """,
)

# Under REPEATABLE READ a row is seen here if its transaction is visible now; it is new if the last snapshot did not
# see it. Ordered by id, since that was drawn under the lock of the object's row; xids were drawn before it.
PUBLISH = Command(
    """
    INSERT INTO event_position (position, epoch, org_id, event_id, at)
    SELECT $2 + row_number() OVER (ORDER BY fresh.id), $3, fresh.org_id, fresh.id, fresh.at
    FROM (
        SELECT org_id, id, at FROM event WHERE xid >= pg_snapshot_xmax($1::text::pg_snapshot)
        UNION ALL
        SELECT org_id, id, at FROM event WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot)))
    ) AS fresh
    """
)

# Where transaction ids mean nothing any more, or never did: all that has no position yet.
PUBLISH_REST = Command(
    """
    INSERT INTO event_position (position, epoch, org_id, event_id, at)
    SELECT $1 + row_number() OVER (ORDER BY e.id), $2, e.org_id, e.id, e.at
    FROM event AS e
    WHERE NOT EXISTS (SELECT FROM event_position AS p WHERE p.event_id = e.id)
    """
)

SAVE_SEQUENCER = Command(
    """
    UPDATE sequencer SET snapshot = pg_current_snapshot(), position = $1, epoch = $2, history = server_history()
    """
)

HEAD = Query(Cursor, "SELECT epoch, position FROM sequencer")

PLACE = Query(
    Place,
    """
    SELECT s.position AS head, s.epoch AS head_epoch, p.epoch AS found_epoch
    FROM sequencer AS s LEFT JOIN event_position AS p ON p.position = $1
    """,
)

# The kinds are NULL for a reader of everything.
READ = Query(
    Event,
    """
    SELECT p.epoch, p.position, p.org_id, p.at, e.kind, e.version, e.subject_kind, e.subject_id, e.body
    FROM event_position AS p
    JOIN event AS e ON e.org_id = p.org_id AND e.at = p.at AND e.id = p.event_id
    WHERE p.position > $1 AND p.position <= $2 AND ($3::text[] IS NULL OR e.kind = ANY ($3))
    ORDER BY p.position
    LIMIT $4
    """,
)

SUBSCRIBE = Command(
    """
    INSERT INTO subscriber (name, epoch, position)
    SELECT $1, s.epoch, CASE WHEN $2::boolean THEN 0 ELSE s.position END FROM sequencer AS s
    ON CONFLICT (name) DO NOTHING
    """
)

UNSUBSCRIBE = Command("DELETE FROM subscriber WHERE name = $1")

# SKIP LOCKED: another process is the reader right now. No row comes back either if nobody has that name.
LOCK_SUBSCRIBER = Query(
    Reader,
    """
    SELECT r.epoch, r.position, s.position AS head, s.epoch AS head_epoch,
           EXISTS (SELECT FROM event_aside AS a WHERE a.subscriber = $1 AND a.next_try_at <= $2) AS due
    FROM subscriber AS r CROSS JOIN sequencer AS s
    WHERE r.name = $1
    FOR UPDATE OF r SKIP LOCKED
    """,
)

# The operator waits for the reader's transaction instead.
AWAIT_SUBSCRIBER = Query(Cursor, "SELECT epoch, position FROM subscriber WHERE name = $1 FOR UPDATE")

MOVE = Command("UPDATE subscriber SET epoch = $2, position = $3 WHERE name = $1")

SET_ASIDE_SUBJECTS = Query(
    SubjectRow,
    """
    SELECT DISTINCT a.org_id, a.subject_kind, a.subject_id
    FROM event_aside AS a
    JOIN unnest($2::uuid[], $3::text[], $4::uuid[]) AS wanted (org_id, subject_kind, subject_id)
      ON wanted.org_id = a.org_id AND wanted.subject_kind = a.subject_kind AND wanted.subject_id = a.subject_id
    WHERE a.subscriber = $1
    """,
)

SET_ASIDE = Command(
    """
    INSERT INTO event_aside
        (subscriber, org_id, subject_kind, subject_id, position, failures, reason, next_try_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    """
)

# Only the first fact of an object has a time, so of each object one comes back.
DUE = Query(
    Waiting,
    """
    SELECT a.failures, p.epoch, a.position
    FROM event_aside AS a JOIN event_position AS p ON p.position = a.position
    WHERE a.subscriber = $1 AND a.next_try_at <= $2
    ORDER BY a.next_try_at, a.position
    LIMIT $3
    """,
)

CARRIED_OUT = Command("DELETE FROM event_aside WHERE org_id = $1 AND subscriber = $2 AND position = $3")

FAILED_AGAIN = Command(
    """
    UPDATE event_aside SET failures = $4, reason = $5, next_try_at = $6
    WHERE org_id = $1 AND subscriber = $2 AND position = $3
    """
)

# The next fact of the object comes to the front of its line.
NEXT_IN_LINE = Command(
    """
    UPDATE event_aside SET next_try_at = $5
    WHERE org_id = $1 AND subscriber = $2 AND subject_kind = $3 AND subject_id = $4
      AND position = (SELECT min(position) FROM event_aside
                      WHERE org_id = $1 AND subscriber = $2 AND subject_kind = $3 AND subject_id = $4)
    """
)

# Those that a replay will meet again.
FORGET_ASIDE = Command("DELETE FROM event_aside WHERE subscriber = $1 AND position >= $2")

SUBSCRIBERS = Query(
    SubscriberStatus,
    """
    SELECT r.name, r.epoch, r.position, s.position - r.position AS behind,
           (SELECT count(*) FROM event_aside AS a WHERE a.subscriber = r.name) AS aside,
           (SELECT count(*) FROM event_aside AS a
            WHERE a.subscriber = r.name AND a.failures > 0 AND a.next_try_at IS NULL) AS parked
    FROM subscriber AS r CROSS JOIN sequencer AS s
    ORDER BY r.name
    """,
)

PARKED = Query(
    ParkedFact,
    """
    SELECT a.org_id, a.subject_kind, a.subject_id, a.position, a.failures, a.reason,
           (SELECT count(*) FROM event_aside AS b
            WHERE b.org_id = a.org_id AND b.subscriber = a.subscriber AND b.subject_kind = a.subject_kind
              AND b.subject_id = a.subject_id AND b.position > a.position) AS waiting
    FROM event_aside AS a
    WHERE a.subscriber = $1 AND a.failures > 0 AND a.next_try_at IS NULL
    ORDER BY a.position
    LIMIT $2
    """,
)

LET_TRY = Command(
    """
    UPDATE event_aside SET next_try_at = $2, failures = 1
    WHERE subscriber = $1 AND failures > 0 AND next_try_at IS NULL
    """
)

MAKE_MONTH = Query(Flag, "SELECT make_event_month($1) AS yes")

DROP_MONTH = Query(Flag, "SELECT drop_event_month($1) AS yes")

MONTHS = Query(Month, "SELECT month FROM event_months() AS month ORDER BY month")

# Whether a fact of those days has not been published, or not been read by everybody, or waits aside.
STILL_NEEDED = Query(
    Flag,
    """
    SELECT EXISTS (
               SELECT FROM event AS e CROSS JOIN sequencer AS s
               WHERE e.at >= $1 AND e.at < $2 AND e.xid >= pg_snapshot_xmin(s.snapshot)
                 AND NOT pg_visible_in_snapshot(e.xid, s.snapshot)
           ) OR EXISTS (
               SELECT FROM event_position AS p
               WHERE p.position > (SELECT min(position) FROM subscriber) AND p.at >= $1 AND p.at < $2
           ) OR EXISTS (
               SELECT FROM event_aside AS a JOIN event_position AS p ON p.position = a.position
               WHERE p.at >= $1 AND p.at < $2
           ) AS yes
    """,
)

# From the front of the log, where the old ones are; a young one among them keeps its place.
FORGET_POSITIONS = Command(
    """
    DELETE FROM event_position
    WHERE position IN (SELECT position
                       FROM (SELECT position, at FROM event_position ORDER BY position LIMIT $2) AS front
                       WHERE at < $1)
    """
)
