-- Sellers' accounts at providers, and what is paid out to them. Who a seller is stands with his party; here are ids, states
-- and amounts, and nothing personal.

CREATE TABLE seller_account (
    org_id           uuid        NOT NULL,
    id               uuid        NOT NULL,
    party            uuid        NOT NULL,
    connection_id    uuid        NOT NULL,
    country          text        NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    business_type    text        NOT NULL CHECK (business_type ~ '^[a-z_]{1,40}$'),
    status           text        NOT NULL CHECK (status IN ('pending', 'active', 'restricted', 'closed')),
    -- What the seller still has to show, in the provider's words: names of fields, never what stands in them.
    due              text[]      NOT NULL DEFAULT '{}' CHECK (cardinality(due) <= 100),
    provider_account text        CHECK (length(provider_account) BETWEEN 1 AND 255),
    -- Why the provider did not open it; a later call may.
    reason           text        CHECK (length(reason) BETWEEN 1 AND 100),
    -- The open call that opens it.
    operation_id     uuid,
    version          integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    -- By the organization's clock.
    created_at       timestamptz NOT NULL,
    activated_at     timestamptz,
    closed_at        timestamptz,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, connection_id) REFERENCES payment_connection,
    CHECK (status = 'pending' OR provider_account IS NOT NULL),
    CHECK (status NOT IN ('active', 'restricted') OR activated_at IS NOT NULL),
    CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
    CHECK (provider_account IS NULL OR (reason IS NULL AND operation_id IS NULL))
);
-- A seller has one account at a connection, and an account of the provider's is one seller's.
CREATE UNIQUE INDEX seller_account_party ON seller_account (org_id, connection_id, party);
CREATE UNIQUE INDEX seller_account_provider ON seller_account (org_id, connection_id, provider_account)
    WHERE provider_account IS NOT NULL;
CREATE INDEX seller_account_of_party ON seller_account (org_id, party, id);
CREATE INDEX seller_account_status ON seller_account (org_id, status, id);
CALL wall('seller_account',
          'SELECT, INSERT, UPDATE (country, business_type, status, due, provider_account, reason, operation_id, version,
                                   activated_at, closed_at)',
          'SELECT');

CREATE TABLE payout (
    org_id            uuid        NOT NULL,
    id                uuid        NOT NULL,
    entity            uuid        NOT NULL,
    seller            uuid        NOT NULL,
    connection_id     uuid        NOT NULL,
    amount            bigint      NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    currency          text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    status            text        NOT NULL CHECK (status IN ('planned', 'on_hold', 'sending', 'paid', 'returned', 'failed',
                                                             'canceled')),
    reason            text        CHECK (reason ~ '^[a-z_]{1,60}$'),
    -- The hold on `payable:<seller>` in the ledger, open while the payout may go out.
    hold_id           uuid        NOT NULL,
    seller_account_id uuid,
    source_payment    uuid,
    -- What it is paid for, such as an order: the asking room's id.
    reference         uuid,
    -- From which accounts the money came to `payable`, as it was asked for: to know the same request again.
    release           bytea       NOT NULL CHECK (length(release) BETWEEN 1 AND 20000),
    -- The provider's reference of the transfer.
    transfer          text        CHECK (length(transfer) BETWEEN 1 AND 255),
    reversed          bigint      NOT NULL DEFAULT 0 CHECK (reversed >= 0),
    reversing         bigint      NOT NULL DEFAULT 0 CHECK (reversing >= 0),
    -- The open call of it, to send or to reverse.
    operation_id      uuid,
    tries             integer     NOT NULL DEFAULT 0 CHECK (tries >= 0),
    waits             integer     NOT NULL DEFAULT 0 CHECK (waits >= 0),
    version           integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    -- By the organization's clock; `next_try_at` is machine time, since it waits for the provider's balance.
    created_at        timestamptz NOT NULL,
    next_try_at       timestamptz,
    paid_at           timestamptz,
    ended_at          timestamptz,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, connection_id) REFERENCES payment_connection,
    FOREIGN KEY (org_id, seller_account_id) REFERENCES seller_account,
    FOREIGN KEY (org_id, source_payment) REFERENCES payment,
    -- What came back, or is asked back, was sent.
    CHECK (reversed + reversing <= amount),
    CHECK (status IN ('paid', 'returned') OR (reversed = 0 AND reversing = 0)),
    CHECK ((status = 'returned') = (reversed = amount)),
    CHECK ((status IN ('paid', 'returned')) = (transfer IS NOT NULL)),
    CHECK ((status IN ('paid', 'returned')) = (paid_at IS NOT NULL)),
    CHECK ((status IN ('returned', 'failed', 'canceled')) = (ended_at IS NOT NULL)),
    CHECK ((status IN ('planned', 'on_hold')) = (next_try_at IS NOT NULL)),
    CHECK (operation_id IS NOT NULL OR (status <> 'sending' AND reversing = 0)),
    CHECK (operation_id IS NULL OR status IN ('sending', 'paid', 'returned')),
    CHECK (status NOT IN ('sending', 'paid', 'returned') OR seller_account_id IS NOT NULL),
    CHECK (status NOT IN ('planned', 'on_hold', 'failed') OR reason IS NOT NULL)
);
CREATE UNIQUE INDEX payout_hold ON payout (org_id, hold_id);
-- A transfer at the provider is one payout's.
CREATE UNIQUE INDEX payout_transfer ON payout (org_id, connection_id, transfer) WHERE transfer IS NOT NULL;
CREATE INDEX payout_status ON payout (org_id, status, id);
CREATE INDEX payout_seller ON payout (org_id, seller, id);
CREATE INDEX payout_seller_status ON payout (org_id, seller, status, id);
CREATE INDEX payout_reference ON payout (org_id, reference, id) WHERE reference IS NOT NULL;
CREATE INDEX payout_account ON payout (org_id, seller_account_id) WHERE seller_account_id IS NOT NULL;
CREATE INDEX payout_source ON payout (org_id, source_payment) WHERE source_payment IS NOT NULL;
-- Those that wait for their seller's account.
CREATE INDEX payout_waiting ON payout (org_id, connection_id, seller, id) WHERE status IN ('planned', 'on_hold');
CALL wall('payout',
          'SELECT, INSERT, UPDATE (status, reason, seller_account_id, transfer, reversed, reversing, operation_id, tries, waits,
                                   version, next_try_at, paid_at, ended_at)',
          'SELECT');
