"""Reports find their rows by an index, at any size and whatever account is hot.

`PLANNED_TRANSFERS=1000000 PLANS_SHOWN=1 pytest -s` shows the plans at that size.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest

from kontorhaus.kernel.time import utc_now
from kontorhaus.money import ledger
from kontorhaus.money.ledger.store import cutting, reading, showing
from kontorhaus.platform.db import Db
from kontorhaus.platform.db.query import Statement
from tests.money.ledger.books import Books, transfer
from tests.support import databases

TRANSFERS = int(os.environ.get("PLANNED_TRANSFERS", "20000"))

# A transfer every twenty seconds, half of them between two hot accounts, every tenth dated back; two accounts for each
# of as many orders as there are ten transfers, of half as many parties.
FILL = """
    SET session_replication_role = replica;
    INSERT INTO ledger_account (org_id, entity, currency, name, type, side, guards, party_id, order_id)
        SELECT e.org_id, e.number, 'EUR', k.type || ':' || n, k.type, k.side, false, md5('p' || n % ({0} / 20))::uuid,
               md5('o' || n)::uuid
        FROM ledger_entity e, generate_series(1, {0} / 10) n,
             (VALUES ('receivable', 'debit'), ('prepaid', 'credit')) AS k (type, side);
    CREATE TEMP TABLE single AS
        SELECT row_number() OVER (ORDER BY id) AS place, id FROM ledger_account WHERE type = 'receivable';
    CREATE INDEX ON single (place);
    INSERT INTO ledger_transfer (org_id, id, recorded_at, debit_id, credit_id, amount, base_amount, entity, line,
                                 effective_at)
        SELECT e.org_id, gen_random_uuid(), timestamptz '2026-01-01' + n * interval '20 seconds',
               CASE WHEN n % 2 = 0 THEN hot.id ELSE (SELECT s.id FROM single s
                                                     WHERE s.place = 1 + (n * 7919::bigint) % ({0} / 10)) END,
               fees.id, 1 + n % 1000, 1 + n % 1000, e.number, 0,
               CASE WHEN n % 10 = 0 THEN timestamptz '2025-12-25' + n * interval '20 seconds' END
        FROM ledger_entity e, ledger_account hot, ledger_account fees, generate_series(1, {0}) n
        WHERE hot.name = 'clearing:card' AND fees.name = 'revenue:fees';
    ANALYZE;
"""


@pytest.fixture
async def books(fresh_database_url: str) -> AsyncIterator[Books]:
    db = await Db.connect(databases.login_url(fresh_database_url), statement_timeout_ms=600_000)
    opened = await Books.opened(db)
    await opened.post(transfer("clearing:card", "revenue:fees", 1))
    admin = await asyncpg.connect(fresh_database_url)
    await admin.execute(FILL.format(TRANSFERS))
    while await ledger.seal(db, opened.org_id, opened.entity) >= 100_000:
        pass
    await admin.execute("VACUUM ANALYZE")
    await opened.post(transfer("clearing:card", "receivable:1", 1))
    await admin.close()
    yield opened
    await db.close()


async def explained(books: Books, statement: Statement, *values: object) -> str:
    """The plan of a statement with its values."""
    async with books.db.org(books.org_id, read_only=True) as tx:
        rows = await tx.connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {_literal(statement.text, values)}")
    plan = "\n".join(row[0] for row in rows)
    if os.environ.get("PLANS_SHOWN"):
        sys.stdout.write(f"{plan}\n\n")
    return plan


def _literal(text: str, values: tuple[object, ...]) -> str:
    def said(value: object) -> str:
        return "NULL" if value is None else str(value) if isinstance(value, bool | int) else f"'{value}'"

    return re.sub(r"\$(\d+)", lambda number: said(values[int(number[1]) - 1]), text)


def rows_read(plan: str) -> int:
    """Of the node that gave the most."""
    return max(int(float(count)) for count in re.findall(r"actual time=\S+ rows=([\d.]+)", plan))


async def test_no_report_reads_more_accounts_than_its_page_takes(books: Books) -> None:
    async with books.db.org(books.org_id, read_only=True) as tx:
        entity = await tx.connection.fetchval("SELECT number FROM ledger_entity")
        party = await tx.connection.fetchval("SELECT party_id FROM ledger_account WHERE name = 'prepaid:7'")
        upto = (await cutting.SEALED.one(tx, books.org_id, entity)).upto
    of, now, none = (books.org_id, entity), utc_now(), UUID(int=0)
    cases: list[tuple[Statement, tuple[object, ...], str]] = [
        (cutting.BALANCES_BY_PARTY, (*of, upto, 21, party, "", ""), "ledger_account_party"),
        (cutting.BALANCES_BY_ORDER, (*of, upto, 21, none, "", ""), "ledger_account_order"),
        (showing.ACCOUNTS_OF_PARTY, (*of, "", "", "ZZZ", 21, None, party, None), "ledger_account_party"),
        (
            reading.TRIAL_BALANCE_OF_PARTY,
            (*of, now, now, True, "", "", 21, None, party, None),
            "ledger_account_party",
        ),
        (reading.TRIAL_BALANCE, (*of, now, now, False, "EUR", "prepaid", 21), "ledger_account_org_id_entity"),
    ]
    for statement, values, index in cases:
        plan = await explained(books, statement, *values)
        assert index in plan, plan
        assert re.search(r"Seq Scan on ledger_(account|fold|transfer|effect)", plan) is None, plan
        assert rows_read(plan) <= 100, plan


async def test_a_page_reads_the_entries_of_its_own_accounts(books: Books) -> None:
    """Not the journal, as once: a hot account made the planner think that every account has so many entries."""
    async with books.db.org(books.org_id, read_only=True) as tx:
        entity = await tx.connection.fetchval("SELECT number FROM ledger_entity")
    for effect in (False, True):
        begin, end = utc_now().replace(month=1, day=2), utc_now().replace(month=1, day=5)
        values = (books.org_id, entity, begin, end, effect, "EUR", "prepaid", 51)
        plan = await explained(books, reading.TRIAL_BALANCE, *values)
        pages = sum(int(count) for count in re.findall(r"(?:hit|read)=(\d+)", plan.partition("->")[0]))
        assert 0 < pages < 51 * 60, plan
