-- What an allocation, and what a refund takes back, say of tax: its transfers carry it into the books. Both the net and
-- the tax of a supply have it; a seller's share has none. No point: the day on which the money is posted.

ALTER TABLE payment_allocation
    ADD COLUMN tax_rate     integer CHECK (tax_rate BETWEEN 0 AND 1000000),
    ADD COLUMN tax_category text    CHECK (length(tax_category) BETWEEN 1 AND 20),
    ADD COLUMN tax_point    date,
    ADD CHECK ((tax_rate IS NULL) = (tax_category IS NULL)),
    ADD CHECK (tax_point IS NULL OR tax_rate IS NOT NULL);

ALTER TABLE refund_undo
    ADD COLUMN tax_rate     integer CHECK (tax_rate BETWEEN 0 AND 1000000),
    ADD COLUMN tax_category text    CHECK (length(tax_category) BETWEEN 1 AND 20),
    ADD COLUMN tax_point    date,
    ADD CHECK ((tax_rate IS NULL) = (tax_category IS NULL)),
    ADD CHECK (tax_point IS NULL OR tax_rate IS NOT NULL);
