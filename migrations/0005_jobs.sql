-- Jobs: what is to be done later, as a row in the transaction that decided it. Deleted when done; the log tells history.

CREATE TABLE job (
    -- The nil UUID for jobs of the house itself, which belong to no organization.
    org_id       uuid        NOT NULL,
    id           uuid        NOT NULL,
    queue        text        NOT NULL CHECK (length(queue) BETWEEN 1 AND 50),
    kind         text        NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
    state        text        NOT NULL CHECK (state IN ('ready', 'scheduled', 'running', 'parked')),
    -- 0 goes first. In a queue with keys the order holds inside a key.
    priority     smallint    NOT NULL CHECK (priority BETWEEN 0 AND 2),
    due_at       timestamptz NOT NULL,
    -- Whose time `due_at` is: the machine's, or the organization's, which may be a test clock that stands still.
    clock        text        NOT NULL CHECK (clock IN ('machine', 'business')),
    attempt      integer     NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    max_attempts integer     NOT NULL CHECK (max_attempts >= 1),
    -- At most so many jobs of one key run at a time as its queue says.
    key          text        CHECK (length(key) BETWEEN 1 AND 200),
    -- Of equal ones at most one is alive.
    dedupe_key   text        CHECK (length(dedupe_key) BETWEEN 1 AND 200),
    lease_until  timestamptz,
    worker       uuid,
    args         bytea       NOT NULL,
    -- W3C traceparent of the code that enqueued it.
    trace        text,
    -- Why it failed last: the type and code of an error, never its message.
    reason       text        CHECK (length(reason) BETWEEN 1 AND 200),
    PRIMARY KEY (org_id, id),
    CHECK ((state = 'running') = (lease_until IS NOT NULL)),
    CHECK ((state = 'running') = (worker IS NOT NULL)),
    CHECK (state <> 'parked' OR reason IS NOT NULL)
) WITH (
    -- Every job is updated at least once before it is deleted: leave room for that on its page.
    fillfactor = 80,
    -- A queue's dead rows lie where the next claim looks: sweep at 1 % and without pauses, not at 20 %.
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.05
);

-- One index for each question, each over the rows it is about alone: 300,000 jobs of next month are in one of them.
CREATE INDEX job_ready ON job (queue, priority, due_at, id) WHERE state = 'ready' AND key IS NULL;
CREATE INDEX job_ready_key ON job (queue, key, priority, due_at, id) WHERE state = 'ready' AND key IS NOT NULL;
CREATE INDEX job_scheduled ON job (due_at) WHERE state = 'scheduled';
CREATE INDEX job_lease ON job (lease_until) WHERE state = 'running';
CREATE INDEX job_running_key ON job (queue, key) WHERE state = 'running' AND key IS NOT NULL;
CREATE INDEX job_parked ON job (org_id, id) WHERE state = 'parked';
CREATE UNIQUE INDEX job_alive ON job (org_id, kind, dedupe_key)
    WHERE dedupe_key IS NOT NULL AND state IN ('ready', 'scheduled', 'running');

CALL wall('job', 'SELECT, INSERT, UPDATE, DELETE', 'SELECT, INSERT, UPDATE, DELETE');

-- When each timetable fired last. It only ever moves on, so a fire time enqueues one job, however many workers look.
CREATE TABLE job_timetable (
    name     text        PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 100),
    fired_at timestamptz NOT NULL
);

-- Timetables belong to the house, not to an organization.
ALTER TABLE job_timetable ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY every_organization ON job_timetable TO kontorhaus_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON job_timetable TO kontorhaus_system;
