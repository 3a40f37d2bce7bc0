-- Orders: sales of several lines, and how their money moves. What was agreed stands in `sales_order` and `order_line`; what
-- each payment brings for which line in `order_part`; what went back or on in `order_refund` and `order_payout`.

CREATE TABLE sales_order (
    org_id          uuid        NOT NULL,
    id              uuid        NOT NULL,
    -- The legal entity whose books the sale is kept in.
    entity          uuid        NOT NULL,
    buyer           uuid        NOT NULL,
    currency        text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    -- NULL: the one active connection of the legal entity, whichever it is when a payment begins.
    connection_id   uuid,
    capture         text        NOT NULL CHECK (capture IN ('automatic', 'manual')),
    inspection_days smallint    NOT NULL CHECK (inspection_days BETWEEN 0 AND 90),
    -- The client's own number of the order: its form leaves no room for a name or an address.
    reference       text        CHECK (reference ~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$'),
    status          text        NOT NULL CHECK (status IN ('placed', 'confirmed', 'completed', 'canceled')),
    version         integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    confirmed_at    timestamptz,
    completed_at    timestamptz,
    canceled_at     timestamptz,
    PRIMARY KEY (org_id, id),
    CHECK (status <> 'confirmed' OR confirmed_at IS NOT NULL),
    CHECK (status <> 'placed' OR confirmed_at IS NULL),
    CHECK ((status = 'completed') = (completed_at IS NOT NULL)),
    CHECK ((status = 'canceled') = (canceled_at IS NOT NULL))
);
CREATE INDEX sales_order_status ON sales_order (org_id, status, id);
CREATE INDEX sales_order_buyer ON sales_order (org_id, buyer, id);
CREATE INDEX sales_order_reference ON sales_order (org_id, reference, id) WHERE reference IS NOT NULL;
CALL wall('sales_order',
          'SELECT, INSERT, UPDATE (status, version, updated_at, confirmed_at, completed_at, canceled_at)',
          'SELECT');

CREATE TABLE order_line (
    org_id         uuid        NOT NULL,
    id             uuid        NOT NULL,
    order_id       uuid        NOT NULL,
    position       smallint    NOT NULL CHECK (position >= 0),
    model          text        NOT NULL CHECK (model IN ('agent', 'own')),
    seller         uuid,
    description    text        NOT NULL CHECK (length(description) BETWEEN 1 AND 200),
    quantity       integer     NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
    -- Gross, in minor units: as agreed at first, and as it is after price cuts.
    ordered        bigint      NOT NULL CHECK (ordered BETWEEN 1 AND 9007199254740991),
    amount         bigint      NOT NULL CHECK (amount BETWEEN 1 AND ordered),
    -- In parts per million; of own lines alone.
    tax_rate       integer     CHECK (tax_rate BETWEEN 0 AND 1000000),
    tax_category   text        CHECK (tax_category IN ('S', 'Z', 'E', 'AE', 'K', 'G', 'O', 'L', 'M')),
    tax_country    text        CHECK (tax_country ~ '^[A-Z]{2}$'),
    -- By the organization's clock, like all that follows.
    handed_over_at timestamptz,
    -- Until when the buyer may object; the money is released then.
    inspect_until  timestamptz,
    released_at    timestamptz,
    canceled_at    timestamptz,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, order_id) REFERENCES sales_order,
    CHECK ((model = 'agent') = (seller IS NOT NULL)),
    CHECK ((model = 'own') = (tax_rate IS NOT NULL)),
    CHECK ((tax_rate IS NULL) = (tax_category IS NULL) AND (tax_rate IS NULL) = (tax_country IS NULL)),
    CHECK (model = 'agent' OR amount = ordered),
    CHECK (inspect_until IS NULL OR (model = 'agent' AND handed_over_at IS NOT NULL)),
    CHECK (released_at IS NULL OR inspect_until IS NOT NULL),
    CHECK (canceled_at IS NULL OR handed_over_at IS NULL)
);
CREATE UNIQUE INDEX order_line_order ON order_line (org_id, order_id, position);
CREATE INDEX order_line_seller ON order_line (org_id, seller, order_id) WHERE seller IS NOT NULL;
CALL wall('order_line', 'SELECT, INSERT, UPDATE (amount, handed_over_at, inspect_until, released_at, canceled_at)',
          'SELECT');

-- The payments of an order that its lines were allocated to. At most one of them is still under way.
CREATE TABLE order_payment (
    org_id     uuid        NOT NULL,
    payment_id uuid        NOT NULL,
    order_id   uuid        NOT NULL,
    amount     bigint      NOT NULL CHECK (amount > 0),
    captured   bigint      NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
    created_at timestamptz NOT NULL,
    -- When it was known that nothing more comes of it.
    ended_at   timestamptz,
    PRIMARY KEY (org_id, payment_id),
    FOREIGN KEY (org_id, order_id) REFERENCES sales_order
);
CREATE INDEX order_payment_order ON order_payment (org_id, order_id, payment_id);
CREATE UNIQUE INDEX order_payment_open ON order_payment (org_id, order_id) WHERE ended_at IS NULL;
CALL wall('order_payment', 'SELECT, INSERT, UPDATE (captured, ended_at)', 'SELECT');

