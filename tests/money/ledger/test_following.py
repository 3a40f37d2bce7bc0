"""Following money through entry sets walks indexes, however much stands in the books beside."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import pytest

from kontorhaus.money.ledger.store import following as store
from kontorhaus.platform.db.query import Statement
from tests.support.plans import explained, filled, rows_read

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

ORG = UUID("01900000-0000-7000-8000-0000000000aa")
ENTITY = "01900000-0000-7000-8000-0000000000ab"

SALES = 20_000

FILL = f"""
    INSERT INTO ledger_entity (org_id, id, number, base_currency, opened_at)
        OVERRIDING SYSTEM VALUE VALUES ('{ORG}', '{ENTITY}', 900001, 'EUR', now());
    INSERT INTO ledger_account_type (org_id, entity, type, side, guards)
        VALUES ('{ORG}', 900001, 'held', 'credit', true), ('{ORG}', 900001, 'clearing', 'debit', false);
    INSERT INTO ledger_account (org_id, id, entity, currency, name, type, side, guards)
        OVERRIDING SYSTEM VALUE
        SELECT '{ORG}', 9000000 + n, 900001, 'EUR', CASE n WHEN 0 THEN 'clearing' ELSE 'held:' || n END,
               CASE n WHEN 0 THEN 'clearing' ELSE 'held' END, CASE n WHEN 0 THEN 'debit' ELSE 'credit' END, n > 0
        FROM generate_series(0, {SALES}) n;
    INSERT INTO ledger_transfer (org_id, id, recorded_at, debit_id, credit_id, amount, base_amount, entity, line)
        SELECT '{ORG}', gen_random_uuid(), '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 ms', 9000000,
               9000000 + n, 100, 100, 900001, 0
        FROM generate_series(1, {SALES}) n;
    INSERT INTO ledger_hold (org_id, id, recorded_at, debit_id, credit_id, amount, base_amount, entity, line)
        SELECT '{ORG}', gen_random_uuid(), '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 ms', 9000000 + n,
               9000000, 100, 100, 900001, 1
        FROM generate_series(1, {SALES}) n;
"""


@pytest.fixture
async def crowd(fresh_database_url: str) -> AsyncIterator[Connection]:
    """A request's transaction in an organization with many transfers."""
    async with filled(fresh_database_url, FILL, org=ORG) as connection:
        yield connection


async def test_following_a_sale_reads_that_sale_alone(crowd: Connection) -> None:
    instants = "'{2026-01-01T00:00:00.007Z,2026-01-01T00:00:00.008Z}'"
    lists: list[tuple[Statement, str]] = [
        (store.SETS_OF_ACCOUNTS, "'EUR', '{held:7,held:8}', 101"),
        (store.TRANSFERS_OF_SETS, f"{instants}, 101"),
        (store.HOLDS_OF_SETS, f"{instants}, 101"),
    ]
    for number, (statement, values) in enumerate(lists):
        async for plan in explained(crowd, number, statement, f"'{ORG}', '{ENTITY}', {values}"):
            walked = re.findall(r"on (ledger_(?:transfer|hold|account)\b.*)", plan)
            assert walked, plan
            assert not re.search(r"Seq Scan on ledger_(transfer|hold|account)\b", plan), plan
            assert rows_read(plan) <= 100, plan
