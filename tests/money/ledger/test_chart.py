"""The standard chart against the postings of the house, fact by fact: all that they need, and nothing else."""

from __future__ import annotations

from typing import Final

import pytest

from kontorhaus.money import ledger
from kontorhaus.money.ledger import STANDARD, Side
from tests.money.ledger.books import Books, transfer

GIVEN_BACK: Final = "deposit receivable prepaid tax held recoverable chargebacks fees"
"""What is debited when a payment is undone."""

POSTINGS: Final[tuple[tuple[str, str, str], ...]] = (
    ("payment captured", "clearing", "deposit"),
    ("late failure of a payment", GIVEN_BACK, "clearing"),
    ("money allocated", "deposit", "receivable recoverable held"),
    ("prepayment for own supply", "deposit", "prepaid tax"),
    ("invoice opened", "receivable", "revenue deferred tax"),
    ("prepayment set off on the final invoice", "prepaid tax", "receivable"),
    ("supplied, or a period passed", "deferred", "revenue"),
    ("credit note", "deferred revenue tax", "receivable"),
    ("the part of a credit note that was paid", "receivable", "deposit"),
    ("agent price cut or cancel", "held payable recoverable", "deposit"),
    ("refund sent", "deposit", "clearing"),
    ("refund failed or reversed", "clearing", "deposit"),
    ("money released to the seller", "held", "payable"),
    ("our commission netted", "payable", "receivable"),
    ("debt recovered", "payable", "recoverable"),
    ("seller reserve kept", "payable", "reserve"),
    ("seller reserve freed", "reserve", "payable"),
    ("payout by the provider", "payable", "clearing"),
    ("payout by bank", "payable", "transit"),
    ("payout failed or returned", "clearing transit suspense", "payable"),
    ("provider fee", "fees", "clearing"),
    ("provider's reserve", "provider_reserve", "clearing"),
    ("settlement announced", "transit", "clearing"),
    ("bank line in", "bank", "suspense"),
    ("bank line out", "suspense", "bank"),
    ("line in matched", "suspense", "deposit transit clearing"),
    ("line out matched: what it was paid for", "deposit transit clearing payable fees tax", "suspense"),
    ("payment undone: returned debit", GIVEN_BACK, "clearing suspense"),
    ("payment undone: lost dispute", GIVEN_BACK, "disputed"),
    ("dispute: funds withdrawn", "disputed", "clearing"),
    ("dispute: funds reinstated", "clearing", "disputed"),
    ("write-off, accepted short payment", "bad_debt discounts tax", "receivable"),
    ("default interest, dunning fee", "receivable", "revenue"),
    ("principal buys", "inventory tax", "payable"),
    ("principal supplies", "cost", "inventory"),
    ("margin VAT", "revenue", "tax"),
    ("carrier's invoice or self-bill", "cost tax", "payable"),
    ("reverse charge", "tax", "tax"),
    ("multi-purpose credit sold", "deposit", "wallet"),
    ("multi-purpose credit used", "wallet", "receivable"),
    ("multi-purpose credit lapsed", "wallet", "revenue"),
    ("single-purpose credit sold", "receivable", "wallet_net tax"),
    ("single-purpose credit used or lapsed", "wallet_net", "revenue"),
    ("promotional credit granted", "promo_issued", "promo"),
    ("promotional credit used or lapsed", "promo", "promo_issued"),
    ("app-store sale", "clearing fees", "deferred revenue"),
    ("currency sold", "fx", "clearing"),
    ("currency bought", "clearing", "fx"),
    ("loss by exchange", "fx_result", "fx"),
    ("gain by exchange", "fx", "fx_result"),
    # A fact from outside posts whatever the balance: what a guard would refuse goes to the party's debt.
    ("spilled: undone or refunded beyond the deposit", "recoverable", "clearing suspense disputed"),
)
"""Fact, types that are debited, types that are credited."""

GUARDS: Final = {
    Side.CREDIT: {"held", "payable", "reserve", "wallet", "deposit"},
    Side.DEBIT: {"inventory", "recoverable"},
}


def pairs(debits: str, credits: str) -> set[tuple[str, str]]:  # noqa: A002
    return {(debit, credit) for debit in debits.split() for credit in credits.split()}


@pytest.mark.parametrize(("debits", "credited"), [p[1:] for p in POSTINGS], ids=[p[0] for p in POSTINGS])
def test_a_posting_and_its_undoing_are_allowed(debits: str, credited: str) -> None:
    allowed = set(STANDARD.routes)
    wanted = pairs(debits, credited)

    assert wanted - allowed == set()
    assert {(credit, debit) for debit, credit in wanted} - allowed == set()


def test_no_two_types_face_each_other_that_no_posting_needs() -> None:
    needed = {pair for _, debits, credited in POSTINGS for pair in pairs(debits, credited)}

    assert set(STANDARD.routes) - needed - {(credit, debit) for debit, credit in needed} == set()
    assert {kind.name for kind in STANDARD.types} == {name for pair in needed for name in pair}


def test_what_guards_is_what_binds_our_own_decisions() -> None:
    guards = {side: {k.name for k in STANDARD.types if k.guards and k.side == side} for side in Side}

    assert guards == GUARDS


async def test_books_begin_with_every_posting_of_the_house(books: Books) -> None:
    """Each posted in books that were just opened, and undone; in the end nothing is left anywhere."""
    for _, debits, credited in POSTINGS:
        for debit, credit in sorted(pairs(debits, credited)):
            first, second = (f"{debit}:a", f"{credit}:b") if debit == credit else (debit, credit)
            funded = [
                transfer("clearing", "deposit", 100),
                transfer("deposit", "held", 40),
                transfer("deposit", "payable", 30),
                transfer("payable", "reserve", 10),
                transfer("deposit", "wallet", 10),
                transfer("inventory", "payable", 10),
                transfer("recoverable", "deposit", 10),
            ]
            undone = [transfer(one.credit, one.debit, one.amount) for one in reversed(funded)]
            await books.post(*funded, transfer(first, second, 1), transfer(second, first, 1), *undone)
    rows = await ledger.trial_balance(books.db, books.org_id, books.entity)

    assert len(rows) >= len(STANDARD.types)
    assert {row.balance for row in rows} == {0}
