-- Generated from the code by `make docs`; a test compares.

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

CREATE FUNCTION public.current_org() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid;

CREATE FUNCTION public.drop_event_month(month date) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
    name text := 'event_' || to_char(month, 'YYYYMM');
BEGIN
    IF to_regclass('public.' || name) IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE public.%I', name);
    RETURN true;
END
$$;

CREATE TABLE public.event (
    org_id uuid NOT NULL,
    id bigint NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    kind text NOT NULL,
    version integer NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    body bytea NOT NULL
)
PARTITION BY RANGE (at);

ALTER TABLE ONLY public.event FORCE ROW LEVEL SECURITY;

CREATE FUNCTION public.event_months() RETURNS SETOF date
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT to_date(substr((c.relname)::text, 7), 'YYYYMM'::text) AS to_date
    FROM (pg_inherits i
      JOIN pg_class c ON ((c.oid = i.inhrelid)))
   WHERE (i.inhparent = ('public.event'::regclass)::oid);
END;

CREATE FUNCTION public.find_api_key(wanted bytea) RETURNS TABLE(org_id uuid, id uuid, scopes text[], mode text, last_used_at timestamp with time zone, frozen_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT k.org_id, k.id, k.scopes, o.mode, k.last_used_at, c.now_at
    FROM public.api_key k
    JOIN public.organization o ON o.id = k.org_id
    LEFT JOIN public.test_clock c ON c.org_id = k.org_id
    WHERE k.hash = wanted AND k.status = 'active'
$$;

CREATE FUNCTION public.find_inbox_connection(wanted uuid) RETURNS TABLE(org_id uuid, source text, version integer, secrets bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT c.org_id, c.source, c.version, c.secrets
    FROM public.inbox_connection c
    WHERE c.id = wanted AND c.status = 'open'
$$;

CREATE FUNCTION public.ledger_close(p_org uuid, p_entity integer, p_number integer, p_upto timestamp with time zone, p_entries integer, p_hash bytea, p_digests bytea, p_snapshot_entries integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
DECLARE
    since timestamptz;
BEGIN
    PERFORM public.ledger_org(p_org);
    INSERT INTO public.ledger_seal (org_id, entity, number, upto, entries, hash, digests)
    VALUES (p_org, p_entity, p_number, p_upto, p_entries, p_hash, p_digests);
    SELECT coalesce(max(l.upto), '-infinity') INTO since FROM public.ledger_seal l
    WHERE l.org_id = p_org AND l.entity = p_entity AND l.number < p_number;

    INSERT INTO public.ledger_effect AS f (org_id, account_id, grain, start, balance, base)
    SELECT p_org, a.id, g.grain, date_trunc(g.grain, t.effective_at, 'UTC'),
           sum(CASE WHEN a.side = leg.side THEN t.amount ELSE -t.amount END),
           sum(CASE WHEN a.side = leg.side THEN t.base_amount ELSE -t.base_amount END)
    FROM public.ledger_transfer t
    CROSS JOIN LATERAL (VALUES ('debit', t.debit_id), ('credit', t.credit_id)) AS leg (side, account_id)
    JOIN public.ledger_account a ON a.org_id = p_org AND a.id = leg.account_id
    CROSS JOIN (VALUES ('day'), ('hour')) AS g (grain)
    WHERE t.org_id = p_org AND t.entity = p_entity AND t.recorded_at > since AND t.recorded_at <= p_upto
      AND t.effective_at IS NOT NULL
    GROUP BY a.id, g.grain, date_trunc(g.grain, t.effective_at, 'UTC')
    ON CONFLICT (org_id, account_id, grain, start)
    DO UPDATE SET balance = f.balance + excluded.balance, base = f.base + excluded.base;

    WITH folded AS (
        INSERT INTO public.ledger_fold AS f
            (org_id, account_id, upto, balance, base, dated, dated_base, entries, snapped)
        SELECT p_org, m.id, p_upto, sum(m.amount), sum(m.base),
               coalesce(sum(m.amount) FILTER (WHERE m.dated), 0), coalesce(sum(m.base) FILTER (WHERE m.dated), 0),
               count(*), 0
        FROM (SELECT a.id, CASE WHEN a.side = leg.side THEN t.amount ELSE -t.amount END AS amount,
                     CASE WHEN a.side = leg.side THEN t.base_amount ELSE -t.base_amount END AS base,
                     t.effective_at IS NOT NULL AS dated
              FROM public.ledger_transfer t
              CROSS JOIN LATERAL (VALUES ('debit', t.debit_id), ('credit', t.credit_id)) AS leg (side, account_id)
              JOIN public.ledger_account a ON a.org_id = p_org AND a.id = leg.account_id
              WHERE t.org_id = p_org AND t.entity = p_entity AND t.recorded_at > since AND t.recorded_at <= p_upto
             ) AS m
        GROUP BY m.id
        ON CONFLICT (org_id, account_id) DO UPDATE
            SET upto = excluded.upto, balance = f.balance + excluded.balance, base = f.base + excluded.base,
                dated = f.dated + excluded.dated, dated_base = f.dated_base + excluded.dated_base,
                entries = f.entries + excluded.entries,
                snapped = CASE WHEN f.entries + excluded.entries - f.snapped >= p_snapshot_entries
                               THEN f.entries + excluded.entries ELSE f.snapped END
        RETURNING f.account_id, f.balance, f.base, f.dated, f.dated_base, f.entries, f.snapped)
    INSERT INTO public.ledger_snapshot (org_id, account_id, at, balance, base, dated, dated_base)
    SELECT p_org, o.account_id, p_upto, o.balance, o.base, o.dated, o.dated_base
    FROM folded o WHERE o.entries = o.snapped;
    RETURN p_number;
END
$$;

CREATE FUNCTION public.ledger_draw(many integer) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    allowed bigint;
    taken   text;
    last    bigint;
    freed   boolean;
BEGIN
    SELECT nextval('public.ledger_clock'),
           pg_advisory_lock(5216694956358001),
           setval('public.ledger_clock',
                  greatest(nextval('public.ledger_clock'),
                           (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) + many - 1),
           pg_advisory_unlock(5216694956358001)
    INTO allowed, taken, last, freed;
    RETURN timestamptz 'epoch' + (last - many + 1) * interval '1 microsecond';
END
$$;

CREATE FUNCTION public.ledger_lock(p_org uuid, p_guards bigint[], p_patient boolean) RETURNS TABLE(account_id bigint, balance bigint, held bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    PERFORM public.ledger_org(p_org);
    IF p_patient THEN
        RETURN QUERY SELECT g.account_id, g.balance, g.held FROM public.ledger_guard g
            WHERE g.org_id = p_org AND g.account_id = ANY (p_guards) ORDER BY g.account_id FOR NO KEY UPDATE;
    ELSE
        RETURN QUERY SELECT g.account_id, g.balance, g.held FROM public.ledger_guard g
            WHERE g.org_id = p_org AND g.account_id = ANY (p_guards) ORDER BY g.account_id
            FOR NO KEY UPDATE SKIP LOCKED;
    END IF;
END
$$;

CREATE FUNCTION public.ledger_lock_period(p_org uuid, p_entity integer, p_before timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    PERFORM public.ledger_org(p_org);
    PERFORM pg_advisory_xact_lock('public.ledger_entity'::regclass::oid::integer, p_entity);
    UPDATE public.ledger_entity SET locked_before = p_before
    WHERE org_id = p_org AND number = p_entity
      AND (locked_before IS NULL OR locked_before < p_before);
    RETURN FOUND;
END
$$;

CREATE FUNCTION public.ledger_moved(p_org uuid, p_account bigint, p_begin timestamp with time zone, p_end timestamp with time zone, p_effect boolean, OUT debits bigint, OUT credits bigint, OUT base_debits bigint, OUT base_credits bigint) RETURNS record
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
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

CREATE FUNCTION public.ledger_note_holds(p_org uuid, p_ids uuid[], p_recorded timestamp with time zone[], p_entities integer[], p_lines smallint[], p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_bases bigint[], p_expires timestamp with time zone[], p_references uuid[], p_ended uuid[], p_end_ids uuid[], p_end_recorded timestamp with time zone[], p_end_entities integer[], p_end_lines smallint[], p_outcomes text[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    PERFORM public.ledger_org(p_org);
    INSERT INTO public.ledger_hold
        (org_id, id, recorded_at, debit_id, credit_id, amount, base_amount, entity, line, expires_at, reference)
    SELECT p_org, h.id, h.recorded_at, h.debit_id, h.credit_id, h.amount, h.base, h.entity,
           h.line, h.expires_at, h.reference
    FROM unnest(p_ids, p_recorded, p_entities, p_lines, p_debits, p_credits, p_amounts, p_bases, p_expires,
                p_references)
         AS h (id, recorded_at, entity, line, debit_id, credit_id, amount, base, expires_at, reference);
    INSERT INTO public.ledger_hold_due (org_id, hold_id, expires_at)
    SELECT p_org, h.id, h.expires_at FROM unnest(p_ids, p_expires) AS h (id, expires_at)
    WHERE h.expires_at IS NOT NULL;
    INSERT INTO public.ledger_hold_end (org_id, hold_id, id, recorded_at, entity, line, outcome)
    SELECT p_org, e.hold_id, e.id, e.recorded_at, e.entity, e.line, e.outcome
    FROM unnest(p_ended, p_end_ids, p_end_recorded, p_end_entities, p_end_lines, p_outcomes)
         AS e (hold_id, id, recorded_at, entity, line, outcome);
    DELETE FROM public.ledger_hold_due WHERE org_id = p_org AND hold_id = ANY (p_ended);
    RETURN cardinality(p_ids) + cardinality(p_ended);
END
$$;

CREATE FUNCTION public.ledger_open(p_org uuid, p_entities integer[], p_currencies text[], p_names text[], p_orders uuid[], p_parties uuid[], p_connections uuid[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    PERFORM public.ledger_org(p_org);
    WITH opened AS (
        INSERT INTO public.ledger_account
            (org_id, entity, currency, name, type, side, guards, order_id, party_id, connection_id)
        SELECT p_org, n.entity, n.currency, n.name, t.type, t.side, t.guards,
               n.order_id, n.party_id, n.connection_id
        FROM unnest(p_entities, p_currencies, p_names, p_orders, p_parties, p_connections)
             AS n (entity, currency, name, order_id, party_id, connection_id)
        JOIN public.ledger_account_type t
          ON t.org_id = p_org AND t.entity = n.entity AND t.type = split_part(n.name, ':', 1)
        ORDER BY n.entity, n.currency, n.name
        ON CONFLICT (org_id, entity, currency, name) DO NOTHING
        RETURNING ledger_account.id, ledger_account.guards)
    INSERT INTO public.ledger_guard (org_id, account_id, balance, held)
    SELECT p_org, o.id, 0, 0 FROM opened o WHERE o.guards;
    RETURN cardinality(p_names);
END
$$;

CREATE FUNCTION public.ledger_org(p_org uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    IF p_org IS NULL OR (pg_catalog.current_setting('role') = 'kontorhaus_app'
                         AND p_org IS DISTINCT FROM public.current_org()) THEN
        RAISE EXCEPTION 'the ledger of another organization' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN p_org;
END
$$;

CREATE FUNCTION public.ledger_post(p_org uuid, p_ids uuid[], p_sets integer[], p_lines smallint[], p_entities integer[], p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_bases bigint[], p_effective timestamp with time zone[], p_references uuid[], p_tax_rates integer[], p_tax_categories text[], p_tax_points date[], p_debit_guards integer[], p_debit_changes bigint[], p_credit_guards integer[], p_credit_changes bigint[], p_guards bigint[], p_changes bigint[], p_holds bigint[], p_lowest bigint[], p_books integer[], p_many integer, p_patient boolean, OUT outcome text, OUT first timestamp with time zone, OUT busy bigint[]) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_material TO 'off'
    AS $$
DECLARE
    balances bigint[];
    holds    bigint[];
    found    bigint[];
    fits     boolean := true;
    repeated boolean;
    closed   boolean;
    facing   boolean;
    one      integer;
    taken    text;
BEGIN
    IF public.ledger_org(p_org) IS NULL THEN
        RETURN;
    END IF;
    -- Held until the end: whoever closes a period, or reads the books as of an instant, waits for those in flight.
    -- Assignments, since a statement of its own costs ten times as much here.
    FOREACH one IN ARRAY p_books LOOP
        taken := pg_advisory_xact_lock_shared('public.ledger_entity'::regclass::oid::integer, one);
    END LOOP;

    IF cardinality(p_guards) > 0 THEN
        -- As in ledger_lock, whose call would cost as much as all the rest.
        IF p_patient THEN
            SELECT array_agg(l.account_id), array_agg(l.balance), array_agg(l.held) INTO found, balances, holds
            FROM (SELECT g.account_id, g.balance, g.held FROM public.ledger_guard g
                  WHERE g.org_id = p_org AND g.account_id = ANY (p_guards) ORDER BY g.account_id
                  FOR NO KEY UPDATE) AS l;
        ELSE
            SELECT array_agg(l.account_id), array_agg(l.balance), array_agg(l.held) INTO found, balances, holds
            FROM (SELECT g.account_id, g.balance, g.held FROM public.ledger_guard g
                  WHERE g.org_id = p_org AND g.account_id = ANY (p_guards) ORDER BY g.account_id
                  FOR NO KEY UPDATE SKIP LOCKED) AS l;
        END IF;
        IF coalesce(cardinality(found), 0) < cardinality(p_guards) THEN
            outcome := CASE WHEN p_patient THEN 'unknown' ELSE 'busy' END;
            busy := ARRAY(SELECT unnest(p_guards) EXCEPT SELECT unnest(found));
            RETURN;
        END IF;
    END IF;

    -- With the locks held, and so with all that those before us have committed. The two accounts of a transfer and
    -- their route are found by their keys one after the other: a join would be planned by what the tables once were.
    SELECT bool_and(balances[l.place] - holds[l.place] + l.lowest >= 0
                    AND balances[l.place] + p_changes[l.place] <= 9007199254740991)
    INTO fits
    FROM unnest(p_lowest) WITH ORDINALITY AS l (lowest, place);
    SELECT EXISTS (SELECT FROM public.ledger_transfer k WHERE k.org_id = p_org AND k.id = ANY (p_ids)),
           coalesce(bool_or(coalesce(t.effective_at, clock_timestamp())
                            < (SELECT e.locked_before FROM public.ledger_entity e
                               WHERE e.org_id = p_org AND e.number = t.entity)), false),
           coalesce(bool_and((
               SELECT (SELECT (SELECT true FROM public.ledger_route r
                               WHERE r.org_id = p_org AND r.entity = t.entity AND r.debit_type = d.type
                                 AND r.credit_type = c.type)
                       FROM public.ledger_account c
                       WHERE c.org_id = p_org AND c.id = t.credit_id AND c.entity + 0 = t.entity
                         AND c.currency || '' = d.currency)
               FROM public.ledger_account d
               WHERE d.org_id = p_org AND d.id = t.debit_id AND d.entity + 0 = t.entity) IS TRUE), true)
    INTO repeated, closed, facing
    FROM unnest(p_entities, p_debits, p_credits, p_effective) AS t (entity, debit_id, credit_id, effective_at);

    outcome := CASE WHEN NOT coalesce(fits, true) THEN 'guarded' WHEN repeated THEN 'repeated' WHEN closed THEN 'locked'
                    WHEN NOT facing THEN 'unknown' ELSE 'posted' END;
    IF outcome <> 'posted' THEN
        RETURN;
    END IF;
    first := public.ledger_draw(p_many);

    INSERT INTO public.ledger_transfer
        (org_id, id, recorded_at, debit_id, credit_id, amount, base_amount, entity, line, tax_point, tax_rate,
         effective_at, debit_balance, credit_balance, reference, tax_category)
    SELECT p_org, t.id, first + t.set * interval '1 microsecond', t.debit_id, t.credit_id, t.amount, t.base, t.entity,
           t.line, t.tax_point, t.tax_rate, t.effective_at,
           balances[t.debit_guard] + t.debit_change, balances[t.credit_guard] + t.credit_change,
           t.reference, t.tax_category
    FROM unnest(p_ids, p_sets, p_lines, p_entities, p_debits, p_credits, p_amounts, p_bases, p_effective, p_references,
                p_tax_rates, p_tax_categories, p_tax_points, p_debit_guards, p_debit_changes, p_credit_guards,
                p_credit_changes)
         AS t (id, set, line, entity, debit_id, credit_id, amount, base, effective_at, reference,
               tax_rate, tax_category, tax_point, debit_guard, debit_change, credit_guard, credit_change);

    IF cardinality(p_guards) > 0 THEN
        -- The rows are there, and locked; said like this each is found by its key, without a join.
        INSERT INTO public.ledger_guard (org_id, account_id, balance, held)
        SELECT p_org, c.account_id, balances[c.place] + c.change, holds[c.place] + c.hold
        FROM unnest(p_guards, p_changes, p_holds) WITH ORDINALITY AS c (account_id, change, hold, place)
        ON CONFLICT (org_id, account_id) DO UPDATE SET balance = excluded.balance, held = excluded.held;
    END IF;
END
$$;

CREATE FUNCTION public.ledger_post_alone(p_org uuid, p_wait integer, p_ids uuid[], p_sets integer[], p_lines smallint[], p_entities integer[], p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_bases bigint[], p_effective timestamp with time zone[], p_references uuid[], p_tax_rates integer[], p_tax_categories text[], p_tax_points date[], p_debit_guards integer[], p_debit_changes bigint[], p_credit_guards integer[], p_credit_changes bigint[], p_guards bigint[], p_changes bigint[], p_holds bigint[], p_lowest bigint[], p_books integer[], p_many integer, p_patient boolean, OUT outcome text, OUT first timestamp with time zone) RETURNS record
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.ledger_post_transfer(p_org uuid, p_patient boolean, p_id uuid, p_entity integer, p_debit bigint, p_credit bigint, p_amount bigint, p_base bigint, p_effective timestamp with time zone, p_reference uuid, p_tax_rate integer, p_tax_category text, p_tax_point date, OUT outcome text, OUT first timestamp with time zone) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
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

CREATE FUNCTION public.ledger_post_transfer_alone(p_org uuid, p_wait integer, p_patient boolean, p_id uuid, p_entity integer, p_debit bigint, p_credit bigint, p_amount bigint, p_base bigint, p_effective timestamp with time zone, p_reference uuid, p_tax_rate integer, p_tax_category text, p_tax_point date, OUT outcome text, OUT first timestamp with time zone) RETURNS record
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.ledger_settle(p_org uuid, p_entity integer, p_at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    now     timestamptz := clock_timestamp();
    at      timestamptz := coalesce(p_at, now - interval '1 microsecond');
    writers text[];
BEGIN
    PERFORM public.ledger_org(p_org);
    IF at >= now THEN
        RETURN NULL;
    ELSIF EXISTS (SELECT FROM public.ledger_seal s
                  WHERE s.org_id = p_org AND s.entity = p_entity AND s.upto >= at) THEN
        RETURN at;
    END IF;
    LOOP
        SELECT array_agg(l.virtualtransaction) INTO writers
        FROM pg_locks l
        WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted AND l.mode = 'ShareLock'
          AND l.classid = 'public.ledger_entity'::regclass::oid AND l.objid = p_entity::oid
          AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
          AND l.pid <> pg_backend_pid() AND (writers IS NULL OR l.virtualtransaction = ANY (writers));
        EXIT WHEN writers IS NULL;
        PERFORM pg_sleep(0.002);
    END LOOP;
    RETURN at;
END
$$;

CREATE FUNCTION public.ledger_stood(p_org uuid, p_account bigint, p_side text, p_before timestamp with time zone, p_effect boolean, OUT balance bigint, OUT base bigint) RETURNS record
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
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

CREATE FUNCTION public.make_event_month(month date) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
    name text := 'event_' || to_char(month, 'YYYYMM');
BEGIN
    -- Of several processes that start at once, one makes it and the others find it.
    PERFORM pg_advisory_xact_lock('event'::regclass::oid::bigint);
    IF to_regclass('public.' || name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE event ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', name,
                   month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
    RETURN true;
END
$$;

CREATE FUNCTION public.server_history() RETURNS text
    LANGUAGE sql STABLE
    RETURN (((SELECT (pg_control_system.system_identifier)::text AS system_identifier FROM pg_control_system() pg_control_system(pg_control_version, catalog_version_no, system_identifier, pg_control_last_modified)) || ':'::text) || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8));

CREATE PROCEDURE public.wall(IN guarded regclass, IN app_rights text, IN system_rights text)
    LANGUAGE plpgsql
    AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', guarded);
    EXECUTE format('CREATE POLICY one_organization ON %s TO kontorhaus_app'
                   ' USING (org_id = current_org()) WITH CHECK (org_id = current_org())', guarded);
    EXECUTE format('CREATE POLICY every_organization ON %s TO kontorhaus_system'
                   ' USING (true) WITH CHECK (true)', guarded);
    EXECUTE format('GRANT %s ON %s TO kontorhaus_app', app_rights, guarded);
    EXECUTE format('GRANT %s ON %s TO kontorhaus_system', system_rights, guarded);
END
$$;

CREATE TABLE public.account (
    id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT account_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

ALTER TABLE ONLY public.account FORCE ROW LEVEL SECURITY;

CREATE TABLE public.api_key (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    hash bytea NOT NULL,
    hint text NOT NULL,
    scopes text[] NOT NULL,
    status text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT api_key_check CHECK (((status = 'revoked'::text) = (revoked_at IS NOT NULL))),
    CONSTRAINT api_key_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT api_key_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT api_key_scopes_check CHECK (((cardinality(scopes) >= 1) AND (cardinality(scopes) <= 100))),
    CONSTRAINT api_key_status_check CHECK ((status = ANY (ARRAY['active'::text, 'revoked'::text])))
);

ALTER TABLE ONLY public.api_key FORCE ROW LEVEL SECURITY;

CREATE TABLE public.audit_entry (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid NOT NULL,
    action text NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    fields text[] NOT NULL,
    request_id text NOT NULL,
    CONSTRAINT audit_entry_action_check CHECK ((action ~ '^[a-z_]+\.[a-z_]+$'::text))
);

ALTER TABLE ONLY public.audit_entry FORCE ROW LEVEL SECURITY;

CREATE TABLE public.event_aside (
    org_id uuid NOT NULL,
    subscriber text NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    "position" bigint NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    reason text,
    next_try_at timestamp with time zone,
    CONSTRAINT event_aside_check CHECK (((failures = 0) = (reason IS NULL))),
    CONSTRAINT event_aside_failures_check CHECK ((failures >= 0))
);

ALTER TABLE ONLY public.event_aside FORCE ROW LEVEL SECURITY;

ALTER TABLE public.event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.event_position (
    "position" bigint NOT NULL,
    epoch integer NOT NULL,
    org_id uuid NOT NULL,
    event_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    place bigint GENERATED ALWAYS AS ("position") STORED NOT NULL,
    CONSTRAINT event_position_epoch_check CHECK ((epoch > 0)),
    CONSTRAINT event_position_position_check CHECK (("position" > 0))
);

ALTER TABLE ONLY public.event_position FORCE ROW LEVEL SECURITY;

CREATE TABLE public.idempotency_key (
    org_id uuid NOT NULL,
    operation text NOT NULL,
    key text NOT NULL,
    actor_kind text NOT NULL,
    device_id uuid NOT NULL,
    body_hash bytea NOT NULL,
    version text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    resume_kind text,
    subject uuid,
    resume_at timestamp with time zone,
    resumes integer DEFAULT 0 NOT NULL,
    status smallint,
    answer bytea,
    sealed boolean DEFAULT false NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT idempotency_key_body_hash_check CHECK ((length(body_hash) = 32)),
    CONSTRAINT idempotency_key_check CHECK (((status IS NULL) = (answer IS NULL))),
    CONSTRAINT idempotency_key_check1 CHECK (((resume_kind IS NULL) = (subject IS NULL))),
    CONSTRAINT idempotency_key_check2 CHECK (((resume_at IS NULL) OR ((subject IS NOT NULL) AND (answer IS NULL)))),
    CONSTRAINT idempotency_key_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255))),
    CONSTRAINT idempotency_key_operation_check CHECK (((length(operation) >= 1) AND (length(operation) <= 100))),
    CONSTRAINT idempotency_key_status_check CHECK (((status >= 200) AND (status <= 599)))
);

ALTER TABLE ONLY public.idempotency_key FORCE ROW LEVEL SECURITY;

CREATE TABLE public.inbox_connection (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    source text NOT NULL,
    status text NOT NULL,
    version integer NOT NULL,
    secrets bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT inbox_connection_check CHECK (((status = 'closed'::text) = (closed_at IS NOT NULL))),
    CONSTRAINT inbox_connection_secrets_check CHECK (((length(secrets) >= 1) AND (length(secrets) <= 10000))),
    CONSTRAINT inbox_connection_source_check CHECK ((source ~ '^[a-z][a-z0-9_]{0,49}$'::text)),
    CONSTRAINT inbox_connection_status_check CHECK ((status = ANY (ARRAY['open'::text, 'closed'::text]))),
    CONSTRAINT inbox_connection_version_check CHECK ((version >= 1))
);

ALTER TABLE ONLY public.inbox_connection FORCE ROW LEVEL SECURITY;

CREATE TABLE public.inbox_message (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    connection_id uuid NOT NULL,
    event_id text NOT NULL,
    kind text NOT NULL,
    subject text,
    sequence bigint NOT NULL,
    arrival bigint NOT NULL,
    occurred_at timestamp with time zone,
    received_at timestamp with time zone NOT NULL,
    status text NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    reason text,
    ended_at timestamp with time zone,
    content bytea NOT NULL,
    CONSTRAINT inbox_message_check CHECK (((status = ANY (ARRAY['done'::text, 'discarded'::text])) = (ended_at IS NOT NULL))),
    CONSTRAINT inbox_message_check1 CHECK (((status <> 'quarantined'::text) OR (reason IS NOT NULL))),
    CONSTRAINT inbox_message_event_id_check CHECK (((length(event_id) >= 1) AND (length(event_id) <= 255))),
    CONSTRAINT inbox_message_failures_check CHECK ((failures >= 0)),
    CONSTRAINT inbox_message_kind_check CHECK (((length(kind) >= 1) AND (length(kind) <= 100))),
    CONSTRAINT inbox_message_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 200))),
    CONSTRAINT inbox_message_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'done'::text, 'quarantined'::text, 'discarded'::text]))),
    CONSTRAINT inbox_message_subject_check CHECK (((length(subject) >= 1) AND (length(subject) <= 150)))
)
WITH (fillfactor='90', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_insert_scale_factor='0.05');
ALTER TABLE ONLY public.inbox_message ALTER COLUMN content SET STORAGE EXTERNAL;

ALTER TABLE ONLY public.inbox_message FORCE ROW LEVEL SECURITY;

ALTER TABLE public.inbox_message ALTER COLUMN arrival ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.inbox_message_arrival_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.inbox_refusal (
    org_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    reason text NOT NULL,
    refusals bigint NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    CONSTRAINT inbox_refusal_reason_check CHECK ((reason = ANY (ARRAY['signature_missing'::text, 'signature_malformed'::text, 'signature_wrong'::text, 'timestamp_malformed'::text, 'timestamp_outside'::text, 'body_unreadable'::text]))),
    CONSTRAINT inbox_refusal_refusals_check CHECK ((refusals >= 1))
);

ALTER TABLE ONLY public.inbox_refusal FORCE ROW LEVEL SECURITY;

CREATE TABLE public.inbox_seen (
    org_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    event_id text NOT NULL,
    message_id uuid NOT NULL,
    CONSTRAINT inbox_seen_event_id_check CHECK (((length(event_id) >= 1) AND (length(event_id) <= 255)))
);

ALTER TABLE ONLY public.inbox_seen FORCE ROW LEVEL SECURITY;

CREATE TABLE public.job (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    queue text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    priority smallint NOT NULL,
    due_at timestamp with time zone NOT NULL,
    clock text NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    max_attempts integer NOT NULL,
    key text,
    dedupe_key text,
    lease_until timestamp with time zone,
    worker uuid,
    args bytea NOT NULL,
    trace text,
    reason text,
    CONSTRAINT job_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT job_check CHECK (((state = 'running'::text) = (lease_until IS NOT NULL))),
    CONSTRAINT job_check1 CHECK (((state = 'running'::text) = (worker IS NOT NULL))),
    CONSTRAINT job_check2 CHECK (((state <> 'parked'::text) OR (reason IS NOT NULL))),
    CONSTRAINT job_clock_check CHECK ((clock = ANY (ARRAY['machine'::text, 'business'::text, 'test'::text, 'late'::text]))),
    CONSTRAINT job_dedupe_key_check CHECK (((length(dedupe_key) >= 1) AND (length(dedupe_key) <= 200))),
    CONSTRAINT job_key_check CHECK (((length(key) >= 1) AND (length(key) <= 200))),
    CONSTRAINT job_kind_check CHECK (((length(kind) >= 1) AND (length(kind) <= 100))),
    CONSTRAINT job_max_attempts_check CHECK ((max_attempts >= 1)),
    CONSTRAINT job_priority_check CHECK (((priority >= 0) AND (priority <= 2))),
    CONSTRAINT job_queue_check CHECK (((length(queue) >= 1) AND (length(queue) <= 50))),
    CONSTRAINT job_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 200))),
    CONSTRAINT job_state_check CHECK ((state = ANY (ARRAY['ready'::text, 'scheduled'::text, 'running'::text, 'parked'::text])))
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_cost_delay='0', autovacuum_analyze_scale_factor='0.05');

