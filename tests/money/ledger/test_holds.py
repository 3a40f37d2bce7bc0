"""Holds: announced, then posted in whole or in part, voided, or ended by their time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from kontorhaus.kernel.errors import DomainError
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.ledger import Entry, PostHold, VoidHold
from kontorhaus.money.ledger.errors import (
    LedgerBalanceInsufficient,
    LedgerHoldEnded,
    LedgerHoldExceeded,
    LedgerIdReused,
)
from tests.money.ledger.books import Books, hold, post_hold, transfer, void_hold


@pytest.fixture
async def funded(books: Books) -> Books:
    await books.post(transfer("clearing:card", "deposit:anna", 100), transfer("deposit:anna", "held:1", 100))
    return books


async def test_what_is_held_cannot_be_spent(funded: Books) -> None:
    held = hold("held:1", "payable:seller", 80)
    await funded.post(held)
    assert await funded.guard("held:1") == (100, 80)

    with pytest.raises(LedgerBalanceInsufficient):
        await funded.post(transfer("held:1", "deposit:anna", 21))
    with pytest.raises(LedgerBalanceInsufficient):
        await funded.post(hold("held:1", "deposit:anna", 21))
    await funded.post(transfer("held:1", "deposit:anna", 20))


@pytest.mark.parametrize(("part", "left"), [(None, 20), (80, 20), (30, 70)])
async def test_a_hold_is_posted_in_whole_or_in_part(funded: Books, part: int | None, left: int) -> None:
    held = hold("held:1", "payable:seller", 80)
    await funded.post(held)
    ending = post_hold(held, part)
    first = await funded.post(ending)
    again = await funded.post(ending)

    assert await funded.guard("held:1") == (left, 0)
    assert await funded.guard("payable:seller") == (100 - left, 0)
    assert again.recorded_at == first.recorded_at
    assert again.repeated


async def test_a_voided_hold_leaves_no_transfer(funded: Books) -> None:
    held = hold("held:1", "payable:seller", 80)
    await funded.post(held)
    ending = void_hold(held)
    await funded.post(ending)

    assert (await funded.post(ending)).repeated
    assert await funded.guard("held:1") == (100, 0)
    assert await funded.count() == 2


async def test_a_hold_ends_once(funded: Books) -> None:
    held = hold("held:1", "payable:seller", 80)
    await funded.post(held)
    endings: list[Entry] = [post_hold(held), void_hold(held), post_hold(held, 5)] * 3
    outcomes = await asyncio.gather(*(funded.post(ending) for ending in endings), return_exceptions=True)

    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) in (1, 3), (
        "one ending, and its repeats"
    )
    assert {type(o) for o in outcomes if isinstance(o, BaseException)} == {LedgerHoldEnded}


async def test_no_more_than_was_held_is_posted(funded: Books) -> None:
    held = hold("held:1", "payable:seller", 80)
    await funded.post(held)

    with pytest.raises(LedgerHoldExceeded):
        await funded.post(post_hold(held, 81))


async def test_two_endings_in_one_call(funded: Books) -> None:
    held = hold("held:1", "payable:seller", 80)
    await funded.post(held)
    outcomes = await funded.each(funded.set(void_hold(held)), funded.set(post_hold(held)))

    assert [type(outcome).__name__ for outcome in outcomes] == ["Recorded", "LedgerHoldEnded"]


async def test_a_set_that_falls_leaves_its_hold_open(funded: Books) -> None:
    held = hold("held:1", "payable:seller", 80)
    await funded.post(held)
    with pytest.raises(LedgerBalanceInsufficient):
        await funded.post(post_hold(held), transfer("payable:seller", "reserve:seller", 81))

    assert await funded.guard("held:1") == (100, 80)
    await funded.post(post_hold(held), transfer("payable:seller", "reserve:seller", 80))
    assert await funded.guard("reserve:seller") == (80, 0)


async def test_holds_end_by_the_clock_that_is_handed_in(funded: Books) -> None:
    due = utc_now() + timedelta(days=30)
    timed, endless, posted = (hold("held:1", "payable:seller", 20, expires_at=at) for at in (due, None, due))
    await funded.post(timed, endless, posted)
    await funded.post(post_hold(posted))

    assert await funded.expire(due - timedelta(seconds=1)) == 0
    assert await funded.expire(due) == 1
    assert await funded.expire(due) == 0
    assert await funded.guard("held:1") == (80, 20)
    with pytest.raises(LedgerHoldEnded) as caught:
        await funded.post(post_hold(timed))
    assert caught.value.facts == {"outcome": "expired"}


async def test_another_hold_under_an_id_is_a_conflict(funded: Books) -> None:
    held = hold("held:1", "payable:seller", 80)
    await funded.post(held)
    assert (await funded.post(held)).repeated
    refusals: list[DomainError] = []
    for other in (hold("held:1", "payable:seller", 79), hold("held:1", "payable:other", 80)):
        with pytest.raises(LedgerIdReused) as caught:
            await funded.post(
                type(other)(id=held.id, debit=other.debit, credit=other.credit, amount=other.amount)
            )
        refusals.append(caught.value)

    assert [refusal.facts["field"] for refusal in refusals] == ["amount", "credit"]


async def test_an_id_that_ended_a_hold_is_answered_alike_each_time(books: Books) -> None:
    """Whichever came first, and whichever way it is posted: the id of a void is no transfer's, that of a posting is."""
    held = [hold("clearing:card", "revenue:a", 2) for _ in range(4)]
    await books.post(*held)
    voided = void_hold(held[0])
    moved = transfer("clearing:card", "revenue:b", 1)
    of_void = transfer("clearing:card", "revenue:b", 1, id=voided.id)
    void_of_moved = VoidHold(id=moved.id, hold=held[1].id)
    for entry in (voided, moved, of_void, void_of_moved):
        first = await books.post(entry)
        again = await books.post(entry)
        assert (again.recorded_at, first.repeated, again.repeated) == (first.recorded_at, False, True)
    for entry in (voided, of_void, moved, void_of_moved):
        assert (await books.post(entry)).repeated

    posted = post_hold(held[2])
    await books.post(posted)
    for other in (
        transfer("clearing:card", "revenue:a", 2, id=posted.id),
        VoidHold(id=posted.id, hold=held[3].id),
        PostHold(id=voided.id, hold=held[3].id),
        PostHold(id=moved.id, hold=held[3].id),
    ):
        for _ in range(2):
            with pytest.raises(LedgerIdReused):
                await books.post(other)
