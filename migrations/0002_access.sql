-- Who may do what: accounts with a live and a test organization, API keys, and the audit log.

CREATE TABLE account (
    id         uuid        PRIMARY KEY,
    name       text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL
);

CREATE TABLE organization (
    id         uuid        PRIMARY KEY,
    account_id uuid        NOT NULL REFERENCES account,
    mode       text        NOT NULL CHECK (mode IN ('live', 'test')),
    name       text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    version    integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL,
    -- An account has one live and one test organization; each is a wall of its own.
    UNIQUE (account_id, mode)
);

-- An organization's own row is its wall: it has no org_id, it is one.
ALTER TABLE organization ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY one_organization ON organization TO kontorhaus_app
    USING (id = current_org()) WITH CHECK (id = current_org());
CREATE POLICY every_organization ON organization TO kontorhaus_system USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE (name, version) ON organization TO kontorhaus_app;
GRANT SELECT, INSERT ON organization TO kontorhaus_system;

-- No request reads accounts: they tie two organizations together, across the wall.
ALTER TABLE account ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY every_organization ON account TO kontorhaus_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON account TO kontorhaus_system;

CREATE TABLE api_key (
    org_id       uuid        NOT NULL REFERENCES organization,
    id           uuid        NOT NULL,
    name         text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    -- SHA-256 of the whole key: 190 random bits need no slow hash, and a request must find its key by it.
    hash         bytea       NOT NULL CHECK (length(hash) = 32),
    -- What people recognize the key by: its first and last characters.
    hint         text        NOT NULL,
    scopes       text[]      NOT NULL CHECK (cardinality(scopes) BETWEEN 1 AND 100),
    status       text        NOT NULL CHECK (status IN ('active', 'revoked')),
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at   timestamptz,
    PRIMARY KEY (org_id, id),
    CHECK ((status = 'revoked') = (revoked_at IS NOT NULL))
);
CREATE UNIQUE INDEX api_key_hash ON api_key (hash);
CALL wall('api_key', 'SELECT, INSERT, UPDATE (status, revoked_at, last_used_at)', 'SELECT, INSERT');

-- The one thing that a login may do before a role is set: exchange the hash of a key for whose it is. It runs as the
-- system role and tells nothing about a key that the caller does not hold.
CREATE FUNCTION find_api_key(wanted bytea)
    RETURNS TABLE (org_id uuid, id uuid, scopes text[], mode text, last_used_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER
    -- Without its own mention pg_temp would be searched first, and a caller could put his own tables there.
    SET search_path = pg_catalog, pg_temp
AS
$$
    SELECT k.org_id, k.id, k.scopes, o.mode, k.last_used_at
    FROM public.api_key k JOIN public.organization o ON o.id = k.org_id
    WHERE k.hash = wanted AND k.status = 'active'
$$;
-- Owned by the system role for the length of its life, so that it sees what that role sees and nothing else.
GRANT CREATE ON SCHEMA public TO kontorhaus_system;
ALTER FUNCTION find_api_key(bytea) OWNER TO kontorhaus_system;
REVOKE CREATE ON SCHEMA public FROM kontorhaus_system;

-- Every change, by whom: append-only, since nobody is granted UPDATE or DELETE. Names of fields, never their values.
CREATE TABLE audit_entry (
    org_id       uuid        NOT NULL REFERENCES organization,
    id           uuid        NOT NULL,
    at           timestamptz NOT NULL,
    actor_kind   text        NOT NULL,
    actor_id     uuid        NOT NULL,
    action       text        NOT NULL CHECK (action ~ '^[a-z_]+\.[a-z_]+$'),
    subject_kind text        NOT NULL,
    subject_id   uuid        NOT NULL,
    fields       text[]      NOT NULL,
    request_id   text        NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX audit_entry_subject ON audit_entry (org_id, subject_id, id);
CALL wall('audit_entry', 'SELECT, INSERT', 'SELECT, INSERT');
