"""Every SQL statement of the event log."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from kontorhaus.platform.db import Command, Ending, Query
from kontorhaus.platform.eventlog.model import Appeared, Cursor, Event, Head


class State(Struct, frozen=True):
    snapshot: str
    position: int
    epoch: int
    history: str
    history_now: str


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


class CommitState(Struct, frozen=True):
    published: bool
    unknown: bool


class SubjectRow(Struct, frozen=True):
    org_id: UUID
    subject_kind: str
    subject_id: UUID


class Unread(Struct, frozen=True):
    """What readers have not done yet of one organization's facts, and the first that they have set aside."""

    unpublished: bool
    unread: bool
    subscriber: str | None
    reason: str | None
    next_try_at: datetime | None


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


class Unpublished(Struct, frozen=True):
    facts: int
    oldest: datetime | None


class Distance(Struct, frozen=True):
    name: str
    behind: int
    oldest: datetime | None
    waiting: int
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


APPEND = Ending(
    "INSERT INTO event (org_id, kind, version, subject_kind, subject_id, body) VALUES ($1, $2, $3, $4, $5, $6)"
)

# No row when there is nothing to do, unless $1 asks for it all the same: no lock is taken then, which would have the
# commit wait for the disk. SKIP LOCKED: another candidate is at it, so there is nothing to wait for.
LOCK_SEQUENCER = Query(
    State,
    """
    SELECT s.snapshot::text AS snapshot, s.position, s.epoch, s.history, server_history() AS history_now
    FROM sequencer AS s
    WHERE $1 OR s.history <> server_history()
       OR EXISTS (SELECT FROM event WHERE xid >= pg_snapshot_xmax(s.snapshot))
       OR EXISTS (SELECT FROM event WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip(s.snapshot))))
    FOR UPDATE SKIP LOCKED
    """,
)

# Under REPEATABLE READ a row is seen here if its transaction is visible now; it is new if the last snapshot did not
# see it. Ordered by id, since that was drawn under the lock of the object's row; xids were drawn before it.
# Facts that were restored from another server bear that one's xids, which this one gives out again: they lie among the
# fresh ones and have their position already. Asked row by row, and not joined, since a join may be planned as a walk
# through all positions.
PUBLISH = Command(
    """
    INSERT INTO event_position (position, epoch, org_id, event_id, at, kind, subject_id)
    SELECT $2 + row_number() OVER (ORDER BY fresh.id), $3, fresh.org_id, fresh.id, fresh.at,
           fresh.kind, fresh.subject_id
    FROM (
        SELECT org_id, id, at, kind, subject_id FROM event
        WHERE xid >= pg_snapshot_xmax($1::text::pg_snapshot) AND xid < pg_snapshot_xmax(pg_current_snapshot())
        UNION ALL
        SELECT org_id, id, at, kind, subject_id FROM event
        WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot)))
    ) AS fresh
    WHERE (SELECT p.position FROM event_position AS p WHERE p.event_id = fresh.id) IS NULL
    """
)

# Where transaction ids mean nothing any more, or never did: all that has no position yet.
PUBLISH_REST = Command(
    """
    INSERT INTO event_position (position, epoch, org_id, event_id, at, kind, subject_id)
    SELECT $1 + row_number() OVER (ORDER BY e.id), $2, e.org_id, e.id, e.at, e.kind, e.subject_id
    FROM event AS e
    WHERE NOT EXISTS (SELECT FROM event_position AS p WHERE p.event_id = e.id)
    """
)

SAVE_SEQUENCER = Ending(
    """
    UPDATE sequencer SET snapshot = pg_current_snapshot(), position = $1, epoch = $2, history = server_history()
    """
)

# The epoch is that of the last fact: a new one that has published nothing yet is nobody's place.
HEAD = Query(
    Cursor,
    """
    SELECT coalesce(p.epoch, s.epoch) AS epoch, s.position
    FROM sequencer AS s LEFT JOIN event_position AS p ON p.position = s.position
    """,
)

# The snapshot of another server's transactions says nothing of ours; '' until the sequencer has begun a new epoch.
LOOK = Query(
    Head,
    """
    SELECT coalesce(p.epoch, s.epoch) AS epoch, s.position,
           CASE WHEN s.history = server_history() THEN s.snapshot::text ELSE '' END AS snapshot
    FROM sequencer AS s LEFT JOIN event_position AS p ON p.position = s.position
    """,
)

# Whose facts were published in a stretch of the log, and of what they speak: enough to know who waits for them.
APPEARED = Query(
    Appeared,
    """
    SELECT org_id, position, kind, subject_id FROM event_position
    WHERE position > $1 AND position <= $2 AND org_id = ANY ($3)
    """,
)

# Of a transaction that is over everything is published, or nothing of it lacks its position. One that this server has
# not begun yet is no transaction of this server.
COMMIT_STATE = Query(
    CommitState,
    """
    SELECT (s.history = server_history() AND pg_visible_in_snapshot(c.xid, s.snapshot))
           OR (pg_visible_in_snapshot(c.xid, pg_current_snapshot())
               AND NOT EXISTS (SELECT FROM event AS e
                               WHERE e.xid = c.xid
                                 AND (SELECT p.position FROM event_position AS p WHERE p.event_id = e.id) IS NULL)
           ) AS published,
           c.xid >= pg_snapshot_xmax(pg_current_snapshot()) AS unknown
    FROM sequencer AS s CROSS JOIN (SELECT $1::text::xid8 AS xid) AS c
    """,
)

PLACE = Query(
    Place,
    """
    SELECT s.position AS head, s.epoch AS head_epoch, p.epoch AS found_epoch
    FROM sequencer AS s LEFT JOIN event_position AS p ON p.position = $1
    """,
)

