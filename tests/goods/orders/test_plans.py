"""Every list of orders walks an index in the order of its answer, also when the planner knows no values."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import pytest

from kontorhaus.goods.orders.store import entries, money, orders
from kontorhaus.platform.db.query import Statement
from tests.support.plans import explained, filled, rows_read

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

ORG = UUID("01900000-0000-7000-8000-0000000000aa")
LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff"
ONE = "01900000-0000-7000-8000-000000000007"
BUYER = "01900000-0000-7000-9000-000000000003"

ORDERS = int(os.environ.get("ORDERS_ROWS", "20000"))

FILL = f"""
    CREATE TEMP TABLE made AS
        SELECT n, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id,
               ('01900000-0000-7000-9000-' || lpad(to_hex(n % 500), 12, '0'))::uuid AS party
        FROM generate_series(1, {ORDERS}) n;
    INSERT INTO sales_order (org_id, id, entity, buyer, currency, capture, inspection_days, reference, status,
                             created_at, updated_at, confirmed_at)
        SELECT '{ORG}', id, id, party, 'EUR', 'automatic', 2, 'R-' || n,
               CASE WHEN n % 100 = 0 THEN 'placed' ELSE 'confirmed' END, now(), now(),
               CASE WHEN n % 100 = 0 THEN NULL ELSE now() END FROM made;
    INSERT INTO order_line (org_id, id, order_id, position, model, seller, description, quantity, ordered, amount)
        SELECT '{ORG}', id, id, 0, 'agent', party, 'Golf', 1, 100, 100 FROM made;
    INSERT INTO order_payment (org_id, payment_id, order_id, amount, captured, created_at, ended_at)
        SELECT '{ORG}', id, id, 100, 100, now(), now() FROM made;
    INSERT INTO order_part (org_id, payment_id, position, order_id, line_id, account, allocated, collected,
                            collected_at)
        SELECT '{ORG}', id, 0, id, id, 'held:' || n, 100, 100, now() FROM made;
    INSERT INTO order_refund (org_id, refund_id, order_id, payment_id, amount, reason, undo, created_at)
        SELECT '{ORG}', id, id, id, 1, 'price_cut', '', now() FROM made;
    INSERT INTO order_payout (org_id, payout_id, order_id, line_id, payment_id, amount, created_at)
        SELECT '{ORG}', id, id, id, id, 1, now() FROM made;
    INSERT INTO order_entry (org_id, order_id, id, at, kind)
        SELECT '{ORG}', id, id, now(), 'order.placed' FROM made;
"""


@pytest.fixture
async def crowd(fresh_database_url: str) -> AsyncIterator[Connection]:
    """A request's transaction in an organization with many orders."""
    async with filled(fresh_database_url, FILL, org=ORG) as connection:
        yield connection


async def test_no_list_sorts_or_reads_a_whole_table(crowd: Connection) -> None:
    lists: list[tuple[Statement, str]] = [
        (orders.ORDERS, f"'{LAST}', 21"),
        (orders.ORDERS_OF_STATUS, f"'{LAST}', 21, 'placed'"),
        (orders.ORDERS_OF_STATUS, f"'{LAST}', 21, 'confirmed'"),
        (orders.ORDERS_OF_BUYER, f"'{LAST}', 21, '{BUYER}'"),
        (orders.ORDERS_OF_REFERENCE, f"'{LAST}', 21, 'R-77'"),
        (orders.IDS_OF_SELLER, f"'{LAST}', 21, '{BUYER}'"),
        (orders.LINES, f"'{ONE}'"),
        (money.PARTS, f"'{ONE}'"),
        (money.PAYMENTS, f"'{ONE}'"),
        (money.OF_PAYMENT, f"'{ONE}'"),
        (money.OF_REFUND, f"'{ONE}'"),
        (money.OF_PAYOUT, f"'{ONE}'"),
        (money.REFUNDS, f"'{ONE}'"),
        (money.PAYOUTS, f"'{ONE}'"),
        (entries.NEWEST, f"'{ONE}', 501"),
    ]
    for number, (statement, values) in enumerate(lists):
        async for plan in explained(crowd, number, statement, f"'{ORG}', {values}"):
            for costly in ("Seq Scan", "Bitmap", "Hash", "Sort"):
                assert costly not in plan, plan
            assert rows_read(plan) <= 100, plan
