-- The event log: facts as rows of the transaction that made them true, their published order, and who has read how far.

CREATE TABLE event (
    org_id       uuid        NOT NULL,
    -- Drawn after the object's row was locked, one at a time (CACHE 1): of two facts of an object the later has the
    -- greater id. It is no order across objects and no cursor, since a smaller one may be committed later.
    id           bigint      GENERATED ALWAYS AS IDENTITY (CACHE 1),
    -- The transaction that wrote it: what the sequencer compares with two snapshots.
    xid          xid8        NOT NULL DEFAULT pg_current_xact_id(),
    -- When that transaction began, by the database's clock: one clock for all writers. Machine time.
    at           timestamptz NOT NULL DEFAULT now(),
    -- As `eventlog.published` has checked it. No CHECK here: PostgreSQL parses those of a table anew in each statement
    -- that inserts, which two of them made a third of what a fact costs.
    kind         text        NOT NULL,
    version      integer     NOT NULL,
    subject_kind text        NOT NULL,
    subject_id   uuid        NOT NULL,
    -- JSON, as the fact's type writes it. Ids, states, amounts and versions; never personal data.
    body         bytea       NOT NULL,
    PRIMARY KEY (org_id, at, id)
) PARTITION BY RANGE (at);

CREATE INDEX event_xid ON event (xid);

CALL wall('event', 'SELECT, INSERT', 'SELECT, INSERT');
-- What the owner keeps: reading the form for a new partition, and dropping an old one whole.
REVOKE ALL ON event FROM CURRENT_USER;
GRANT SELECT ON event TO CURRENT_USER;
ALTER TABLE event OWNER TO kontorhaus_maintenance;

-- A month of the log; says whether it was missing. ATTACH lets writers go on, which PARTITION OF would not. Its own
-- row security, with no policy, closes the way past the wall of its parent.
CREATE FUNCTION make_event_month(month date) RETURNS boolean
    LANGUAGE plpgsql AS
$$
DECLARE
    name text := 'event_' || to_char(month, 'YYYYMM');
BEGIN
    -- Of several processes that start at once, one makes it and the others find it.
    PERFORM pg_advisory_xact_lock('event'::regclass::oid::bigint);
    IF to_regclass('public.' || name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE event ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', name,
                   month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
    RETURN true;
END
$$;

-- Takes a month out of the log for good; says whether it was there.
CREATE FUNCTION drop_event_month(month date) RETURNS boolean
    LANGUAGE plpgsql AS
$$
DECLARE
    name text := 'event_' || to_char(month, 'YYYYMM');
BEGIN
    IF to_regclass('public.' || name) IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE public.%I', name);
    RETURN true;
END
$$;

-- The months that the log consists of now, by their names in the catalog.
CREATE FUNCTION event_months() RETURNS SETOF date
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT to_date(substr(c.relname, 7), 'YYYYMM')
        FROM pg_catalog.pg_inherits AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'event'::regclass;
    END;

REVOKE ALL ON FUNCTION make_event_month(date), drop_event_month(date), event_months() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_event_month(date), drop_event_month(date), event_months() TO kontorhaus_maintenance;

-- Which server's transaction ids the log counts in. It changes when the database was restored into another server, to
-- an earlier point in time, or when a standby took over.
CREATE FUNCTION server_history() RETURNS text
    LANGUAGE sql STABLE
    RETURN (SELECT system_identifier::text FROM pg_control_system())
        || ':' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8);

-- The published order: dense, in the order of commits, final.
CREATE TABLE event_position (
    position   bigint      PRIMARY KEY CHECK (position > 0),
    epoch      integer     NOT NULL CHECK (epoch > 0),
    org_id     uuid        NOT NULL,
    event_id   bigint      NOT NULL,
    at         timestamptz NOT NULL,
    -- As in the fact: who reads a part of the log looks through positions alone, and fetches the facts that he wants.
    kind       text        NOT NULL,
    subject_id uuid        NOT NULL,
    -- Whatever a sequencer got wrong, a fact is published once.
    UNIQUE (event_id)
);

CALL wall('event_position', 'SELECT', 'SELECT, INSERT, DELETE');

-- One row: what was published up to `position` is exactly what `snapshot` sees.
CREATE TABLE sequencer (
    only_one boolean     PRIMARY KEY DEFAULT true CHECK (only_one),
    snapshot pg_snapshot NOT NULL,
    position bigint      NOT NULL CHECK (position >= 0),
    epoch    integer     NOT NULL CHECK (epoch > 0),
    history  text        NOT NULL
    -- Written a hundred times a second: room for versions in its page, and swept early.
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_scale_factor = 0);

INSERT INTO sequencer (snapshot, position, epoch, history) VALUES (pg_current_snapshot(), 0, 1, server_history());

-- How far each reader inside the house has come; moved in the transaction of its effects.
CREATE TABLE subscriber (
    name     text    PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 100),
    epoch    integer NOT NULL CHECK (epoch > 0),
    position bigint  NOT NULL CHECK (position >= 0)
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_scale_factor = 0);

ALTER TABLE sequencer ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY every_organization ON sequencer TO kontorhaus_system USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE ON sequencer TO kontorhaus_system;

ALTER TABLE subscriber ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY every_organization ON subscriber TO kontorhaus_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON subscriber TO kontorhaus_system;

-- Facts that a subscriber passed over, so that others go on: the first of an object failed, the rest wait behind it.
CREATE TABLE event_aside (
    org_id       uuid    NOT NULL,
    subscriber   text    NOT NULL,
    subject_kind text    NOT NULL,
    subject_id   uuid    NOT NULL,
    position     bigint  NOT NULL,
    failures     integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    -- Type and code of the error, never its text. NULL for a fact that waits behind another.
    reason       text,
    -- NULL: waits behind another, or is parked until a person lets it try again.
    next_try_at  timestamptz,
    PRIMARY KEY (org_id, subscriber, subject_kind, subject_id, position),
    CHECK ((failures = 0) = (reason IS NULL))
);

CREATE INDEX event_aside_due ON event_aside (subscriber, next_try_at) WHERE next_try_at IS NOT NULL;

CALL wall('event_aside', 'SELECT', 'SELECT, INSERT, UPDATE, DELETE');
