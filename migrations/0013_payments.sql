-- Payments, refunds, and every call to a provider as a row that is there before the call.

CREATE TABLE payment (
    org_id              uuid        NOT NULL,
    id                  uuid        NOT NULL,
    -- The legal entity that collects, and in whose books it is posted.
    entity              uuid        NOT NULL,
    payer               uuid        NOT NULL,
    connection_id       uuid        NOT NULL,
    amount              bigint      NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    currency            text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    capture_method      text        NOT NULL CHECK (capture_method IN ('automatic', 'manual')),
    status              text        NOT NULL CHECK (status IN ('requires_payment_method', 'requires_action', 'processing',
                                                               'authorized', 'capturing', 'captured', 'voiding',
                                                               'canceled', 'expired', 'in_review')),
    -- What the provider said last, his reference of the payment and of the charge that took the money.
    seen                text        CHECK (seen IN ('requires_payment_method', 'requires_confirmation', 'requires_action',
                                                    'processing', 'authorized', 'captured', 'canceled')),
    intent              text        CHECK (length(intent) BETWEEN 1 AND 255),
    charge              text        CHECK (length(charge) BETWEEN 1 AND 255),
    authorized          bigint      NOT NULL DEFAULT 0 CHECK (authorized BETWEEN 0 AND amount),
    captured            bigint      NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
    refunding           bigint      NOT NULL DEFAULT 0 CHECK (refunding >= 0),
    refunded            bigint      NOT NULL DEFAULT 0 CHECK (refunded >= 0),
    fee                 bigint      CHECK (fee >= 0),
    -- Where the payer's bank asks him; kept while it does.
    action_url          text        CHECK (length(action_url) BETWEEN 1 AND 5000),
    return_url          text        CHECK (length(return_url) BETWEEN 1 AND 2000),
    -- What it was collected for, such as an order.
    reference           uuid,
    description         text        CHECK (length(description) BETWEEN 1 AND 200),
    error_code          text        CHECK (length(error_code) BETWEEN 1 AND 100),
    error_provider_code text        CHECK (length(error_provider_code) BETWEEN 1 AND 255),
    error_advice        text        CHECK (length(error_advice) BETWEEN 1 AND 100),
    -- Why a person must look.
    review              text        CHECK (length(review) BETWEEN 1 AND 100),
    -- Why it ended unpaid.
    ending              text        CHECK (ending IN ('requested', 'expired', 'provider')),
    version             integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    -- By the organization's clock.
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    expires_at          timestamptz,
    PRIMARY KEY (org_id, id),
    CHECK (refunded + refunding <= captured),
    CHECK ((status = 'in_review') = (review IS NOT NULL)),
    CHECK (status <> 'captured' OR captured > 0),
    -- What is taken is no longer held.
    CHECK (captured = 0 OR authorized = 0),
    CHECK (captured = 0 OR status IN ('captured', 'in_review')),
    CHECK (status <> 'requires_action' OR seen = 'requires_action'),
    CHECK (action_url IS NULL OR status = 'requires_action'),
    CHECK (status NOT IN ('canceled', 'expired') OR ending IS NOT NULL)
);
-- The same intent stands behind one payment.
CREATE UNIQUE INDEX payment_intent ON payment (org_id, connection_id, intent) WHERE intent IS NOT NULL;
CREATE INDEX payment_status ON payment (org_id, status, id);
CREATE INDEX payment_reference ON payment (org_id, reference, id) WHERE reference IS NOT NULL;
CREATE INDEX payment_payer ON payment (org_id, payer, id);
CALL wall('payment',
          'SELECT, INSERT, UPDATE (status, seen, intent, charge, authorized, captured, refunding, refunded, fee, action_url,
                                   return_url, error_code, error_provider_code, error_advice, review, ending, version,
                                   updated_at)',
          'SELECT');

-- Which accounts the money of a payment goes to. Never changed.
CREATE TABLE payment_allocation (
    org_id     uuid     NOT NULL,
    payment_id uuid     NOT NULL,
    position   smallint NOT NULL CHECK (position >= 0),
    account    text     NOT NULL CHECK (length(account) BETWEEN 1 AND 200),
    amount     bigint   NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    party      uuid,
    -- What the money is for, such as an order's line.
    share      uuid,
    PRIMARY KEY (org_id, payment_id, position),
    FOREIGN KEY (org_id, payment_id) REFERENCES payment
);
CALL wall('payment_allocation', 'SELECT, INSERT', 'SELECT');

