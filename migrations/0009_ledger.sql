-- The ledger: accounts, transfers of two legs, holds, and the seals over what was posted.
--
-- No caller writes a table of entries by itself. What may be written is written by functions (the next migration), which
-- run as kontorhaus_system and hold the rules that must not depend on a caller: a guard, a closed period, one instant of
-- record for one entry set, and that an entry is never changed.

CREATE TABLE ledger_entity (
    org_id        uuid        NOT NULL,
    -- The legal entity's party.
    id            uuid        NOT NULL,
    -- How entries name it: four bytes in each of them, where the id would take sixteen.
    number        integer     GENERATED ALWAYS AS IDENTITY,
    base_currency text        NOT NULL CHECK (base_currency ~ '^[A-Z]{3}$'),
    opened_at     timestamptz NOT NULL,
    -- Nothing takes effect before this instant any more.
    locked_before timestamptz,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, number)
);

-- The chart: which types of accounts an entity has, and which may face each other.
CREATE TABLE ledger_account_type (
    org_id uuid    NOT NULL,
    entity integer NOT NULL,
    type   text    NOT NULL CHECK (type ~ '^[a-z][a-z_]{0,39}$'),
    side   text    NOT NULL CHECK (side IN ('debit', 'credit')),
    guards boolean NOT NULL,
    PRIMARY KEY (org_id, entity, type),
    FOREIGN KEY (org_id, entity) REFERENCES ledger_entity (org_id, number)
);

CREATE TABLE ledger_route (
    org_id      uuid    NOT NULL,
    entity      integer NOT NULL,
    debit_type  text    NOT NULL,
    credit_type text    NOT NULL,
    PRIMARY KEY (org_id, entity, debit_type, credit_type),
    FOREIGN KEY (org_id, entity, debit_type) REFERENCES ledger_account_type (org_id, entity, type),
    FOREIGN KEY (org_id, entity, credit_type) REFERENCES ledger_account_type (org_id, entity, type)
);

CREATE INDEX ledger_route_credit ON ledger_route (org_id, entity, credit_type);

CREATE TABLE ledger_account (
    org_id        uuid        NOT NULL,
    id            bigint      GENERATED ALWAYS AS IDENTITY,
    entity        integer     NOT NULL,
    currency      text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    name          text        NOT NULL CHECK (length(name) <= 200),
    type          text        NOT NULL,
    -- As its type was in the chart when it was opened; neither ever changes.
    side          text        NOT NULL CHECK (side IN ('debit', 'credit')),
    guards        boolean     NOT NULL,
    -- What reports are cut by.
    order_id      uuid,
    party_id      uuid,
    connection_id uuid,
    opened_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, entity, currency, name),
    FOREIGN KEY (org_id, entity) REFERENCES ledger_entity (org_id, number),
    CHECK (name = type OR starts_with(name, type || ':'))
);

-- One row for each account that guards its balance; locked by whoever posts to it until he commits.
CREATE TABLE ledger_guard (
    org_id     uuid   NOT NULL,
    account_id bigint NOT NULL,
    -- On the account's own side: credits less debits where the side is credit.
    balance    bigint NOT NULL CHECK (balance BETWEEN -9007199254740991 AND 9007199254740991),
    held       bigint NOT NULL CHECK (held >= 0),
    PRIMARY KEY (org_id, account_id),
    FOREIGN KEY (org_id, account_id) REFERENCES ledger_account (org_id, id),
    CHECK (balance >= held)
    -- Rewritten with every post: room for versions in its page, and swept early.
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0.02);

