"""Every list of parties walks an index in the order of its answer, also when the planner knows no values."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import pytest

from kontorhaus.people.parties import store
from kontorhaus.platform.db.query import Statement
from tests.support.plans import explained, filled, rows_read

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

ORG = UUID("01900000-0000-7000-8000-0000000000aa")
LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff"
FIRST = "00000000-0000-0000-0000-000000000000"

PARTIES = 20_000

FILL = f"""
    CREATE TEMP TABLE made AS
        SELECT n, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id
        FROM generate_series(1, {PARTIES}) n;
    INSERT INTO party (org_id, id, kind, country, reference, created_at, updated_at)
        SELECT '{ORG}', id, 'person', 'DE', 'C-' || n, now(), now() FROM made;
    INSERT INTO party_role (org_id, role, party_id)
        SELECT '{ORG}', CASE WHEN n % 100 = 0 THEN 'carrier' ELSE 'customer' END, id FROM made;
    INSERT INTO party_profile (org_id, party_id, name, content) SELECT '{ORG}', id, 'Name ' || n, '' FROM made;
    INSERT INTO party_tax_id (org_id, party_id, id, kind, value, country, valid_from)
        SELECT '{ORG}', id, id, 'eu_vat', 'DE' || 100000000 + n, 'DE', '2026-01-01' FROM made;
    INSERT INTO party_term (org_id, term, party_id)
        SELECT '{ORG}', term, id FROM made, LATERAL (VALUES ('name'), (md5((n % 500)::text)), ('c' || n)) AS t (term);
"""


@pytest.fixture
async def crowd(fresh_database_url: str) -> AsyncIterator[Connection]:
    """A request's transaction in an organization with many parties."""
    async with filled(fresh_database_url, FILL, org=ORG) as connection:
        yield connection


ONE_WORD = f"'name', 'name~', 'name', '{FIRST}', 21, '{{}}', '{{}}', NULL"
TWO_WORDS = f"'c1', 'c1~', 'c1', '{FIRST}', 21, '{{name}}', '{{name~}}', 'customer'"


async def test_no_list_sorts_or_reads_a_whole_table(crowd: Connection) -> None:
    lists: list[tuple[Statement, str]] = [
        (store.PARTIES, f"'{LAST}', 21"),
        (store.PARTIES_OF_ROLE, f"'{LAST}', 21, 'customer'"),
        (store.PARTIES_OF_ROLE, f"'{LAST}', 21, 'carrier'"),
        (store.PARTIES_BY_REFERENCE, "'C-77', NULL"),
        (store.PARTIES_BY_TAX_ID, f"'{LAST}', 21, 'DE100000077', NULL"),
        (store.PARTIES_BY_TERM, ONE_WORD),
        (store.PARTIES_BY_TERM, TWO_WORDS),
        (store.COUNT_TERMS, "'name', 'name~', 1000"),
    ]
    for number, (statement, values) in enumerate(lists):
        async for plan in explained(crowd, number, statement, f"'{ORG}', {values}"):
            for costly in ("Seq Scan", "Bitmap", "Hash", "Sort"):
                assert costly not in plan, plan
            assert rows_read(plan) <= 2_000, plan
