-- The ledger: accounts, transfers of two legs, holds, and the seals over what was posted.
--
-- No role may write these tables by itself. What may be written is written by the functions below, which run as
-- kontorhaus_system and hold the rules that must not depend on a caller: a guard, a closed period, one instant of
-- record for one entry set, and that an entry is never changed.

CREATE TABLE ledger_entity (
    org_id        uuid        NOT NULL,
    -- The legal entity's party.
    id            uuid        NOT NULL,
    -- How entries name it: four bytes in each of them, where the id would take sixteen.
    number        integer     GENERATED ALWAYS AS IDENTITY,
    base_currency text        NOT NULL CHECK (base_currency ~ '^[A-Z]{3}$'),
    opened_at     timestamptz NOT NULL,
    -- Nothing takes effect before this instant any more.
    locked_before timestamptz,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, number)
);

-- The chart: which types of accounts an entity has, and which may face each other.
CREATE TABLE ledger_account_type (
    org_id uuid    NOT NULL,
    entity integer NOT NULL,
    type   text    NOT NULL CHECK (type ~ '^[a-z][a-z_]{0,39}$'),
    side   text    NOT NULL CHECK (side IN ('debit', 'credit')),
    guards boolean NOT NULL,
    PRIMARY KEY (org_id, entity, type),
    FOREIGN KEY (org_id, entity) REFERENCES ledger_entity (org_id, number)
);

CREATE TABLE ledger_route (
    org_id      uuid    NOT NULL,
    entity      integer NOT NULL,
    debit_type  text    NOT NULL,
    credit_type text    NOT NULL,
    PRIMARY KEY (org_id, entity, debit_type, credit_type),
    FOREIGN KEY (org_id, entity, debit_type) REFERENCES ledger_account_type (org_id, entity, type),
    FOREIGN KEY (org_id, entity, credit_type) REFERENCES ledger_account_type (org_id, entity, type)
);

CREATE TABLE ledger_account (
    org_id        uuid        NOT NULL,
    id            bigint      GENERATED ALWAYS AS IDENTITY,
    entity        integer     NOT NULL,
    currency      text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    name          text        NOT NULL CHECK (length(name) <= 200),
    type          text        NOT NULL,
    -- As its type was in the chart when it was opened; neither ever changes.
    side          text        NOT NULL CHECK (side IN ('debit', 'credit')),
    guards        boolean     NOT NULL,
    -- What reports are cut by.
    order_id      uuid,
    party_id      uuid,
    connection_id uuid,
    opened_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, entity, currency, name),
    FOREIGN KEY (org_id, entity, type) REFERENCES ledger_account_type (org_id, entity, type),
    CHECK (name = type OR starts_with(name, type || ':'))
);

-- One row for each account that guards its balance; locked by whoever posts to it until he commits.
CREATE TABLE ledger_guard (
    org_id     uuid   NOT NULL,
    account_id bigint NOT NULL,
    -- On the account's own side: credits less debits where the side is credit.
    balance    bigint NOT NULL CHECK (balance BETWEEN -9007199254740991 AND 9007199254740991),
    held       bigint NOT NULL CHECK (held >= 0),
    PRIMARY KEY (org_id, account_id),
    FOREIGN KEY (org_id, account_id) REFERENCES ledger_account (org_id, id),
    CHECK (balance >= held)
    -- Rewritten with every post: room for versions in its page, and swept early.
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0.02);

