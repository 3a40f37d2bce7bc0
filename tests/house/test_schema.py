"""Habits of the schema: types that keep what they are given, states as text with a CHECK, names that
agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import asyncpg

from kontorhaus.platform.db import migrations

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

BANNED_TYPES: Final = {
    "float4": "bigint in minor units, or numeric: a float keeps no decimal fraction",
    "float8": "bigint in minor units, or numeric: a float keeps no decimal fraction",
    "money": "bigint in minor units and a currency: its scale hangs on a setting of the server",
    "timestamp": "timestamptz: an instant without its zone is no instant",
    "timetz": "timestamptz, or a time and a zone",
    "json": "jsonb",
    "bpchar": "text with CHECK (length(…) = …): char pads with blanks",
    "varchar": "text with CHECK (length(…) <= …): the limit can then be changed without a rewrite",
}

NO_STATE: Final = {"idempotency_key.status": "the HTTP status of the stored answer"}
"""Columns called status that are no state of an object."""


async def test_columns_have_types_that_keep_what_they_are_given(catalog: Connection) -> None:
    found = [
        f"{row['place']} is {row['type']}: write {BANNED_TYPES[row['type']]}"
        for row in await catalog.fetch(
            """
            SELECT c.relname || '.' || a.attname AS place, t.typname AS type
            FROM pg_attribute a
            JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
                           AND c.relnamespace = 'public'::regnamespace
            JOIN pg_type t ON t.oid = a.atttypid
            WHERE a.attnum > 0 AND NOT a.attisdropped AND t.typname = ANY ($1::text[])
            """,
            list(BANNED_TYPES),
        )
    ]

    assert not found, "\n".join(found)


async def test_there_is_no_enum_type(catalog: Connection) -> None:
    """Its = is not leakproof, so under row security it would keep no index; and a value can never be taken
    away."""
    found = await catalog.fetchval("SELECT array_agg(typname::text) FROM pg_type WHERE typtype = 'e'")

    assert found is None, f"{found}: write text with CHECK (… IN (…))"


async def test_a_status_is_text_with_a_check(catalog: Connection) -> None:
    found = [
        f"{row['place']}: a status is text NOT NULL with CHECK (status IN (…))"
        for row in await catalog.fetch(
            """
            SELECT c.relname || '.' || a.attname AS place
            FROM pg_attribute a
            JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
                           AND c.relnamespace = 'public'::regnamespace
            WHERE (a.attname = 'status' OR a.attname LIKE '%\\_status') AND NOT a.attisdropped
              AND NOT (a.atttypid = 'text'::regtype AND a.attnotnull AND EXISTS (
                       SELECT 1 FROM pg_constraint k
                       WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum]
                         AND pg_get_constraintdef(k.oid) LIKE '%' || a.attname || ' = ANY%'))
            """
        )
        if row["place"] not in NO_STATE
    ]

    assert not found, "\n".join(found)


async def test_every_table_has_a_primary_key(catalog: Connection) -> None:
    without = await catalog.fetchval(
        """
        SELECT array_agg(c.relname::text) FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
        """
    )

    assert without is None, f"{without}: without a key a row cannot be named, nor replicated"


async def test_every_foreign_key_is_found_from_its_other_end(catalog: Connection) -> None:
    """Without an index on the referring columns, every DELETE of the other row reads the whole table."""
    unindexed = await catalog.fetch(
        """
        SELECT k.conrelid::regclass::text || ' (' || k.conname || ')' AS place
        FROM pg_constraint k
        WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace
          AND NOT EXISTS (
              SELECT 1 FROM pg_index i
              WHERE i.indrelid = k.conrelid
                AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
        """
    )

    assert not unindexed, (
        f"{[row['place'] for row in unindexed]}: an index that begins with the referring columns"
    )


NUMBERED: Final = {
    "event_id_seq": "of two facts of an object the later has the greater number, across processes",
    "ledger_account_id_seq": "stands in every entry twice, and in its indexes: half as wide as a UUID; never shown",
    "ledger_entity_number_seq": "stands in every entry: a quarter as wide as a UUID; never shown",
    "ledger_clock": "the last instant of record, which must not go back when a transaction does",
}


async def test_nothing_is_numbered_by_the_database(catalog: Connection) -> None:
    """Ids are made by us, in order of time; a sequence leaves gaps, tells how much there is, and knows no
    organization."""
    found = await catalog.fetchval(
        """
        SELECT array_agg(relname::text) FROM pg_class
        WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
        """
    )

    assert set(found) == NUMBERED.keys(), f"{found}: NOUN.new() makes the id, or its reason in NUMBERED"


async def test_migrations_run_twice_change_nothing(catalog: Connection) -> None:
    done = await catalog.fetch("SELECT version, name, sha256 FROM migration ORDER BY version")

    assert [tuple(row) for row in done] == [(m.version, m.name, m.sha256) for m in migrations.read()]
