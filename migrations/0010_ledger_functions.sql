-- What may be done with the ledger's tables, and by whom.

-- The last instant that was drawn, in microseconds since 1970. Not undone by a rollback, so no instant is drawn twice.
CREATE SEQUENCE ledger_clock AS bigint MINVALUE 1 CACHE 1;
GRANT UPDATE ON ledger_clock TO kontorhaus_system;

-- The functions below are called under an organization, and work for no other one.
CREATE FUNCTION ledger_org(p_org uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE AS
$$
BEGIN
    IF p_org IS NULL OR (pg_catalog.current_setting('role') = 'kontorhaus_app'
                         AND p_org IS DISTINCT FROM public.current_org()) THEN
        RAISE EXCEPTION 'the ledger of another organization' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN p_org;
END
$$;

-- Draws `many` instants in a row, each later than every one drawn before, and says the first.
--
-- One row of expressions, evaluated from left to right: the session's lock is held for the microseconds between, not
-- until the transaction ends, and nothing interrupts it there; what could be refused is refused before it is taken. A
-- clock that is set back does not set these back.
CREATE FUNCTION ledger_draw(many integer) RETURNS timestamptz
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$
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

-- Opens the accounts that are missing, in the order given, with side and guard as their type has them in the chart.
CREATE FUNCTION ledger_open(p_org uuid, p_entities integer[], p_currencies text[], p_names text[],
                            p_orders uuid[], p_parties uuid[], p_connections uuid[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$
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

-- Locks guards in the order of their ids and says how they stand. Impatient: leaves out those that others hold.
CREATE FUNCTION ledger_lock(p_org uuid, p_guards bigint[], p_patient boolean)
    RETURNS TABLE (account_id bigint, balance bigint, held bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$
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

-- Posts entry sets, all of them or none, and says why none:
--   busy      others hold guards that these need (asked impatiently)
--   guarded   a guard would fall below what is held on it
--   repeated  an id has been used
--   locked    something takes effect in a closed period
--   unknown   an account is not there, or the two of a transfer may not face each other
--
-- Of each guard (ascending): the change of its balance and of what is held, and the lowest that its balance less holds
-- comes to on the way, all relative to now. Of each transfer: which guard each leg is, by its place in that list, and
-- by how much the balance has changed there when this transfer is posted. `p_sets` counts entry sets from 0, `p_books` are the
-- entities of all of them, ascending.
CREATE FUNCTION ledger_post(
    p_org uuid, p_ids uuid[], p_sets integer[], p_lines smallint[], p_entities integer[], p_debits bigint[],
    p_credits bigint[], p_amounts bigint[], p_bases bigint[], p_effective timestamptz[], p_references uuid[],
    p_tax_rates integer[], p_tax_categories text[], p_tax_points date[],
    p_debit_guards integer[], p_debit_changes bigint[], p_credit_guards integer[], p_credit_changes bigint[],
    p_guards bigint[], p_changes bigint[], p_holds bigint[], p_lowest bigint[],
    p_books integer[], p_many integer, p_patient boolean,
    OUT outcome text, OUT first timestamptz, OUT busy bigint[])
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    -- One plan for a call of one and of ten thousand, that of the indexes: a plan made while the tables were empty or
    -- unknown would otherwise walk them whole, for as long as the connection lives (20 ms instead of 1.5 for 100).
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
    SET enable_mergejoin = off SET enable_bitmapscan = off SET enable_material = off AS
$$
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

-- Writes down holds that were placed and that ended, whose amounts `ledger_post` has reckoned on the guards.
CREATE FUNCTION ledger_note_holds(
    p_org uuid, p_ids uuid[], p_recorded timestamptz[], p_entities integer[], p_lines smallint[], p_debits bigint[],
    p_credits bigint[], p_amounts bigint[], p_bases bigint[], p_expires timestamptz[], p_references uuid[],
    p_ended uuid[], p_end_ids uuid[], p_end_recorded timestamptz[], p_end_entities integer[], p_end_lines smallint[],
    p_outcomes text[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$
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

-- Closes what takes effect before an instant, once those who are just posting have ended. Says whether it moved on.
CREATE FUNCTION ledger_lock_period(p_org uuid, p_entity integer, p_before timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$
BEGIN
    PERFORM public.ledger_org(p_org);
    PERFORM pg_advisory_xact_lock('public.ledger_entity'::regclass::oid::integer, p_entity);
    UPDATE public.ledger_entity SET locked_before = p_before
    WHERE org_id = p_org AND number = p_entity
      AND (locked_before IS NULL OR locked_before < p_before);
    RETURN FOUND;
END
$$;

-- Waits until everything that was or will ever be recorded up to an instant is committed, and says which instant; NULL
-- for one that has not come. A post in flight may have drawn an earlier one: those who hold the entity's lock when this
-- is asked are waited for, whoever comes later draws a later one. What is sealed is settled.
CREATE FUNCTION ledger_settle(p_org uuid, p_entity integer, p_at timestamptz) RETURNS timestamptz
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$
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

-- Keeps the seal of a batch and adds the batch up. One at a time for an entity: the number is the key.
CREATE FUNCTION ledger_close(p_org uuid, p_entity integer, p_number integer, p_upto timestamptz, p_entries integer,
                             p_hash bytea, p_digests bytea, p_snapshot_entries integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan AS
$$
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

-- Owned by the system role, so that they may write what no caller may; called by those two roles alone.
GRANT CREATE ON SCHEMA public TO kontorhaus_system;
DO $$
DECLARE
    one regprocedure;
BEGIN
    FOR one IN SELECT p.oid::regprocedure FROM pg_catalog.pg_proc p
               WHERE p.pronamespace = 'public'::regnamespace AND starts_with(p.proname, 'ledger_') LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', one);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO kontorhaus_system', one);
        IF one::text NOT LIKE 'ledger_draw(%' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO kontorhaus_app', one);
        END IF;
        IF (SELECT prosecdef FROM pg_catalog.pg_proc WHERE oid = one) THEN
            EXECUTE format('ALTER FUNCTION %s OWNER TO kontorhaus_system', one);
        END IF;
    END LOOP;
END $$;
REVOKE CREATE ON SCHEMA public FROM kontorhaus_system;
