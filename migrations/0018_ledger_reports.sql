-- What the ledger's reports are read along: accounts by what they are cut by, and how an account stood and moved.

-- Accounts of one order, party or connection, in the order of lists; balances are added up along the same.
CREATE INDEX ledger_account_order ON ledger_account (org_id, entity, order_id, currency, name)
    WHERE order_id IS NOT NULL;
CREATE INDEX ledger_account_party ON ledger_account (org_id, entity, party_id, currency, name)
    WHERE party_id IS NOT NULL;
CREATE INDEX ledger_account_connection ON ledger_account (org_id, entity, connection_id, currency, name)
    WHERE connection_id IS NOT NULL;

-- Which accounts of an entity were touched in a period of effect; of dated entries alone, as the others like it.
CREATE INDEX ledger_transfer_effective ON ledger_transfer (org_id, entity, effective_at)
    WHERE effective_at IS NOT NULL;

-- How an account stood right before an instant, on its own side, by record or by effect. By effect: what is not dated
-- is read as by record; of what is dated, days and hours are added up that are whole, the rest one by one, which are
-- entries within the hour, and those that no closed batch has yet.
--
-- Without rights of its own, and a single SELECT: it becomes part of the statement that asks.
CREATE FUNCTION ledger_stood(p_org uuid, p_account bigint, p_side text, p_before timestamptz, p_effect boolean)
    RETURNS TABLE (balance bigint, base bigint)
    LANGUAGE sql STABLE AS
$$
    SELECT (coalesce(s.balance - CASE WHEN p_effect THEN s.dated ELSE 0 END, 0) + coalesce(b.balance, 0)
            + CASE p_side WHEN 'debit' THEN 1 ELSE -1 END * coalesce(m.amount, 0))::bigint,
           (coalesce(s.base - CASE WHEN p_effect THEN s.dated_base ELSE 0 END, 0) + coalesce(b.base, 0)
            + CASE p_side WHEN 'debit' THEN 1 ELSE -1 END * coalesce(m.base, 0))::bigint
    FROM (SELECT date_trunc('day', p_before, 'UTC') AS day, date_trunc('hour', p_before, 'UTC') AS hour) AS u
    LEFT JOIN LATERAL (
        SELECT n.at, n.balance, n.base, n.dated, n.dated_base FROM ledger_snapshot n
        WHERE n.org_id = p_org AND n.account_id = p_account AND n.at < p_before
        ORDER BY n.at DESC LIMIT 1) AS s ON true
    LEFT JOIN LATERAL (
        SELECT f.upto FROM ledger_fold f
        WHERE p_effect AND f.org_id = p_org AND f.account_id = p_account LIMIT 1) AS f ON true
    CROSS JOIN LATERAL (
        SELECT sum(e.balance) AS balance, sum(e.base) AS base FROM (
            SELECT d.balance, d.base FROM ledger_effect d
            WHERE p_effect AND d.org_id = p_org AND d.account_id = p_account AND d.grain = 'day' AND d.start < u.day
            UNION ALL
            SELECT h.balance, h.base FROM ledger_effect h
            WHERE p_effect AND h.org_id = p_org AND h.account_id = p_account AND h.grain = 'hour'
              AND h.start >= u.day AND h.start < u.hour) AS e) AS b
    CROSS JOIN LATERAL (
        SELECT sum(l.amount) AS amount, sum(l.base) AS base FROM (
            SELECT t.amount, t.base_amount AS base FROM ledger_transfer t
            WHERE t.org_id = p_org AND t.debit_id = p_account AND t.recorded_at > coalesce(s.at, '-infinity')
              AND t.recorded_at < p_before AND (NOT p_effect OR t.effective_at IS NULL)
            UNION ALL
            SELECT -t.amount, -t.base_amount FROM ledger_transfer t
            WHERE t.org_id = p_org AND t.credit_id = p_account AND t.recorded_at > coalesce(s.at, '-infinity')
              AND t.recorded_at < p_before AND (NOT p_effect OR t.effective_at IS NULL)
            UNION ALL
            SELECT t.amount, t.base_amount FROM ledger_transfer t
            WHERE p_effect AND t.org_id = p_org AND t.debit_id = p_account AND t.effective_at >= u.hour
              AND t.effective_at < p_before AND t.recorded_at <= f.upto
            UNION ALL
            SELECT -t.amount, -t.base_amount FROM ledger_transfer t
            WHERE p_effect AND t.org_id = p_org AND t.credit_id = p_account AND t.effective_at >= u.hour
              AND t.effective_at < p_before AND t.recorded_at <= f.upto
            UNION ALL
            SELECT t.amount, t.base_amount FROM ledger_transfer t
            WHERE p_effect AND t.org_id = p_org AND t.debit_id = p_account AND t.effective_at < p_before
              AND t.recorded_at > coalesce(f.upto, '-infinity')
            UNION ALL
            SELECT -t.amount, -t.base_amount FROM ledger_transfer t
            WHERE p_effect AND t.org_id = p_org AND t.credit_id = p_account AND t.effective_at < p_before
              AND t.recorded_at > coalesce(f.upto, '-infinity')) AS l) AS m
