"""Posting: sets that stand or fall together, ids, guards, routes, periods."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from kontorhaus.kernel.errors import DomainError
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.money import Money
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import ledger
from kontorhaus.money.ledger import AccountType, Chart, NewAccount, Recorded, Side, Tax
from kontorhaus.money.ledger.errors import (
    LedgerAccountInvalid,
    LedgerBalanceInsufficient,
    LedgerEntityExists,
    LedgerEntityNotFound,
    LedgerEntryInvalid,
    LedgerIdReused,
    LedgerPeriodLocked,
    LedgerRouteClosed,
)
from kontorhaus.platform.db import Db, Tx
from tests.money.ledger.books import Books, eur, hold, transfer


async def refused(books: Books, *entries: ledger.Entry) -> DomainError:
    with pytest.raises(DomainError) as caught:
        await books.post(*entries)
    return caught.value


async def test_a_transfer_moves_a_guard_and_is_recorded_now(books: Books) -> None:
    before = utc_now()
    recorded = await books.post(transfer("clearing:card", "deposit:anna", 1099))

    assert await books.guard("deposit:anna") == (1099, 0)
    assert before - timedelta(seconds=1) < recorded.recorded_at < utc_now() + timedelta(seconds=1)
    assert not recorded.repeated


async def test_a_set_stands_or_falls_as_a_whole(books: Books) -> None:
    await books.post(transfer("clearing:card", "deposit:anna", 500))
    refusal = await refused(
        books, transfer("deposit:anna", "held:1", 300), transfer("deposit:anna", "held:2", 300)
    )

    assert isinstance(refusal, LedgerBalanceInsufficient)
    assert refusal.facts == {"account": "deposit:anna", "currency": "EUR", "short": 100}
    assert await books.guard("deposit:anna") == (500, 0)
    assert await books.count() == 1


async def test_a_later_line_does_not_make_up_for_an_earlier_one(books: Books) -> None:
    refusal = await refused(
        books, transfer("deposit:anna", "held:1", 1), transfer("clearing:card", "deposit:anna", 1)
    )

    assert isinstance(refusal, LedgerBalanceInsufficient)


async def test_a_set_has_one_instant_and_the_next_a_later_one(books: Books) -> None:
    instants = [
        (
            await books.post(
                transfer("clearing:card", "revenue:a", 1), transfer("clearing:card", "revenue:b", 1)
            )
        )
        for _ in range(5)
    ]
    async with books.db.org(books.org_id) as tx:
        rows = await tx.connection.fetch(
            "SELECT recorded_at, count(*) FROM ledger_transfer GROUP BY 1 ORDER BY 1"
        )

    assert [tuple(row) for row in rows] == [(recorded.recorded_at, 2) for recorded in instants]


async def test_the_same_again_gives_the_same_answer_and_posts_nothing(books: Books) -> None:
    entries = (transfer("clearing:card", "deposit:anna", 5), transfer("deposit:anna", "held:1", 5))
    first = await books.post(*entries)
    again = await books.post(*entries)

    assert again == Recorded(first.recorded_at, repeated=True)
    assert await books.count() == 2


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("debit", {"debit": "clearing:cash"}),
        ("credit", {"credit": "revenue:other"}),
        ("amount", {"amount": eur(8)}),
        ("effective_at", {"effective_at": datetime(2026, 1, 1, tzinfo=UTC)}),
        ("reference", {"reference": uuid.UUID(int=8)}),
        ("tax", {"tax": Tax(70_000, "S")}),
    ],
)
async def test_other_content_under_an_id_is_a_conflict_that_names_the_field(
    books: Books, field: str, change: dict[str, object]
) -> None:
    first = transfer("clearing:card", "revenue:fees", 7, reference=uuid.UUID(int=7), tax=Tax(190_000, "S"))
    await books.post(first)
    refusal = await refused(books, replace(first, **change))

    assert isinstance(refusal, LedgerIdReused)
    assert refusal.facts == {"field": field}


async def test_a_set_is_not_known_by_a_part_of_it(books: Books) -> None:
    one, other, third = (transfer("clearing:card", "revenue:fees", n) for n in (1, 2, 3))
    await books.post(one, other)
    refusals = [
        await refused(books, one),
        await refused(books, one, other, third),
        await refused(books, third, one),
    ]

    assert [refusal.facts for refusal in refusals] == [{"field": "entries"}] * 3


async def test_the_same_set_twice_in_a_call_is_one(books: Books) -> None:
    one = books.set(transfer("clearing:card", "deposit:anna", 5))
    recorded = await books.each(one, one)

    assert recorded[0] == recorded[1]
    assert await books.guard("deposit:anna") == (5, 0)


async def test_two_at_once_under_one_id_post_once(books: Books) -> None:
    for name in ("deposit:anna", "revenue:fees"):
        one = transfer("clearing:card", name, 5)
        recorded = await asyncio.gather(*(books.post(one) for _ in range(8)))

        assert len({r.recorded_at for r in recorded}) == 1
        assert sorted(r.repeated for r in recorded) == [False] + [True] * 7
    assert await books.count() == 2


async def test_a_bad_set_of_a_call_fails_alone(books: Books) -> None:
    known = transfer("clearing:card", "deposit:anna", 5)
    await books.post(known)
    outcomes = await books.each(
        books.set(transfer("deposit:anna", "held:1", 3)),
        books.set(transfer("deposit:anna", "held:1", 3)),
        books.set(transfer("revenue:a", "held:1", 3)),
        books.set(known),
        books.set(transfer("deposit:anna", "held:1", 2)),
    )

    assert [type(outcome).__name__ for outcome in outcomes] == [
        "Recorded",
        "LedgerBalanceInsufficient",
        "LedgerRouteClosed",
        "Recorded",
        "Recorded",
    ]
    assert outcomes[3].repeated
    assert await books.guard("held:1") == (5, 0)


async def test_a_fact_from_outside_posts_whatever_the_balance(books: Books) -> None:
    await books.post(transfer("clearing:card", "deposit:anna", 100))
    await books.post(transfer("deposit:anna", "held:1", 100))
    await books.post(hold("held:1", "payable:seller", 80))
    undone = transfer("held:1", "disputed:d1", 50, spill="recoverable:seller")
    first = await books.post(undone)

    assert await books.guard("held:1") == (80, 80)
    assert await books.guard("recoverable:seller") == (30, 0)
    assert await books.post(undone) == Recorded(first.recorded_at, repeated=True)
    whole = transfer("held:1", "disputed:d1", 50, spill="recoverable:seller")
    await books.post(whole)
    assert await books.guard("recoverable:seller") == (80, 0)


async def test_the_chart_says_who_may_face_whom(books: Books) -> None:
    refusal = await refused(books, transfer("revenue:fees", "held:1", 5))
    assert isinstance(refusal, LedgerRouteClosed)
    assert refusal.facts == {"debit": "revenue", "credit": "held"}

    chart = Chart((AccountType("bonus", Side.CREDIT, guards=True),), (("revenue", "bonus"),))
    async with books.db.org(books.org_id) as tx:
        await ledger.allow(tx, books.org_id, books.entity, chart)
    await books.post(transfer("revenue:fees", "bonus:anna", 5))

    assert await books.guard("bonus:anna") == (5, 0)


@pytest.mark.parametrize(
    "name", ["revenue:", "Revenue", "revenue:ä", "no_such_type:1", "", "revenue:a b", "a" * 300]
)
async def test_a_name_that_is_no_account(books: Books, name: str) -> None:
    assert isinstance(await refused(books, transfer("clearing:card", name, 5)), LedgerAccountInvalid)


async def test_amounts_that_are_wrong(books: Books) -> None:
    usd = Money(5, "USD")
    wrong = [
        transfer("clearing:card", "revenue:fees", 0),
        transfer("clearing:card", "revenue:fees", -5),
        transfer("clearing:card", "clearing:card", 5),
        transfer("clearing:card", "revenue:fees", usd),
        transfer("clearing:card", "revenue:fees", usd, base=usd),
        transfer("clearing:card", "revenue:fees", 5, base=eur(6)),
    ]
    refusals = [await refused(books, entry) for entry in wrong]

    assert {type(refusal) for refusal in refusals} == {LedgerEntryInvalid}
    assert [refusal.faults[0].pointer.split("/")[-1] for refusal in refusals] == [
        "amount",
        "amount",
        "credit",
        "base",
        "base",
        "base",
    ]
    await books.post(transfer("clearing:card", "revenue:fees", usd, base=eur(4)))


async def test_nothing_takes_effect_in_a_closed_period(books: Books) -> None:
    closed = utc_now() - timedelta(days=1)
    async with books.db.org(books.org_id) as tx:
        assert await ledger.lock_period(tx, books.org_id, books.entity, closed)
        assert not await ledger.lock_period(tx, books.org_id, books.entity, closed - timedelta(days=1))
    late = transfer("clearing:card", "revenue:fees", 5, effective_at=closed - timedelta(seconds=1))

    assert isinstance(await refused(books, late), LedgerPeriodLocked)
    await books.post(transfer("clearing:card", "revenue:fees", 5, effective_at=closed))
    await books.post(transfer("clearing:card", "revenue:fees", 5))


async def test_closing_a_period_waits_for_those_who_post(books: Books) -> None:
    """Otherwise one that had looked before could still post into it afterwards."""
    closed = utc_now() + timedelta(days=1)

    async def close() -> bool:
        async with books.db.org(books.org_id) as tx:
            return await ledger.lock_period(tx, books.org_id, books.entity, closed)

    async with books.db.org(books.org_id) as tx:
        await ledger.post(tx, books.org_id, books.set(transfer("clearing:card", "revenue:fees", 5)))
        closing = asyncio.create_task(close())
        await asyncio.sleep(0.2)
        assert not closing.done()
    assert await closing
    assert isinstance(await refused(books, transfer("clearing:card", "revenue:fees", 5)), LedgerPeriodLocked)


async def test_books_are_opened_once_and_keep_their_currency(books: Books) -> None:
    async with books.db.org(books.org_id) as tx:
        await ledger.open_books(tx, books.org_id, books.entity, base_currency="EUR", now=utc_now())
        with pytest.raises(LedgerEntityExists):
            await ledger.open_books(tx, books.org_id, books.entity, base_currency="USD", now=utc_now())


async def test_books_of_another_organization_are_not_there(books: Books, db: Db) -> None:
    stranger = Books(db, OrgId(uuid.uuid4()), books.entity)

    assert isinstance(
        await refused(stranger, transfer("clearing:card", "revenue:fees", 5)), LedgerEntityNotFound
    )


async def test_an_account_whose_opening_was_rolled_back_is_found_anew(books: Books) -> None:
    async def undone(tx: Tx) -> None:
        new = NewAccount(currency="EUR", name="clearing:new")
        await ledger.open_accounts(tx, books.org_id, books.entity, [new])
        await ledger.post(tx, books.org_id, books.set(transfer("clearing:new", "revenue:new", 5)))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await books.db.org(books.org_id).run(undone)
    await books.post(transfer("clearing:new", "revenue:new", 5))
    assert await books.count() == 1


async def test_twenty_guards_in_every_order_do_not_deadlock(books: Books) -> None:
    names = [f"deposit:{n}" for n in range(20)]
    await books.post(*(transfer("clearing:card", name, 1_000) for name in names))

    async def post(number: int) -> None:
        order = names[number:] + names[:number]
        await books.post(
            *(
                transfer(one, other, 1)
                for one, other in zip(order[::2], [f"held:{n}" for n in range(10)], strict=True)
            )
        )

    await asyncio.gather(*(post(number) for number in range(20)))
    balances = [await books.guard(name) for name in names]
    assert sum(balance for balance, _ in balances) == 20 * 1_000 - 20 * 10
