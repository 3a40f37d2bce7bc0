"""Every statement of payouts and seller accounts finds its rows by an index, also when the planner knows no values.

`PLAN_PAYOUTS=1000000 PLANS_SHOWN=1 pytest -s` shows the plans at that size.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import pytest

from kontorhaus.money.payments.store import payouts, sellers
from kontorhaus.platform.db.query import Statement
from tests.support.plans import explained, filled, rows_read

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

ORG = UUID("01900000-0000-7000-8000-0000000000aa")
CONNECTION = UUID("01900000-0000-7000-a000-0000000000cc")
LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff"

PAYOUTS = int(os.environ.get("PLAN_PAYOUTS", "20000"))


def of(kind: int, number: str) -> str:
    return f"('01900000-0000-7000-{kind:x}000-' || lpad(to_hex({number}), 12, '0'))::uuid"


def a(kind: int, number: int) -> str:
    return f"'01900000-0000-7000-{kind:x}000-{number:012x}'"


# A seller for every hundred payouts; one payout in a thousand waits, one in a thousand has failed.
FILL = f"""
    SET session_replication_role = replica;
    CREATE TEMP TABLE made AS
        SELECT n, CASE WHEN n % 1000 = 1 THEN 'failed' WHEN n % 1000 = 2 THEN 'planned' ELSE 'paid' END AS status
        FROM generate_series(1, {PAYOUTS}) n;
    INSERT INTO seller_account (org_id, id, party, connection_id, country, business_type, status, provider_account,
                                created_at, activated_at)
        SELECT '{ORG}', {of(9, "n")}, {of(8, "n")}, '{CONNECTION}', 'DE', 'individual',
               CASE WHEN n % 100 = 1 THEN 'restricted' ELSE 'active' END, 'acct_' || n, now(), now()
        FROM generate_series(1, {PAYOUTS} / 100 + 1) n;
    INSERT INTO payout (org_id, id, entity, seller, connection_id, amount, currency, status, reason, hold_id,
                        seller_account_id, reference, release, transfer, created_at, next_try_at, paid_at, ended_at)
        SELECT '{ORG}', {of(10, "n")}, {of(8, "0")}, {of(8, "n / 100 + 1")}, '{CONNECTION}', 1000, 'EUR', status,
               CASE WHEN status <> 'paid' THEN 'refused' END, {of(11, "n")}, {of(9, "n / 100 + 1")},
               {of(7, "n / 10")}, '\\x90', CASE WHEN status = 'paid' THEN 'tr_' || n END, now(),
               CASE WHEN status = 'planned' THEN now() END, CASE WHEN status = 'paid' THEN now() END,
               CASE WHEN status = 'failed' THEN now() END
        FROM made;
    SET session_replication_role = origin;
"""


@pytest.fixture
async def archive(fresh_database_url: str) -> AsyncIterator[Connection]:
    async with filled(fresh_database_url, FILL) as connection:
        yield connection


MIDDLE = PAYOUTS // 2
PAID, PLANNED = a(10, MIDDLE + 7), a(10, MIDDLE + 2)
SELLER, ACCOUNT = a(8, MIDDLE // 100 + 1), a(9, MIDDLE // 100 + 1)

REQUESTS: list[tuple[Statement, str, int]] = [
    (payouts.PAYOUTS, f"'{LAST}', 21", 21),
    (payouts.PAYOUTS, f"{PAID}, 21", 21),
    (payouts.PAYOUTS_OF_STATUS, f"'{LAST}', 21, 'paid'", 21),
    (payouts.PAYOUTS_OF_STATUS, f"'{LAST}', 21, 'failed'", 21),
    (payouts.PAYOUTS_OF_STATUS, f"'{LAST}', 21, 'canceled'", 0),
    (payouts.PAYOUTS_OF_SELLER, f"'{LAST}', 21, {SELLER}", 21),
    (payouts.PAYOUTS_OF_SELLER_AND_STATUS, f"'{LAST}', 21, {SELLER}, 'planned'", 1),
    (payouts.PAYOUTS_OF_REFERENCE, f"'{LAST}', 21, {a(7, MIDDLE // 10)}", 10),
    (payouts.PAYOUTS_NOW, f"ARRAY[{PAID}::uuid, {PLANNED}::uuid]", 2),
    (payouts.PAYOUT, PAID, 1),
    (payouts.LOCK, PAID, 1),
    (payouts.VERSION, PAID, 1),
    (payouts.RELEASE, PAID, 1),
    (payouts.BY_TRANSFER, f"'{CONNECTION}', 'tr_{MIDDLE + 7}'", 1),
    (payouts.WAITING, f"'{CONNECTION}', {SELLER}, {a(0, 0)}, 100", 1),
    (payouts.PUT_OFF, f"{PLANNED}, 'planned', 'on_hold', 'refused', now(), NULL", 1),
    (payouts.SEND, f"{PLANNED}, 'planned', 'sending', {ACCOUNT}, {PAID}", 1),
    (payouts.END, f"{PLANNED}, 'planned', 'canceled', NULL, now()", 1),
    (payouts.PAY, f"{PLANNED}, 'planned', 'paid', 'tr_new', now(), {ACCOUNT}", 1),
    (payouts.TAKE_BACK, f"{PAID}, 10, {PLANNED}", 1),
    (payouts.KEEP, f"{PAID}, {PLANNED}", 0),
    (payouts.RETURN, f"{PAID}, 'paid', 'paid', 10, 0, now()", 1),
    (payouts.CLOSE, f"{PAID}, {PLANNED}", 0),
    (sellers.ACCOUNTS, f"'{LAST}', 21", 21),
    (sellers.ACCOUNTS_OF_STATUS, f"'{LAST}', 21, 'active'", 21),
    (sellers.ACCOUNTS_OF_STATUS, f"'{LAST}', 21, 'closed'", 0),
    (sellers.ACCOUNTS_OF_PARTY, f"'{LAST}', 21, {SELLER}, NULL", 1),
    (sellers.ACCOUNTS_NOW, f"ARRAY[{ACCOUNT}::uuid]", 1),
    (sellers.ACCOUNT, ACCOUNT, 1),
    (sellers.LOCK, ACCOUNT, 1),
    (sellers.VERSION, ACCOUNT, 1),
    (sellers.OF_PARTY, f"'{CONNECTION}', {SELLER}", 1),
    (sellers.SHARE_OF_PARTY, f"'{CONNECTION}', {SELLER}", 1),
    (sellers.BY_PROVIDER, f"'{CONNECTION}', 'acct_7'", 1),
]


async def test_no_request_sorts_or_reads_a_whole_table(archive: Connection) -> None:
    await archive.execute(f"BEGIN; SET LOCAL ROLE kontorhaus_app; SET LOCAL app.org = '{ORG}'")
    for number, (statement, values, wanted) in enumerate(REQUESTS):
        async for plan in explained(archive, number, statement, f"'{ORG}', {values}"):
            assert "Seq Scan" not in plan or (PAYOUTS < 500_000 and "on seller_account" in plan), plan
            assert "Hash" not in plan, plan
            assert rows_read(plan) <= max(wanted, 1), plan
            assert "Sort" not in plan or statement is sellers.ACCOUNTS_OF_PARTY or "payout_waiting" in plan, (
                plan
            )
