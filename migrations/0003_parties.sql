-- Parties: who one trades with, and the organization's own legal entities. `party` and `party_role` hold nothing
-- personal and stay for ever; everything personal sits in the other tables, whose rows are deleted by an erasure.

CREATE TABLE party (
    org_id     uuid        NOT NULL,
    id         uuid        NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('person', 'company')),
    country    text        NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    language   text,
    -- The client's own id of the party, which survives an erasure: its form leaves no room for a name or an address.
    reference  text        CHECK (reference ~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$'),
    version    integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    erased_at  timestamptz,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX party_reference ON party (org_id, reference) WHERE reference IS NOT NULL;
CALL wall('party', 'SELECT, INSERT, UPDATE (country, language, reference, version, updated_at, erased_at)', 'SELECT');

CREATE TABLE party_role (
    org_id   uuid NOT NULL,
    role     text NOT NULL CHECK (role IN ('legal_entity', 'customer', 'seller', 'carrier', 'payer')),
    party_id uuid NOT NULL,
    PRIMARY KEY (org_id, role, party_id),
    FOREIGN KEY (org_id, party_id) REFERENCES party
);
CREATE UNIQUE INDEX party_role_party ON party_role (org_id, party_id, role);
CALL wall('party_role', 'SELECT, INSERT, DELETE', 'SELECT');

CREATE TABLE party_profile (
    org_id   uuid  NOT NULL,
    party_id uuid  NOT NULL,
    name     text  NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    -- What the party was created with, as a keyed hash: tells a repeated creation from one with other content. It
    -- covers personal data, so it is erased with them.
    content  bytea NOT NULL,
    PRIMARY KEY (org_id, party_id),
    FOREIGN KEY (org_id, party_id) REFERENCES party
);
CALL wall('party_profile', 'SELECT, INSERT, UPDATE (name), DELETE', 'SELECT');

-- Dated parts: valid from the first day, up to and without the last; no last day means "until further notice". What a
-- part says is never changed, only its end, so that a document of last year is explained by the rows of last year.
CREATE TABLE party_address (
    org_id      uuid NOT NULL,
    party_id    uuid NOT NULL,
    id          uuid NOT NULL,
    purpose     text NOT NULL CHECK (purpose IN ('registered', 'billing', 'delivery', 'pickup')),
    recipient   text,
    line1       text NOT NULL,
    line2       text,
    postal_code text,
    city        text NOT NULL,
    region      text,
    country     text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    valid_from  date NOT NULL,
    valid_to    date CHECK (valid_to >= valid_from),
    PRIMARY KEY (org_id, party_id, id),
    FOREIGN KEY (org_id, party_id) REFERENCES party,
    -- One registered seat and one address for bills at a time; goods may go to many places.
    CONSTRAINT party_address_alone EXCLUDE USING gist (
        org_id WITH =, party_id WITH =, purpose WITH =, daterange(valid_from, valid_to) WITH &&
    ) WHERE (purpose IN ('registered', 'billing'))
);
CALL wall('party_address', 'SELECT, INSERT, UPDATE (valid_to), DELETE', 'SELECT');

CREATE TABLE party_contact (
    org_id   uuid     NOT NULL,
    party_id uuid     NOT NULL,
    position smallint NOT NULL,
    kind     text     NOT NULL CHECK (kind IN ('email', 'phone')),
    value    text     NOT NULL,
    label    text,
    PRIMARY KEY (org_id, party_id, position),
    FOREIGN KEY (org_id, party_id) REFERENCES party
);
CALL wall('party_contact', 'SELECT, INSERT, DELETE', 'SELECT');

CREATE TABLE party_tax_id (
    org_id     uuid NOT NULL,
    party_id   uuid NOT NULL,
    id         uuid NOT NULL,
    kind       text NOT NULL,
    value      text NOT NULL,
    country    text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    valid_from date NOT NULL,
    valid_to   date CHECK (valid_to >= valid_from),
    PRIMARY KEY (org_id, party_id, id),
    FOREIGN KEY (org_id, party_id) REFERENCES party,
    CONSTRAINT party_tax_id_alone EXCLUDE USING gist (
        org_id WITH =, party_id WITH =, kind WITH =, country WITH =, daterange(valid_from, valid_to) WITH &&
    )
);
CREATE INDEX party_tax_id_value ON party_tax_id (org_id, value, party_id);
CALL wall('party_tax_id', 'SELECT, INSERT, UPDATE (valid_to), DELETE', 'SELECT');

CREATE TABLE party_bank_account (
    org_id      uuid  NOT NULL,
    party_id    uuid  NOT NULL,
    id          uuid  NOT NULL,
    iban        bytea NOT NULL,  -- sealed; opened for a payout alone
    fingerprint bytea NOT NULL,  -- keyed hash of the IBAN: the same account is found without opening any
    last_four   text  NOT NULL CHECK (length(last_four) = 4),
    country     text  NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    bic         text,
    holder      text,
    valid_from  date  NOT NULL,
    valid_to    date  CHECK (valid_to >= valid_from),
    PRIMARY KEY (org_id, party_id, id),
    FOREIGN KEY (org_id, party_id) REFERENCES party,
    CONSTRAINT party_bank_account_alone EXCLUDE USING gist (
        org_id WITH =, party_id WITH =, fingerprint WITH =, daterange(valid_from, valid_to) WITH &&
    )
);
CALL wall('party_bank_account', 'SELECT, INSERT, UPDATE (valid_to), DELETE', 'SELECT');

-- The words that a party is found by, folded (see model/words.py). Collation "C" makes a prefix a range of the index,
-- which row-level security lets through; LIKE is not leakproof and would read the whole table.
CREATE TABLE party_term (
    org_id   uuid NOT NULL,
    term     text COLLATE "C" NOT NULL,
    party_id uuid NOT NULL,
    PRIMARY KEY (org_id, term, party_id),
    FOREIGN KEY (org_id, party_id) REFERENCES party
);
CREATE UNIQUE INDEX party_term_party ON party_term (org_id, party_id, term);
CALL wall('party_term', 'SELECT, INSERT, DELETE', 'SELECT');