-- Widths fall from left to right, and what is usually absent stands last: an ordinary row takes some 130 bytes.
CREATE TABLE ledger_transfer (
    org_id         uuid        NOT NULL,
    id             uuid        NOT NULL,
    -- Drawn when it was posted, after all locks. One instant is one entry set; strictly increasing.
    recorded_at    timestamptz NOT NULL,
    debit_id       bigint      NOT NULL,
    credit_id      bigint      NOT NULL,
    amount         bigint      NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    base_amount    bigint      NOT NULL CHECK (base_amount BETWEEN 0 AND 9007199254740991),
    entity         integer     NOT NULL,
    -- Its place in its entry set.
    line           smallint    NOT NULL CHECK (line >= 0),
    tax_point      date,
    -- In parts per million: 19 % is 190000.
    tax_rate       integer     CHECK (tax_rate BETWEEN 0 AND 1000000),
    -- When it takes effect; NULL: at the instant of record.
    effective_at   timestamptz,
    -- The balance of a leg that guards, right after this transfer, on the account's own side.
    debit_balance  bigint,
    credit_balance bigint,
    -- The object that it was posted for.
    reference      uuid,
    tax_category   text        CHECK (length(tax_category) <= 20),
    PRIMARY KEY (org_id, id),
    CHECK (debit_id <> credit_id)
);

CREATE INDEX ledger_transfer_debit ON ledger_transfer (org_id, debit_id, recorded_at);
CREATE INDEX ledger_transfer_credit ON ledger_transfer (org_id, credit_id, recorded_at);
-- No two entry sets of a legal entity share an instant, whatever the clock does.
CREATE UNIQUE INDEX ledger_transfer_journal ON ledger_transfer (org_id, entity, recorded_at, line);
-- Only of transfers that took effect at another instant than that of record.
CREATE INDEX ledger_transfer_debit_effective ON ledger_transfer (org_id, debit_id, effective_at)
    WHERE effective_at IS NOT NULL;
CREATE INDEX ledger_transfer_credit_effective ON ledger_transfer (org_id, credit_id, effective_at)
    WHERE effective_at IS NOT NULL;

-- A transfer that is only announced: its amount is kept free on the guards that it would lower.
CREATE TABLE ledger_hold (
    org_id       uuid        NOT NULL,
    id           uuid        NOT NULL,
    recorded_at  timestamptz NOT NULL,
    debit_id     bigint      NOT NULL,
    credit_id    bigint      NOT NULL,
    amount       bigint      NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    base_amount  bigint      NOT NULL CHECK (base_amount BETWEEN 0 AND 9007199254740991),
    entity       integer     NOT NULL,
    line         smallint    NOT NULL CHECK (line >= 0),
    -- By the organization's clock; NULL: until it is posted or voided.
    expires_at   timestamptz,
    reference    uuid,
    PRIMARY KEY (org_id, id),
    CHECK (debit_id <> credit_id)
);

CREATE INDEX ledger_hold_debit ON ledger_hold (org_id, debit_id, recorded_at);
CREATE INDEX ledger_hold_credit ON ledger_hold (org_id, credit_id, recorded_at);
CREATE INDEX ledger_hold_journal ON ledger_hold (org_id, entity, recorded_at, line);

-- How a hold ended; once, by its key.
CREATE TABLE ledger_hold_end (
    org_id      uuid        NOT NULL,
    hold_id     uuid        NOT NULL,
    -- The id of the call that ended it; that of the transfer when it was posted.
    id          uuid        NOT NULL,
    recorded_at timestamptz NOT NULL,
    entity      integer     NOT NULL,
    line        smallint    NOT NULL CHECK (line >= 0),
    outcome     text        NOT NULL CHECK (outcome IN ('posted', 'voided', 'expired')),
    PRIMARY KEY (org_id, hold_id),
    UNIQUE (org_id, id),
    FOREIGN KEY (org_id, hold_id) REFERENCES ledger_hold (org_id, id)
);

CREATE INDEX ledger_hold_end_journal ON ledger_hold_end (org_id, entity, recorded_at, line);

-- Open holds that have an end, for those who look for what is due; the truth stands in the two tables above.
CREATE TABLE ledger_hold_due (
    org_id     uuid        NOT NULL,
    hold_id    uuid        NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, hold_id)
);