ALTER TABLE ONLY public.job FORCE ROW LEVEL SECURITY;

CREATE TABLE public.job_timetable (
    name text NOT NULL,
    fired_at timestamp with time zone NOT NULL,
    CONSTRAINT job_timetable_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
);

ALTER TABLE ONLY public.job_timetable FORCE ROW LEVEL SECURITY;

CREATE TABLE public.keyring (
    one boolean DEFAULT true NOT NULL,
    proof bytea NOT NULL,
    CONSTRAINT keyring_one_check CHECK (one),
    CONSTRAINT keyring_proof_check CHECK ((length(proof) = 32))
);

ALTER TABLE ONLY public.keyring FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ledger_account (
    org_id uuid NOT NULL,
    id bigint NOT NULL,
    entity integer NOT NULL,
    currency text NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    side text NOT NULL,
    guards boolean NOT NULL,
    order_id uuid,
    party_id uuid,
    connection_id uuid,
    opened_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT ledger_account_check CHECK (((name = type) OR starts_with(name, (type || ':'::text)))),
    CONSTRAINT ledger_account_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT ledger_account_name_check CHECK ((length(name) <= 200)),
    CONSTRAINT ledger_account_side_check CHECK ((side = ANY (ARRAY['debit'::text, 'credit'::text])))
);

ALTER TABLE ONLY public.ledger_account FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_account ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.ledger_account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.ledger_account_type (
    org_id uuid NOT NULL,
    entity integer NOT NULL,
    type text NOT NULL,
    side text NOT NULL,
    guards boolean NOT NULL,
    CONSTRAINT ledger_account_type_side_check CHECK ((side = ANY (ARRAY['debit'::text, 'credit'::text]))),
    CONSTRAINT ledger_account_type_type_check CHECK ((type ~ '^[a-z][a-z_]{0,39}$'::text))
);

ALTER TABLE ONLY public.ledger_account_type FORCE ROW LEVEL SECURITY;

CREATE SEQUENCE public.ledger_clock
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.ledger_effect (
    org_id uuid NOT NULL,
    account_id bigint NOT NULL,
    grain text NOT NULL,
    start timestamp with time zone NOT NULL,
    balance bigint NOT NULL,
    base bigint NOT NULL,
    CONSTRAINT ledger_effect_grain_check CHECK ((grain = ANY (ARRAY['day'::text, 'hour'::text])))
);

ALTER TABLE ONLY public.ledger_effect FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ledger_entity (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    number integer NOT NULL,
    base_currency text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    locked_before timestamp with time zone,
    CONSTRAINT ledger_entity_base_currency_check CHECK ((base_currency ~ '^[A-Z]{3}$'::text))
);

ALTER TABLE ONLY public.ledger_entity FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_entity ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.ledger_entity_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.ledger_export (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    entity integer NOT NULL,
    format text NOT NULL,
    began timestamp with time zone NOT NULL,
    ended timestamp with time zone NOT NULL,
    entries bigint NOT NULL,
    entries_done bigint DEFAULT 0 NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    parts integer DEFAULT 0 NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    failed_at timestamp with time zone,
    failure text,
    CONSTRAINT ledger_export_check CHECK (((entries_done >= 0) AND (entries_done <= entries))),
    CONSTRAINT ledger_export_check1 CHECK ((began < ended)),
    CONSTRAINT ledger_export_check2 CHECK (((finished_at IS NULL) OR (entries_done = entries))),
    CONSTRAINT ledger_export_check3 CHECK (((failed_at IS NULL) = (failure IS NULL))),
    CONSTRAINT ledger_export_check4 CHECK (((failed_at IS NULL) OR (finished_at IS NULL))),
    CONSTRAINT ledger_export_entries_check CHECK ((entries >= 0)),
    CONSTRAINT ledger_export_failure_check CHECK (((length(failure) >= 1) AND (length(failure) <= 200))),
    CONSTRAINT ledger_export_format_check CHECK ((format = ANY (ARRAY['csv'::text, 'parquet'::text])))
);

ALTER TABLE ONLY public.ledger_export FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ledger_export_part (
    org_id uuid NOT NULL,
    export_id uuid NOT NULL,
    number integer NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT ledger_export_part_number_check CHECK ((number >= 0))
);
ALTER TABLE ONLY public.ledger_export_part ALTER COLUMN content SET STORAGE EXTERNAL;

