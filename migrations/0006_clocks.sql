-- Test clocks: an organization's business time that stands still until it is advanced.

-- What a test clock points at, so that a live organization cannot have one.
ALTER TABLE organization ADD UNIQUE (id, mode);

CREATE TABLE test_clock (
    org_id       uuid        NOT NULL,
    id           uuid        NOT NULL,
    mode         text        NOT NULL DEFAULT 'test' CHECK (mode = 'test'),
    -- Business time: the instant at which the clock stands.
    now_at       timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    -- The last advance: under way while `advancing`.
    advancing    boolean     NOT NULL DEFAULT false,
    advance_id   uuid,
    from_at      timestamptz,
    to_at        timestamptz,
    jobs_done    bigint      NOT NULL DEFAULT 0,
    -- Who moves the clock: whoever took it over last. An earlier one, still at work, touches no row any more.
    runner       uuid,
    -- What the advance waits for, if it has to: a kind of job or a reader of the log, never an argument of either.
    waits_for    text        CHECK (length(waits_for) BETWEEN 1 AND 100),
    waits_state  text        CHECK (waits_state IN ('ready', 'running', 'failed')),
    waits_reason text        CHECK (length(waits_reason) BETWEEN 1 AND 200),
    waits_until  timestamptz,
    -- As the mode is always the same, an organization has one clock at most.
    PRIMARY KEY (org_id, mode),
    FOREIGN KEY (org_id, mode) REFERENCES organization (id, mode),
    CHECK ((advance_id IS NULL) = (from_at IS NULL) AND (advance_id IS NULL) = (to_at IS NULL)),
    CHECK (from_at <= now_at AND now_at <= to_at),
    CHECK (now_at >= '1970-01-01Z' AND to_at < '3000-01-01Z'),
    CHECK (advance_id IS NOT NULL OR NOT advancing),
    CHECK (advancing OR (runner IS NULL AND waits_for IS NULL)),
    CHECK ((waits_for IS NULL) = (waits_state IS NULL)),
    CHECK (waits_for IS NOT NULL OR (waits_reason IS NULL AND waits_until IS NULL))
    -- Written at every instant of an advance: room for versions in its page.
) WITH (fillfactor = 20);

-- System sets its hands (an advance) and holds a row while it sorts jobs by whose time they wait for.
CALL wall('test_clock', 'SELECT, INSERT, UPDATE, DELETE', 'SELECT, UPDATE');

-- Whose time a job waits for. 'test': its organization has a test clock, and the machine's time has passed it, so the
-- machine looks at it no more. 'late': of business time, and has failed: its instant has come, and what it waits
-- for is the machine's time, but an advance waits for it.
ALTER TABLE job DROP CONSTRAINT job_clock_check,
    ADD CHECK (clock IN ('machine', 'business', 'test', 'late'));
DROP INDEX job_scheduled;
CREATE INDEX job_scheduled ON job (due_at) WHERE state = 'scheduled' AND clock <> 'test';
CREATE INDEX job_business ON job (org_id, due_at, priority, id)
    WHERE state = 'scheduled' AND clock IN ('business', 'test');
CREATE INDEX job_late ON job (org_id, due_at) WHERE state = 'scheduled' AND clock = 'late';

-- With the key comes the business time of its organization; the machine's, if `frozen_at` is NULL.
DROP FUNCTION find_api_key(bytea);
CREATE FUNCTION find_api_key(wanted bytea)
    RETURNS TABLE (org_id uuid, id uuid, scopes text[], mode text, last_used_at timestamptz, frozen_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER
    -- Without its own mention pg_temp would be searched first, and a caller could put his own tables there.
    SET search_path = pg_catalog, pg_temp
AS
$$
    SELECT k.org_id, k.id, k.scopes, o.mode, k.last_used_at, c.now_at
    FROM public.api_key k
    JOIN public.organization o ON o.id = k.org_id
    LEFT JOIN public.test_clock c ON c.org_id = k.org_id
    WHERE k.hash = wanted AND k.status = 'active'
$$;
GRANT CREATE ON SCHEMA public TO kontorhaus_system;
ALTER FUNCTION find_api_key(bytea) OWNER TO kontorhaus_system;
REVOKE CREATE ON SCHEMA public FROM kontorhaus_system;
