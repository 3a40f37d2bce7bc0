-- Notices: e-mails to one recipient each. `notice` and `notice_attempt` hold nothing personal and stay; what a letter says,
-- and to whom, sits sealed in the other two tables, whose rows are deleted by an erasure and after a time.

CREATE TABLE notice (
    org_id           uuid        NOT NULL,
    id               uuid        NOT NULL,
    template         text        NOT NULL CHECK (template ~ '^[a-z_]{1,50}$'),
    template_version integer     NOT NULL CHECK (template_version > 0),
    language         text        NOT NULL CHECK (language ~ '^[a-z]{2}$'),
    -- Whom of the house's people it is written to, such as a party; NULL for an address alone.
    recipient_kind   text        CHECK (recipient_kind ~ '^[a-z_]{1,63}$'),
    recipient_id     uuid,
    -- The occasion: at most one notice has it. Its form leaves no room for a name with a blank, or an e-mail address.
    dedupe_key       text        CHECK (dedupe_key ~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$'),
    status           text        NOT NULL CHECK (status IN ('queued', 'sent', 'failed', 'cancelled')),
    reason           text        CHECK (reason IN ('refused', 'given_up', 'unknown')),
    attempts         integer     NOT NULL DEFAULT 0 CHECK (attempts >= attempts_before),
    attempts_before  integer     NOT NULL DEFAULT 0 CHECK (attempts_before >= 0),
    version          integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    -- By the organization's clock; what follows is machine time, since mail servers live in it.
    created_at       timestamptz NOT NULL,
    -- NULL while an attempt is under way, and when there will be none.
    next_attempt_at  timestamptz,
    sent_at          timestamptz,
    failed_at        timestamptz,
    erased_at        timestamptz,
    PRIMARY KEY (org_id, id),
    CHECK ((recipient_kind IS NULL) = (recipient_id IS NULL)),
    CHECK ((status = 'sent') = (sent_at IS NOT NULL)),
    CHECK ((status = 'failed') = (failed_at IS NOT NULL)),
    CHECK ((status = 'failed') = (reason IS NOT NULL)),
    CHECK (status = 'queued' OR next_attempt_at IS NULL),
    CHECK (status <> 'cancelled' OR erased_at IS NOT NULL),
    -- What is to be sent is there.
    CHECK (status <> 'queued' OR erased_at IS NULL)
);
CREATE UNIQUE INDEX notice_dedupe ON notice (org_id, dedupe_key) WHERE dedupe_key IS NOT NULL;
CREATE INDEX notice_status ON notice (org_id, status, id);
CREATE INDEX notice_recipient ON notice (org_id, recipient_id) WHERE recipient_id IS NOT NULL AND erased_at IS NULL;
CALL wall('notice',
          'SELECT, INSERT, UPDATE (status, reason, attempts, attempts_before, version, next_attempt_at, sent_at, failed_at,
                                   erased_at)',
          'SELECT, UPDATE (erased_at, version)');

CREATE TABLE notice_content (
    org_id    uuid        NOT NULL,
    notice_id uuid        NOT NULL,
    sealed    bytea       NOT NULL,
    -- Set when the notice has come to its end.
    forget_at timestamptz,
    PRIMARY KEY (org_id, notice_id),
    FOREIGN KEY (org_id, notice_id) REFERENCES notice
);
CREATE INDEX notice_content_forget ON notice_content (forget_at) WHERE forget_at IS NOT NULL;
CALL wall('notice_content', 'SELECT, INSERT, UPDATE (forget_at), DELETE', 'SELECT, UPDATE (forget_at), DELETE');

CREATE TABLE notice_attachment (
    org_id    uuid     NOT NULL,
    notice_id uuid     NOT NULL,
    position  smallint NOT NULL CHECK (position >= 0),
    -- The file with its name and type, sealed.
    sealed    bytea    NOT NULL,
    PRIMARY KEY (org_id, notice_id, position),
    FOREIGN KEY (org_id, notice_id) REFERENCES notice
);
CALL wall('notice_attachment', 'SELECT, INSERT, DELETE', 'SELECT, DELETE');

-- One row before the network is touched, completed after it: what was under way when a worker was killed can be seen.
CREATE TABLE notice_attempt (
    org_id    uuid        NOT NULL,
    notice_id uuid        NOT NULL,
    number    integer     NOT NULL CHECK (number > 0),
    -- The mail server of the operator's setting, never the recipient's domain.
    host      text        NOT NULL,
    began_at  timestamptz NOT NULL,
    ended_at  timestamptz,
    outcome   text        CHECK (outcome IN ('not_sent', 'deferred', 'refused', 'accepted', 'unknown')),
    code      smallint    CHECK (code BETWEEN 100 AND 999),
    enhanced  text        CHECK (enhanced ~ '^[245]\.[0-9]{1,3}\.[0-9]{1,3}$'),
    PRIMARY KEY (org_id, notice_id, number),
    FOREIGN KEY (org_id, notice_id) REFERENCES notice,
    CHECK ((outcome IS NULL) = (ended_at IS NULL)),
    CHECK (outcome IS NOT NULL OR code IS NULL),
    CHECK (code IS NOT NULL OR enhanced IS NULL)
);
CALL wall('notice_attempt', 'SELECT, INSERT, UPDATE (ended_at, outcome, code, enhanced)', 'SELECT');
