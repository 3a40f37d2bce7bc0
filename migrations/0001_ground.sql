-- The ground: how a table is walled in, and the keys of idempotent calls.

-- btree_gist lets an EXCLUDE constraint compare ids beside ranges ("no two registered seats at the same time").
CREATE EXTENSION IF NOT EXISTS btree_gist;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO kontorhaus_app, kontorhaus_system, kontorhaus_maintenance;
-- The login itself reaches the schema only to call functions granted to it by name.
GRANT USAGE ON SCHEMA public TO PUBLIC;
GRANT CREATE ON SCHEMA public TO kontorhaus_maintenance;
-- Nobody needs temporary tables, and a name in pg_temp can stand before one in public.
DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$;

-- The organization of the running transaction; NULL (and so no row at all) when none was set. After a transaction the
-- setting reads as '', hence nullif. Inlined by the planner, evaluated once per scan.
CREATE FUNCTION current_org() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('app.org', true), '')::uuid;

-- Puts one organization's wall round a table. FORCE, so that even the table's owner sees nothing without a role.
-- `app_rights` is what a request may do; an append-only table gets 'SELECT, INSERT' and cannot be changed by anyone.
CREATE PROCEDURE wall(guarded regclass, app_rights text, system_rights text)
    LANGUAGE plpgsql AS
$$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', guarded);
    EXECUTE format('CREATE POLICY one_organization ON %s TO kontorhaus_app'
                   ' USING (org_id = current_org()) WITH CHECK (org_id = current_org())', guarded);
    EXECUTE format('CREATE POLICY every_organization ON %s TO kontorhaus_system'
                   ' USING (true) WITH CHECK (true)', guarded);
    EXECUTE format('GRANT %s ON %s TO kontorhaus_app', app_rights, guarded);
    EXECUTE format('GRANT %s ON %s TO kontorhaus_system', system_rights, guarded);
END
$$;
REVOKE ALL ON PROCEDURE wall(regclass, text, text) FROM PUBLIC;

-- One row per idempotency key: kept with its answer by a call of one transaction; claimed by the first transaction and
-- answered by the last where the network lies between.
CREATE TABLE idempotency_key (
    org_id      uuid        NOT NULL,
    operation   text        NOT NULL CHECK (length(operation) BETWEEN 1 AND 100),
    key         text        NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    actor_kind  text        NOT NULL,
    -- The nil UUID when the caller is no device.
    device_id   uuid        NOT NULL,
    body_hash   bytea       NOT NULL CHECK (length(body_hash) = 32),
    version     text        NOT NULL,
    created_at  timestamptz NOT NULL,
    -- Who brings an unfinished call to its end, with what, and when next; only calls that leave for the network have it.
    resume_kind text,
    subject     uuid,
    resume_at   timestamptz,
    resumes     integer     NOT NULL DEFAULT 0,
    -- The answer as stored bytes, sealed where it shows a secret.
    status      smallint    CHECK (status BETWEEN 200 AND 599),
    answer      bytea,
    sealed      boolean     NOT NULL DEFAULT false,
    -- The transaction that has made the answer true, or the first one of an unfinished call: the caller's commit token.
    xid         xid8        NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (org_id, operation, key, actor_kind, device_id),
    CHECK ((status IS NULL) = (answer IS NULL)),
    CHECK ((resume_kind IS NULL) = (subject IS NULL)),
    CHECK (resume_at IS NULL OR (subject IS NOT NULL AND answer IS NULL))
);

CREATE UNIQUE INDEX idempotency_key_subject ON idempotency_key (org_id, subject) WHERE subject IS NOT NULL;
CREATE INDEX idempotency_key_unfinished ON idempotency_key (resume_at) WHERE resume_at IS NOT NULL;
CREATE INDEX idempotency_key_created ON idempotency_key (created_at);

CALL wall('idempotency_key', 'SELECT, INSERT, UPDATE (status, answer, sealed, resume_at, xid)',
          'SELECT, UPDATE (resume_at, resumes), DELETE');

-- Which keys this database's secrets are sealed under: a process that has others must not start (platform/secrets).
CREATE TABLE keyring (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    proof bytea   NOT NULL CHECK (length(proof) = 32)
);
ALTER TABLE keyring ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY every_organization ON keyring TO kontorhaus_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON keyring TO kontorhaus_system;
