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
CLAIM = Query(
    Running,
    """
    UPDATE job SET state = 'running', attempt = attempt + 1, worker = $3, lease_until = $4
    WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM job
        WHERE state = 'ready' AND queue = $1 AND key IS NULL
        ORDER BY priority, due_at, id
        LIMIT $2
        FOR UPDATE SKIP LOCKED))
    RETURNING org_id, id, kind, attempt, max_attempts, worker, args, trace
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

COMPLETE_MANY = Command(
    """
    DELETE FROM job USING unnest($2::uuid[], $3::uuid[], $4::integer[]) AS done (org_id, id, attempt)
    WHERE job.org_id = done.org_id AND job.id = done.id AND job.attempt = done.attempt
      AND job.worker = $1
    """
)

# From here on it is the machine's time alone that the job waits for: its business instant has come.
FAIL_MANY = Command(
    """
    UPDATE job SET state = CASE WHEN job.attempt < job.max_attempts THEN 'scheduled' ELSE 'parked' END,
                   due_at = failed.due_at, clock = 'machine', reason = failed.reason, lease_until = NULL, worker = NULL
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

# $3: organizations whose clock stands still; their jobs of business time wait for the clock.
PROMOTE = Command(
    """
    UPDATE job SET state = 'ready'
    WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM job
        WHERE state = 'scheduled' AND due_at <= $1 AND (clock = 'machine' OR org_id <> ALL ($3::uuid[]))
        ORDER BY due_at
        LIMIT $2
        FOR UPDATE SKIP LOCKED))
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
    UPDATE job SET state = 'ready', attempt = 0, due_at = $3, clock = 'machine'
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
