-- Connections: an organization's accounts at payment providers, and the keys that open them.

CREATE TABLE payment_connection (
    org_id                      uuid        NOT NULL,
    id                          uuid        NOT NULL,
    -- The legal entity whose money the provider keeps.
    entity                      uuid        NOT NULL,
    gateway                     text        NOT NULL CHECK (gateway ~ '^[a-z][a-z0-9_]{0,49}$'),
    name                        text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    status                      text        NOT NULL CHECK (status IN ('active', 'closed')),
    -- Sealed.
    credentials                 bytea       NOT NULL CHECK (length(credentials) BETWEEN 1 AND 10000),
    -- The key's last characters.
    key_hint                    text        NOT NULL CHECK (length(key_hint) = 4),
    -- The provider's name of the account, once he was asked. Never another one: idempotency keys belong to it.
    account                     text        CHECK (length(account) BETWEEN 1 AND 255),
    -- How the provider's webhooks come to be signed with a secret that is known here.
    webhooks                    text        NOT NULL CHECK (webhooks IN ('given', 'pending', 'open', 'refused', 'none')),
    -- Where they arrive: those of the account itself, and those of its sellers' accounts.
    inbox_connection_id         uuid        NOT NULL,
    sellers_inbox_connection_id uuid        NOT NULL,
    -- A fingerprint of what it was created with.
    content                     bytea       NOT NULL CHECK (length(content) = 32),
    version                     integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at                  timestamptz NOT NULL,
    updated_at                  timestamptz NOT NULL,
    -- Machine time, since providers live in it.
    tested_at                   timestamptz,
    closed_at                   timestamptz,
    PRIMARY KEY (org_id, id),
    CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
    CHECK (tested_at IS NULL OR account IS NOT NULL)
);
CREATE UNIQUE INDEX payment_connection_inbox ON payment_connection (org_id, inbox_connection_id);
CREATE UNIQUE INDEX payment_connection_sellers_inbox ON payment_connection (org_id, sellers_inbox_connection_id);
CREATE INDEX payment_connection_entity ON payment_connection (org_id, entity, id) WHERE status = 'active';
CALL wall('payment_connection',
          'SELECT, INSERT, UPDATE (name, status, credentials, key_hint, account, webhooks, version, updated_at, tested_at,
                                   closed_at)',
          'SELECT');