CREATE INDEX ledger_hold_due_expires ON ledger_hold_due (org_id, expires_at);

-- Closed batches of an entity's entries, each hashed together with the one before it.
CREATE TABLE ledger_seal (
    org_id    uuid        NOT NULL,
    entity    integer     NOT NULL,
    number    integer     NOT NULL CHECK (number > 0),
    -- Everything recorded up to and including this instant, and after that of the seal before.
    upto      timestamptz NOT NULL,
    entries   integer     NOT NULL CHECK (entries > 0),
    hash      bytea       NOT NULL CHECK (length(hash) = 32),
    -- The first eight bytes of each entry's own hash, so that a false one can be named.
    digests   bytea       NOT NULL CHECK (length(digests) = 8 * entries),
    sealed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, entity, number),
    FOREIGN KEY (org_id, entity) REFERENCES ledger_entity (org_id, number)
);

CREATE UNIQUE INDEX ledger_seal_upto ON ledger_seal (org_id, entity, upto);

-- How each account stood when the last batch with entries of it was closed: what is summed up to `upto`, on the
-- account's own side, in its currency and in the base currency. `dated`: the part that took effect at another instant.
CREATE TABLE ledger_fold (
    org_id     uuid        NOT NULL,
    account_id bigint      NOT NULL,
    upto       timestamptz NOT NULL,
    balance    bigint      NOT NULL,
    base       bigint      NOT NULL,
    dated      bigint      NOT NULL,
    dated_base bigint      NOT NULL,
    entries    bigint      NOT NULL,
    -- How many entries there were at the latest snapshot.
    snapped    bigint      NOT NULL,
    PRIMARY KEY (org_id, account_id)
) WITH (fillfactor = 70);

-- The same, kept for every few hundred entries of an account: where reading the past begins.
CREATE TABLE ledger_snapshot (
    org_id     uuid        NOT NULL,
    account_id bigint      NOT NULL,
    at         timestamptz NOT NULL,
    balance    bigint      NOT NULL,
    base       bigint      NOT NULL,
    dated      bigint      NOT NULL,
    dated_base bigint      NOT NULL,
    PRIMARY KEY (org_id, account_id, at)
);

-- Dated entries of closed batches by the day and by the hour (UTC) that they took effect in.
CREATE TABLE ledger_effect (
    org_id     uuid        NOT NULL,
    account_id bigint      NOT NULL,
    grain      text        NOT NULL CHECK (grain IN ('day', 'hour')),
    start      timestamptz NOT NULL,
    balance    bigint      NOT NULL,
    base       bigint      NOT NULL,
    PRIMARY KEY (org_id, account_id, grain, start)
);

CALL wall('ledger_entity', 'SELECT, INSERT', 'SELECT, INSERT, UPDATE (locked_before)');
CALL wall('ledger_account_type', 'SELECT, INSERT', 'SELECT, INSERT');
CALL wall('ledger_route', 'SELECT, INSERT', 'SELECT, INSERT');
CALL wall('ledger_account', 'SELECT', 'SELECT, INSERT');
CALL wall('ledger_guard', 'SELECT', 'SELECT, INSERT, UPDATE (balance, held)');
CALL wall('ledger_transfer', 'SELECT', 'SELECT, INSERT');
CALL wall('ledger_hold', 'SELECT', 'SELECT, INSERT');
CALL wall('ledger_hold_end', 'SELECT', 'SELECT, INSERT');
CALL wall('ledger_hold_due', 'SELECT', 'SELECT, INSERT, DELETE');
CALL wall('ledger_seal', 'SELECT', 'SELECT, INSERT');
CALL wall('ledger_fold', 'SELECT', 'SELECT, INSERT, UPDATE');
CALL wall('ledger_snapshot', 'SELECT', 'SELECT, INSERT');
CALL wall('ledger_effect', 'SELECT', 'SELECT, INSERT, UPDATE (balance, base)');
