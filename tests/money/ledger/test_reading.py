"""The books at any instant by either time, statements, trial balance, and what may not be read yet."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from kontorhaus.kernel.money import Money
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import ledger
from kontorhaus.money.ledger import Place, Time
from kontorhaus.money.ledger.errors import LedgerAccountNotFound, LedgerInstantInvalid
from kontorhaus.platform.db import Query, Tx
from tests.money.ledger.books import Books, transfer

HOUR = timedelta(hours=1)


async def at(books: Books, name: str, *instant: object) -> int:
    args = (books.db, books.org_id, books.entity, "EUR", name)
    found = await (ledger.balance_at(*args, *instant) if instant else ledger.balance(*args))  # type: ignore[arg-type]
    return found.balance


@pytest.mark.parametrize("sealed", ["never", "in the middle", "at the end"])
@pytest.mark.parametrize("name", ["deposit:anna", "revenue:fees"])
async def test_a_balance_at_every_instant_by_record(books: Books, name: str, sealed: str) -> None:
    instants = []
    for number in range(30):
        instants.append((await books.post(transfer("clearing:card", name, 1))).recorded_at)
        if sealed == "in the middle" and number == 15:
            assert await ledger.seal(books.db, books.org_id, books.entity) == 16
    if sealed == "at the end":
        assert await ledger.seal(books.db, books.org_id, books.entity) == 30

    assert [await at(books, name, instant) for instant in instants] == list(range(1, 31))
    assert await at(books, name, instants[0] - timedelta(microseconds=1)) == 0
    assert await at(books, name) == 30
    assert await at(books, "clearing:card") == 30


@pytest.mark.parametrize("sealed", [False, True])
async def test_a_balance_by_effect_knows_what_was_dated_back(books: Books, sealed: bool) -> None:
    now = utc_now()
    dates = [now - HOUR * hours for hours in (100, 50, 26, 25, 2, 1)] + [now + HOUR]
    for number, date in enumerate(reversed(dates)):
        await books.post(transfer("clearing:card", "revenue:fees", 10**number, effective_at=date))
        if sealed and number == 3:
            await ledger.seal(books.db, books.org_id, books.entity)
    plain = (await books.post(transfer("clearing:card", "revenue:fees", 10_000_000))).recorded_at
    before = [await at(books, "revenue:fees", date, Time.EFFECT) for date in dates[:-1]]

    assert before == [1_000_000, 1_100_000, 1_110_000, 1_111_000, 1_111_100, 1_111_110]
    assert await at(books, "revenue:fees", plain, Time.EFFECT) == 11_111_110
    assert await at(books, "revenue:fees", plain) == 11_111_111
    assert await at(books, "revenue:fees", dates[0] - timedelta(microseconds=1), Time.EFFECT) == 0


async def test_an_instant_to_come_is_refused(books: Books) -> None:
    await books.post(transfer("clearing:card", "revenue:fees", 1))
    with pytest.raises(LedgerInstantInvalid):
        await at(books, "revenue:fees", utc_now() + HOUR)


async def test_an_account_that_is_not_there(books: Books) -> None:
    with pytest.raises(LedgerAccountNotFound):
        await at(books, "revenue:fees")


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("name", ["deposit:anna", "revenue:fees"])
async def test_a_statement_runs_on_from_page_to_page(books: Books, name: str, sealed: bool) -> None:
    """Also where a page ends within an entry set."""
    for _ in range(7):
        await books.post(
            transfer("clearing:card", name, 5),
            transfer(name, "clearing:card", 2),
            transfer("clearing:card", name, 1),
        )
        if sealed:
            await ledger.seal(books.db, books.org_id, books.entity)
    seen, after = [], None
    while page := await ledger.statement(
        books.db, books.org_id, books.entity, "EUR", name, after=after, limit=4
    ):
        seen += [entry.balance for entry in page]
        after = page[-1].place

    assert seen == [balance + 4 * number for number in range(7) for balance in (5, 3, 4)]
    assert isinstance(after, Place)


async def test_the_trial_balance_is_zero_in_every_currency_and_in_the_base(books: Books) -> None:
    await books.post(
        transfer("clearing:card", "deposit:anna", 700),
        transfer("clearing:card", "fx:usdeur", Money(300, "USD"), base=Money(280, "EUR")),
        transfer("fx:usdeur", "clearing:card", 280),
    )
    rows = await ledger.trial_balance(books.db, books.org_id, books.entity)
    signed = [
        (row.currency, *((row.balance, row.base) if row.side == "debit" else (-row.balance, -row.base)))
        for row in rows
    ]

    assert len(rows) == 5
    assert {c: sum(b for currency, b, _ in signed if currency == c) for c in ("EUR", "USD")} == {
        "EUR": 0,
        "USD": 0,
    }
    assert sum(base for _, _, base in signed) == 0


async def test_the_general_ledger_of_a_period(books: Books) -> None:
    first = await books.post(transfer("clearing:card", "revenue:fees", 1))
    second = await books.post(
        transfer("clearing:card", "revenue:fees", 2), transfer("revenue:fees", "clearing:card", 1)
    )
    await books.post(transfer("clearing:card", "revenue:fees", 4))
    begin, end = first.recorded_at + timedelta(microseconds=1), second.recorded_at + timedelta(microseconds=1)
    rows = await ledger.general_ledger(books.db, books.org_id, books.entity, begin, end)

    assert [(row.name, row.debits, row.credits) for row in rows] == [
        ("clearing:card", 2, 1),
        ("revenue:fees", 1, 2),
    ]


async def test_who_reads_the_past_waits_for_those_in_flight(books: Books) -> None:
    """A sum account locks nobody out: of two posts the earlier instant may be committed later."""
    await books.post(transfer("clearing:card", "revenue:fees", 1))
    async with books.db.org(books.org_id) as tx:
        slow = (
            await ledger.post(tx, books.org_id, books.set(transfer("clearing:card", "revenue:fees", 10)))
        )[0]
        fast = await books.post(transfer("clearing:card", "revenue:fees", 100))
        assert slow.recorded_at < fast.recorded_at
        reading = asyncio.create_task(at(books, "revenue:fees", fast.recorded_at))
        await asyncio.sleep(0.2)
        assert not reading.done()

    assert await reading == 111
    assert await at(books, "revenue:fees", slow.recorded_at) == 11


@pytest.mark.parametrize("sealed", [False, True])
async def test_a_period_has_what_it_began_with_and_what_it_ended_with(books: Books, sealed: bool) -> None:
    """A sale of October that is recorded in November belongs to November by record, and to October by effect."""
    now = utc_now()
    october, november, december = (now - HOUR * hours for hours in (2_000, 1_000, 24))
    await books.post(transfer("clearing:card", "revenue:fees", 1, effective_at=october + HOUR))
    await books.post(transfer("clearing:card", "revenue:fees", 10, effective_at=november))
    await books.post(transfer("revenue:fees", "clearing:card", 3, effective_at=november + 5 * HOUR))
    await books.post(transfer("clearing:card", "revenue:fees", 100, effective_at=december))
    if sealed:
        await ledger.seal(books.db, books.org_id, books.entity)
    last = await books.post(transfer("clearing:card", "revenue:fees", 1_000))
    of = (books.db, books.org_id, books.entity)
    end = last.recorded_at + timedelta(microseconds=1)

    async def told(begin: datetime, end: datetime, by: Time) -> list[tuple[object, ...]]:
        rows = await ledger.general_ledger(*of, begin, end, by=by)
        trial = await ledger.trial_balance(*of, end - timedelta(microseconds=1), begin=begin, by=by)
        touched = [row for row in trial if row.debits or row.credits]
        assert touched == rows
        return [(row.name, row.opening, row.debits, row.credits, row.balance, row.base) for row in rows]

    assert await told(october, november, Time.EFFECT) == [
        ("clearing:card", 0, 1, 0, 1, 1),
        ("revenue:fees", 0, 0, 1, 1, 1),
    ]
    assert await told(november, december, Time.EFFECT) == [
        ("clearing:card", 1, 10, 3, 8, 8),
        ("revenue:fees", 1, 3, 10, 8, 8),
    ]
    assert await told(october, december, Time.RECORD) == []
    assert await told(last.recorded_at, end, Time.RECORD) == [
        ("clearing:card", 108, 1_000, 0, 1_108, 1_108),
        ("revenue:fees", 108, 0, 1_000, 1_108, 1_108),
    ]
    by_effect = await ledger.trial_balance(*of, november - timedelta(microseconds=1), by=Time.EFFECT)
    assert [(row.name, row.balance) for row in by_effect] == [("clearing:card", 1), ("revenue:fees", 1)]


@pytest.mark.parametrize("between", range(1, 9))
@pytest.mark.parametrize("how", [None, Time.RECORD, Time.EFFECT])
async def test_a_batch_that_is_closed_within_a_reading_counts_once(
    books: Books, monkeypatch: pytest.MonkeyPatch, how: Time | None, between: int
) -> None:
    """By the worker, after any statement of the reading."""
    day = utc_now() - timedelta(days=2)
    for _ in range(3):
        await books.post(transfer("clearing:card", "revenue:fees", 10, effective_at=day))
        last = await books.post(transfer("clearing:card", "revenue:fees", 1))
    maybe = Query.maybe
    read: list[int] = []

    async def closing(self: Any, tx: Tx, *values: object) -> Any:
        found = await maybe(self, tx, *values)
        read.append(1)
        if len(read) == between:
            await ledger.seal(books.db, books.org_id, books.entity)
        return found

    monkeypatch.setattr(Query, "maybe", closing)
    assert await at(books, "revenue:fees", *(() if how is None else (last.recorded_at, how))) == 33