CREATE TABLE refund (
    org_id             uuid        NOT NULL,
    id                 uuid        NOT NULL,
    payment_id         uuid        NOT NULL,
    entity             uuid        NOT NULL,
    payer              uuid        NOT NULL,
    connection_id      uuid        NOT NULL,
    amount             bigint      NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    currency           text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    status             text        NOT NULL CHECK (status IN ('requested', 'pending', 'requires_action', 'succeeded',
                                                              'failed', 'canceled')),
    reason             text        CHECK (reason IN ('duplicate', 'fraudulent', 'requested_by_customer')),
    failure            text        CHECK (length(failure) BETWEEN 1 AND 100),
    -- That of the payment.
    reference          uuid,
    provider_reference text        CHECK (length(provider_reference) BETWEEN 1 AND 255),
    -- Whether its hold was posted: the money has left for the payer.
    posted             boolean     NOT NULL DEFAULT false,
    review             text        CHECK (length(review) BETWEEN 1 AND 100),
    version            integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, payment_id) REFERENCES payment,
    CHECK (status NOT IN ('pending', 'succeeded') OR posted),
    CHECK (failure IS NULL OR status IN ('failed', 'canceled'))
);
CREATE UNIQUE INDEX refund_provider_reference ON refund (org_id, connection_id, provider_reference)
    WHERE provider_reference IS NOT NULL;
CREATE INDEX refund_payment ON refund (org_id, payment_id, id);
CREATE INDEX refund_status ON refund (org_id, status, id);
CALL wall('refund', 'SELECT, INSERT, UPDATE (status, failure, provider_reference, posted, review, version, updated_at)', 'SELECT');

-- What a refund took back, and from which accounts. Never changed.
CREATE TABLE refund_undo (
    org_id    uuid     NOT NULL,
    refund_id uuid     NOT NULL,
    position  smallint NOT NULL CHECK (position >= 0),
    account   text     NOT NULL CHECK (length(account) BETWEEN 1 AND 200),
    amount    bigint   NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    party     uuid,
    share     uuid,
    PRIMARY KEY (org_id, refund_id, position),
    FOREIGN KEY (org_id, refund_id) REFERENCES refund
);
CALL wall('refund_undo', 'SELECT, INSERT', 'SELECT');

-- One call to a provider. The row is there before the call, and its id is the provider's idempotency key.
CREATE TABLE operation (
    org_id             uuid        NOT NULL,
    id                 uuid        NOT NULL,
    kind               text        NOT NULL CHECK (kind ~ '^[a-z_]{1,50}$'),
    subject_kind       text        NOT NULL CHECK (subject_kind IN ('payment', 'refund', 'seller_account', 'payout')),
    subject_id         uuid        NOT NULL,
    -- Of these one operation at a time is open: a debt is not paid twice while it is not known whether it was paid once.
    exclusive_id       uuid        NOT NULL,
    connection_id      uuid        NOT NULL,
    status             text        NOT NULL CHECK (status IN ('claimed', 'sent', 'succeeded', 'failed', 'unknown')),
    amount             bigint      CHECK (amount BETWEEN 1 AND 9007199254740991),
    currency           text        CHECK (currency ~ '^[A-Z]{3}$'),
    -- What the provider is asked for, to be repeated to the byte. Gone when the end is known: it may speak of people.
    ask                bytea       CHECK (length(ask) BETWEEN 1 AND 20000),
    provider_reference text        CHECK (length(provider_reference) BETWEEN 1 AND 255),
    tries              integer     NOT NULL DEFAULT 0 CHECK (tries >= 0),
    -- Why it failed, or is unknown: a code, never a provider's sentence.
    reason             text        CHECK (length(reason) BETWEEN 1 AND 200),
    -- The provider's answer cannot be ours: a person decides, and nobody asks any more.
    review             boolean     NOT NULL DEFAULT false,
    -- The payment method of a try, as far as it may be shown.
    method_kind        text        CHECK (length(method_kind) BETWEEN 1 AND 50),
    method_brand       text        CHECK (length(method_brand) BETWEEN 1 AND 50),
    method_last4       text        CHECK (method_last4 ~ '^[0-9A-Za-z]{1,4}$'),
    method_fingerprint text        CHECK (length(method_fingerprint) BETWEEN 1 AND 100),
    -- Machine time, since providers live in it.
    created_at         timestamptz NOT NULL,
    sent_at            timestamptz,
    -- Until when a process may be at the provider with it.
    leased_until       timestamptz,
    ended_at           timestamptz,
    PRIMARY KEY (org_id, id),
    CHECK ((amount IS NULL) = (currency IS NULL)),
    CHECK ((status IN ('succeeded', 'failed')) = (ended_at IS NOT NULL)),
    CHECK ((ask IS NULL) = (ended_at IS NOT NULL)),
    CHECK (status NOT IN ('sent', 'unknown') OR sent_at IS NOT NULL),
    CHECK (status <> 'sent' OR leased_until IS NOT NULL),
    CHECK (NOT review OR status = 'unknown')
);
CREATE UNIQUE INDEX operation_open ON operation (org_id, exclusive_id) WHERE status IN ('claimed', 'sent', 'unknown');
CREATE INDEX operation_subject ON operation (org_id, subject_kind, subject_id, id);
CREATE INDEX operation_status ON operation (org_id, status, id);
CALL wall('operation',
          'SELECT, INSERT, UPDATE (status, ask, provider_reference, tries, reason, review, method_kind, method_brand, method_last4,
                                   method_fingerprint, sent_at, leased_until, ended_at)',
          'SELECT');
