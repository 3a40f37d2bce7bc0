"""Seals and the replay: whatever is changed past the house is found and named."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from kontorhaus.kernel.time import instant_text, utc_now
from kontorhaus.money import ledger
from kontorhaus.money.ledger import Verified
from kontorhaus.money.ledger.actions import sealing
from kontorhaus.money.ledger.errors import LedgerBooksFalse
from kontorhaus.platform.db import Db
from tests.money.ledger.books import Books, hold, post_hold, transfer, void_hold
from tests.support import databases

FIRST = "(SELECT id FROM ledger_transfer ORDER BY recorded_at, line LIMIT 1)"
LAST = "(SELECT id FROM ledger_transfer ORDER BY recorded_at DESC, line DESC LIMIT 1)"


@pytest.fixture
async def db(fresh_database_url: str):  # type: ignore[no-untyped-def]
    """A database of one's own, since tests here write past the house."""
    opened = await Db.connect(databases.login_url(fresh_database_url))
    yield opened
    await opened.close()


async def filled(books: Books) -> None:
    held = [hold("deposit:anna", "held:1", 5) for _ in range(3)]
    await books.post(*(transfer("clearing:card", "deposit:anna", 10) for _ in range(5)))
    await books.post(*held)
    await books.post(post_hold(held[0], 3), void_hold(held[1]))
    await books.post(transfer("clearing:card", "revenue:fees", 7, effective_at=utc_now() - timedelta(days=3)))
    await books.post(transfer("clearing:card", "revenue:fees", 7))


async def seal(books: Books) -> int:
    return await ledger.seal(books.db, books.org_id, books.entity)


async def verify(books: Books) -> Verified:
    return await ledger.verify(books.db, books.org_id, books.entity)


async def test_true_books_are_verified(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH_ENTRIES", 4)
    monkeypatch.setattr(sealing, "SNAPSHOT_ENTRIES", 2)
    assert await verify(books) == Verified(0, 0, 0)
    await filled(books)
    # 8 transfers, 3 holds, and 2 ends; the sets of five and of three stay whole.
    assert await seal(books) == 13
    assert await seal(books) == 0
    await filled(books)
    found = await verify(books)

    assert (found.sealed, found.unsealed) == (13, 13)
    assert found.seals >= 3


async def test_sealing_beside_those_who_post(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH_ENTRIES", 7)
    posting = [
        asyncio.create_task(books.post(transfer("clearing:card", f"deposit:{n % 3}", 1))) for n in range(150)
    ]
    while not all(task.done() for task in posting):
        await asyncio.gather(seal(books), seal(books))
    await asyncio.gather(*posting)
    await seal(books)
    found = await verify(books)

    assert (found.sealed, found.unsealed) == (150, 0)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (
            "ledger_transfer",
            f"UPDATE ledger_transfer SET amount = amount + 1 WHERE id = {LAST}",
        ),
        (
            "ledger_transfer",
            f"UPDATE ledger_transfer SET reference = gen_random_uuid() WHERE id = {FIRST}",
        ),
        (
            "ledger_transfer",
            f"DELETE FROM ledger_transfer WHERE id = {FIRST}",
        ),
        ("ledger_transfer", "UPDATE ledger_account SET name = 'clearing:other' WHERE name = 'clearing:card'"),
        ("ledger_hold", "UPDATE ledger_hold SET amount = amount - 1"),
        ("ledger_hold_end", "UPDATE ledger_hold_end SET outcome = 'expired' WHERE outcome = 'voided'"),
        ("ledger_seal", "UPDATE ledger_seal SET hash = sha256(hash)"),
        ("ledger_fold", "UPDATE ledger_fold SET balance = balance + 1"),
        ("ledger_fold", "DELETE FROM ledger_fold"),
        ("ledger_effect", "UPDATE ledger_effect SET balance = balance + 1 WHERE grain = 'hour'"),
        ("ledger_effect", "UPDATE ledger_effect SET base = base + 1 WHERE grain = 'day'"),
        ("ledger_effect", "UPDATE ledger_effect SET start = start - interval '1 day' WHERE grain = 'day'"),
        ("ledger_effect", "UPDATE ledger_effect SET start = start + interval '1 hour' WHERE grain = 'hour'"),
        ("ledger_effect", "DELETE FROM ledger_effect"),
        ("ledger_transfer", "UPDATE ledger_transfer SET effective_at = effective_at - interval '1 month'"),
        ("ledger_transfer", f"UPDATE ledger_transfer SET effective_at = recorded_at WHERE id = {FIRST}"),
        ("ledger_guard", "UPDATE ledger_guard SET balance = balance + 1"),
        ("ledger_guard", "UPDATE ledger_guard SET held = 0"),
    ],
)
async def test_what_a_superuser_changes_is_found_and_named(
    books: Books, fresh_database_url: str, table: str, change: str
) -> None:
    await filled(books)
    await seal(books)
    await verify(books)
    admin = await asyncpg.connect(fresh_database_url)
    await admin.execute(change)
    await admin.close()

    with pytest.raises(LedgerBooksFalse) as caught:
        await verify(books)
    assert caught.value.facts["table"] == table
    assert caught.value.facts["row"]


async def test_an_unsealed_row_that_is_changed_is_found_by_its_balance(
    books: Books, fresh_database_url: str
) -> None:
    await filled(books)
    admin = await asyncpg.connect(fresh_database_url)
    row = await admin.fetchval("SELECT id FROM ledger_transfer WHERE credit_balance = 20")
    await admin.execute("UPDATE ledger_transfer SET amount = 11 WHERE id = $1", row)
    await admin.close()

    with pytest.raises(LedgerBooksFalse) as caught:
        await verify(books)
    assert caught.value.facts == {"table": "ledger_transfer", "row": str(row)}


async def test_the_first_wrong_sum_by_effect_is_named(books: Books, fresh_database_url: str) -> None:
    """An amount that was moved from one day to another, so that the total is as before."""
    day = utc_now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=9)
    for days in range(3):
        at = day + timedelta(days=days, hours=5)
        await books.post(transfer("clearing:card", "revenue:fees", 10 + days, effective_at=at))
    await seal(books)
    await verify(books)
    admin = await asyncpg.connect(fresh_database_url)
    account = await admin.fetchval("SELECT id FROM ledger_account WHERE name = 'revenue:fees'")
    change = "UPDATE ledger_effect SET balance = balance + $3 WHERE account_id = $1 AND grain = 'day' AND start = $2"
    for days, moved in ((1, 5), (2, -5)):
        await admin.execute(change, account, day + timedelta(days=days), moved)
    await admin.close()

    with pytest.raises(LedgerBooksFalse) as caught:
        await verify(books)
    named = f"{account} day {instant_text(day + timedelta(days=1))}"
    assert caught.value.facts == {"table": "ledger_effect", "row": named}