-- Widths fall from left to right, and what is usually absent stands last: an ordinary row takes some 130 bytes.
CREATE TABLE ledger_transfer (
    org_id         uuid        NOT NULL,
    id             uuid        NOT NULL,
    -- Drawn when it was posted, after all locks. One instant is one entry set; strictly increasing.
    recorded_at    timestamptz NOT NULL,
    debit_id       bigint      NOT NULL,
    credit_id      bigint      NOT NULL,
    amount         bigint      NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    base_amount    bigint      NOT NULL CHECK (base_amount BETWEEN 0 AND 9007199254740991),
    entity         integer     NOT NULL,
    -- Its place in its entry set.
    line           smallint    NOT NULL CHECK (line >= 0),
    tax_point      date,
    -- In parts per million: 19 % is 190000.
    tax_rate       integer     CHECK (tax_rate BETWEEN 0 AND 1000000),
    -- When it takes effect; NULL: at the instant of record.
    effective_at   timestamptz,
    -- The balance of a leg that guards, right after this transfer, on the account's own side.
    debit_balance  bigint,
    credit_balance bigint,
    -- The object that it was posted for.
    reference      uuid,
    tax_category   text        CHECK (length(tax_category) <= 20),
    PRIMARY KEY (org_id, id),
    CHECK (debit_id <> credit_id)
);

CREATE INDEX ledger_transfer_debit ON ledger_transfer (org_id, debit_id, recorded_at);
CREATE INDEX ledger_transfer_credit ON ledger_transfer (org_id, credit_id, recorded_at);
-- No two entry sets of a legal entity share an instant, whatever the clock does.
CREATE UNIQUE INDEX ledger_transfer_journal ON ledger_transfer (org_id, entity, recorded_at, line);
-- Only of transfers that took effect at another instant than that of record.
CREATE INDEX ledger_transfer_debit_effective ON ledger_transfer (org_id, debit_id, effective_at)
    WHERE effective_at IS NOT NULL;
CREATE INDEX ledger_transfer_credit_effective ON ledger_transfer (org_id, credit_id, effective_at)
    WHERE effective_at IS NOT NULL;

-- A transfer that is only announced: its amount is kept free on the guards that it would lower.
CREATE TABLE ledger_hold (
    org_id       uuid        NOT NULL,
    id           uuid        NOT NULL,
    recorded_at  timestamptz NOT NULL,
    debit_id     bigint      NOT NULL,
    credit_id    bigint      NOT NULL,
    amount       bigint      NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    base_amount  bigint      NOT NULL CHECK (base_amount BETWEEN 0 AND 9007199254740991),
    entity       integer     NOT NULL,
    line         smallint    NOT NULL CHECK (line >= 0),
    -- By the organization's clock; NULL: until it is posted or voided.
    expires_at   timestamptz,
    reference    uuid,
    PRIMARY KEY (org_id, id),
    CHECK (debit_id <> credit_id)
);

CREATE INDEX ledger_hold_debit ON ledger_hold (org_id, debit_id, recorded_at);
CREATE INDEX ledger_hold_credit ON ledger_hold (org_id, credit_id, recorded_at);
CREATE INDEX ledger_hold_journal ON ledger_hold (org_id, entity, recorded_at, line);

-- How a hold ended; once, by its key.
CREATE TABLE ledger_hold_end (
    org_id      uuid        NOT NULL,
    hold_id     uuid        NOT NULL,
    -- The id of the call that ended it; that of the transfer when it was posted.
    id          uuid        NOT NULL,
    recorded_at timestamptz NOT NULL,
    entity      integer     NOT NULL,
    line        smallint    NOT NULL CHECK (line >= 0),
    outcome     text        NOT NULL CHECK (outcome IN ('posted', 'voided', 'expired')),
    PRIMARY KEY (org_id, hold_id),
    UNIQUE (org_id, id),
    FOREIGN KEY (org_id, hold_id) REFERENCES ledger_hold (org_id, id)
);

CREATE INDEX ledger_hold_end_journal ON ledger_hold_end (org_id, entity, recorded_at, line);

-- Open holds that have an end, for those who look for what is due; the truth stands in the two tables above.
CREATE TABLE ledger_hold_due (
    org_id     uuid        NOT NULL,
    hold_id    uuid        NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, hold_id)
);

CREATE INDEX ledger_hold_due_expires ON ledger_hold_due (org_id, expires_at);

