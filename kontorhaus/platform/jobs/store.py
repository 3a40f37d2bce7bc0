"""Every SQL statement of jobs. Instants come as parameters, so that a test can let weeks pass."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from kontorhaus.platform.db import Command, Query
from kontorhaus.platform.jobs.model import Running


class ReadyKey(Struct, frozen=True):
    key: str


class Stood(Struct, frozen=True):
    """A job as an operator sees it: without its arguments, which may be about a person."""

    org_id: UUID
    id: UUID
    queue: str
    kind: str
    state: str
    priority: int
    due_at: datetime
    attempt: int
    max_attempts: int
    key: str | None
    reason: str | None


class Busy(Struct, frozen=True):
    """A job that an organization's clock waits for; `due_at` is when a late one is tried again."""

    kind: str
    state: str
    reason: str | None
    due_at: datetime


class Taken(Struct, frozen=True):
    """What became of the first job that was due: leased by `worker`, or made ready for others."""

    org_id: UUID
    id: UUID
    kind: str
    attempt: int
    max_attempts: int
    worker: UUID | None
    args: bytes
    trace: str | None

    @property
    def running(self) -> Running | None:
        if self.worker is None:
            return None
        return Running(
            org_id=self.org_id,
            id=self.id,
            kind=self.kind,
            attempt=self.attempt,
            max_attempts=self.max_attempts,
            worker=self.worker,
            args=self.args,
            trace=self.trace,
        )


class NextDue(Struct, frozen=True):
    due_at: datetime | None


class Claimed(Running, frozen=True):
    priority: int
    due_at: datetime


class DeadRows(Struct, frozen=True):
    table: str
    rows: int


class SnapshotAge(Struct, frozen=True):
    transactions: int


class Parked(Struct, frozen=True):
    """Why a job was given up."""

    reason: str | None


class Depth(Struct, frozen=True):
    queue: str
    state: str
    jobs: int
    oldest: datetime


# A job of business time always waits until it is promoted, since only the promotion knows which clocks stand still.
# Nothing is inserted beside a living twin; a twin that is being completed at this instant is waited for.
ENQUEUE = Command(
    """
    INSERT INTO job
        (org_id, id, queue, kind, state, priority, due_at, clock, max_attempts, key, dedupe_key, args, trace)
    VALUES ($3, $4, $5, $6, CASE WHEN $9 = 'machine' AND $8 <= $1::timestamptz THEN 'ready' ELSE 'scheduled' END,
            $7, $8, $9, $10, $11, $12, $13, $2)
    ON CONFLICT (org_id, kind, dedupe_key)
        WHERE dedupe_key IS NOT NULL AND state IN ('ready', 'scheduled', 'running') DO NOTHING
    """
)

# The same for many. For one, the arrays alone would take as long as the statement above.
ENQUEUE_MANY = Command(
    """
    INSERT INTO job
        (org_id, id, queue, kind, state, priority, due_at, clock, max_attempts, key, dedupe_key, args, trace)
    SELECT n.org_id, n.id, n.queue, n.kind,
           CASE WHEN n.clock = 'machine' AND n.due_at <= $1 THEN 'ready' ELSE 'scheduled' END,
           n.priority, n.due_at, n.clock, n.max_attempts, n.key, n.dedupe_key, n.args, $2
    FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::smallint[], $8::timestamptz[], $9::text[],
                $10::integer[], $11::text[], $12::text[], $13::bytea[])
         AS n (org_id, id, queue, kind, priority, due_at, clock, max_attempts, key, dedupe_key, args)
    ON CONFLICT (org_id, kind, dedupe_key)
        WHERE dedupe_key IS NOT NULL AND state IN ('ready', 'scheduled', 'running') DO NOTHING
    """
)

