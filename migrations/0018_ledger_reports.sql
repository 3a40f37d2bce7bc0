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
-- With its caller's rights. One plan for every account, that of its own indexes: planned as part of the statement that
-- asks, an account with half of all entries made every other one be read along the journal (20 s for a page).
CREATE FUNCTION ledger_stood(p_org uuid, p_account bigint, p_side text, p_before timestamptz, p_effect boolean,
                             OUT balance bigint, OUT base bigint)
    LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off AS
$$
DECLARE
    sign  integer     := CASE p_side WHEN 'debit' THEN 1 ELSE -1 END;
    since timestamptz := '-infinity';
    upto  timestamptz := '-infinity';
    -- Said, though always true: a bound on one side alone is taken for a third of all entries.
    last  timestamptz := 'infinity';
    day   timestamptz := date_trunc('day', p_before, 'UTC');
    hour  timestamptz := date_trunc('hour', p_before, 'UTC');
    more  record;
BEGIN
    SELECT n.at, n.balance - CASE WHEN p_effect THEN n.dated ELSE 0 END,
           n.base - CASE WHEN p_effect THEN n.dated_base ELSE 0 END
    INTO since, balance, base
    FROM public.ledger_snapshot n
    WHERE n.org_id = p_org AND n.account_id = p_account AND n.at < p_before ORDER BY n.at DESC LIMIT 1;
    since := coalesce(since, '-infinity');

    SELECT sum(l.amount) AS amount, sum(l.base) AS base INTO more FROM (
        SELECT t.amount, t.base_amount AS base FROM public.ledger_transfer t
        WHERE t.org_id = p_org AND t.debit_id = p_account AND t.recorded_at > since AND t.recorded_at < p_before
          AND (NOT p_effect OR t.effective_at IS NULL)
        UNION ALL
        SELECT -t.amount, -t.base_amount FROM public.ledger_transfer t
        WHERE t.org_id = p_org AND t.credit_id = p_account AND t.recorded_at > since AND t.recorded_at < p_before
          AND (NOT p_effect OR t.effective_at IS NULL)) AS l;
    balance := coalesce(balance, 0) + sign * coalesce(more.amount, 0);
    base := coalesce(base, 0) + sign * coalesce(more.base, 0);
    IF NOT p_effect THEN
        RETURN;
    END IF;

    SELECT sum(e.balance) AS amount, sum(e.base) AS base INTO more FROM (
        SELECT d.balance, d.base FROM public.ledger_effect d
        WHERE d.org_id = p_org AND d.account_id = p_account AND d.grain = 'day' AND d.start < day
        UNION ALL
        SELECT h.balance, h.base FROM public.ledger_effect h
        WHERE h.org_id = p_org AND h.account_id = p_account AND h.grain = 'hour'
          AND h.start >= day AND h.start < hour) AS e;
    balance := balance + coalesce(more.amount, 0);
    base := base + coalesce(more.base, 0);

    SELECT coalesce(max(f.upto), '-infinity') INTO upto FROM public.ledger_fold f
    WHERE f.org_id = p_org AND f.account_id = p_account;
    -- COALESCE where the index of effects would be walked from its beginning.
    SELECT sum(l.amount) AS amount, sum(l.base) AS base INTO more FROM (
        SELECT t.amount, t.base_amount AS base FROM public.ledger_transfer t
        WHERE t.org_id = p_org AND t.debit_id = p_account AND t.effective_at >= hour AND t.effective_at < p_before
          AND t.recorded_at <= upto
        UNION ALL
        SELECT -t.amount, -t.base_amount FROM public.ledger_transfer t
        WHERE t.org_id = p_org AND t.credit_id = p_account AND t.effective_at >= hour AND t.effective_at < p_before
          AND t.recorded_at <= upto
        UNION ALL
        SELECT t.amount, t.base_amount FROM public.ledger_transfer t
        WHERE t.org_id = p_org AND t.debit_id = p_account AND t.recorded_at > upto
          AND t.recorded_at < last AND coalesce(t.effective_at, 'infinity') < p_before
        UNION ALL
        SELECT -t.amount, -t.base_amount FROM public.ledger_transfer t
        WHERE t.org_id = p_org AND t.credit_id = p_account AND t.recorded_at > upto
          AND t.recorded_at < last AND coalesce(t.effective_at, 'infinity') < p_before) AS l;
    balance := balance + sign * coalesce(more.amount, 0);
    base := base + sign * coalesce(more.base, 0);
END
$$;

-- What was debited and credited to an account from one instant up to and without another, by record or by effect.
CREATE FUNCTION ledger_moved(p_org uuid, p_account bigint, p_begin timestamptz, p_end timestamptz, p_effect boolean,
                             OUT debits bigint, OUT credits bigint, OUT base_debits bigint, OUT base_credits bigint)
    LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off AS
$$
DECLARE
    dated record;
BEGIN
    SELECT coalesce(sum(l.amount) FILTER (WHERE l.debit), 0), coalesce(sum(l.amount) FILTER (WHERE NOT l.debit), 0),
           coalesce(sum(l.base) FILTER (WHERE l.debit), 0), coalesce(sum(l.base) FILTER (WHERE NOT l.debit), 0)
    INTO debits, credits, base_debits, base_credits
    FROM (
        SELECT true AS debit, t.amount, t.base_amount AS base FROM public.ledger_transfer t
        WHERE t.org_id = p_org AND t.debit_id = p_account AND t.recorded_at >= p_begin AND t.recorded_at < p_end
          AND (NOT p_effect OR t.effective_at IS NULL)
        UNION ALL
        SELECT false, t.amount, t.base_amount FROM public.ledger_transfer t
        WHERE t.org_id = p_org AND t.credit_id = p_account AND t.recorded_at >= p_begin AND t.recorded_at < p_end
          AND (NOT p_effect OR t.effective_at IS NULL)) AS l;
    IF NOT p_effect THEN
        RETURN;
    END IF;
    SELECT coalesce(sum(l.amount) FILTER (WHERE l.debit), 0) AS debits,
           coalesce(sum(l.amount) FILTER (WHERE NOT l.debit), 0) AS credits,
           coalesce(sum(l.base) FILTER (WHERE l.debit), 0) AS base_debits,
           coalesce(sum(l.base) FILTER (WHERE NOT l.debit), 0) AS base_credits
    INTO dated
    FROM (
        SELECT true AS debit, t.amount, t.base_amount AS base FROM public.ledger_transfer t
        WHERE t.org_id = p_org AND t.debit_id = p_account AND t.effective_at >= p_begin AND t.effective_at < p_end
        UNION ALL
        SELECT false, t.amount, t.base_amount FROM public.ledger_transfer t
        WHERE t.org_id = p_org AND t.credit_id = p_account AND t.effective_at >= p_begin
          AND t.effective_at < p_end) AS l;
    debits := debits + dated.debits;
    credits := credits + dated.credits;
    base_debits := base_debits + dated.base_debits;
    base_credits := base_credits + dated.base_credits;
END
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
