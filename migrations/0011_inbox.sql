-- Raw webhooks in: whose an address is, what was received ever, and what waits to be carried out.

CREATE TABLE inbox_connection (
    org_id     uuid        NOT NULL,
    id         uuid        NOT NULL,
    -- Which verifier and which action: the name that a room registered them under.
    source     text        NOT NULL CHECK (source ~ '^[a-z][a-z0-9_]{0,49}$'),
    status     text        NOT NULL CHECK (status IN ('open', 'closed')),
    -- Grows with every change of the secrets and with the closing: what was verified by older ones is not kept.
    version    integer     NOT NULL CHECK (version >= 1),
    -- The secrets that verify now, sealed; a rotated one stands beside the new one until its time is over.
    secrets    bytea       NOT NULL CHECK (length(secrets) BETWEEN 1 AND 10000),
    created_at timestamptz NOT NULL,
    closed_at  timestamptz,
    PRIMARY KEY (org_id, id),
    CHECK ((status = 'closed') = (closed_at IS NOT NULL))
);
-- A sender's address is all that is known of him at first.
CREATE UNIQUE INDEX inbox_connection_address ON inbox_connection (id);
CALL wall('inbox_connection', 'SELECT, INSERT, UPDATE (status, version, secrets, closed_at)', 'SELECT');

-- Exchanges the id in a sender's address for whose connection it is, before a role is set; like find_api_key it tells
-- nothing about a connection whose id the caller does not hold.
CREATE FUNCTION find_inbox_connection(wanted uuid)
    RETURNS TABLE (org_id uuid, source text, version integer, secrets bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS
$$
    SELECT c.org_id, c.source, c.version, c.secrets
    FROM public.inbox_connection c
    WHERE c.id = wanted AND c.status = 'open'
$$;
GRANT CREATE ON SCHEMA public TO kontorhaus_system;
ALTER FUNCTION find_inbox_connection(uuid) OWNER TO kontorhaus_system;
REVOKE CREATE ON SCHEMA public FROM kontorhaus_system;

-- Every event that was ever received, for ever: small rows that outlive the bodies. Append-only.
CREATE TABLE inbox_seen (
    org_id        uuid        NOT NULL,
    connection_id uuid        NOT NULL,
    -- The sender's own.
    event_id      text        NOT NULL CHECK (length(event_id) BETWEEN 1 AND 255),
    message_id    uuid        NOT NULL,
    PRIMARY KEY (org_id, connection_id, event_id)
);
CALL wall('inbox_seen', 'SELECT, INSERT', 'SELECT');

-- What was received and is not forgotten yet. No foreign key to the connection: it would lock that one row with every
-- message, and the statement that inserts looks at it anyway.
CREATE TABLE inbox_message (
    org_id        uuid        NOT NULL,
    id            uuid        NOT NULL,
    connection_id uuid        NOT NULL,
    event_id      text        NOT NULL CHECK (length(event_id) BETWEEN 1 AND 255),
    kind          text        NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
    -- The sender's object within which order matters; NULL where none does.
    subject       text        CHECK (length(subject) BETWEEN 1 AND 150),
    -- The order within the subject: the sender's number first, then that of arrival, which the database draws, since
    -- the clocks of two processes may differ.
    sequence      bigint      NOT NULL,
    arrival       bigint      GENERATED ALWAYS AS IDENTITY,
    occurred_at   timestamptz,
    received_at   timestamptz NOT NULL,
    status        text        NOT NULL CHECK (status IN ('waiting', 'done', 'quarantined', 'discarded')),
    failures      integer     NOT NULL DEFAULT 0 CHECK (failures >= 0),
    -- Why it failed last: the type and code of an error, never its message.
    reason        text        CHECK (length(reason) BETWEEN 1 AND 200),
    ended_at      timestamptz,
    -- Header fields and body as they came, sealed: they are about people.
    content       bytea       NOT NULL,
    PRIMARY KEY (org_id, id),
    CHECK ((status IN ('done', 'discarded')) = (ended_at IS NOT NULL)),
    CHECK (status <> 'quarantined' OR reason IS NOT NULL)
) WITH (
    -- Every message is updated at least once; there is room for it on its page.
    fillfactor = 90,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.05
);
-- What is sealed does not shrink: PostgreSQL need not try.
ALTER TABLE inbox_message ALTER COLUMN content SET STORAGE EXTERNAL;

-- What stands before what, within a subject: only what is not over counts, so the index stays as small as the backlog.
CREATE INDEX inbox_message_open ON inbox_message (org_id, connection_id, subject, sequence, arrival)
    WHERE status IN ('waiting', 'quarantined');
CREATE INDEX inbox_message_quarantined ON inbox_message (org_id, id) WHERE status = 'quarantined';
CREATE INDEX inbox_message_ended ON inbox_message (ended_at) WHERE ended_at IS NOT NULL;

CALL wall('inbox_message', 'SELECT, INSERT, UPDATE (status, failures, reason, ended_at)',
          'SELECT, UPDATE (status, failures, reason, ended_at), DELETE');

-- What was refused, counted: as many rows as there are connections and reasons, however much a stranger sends.
CREATE TABLE inbox_refusal (
    org_id        uuid        NOT NULL,
    connection_id uuid        NOT NULL,
    reason        text        NOT NULL CHECK (reason IN ('signature_missing', 'signature_malformed', 'signature_wrong',
                                                         'timestamp_malformed', 'timestamp_outside', 'body_unreadable')),
    refusals      bigint      NOT NULL CHECK (refusals >= 1),
    first_at      timestamptz NOT NULL,
    last_at       timestamptz NOT NULL,
    PRIMARY KEY (org_id, connection_id, reason)
);
CALL wall('inbox_refusal', 'SELECT, INSERT, UPDATE (refusals, last_at)', 'SELECT');
