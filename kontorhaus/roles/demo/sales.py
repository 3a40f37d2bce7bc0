"""The three sales that the demo plays when it is not given others."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from kontorhaus.roles.demo.sale import Person, Price, PriceCut, Sale, SaleLine, Tax, Trouble

BUYER: Final = Person(name="Garage Lumière SARL", country="FR")
"""A dealer in Lyon."""

SELLER: Final = Person(name="Autohaus Pleiße GmbH", country="DE")
"""A dealer in Leipzig."""

_GERMAN_TAX: Final = Tax(rate_ppm=190_000, country="DE")

FIRST: Final = Sale(
    reference="demo-1",
    buyer=BUYER,
    lines=[
        SaleLine(
            model="agent",
            seller=SELLER,
            description="Volkswagen Golf, 2021",
            amount=Price(1_890_000, "EUR"),
        ),
        SaleLine(model="own", description="Buyer's fee", amount=Price(24_900, "EUR"), tax=_GERMAN_TAX),
        SaleLine(
            model="own", description="Transport Leipzig to Lyon", amount=Price(69_000, "EUR"), tax=_GERMAN_TAX
        ),
    ],
    capture="manual",
    card="pm_card_threeDSecure2Required",
)
"""A car, the fee and the transport on one order. The buyer's bank asks whether it is he."""

SECOND: Final = structs.replace(
    FIRST,
    reference="demo-2",
    lines=[
        SaleLine(
            model="agent", seller=SELLER, description="Opel Astra, 2019", amount=Price(1_120_000, "EUR")
        ),
        *FIRST.lines[1:],
    ],
    capture="automatic",
    card="pm_card_fr",
    price_cut=PriceCut(line=0, amount=Price(75_000, "EUR")),
)
"""A scratch is found at the hand-over: a part of the price goes back."""

THIRD: Final = structs.replace(
    SECOND,
    reference="demo-3",
    lines=[
        SaleLine(
            model="agent", seller=SELLER, description="Škoda Octavia, 2020", amount=Price(1_450_000, "EUR")
        ),
        *FIRST.lines[1:],
    ],
    price_cut=None,
    trouble=[Trouble.ANSWER_LOST, Trouble.WEBHOOK_TRIPLED],
)
"""The provider takes the money, its answer is lost, and its webhook comes three times."""

BUILT_IN: Final = (FIRST, SECOND, THIRD)