ALTER TABLE ONLY public.ledger_export_part FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ledger_fold (
    org_id uuid NOT NULL,
    account_id bigint NOT NULL,
    upto timestamp with time zone NOT NULL,
    balance bigint NOT NULL,
    base bigint NOT NULL,
    dated bigint NOT NULL,
    dated_base bigint NOT NULL,
    entries bigint NOT NULL,
    snapped bigint NOT NULL
)
WITH (fillfactor='70');

ALTER TABLE ONLY public.ledger_fold FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ledger_guard (
    org_id uuid NOT NULL,
    account_id bigint NOT NULL,
    balance bigint NOT NULL,
    held bigint NOT NULL,
    CONSTRAINT ledger_guard_balance_check CHECK (((balance >= '-9007199254740991'::bigint) AND (balance <= '9007199254740991'::bigint))),
    CONSTRAINT ledger_guard_check CHECK ((balance >= held)),
    CONSTRAINT ledger_guard_held_check CHECK ((held >= 0))
)
WITH (fillfactor='50', autovacuum_vacuum_threshold='500', autovacuum_vacuum_scale_factor='0.02');

ALTER TABLE ONLY public.ledger_guard FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ledger_hold (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    debit_id bigint NOT NULL,
    credit_id bigint NOT NULL,
    amount bigint NOT NULL,
    base_amount bigint NOT NULL,
    entity integer NOT NULL,
    line smallint NOT NULL,
    expires_at timestamp with time zone,
    reference uuid,
    CONSTRAINT ledger_hold_amount_check CHECK (((amount >= 1) AND (amount <= '9007199254740991'::bigint))),
    CONSTRAINT ledger_hold_base_amount_check CHECK (((base_amount >= 0) AND (base_amount <= '9007199254740991'::bigint))),
    CONSTRAINT ledger_hold_check CHECK ((debit_id <> credit_id)),
    CONSTRAINT ledger_hold_line_check CHECK ((line >= 0))
);

ALTER TABLE ONLY public.ledger_hold FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ledger_hold_due (
    org_id uuid NOT NULL,
    hold_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.ledger_hold_due FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ledger_hold_end (
    org_id uuid NOT NULL,
    hold_id uuid NOT NULL,
    id uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    entity integer NOT NULL,
    line smallint NOT NULL,
    outcome text NOT NULL,
    CONSTRAINT ledger_hold_end_line_check CHECK ((line >= 0)),
    CONSTRAINT ledger_hold_end_outcome_check CHECK ((outcome = ANY (ARRAY['posted'::text, 'voided'::text, 'expired'::text])))
);

ALTER TABLE ONLY public.ledger_hold_end FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ledger_route (
    org_id uuid NOT NULL,
    entity integer NOT NULL,
    debit_type text NOT NULL,
    credit_type text NOT NULL
);

ALTER TABLE ONLY public.ledger_route FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ledger_seal (
    org_id uuid NOT NULL,
    entity integer NOT NULL,
    number integer NOT NULL,
    upto timestamp with time zone NOT NULL,
    entries integer NOT NULL,
    hash bytea NOT NULL,
    digests bytea NOT NULL,
    sealed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT ledger_seal_check CHECK ((length(digests) = (8 * entries))),
    CONSTRAINT ledger_seal_entries_check CHECK ((entries > 0)),
    CONSTRAINT ledger_seal_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT ledger_seal_number_check CHECK ((number > 0))
);

ALTER TABLE ONLY public.ledger_seal FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ledger_snapshot (
    org_id uuid NOT NULL,
    account_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    balance bigint NOT NULL,
    base bigint NOT NULL,
    dated bigint NOT NULL,
    dated_base bigint NOT NULL
);

ALTER TABLE ONLY public.ledger_snapshot FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ledger_transfer (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    debit_id bigint NOT NULL,
    credit_id bigint NOT NULL,
    amount bigint NOT NULL,
    base_amount bigint NOT NULL,
    entity integer NOT NULL,
    line smallint NOT NULL,
    tax_point date,
    tax_rate integer,
    effective_at timestamp with time zone,
    debit_balance bigint,
    credit_balance bigint,
    reference uuid,
    tax_category text,
    CONSTRAINT ledger_transfer_amount_check CHECK (((amount >= 1) AND (amount <= '9007199254740991'::bigint))),
    CONSTRAINT ledger_transfer_base_amount_check CHECK (((base_amount >= 0) AND (base_amount <= '9007199254740991'::bigint))),
    CONSTRAINT ledger_transfer_check CHECK ((debit_id <> credit_id)),
    CONSTRAINT ledger_transfer_line_check CHECK ((line >= 0)),
    CONSTRAINT ledger_transfer_tax_category_check CHECK ((length(tax_category) <= 20)),
    CONSTRAINT ledger_transfer_tax_rate_check CHECK (((tax_rate >= 0) AND (tax_rate <= 1000000)))
);

ALTER TABLE ONLY public.ledger_transfer FORCE ROW LEVEL SECURITY;

CREATE TABLE public.migration (
    version integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.notice (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    template text NOT NULL,
    template_version integer NOT NULL,
    language text NOT NULL,
    recipient_kind text,
    recipient_id uuid,
    dedupe_key text,
    status text NOT NULL,
    reason text,
    attempts integer DEFAULT 0 NOT NULL,
    attempts_before integer DEFAULT 0 NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    next_attempt_at timestamp with time zone,
    sent_at timestamp with time zone,
    failed_at timestamp with time zone,
    erased_at timestamp with time zone,
    CONSTRAINT notice_attempts_before_check CHECK ((attempts_before >= 0)),
    CONSTRAINT notice_check CHECK ((attempts >= attempts_before)),
    CONSTRAINT notice_check1 CHECK (((recipient_kind IS NULL) = (recipient_id IS NULL))),
    CONSTRAINT notice_check2 CHECK (((status = 'sent'::text) = (sent_at IS NOT NULL))),
    CONSTRAINT notice_check3 CHECK (((status = 'failed'::text) = (failed_at IS NOT NULL))),
    CONSTRAINT notice_check4 CHECK (((status = 'failed'::text) = (reason IS NOT NULL))),
    CONSTRAINT notice_check5 CHECK (((status = 'queued'::text) OR (next_attempt_at IS NULL))),
    CONSTRAINT notice_check6 CHECK (((status <> 'cancelled'::text) OR (erased_at IS NOT NULL))),
    CONSTRAINT notice_check7 CHECK (((status <> 'queued'::text) OR (erased_at IS NULL))),
    CONSTRAINT notice_dedupe_key_check CHECK ((dedupe_key ~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$'::text)),
    CONSTRAINT notice_language_check CHECK ((language ~ '^[a-z]{2}$'::text)),
    CONSTRAINT notice_reason_check CHECK ((reason = ANY (ARRAY['refused'::text, 'given_up'::text, 'unknown'::text]))),
    CONSTRAINT notice_recipient_kind_check CHECK ((recipient_kind ~ '^[a-z_]{1,63}$'::text)),
    CONSTRAINT notice_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'sent'::text, 'failed'::text, 'cancelled'::text]))),
    CONSTRAINT notice_template_check CHECK ((template ~ '^[a-z_]{1,50}$'::text)),
    CONSTRAINT notice_template_version_check CHECK ((template_version > 0)),
    CONSTRAINT notice_version_check CHECK ((version > 0))
);

ALTER TABLE ONLY public.notice FORCE ROW LEVEL SECURITY;

CREATE TABLE public.notice_attachment (
    org_id uuid NOT NULL,
    notice_id uuid NOT NULL,
    "position" smallint NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT notice_attachment_position_check CHECK (("position" >= 0))
);

ALTER TABLE ONLY public.notice_attachment FORCE ROW LEVEL SECURITY;

CREATE TABLE public.notice_attempt (
    org_id uuid NOT NULL,
    notice_id uuid NOT NULL,
    number integer NOT NULL,
    host text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    outcome text,
    code smallint,
    enhanced text,
    CONSTRAINT notice_attempt_check CHECK (((outcome IS NULL) = (ended_at IS NULL))),
    CONSTRAINT notice_attempt_check1 CHECK (((outcome IS NOT NULL) OR (code IS NULL))),
    CONSTRAINT notice_attempt_check2 CHECK (((code IS NOT NULL) OR (enhanced IS NULL))),
    CONSTRAINT notice_attempt_code_check CHECK (((code >= 100) AND (code <= 999))),
    CONSTRAINT notice_attempt_enhanced_check CHECK ((enhanced ~ '^[245]\.[0-9]{1,3}\.[0-9]{1,3}$'::text)),
    CONSTRAINT notice_attempt_number_check CHECK ((number > 0)),
    CONSTRAINT notice_attempt_outcome_check CHECK ((outcome = ANY (ARRAY['not_sent'::text, 'deferred'::text, 'refused'::text, 'accepted'::text, 'unknown'::text])))
);

ALTER TABLE ONLY public.notice_attempt FORCE ROW LEVEL SECURITY;

CREATE TABLE public.notice_content (
    org_id uuid NOT NULL,
    notice_id uuid NOT NULL,
    sealed bytea NOT NULL,
    forget_at timestamp with time zone
);

ALTER TABLE ONLY public.notice_content FORCE ROW LEVEL SECURITY;

CREATE TABLE public.operation (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    exclusive_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    status text NOT NULL,
    amount bigint,
    currency text,
    ask bytea,
    provider_reference text,
    tries integer DEFAULT 0 NOT NULL,
    reason text,
    review boolean DEFAULT false NOT NULL,
    method_kind text,
    method_brand text,
    method_last4 text,
    method_fingerprint text,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    leased_until timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT operation_amount_check CHECK (((amount >= 1) AND (amount <= '9007199254740991'::bigint))),
    CONSTRAINT operation_ask_check CHECK (((length(ask) >= 1) AND (length(ask) <= 20000))),
    CONSTRAINT operation_check CHECK (((amount IS NULL) = (currency IS NULL))),
    CONSTRAINT operation_check1 CHECK (((status = ANY (ARRAY['succeeded'::text, 'failed'::text])) = (ended_at IS NOT NULL))),
    CONSTRAINT operation_check2 CHECK (((ask IS NULL) = (ended_at IS NOT NULL))),
    CONSTRAINT operation_check3 CHECK (((status <> ALL (ARRAY['sent'::text, 'unknown'::text])) OR (sent_at IS NOT NULL))),
    CONSTRAINT operation_check4 CHECK (((status <> 'sent'::text) OR (leased_until IS NOT NULL))),
    CONSTRAINT operation_check5 CHECK (((NOT review) OR (status = 'unknown'::text))),
    CONSTRAINT operation_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT operation_kind_check CHECK ((kind ~ '^[a-z_]{1,50}$'::text)),
    CONSTRAINT operation_method_brand_check CHECK (((length(method_brand) >= 1) AND (length(method_brand) <= 50))),
    CONSTRAINT operation_method_fingerprint_check CHECK (((length(method_fingerprint) >= 1) AND (length(method_fingerprint) <= 100))),
    CONSTRAINT operation_method_kind_check CHECK (((length(method_kind) >= 1) AND (length(method_kind) <= 50))),
    CONSTRAINT operation_method_last4_check CHECK ((method_last4 ~ '^[0-9A-Za-z]{1,4}$'::text)),
    CONSTRAINT operation_provider_reference_check CHECK (((length(provider_reference) >= 1) AND (length(provider_reference) <= 255))),
    CONSTRAINT operation_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 200))),
    CONSTRAINT operation_status_check CHECK ((status = ANY (ARRAY['claimed'::text, 'sent'::text, 'succeeded'::text, 'failed'::text, 'unknown'::text]))),
    CONSTRAINT operation_subject_kind_check CHECK ((subject_kind = ANY (ARRAY['payment'::text, 'refund'::text, 'seller_account'::text, 'payout'::text]))),
    CONSTRAINT operation_tries_check CHECK ((tries >= 0))
);

ALTER TABLE ONLY public.operation FORCE ROW LEVEL SECURITY;

CREATE TABLE public.order_entry (
    org_id uuid NOT NULL,
    order_id uuid NOT NULL,
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    line_id uuid,
    subject_kind text,
    subject_id uuid,
    amount bigint,
    word text,
    CONSTRAINT order_entry_check CHECK (((subject_kind IS NULL) = (subject_id IS NULL))),
    CONSTRAINT order_entry_kind_check CHECK ((kind ~ '^[a-z_]+\.[a-z_]+$'::text)),
    CONSTRAINT order_entry_subject_kind_check CHECK ((subject_kind ~ '^[a-z_]{1,63}$'::text)),
    CONSTRAINT order_entry_word_check CHECK ((word ~ '^[a-z0-9_.-]{1,63}$'::text))
);

ALTER TABLE ONLY public.order_entry FORCE ROW LEVEL SECURITY;

