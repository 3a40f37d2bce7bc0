-- One transfer by itself, and posts that are a whole transaction in one message.

-- Posts an entry set of one transfer. The same rules and outcomes as of ledger_post, in a third of its time: nothing is
-- an array, and an account's own row says which side it has and whether it guards.
CREATE FUNCTION ledger_post_transfer(
    p_org uuid, p_patient boolean, p_id uuid, p_entity integer, p_debit bigint, p_credit bigint, p_amount bigint,
    p_base bigint, p_effective timestamptz, p_reference uuid, p_tax_rate integer, p_tax_category text, p_tax_point date,
    OUT outcome text, OUT first timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    -- As of ledger_post: one plan, that of the indexes.
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS
$$
DECLARE
    taken          text;
    debit_guards   boolean;
    credit_guards  boolean;
    debit_change   bigint;
    credit_change  bigint;
    debit_balance  bigint;
    credit_balance bigint;
    fits           boolean := true;
BEGIN
    -- As ledger_org, whose call would cost a twentieth of all the rest.
    IF p_org IS NULL OR current_setting('role') = 'kontorhaus_app'
       AND p_org IS DISTINCT FROM nullif(current_setting('app.org', true), '')::uuid THEN
        RAISE EXCEPTION 'the ledger of another organization' USING ERRCODE = 'insufficient_privilege';
    END IF;
    taken := pg_advisory_xact_lock_shared('public.ledger_entity'::regclass::oid::integer, p_entity);

    -- With the lock held, which keeps the period from being closed. The rest never changes, but for the id: one that
    -- another commits after this look is refused by the unique key.
    SELECT CASE
               WHEN NOT EXISTS (SELECT FROM public.ledger_route r WHERE r.org_id = p_org AND r.entity = p_entity
                                AND r.debit_type = d.type AND r.credit_type = c.type) THEN 'unknown'
               WHEN EXISTS (SELECT FROM public.ledger_transfer k WHERE k.org_id = p_org AND k.id = p_id) THEN 'repeated'
               WHEN coalesce(p_effective, clock_timestamp())
                    < (SELECT e.locked_before FROM public.ledger_entity e
                       WHERE e.org_id = p_org AND e.number = p_entity) THEN 'locked'
               ELSE 'posted' END,
           d.guards, c.guards,
           CASE d.side WHEN 'debit' THEN p_amount ELSE -p_amount END,
           CASE c.side WHEN 'credit' THEN p_amount ELSE -p_amount END
    INTO outcome, debit_guards, credit_guards, debit_change, credit_change
    FROM public.ledger_account d, public.ledger_account c
    WHERE d.org_id = p_org AND d.id = p_debit AND d.entity + 0 = p_entity
      AND c.org_id = p_org AND c.id = p_credit AND c.entity + 0 = p_entity AND c.currency || '' = d.currency;
    outcome := coalesce(outcome, 'unknown');
    IF outcome <> 'posted' THEN
        RETURN;
    END IF;

    -- Guards are locked in the order of their ids.
    IF debit_guards AND credit_guards AND p_credit < p_debit THEN
        PERFORM FROM public.ledger_lock(p_org, ARRAY[p_credit], p_patient);
    END IF;
    IF debit_guards THEN
        IF p_patient THEN
            SELECT g.balance + debit_change, debit_change > 0 OR g.balance - g.held + debit_change >= 0
            INTO debit_balance, fits FROM public.ledger_guard g
            WHERE g.org_id = p_org AND g.account_id = p_debit FOR NO KEY UPDATE;
        ELSE
            SELECT g.balance + debit_change, debit_change > 0 OR g.balance - g.held + debit_change >= 0
            INTO debit_balance, fits FROM public.ledger_guard g
            WHERE g.org_id = p_org AND g.account_id = p_debit FOR NO KEY UPDATE SKIP LOCKED;
        END IF;
    END IF;
    IF credit_guards THEN
        IF p_patient THEN
            SELECT g.balance + credit_change, fits AND (credit_change > 0 OR g.balance - g.held + credit_change >= 0)
            INTO credit_balance, fits FROM public.ledger_guard g
            WHERE g.org_id = p_org AND g.account_id = p_credit FOR NO KEY UPDATE;
        ELSE
            SELECT g.balance + credit_change, fits AND (credit_change > 0 OR g.balance - g.held + credit_change >= 0)
            INTO credit_balance, fits FROM public.ledger_guard g
            WHERE g.org_id = p_org AND g.account_id = p_credit FOR NO KEY UPDATE SKIP LOCKED;
        END IF;
    END IF;
    IF debit_guards AND debit_balance IS NULL OR credit_guards AND credit_balance IS NULL THEN
        outcome := CASE WHEN p_patient THEN 'unknown' ELSE 'busy' END;
        RETURN;
    ELSIF NOT fits OR greatest(debit_balance, credit_balance) > 9007199254740991 THEN
        outcome := 'guarded';
        RETURN;
    END IF;
    first := public.ledger_draw(1);

    INSERT INTO public.ledger_transfer
        (org_id, id, recorded_at, debit_id, credit_id, amount, base_amount, entity, line, tax_point, tax_rate,
         effective_at, debit_balance, credit_balance, reference, tax_category)
    VALUES (p_org, p_id, first, p_debit, p_credit, p_amount, p_base, p_entity, 0, p_tax_point, p_tax_rate,
            p_effective, debit_balance, credit_balance, p_reference, p_tax_category);
    IF debit_guards THEN
        UPDATE public.ledger_guard g SET balance = debit_balance WHERE g.org_id = p_org AND g.account_id = p_debit;
    END IF;
    IF credit_guards THEN
        UPDATE public.ledger_guard g SET balance = credit_balance WHERE g.org_id = p_org AND g.account_id = p_credit;
    END IF;
END
$$;

-- The two below are called by the login itself, outside a transaction: the call is the transaction. Each first takes the
-- role and the organization, as BEGIN does elsewhere, which lasts until it is committed; so it may do what its caller
-- may do anyway, and who may not take the role is refused. `p_wait` is the longest wait for a lock, in milliseconds.
CREATE FUNCTION ledger_post_transfer_alone(
    p_org uuid, p_wait integer, p_patient boolean, p_id uuid, p_entity integer, p_debit bigint, p_credit bigint,
    p_amount bigint, p_base bigint, p_effective timestamptz, p_reference uuid, p_tax_rate integer, p_tax_category text,
    p_tax_point date, OUT outcome text, OUT first timestamptz)
    LANGUAGE plpgsql AS
$$
DECLARE
    taken  text;
    posted record;
BEGIN
    taken := pg_catalog.set_config('role', 'kontorhaus_app', true);
    taken := pg_catalog.set_config('app.org', p_org::pg_catalog.text, true);
    taken := pg_catalog.set_config('lock_timeout', p_wait::pg_catalog.text, true);
    posted := public.ledger_post_transfer(
        p_org, p_patient, p_id, p_entity, p_debit, p_credit, p_amount, p_base, p_effective, p_reference, p_tax_rate,
        p_tax_category, p_tax_point);
    outcome := posted.outcome;
    first := posted.first;
END
$$;

CREATE FUNCTION ledger_post_alone(
    p_org uuid, p_wait integer, p_ids uuid[], p_sets integer[], p_lines smallint[], p_entities integer[],
    p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_bases bigint[], p_effective timestamptz[],
    p_references uuid[], p_tax_rates integer[], p_tax_categories text[], p_tax_points date[],
    p_debit_guards integer[], p_debit_changes bigint[], p_credit_guards integer[], p_credit_changes bigint[],
    p_guards bigint[], p_changes bigint[], p_holds bigint[], p_lowest bigint[],
    p_books integer[], p_many integer, p_patient boolean,
    OUT outcome text, OUT first timestamptz)
    LANGUAGE plpgsql AS
$$
DECLARE
    taken  text;
    posted record;
BEGIN
    taken := pg_catalog.set_config('role', 'kontorhaus_app', true);
    taken := pg_catalog.set_config('app.org', p_org::pg_catalog.text, true);
    taken := pg_catalog.set_config('lock_timeout', p_wait::pg_catalog.text, true);
    posted := public.ledger_post(
        p_org, p_ids, p_sets, p_lines, p_entities, p_debits, p_credits, p_amounts, p_bases, p_effective, p_references,
        p_tax_rates, p_tax_categories, p_tax_points, p_debit_guards, p_debit_changes, p_credit_guards,
        p_credit_changes, p_guards, p_changes, p_holds, p_lowest, p_books, p_many, p_patient);
    outcome := posted.outcome;
    first := posted.first;
END
$$;

GRANT CREATE ON SCHEMA public TO kontorhaus_system;
REVOKE ALL ON FUNCTION ledger_post_transfer FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_post_transfer TO kontorhaus_app, kontorhaus_system;
ALTER FUNCTION ledger_post_transfer OWNER TO kontorhaus_system;
REVOKE CREATE ON SCHEMA public FROM kontorhaus_system;
