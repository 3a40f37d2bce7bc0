"""What a process remembers of books and accounts is never taken for what the database has."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import ledger
from kontorhaus.money.ledger.actions import finding
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.db import Db, Tx
from tests.money.ledger.books import Books, hold, post_hold, transfer


async def same_entity(db: Db) -> tuple[Books, Books]:
    """Two organizations that gave their legal entities the same id, as a client does in test and in live mode."""
    first = await Books.opened(db)
    second = Books(db, OrgId(uuid7()), first.entity)
    async with db.org(second.org_id) as tx:
        await ledger.open_books(tx, second.org_id, second.entity, base_currency="EUR", now=utc_now())
    return first, second


async def test_two_organizations_may_give_their_legal_entities_the_same_id(
    db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither meets the accounts of the other, nor makes the process forget what it knows."""
    first, second = await same_entity(db)
    forgotten: list[int] = []
    monkeypatch.setattr(finding.MEMORY, "forget", lambda: forgotten.append(1))
    for books in (first, second, first, second):
        await books.post(transfer("clearing:card", "deposit:1", 5))

    assert not forgotten
    assert await first.guard("deposit:1") == (10, 0)
    assert await second.guard("deposit:1") == (10, 0)


async def test_a_hold_is_placed_on_ones_own_accounts_alone(db: Db) -> None:
    first, second = await same_entity(db)
    for books in (first, second):
        await books.post(transfer("clearing:card", "deposit:1", 5))
    finding.MEMORY.forget()
    for _ in range(2):
        await first.post(transfer("deposit:1", "held:1", 1), transfer("clearing:card", "revenue:other", 1))
    guarded, summed = hold("deposit:1", "held:1", 2), hold("clearing:card", "revenue:other", 3)
    await second.post(summed)
    await second.post(post_hold(summed))
    await second.post(guarded)

    assert await first.guard("deposit:1") == (3, 0)
    assert await second.guard("deposit:1") == (5, 2)


async def undone(books: Books, *entries: ledger.Entry) -> None:
    """Accounts are opened, and found, in a transaction that is rolled back."""

    async def work(tx: Tx) -> None:
        for entry in (*entries, *entries):
            await finding.find(tx, books.org_id, [books.set(entry)])
        raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        await books.db.org(books.org_id).run(work)


async def test_a_guard_whose_opening_was_undone_is_found_anew(db: Db) -> None:
    for through_group in (False, True):
        books = await Books.opened(db)
        await books.post(transfer("clearing:card", "deposit:7", 5))
        placed = hold("deposit:7", "held:7", 2)
        await undone(books, placed)
        group = ledger.GroupCommit(db)
        async with asyncio.timeout(10):
            await (group.post(books.org_id, books.set(placed)) if through_group else books.post(placed))
            await group.close()

        assert await books.guard("deposit:7") == (5, 2)


async def test_a_sum_whose_opening_was_undone_is_found_anew(db: Db) -> None:
    """No guard is locked for it, and a hold is no transfer: still it stands on an account that is there."""
    books = await Books.opened(db)
    placed = hold("clearing:card", "revenue:other", 2)
    await undone(books, placed)
    await books.post(placed)
    await books.post(post_hold(placed))

    assert await books.count() == 1


async def test_books_whose_opening_was_undone_are_opened_again(db: Db) -> None:
    """As the second try of a transaction does that was the victim of a deadlock."""
    books = Books(db, OrgId(uuid7()), PartyId(uuid7()))
    tries: list[int] = []

    async def work(tx: Tx) -> None:
        await ledger.open_books(tx, books.org_id, books.entity, base_currency="EUR", now=utc_now())
        await ledger.post(tx, books.org_id, books.set(transfer("clearing:card", "deposit:1", 5)))
        tries.append(1)
        if len(tries) == 1:
            raise asyncpg.DeadlockDetectedError("a victim")

    await db.org(books.org_id).run(work)

    assert len(tries) == 2
    assert await books.guard("deposit:1") == (5, 0)
    await books.post(hold("deposit:1", "held:1", 2))
    assert await books.guard("deposit:1") == (5, 2)
