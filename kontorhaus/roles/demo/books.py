"""The end of the story: our books, the provider's books beside them, and every invariant of the house."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from kontorhaus.kernel.money import Money
from kontorhaus.kernel.time import monotonic
from kontorhaus.money.payments import PAYMENT
from kontorhaus.platform.db import Db
from kontorhaus.roles.checks import every_check
from kontorhaus.roles.demo.comparing import by_ledger, by_provider
from kontorhaus.roles.demo.desk import LOOK_SECONDS, WAIT_SECONDS_MAX, View
from kontorhaus.roles.demo.playing import Played
from kontorhaus.roles.demo.sale import Sale
from kontorhaus.roles.demo.stage import Stage
from kontorhaus.roles.demo.telling import Teller, amount, written

METADATA: Final = "kontorhaus_payment"
"""Under which name the provider keeps our id of a payment."""


class Beside(Struct, frozen=True):
    """One sum in both books."""

    what: str
    ours: Money
    provider: Money

    @property
    def equal(self) -> bool:
        return self.ours == self.provider


class Charged(Struct, frozen=True):
    """How often the provider charged the card of a sale, and how often it should have."""

    sale: str
    times: int
    due: int

    @property
    def equal(self) -> bool:
        return self.times == self.due


class Compared(Struct, frozen=True):
    """Our books beside the provider's. `sound` is what the provider says of its own."""

    charges: Sequence[Charged]
    sums: Sequence[Beside]
    sound: bool

    @property
    def agrees(self) -> bool:
        return self.sound and all(one.equal for one in self.charges) and all(one.equal for one in self.sums)


async def tell(stage: Stage, sales: Sequence[Played], db: Db) -> bool:
    """Tell the books and the invariants. Says whether everything is true that must be.

    The provider tells of its fees, and of what was captured, by webhooks: those under way are waited for.
    """
    rows = await _trial_balance(stage)
    compared = await _compared(stage, sales, rows)
    began = monotonic()
    while not compared.agrees and monotonic() - began < WAIT_SECONDS_MAX:
        await asyncio.sleep(LOOK_SECONDS)
        rows = await _trial_balance(stage)
        compared = await _compared(stage, sales, rows)
    told = stage.tell
    told("books", "The books: every account, and what is on it.", entity=stage.entity)
    for row in rows:
        told(
            "account",
            f"{row['name']:44} {row['side']:6} {amount(row['balance']):>20}",
            name=row["name"],
            side=row["side"],
            balance=row["balance"],
        )
    straight = _told_trial(rows, told)
    told("books", "The same at Stripe, by its own books.", sound=compared.sound)
    _told_beside(compared, told)
    return await _checked(db, told) and straight and compared.agrees


async def _trial_balance(stage: Stage) -> list[View]:
    return await stage.desk.every(f"/v1/ledger/entities/{stage.entity}/trial_balance")


def _told_trial(rows: Sequence[View], told: Teller) -> bool:
    """Debits and credits of each currency, which must be the same."""
    straight = True
    for currency, sides in _sides(rows).items():
        left, right = Money(sides["debit"], currency), Money(sides["credit"], currency)
        straight = straight and left == right
        told(
            "trial_balance",
            f"Trial balance in {currency}: debits {written(left)}, credits {written(right)}.",
            debits=left.view(),
            credits=right.view(),
            equal=left == right,
        )
    return straight


def _told_beside(compared: Compared, told: Teller) -> None:
    for charged in compared.charges:
        told(
            "charges",
            f"{charged.sale}: Stripe has charged the card {charged.times} times; due were {charged.due}",
            sale=charged.sale,
            times=charged.times,
            due=charged.due,
            equal=charged.equal,
        )
    for one in compared.sums:
        told(
            "beside",
            f"{one.what:44} {written(one.ours):>20} {'=' if one.equal else '≠'} {written(one.provider)}",
            what=one.what,
            ours=one.ours.view(),
            provider=one.provider.view(),
            equal=one.equal,
        )