# All below but COMPLETE and an organization's own RETRY and PARK run as system. SKIP LOCKED shares a queue out
# among workers without any of them waiting. A row is found again by its place, which its lock keeps where it is.
# $5: from which instant on to look, for each priority; jobs due before it are left for a later claim.
CLAIM = Query(
    Claimed,
    """
    UPDATE job SET state = 'running', attempt = attempt + 1, worker = $3, lease_until = $4
    WHERE ctid = ANY (ARRAY(
        SELECT next.place
        FROM unnest($5::timestamptz[]) WITH ORDINALITY AS front (due_at, number)
        CROSS JOIN LATERAL (
            SELECT ctid AS place FROM job
            WHERE state = 'ready' AND queue = $1 AND key IS NULL
              AND priority = (front.number - 1)::smallint AND job.due_at >= front.due_at
            ORDER BY job.due_at, id
            LIMIT $2
            FOR UPDATE SKIP LOCKED) AS next
        LIMIT $2))
    RETURNING org_id, id, kind, attempt, max_attempts, worker, args, trace, priority, due_at
    """,
)

# Up to $3 keys after $2 that have something ready, are below their limit $4, and whose lock is free; it is held until
# the transaction ends. Found by leaps through the index, a step per key and not per job. No more keys than jobs are
# wanted, so that other workers find theirs; CASE, so that no lock is taken of a key that is full.
LOCK_KEYS = Query(
    ReadyKey,
    """
    WITH RECURSIVE found (key) AS (
        (SELECT key FROM job
         WHERE state = 'ready' AND queue = $1 AND key IS NOT NULL AND key > $2 ORDER BY key LIMIT 1)
        UNION ALL
        SELECT (SELECT j.key FROM job j
                WHERE j.state = 'ready' AND j.queue = $1 AND j.key IS NOT NULL AND j.key > found.key
                ORDER BY j.key LIMIT 1)
        FROM found WHERE found.key IS NOT NULL
    )
    SELECT key FROM found
    WHERE CASE WHEN key IS NULL THEN false
               WHEN $4 <= (SELECT count(*) FROM job r
                           WHERE r.state = 'running' AND r.queue = $1 AND r.key = found.key) THEN false
               ELSE pg_try_advisory_xact_lock(hashtextextended(key, hashtextextended($1, 0))) END
    LIMIT $3
    """,
)

# A statement of its own after LOCK_KEYS: its snapshot must be younger than the locks, or it would not count what the
# last holder of a key's lock has just claimed.
CLAIM_OF_KEYS = Query(
    Running,
    """
    UPDATE job SET state = 'running', attempt = attempt + 1, worker = $3, lease_until = $4
    WHERE ctid = ANY (ARRAY(
        SELECT next.place
        FROM (SELECT k.key,
                     (SELECT count(*) FROM job r WHERE r.state = 'running' AND r.queue = $1 AND r.key = k.key) AS busy
              FROM unnest($5::text[]) AS k (key)) AS one
        CROSS JOIN LATERAL (
            SELECT ctid AS place FROM job
            WHERE state = 'ready' AND queue = $1 AND key = one.key AND key IS NOT NULL
            ORDER BY priority, due_at, id
            LIMIT greatest($6::bigint - one.busy, 0)
            FOR UPDATE SKIP LOCKED) AS next
        LIMIT $2))
    RETURNING org_id, id, kind, attempt, max_attempts, worker, args, trace
    """,
)

# The fence: organization, id, worker and attempt. A row that is no longer this attempt's is not touched. That it is
# running goes without saying (a CHECK), and must: said here, a planner whose statistics know of no running job walks
# the index of them all instead of finding the row by its key (2,000 of 5,000 completed in 724 instead of 13 ms).
COMPLETE = Command("DELETE FROM job WHERE org_id = $1 AND id = $2 AND worker = $3 AND attempt = $4")