# The kinds are NULL for a reader of everything. OFFSET 0 has each fact fetched by its key: as a join PostgreSQL, which
# expects few matches, plans it by reading whole months (1,400 instead of 1 ms among 300,000 facts).
READ = Query(
    Event,
    """
    SELECT p.epoch, p.position, p.org_id, p.at, e.kind, e.version, e.subject_kind, e.subject_id, e.body
    FROM event_position AS p
    CROSS JOIN LATERAL (
        SELECT f.kind, f.version, f.subject_kind, f.subject_id, f.body FROM event AS f
        WHERE f.org_id = p.org_id AND f.at = p.at AND f.id = p.event_id
        OFFSET 0
    ) AS e
    WHERE p.position > $1 AND p.position <= $2 AND ($3::text[] IS NULL OR p.kind = ANY ($3))
    ORDER BY p.position
    LIMIT $4
    """,
)

# Up to where an organization's next facts reach: the place of the one after which a look ends; no row if fewer follow.
OWN_STRETCH = Query(
    Cursor,
    """
    SELECT epoch, position FROM event_position
    WHERE org_id = $1 AND place > $2
    ORDER BY place
    LIMIT 1 OFFSET $3
    """,
)

# One organization's facts, of some kinds or of one object where these are not NULL, among its next $6 up to place $3.
# The index gives them in order, and the filters, of whose effect the planner thinks too much, come after. Each fact is
# fetched by its key: OFFSET 0 keeps the planner, which expects more of them, from reading whole months.
READ_OWN = Query(
    Event,
    """
    SELECT p.epoch, p.position, p.org_id, p.at, e.kind, e.version, e.subject_kind, e.subject_id, e.body
    FROM (
        SELECT s.epoch, s.position, s.place, s.org_id, s.event_id, s.at
        FROM (
            SELECT epoch, position, place, org_id, event_id, at, kind, subject_id FROM event_position
            WHERE org_id = $1 AND place > $2
            ORDER BY place
            LIMIT $6
        ) AS s
        WHERE s.place <= $3
          AND ($4::text[] IS NULL OR s.kind = ANY ($4)) AND ($5::uuid IS NULL OR s.subject_id = $5)
        ORDER BY s.place
        LIMIT $7
    ) AS p
    CROSS JOIN LATERAL (
        SELECT f.kind, f.version, f.subject_kind, f.subject_id, f.body FROM event AS f
        WHERE f.org_id = p.org_id AND f.at = p.at AND f.id = p.event_id
        OFFSET 0
    ) AS e
    ORDER BY p.place
    """,
)

# One fact of an organization by its place.
ONE_OWN = Query(
    Event,
    """
    SELECT p.epoch, p.position, p.org_id, p.at, e.kind, e.version, e.subject_kind, e.subject_id, e.body
    FROM event_position AS p
    JOIN event AS e ON e.org_id = p.org_id AND e.at = p.at AND e.id = p.event_id
    WHERE p.org_id = $1 AND p.position = $2
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
                 AND NOT EXISTS (SELECT FROM event_position AS p WHERE p.event_id = e.id)
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

# Of one organization, for the readers $2: whether a committed fact has no position yet, whether a reader has not come
# to one that has, and what is set aside and will be tried again. What is parked is for a person, and not counted.
# Along the index of xid, not through all facts of the organization; behind 10,000 unpublished ones its own may stand.
UNREAD = Query(
    Unread,
    """
    WITH fresh AS MATERIALIZED (
        SELECT org_id FROM event
        WHERE xid >= (SELECT pg_snapshot_xmin(snapshot) FROM sequencer)
          AND NOT pg_visible_in_snapshot(xid, (SELECT snapshot FROM sequencer))
        ORDER BY xid
        LIMIT 10000
    )
    SELECT EXISTS (SELECT FROM fresh WHERE org_id = $1) OR (SELECT count(*) FROM fresh) = 10000 AS unpublished,
           EXISTS (
               SELECT FROM event_position AS p
               WHERE p.org_id = $1 AND p.place > (SELECT min(position) FROM subscriber WHERE name = ANY ($2))
           ) AS unread,
           a.subscriber, a.reason, a.next_try_at
    FROM (SELECT) AS one LEFT JOIN LATERAL (
        SELECT subscriber, reason, next_try_at FROM event_aside
        WHERE org_id = $1 AND subscriber = ANY ($2) AND next_try_at IS NOT NULL
        ORDER BY next_try_at
        LIMIT 1) AS a ON true
    """,
)

# Committed, and not seen by the last tick. Along the index and no further than 10,000, since it is asked all the time.
UNPUBLISHED = Query(
    Unpublished,
    """
    SELECT count(*) AS facts, min(at) AS oldest
    FROM (SELECT at FROM event
          WHERE xid >= (SELECT pg_snapshot_xmin(snapshot) FROM sequencer)
            AND NOT pg_visible_in_snapshot(xid, (SELECT snapshot FROM sequencer))
          ORDER BY xid
          LIMIT 10000) AS waiting
    """,
)

DISTANCES = Query(
    Distance,
    """
    SELECT r.name, greatest(s.position - r.position, 0) AS behind, p.at AS oldest,
           (SELECT count(*) FROM event_aside AS a WHERE a.subscriber = r.name)
               - (SELECT count(*) FROM event_aside AS a
                  WHERE a.subscriber = r.name AND a.failures > 0 AND a.next_try_at IS NULL) AS waiting,
           (SELECT count(*) FROM event_aside AS a
            WHERE a.subscriber = r.name AND a.failures > 0 AND a.next_try_at IS NULL) AS parked
    FROM subscriber AS r CROSS JOIN sequencer AS s LEFT JOIN event_position AS p ON p.position = r.position + 1
    """,
)