def _sides(rows: Sequence[View]) -> dict[str, dict[str, int]]:
    sums: dict[str, dict[str, int]] = defaultdict(lambda: {"debit": 0, "credit": 0})
    for row in rows:
        sums[row["balance"]["currency"]][row["side"]] += row["balance"]["amount"]
    return sums


async def _compared(stage: Stage, sales: Sequence[Played], rows: Sequence[View]) -> Compared:
    theirs = await stage.provider.books()
    charges: list[Charged] = []
    found: list[Beside] = []
    for sale in sales:
        if sale.payment:
            payment = await stage.desk.get(f"/v1/payments/{sale.payment['id']}")
            intents = _intents(payment, theirs["payments"])
            times = sum(intent["charges"] for intent in intents)
            charges.append(Charged(sale.sale.reference, times, 1 if payment["captured"]["amount"] else 0))
            found += _payment(sale.sale, payment, intents)
    clearing = f"clearing:{stage.connection}"
    currencies = [row["balance"]["currency"] for row in rows if row["name"] == clearing]
    found += await _totals(stage, theirs, currencies)
    found += _clearing(clearing, rows, theirs["accounts"])
    return Compared(charges, found, theirs["sound"])


def _intents(payment: View, theirs: View) -> list[View]:
    """Whatever the provider has made for a payment of ours: one, if all is well."""
    own = str(PAYMENT.parse(payment["id"]))
    return [one for one in theirs.values() if one["metadata"].get(METADATA) == own]


def _payment(sale: Sale, payment: View, intents: Sequence[View]) -> Iterator[Beside]:
    """What was taken and given back of one payment, over all that the provider has made for it."""
    currency = payment["amount"]["currency"]
    for what, ours, name in (
        ("captured", payment["captured"], "taken"),
        ("refunded", payment["refunded"], "refunded"),
    ):
        provider = Money(sum(intent[name] for intent in intents), currency)
        yield Beside(f"{sale.reference}: {what}", Money(ours["amount"], currency), provider)


async def _totals(stage: Stage, theirs: View, currencies: Sequence[str]) -> list[Beside]:
    """Over all sales, ours by the movements in the ledger alone."""
    provider = by_provider(theirs)
    ledger = await by_ledger(stage.desk.get, stage.entity, stage.connection, currencies=currencies)
    return [
        Beside(f"all together: {what}", Money(ledger[name], currency), Money(provider[name], currency))
        for name in sorted(provider.keys() | ledger.keys())
        for what, _, currency in (name.rpartition(" "),)
    ]


def _clearing(name: str, rows: Sequence[View], accounts: View) -> Iterator[Beside]:
    """What the provider keeps for us: its fees are off, as in our books."""
    platform = next(one for own, one in accounts.items() if one["platform"] == own)
    ours = {row["balance"]["currency"]: row["balance"]["amount"] for row in rows if row["name"] == name}
    theirs: dict[str, int] = defaultdict(int)
    for part in (platform["available"], platform["pending"]):
        for currency, minor in part.items():
            theirs[currency.upper()] += minor
    for currency in sorted(ours.keys() | theirs.keys()):
        yield Beside(
            "left at the provider", Money(ours.get(currency, 0), currency), Money(theirs[currency], currency)
        )


async def _checked(db: Db, told: Teller) -> bool:
    """`kontorhaus check`: every invariant, each with the first rows that break it."""
    told("checks", "What must be true of the house, each asked of the database.")
    all_true = True
    for check in every_check():
        broken = await check.broken(db)
        all_true = all_true and not broken
        rows = "".join(f"; {row.subject}: {row.detail}" for row in broken)
        told(
            "check",
            f"{'true ' if not broken else 'FALSE'} {check.name}: {check.says}{rows}",
            name=check.name,
            ok=not broken,
            rows=broken,
        )
    return all_true