$$;

-- What was debited and credited to an account from one instant up to and without another, by record or by effect.
CREATE FUNCTION ledger_moved(p_org uuid, p_account bigint, p_begin timestamptz, p_end timestamptz, p_effect boolean)
    RETURNS TABLE (debits bigint, credits bigint, base_debits bigint, base_credits bigint)
    LANGUAGE sql STABLE AS
$$
    SELECT coalesce(sum(l.amount) FILTER (WHERE l.debit), 0)::bigint,
           coalesce(sum(l.amount) FILTER (WHERE NOT l.debit), 0)::bigint,
           coalesce(sum(l.base) FILTER (WHERE l.debit), 0)::bigint,
           coalesce(sum(l.base) FILTER (WHERE NOT l.debit), 0)::bigint
    FROM (
        SELECT true AS debit, t.amount, t.base_amount AS base FROM ledger_transfer t
        WHERE t.org_id = p_org AND t.debit_id = p_account AND t.recorded_at >= p_begin AND t.recorded_at < p_end
          AND (NOT p_effect OR t.effective_at IS NULL)
        UNION ALL
        SELECT false, t.amount, t.base_amount FROM ledger_transfer t
        WHERE t.org_id = p_org AND t.credit_id = p_account AND t.recorded_at >= p_begin AND t.recorded_at < p_end
          AND (NOT p_effect OR t.effective_at IS NULL)
        UNION ALL
        SELECT true, t.amount, t.base_amount FROM ledger_transfer t
        WHERE p_effect AND t.org_id = p_org AND t.debit_id = p_account AND t.effective_at >= p_begin
          AND t.effective_at < p_end
        UNION ALL
        SELECT false, t.amount, t.base_amount FROM ledger_transfer t
        WHERE p_effect AND t.org_id = p_org AND t.credit_id = p_account AND t.effective_at >= p_begin
          AND t.effective_at < p_end) AS l
$$;

DO $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY ARRAY['ledger_stood(uuid, bigint, text, timestamptz, boolean)',
                               'ledger_moved(uuid, bigint, timestamptz, timestamptz, boolean)'] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', one);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO kontorhaus_app, kontorhaus_system', one);
    END LOOP;
END $$;

-- An export whose job is given up for good: since when, and why. A person may have the job tried again.
ALTER TABLE ledger_export
    ADD COLUMN failed_at timestamptz,
    ADD COLUMN failure text CHECK (length(failure) BETWEEN 1 AND 200),
    ADD CHECK ((failed_at IS NULL) = (failure IS NULL)),
    ADD CHECK (failed_at IS NULL OR finished_at IS NULL);

GRANT UPDATE (failed_at, failure) ON ledger_export TO kontorhaus_app;

-- Exports that are being made, whose jobs are looked after.
CREATE INDEX ledger_export_unfinished ON ledger_export (org_id, id) WHERE finished_at IS NULL AND failed_at IS NULL;
