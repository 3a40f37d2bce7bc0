"""Every statement of payments finds its rows by an index, also when the planner knows no values.

`PLAN_PAYMENTS=1000000 pytest -s` fills that many.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import pytest

from kontorhaus.money.payments.store import operations, payments, refunds
from kontorhaus.platform.db.query import Statement
from tests.support.plans import explained, filled, rows_read

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

ORG = UUID("01900000-0000-7000-8000-0000000000aa")
LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff"
ONE = "01900000-0000-7000-8000-000000000001"

PAYMENTS = int(os.environ.get("PLAN_PAYMENTS", "20000"))

# Most payments are captured, one in a thousand waits, every tenth was refunded; a payer has ten, an order two.
FILL = f"""
    CREATE TEMP TABLE made AS
        SELECT n, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id,
               ('01900000-0000-7000-9000-' || lpad(to_hex(n / 10), 12, '0'))::uuid AS payer,
               ('01900000-0000-7000-a000-' || lpad(to_hex(n / 2), 12, '0'))::uuid AS sale, n % 1000 = 1 AS waits
        FROM generate_series(1, {PAYMENTS}) n;
    INSERT INTO payment (org_id, id, entity, payer, connection_id, amount, currency, capture_method, status, seen,
                         intent, captured, refunded, reference, created_at, updated_at)
        SELECT '{ORG}', id, '{ONE}', payer, '{ONE}', 1000, 'EUR', 'automatic',
               CASE WHEN waits THEN 'requires_payment_method' ELSE 'captured' END,
               CASE WHEN NOT waits THEN 'captured' END, 'pi_' || n, CASE WHEN waits THEN 0 ELSE 1000 END,
               CASE WHEN n % 10 = 0 THEN 100 ELSE 0 END, sale, now(), now()
        FROM made;
    INSERT INTO payment_allocation (org_id, payment_id, position, account, amount)
        SELECT '{ORG}', id, 0, 'held:' || n, 1000 FROM made;
    INSERT INTO refund (org_id, id, payment_id, entity, payer, connection_id, amount, currency, status,
                        provider_reference, posted, created_at, updated_at)
        SELECT '{ORG}', id, id, '{ONE}', payer, '{ONE}', 100, 'EUR',
               CASE WHEN n % 10000 = 0 THEN 'requested' ELSE 'succeeded' END, 're_' || n, n % 10000 <> 0, now(), now()
        FROM made WHERE n % 10 = 0;
    INSERT INTO operation (org_id, id, kind, subject_kind, subject_id, exclusive_id, connection_id, status, ask,
                           sent_at, created_at, ended_at)
        SELECT '{ORG}', id, 'authorize', 'payment', id, id, '{ONE}',
               CASE WHEN waits THEN 'unknown' ELSE 'succeeded' END,
               CASE WHEN waits THEN 'x'::bytea END, now(), now(), CASE WHEN NOT waits THEN now() END
        FROM made;
"""


@pytest.fixture
async def crowd(fresh_database_url: str) -> AsyncIterator[Connection]:
    """A request's transaction in an organization with many payments."""
    async with filled(fresh_database_url, FILL, org=ORG) as connection:
        yield connection


async def test_no_statement_sorts_or_reads_a_whole_table(crowd: Connection) -> None:
    page = f"'{LAST}', 21"
    asked: list[tuple[Statement, str]] = [
        (payments.PAYMENT, f"'{ONE}'"),
        (payments.LOCK, f"'{ONE}'"),
        (payments.ALLOCATIONS, f"'{ONE}'"),
        (payments.PAYMENTS, page),
        (payments.PAYMENTS_OF_STATUS, f"{page}, 'captured'"),
        (payments.PAYMENTS_OF_STATUS, f"{page}, 'requires_payment_method'"),
        (payments.PAYMENTS_OF_REFERENCE, f"{page}, '01900000-0000-7000-a000-000000000007'"),
        (payments.PAYMENTS_OF_PAYER, f"{page}, '01900000-0000-7000-9000-000000000007'"),
        (payments.BY_INTENT, f"'{ONE}', 'pi_77'"),
        (refunds.REFUNDS, page),
        (refunds.REFUNDS_OF_STATUS, f"{page}, 'requested'"),
        (refunds.REFUNDS_OF_PAYMENT, f"{page}, '{ONE}'"),
        (refunds.BY_PROVIDER_REFERENCE, f"'{ONE}', 're_70'"),
        (refunds.OF_OPERATION, f"'{ONE}'"),
        (operations.OPERATION, f"'{ONE}'"),
        (operations.OPEN_OF, f"'{ONE}'"),
        (operations.OPERATIONS, page),
        (operations.OF_STATUS, f"{page}, 'unknown'"),
        (operations.OF_SUBJECT, f"'payment', '{ONE}', '{LAST}', 21"),
    ]
    for number, (statement, values) in enumerate(asked):
        async for plan in explained(crowd, number, statement, f"'{ORG}', {values}"):
            assert "Seq Scan" not in plan, plan
            assert rows_read(plan) <= 2_000, plan