# Each is locked by its key, one after the other: for a plain join of two thousand PostgreSQL reads all of it, and
# 300,000 jobs of next month had made that a second long. A row whose lease was extended while its lock was waited for
# is locked, but not seen: see `complete_many`.
COMPLETE_MANY = Command(
    """
    DELETE FROM job
    WHERE ctid = ANY (ARRAY(
        SELECT found.place
        FROM unnest($2::uuid[], $3::uuid[], $4::integer[]) AS done (org_id, id, attempt)
        CROSS JOIN LATERAL (
            SELECT ctid AS place FROM job
            WHERE org_id = done.org_id AND id = done.id AND attempt = done.attempt AND worker = $1
            FOR UPDATE) AS found))
    """
)

# From here on it is the machine's time alone that the job waits for: its business instant has come. It stays known as
# late, since its organization's test clock must not go on without it.
FAIL_MANY = Command(
    """
    UPDATE job SET state = CASE WHEN job.attempt < job.max_attempts THEN 'scheduled' ELSE 'parked' END,
                   due_at = failed.due_at, clock = CASE WHEN job.clock = 'machine' THEN 'machine' ELSE 'late' END,
                   reason = failed.reason, lease_until = NULL, worker = NULL
    FROM unnest($2::uuid[], $3::uuid[], $4::integer[], $5::timestamptz[], $6::text[])
         AS failed (org_id, id, attempt, due_at, reason)
    WHERE job.org_id = failed.org_id AND job.id = failed.id AND job.attempt = failed.attempt
      AND job.worker = $1
    """
)

# A worker that stops gives back what it could not end; that was no attempt.
RELEASE_MANY = Command(
    """
    UPDATE job SET state = 'ready', attempt = job.attempt - 1, lease_until = NULL, worker = NULL
    FROM unnest($2::uuid[], $3::uuid[], $4::integer[]) AS held (org_id, id, attempt)
    WHERE job.org_id = held.org_id AND job.id = held.id AND job.attempt = held.attempt
      AND job.worker = $1
    """
)

# Skips what is locked: a job that is just being completed needs no longer lease, and must not hold up the others'.
EXTEND = Command(
    """
    UPDATE job SET lease_until = $5
    WHERE ctid = ANY (ARRAY(
        SELECT job.ctid
        FROM job JOIN unnest($2::uuid[], $3::uuid[], $4::integer[]) AS held (org_id, id, attempt)
             ON job.org_id = held.org_id AND job.id = held.id AND job.attempt = held.attempt
        WHERE job.worker = $1
        FOR UPDATE OF job SKIP LOCKED))
    """
)

# The pause was the lease itself, so the next attempt may begin at once.
SWEEP = Command(
    """
    UPDATE job SET state = CASE WHEN attempt < max_attempts THEN 'ready' ELSE 'parked' END,
                   reason = 'LeaseExpired', lease_until = NULL, worker = NULL
    WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM job
        WHERE state = 'running' AND lease_until < $1
        ORDER BY lease_until
        LIMIT $2
        FOR UPDATE SKIP LOCKED))
    """
)

# A job of business time is the machine's to make ready only where no test clock stands.
PROMOTE = Command(
    """
    UPDATE job SET state = 'ready'
    WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM job
        WHERE state = 'scheduled' AND clock <> 'test' AND due_at <= $1
          AND (clock <> 'business' OR NOT EXISTS (SELECT FROM test_clock AS c WHERE c.org_id = job.org_id))
        ORDER BY due_at
        LIMIT $2
        FOR UPDATE SKIP LOCKED))
    """
)

# Those that PROMOTE passes over would be looked at again and again: out of its index with them. A clock that is just
# being removed is skipped, and keeps from being removed until this is committed.
SET_APART = Command(
    """
    UPDATE job SET clock = 'test'
    WHERE ctid = ANY (ARRAY(
        SELECT job.ctid FROM job JOIN test_clock AS c ON c.org_id = job.org_id
        WHERE job.state = 'scheduled' AND job.clock <> 'test' AND job.clock = 'business' AND job.due_at <= $1
        ORDER BY job.due_at
        LIMIT $2
        FOR UPDATE OF job SKIP LOCKED
        FOR KEY SHARE OF c SKIP LOCKED))
    """
)

