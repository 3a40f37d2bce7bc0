-- Exports of the ledger's journal, made by a job and kept in parts until their time is over.

CREATE TABLE ledger_export (
    org_id        uuid        NOT NULL,
    id            uuid        NOT NULL,
    entity        integer     NOT NULL,
    format        text        NOT NULL CHECK (format IN ('csv', 'parquet')),
    -- The period of record: from the first instant, up to and without the second.
    began         timestamptz NOT NULL,
    ended         timestamptz NOT NULL,
    -- How many transfers it is to have, and has so far.
    entries       bigint      NOT NULL CHECK (entries >= 0),
    entries_done  bigint      NOT NULL DEFAULT 0 CHECK (entries_done BETWEEN 0 AND entries),
    -- Which attempt is writing it: one that was overtaken writes nothing more.
    attempt       integer     NOT NULL DEFAULT 0,
    parts         integer     NOT NULL DEFAULT 0,
    bytes         bigint      NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL,
    finished_at   timestamptz,
    PRIMARY KEY (org_id, id),
    CHECK (began < ended),
    CHECK (finished_at IS NULL OR entries_done = entries)
);

CREATE TABLE ledger_export_part (
    org_id    uuid    NOT NULL,
    export_id uuid    NOT NULL,
    number    integer NOT NULL CHECK (number >= 0),
    content   bytea   NOT NULL,
    PRIMARY KEY (org_id, export_id, number),
    FOREIGN KEY (org_id, export_id) REFERENCES ledger_export (org_id, id)
);

-- Compressed before it comes here.
ALTER TABLE ledger_export_part ALTER COLUMN content SET STORAGE EXTERNAL;

CALL wall('ledger_export', 'SELECT, INSERT, UPDATE (entries_done, attempt, parts, bytes, finished_at)', 'SELECT, DELETE');
CALL wall('ledger_export_part', 'SELECT, INSERT, DELETE', 'SELECT, DELETE');