-- Closed batches of an entity's entries, each hashed together with the one before it.
CREATE TABLE ledger_seal (
    org_id    uuid        NOT NULL,
    entity    integer     NOT NULL,
    number    integer     NOT NULL CHECK (number > 0),
    -- Everything recorded up to and including this instant, and after that of the seal before.
    upto      timestamptz NOT NULL,
    entries   integer     NOT NULL CHECK (entries > 0),
    hash      bytea       NOT NULL CHECK (length(hash) = 32),
    -- The first eight bytes of each entry's own hash, so that a false one can be named.
    digests   bytea       NOT NULL CHECK (length(digests) = 8 * entries),
    sealed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, entity, number),
    FOREIGN KEY (org_id, entity) REFERENCES ledger_entity (org_id, number)
);

CREATE UNIQUE INDEX ledger_seal_upto ON ledger_seal (org_id, entity, upto);

-- How each account stood when the last batch with entries of it was closed: what is summed up to `upto`, on the
-- account's own side, in its currency and in the base currency. `dated`: the part that took effect at another instant.
CREATE TABLE ledger_fold (
    org_id     uuid        NOT NULL,
    account_id bigint      NOT NULL,
    upto       timestamptz NOT NULL,
    balance    bigint      NOT NULL,
    base       bigint      NOT NULL,
    dated      bigint      NOT NULL,
    dated_base bigint      NOT NULL,
    entries    bigint      NOT NULL,
    -- How many entries there were at the latest snapshot.
    snapped    bigint      NOT NULL,
    PRIMARY KEY (org_id, account_id)
) WITH (fillfactor = 70);

-- The same, kept for every few hundred entries of an account: where reading the past begins.
CREATE TABLE ledger_snapshot (
    org_id     uuid        NOT NULL,
    account_id bigint      NOT NULL,
    at         timestamptz NOT NULL,
    balance    bigint      NOT NULL,
    base       bigint      NOT NULL,
    dated      bigint      NOT NULL,
    dated_base bigint      NOT NULL,
    PRIMARY KEY (org_id, account_id, at)
);

-- Dated entries of closed batches by the day and by the hour (UTC) that they took effect in.
CREATE TABLE ledger_effect (
    org_id     uuid        NOT NULL,
    account_id bigint      NOT NULL,
    grain      text        NOT NULL CHECK (grain IN ('day', 'hour')),
    start      timestamptz NOT NULL,
    balance    bigint      NOT NULL,
    base       bigint      NOT NULL,
    PRIMARY KEY (org_id, account_id, grain, start)
);

CALL wall('ledger_entity', 'SELECT, INSERT', 'SELECT, INSERT, UPDATE (locked_before)');
CALL wall('ledger_account_type', 'SELECT, INSERT', 'SELECT, INSERT');
CALL wall('ledger_route', 'SELECT, INSERT', 'SELECT, INSERT');
CALL wall('ledger_account', 'SELECT', 'SELECT, INSERT');
CALL wall('ledger_guard', 'SELECT', 'SELECT, INSERT, UPDATE (balance, held)');
CALL wall('ledger_transfer', 'SELECT', 'SELECT, INSERT');
CALL wall('ledger_hold', 'SELECT', 'SELECT, INSERT');
CALL wall('ledger_hold_end', 'SELECT', 'SELECT, INSERT');
CALL wall('ledger_hold_due', 'SELECT', 'SELECT, INSERT, DELETE');
CALL wall('ledger_seal', 'SELECT', 'SELECT, INSERT');
CALL wall('ledger_fold', 'SELECT', 'SELECT, INSERT, UPDATE');
CALL wall('ledger_snapshot', 'SELECT', 'SELECT, INSERT');
CALL wall('ledger_effect', 'SELECT', 'SELECT, INSERT, UPDATE (balance, base)');

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
                            p_orders uuid[], p_parties uuid[], p_connections uuid[]) RETURNS void
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
    p_outcomes text[]) RETURNS void
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
                             p_hash bytea, p_digests bytea, p_snapshot_entries integer) RETURNS void
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