# What is due by a test clock that stands still. One that is being advanced takes its jobs itself.
PROMOTE_BY_CLOCKS = Command(
    """
    UPDATE job SET state = 'ready'
    WHERE ctid = ANY (ARRAY(
        SELECT due.place
        FROM test_clock AS c CROSS JOIN LATERAL (
            SELECT ctid AS place FROM job
            WHERE org_id = c.org_id AND state = 'scheduled' AND clock IN ('business', 'test') AND due_at <= c.now_at
            ORDER BY due_at, priority, id
            LIMIT $1
            FOR UPDATE SKIP LOCKED) AS due
        WHERE NOT c.advancing
        LIMIT $1))
    """
)

# Only the machine's time has set them apart, so by it they are due.
THAW = Command(
    """
    UPDATE job SET state = 'ready', clock = 'business'
    WHERE org_id = $1 AND state = 'scheduled' AND clock IN ('business', 'test') AND clock = 'test'
    """
)

# The four below are an advancing clock's, and know their organization.
TAKE_READY = Query(
    Running,
    """
    UPDATE job SET state = 'running', attempt = attempt + 1, worker = $3, lease_until = $4
    WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM job
        WHERE state = 'ready' AND key IS NULL AND org_id = $1 AND kind = ANY ($2)
        ORDER BY priority, due_at, id
        LIMIT 1
        FOR UPDATE SKIP LOCKED))
    RETURNING org_id, id, kind, attempt, max_attempts, worker, args, trace
    """,
)

# Locked without SKIP: the first one is the one that is meant.
TAKE_DUE = Query(
    Taken,
    """
    UPDATE job
    SET state = CASE WHEN key IS NULL AND kind = ANY ($3) THEN 'running' ELSE 'ready' END,
        attempt = CASE WHEN key IS NULL AND kind = ANY ($3) THEN attempt + 1 ELSE attempt END,
        worker = CASE WHEN key IS NULL AND kind = ANY ($3) THEN $4::uuid END,
        lease_until = CASE WHEN key IS NULL AND kind = ANY ($3) THEN $5::timestamptz END
    WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM job
        WHERE org_id = $1 AND state = 'scheduled' AND clock IN ('business', 'test') AND due_at <= $2
        ORDER BY due_at, priority, id
        LIMIT 1
        FOR UPDATE))
    RETURNING org_id, id, kind, attempt, max_attempts, worker, args, trace
    """,
)

# A look for each partial index: of the few that run or are ready, not of an organization's many that are scheduled.
BUSY = Query(
    Busy,
    """
    SELECT kind, state, reason, due_at
    FROM ((SELECT 1 AS place, kind, state, reason, due_at FROM job
           WHERE state = 'running' AND org_id = $1 AND kind <> $2 LIMIT 1)
          UNION ALL
          (SELECT 2, kind, state, reason, due_at FROM job
           WHERE state = 'ready' AND key IS NULL AND org_id = $1 AND kind <> $2 LIMIT 1)
          UNION ALL
          (SELECT 3, kind, state, reason, due_at FROM job
           WHERE state = 'ready' AND key IS NOT NULL AND org_id = $1 LIMIT 1)
          UNION ALL
          (SELECT 4, kind, state, reason, due_at FROM job
           WHERE state = 'scheduled' AND clock = 'late' AND org_id = $1 ORDER BY due_at LIMIT 1)) AS found
    ORDER BY place
    LIMIT 1
    """,
)

NEXT_DUE = Query(
    NextDue,
    """
    SELECT min(due_at) AS due_at FROM job
    WHERE org_id = $1 AND state = 'scheduled' AND clock IN ('business', 'test')
    """,
)

# By the fence of COMPLETE.
HELD = Query(
    NextDue,
    "SELECT due_at FROM job WHERE org_id = $1 AND id = $2 AND worker = $3 AND attempt = $4 FOR UPDATE",
)

TAKE_BACK = Command(
    """
    UPDATE job SET state = CASE WHEN attempt < max_attempts THEN 'ready' ELSE 'parked' END,
                   reason = 'LeaseExpired', lease_until = NULL, worker = NULL
    WHERE org_id = $1 AND worker = $2 AND state = 'running'
    """
)