-- One allocation of a payment: what it brings for a line, to which account, and what became of it since.
CREATE TABLE order_part (
    org_id       uuid        NOT NULL,
    payment_id   uuid        NOT NULL,
    position     smallint    NOT NULL CHECK (position >= 0),
    order_id     uuid        NOT NULL,
    line_id      uuid        NOT NULL,
    account      text        NOT NULL,
    allocated    bigint      NOT NULL CHECK (allocated > 0),
    collected    bigint      NOT NULL DEFAULT 0 CHECK (collected BETWEEN 0 AND allocated),
    refunded     bigint      NOT NULL DEFAULT 0 CHECK (refunded >= 0),
    released     bigint      NOT NULL DEFAULT 0 CHECK (released >= 0),
    -- The first instant at which some of it was collected: a provider keeps others' money for so long.
    collected_at timestamptz,
    PRIMARY KEY (org_id, payment_id, position),
    FOREIGN KEY (org_id, payment_id) REFERENCES order_payment,
    FOREIGN KEY (org_id, line_id) REFERENCES order_line,
    CHECK (refunded + released <= collected),
    CHECK ((collected > 0) = (collected_at IS NOT NULL))
);
CREATE INDEX order_part_order ON order_part (org_id, order_id, payment_id, position);
CREATE INDEX order_part_line ON order_part (org_id, line_id);
CALL wall('order_part', 'SELECT, INSERT, UPDATE (collected, refunded, released, collected_at)', 'SELECT');

-- What goes back to the buyer. `undo` is what is taken from which account, as JSON of the room's own struct.
CREATE TABLE order_refund (
    org_id       uuid        NOT NULL,
    refund_id    uuid        NOT NULL,
    order_id     uuid        NOT NULL,
    payment_id   uuid        NOT NULL,
    amount       bigint      NOT NULL CHECK (amount > 0),
    reason       text        NOT NULL CHECK (reason IN ('line_canceled', 'order_canceled', 'price_cut', 'overpaid')),
    undo         bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    -- When it was asked of the payments; NULL: its job has not come yet.
    requested_at timestamptz,
    PRIMARY KEY (org_id, refund_id),
    FOREIGN KEY (org_id, payment_id) REFERENCES order_payment
);
CREATE INDEX order_refund_order ON order_refund (org_id, order_id, refund_id);
CREATE INDEX order_refund_payment ON order_refund (org_id, payment_id);
CALL wall('order_refund', 'SELECT, INSERT, UPDATE (requested_at)', 'SELECT');

-- What goes on to a seller, of one payment for one line.
CREATE TABLE order_payout (
    org_id       uuid        NOT NULL,
    payout_id    uuid        NOT NULL,
    order_id     uuid        NOT NULL,
    line_id      uuid        NOT NULL,
    payment_id   uuid        NOT NULL,
    amount       bigint      NOT NULL CHECK (amount > 0),
    created_at   timestamptz NOT NULL,
    requested_at timestamptz,
    PRIMARY KEY (org_id, payout_id),
    UNIQUE (org_id, line_id, payment_id),
    FOREIGN KEY (org_id, line_id) REFERENCES order_line,
    FOREIGN KEY (org_id, payment_id) REFERENCES order_payment
);
CREATE INDEX order_payout_order ON order_payout (org_id, order_id, payout_id);
CREATE INDEX order_payout_payment ON order_payout (org_id, payment_id);
CALL wall('order_payout', 'SELECT, INSERT, UPDATE (requested_at)', 'SELECT');

-- What happened to an order, as its timeline tells it. The log has the same for a while; this stays with the order.
CREATE TABLE order_entry (
    org_id       uuid        NOT NULL,
    order_id     uuid        NOT NULL,
    id           uuid        NOT NULL,
    at           timestamptz NOT NULL,
    kind         text        NOT NULL CHECK (kind ~ '^[a-z_]+\.[a-z_]+$'),
    line_id      uuid,
    -- The payment, refund or payout that it is about.
    subject_kind text        CHECK (subject_kind ~ '^[a-z_]{1,63}$'),
    subject_id   uuid,
    amount       bigint,
    -- A word of the house, such as the code of a decline; never a sentence, and nothing personal.
    word         text        CHECK (word ~ '^[a-z0-9_.-]{1,63}$'),
    PRIMARY KEY (org_id, order_id, id),
    FOREIGN KEY (org_id, order_id) REFERENCES sales_order,
    CHECK ((subject_kind IS NULL) = (subject_id IS NULL))
);
CALL wall('order_entry', 'SELECT, INSERT', 'SELECT');