CREATE TABLE public.order_line (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    order_id uuid NOT NULL,
    "position" smallint NOT NULL,
    model text NOT NULL,
    seller uuid,
    description text NOT NULL,
    quantity integer NOT NULL,
    ordered bigint NOT NULL,
    amount bigint NOT NULL,
    tax_rate integer,
    tax_category text,
    tax_country text,
    handed_over_at timestamp with time zone,
    inspect_until timestamp with time zone,
    released_at timestamp with time zone,
    canceled_at timestamp with time zone,
    CONSTRAINT order_line_check CHECK (((amount >= 1) AND (amount <= ordered))),
    CONSTRAINT order_line_check1 CHECK (((model = 'agent'::text) = (seller IS NOT NULL))),
    CONSTRAINT order_line_check2 CHECK (((model = 'own'::text) = (tax_rate IS NOT NULL))),
    CONSTRAINT order_line_check3 CHECK ((((tax_rate IS NULL) = (tax_category IS NULL)) AND ((tax_rate IS NULL) = (tax_country IS NULL)))),
    CONSTRAINT order_line_check4 CHECK (((model = 'agent'::text) OR (amount = ordered))),
    CONSTRAINT order_line_check5 CHECK (((inspect_until IS NULL) OR ((model = 'agent'::text) AND (handed_over_at IS NOT NULL)))),
    CONSTRAINT order_line_check6 CHECK (((released_at IS NULL) OR (inspect_until IS NOT NULL))),
    CONSTRAINT order_line_check7 CHECK (((canceled_at IS NULL) OR (handed_over_at IS NULL))),
    CONSTRAINT order_line_description_check CHECK (((length(description) >= 1) AND (length(description) <= 200))),
    CONSTRAINT order_line_model_check CHECK ((model = ANY (ARRAY['agent'::text, 'own'::text]))),
    CONSTRAINT order_line_ordered_check CHECK (((ordered >= 1) AND (ordered <= '9007199254740991'::bigint))),
    CONSTRAINT order_line_position_check CHECK (("position" >= 0)),
    CONSTRAINT order_line_quantity_check CHECK (((quantity >= 1) AND (quantity <= 1000000))),
    CONSTRAINT order_line_tax_category_check CHECK ((tax_category = ANY (ARRAY['S'::text, 'Z'::text, 'E'::text, 'AE'::text, 'K'::text, 'G'::text, 'O'::text, 'L'::text, 'M'::text]))),
    CONSTRAINT order_line_tax_country_check CHECK ((tax_country ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT order_line_tax_rate_check CHECK (((tax_rate >= 0) AND (tax_rate <= 1000000)))
);

ALTER TABLE ONLY public.order_line FORCE ROW LEVEL SECURITY;

CREATE TABLE public.order_part (
    org_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    "position" smallint NOT NULL,
    order_id uuid NOT NULL,
    line_id uuid NOT NULL,
    account text NOT NULL,
    allocated bigint NOT NULL,
    collected bigint DEFAULT 0 NOT NULL,
    refunded bigint DEFAULT 0 NOT NULL,
    released bigint DEFAULT 0 NOT NULL,
    collected_at timestamp with time zone,
    CONSTRAINT order_part_allocated_check CHECK ((allocated > 0)),
    CONSTRAINT order_part_check CHECK (((collected >= 0) AND (collected <= allocated))),
    CONSTRAINT order_part_check1 CHECK (((refunded + released) <= collected)),
    CONSTRAINT order_part_check2 CHECK (((collected > 0) = (collected_at IS NOT NULL))),
    CONSTRAINT order_part_position_check CHECK (("position" >= 0)),
    CONSTRAINT order_part_refunded_check CHECK ((refunded >= 0)),
    CONSTRAINT order_part_released_check CHECK ((released >= 0))
);

ALTER TABLE ONLY public.order_part FORCE ROW LEVEL SECURITY;

CREATE TABLE public.order_payment (
    org_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    order_id uuid NOT NULL,
    amount bigint NOT NULL,
    captured bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT order_payment_amount_check CHECK ((amount > 0)),
    CONSTRAINT order_payment_check CHECK (((captured >= 0) AND (captured <= amount)))
);

ALTER TABLE ONLY public.order_payment FORCE ROW LEVEL SECURITY;

CREATE TABLE public.order_payout (
    org_id uuid NOT NULL,
    payout_id uuid NOT NULL,
    order_id uuid NOT NULL,
    line_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    amount bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    requested_at timestamp with time zone,
    CONSTRAINT order_payout_amount_check CHECK ((amount > 0))
);

ALTER TABLE ONLY public.order_payout FORCE ROW LEVEL SECURITY;

CREATE TABLE public.order_refund (
    org_id uuid NOT NULL,
    refund_id uuid NOT NULL,
    order_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    amount bigint NOT NULL,
    reason text NOT NULL,
    undo bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    requested_at timestamp with time zone,
    CONSTRAINT order_refund_amount_check CHECK ((amount > 0)),
    CONSTRAINT order_refund_reason_check CHECK ((reason = ANY (ARRAY['line_canceled'::text, 'order_canceled'::text, 'price_cut'::text, 'overpaid'::text])))
);

ALTER TABLE ONLY public.order_refund FORCE ROW LEVEL SECURITY;

CREATE TABLE public.organization (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    mode text NOT NULL,
    name text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT organization_mode_check CHECK ((mode = ANY (ARRAY['live'::text, 'test'::text]))),
    CONSTRAINT organization_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT organization_version_check CHECK ((version > 0))
);

ALTER TABLE ONLY public.organization FORCE ROW LEVEL SECURITY;

CREATE TABLE public.party (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    country text NOT NULL,
    language text,
    reference text,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    erased_at timestamp with time zone,
    CONSTRAINT party_country_check CHECK ((country ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT party_kind_check CHECK ((kind = ANY (ARRAY['person'::text, 'company'::text]))),
    CONSTRAINT party_reference_check CHECK ((reference ~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$'::text)),
    CONSTRAINT party_version_check CHECK ((version > 0))
);

ALTER TABLE ONLY public.party FORCE ROW LEVEL SECURITY;

CREATE TABLE public.party_address (
    org_id uuid NOT NULL,
    party_id uuid NOT NULL,
    id uuid NOT NULL,
    purpose text NOT NULL,
    recipient text,
    line1 text NOT NULL,
    line2 text,
    postal_code text,
    city text NOT NULL,
    region text,
    country text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    CONSTRAINT party_address_check CHECK ((valid_to >= valid_from)),
    CONSTRAINT party_address_country_check CHECK ((country ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT party_address_purpose_check CHECK ((purpose = ANY (ARRAY['registered'::text, 'billing'::text, 'delivery'::text, 'pickup'::text])))
);

ALTER TABLE ONLY public.party_address FORCE ROW LEVEL SECURITY;

CREATE TABLE public.party_bank_account (
    org_id uuid NOT NULL,
    party_id uuid NOT NULL,
    id uuid NOT NULL,
    iban bytea NOT NULL,
    fingerprint bytea NOT NULL,
    last_four text NOT NULL,
    country text NOT NULL,
    bic text,
    holder text,
    valid_from date NOT NULL,
    valid_to date,
    CONSTRAINT party_bank_account_check CHECK ((valid_to >= valid_from)),
    CONSTRAINT party_bank_account_country_check CHECK ((country ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT party_bank_account_last_four_check CHECK ((length(last_four) = 4))
);

ALTER TABLE ONLY public.party_bank_account FORCE ROW LEVEL SECURITY;

CREATE TABLE public.party_contact (
    org_id uuid NOT NULL,
    party_id uuid NOT NULL,
    "position" smallint NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    label text,
    CONSTRAINT party_contact_kind_check CHECK ((kind = ANY (ARRAY['email'::text, 'phone'::text])))
);

ALTER TABLE ONLY public.party_contact FORCE ROW LEVEL SECURITY;

CREATE TABLE public.party_profile (
    org_id uuid NOT NULL,
    party_id uuid NOT NULL,
    name text NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT party_profile_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

ALTER TABLE ONLY public.party_profile FORCE ROW LEVEL SECURITY;

CREATE TABLE public.party_role (
    org_id uuid NOT NULL,
    role text NOT NULL,
    party_id uuid NOT NULL,
    CONSTRAINT party_role_role_check CHECK ((role = ANY (ARRAY['legal_entity'::text, 'customer'::text, 'seller'::text, 'carrier'::text, 'payer'::text])))
);

ALTER TABLE ONLY public.party_role FORCE ROW LEVEL SECURITY;

CREATE TABLE public.party_tax_id (
    org_id uuid NOT NULL,
    party_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    country text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    CONSTRAINT party_tax_id_check CHECK ((valid_to >= valid_from)),
    CONSTRAINT party_tax_id_country_check CHECK ((country ~ '^[A-Z]{2}$'::text))
);

ALTER TABLE ONLY public.party_tax_id FORCE ROW LEVEL SECURITY;

CREATE TABLE public.party_term (
    org_id uuid NOT NULL,
    term text NOT NULL COLLATE pg_catalog."C",
    party_id uuid NOT NULL
);

ALTER TABLE ONLY public.party_term FORCE ROW LEVEL SECURITY;

CREATE TABLE public.payment (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    entity uuid NOT NULL,
    payer uuid NOT NULL,
    connection_id uuid NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    capture_method text NOT NULL,
    status text NOT NULL,
    seen text,
    intent text,
    charge text,
    authorized bigint DEFAULT 0 NOT NULL,
    captured bigint DEFAULT 0 NOT NULL,
    refunding bigint DEFAULT 0 NOT NULL,
    refunded bigint DEFAULT 0 NOT NULL,
    fee bigint,
    action_url text,
    return_url text,
    reference uuid,
    description text,
    error_code text,
    error_provider_code text,
    error_advice text,
    review text,
    ending text,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    CONSTRAINT payment_action_url_check CHECK (((length(action_url) >= 1) AND (length(action_url) <= 5000))),
    CONSTRAINT payment_amount_check CHECK (((amount >= 1) AND (amount <= '9007199254740991'::bigint))),
    CONSTRAINT payment_capture_method_check CHECK ((capture_method = ANY (ARRAY['automatic'::text, 'manual'::text]))),
    CONSTRAINT payment_charge_check CHECK (((length(charge) >= 1) AND (length(charge) <= 255))),
    CONSTRAINT payment_check CHECK (((authorized >= 0) AND (authorized <= amount))),
    CONSTRAINT payment_check1 CHECK (((captured >= 0) AND (captured <= amount))),
    CONSTRAINT payment_check2 CHECK (((refunded + refunding) <= captured)),
    CONSTRAINT payment_check3 CHECK (((status = 'in_review'::text) = (review IS NOT NULL))),
    CONSTRAINT payment_check4 CHECK (((status <> 'captured'::text) OR (captured > 0))),
    CONSTRAINT payment_check5 CHECK (((captured = 0) OR (authorized = 0))),
    CONSTRAINT payment_check6 CHECK (((captured = 0) OR (status = ANY (ARRAY['captured'::text, 'in_review'::text])))),
    CONSTRAINT payment_check7 CHECK (((status <> 'requires_action'::text) OR (seen = 'requires_action'::text))),
    CONSTRAINT payment_check8 CHECK (((action_url IS NULL) OR (status = 'requires_action'::text))),
    CONSTRAINT payment_check9 CHECK (((status <> ALL (ARRAY['canceled'::text, 'expired'::text])) OR (ending IS NOT NULL))),
    CONSTRAINT payment_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT payment_description_check CHECK (((length(description) >= 1) AND (length(description) <= 200))),
    CONSTRAINT payment_ending_check CHECK ((ending = ANY (ARRAY['requested'::text, 'expired'::text, 'provider'::text]))),
    CONSTRAINT payment_error_advice_check CHECK (((length(error_advice) >= 1) AND (length(error_advice) <= 100))),
    CONSTRAINT payment_error_code_check CHECK (((length(error_code) >= 1) AND (length(error_code) <= 100))),
    CONSTRAINT payment_error_provider_code_check CHECK (((length(error_provider_code) >= 1) AND (length(error_provider_code) <= 255))),
    CONSTRAINT payment_fee_check CHECK ((fee >= 0)),
    CONSTRAINT payment_intent_check CHECK (((length(intent) >= 1) AND (length(intent) <= 255))),
    CONSTRAINT payment_refunded_check CHECK ((refunded >= 0)),
    CONSTRAINT payment_refunding_check CHECK ((refunding >= 0)),
    CONSTRAINT payment_return_url_check CHECK (((length(return_url) >= 1) AND (length(return_url) <= 2000))),
    CONSTRAINT payment_review_check CHECK (((length(review) >= 1) AND (length(review) <= 100))),
    CONSTRAINT payment_seen_check CHECK ((seen = ANY (ARRAY['requires_payment_method'::text, 'requires_confirmation'::text, 'requires_action'::text, 'processing'::text, 'authorized'::text, 'captured'::text, 'canceled'::text]))),
    CONSTRAINT payment_status_check CHECK ((status = ANY (ARRAY['requires_payment_method'::text, 'requires_action'::text, 'processing'::text, 'authorized'::text, 'capturing'::text, 'captured'::text, 'voiding'::text, 'canceled'::text, 'expired'::text, 'in_review'::text]))),
    CONSTRAINT payment_version_check CHECK ((version > 0))
);

ALTER TABLE ONLY public.payment FORCE ROW LEVEL SECURITY;

CREATE TABLE public.payment_allocation (
    org_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    "position" smallint NOT NULL,
    account text NOT NULL,
    amount bigint NOT NULL,
    party uuid,
    share uuid,
    tax_rate integer,
    tax_category text,
    tax_point date,
    CONSTRAINT payment_allocation_account_check CHECK (((length(account) >= 1) AND (length(account) <= 200))),
    CONSTRAINT payment_allocation_amount_check CHECK (((amount >= 1) AND (amount <= '9007199254740991'::bigint))),
    CONSTRAINT payment_allocation_check CHECK (((tax_rate IS NULL) = (tax_category IS NULL))),
    CONSTRAINT payment_allocation_check1 CHECK (((tax_point IS NULL) OR (tax_rate IS NOT NULL))),
    CONSTRAINT payment_allocation_position_check CHECK (("position" >= 0)),
    CONSTRAINT payment_allocation_tax_category_check CHECK (((length(tax_category) >= 1) AND (length(tax_category) <= 20))),
    CONSTRAINT payment_allocation_tax_rate_check CHECK (((tax_rate >= 0) AND (tax_rate <= 1000000)))
);

ALTER TABLE ONLY public.payment_allocation FORCE ROW LEVEL SECURITY;

CREATE TABLE public.payment_connection (
    org_id uuid NOT NULL,
    id uuid CONSTRAINT payment_connection_id_not_null1 NOT NULL,
    entity uuid NOT NULL,
    gateway text NOT NULL,
    name text NOT NULL,
    status text NOT NULL,
    credentials bytea NOT NULL,
    key_hint text NOT NULL,
    account text,
    webhooks text NOT NULL,
    inbox_connection_id uuid NOT NULL,
    sellers_inbox_connection_id uuid NOT NULL,
    content bytea NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    tested_at timestamp with time zone,
    closed_at timestamp with time zone,
    CONSTRAINT payment_connection_account_check CHECK (((length(account) >= 1) AND (length(account) <= 255))),
    CONSTRAINT payment_connection_check CHECK (((status = 'closed'::text) = (closed_at IS NOT NULL))),
    CONSTRAINT payment_connection_check1 CHECK (((tested_at IS NULL) OR (account IS NOT NULL))),
    CONSTRAINT payment_connection_content_check CHECK ((length(content) = 32)),
    CONSTRAINT payment_connection_credentials_check CHECK (((length(credentials) >= 1) AND (length(credentials) <= 10000))),
    CONSTRAINT payment_connection_gateway_check CHECK ((gateway ~ '^[a-z][a-z0-9_]{0,49}$'::text)),
    CONSTRAINT payment_connection_key_hint_check CHECK ((length(key_hint) = 4)),
    CONSTRAINT payment_connection_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT payment_connection_status_check CHECK ((status = ANY (ARRAY['active'::text, 'closed'::text]))),
    CONSTRAINT payment_connection_version_check CHECK ((version > 0)),
    CONSTRAINT payment_connection_webhooks_check CHECK ((webhooks = ANY (ARRAY['given'::text, 'pending'::text, 'open'::text, 'refused'::text, 'none'::text])))
);

ALTER TABLE ONLY public.payment_connection FORCE ROW LEVEL SECURITY;

CREATE TABLE public.payout (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    entity uuid NOT NULL,
    seller uuid NOT NULL,
    connection_id uuid NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    reason text,
    hold_id uuid NOT NULL,
    seller_account_id uuid,
    source_payment uuid,
    reference uuid,
    release bytea NOT NULL,
    transfer text,
    reversed bigint DEFAULT 0 NOT NULL,
    reversing bigint DEFAULT 0 NOT NULL,
    operation_id uuid,
    tries integer DEFAULT 0 NOT NULL,
    waits integer DEFAULT 0 NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    next_try_at timestamp with time zone,
    paid_at timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT payout_amount_check CHECK (((amount >= 1) AND (amount <= '9007199254740991'::bigint))),
    CONSTRAINT payout_check CHECK (((reversed + reversing) <= amount)),
    CONSTRAINT payout_check1 CHECK (((status = ANY (ARRAY['paid'::text, 'returned'::text])) OR ((reversed = 0) AND (reversing = 0)))),
    CONSTRAINT payout_check10 CHECK (((status <> ALL (ARRAY['planned'::text, 'on_hold'::text, 'failed'::text])) OR (reason IS NOT NULL))),
    CONSTRAINT payout_check2 CHECK (((status = 'returned'::text) = (reversed = amount))),
    CONSTRAINT payout_check3 CHECK (((status = ANY (ARRAY['paid'::text, 'returned'::text])) = (transfer IS NOT NULL))),
    CONSTRAINT payout_check4 CHECK (((status = ANY (ARRAY['paid'::text, 'returned'::text])) = (paid_at IS NOT NULL))),
    CONSTRAINT payout_check5 CHECK (((status = ANY (ARRAY['returned'::text, 'failed'::text, 'canceled'::text])) = (ended_at IS NOT NULL))),
    CONSTRAINT payout_check6 CHECK (((status = ANY (ARRAY['planned'::text, 'on_hold'::text])) = (next_try_at IS NOT NULL))),
    CONSTRAINT payout_check7 CHECK (((operation_id IS NOT NULL) OR ((status <> 'sending'::text) AND (reversing = 0)))),
    CONSTRAINT payout_check8 CHECK (((operation_id IS NULL) OR (status = ANY (ARRAY['sending'::text, 'paid'::text, 'returned'::text])))),
    CONSTRAINT payout_check9 CHECK (((status <> ALL (ARRAY['sending'::text, 'paid'::text, 'returned'::text])) OR (seller_account_id IS NOT NULL))),
    CONSTRAINT payout_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT payout_reason_check CHECK ((reason ~ '^[a-z_]{1,60}$'::text)),
    CONSTRAINT payout_release_check CHECK (((length(release) >= 1) AND (length(release) <= 20000))),
    CONSTRAINT payout_reversed_check CHECK ((reversed >= 0)),
    CONSTRAINT payout_reversing_check CHECK ((reversing >= 0)),
    CONSTRAINT payout_status_check CHECK ((status = ANY (ARRAY['planned'::text, 'on_hold'::text, 'sending'::text, 'paid'::text, 'returned'::text, 'failed'::text, 'canceled'::text]))),
    CONSTRAINT payout_transfer_check CHECK (((length(transfer) >= 1) AND (length(transfer) <= 255))),
    CONSTRAINT payout_tries_check CHECK ((tries >= 0)),
    CONSTRAINT payout_version_check CHECK ((version > 0)),
    CONSTRAINT payout_waits_check CHECK ((waits >= 0))
);

ALTER TABLE ONLY public.payout FORCE ROW LEVEL SECURITY;

CREATE TABLE public.refund (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    payment_id uuid NOT NULL,
    entity uuid NOT NULL,
    payer uuid NOT NULL,
    connection_id uuid NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    reason text,
    failure text,
    reference uuid,
    provider_reference text,
    posted boolean DEFAULT false NOT NULL,
    review text,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT refund_amount_check CHECK (((amount >= 1) AND (amount <= '9007199254740991'::bigint))),
    CONSTRAINT refund_check CHECK (((status <> ALL (ARRAY['pending'::text, 'succeeded'::text])) OR posted)),
    CONSTRAINT refund_check1 CHECK (((failure IS NULL) OR (status = ANY (ARRAY['failed'::text, 'canceled'::text])))),
    CONSTRAINT refund_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT refund_failure_check CHECK (((length(failure) >= 1) AND (length(failure) <= 100))),
    CONSTRAINT refund_provider_reference_check CHECK (((length(provider_reference) >= 1) AND (length(provider_reference) <= 255))),
    CONSTRAINT refund_reason_check CHECK ((reason = ANY (ARRAY['duplicate'::text, 'fraudulent'::text, 'requested_by_customer'::text]))),
    CONSTRAINT refund_review_check CHECK (((length(review) >= 1) AND (length(review) <= 100))),
    CONSTRAINT refund_status_check CHECK ((status = ANY (ARRAY['requested'::text, 'pending'::text, 'requires_action'::text, 'succeeded'::text, 'failed'::text, 'canceled'::text]))),
    CONSTRAINT refund_version_check CHECK ((version > 0))
);

ALTER TABLE ONLY public.refund FORCE ROW LEVEL SECURITY;

CREATE TABLE public.refund_undo (
    org_id uuid NOT NULL,
    refund_id uuid NOT NULL,
    "position" smallint NOT NULL,
    account text NOT NULL,
    amount bigint NOT NULL,
    party uuid,
    share uuid,
    tax_rate integer,
    tax_category text,
    tax_point date,
    CONSTRAINT refund_undo_account_check CHECK (((length(account) >= 1) AND (length(account) <= 200))),
    CONSTRAINT refund_undo_amount_check CHECK (((amount >= 1) AND (amount <= '9007199254740991'::bigint))),
    CONSTRAINT refund_undo_check CHECK (((tax_rate IS NULL) = (tax_category IS NULL))),
    CONSTRAINT refund_undo_check1 CHECK (((tax_point IS NULL) OR (tax_rate IS NOT NULL))),
    CONSTRAINT refund_undo_position_check CHECK (("position" >= 0)),
    CONSTRAINT refund_undo_tax_category_check CHECK (((length(tax_category) >= 1) AND (length(tax_category) <= 20))),
    CONSTRAINT refund_undo_tax_rate_check CHECK (((tax_rate >= 0) AND (tax_rate <= 1000000)))
);

ALTER TABLE ONLY public.refund_undo FORCE ROW LEVEL SECURITY;

CREATE TABLE public.sales_order (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    entity uuid NOT NULL,
    buyer uuid NOT NULL,
    currency text NOT NULL,
    connection_id uuid,
    capture text NOT NULL,
    inspection_days smallint NOT NULL,
    reference text,
    status text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    completed_at timestamp with time zone,
    canceled_at timestamp with time zone,
    CONSTRAINT sales_order_capture_check CHECK ((capture = ANY (ARRAY['automatic'::text, 'manual'::text]))),
    CONSTRAINT sales_order_check CHECK (((status <> 'confirmed'::text) OR (confirmed_at IS NOT NULL))),
    CONSTRAINT sales_order_check1 CHECK (((status <> 'placed'::text) OR (confirmed_at IS NULL))),
    CONSTRAINT sales_order_check2 CHECK (((status = 'completed'::text) = (completed_at IS NOT NULL))),
    CONSTRAINT sales_order_check3 CHECK (((status = 'canceled'::text) = (canceled_at IS NOT NULL))),
    CONSTRAINT sales_order_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT sales_order_inspection_days_check CHECK (((inspection_days >= 0) AND (inspection_days <= 90))),
    CONSTRAINT sales_order_reference_check CHECK ((reference ~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$'::text)),
    CONSTRAINT sales_order_status_check CHECK ((status = ANY (ARRAY['placed'::text, 'confirmed'::text, 'completed'::text, 'canceled'::text]))),
    CONSTRAINT sales_order_version_check CHECK ((version > 0))
);

ALTER TABLE ONLY public.sales_order FORCE ROW LEVEL SECURITY;

CREATE TABLE public.seller_account (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    party uuid NOT NULL,
    connection_id uuid NOT NULL,
    country text NOT NULL,
    business_type text NOT NULL,
    status text NOT NULL,
    due text[] DEFAULT '{}'::text[] NOT NULL,
    provider_account text,
    reason text,
    operation_id uuid,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    activated_at timestamp with time zone,
    closed_at timestamp with time zone,
    CONSTRAINT seller_account_business_type_check CHECK ((business_type ~ '^[a-z_]{1,40}$'::text)),
    CONSTRAINT seller_account_check CHECK (((status = 'pending'::text) OR (provider_account IS NOT NULL))),
    CONSTRAINT seller_account_check1 CHECK (((status <> ALL (ARRAY['active'::text, 'restricted'::text])) OR (activated_at IS NOT NULL))),
    CONSTRAINT seller_account_check2 CHECK (((status = 'closed'::text) = (closed_at IS NOT NULL))),
    CONSTRAINT seller_account_check3 CHECK (((provider_account IS NULL) OR ((reason IS NULL) AND (operation_id IS NULL)))),
    CONSTRAINT seller_account_country_check CHECK ((country ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT seller_account_due_check CHECK ((cardinality(due) <= 100)),
    CONSTRAINT seller_account_provider_account_check CHECK (((length(provider_account) >= 1) AND (length(provider_account) <= 255))),
    CONSTRAINT seller_account_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 100))),
    CONSTRAINT seller_account_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'active'::text, 'restricted'::text, 'closed'::text]))),
    CONSTRAINT seller_account_version_check CHECK ((version > 0))
);

ALTER TABLE ONLY public.seller_account FORCE ROW LEVEL SECURITY;

CREATE TABLE public.sequencer (
    only_one boolean DEFAULT true NOT NULL,
    snapshot pg_snapshot NOT NULL,
    "position" bigint NOT NULL,
    epoch integer NOT NULL,
    history text NOT NULL,
    CONSTRAINT sequencer_epoch_check CHECK ((epoch > 0)),
    CONSTRAINT sequencer_only_one_check CHECK (only_one),
    CONSTRAINT sequencer_position_check CHECK (("position" >= 0))
)
WITH (fillfactor='10', autovacuum_vacuum_threshold='50', autovacuum_vacuum_scale_factor='0');

ALTER TABLE ONLY public.sequencer FORCE ROW LEVEL SECURITY;

CREATE TABLE public.subscriber (
    name text NOT NULL,
    epoch integer NOT NULL,
    "position" bigint NOT NULL,
    CONSTRAINT subscriber_epoch_check CHECK ((epoch > 0)),
    CONSTRAINT subscriber_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    CONSTRAINT subscriber_position_check CHECK (("position" >= 0))
)
WITH (fillfactor='10', autovacuum_vacuum_threshold='50', autovacuum_vacuum_scale_factor='0');

ALTER TABLE ONLY public.subscriber FORCE ROW LEVEL SECURITY;

CREATE TABLE public.test_clock (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    mode text DEFAULT 'test'::text NOT NULL,
    now_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    advancing boolean DEFAULT false NOT NULL,
    advance_id uuid,
    from_at timestamp with time zone,
    to_at timestamp with time zone,
    jobs_done bigint DEFAULT 0 NOT NULL,
    runner uuid,
    waits_for text,
    waits_state text,
    waits_reason text,
    waits_until timestamp with time zone,
    CONSTRAINT test_clock_check CHECK ((((advance_id IS NULL) = (from_at IS NULL)) AND ((advance_id IS NULL) = (to_at IS NULL)))),
    CONSTRAINT test_clock_check1 CHECK (((from_at <= now_at) AND (now_at <= to_at))),
    CONSTRAINT test_clock_check2 CHECK (((now_at >= '1970-01-01 00:00:00+00'::timestamp with time zone) AND (to_at < '3000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT test_clock_check3 CHECK (((advance_id IS NOT NULL) OR (NOT advancing))),
    CONSTRAINT test_clock_check4 CHECK ((advancing OR ((runner IS NULL) AND (waits_for IS NULL)))),
    CONSTRAINT test_clock_check5 CHECK (((waits_for IS NULL) = (waits_state IS NULL))),
    CONSTRAINT test_clock_check6 CHECK (((waits_for IS NOT NULL) OR ((waits_reason IS NULL) AND (waits_until IS NULL)))),
    CONSTRAINT test_clock_mode_check CHECK ((mode = 'test'::text)),
    CONSTRAINT test_clock_waits_for_check CHECK (((length(waits_for) >= 1) AND (length(waits_for) <= 100))),
    CONSTRAINT test_clock_waits_reason_check CHECK (((length(waits_reason) >= 1) AND (length(waits_reason) <= 200))),
    CONSTRAINT test_clock_waits_state_check CHECK ((waits_state = ANY (ARRAY['ready'::text, 'running'::text, 'failed'::text])))
)
WITH (fillfactor='20');

ALTER TABLE ONLY public.test_clock FORCE ROW LEVEL SECURITY;

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.audit_entry
    ADD CONSTRAINT audit_entry_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.event_aside
    ADD CONSTRAINT event_aside_pkey PRIMARY KEY (org_id, subscriber, subject_kind, subject_id, "position");

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (org_id, at, id);

ALTER TABLE ONLY public.event_position
    ADD CONSTRAINT event_position_event_id_key UNIQUE (event_id);

ALTER TABLE ONLY public.event_position
    ADD CONSTRAINT event_position_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY public.idempotency_key
    ADD CONSTRAINT idempotency_key_pkey PRIMARY KEY (org_id, operation, key, actor_kind, device_id);

ALTER TABLE ONLY public.inbox_connection
    ADD CONSTRAINT inbox_connection_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.inbox_message
    ADD CONSTRAINT inbox_message_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.inbox_refusal
    ADD CONSTRAINT inbox_refusal_pkey PRIMARY KEY (org_id, connection_id, reason);

ALTER TABLE ONLY public.inbox_seen
    ADD CONSTRAINT inbox_seen_pkey PRIMARY KEY (org_id, connection_id, event_id);

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.job_timetable
    ADD CONSTRAINT job_timetable_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.keyring
    ADD CONSTRAINT keyring_pkey PRIMARY KEY (one);

ALTER TABLE ONLY public.ledger_account
    ADD CONSTRAINT ledger_account_org_id_entity_currency_name_key UNIQUE (org_id, entity, currency, name);

ALTER TABLE ONLY public.ledger_account
    ADD CONSTRAINT ledger_account_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.ledger_account_type
    ADD CONSTRAINT ledger_account_type_pkey PRIMARY KEY (org_id, entity, type);

ALTER TABLE ONLY public.ledger_effect
    ADD CONSTRAINT ledger_effect_pkey PRIMARY KEY (org_id, account_id, grain, start);

ALTER TABLE ONLY public.ledger_entity
    ADD CONSTRAINT ledger_entity_org_id_number_key UNIQUE (org_id, number);

ALTER TABLE ONLY public.ledger_entity
    ADD CONSTRAINT ledger_entity_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.ledger_export_part
    ADD CONSTRAINT ledger_export_part_pkey PRIMARY KEY (org_id, export_id, number);

ALTER TABLE ONLY public.ledger_export
    ADD CONSTRAINT ledger_export_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.ledger_fold
    ADD CONSTRAINT ledger_fold_pkey PRIMARY KEY (org_id, account_id);

ALTER TABLE ONLY public.ledger_guard
    ADD CONSTRAINT ledger_guard_pkey PRIMARY KEY (org_id, account_id);

ALTER TABLE ONLY public.ledger_hold_due
    ADD CONSTRAINT ledger_hold_due_pkey PRIMARY KEY (org_id, hold_id);

ALTER TABLE ONLY public.ledger_hold_end
    ADD CONSTRAINT ledger_hold_end_org_id_id_key UNIQUE (org_id, id);

ALTER TABLE ONLY public.ledger_hold_end
    ADD CONSTRAINT ledger_hold_end_pkey PRIMARY KEY (org_id, hold_id);

ALTER TABLE ONLY public.ledger_hold
    ADD CONSTRAINT ledger_hold_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.ledger_route
    ADD CONSTRAINT ledger_route_pkey PRIMARY KEY (org_id, entity, debit_type, credit_type);

ALTER TABLE ONLY public.ledger_seal
    ADD CONSTRAINT ledger_seal_pkey PRIMARY KEY (org_id, entity, number);

ALTER TABLE ONLY public.ledger_snapshot
    ADD CONSTRAINT ledger_snapshot_pkey PRIMARY KEY (org_id, account_id, at);

ALTER TABLE ONLY public.ledger_transfer
    ADD CONSTRAINT ledger_transfer_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.notice_attachment
    ADD CONSTRAINT notice_attachment_pkey PRIMARY KEY (org_id, notice_id, "position");

ALTER TABLE ONLY public.notice_attempt
    ADD CONSTRAINT notice_attempt_pkey PRIMARY KEY (org_id, notice_id, number);

ALTER TABLE ONLY public.notice_content
    ADD CONSTRAINT notice_content_pkey PRIMARY KEY (org_id, notice_id);

ALTER TABLE ONLY public.notice
    ADD CONSTRAINT notice_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.operation
    ADD CONSTRAINT operation_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.order_entry
    ADD CONSTRAINT order_entry_pkey PRIMARY KEY (org_id, order_id, id);

ALTER TABLE ONLY public.order_line
    ADD CONSTRAINT order_line_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.order_part
    ADD CONSTRAINT order_part_pkey PRIMARY KEY (org_id, payment_id, "position");

ALTER TABLE ONLY public.order_payment
    ADD CONSTRAINT order_payment_pkey PRIMARY KEY (org_id, payment_id);

ALTER TABLE ONLY public.order_payout
    ADD CONSTRAINT order_payout_org_id_line_id_payment_id_key UNIQUE (org_id, line_id, payment_id);

ALTER TABLE ONLY public.order_payout
    ADD CONSTRAINT order_payout_pkey PRIMARY KEY (org_id, payout_id);

ALTER TABLE ONLY public.order_refund
    ADD CONSTRAINT order_refund_pkey PRIMARY KEY (org_id, refund_id);

ALTER TABLE ONLY public.organization
    ADD CONSTRAINT organization_account_id_mode_key UNIQUE (account_id, mode);

ALTER TABLE ONLY public.organization
    ADD CONSTRAINT organization_id_mode_key UNIQUE (id, mode);

ALTER TABLE ONLY public.organization
    ADD CONSTRAINT organization_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.party_address
    ADD CONSTRAINT party_address_alone EXCLUDE USING gist (org_id WITH =, party_id WITH =, purpose WITH =, daterange(valid_from, valid_to) WITH &&) WHERE ((purpose = ANY (ARRAY['registered'::text, 'billing'::text])));

ALTER TABLE ONLY public.party_address
    ADD CONSTRAINT party_address_pkey PRIMARY KEY (org_id, party_id, id);

ALTER TABLE ONLY public.party_bank_account
    ADD CONSTRAINT party_bank_account_alone EXCLUDE USING gist (org_id WITH =, party_id WITH =, fingerprint WITH =, daterange(valid_from, valid_to) WITH &&);

ALTER TABLE ONLY public.party_bank_account
    ADD CONSTRAINT party_bank_account_pkey PRIMARY KEY (org_id, party_id, id);

ALTER TABLE ONLY public.party_contact
    ADD CONSTRAINT party_contact_pkey PRIMARY KEY (org_id, party_id, "position");

ALTER TABLE ONLY public.party
    ADD CONSTRAINT party_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.party_profile
    ADD CONSTRAINT party_profile_pkey PRIMARY KEY (org_id, party_id);

ALTER TABLE ONLY public.party_role
    ADD CONSTRAINT party_role_pkey PRIMARY KEY (org_id, role, party_id);

ALTER TABLE ONLY public.party_tax_id
    ADD CONSTRAINT party_tax_id_alone EXCLUDE USING gist (org_id WITH =, party_id WITH =, kind WITH =, country WITH =, daterange(valid_from, valid_to) WITH &&);

ALTER TABLE ONLY public.party_tax_id
    ADD CONSTRAINT party_tax_id_pkey PRIMARY KEY (org_id, party_id, id);

ALTER TABLE ONLY public.party_term
    ADD CONSTRAINT party_term_pkey PRIMARY KEY (org_id, term, party_id);

ALTER TABLE ONLY public.payment_allocation
    ADD CONSTRAINT payment_allocation_pkey PRIMARY KEY (org_id, payment_id, "position");

ALTER TABLE ONLY public.payment_connection
    ADD CONSTRAINT payment_connection_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT payment_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.payout
    ADD CONSTRAINT payout_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.refund
    ADD CONSTRAINT refund_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.refund_undo
    ADD CONSTRAINT refund_undo_pkey PRIMARY KEY (org_id, refund_id, "position");

ALTER TABLE ONLY public.sales_order
    ADD CONSTRAINT sales_order_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.seller_account
    ADD CONSTRAINT seller_account_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.sequencer
    ADD CONSTRAINT sequencer_pkey PRIMARY KEY (only_one);

ALTER TABLE ONLY public.subscriber
    ADD CONSTRAINT subscriber_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.test_clock
    ADD CONSTRAINT test_clock_pkey PRIMARY KEY (org_id, mode);

CREATE UNIQUE INDEX api_key_hash ON public.api_key USING btree (hash);

CREATE INDEX audit_entry_subject ON public.audit_entry USING btree (org_id, subject_id, id);

CREATE INDEX event_aside_due ON public.event_aside USING btree (subscriber, next_try_at) WHERE (next_try_at IS NOT NULL);

CREATE INDEX event_position_own ON public.event_position USING btree (org_id, place);

CREATE INDEX event_xid ON ONLY public.event USING btree (xid);

CREATE INDEX idempotency_key_created ON public.idempotency_key USING btree (created_at);

CREATE UNIQUE INDEX idempotency_key_subject ON public.idempotency_key USING btree (org_id, subject) WHERE (subject IS NOT NULL);

CREATE INDEX idempotency_key_unfinished ON public.idempotency_key USING btree (resume_at) WHERE (resume_at IS NOT NULL);

CREATE UNIQUE INDEX inbox_connection_address ON public.inbox_connection USING btree (id);

CREATE INDEX inbox_message_ended ON public.inbox_message USING btree (ended_at) WHERE (ended_at IS NOT NULL);

CREATE INDEX inbox_message_open ON public.inbox_message USING btree (org_id, connection_id, subject, sequence, arrival) WHERE (status = ANY (ARRAY['waiting'::text, 'quarantined'::text]));

CREATE INDEX inbox_message_quarantined ON public.inbox_message USING btree (org_id, id) WHERE (status = 'quarantined'::text);

CREATE UNIQUE INDEX job_alive ON public.job USING btree (org_id, kind, dedupe_key) WHERE ((dedupe_key IS NOT NULL) AND (state = ANY (ARRAY['ready'::text, 'scheduled'::text, 'running'::text])));

CREATE INDEX job_business ON public.job USING btree (org_id, due_at, priority, id) WHERE ((state = 'scheduled'::text) AND (clock = ANY (ARRAY['business'::text, 'test'::text])));

CREATE INDEX job_late ON public.job USING btree (org_id, due_at) WHERE ((state = 'scheduled'::text) AND (clock = 'late'::text));

CREATE INDEX job_lease ON public.job USING btree (lease_until) WHERE (state = 'running'::text);

CREATE INDEX job_parked ON public.job USING btree (org_id, id) WHERE (state = 'parked'::text);

CREATE INDEX job_ready ON public.job USING btree (queue, priority, due_at, id) WHERE ((state = 'ready'::text) AND (key IS NULL));

CREATE INDEX job_ready_key ON public.job USING btree (queue, key, priority, due_at, id) WHERE ((state = 'ready'::text) AND (key IS NOT NULL));

CREATE INDEX job_running_key ON public.job USING btree (queue, key) WHERE ((state = 'running'::text) AND (key IS NOT NULL));

CREATE INDEX job_scheduled ON public.job USING btree (due_at) WHERE ((state = 'scheduled'::text) AND (clock <> 'test'::text));

CREATE INDEX ledger_account_connection ON public.ledger_account USING btree (org_id, entity, connection_id, currency, name) WHERE (connection_id IS NOT NULL);

CREATE INDEX ledger_account_order ON public.ledger_account USING btree (org_id, entity, order_id, currency, name) WHERE (order_id IS NOT NULL);

CREATE INDEX ledger_account_party ON public.ledger_account USING btree (org_id, entity, party_id, currency, name) WHERE (party_id IS NOT NULL);

CREATE INDEX ledger_export_unfinished ON public.ledger_export USING btree (org_id, id) WHERE ((finished_at IS NULL) AND (failed_at IS NULL));

CREATE INDEX ledger_hold_credit ON public.ledger_hold USING btree (org_id, credit_id, recorded_at);

CREATE INDEX ledger_hold_debit ON public.ledger_hold USING btree (org_id, debit_id, recorded_at);

CREATE INDEX ledger_hold_due_expires ON public.ledger_hold_due USING btree (org_id, expires_at);

CREATE INDEX ledger_hold_end_journal ON public.ledger_hold_end USING btree (org_id, entity, recorded_at, line);

CREATE INDEX ledger_hold_journal ON public.ledger_hold USING btree (org_id, entity, recorded_at, line);

CREATE INDEX ledger_route_credit ON public.ledger_route USING btree (org_id, entity, credit_type);

CREATE UNIQUE INDEX ledger_seal_upto ON public.ledger_seal USING btree (org_id, entity, upto);

CREATE INDEX ledger_transfer_credit ON public.ledger_transfer USING btree (org_id, credit_id, recorded_at);

CREATE INDEX ledger_transfer_credit_effective ON public.ledger_transfer USING btree (org_id, credit_id, effective_at) WHERE (effective_at IS NOT NULL);

CREATE INDEX ledger_transfer_debit ON public.ledger_transfer USING btree (org_id, debit_id, recorded_at);

CREATE INDEX ledger_transfer_debit_effective ON public.ledger_transfer USING btree (org_id, debit_id, effective_at) WHERE (effective_at IS NOT NULL);

CREATE INDEX ledger_transfer_effective ON public.ledger_transfer USING btree (org_id, entity, effective_at) WHERE (effective_at IS NOT NULL);

CREATE UNIQUE INDEX ledger_transfer_journal ON public.ledger_transfer USING btree (org_id, entity, recorded_at, line);

CREATE INDEX notice_content_forget ON public.notice_content USING btree (forget_at) WHERE (forget_at IS NOT NULL);

CREATE UNIQUE INDEX notice_dedupe ON public.notice USING btree (org_id, dedupe_key) WHERE (dedupe_key IS NOT NULL);

CREATE INDEX notice_recipient ON public.notice USING btree (org_id, recipient_id) WHERE ((recipient_id IS NOT NULL) AND (erased_at IS NULL));

CREATE INDEX notice_status ON public.notice USING btree (org_id, status, id);

CREATE UNIQUE INDEX operation_open ON public.operation USING btree (org_id, exclusive_id) WHERE (status = ANY (ARRAY['claimed'::text, 'sent'::text, 'unknown'::text]));

CREATE INDEX operation_status ON public.operation USING btree (org_id, status, id);

CREATE INDEX operation_subject ON public.operation USING btree (org_id, subject_kind, subject_id, id);

CREATE UNIQUE INDEX order_line_order ON public.order_line USING btree (org_id, order_id, "position");

CREATE INDEX order_line_seller ON public.order_line USING btree (org_id, seller, order_id) WHERE (seller IS NOT NULL);

CREATE INDEX order_part_line ON public.order_part USING btree (org_id, line_id);

CREATE INDEX order_part_order ON public.order_part USING btree (org_id, order_id, payment_id, "position");

CREATE UNIQUE INDEX order_payment_open ON public.order_payment USING btree (org_id, order_id) WHERE (ended_at IS NULL);

CREATE INDEX order_payment_order ON public.order_payment USING btree (org_id, order_id, payment_id);

CREATE INDEX order_payout_order ON public.order_payout USING btree (org_id, order_id, payout_id);

CREATE INDEX order_payout_payment ON public.order_payout USING btree (org_id, payment_id);

CREATE INDEX order_refund_order ON public.order_refund USING btree (org_id, order_id, refund_id);

CREATE INDEX order_refund_payment ON public.order_refund USING btree (org_id, payment_id);

CREATE UNIQUE INDEX party_reference ON public.party USING btree (org_id, reference) WHERE (reference IS NOT NULL);

CREATE UNIQUE INDEX party_role_party ON public.party_role USING btree (org_id, party_id, role);

CREATE INDEX party_tax_id_value ON public.party_tax_id USING btree (org_id, value, party_id);

CREATE UNIQUE INDEX party_term_party ON public.party_term USING btree (org_id, party_id, term);

CREATE INDEX payment_connection_entity ON public.payment_connection USING btree (org_id, entity, id) WHERE (status = 'active'::text);

CREATE UNIQUE INDEX payment_connection_inbox ON public.payment_connection USING btree (org_id, inbox_connection_id);

CREATE UNIQUE INDEX payment_connection_sellers_inbox ON public.payment_connection USING btree (org_id, sellers_inbox_connection_id);

CREATE UNIQUE INDEX payment_intent ON public.payment USING btree (org_id, connection_id, intent) WHERE (intent IS NOT NULL);

CREATE INDEX payment_payer ON public.payment USING btree (org_id, payer, id);

CREATE INDEX payment_reference ON public.payment USING btree (org_id, reference, id) WHERE (reference IS NOT NULL);

CREATE INDEX payment_status ON public.payment USING btree (org_id, status, id);

CREATE INDEX payout_account ON public.payout USING btree (org_id, seller_account_id) WHERE (seller_account_id IS NOT NULL);

CREATE UNIQUE INDEX payout_hold ON public.payout USING btree (org_id, hold_id);

CREATE INDEX payout_reference ON public.payout USING btree (org_id, reference, id) WHERE (reference IS NOT NULL);

CREATE INDEX payout_seller ON public.payout USING btree (org_id, seller, id);

CREATE INDEX payout_seller_status ON public.payout USING btree (org_id, seller, status, id);

CREATE INDEX payout_source ON public.payout USING btree (org_id, source_payment) WHERE (source_payment IS NOT NULL);

CREATE INDEX payout_status ON public.payout USING btree (org_id, status, id);

CREATE UNIQUE INDEX payout_transfer ON public.payout USING btree (org_id, connection_id, transfer) WHERE (transfer IS NOT NULL);

CREATE INDEX payout_waiting ON public.payout USING btree (org_id, connection_id, seller, id) WHERE (status = ANY (ARRAY['planned'::text, 'on_hold'::text]));

CREATE INDEX refund_payment ON public.refund USING btree (org_id, payment_id, id);

CREATE UNIQUE INDEX refund_provider_reference ON public.refund USING btree (org_id, connection_id, provider_reference) WHERE (provider_reference IS NOT NULL);

CREATE INDEX refund_status ON public.refund USING btree (org_id, status, id);

CREATE INDEX sales_order_buyer ON public.sales_order USING btree (org_id, buyer, id);

CREATE INDEX sales_order_reference ON public.sales_order USING btree (org_id, reference, id) WHERE (reference IS NOT NULL);

CREATE INDEX sales_order_status ON public.sales_order USING btree (org_id, status, id);

CREATE INDEX seller_account_of_party ON public.seller_account USING btree (org_id, party, id);

CREATE UNIQUE INDEX seller_account_open ON public.seller_account USING btree (org_id, connection_id, party) WHERE (closed_at IS NULL);

CREATE UNIQUE INDEX seller_account_provider ON public.seller_account USING btree (org_id, connection_id, provider_account) WHERE (provider_account IS NOT NULL);

CREATE INDEX seller_account_standing ON public.seller_account USING btree (org_id, connection_id, party, ((closed_at IS NULL)));

CREATE INDEX seller_account_status ON public.seller_account USING btree (org_id, status, id);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.audit_entry
    ADD CONSTRAINT audit_entry_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.ledger_account
    ADD CONSTRAINT ledger_account_org_id_entity_fkey FOREIGN KEY (org_id, entity) REFERENCES public.ledger_entity(org_id, number);

ALTER TABLE ONLY public.ledger_account_type
    ADD CONSTRAINT ledger_account_type_org_id_entity_fkey FOREIGN KEY (org_id, entity) REFERENCES public.ledger_entity(org_id, number);

ALTER TABLE ONLY public.ledger_export_part
    ADD CONSTRAINT ledger_export_part_org_id_export_id_fkey FOREIGN KEY (org_id, export_id) REFERENCES public.ledger_export(org_id, id);

ALTER TABLE ONLY public.ledger_guard
    ADD CONSTRAINT ledger_guard_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES public.ledger_account(org_id, id);

ALTER TABLE ONLY public.ledger_hold_end
    ADD CONSTRAINT ledger_hold_end_org_id_hold_id_fkey FOREIGN KEY (org_id, hold_id) REFERENCES public.ledger_hold(org_id, id);

ALTER TABLE ONLY public.ledger_route
    ADD CONSTRAINT ledger_route_org_id_entity_credit_type_fkey FOREIGN KEY (org_id, entity, credit_type) REFERENCES public.ledger_account_type(org_id, entity, type);

ALTER TABLE ONLY public.ledger_route
    ADD CONSTRAINT ledger_route_org_id_entity_debit_type_fkey FOREIGN KEY (org_id, entity, debit_type) REFERENCES public.ledger_account_type(org_id, entity, type);

ALTER TABLE ONLY public.ledger_seal
    ADD CONSTRAINT ledger_seal_org_id_entity_fkey FOREIGN KEY (org_id, entity) REFERENCES public.ledger_entity(org_id, number);

ALTER TABLE ONLY public.notice_attachment
    ADD CONSTRAINT notice_attachment_org_id_notice_id_fkey FOREIGN KEY (org_id, notice_id) REFERENCES public.notice(org_id, id);

ALTER TABLE ONLY public.notice_attempt
    ADD CONSTRAINT notice_attempt_org_id_notice_id_fkey FOREIGN KEY (org_id, notice_id) REFERENCES public.notice(org_id, id);

ALTER TABLE ONLY public.notice_content
    ADD CONSTRAINT notice_content_org_id_notice_id_fkey FOREIGN KEY (org_id, notice_id) REFERENCES public.notice(org_id, id);

ALTER TABLE ONLY public.order_entry
    ADD CONSTRAINT order_entry_org_id_order_id_fkey FOREIGN KEY (org_id, order_id) REFERENCES public.sales_order(org_id, id);

ALTER TABLE ONLY public.order_line
    ADD CONSTRAINT order_line_org_id_order_id_fkey FOREIGN KEY (org_id, order_id) REFERENCES public.sales_order(org_id, id);

ALTER TABLE ONLY public.order_part
    ADD CONSTRAINT order_part_org_id_line_id_fkey FOREIGN KEY (org_id, line_id) REFERENCES public.order_line(org_id, id);

ALTER TABLE ONLY public.order_part
    ADD CONSTRAINT order_part_org_id_payment_id_fkey FOREIGN KEY (org_id, payment_id) REFERENCES public.order_payment(org_id, payment_id);

ALTER TABLE ONLY public.order_payment
    ADD CONSTRAINT order_payment_org_id_order_id_fkey FOREIGN KEY (org_id, order_id) REFERENCES public.sales_order(org_id, id);

ALTER TABLE ONLY public.order_payout
    ADD CONSTRAINT order_payout_org_id_line_id_fkey FOREIGN KEY (org_id, line_id) REFERENCES public.order_line(org_id, id);

ALTER TABLE ONLY public.order_payout
    ADD CONSTRAINT order_payout_org_id_payment_id_fkey FOREIGN KEY (org_id, payment_id) REFERENCES public.order_payment(org_id, payment_id);

ALTER TABLE ONLY public.order_refund
    ADD CONSTRAINT order_refund_org_id_payment_id_fkey FOREIGN KEY (org_id, payment_id) REFERENCES public.order_payment(org_id, payment_id);

ALTER TABLE ONLY public.organization
    ADD CONSTRAINT organization_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.party_address
    ADD CONSTRAINT party_address_org_id_party_id_fkey FOREIGN KEY (org_id, party_id) REFERENCES public.party(org_id, id);

ALTER TABLE ONLY public.party_bank_account
    ADD CONSTRAINT party_bank_account_org_id_party_id_fkey FOREIGN KEY (org_id, party_id) REFERENCES public.party(org_id, id);

ALTER TABLE ONLY public.party_contact
    ADD CONSTRAINT party_contact_org_id_party_id_fkey FOREIGN KEY (org_id, party_id) REFERENCES public.party(org_id, id);

ALTER TABLE ONLY public.party_profile
    ADD CONSTRAINT party_profile_org_id_party_id_fkey FOREIGN KEY (org_id, party_id) REFERENCES public.party(org_id, id);

ALTER TABLE ONLY public.party_role
    ADD CONSTRAINT party_role_org_id_party_id_fkey FOREIGN KEY (org_id, party_id) REFERENCES public.party(org_id, id);

ALTER TABLE ONLY public.party_tax_id
    ADD CONSTRAINT party_tax_id_org_id_party_id_fkey FOREIGN KEY (org_id, party_id) REFERENCES public.party(org_id, id);

ALTER TABLE ONLY public.party_term
    ADD CONSTRAINT party_term_org_id_party_id_fkey FOREIGN KEY (org_id, party_id) REFERENCES public.party(org_id, id);

ALTER TABLE ONLY public.payment_allocation
    ADD CONSTRAINT payment_allocation_org_id_payment_id_fkey FOREIGN KEY (org_id, payment_id) REFERENCES public.payment(org_id, id);

ALTER TABLE ONLY public.payout
    ADD CONSTRAINT payout_org_id_connection_id_fkey FOREIGN KEY (org_id, connection_id) REFERENCES public.payment_connection(org_id, id);

ALTER TABLE ONLY public.payout
    ADD CONSTRAINT payout_org_id_seller_account_id_fkey FOREIGN KEY (org_id, seller_account_id) REFERENCES public.seller_account(org_id, id);

ALTER TABLE ONLY public.payout
    ADD CONSTRAINT payout_org_id_source_payment_fkey FOREIGN KEY (org_id, source_payment) REFERENCES public.payment(org_id, id);

ALTER TABLE ONLY public.refund
    ADD CONSTRAINT refund_org_id_payment_id_fkey FOREIGN KEY (org_id, payment_id) REFERENCES public.payment(org_id, id);

ALTER TABLE ONLY public.refund_undo
    ADD CONSTRAINT refund_undo_org_id_refund_id_fkey FOREIGN KEY (org_id, refund_id) REFERENCES public.refund(org_id, id);

ALTER TABLE ONLY public.seller_account
    ADD CONSTRAINT seller_account_org_id_connection_id_fkey FOREIGN KEY (org_id, connection_id) REFERENCES public.payment_connection(org_id, id);

ALTER TABLE ONLY public.test_clock
    ADD CONSTRAINT test_clock_org_id_mode_fkey FOREIGN KEY (org_id, mode) REFERENCES public.organization(id, mode);

ALTER TABLE public.account ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.api_key ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_entry ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.event ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.event_aside ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.event_position ENABLE ROW LEVEL SECURITY;

CREATE POLICY every_organization ON public.account TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.api_key TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.audit_entry TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.event TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.event_aside TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.event_position TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.idempotency_key TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.inbox_connection TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.inbox_message TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.inbox_refusal TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.inbox_seen TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.job TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.job_timetable TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.keyring TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.ledger_account TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.ledger_account_type TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.ledger_effect TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.ledger_entity TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.ledger_export TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.ledger_export_part TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.ledger_fold TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.ledger_guard TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.ledger_hold TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.ledger_hold_due TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.ledger_hold_end TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.ledger_route TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.ledger_seal TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.ledger_snapshot TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.ledger_transfer TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.notice TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.notice_attachment TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.notice_attempt TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.notice_content TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.operation TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.order_entry TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.order_line TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.order_part TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.order_payment TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.order_payout TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.order_refund TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.organization TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.party TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.party_address TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.party_bank_account TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.party_contact TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.party_profile TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.party_role TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.party_tax_id TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.party_term TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.payment TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.payment_allocation TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.payment_connection TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.payout TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.refund TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.refund_undo TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.sales_order TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.seller_account TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.sequencer TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.subscriber TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.test_clock TO kontorhaus_system USING (true) WITH CHECK (true);

ALTER TABLE public.idempotency_key ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.inbox_connection ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.inbox_message ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.inbox_refusal ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.inbox_seen ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.job ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.job_timetable ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.keyring ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_account ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_account_type ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_effect ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_entity ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_export ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_export_part ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_fold ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_guard ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_hold ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_hold_due ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_hold_end ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_route ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_seal ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_snapshot ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_transfer ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.notice ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.notice_attachment ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.notice_attempt ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.notice_content ENABLE ROW LEVEL SECURITY;

CREATE POLICY one_organization ON public.api_key TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.audit_entry TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.event TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.event_aside TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.event_position TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.idempotency_key TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.inbox_connection TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.inbox_message TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.inbox_refusal TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.inbox_seen TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.job TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.ledger_account TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.ledger_account_type TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.ledger_effect TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.ledger_entity TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.ledger_export TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.ledger_export_part TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.ledger_fold TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.ledger_guard TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.ledger_hold TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.ledger_hold_due TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.ledger_hold_end TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.ledger_route TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.ledger_seal TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.ledger_snapshot TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.ledger_transfer TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.notice TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.notice_attachment TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.notice_attempt TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.notice_content TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.operation TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.order_entry TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.order_line TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.order_part TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.order_payment TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.order_payout TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.order_refund TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.organization TO kontorhaus_app USING ((id = public.current_org())) WITH CHECK ((id = public.current_org()));

CREATE POLICY one_organization ON public.party TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.party_address TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.party_bank_account TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.party_contact TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.party_profile TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.party_role TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.party_tax_id TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.party_term TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.payment TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.payment_allocation TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.payment_connection TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.payout TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.refund TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.refund_undo TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.sales_order TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.seller_account TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.test_clock TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

ALTER TABLE public.operation ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.order_entry ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.order_line ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.order_part ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.order_payment ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.order_payout ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.order_refund ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.organization ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_address ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_bank_account ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_contact ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_profile ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_role ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_tax_id ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_term ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.payment ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.payment_allocation ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.payment_connection ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.payout ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.refund ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.refund_undo ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sales_order ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.seller_account ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sequencer ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.subscriber ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.test_clock ENABLE ROW LEVEL SECURITY;

GRANT USAGE ON SCHEMA public TO kontorhaus_app;
GRANT USAGE ON SCHEMA public TO kontorhaus_system;
GRANT ALL ON SCHEMA public TO kontorhaus_maintenance;

REVOKE ALL ON FUNCTION public.drop_event_month(month date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.drop_event_month(month date) TO kontorhaus_maintenance;

REVOKE ALL ON TABLE public.event FROM kontorhaus_maintenance;
GRANT SELECT ON TABLE public.event TO kontorhaus_maintenance;
GRANT SELECT,INSERT ON TABLE public.event TO kontorhaus_app;
GRANT SELECT,INSERT ON TABLE public.event TO kontorhaus_system;

REVOKE ALL ON FUNCTION public.event_months() FROM PUBLIC;
GRANT ALL ON FUNCTION public.event_months() TO kontorhaus_maintenance;

REVOKE ALL ON FUNCTION public.ledger_close(p_org uuid, p_entity integer, p_number integer, p_upto timestamp with time zone, p_entries integer, p_hash bytea, p_digests bytea, p_snapshot_entries integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ledger_close(p_org uuid, p_entity integer, p_number integer, p_upto timestamp with time zone, p_entries integer, p_hash bytea, p_digests bytea, p_snapshot_entries integer) TO kontorhaus_app;

REVOKE ALL ON FUNCTION public.ledger_draw(many integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.ledger_lock(p_org uuid, p_guards bigint[], p_patient boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ledger_lock(p_org uuid, p_guards bigint[], p_patient boolean) TO kontorhaus_app;

REVOKE ALL ON FUNCTION public.ledger_lock_period(p_org uuid, p_entity integer, p_before timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ledger_lock_period(p_org uuid, p_entity integer, p_before timestamp with time zone) TO kontorhaus_app;

REVOKE ALL ON FUNCTION public.ledger_moved(p_org uuid, p_account bigint, p_begin timestamp with time zone, p_end timestamp with time zone, p_effect boolean, OUT debits bigint, OUT credits bigint, OUT base_debits bigint, OUT base_credits bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ledger_moved(p_org uuid, p_account bigint, p_begin timestamp with time zone, p_end timestamp with time zone, p_effect boolean, OUT debits bigint, OUT credits bigint, OUT base_debits bigint, OUT base_credits bigint) TO kontorhaus_app;
GRANT ALL ON FUNCTION public.ledger_moved(p_org uuid, p_account bigint, p_begin timestamp with time zone, p_end timestamp with time zone, p_effect boolean, OUT debits bigint, OUT credits bigint, OUT base_debits bigint, OUT base_credits bigint) TO kontorhaus_system;

REVOKE ALL ON FUNCTION public.ledger_note_holds(p_org uuid, p_ids uuid[], p_recorded timestamp with time zone[], p_entities integer[], p_lines smallint[], p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_bases bigint[], p_expires timestamp with time zone[], p_references uuid[], p_ended uuid[], p_end_ids uuid[], p_end_recorded timestamp with time zone[], p_end_entities integer[], p_end_lines smallint[], p_outcomes text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ledger_note_holds(p_org uuid, p_ids uuid[], p_recorded timestamp with time zone[], p_entities integer[], p_lines smallint[], p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_bases bigint[], p_expires timestamp with time zone[], p_references uuid[], p_ended uuid[], p_end_ids uuid[], p_end_recorded timestamp with time zone[], p_end_entities integer[], p_end_lines smallint[], p_outcomes text[]) TO kontorhaus_app;

REVOKE ALL ON FUNCTION public.ledger_open(p_org uuid, p_entities integer[], p_currencies text[], p_names text[], p_orders uuid[], p_parties uuid[], p_connections uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ledger_open(p_org uuid, p_entities integer[], p_currencies text[], p_names text[], p_orders uuid[], p_parties uuid[], p_connections uuid[]) TO kontorhaus_app;

REVOKE ALL ON FUNCTION public.ledger_org(p_org uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ledger_org(p_org uuid) TO kontorhaus_system;
GRANT ALL ON FUNCTION public.ledger_org(p_org uuid) TO kontorhaus_app;

REVOKE ALL ON FUNCTION public.ledger_post(p_org uuid, p_ids uuid[], p_sets integer[], p_lines smallint[], p_entities integer[], p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_bases bigint[], p_effective timestamp with time zone[], p_references uuid[], p_tax_rates integer[], p_tax_categories text[], p_tax_points date[], p_debit_guards integer[], p_debit_changes bigint[], p_credit_guards integer[], p_credit_changes bigint[], p_guards bigint[], p_changes bigint[], p_holds bigint[], p_lowest bigint[], p_books integer[], p_many integer, p_patient boolean, OUT outcome text, OUT first timestamp with time zone, OUT busy bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ledger_post(p_org uuid, p_ids uuid[], p_sets integer[], p_lines smallint[], p_entities integer[], p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_bases bigint[], p_effective timestamp with time zone[], p_references uuid[], p_tax_rates integer[], p_tax_categories text[], p_tax_points date[], p_debit_guards integer[], p_debit_changes bigint[], p_credit_guards integer[], p_credit_changes bigint[], p_guards bigint[], p_changes bigint[], p_holds bigint[], p_lowest bigint[], p_books integer[], p_many integer, p_patient boolean, OUT outcome text, OUT first timestamp with time zone, OUT busy bigint[]) TO kontorhaus_app;

REVOKE ALL ON FUNCTION public.ledger_post_transfer(p_org uuid, p_patient boolean, p_id uuid, p_entity integer, p_debit bigint, p_credit bigint, p_amount bigint, p_base bigint, p_effective timestamp with time zone, p_reference uuid, p_tax_rate integer, p_tax_category text, p_tax_point date, OUT outcome text, OUT first timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ledger_post_transfer(p_org uuid, p_patient boolean, p_id uuid, p_entity integer, p_debit bigint, p_credit bigint, p_amount bigint, p_base bigint, p_effective timestamp with time zone, p_reference uuid, p_tax_rate integer, p_tax_category text, p_tax_point date, OUT outcome text, OUT first timestamp with time zone) TO kontorhaus_app;

REVOKE ALL ON FUNCTION public.ledger_settle(p_org uuid, p_entity integer, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ledger_settle(p_org uuid, p_entity integer, p_at timestamp with time zone) TO kontorhaus_app;

REVOKE ALL ON FUNCTION public.ledger_stood(p_org uuid, p_account bigint, p_side text, p_before timestamp with time zone, p_effect boolean, OUT balance bigint, OUT base bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ledger_stood(p_org uuid, p_account bigint, p_side text, p_before timestamp with time zone, p_effect boolean, OUT balance bigint, OUT base bigint) TO kontorhaus_app;
GRANT ALL ON FUNCTION public.ledger_stood(p_org uuid, p_account bigint, p_side text, p_before timestamp with time zone, p_effect boolean, OUT balance bigint, OUT base bigint) TO kontorhaus_system;

REVOKE ALL ON FUNCTION public.make_event_month(month date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.make_event_month(month date) TO kontorhaus_maintenance;

REVOKE ALL ON PROCEDURE public.wall(IN guarded regclass, IN app_rights text, IN system_rights text) FROM PUBLIC;

GRANT SELECT,INSERT ON TABLE public.account TO kontorhaus_system;

GRANT SELECT,INSERT ON TABLE public.api_key TO kontorhaus_app;
GRANT SELECT,INSERT ON TABLE public.api_key TO kontorhaus_system;

GRANT UPDATE(status) ON TABLE public.api_key TO kontorhaus_app;

GRANT UPDATE(last_used_at) ON TABLE public.api_key TO kontorhaus_app;

GRANT UPDATE(revoked_at) ON TABLE public.api_key TO kontorhaus_app;

GRANT SELECT,INSERT ON TABLE public.audit_entry TO kontorhaus_app;
GRANT SELECT,INSERT ON TABLE public.audit_entry TO kontorhaus_system;

GRANT SELECT ON TABLE public.event_aside TO kontorhaus_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.event_aside TO kontorhaus_system;

GRANT SELECT ON TABLE public.event_position TO kontorhaus_app;
GRANT SELECT,INSERT,DELETE ON TABLE public.event_position TO kontorhaus_system;

GRANT SELECT,INSERT ON TABLE public.idempotency_key TO kontorhaus_app;
GRANT SELECT,DELETE ON TABLE public.idempotency_key TO kontorhaus_system;

GRANT UPDATE(resume_at) ON TABLE public.idempotency_key TO kontorhaus_app;
GRANT UPDATE(resume_at) ON TABLE public.idempotency_key TO kontorhaus_system;

GRANT UPDATE(resumes) ON TABLE public.idempotency_key TO kontorhaus_system;

GRANT UPDATE(status) ON TABLE public.idempotency_key TO kontorhaus_app;

GRANT UPDATE(answer) ON TABLE public.idempotency_key TO kontorhaus_app;

GRANT UPDATE(sealed) ON TABLE public.idempotency_key TO kontorhaus_app;

GRANT UPDATE(xid) ON TABLE public.idempotency_key TO kontorhaus_app;

GRANT SELECT,INSERT ON TABLE public.inbox_connection TO kontorhaus_app;
GRANT SELECT ON TABLE public.inbox_connection TO kontorhaus_system;

GRANT UPDATE(status) ON TABLE public.inbox_connection TO kontorhaus_app;

GRANT UPDATE(version) ON TABLE public.inbox_connection TO kontorhaus_app;

GRANT UPDATE(secrets) ON TABLE public.inbox_connection TO kontorhaus_app;

GRANT UPDATE(closed_at) ON TABLE public.inbox_connection TO kontorhaus_app;

GRANT SELECT,INSERT ON TABLE public.inbox_message TO kontorhaus_app;
GRANT SELECT,DELETE ON TABLE public.inbox_message TO kontorhaus_system;

GRANT UPDATE(status) ON TABLE public.inbox_message TO kontorhaus_app;
GRANT UPDATE(status) ON TABLE public.inbox_message TO kontorhaus_system;

GRANT UPDATE(failures) ON TABLE public.inbox_message TO kontorhaus_app;
GRANT UPDATE(failures) ON TABLE public.inbox_message TO kontorhaus_system;

GRANT UPDATE(reason) ON TABLE public.inbox_message TO kontorhaus_app;
GRANT UPDATE(reason) ON TABLE public.inbox_message TO kontorhaus_system;

GRANT UPDATE(ended_at) ON TABLE public.inbox_message TO kontorhaus_app;
GRANT UPDATE(ended_at) ON TABLE public.inbox_message TO kontorhaus_system;

GRANT SELECT,INSERT ON TABLE public.inbox_refusal TO kontorhaus_app;
GRANT SELECT ON TABLE public.inbox_refusal TO kontorhaus_system;

GRANT UPDATE(refusals) ON TABLE public.inbox_refusal TO kontorhaus_app;

GRANT UPDATE(last_at) ON TABLE public.inbox_refusal TO kontorhaus_app;

GRANT SELECT,INSERT ON TABLE public.inbox_seen TO kontorhaus_app;
GRANT SELECT ON TABLE public.inbox_seen TO kontorhaus_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.job TO kontorhaus_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.job TO kontorhaus_system;

GRANT SELECT,INSERT,UPDATE ON TABLE public.job_timetable TO kontorhaus_system;

GRANT SELECT,INSERT ON TABLE public.keyring TO kontorhaus_system;

GRANT SELECT ON TABLE public.ledger_account TO kontorhaus_app;
GRANT SELECT,INSERT ON TABLE public.ledger_account TO kontorhaus_system;

GRANT SELECT,INSERT ON TABLE public.ledger_account_type TO kontorhaus_app;
GRANT SELECT,INSERT ON TABLE public.ledger_account_type TO kontorhaus_system;

GRANT UPDATE ON SEQUENCE public.ledger_clock TO kontorhaus_system;

GRANT SELECT ON TABLE public.ledger_effect TO kontorhaus_app;
GRANT SELECT,INSERT ON TABLE public.ledger_effect TO kontorhaus_system;

GRANT UPDATE(balance) ON TABLE public.ledger_effect TO kontorhaus_system;

GRANT UPDATE(base) ON TABLE public.ledger_effect TO kontorhaus_system;

GRANT SELECT,INSERT ON TABLE public.ledger_entity TO kontorhaus_app;
GRANT SELECT,INSERT ON TABLE public.ledger_entity TO kontorhaus_system;

GRANT UPDATE(locked_before) ON TABLE public.ledger_entity TO kontorhaus_system;

GRANT SELECT,INSERT ON TABLE public.ledger_export TO kontorhaus_app;
GRANT SELECT,DELETE ON TABLE public.ledger_export TO kontorhaus_system;

GRANT UPDATE(entries_done) ON TABLE public.ledger_export TO kontorhaus_app;

GRANT UPDATE(attempt) ON TABLE public.ledger_export TO kontorhaus_app;

GRANT UPDATE(parts) ON TABLE public.ledger_export TO kontorhaus_app;

GRANT UPDATE(bytes) ON TABLE public.ledger_export TO kontorhaus_app;

GRANT UPDATE(finished_at) ON TABLE public.ledger_export TO kontorhaus_app;

GRANT UPDATE(failed_at) ON TABLE public.ledger_export TO kontorhaus_app;

GRANT UPDATE(failure) ON TABLE public.ledger_export TO kontorhaus_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.ledger_export_part TO kontorhaus_app;
GRANT SELECT,DELETE ON TABLE public.ledger_export_part TO kontorhaus_system;

GRANT SELECT ON TABLE public.ledger_fold TO kontorhaus_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.ledger_fold TO kontorhaus_system;

GRANT SELECT ON TABLE public.ledger_guard TO kontorhaus_app;
GRANT SELECT,INSERT ON TABLE public.ledger_guard TO kontorhaus_system;

GRANT UPDATE(balance) ON TABLE public.ledger_guard TO kontorhaus_system;

GRANT UPDATE(held) ON TABLE public.ledger_guard TO kontorhaus_system;

GRANT SELECT ON TABLE public.ledger_hold TO kontorhaus_app;
GRANT SELECT,INSERT ON TABLE public.ledger_hold TO kontorhaus_system;

GRANT SELECT ON TABLE public.ledger_hold_due TO kontorhaus_app;
GRANT SELECT,INSERT,DELETE ON TABLE public.ledger_hold_due TO kontorhaus_system;

GRANT SELECT ON TABLE public.ledger_hold_end TO kontorhaus_app;
GRANT SELECT,INSERT ON TABLE public.ledger_hold_end TO kontorhaus_system;

GRANT SELECT,INSERT ON TABLE public.ledger_route TO kontorhaus_app;
GRANT SELECT,INSERT ON TABLE public.ledger_route TO kontorhaus_system;

GRANT SELECT ON TABLE public.ledger_seal TO kontorhaus_app;
GRANT SELECT,INSERT ON TABLE public.ledger_seal TO kontorhaus_system;

GRANT SELECT ON TABLE public.ledger_snapshot TO kontorhaus_app;
GRANT SELECT,INSERT ON TABLE public.ledger_snapshot TO kontorhaus_system;

GRANT SELECT ON TABLE public.ledger_transfer TO kontorhaus_app;
GRANT SELECT,INSERT ON TABLE public.ledger_transfer TO kontorhaus_system;

GRANT SELECT ON TABLE public.migration TO PUBLIC;

GRANT SELECT,INSERT ON TABLE public.notice TO kontorhaus_app;
GRANT SELECT ON TABLE public.notice TO kontorhaus_system;

GRANT UPDATE(status) ON TABLE public.notice TO kontorhaus_app;

GRANT UPDATE(reason) ON TABLE public.notice TO kontorhaus_app;

GRANT UPDATE(attempts) ON TABLE public.notice TO kontorhaus_app;

GRANT UPDATE(attempts_before) ON TABLE public.notice TO kontorhaus_app;

GRANT UPDATE(version) ON TABLE public.notice TO kontorhaus_app;
GRANT UPDATE(version) ON TABLE public.notice TO kontorhaus_system;

GRANT UPDATE(next_attempt_at) ON TABLE public.notice TO kontorhaus_app;

GRANT UPDATE(sent_at) ON TABLE public.notice TO kontorhaus_app;

GRANT UPDATE(failed_at) ON TABLE public.notice TO kontorhaus_app;

GRANT UPDATE(erased_at) ON TABLE public.notice TO kontorhaus_app;
GRANT UPDATE(erased_at) ON TABLE public.notice TO kontorhaus_system;

GRANT SELECT,INSERT,DELETE ON TABLE public.notice_attachment TO kontorhaus_app;
GRANT SELECT,DELETE ON TABLE public.notice_attachment TO kontorhaus_system;

GRANT SELECT,INSERT ON TABLE public.notice_attempt TO kontorhaus_app;
GRANT SELECT ON TABLE public.notice_attempt TO kontorhaus_system;

GRANT UPDATE(ended_at) ON TABLE public.notice_attempt TO kontorhaus_app;

GRANT UPDATE(outcome) ON TABLE public.notice_attempt TO kontorhaus_app;

GRANT UPDATE(code) ON TABLE public.notice_attempt TO kontorhaus_app;

GRANT UPDATE(enhanced) ON TABLE public.notice_attempt TO kontorhaus_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.notice_content TO kontorhaus_app;
GRANT SELECT,DELETE ON TABLE public.notice_content TO kontorhaus_system;

GRANT UPDATE(forget_at) ON TABLE public.notice_content TO kontorhaus_app;
GRANT UPDATE(forget_at) ON TABLE public.notice_content TO kontorhaus_system;

GRANT SELECT,INSERT ON TABLE public.operation TO kontorhaus_app;
GRANT SELECT ON TABLE public.operation TO kontorhaus_system;

GRANT UPDATE(status) ON TABLE public.operation TO kontorhaus_app;

GRANT UPDATE(ask) ON TABLE public.operation TO kontorhaus_app;

GRANT UPDATE(provider_reference) ON TABLE public.operation TO kontorhaus_app;

GRANT UPDATE(tries) ON TABLE public.operation TO kontorhaus_app;

GRANT UPDATE(reason) ON TABLE public.operation TO kontorhaus_app;

GRANT UPDATE(review) ON TABLE public.operation TO kontorhaus_app;

GRANT UPDATE(method_kind) ON TABLE public.operation TO kontorhaus_app;

GRANT UPDATE(method_brand) ON TABLE public.operation TO kontorhaus_app;

GRANT UPDATE(method_last4) ON TABLE public.operation TO kontorhaus_app;

GRANT UPDATE(method_fingerprint) ON TABLE public.operation TO kontorhaus_app;

GRANT UPDATE(sent_at) ON TABLE public.operation TO kontorhaus_app;

GRANT UPDATE(leased_until) ON TABLE public.operation TO kontorhaus_app;

GRANT UPDATE(ended_at) ON TABLE public.operation TO kontorhaus_app;

GRANT SELECT,INSERT ON TABLE public.order_entry TO kontorhaus_app;
GRANT SELECT ON TABLE public.order_entry TO kontorhaus_system;

GRANT SELECT,INSERT ON TABLE public.order_line TO kontorhaus_app;
GRANT SELECT ON TABLE public.order_line TO kontorhaus_system;

GRANT UPDATE(amount) ON TABLE public.order_line TO kontorhaus_app;

GRANT UPDATE(handed_over_at) ON TABLE public.order_line TO kontorhaus_app;

GRANT UPDATE(inspect_until) ON TABLE public.order_line TO kontorhaus_app;

GRANT UPDATE(released_at) ON TABLE public.order_line TO kontorhaus_app;

GRANT UPDATE(canceled_at) ON TABLE public.order_line TO kontorhaus_app;

GRANT SELECT,INSERT ON TABLE public.order_part TO kontorhaus_app;
GRANT SELECT ON TABLE public.order_part TO kontorhaus_system;

GRANT UPDATE(collected) ON TABLE public.order_part TO kontorhaus_app;

GRANT UPDATE(refunded) ON TABLE public.order_part TO kontorhaus_app;

GRANT UPDATE(released) ON TABLE public.order_part TO kontorhaus_app;

GRANT UPDATE(collected_at) ON TABLE public.order_part TO kontorhaus_app;

GRANT SELECT,INSERT ON TABLE public.order_payment TO kontorhaus_app;
GRANT SELECT ON TABLE public.order_payment TO kontorhaus_system;

GRANT UPDATE(captured) ON TABLE public.order_payment TO kontorhaus_app;

GRANT UPDATE(ended_at) ON TABLE public.order_payment TO kontorhaus_app;

GRANT SELECT,INSERT ON TABLE public.order_payout TO kontorhaus_app;
GRANT SELECT ON TABLE public.order_payout TO kontorhaus_system;

GRANT UPDATE(requested_at) ON TABLE public.order_payout TO kontorhaus_app;

GRANT SELECT,INSERT ON TABLE public.order_refund TO kontorhaus_app;
GRANT SELECT ON TABLE public.order_refund TO kontorhaus_system;

GRANT UPDATE(requested_at) ON TABLE public.order_refund TO kontorhaus_app;

GRANT SELECT ON TABLE public.organization TO kontorhaus_app;
GRANT SELECT,INSERT ON TABLE public.organization TO kontorhaus_system;

GRANT UPDATE(name) ON TABLE public.organization TO kontorhaus_app;

GRANT UPDATE(version) ON TABLE public.organization TO kontorhaus_app;

GRANT SELECT,INSERT ON TABLE public.party TO kontorhaus_app;
GRANT SELECT ON TABLE public.party TO kontorhaus_system;

GRANT UPDATE(country) ON TABLE public.party TO kontorhaus_app;

GRANT UPDATE(language) ON TABLE public.party TO kontorhaus_app;

GRANT UPDATE(reference) ON TABLE public.party TO kontorhaus_app;

GRANT UPDATE(version) ON TABLE public.party TO kontorhaus_app;

GRANT UPDATE(updated_at) ON TABLE public.party TO kontorhaus_app;

GRANT UPDATE(erased_at) ON TABLE public.party TO kontorhaus_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.party_address TO kontorhaus_app;
GRANT SELECT ON TABLE public.party_address TO kontorhaus_system;

GRANT UPDATE(valid_to) ON TABLE public.party_address TO kontorhaus_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.party_bank_account TO kontorhaus_app;
GRANT SELECT ON TABLE public.party_bank_account TO kontorhaus_system;

GRANT UPDATE(valid_to) ON TABLE public.party_bank_account TO kontorhaus_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.party_contact TO kontorhaus_app;
GRANT SELECT ON TABLE public.party_contact TO kontorhaus_system;

GRANT SELECT,INSERT,DELETE ON TABLE public.party_profile TO kontorhaus_app;
GRANT SELECT ON TABLE public.party_profile TO kontorhaus_system;

GRANT UPDATE(name) ON TABLE public.party_profile TO kontorhaus_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.party_role TO kontorhaus_app;
GRANT SELECT ON TABLE public.party_role TO kontorhaus_system;

GRANT SELECT,INSERT,DELETE ON TABLE public.party_tax_id TO kontorhaus_app;
GRANT SELECT ON TABLE public.party_tax_id TO kontorhaus_system;

GRANT UPDATE(valid_to) ON TABLE public.party_tax_id TO kontorhaus_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.party_term TO kontorhaus_app;
GRANT SELECT ON TABLE public.party_term TO kontorhaus_system;

GRANT SELECT,INSERT ON TABLE public.payment TO kontorhaus_app;
GRANT SELECT ON TABLE public.payment TO kontorhaus_system;

GRANT UPDATE(status) ON TABLE public.payment TO kontorhaus_app;

GRANT UPDATE(seen) ON TABLE public.payment TO kontorhaus_app;

GRANT UPDATE(intent) ON TABLE public.payment TO kontorhaus_app;

GRANT UPDATE(charge) ON TABLE public.payment TO kontorhaus_app;

GRANT UPDATE(authorized) ON TABLE public.payment TO kontorhaus_app;

GRANT UPDATE(captured) ON TABLE public.payment TO kontorhaus_app;

GRANT UPDATE(refunding) ON TABLE public.payment TO kontorhaus_app;

GRANT UPDATE(refunded) ON TABLE public.payment TO kontorhaus_app;

GRANT UPDATE(fee) ON TABLE public.payment TO kontorhaus_app;

GRANT UPDATE(action_url) ON TABLE public.payment TO kontorhaus_app;

GRANT UPDATE(return_url) ON TABLE public.payment TO kontorhaus_app;

GRANT UPDATE(error_code) ON TABLE public.payment TO kontorhaus_app;

GRANT UPDATE(error_provider_code) ON TABLE public.payment TO kontorhaus_app;

GRANT UPDATE(error_advice) ON TABLE public.payment TO kontorhaus_app;

GRANT UPDATE(review) ON TABLE public.payment TO kontorhaus_app;

GRANT UPDATE(ending) ON TABLE public.payment TO kontorhaus_app;

GRANT UPDATE(version) ON TABLE public.payment TO kontorhaus_app;

GRANT UPDATE(updated_at) ON TABLE public.payment TO kontorhaus_app;

GRANT SELECT,INSERT ON TABLE public.payment_allocation TO kontorhaus_app;
GRANT SELECT ON TABLE public.payment_allocation TO kontorhaus_system;

GRANT SELECT,INSERT ON TABLE public.payment_connection TO kontorhaus_app;
GRANT SELECT ON TABLE public.payment_connection TO kontorhaus_system;

GRANT UPDATE(name) ON TABLE public.payment_connection TO kontorhaus_app;

GRANT UPDATE(status) ON TABLE public.payment_connection TO kontorhaus_app;

GRANT UPDATE(credentials) ON TABLE public.payment_connection TO kontorhaus_app;

GRANT UPDATE(key_hint) ON TABLE public.payment_connection TO kontorhaus_app;

GRANT UPDATE(account) ON TABLE public.payment_connection TO kontorhaus_app;

GRANT UPDATE(webhooks) ON TABLE public.payment_connection TO kontorhaus_app;

GRANT UPDATE(version) ON TABLE public.payment_connection TO kontorhaus_app;

GRANT UPDATE(updated_at) ON TABLE public.payment_connection TO kontorhaus_app;

GRANT UPDATE(tested_at) ON TABLE public.payment_connection TO kontorhaus_app;

GRANT UPDATE(closed_at) ON TABLE public.payment_connection TO kontorhaus_app;

GRANT SELECT,INSERT ON TABLE public.payout TO kontorhaus_app;
GRANT SELECT ON TABLE public.payout TO kontorhaus_system;

GRANT UPDATE(status) ON TABLE public.payout TO kontorhaus_app;

GRANT UPDATE(reason) ON TABLE public.payout TO kontorhaus_app;

GRANT UPDATE(seller_account_id) ON TABLE public.payout TO kontorhaus_app;

GRANT UPDATE(transfer) ON TABLE public.payout TO kontorhaus_app;

GRANT UPDATE(reversed) ON TABLE public.payout TO kontorhaus_app;

GRANT UPDATE(reversing) ON TABLE public.payout TO kontorhaus_app;

GRANT UPDATE(operation_id) ON TABLE public.payout TO kontorhaus_app;

GRANT UPDATE(tries) ON TABLE public.payout TO kontorhaus_app;

GRANT UPDATE(waits) ON TABLE public.payout TO kontorhaus_app;

GRANT UPDATE(version) ON TABLE public.payout TO kontorhaus_app;

GRANT UPDATE(next_try_at) ON TABLE public.payout TO kontorhaus_app;

GRANT UPDATE(paid_at) ON TABLE public.payout TO kontorhaus_app;

GRANT UPDATE(ended_at) ON TABLE public.payout TO kontorhaus_app;

GRANT SELECT,INSERT ON TABLE public.refund TO kontorhaus_app;
GRANT SELECT ON TABLE public.refund TO kontorhaus_system;

GRANT UPDATE(status) ON TABLE public.refund TO kontorhaus_app;

GRANT UPDATE(failure) ON TABLE public.refund TO kontorhaus_app;

GRANT UPDATE(provider_reference) ON TABLE public.refund TO kontorhaus_app;

GRANT UPDATE(posted) ON TABLE public.refund TO kontorhaus_app;

GRANT UPDATE(review) ON TABLE public.refund TO kontorhaus_app;

GRANT UPDATE(version) ON TABLE public.refund TO kontorhaus_app;

GRANT UPDATE(updated_at) ON TABLE public.refund TO kontorhaus_app;

GRANT SELECT,INSERT ON TABLE public.refund_undo TO kontorhaus_app;
GRANT SELECT ON TABLE public.refund_undo TO kontorhaus_system;

GRANT SELECT,INSERT ON TABLE public.sales_order TO kontorhaus_app;
GRANT SELECT ON TABLE public.sales_order TO kontorhaus_system;

GRANT UPDATE(status) ON TABLE public.sales_order TO kontorhaus_app;

GRANT UPDATE(version) ON TABLE public.sales_order TO kontorhaus_app;

GRANT UPDATE(updated_at) ON TABLE public.sales_order TO kontorhaus_app;

GRANT UPDATE(confirmed_at) ON TABLE public.sales_order TO kontorhaus_app;

GRANT UPDATE(completed_at) ON TABLE public.sales_order TO kontorhaus_app;

GRANT UPDATE(canceled_at) ON TABLE public.sales_order TO kontorhaus_app;

GRANT SELECT,INSERT ON TABLE public.seller_account TO kontorhaus_app;
GRANT SELECT ON TABLE public.seller_account TO kontorhaus_system;

GRANT UPDATE(country) ON TABLE public.seller_account TO kontorhaus_app;

GRANT UPDATE(business_type) ON TABLE public.seller_account TO kontorhaus_app;

GRANT UPDATE(status) ON TABLE public.seller_account TO kontorhaus_app;

GRANT UPDATE(due) ON TABLE public.seller_account TO kontorhaus_app;

GRANT UPDATE(provider_account) ON TABLE public.seller_account TO kontorhaus_app;

GRANT UPDATE(reason) ON TABLE public.seller_account TO kontorhaus_app;

GRANT UPDATE(operation_id) ON TABLE public.seller_account TO kontorhaus_app;

GRANT UPDATE(version) ON TABLE public.seller_account TO kontorhaus_app;

GRANT UPDATE(activated_at) ON TABLE public.seller_account TO kontorhaus_app;

GRANT UPDATE(closed_at) ON TABLE public.seller_account TO kontorhaus_app;

GRANT SELECT,UPDATE ON TABLE public.sequencer TO kontorhaus_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.subscriber TO kontorhaus_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.test_clock TO kontorhaus_app;
GRANT SELECT,UPDATE ON TABLE public.test_clock TO kontorhaus_system;