GIVE_BACK = Command(
    """
    UPDATE job SET state = 'ready', attempt = attempt - 1, lease_until = NULL, worker = NULL
    WHERE org_id = $1 AND worker = $2 AND state = 'running'
    """
)

FIRE = Command(
    """
    INSERT INTO job_timetable (name, fired_at) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET fired_at = excluded.fired_at WHERE job_timetable.fired_at < excluded.fired_at
    """
)

# Not beside a living twin: that one does the same.
RETRY = Command(
    """
    UPDATE job SET state = 'ready', attempt = 0, due_at = $3,
                   clock = CASE WHEN clock = 'machine' THEN 'machine' ELSE 'late' END
    WHERE org_id = $1 AND id = $2 AND state = 'parked'
      AND NOT EXISTS (SELECT FROM job twin
                      WHERE twin.org_id = job.org_id AND twin.kind = job.kind AND twin.dedupe_key = job.dedupe_key
                        AND twin.state IN ('ready', 'scheduled', 'running'))
    """
)

PARK = Command(
    """
    UPDATE job SET state = 'parked', reason = $3, lease_until = NULL, worker = NULL
    WHERE org_id = $1 AND id = $2 AND state <> 'parked'
    """
)

LIST = Query(
    Stood,
    """
    SELECT org_id, id, queue, kind, state, priority, due_at, attempt, max_attempts, key, reason
    FROM job
    WHERE state = $1 AND (org_id, id) > ($2, $3)
    ORDER BY org_id, id
    LIMIT $4
    """,
)

# Kept from being retried until the transaction ends, which decides by it.
PARKED = Query(
    Parked,
    """
    SELECT reason FROM job
    WHERE org_id = $1 AND kind = $2 AND dedupe_key = $3 AND state = 'parked'
      AND NOT EXISTS (SELECT FROM job twin
                      WHERE twin.org_id = job.org_id AND twin.kind = job.kind AND twin.dedupe_key = job.dedupe_key
                        AND twin.state IN ('ready', 'scheduled', 'running'))
    LIMIT 1 FOR SHARE OF job
    """,
)

# What is due in weeks is not counted: it is nobody's backlog, and there may be millions of it.
DEPTHS = Query(
    Depth,
    """
    SELECT queue, state, count(*) AS jobs, min(due_at) AS oldest
    FROM job WHERE state = 'ready' AND key IS NULL GROUP BY 1, 2
    UNION ALL
    SELECT queue, state, count(*), min(due_at)
    FROM job WHERE state = 'ready' AND key IS NOT NULL GROUP BY 1, 2
    UNION ALL
    SELECT queue, state, count(*), min(due_at) FROM job WHERE state = 'running' GROUP BY 1, 2
    UNION ALL
    SELECT queue, state, count(*), min(due_at) FROM job WHERE state = 'parked' GROUP BY 1, 2
    """,
)

# The tables whose rows change oftenest, as the statistics know them, which every role may read.
DEAD_ROWS = Query(
    DeadRows,
    """
    SELECT relname::text AS "table", coalesce(n_dead_tup, 0) AS rows
    FROM pg_catalog.pg_stat_user_tables
    WHERE schemaname = 'public' AND relname IN ('job', 'sequencer', 'subscriber')
    """,
)

# Whoever may still look at old row versions: sessions, replicas behind their slots, and prepared transactions.
SNAPSHOT_AGE = Query(
    SnapshotAge,
    """
    SELECT coalesce(max(age), 0) AS transactions
    FROM (SELECT age(backend_xmin) FROM pg_catalog.pg_stat_activity WHERE pid <> pg_backend_pid()
          UNION ALL SELECT age(xmin) FROM pg_catalog.pg_replication_slots
          UNION ALL SELECT age(transaction) FROM pg_catalog.pg_prepared_xacts) AS held (age)
    """,
)
