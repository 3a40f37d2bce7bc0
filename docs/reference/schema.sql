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
    body bytea NOT NULL,
    CONSTRAINT event_kind_check CHECK ((kind ~ '^[a-z_]+(\.[a-z_]+)+$'::text)),
    CONSTRAINT event_version_check CHECK ((version > 0))
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

CREATE FUNCTION public.find_api_key(wanted bytea) RETURNS TABLE(org_id uuid, id uuid, scopes text[], mode text, last_used_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT k.org_id, k.id, k.scopes, o.mode, k.last_used_at
    FROM public.api_key k JOIN public.organization o ON o.id = k.org_id
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
    CONSTRAINT job_clock_check CHECK ((clock = ANY (ARRAY['machine'::text, 'business'::text]))),
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

CREATE TABLE public.migration (
    version integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

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

ALTER TABLE ONLY public.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.organization
    ADD CONSTRAINT organization_account_id_mode_key UNIQUE (account_id, mode);

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

ALTER TABLE ONLY public.sequencer
    ADD CONSTRAINT sequencer_pkey PRIMARY KEY (only_one);

ALTER TABLE ONLY public.subscriber
    ADD CONSTRAINT subscriber_pkey PRIMARY KEY (name);

CREATE UNIQUE INDEX api_key_hash ON public.api_key USING btree (hash);

CREATE INDEX audit_entry_subject ON public.audit_entry USING btree (org_id, subject_id, id);

CREATE INDEX event_aside_due ON public.event_aside USING btree (subscriber, next_try_at) WHERE (next_try_at IS NOT NULL);

CREATE INDEX event_xid ON ONLY public.event USING btree (xid);

CREATE INDEX idempotency_key_created ON public.idempotency_key USING btree (created_at);

CREATE UNIQUE INDEX idempotency_key_subject ON public.idempotency_key USING btree (org_id, subject) WHERE (subject IS NOT NULL);

CREATE INDEX idempotency_key_unfinished ON public.idempotency_key USING btree (resume_at) WHERE (resume_at IS NOT NULL);

CREATE UNIQUE INDEX inbox_connection_address ON public.inbox_connection USING btree (id);

CREATE INDEX inbox_message_ended ON public.inbox_message USING btree (ended_at) WHERE (ended_at IS NOT NULL);

CREATE INDEX inbox_message_open ON public.inbox_message USING btree (org_id, connection_id, subject, sequence, arrival) WHERE (status = ANY (ARRAY['waiting'::text, 'quarantined'::text]));

CREATE INDEX inbox_message_quarantined ON public.inbox_message USING btree (org_id, id) WHERE (status = 'quarantined'::text);

CREATE UNIQUE INDEX job_alive ON public.job USING btree (org_id, kind, dedupe_key) WHERE ((dedupe_key IS NOT NULL) AND (state = ANY (ARRAY['ready'::text, 'scheduled'::text, 'running'::text])));

CREATE INDEX job_lease ON public.job USING btree (lease_until) WHERE (state = 'running'::text);

CREATE INDEX job_parked ON public.job USING btree (org_id, id) WHERE (state = 'parked'::text);

CREATE INDEX job_ready ON public.job USING btree (queue, priority, due_at, id) WHERE ((state = 'ready'::text) AND (key IS NULL));

CREATE INDEX job_ready_key ON public.job USING btree (queue, key, priority, due_at, id) WHERE ((state = 'ready'::text) AND (key IS NOT NULL));

CREATE INDEX job_running_key ON public.job USING btree (queue, key) WHERE ((state = 'running'::text) AND (key IS NOT NULL));

CREATE INDEX job_scheduled ON public.job USING btree (due_at) WHERE (state = 'scheduled'::text);

CREATE UNIQUE INDEX party_reference ON public.party USING btree (org_id, reference) WHERE (reference IS NOT NULL);

CREATE UNIQUE INDEX party_role_party ON public.party_role USING btree (org_id, party_id, role);

CREATE INDEX party_tax_id_value ON public.party_tax_id USING btree (org_id, value, party_id);

CREATE UNIQUE INDEX party_term_party ON public.party_term USING btree (org_id, party_id, term);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organization(id);

ALTER TABLE ONLY public.audit_entry
    ADD CONSTRAINT audit_entry_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organization(id);

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

CREATE POLICY every_organization ON public.organization TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.party TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.party_address TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.party_bank_account TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.party_contact TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.party_profile TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.party_role TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.party_tax_id TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.party_term TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.sequencer TO kontorhaus_system USING (true) WITH CHECK (true);

CREATE POLICY every_organization ON public.subscriber TO kontorhaus_system USING (true) WITH CHECK (true);

ALTER TABLE public.idempotency_key ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.inbox_connection ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.inbox_message ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.inbox_refusal ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.inbox_seen ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.job ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.job_timetable ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.keyring ENABLE ROW LEVEL SECURITY;

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

CREATE POLICY one_organization ON public.organization TO kontorhaus_app USING ((id = public.current_org())) WITH CHECK ((id = public.current_org()));

CREATE POLICY one_organization ON public.party TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.party_address TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.party_bank_account TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.party_contact TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.party_profile TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.party_role TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.party_tax_id TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

CREATE POLICY one_organization ON public.party_term TO kontorhaus_app USING ((org_id = public.current_org())) WITH CHECK ((org_id = public.current_org()));

ALTER TABLE public.organization ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_address ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_bank_account ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_contact ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_profile ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_role ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_tax_id ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.party_term ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sequencer ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.subscriber ENABLE ROW LEVEL SECURITY;

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

GRANT SELECT ON TABLE public.migration TO PUBLIC;

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

GRANT SELECT,UPDATE ON TABLE public.sequencer TO kontorhaus_system;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.subscriber TO kontorhaus_system;
