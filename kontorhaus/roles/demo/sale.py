"""A sale to be played: who buys what from whom, and what happens on the way. Also the form of a file of orders.

docs/demo.md describes it; lines and amounts look as they do in `POST /v1/orders`, so that a pointer into one is a
pointer into the other.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct

from kontorhaus.kernel.money import MINOR_MAX, Money, MoneyView

# "$" alone would let a line break pass behind the last character.
END = r"$(?!\n)"

TEXT = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?" + END
"""One line of text: no control characters, no blank at either end."""

LINES_MAX = 40
"""As many as an order of the house may have."""

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=TEXT)]

Amount = Annotated[int, Meta(ge=1, le=MINOR_MAX)]


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """Money above zero, in minor units: `{"amount": 1099, "currency": "EUR"}` is 10.99 EUR."""

    amount: Amount
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}" + END)]

    def money(self) -> Money:
        """CurrencyUnknown if it is none of ISO 4217."""
        return Money(self.amount, self.currency)

    def view(self) -> MoneyView:
        return MoneyView(self.amount, self.currency)


class Person(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A buyer or a seller. The same three fields are the same party."""

    name: Name
    country: Annotated[str, Meta(pattern="^[A-Z]{2}" + END)]
    kind: Literal["company", "person"] = "company"


class Tax(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The tax within the gross price of a line of one's own."""

    rate_ppm: Annotated[int, Meta(ge=0, le=1_000_000)]
    category: Annotated[str, Meta(min_length=1, max_length=2)] = "S"
    country: Annotated[str, Meta(pattern="^[A-Z]{2}" + END)]


class SaleLine(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Sold in a seller's name (`agent`), whose money is held for him, or one's own fee or service (`own`)."""

    model: Literal["agent", "own"]
    description: Name
    amount: Price
    seller: Person | None = None
    tax: Tax | None = None


class PriceCut(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of an agent's line that the buyer gets back after the hand-over. `line` counts from 0."""

    line: Annotated[int, Meta(ge=0, lt=LINES_MAX)]
    amount: Price


class Trouble(StrEnum):
    """What goes wrong at the provider."""

    ANSWER_LOST = "answer_lost"  # it takes the money, and its answer never arrives
    WEBHOOK_TRIPLED = "webhook_tripled"  # it tells of the payment three times
    WEBHOOK_LOST = "webhook_lost"  # it never tells of the payment


class Sale(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One order from placing it to the money in the seller's account."""

    reference: Annotated[
        str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*" + END)
    ]
    buyer: Person
    lines: Annotated[list[SaleLine], Meta(min_length=1, max_length=LINES_MAX)]
    inspection_days: Annotated[int, Meta(ge=0, le=90)] = 2
    capture: Literal["automatic", "manual"] = "automatic"
    card: Annotated[str, Meta(pattern="^pm_card_[A-Za-z0-9_]{1,80}" + END)] = "pm_card_visa"
    bank: Literal["approves", "refuses"] = "approves"
    price_cut: PriceCut | None = None
    trouble: Annotated[list[Trouble], Meta(max_length=len(Trouble))] = []

    @property
    def total(self) -> Money:
        """The price of all lines, which are in one currency."""
        return Money(sum(line.amount.amount for line in self.lines), self.lines[0].amount.currency)

    @property
    def sellers(self) -> list[Person]:
        """Each once, in the order of the lines."""
        return list(dict.fromkeys(line.seller for line in self.lines if line.seller is not None))
