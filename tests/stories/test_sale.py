"""A dealer in Lyon buys a car from a seller in Leipzig, with our fee and the transport on the same order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import pytest

from kontorhaus.money import ledger
from kontorhaus.people.access import Founded
from kontorhaus.people.parties import PARTY
from kontorhaus.roles.resources import Resources
from tests.goods.orders.market import Market, advance, at_work, opened_market, welcome
from tests.goods.orders.shop import Seen, path
from tests.support import stripe
from tests.support.stripe import Sandbox

TOLD = [
    "The order was placed.",
    "A payment of 19452.00 EUR was begun.",
    "The buyer's bank asks the buyer to confirm the payment (3-D Secure).",
    "19452.00 EUR was taken from the buyer.",
    "The payment has ended; 19452.00 EUR of it is in the books for the lines of this order.",
    "Everything is paid: the order is confirmed.",
    '"Volkswagen Golf, 2021" was handed over.',
    '"Fee" was handed over.',
    '"Transport Leipzig to Lyon" was handed over.',
    'The time for objections to "Volkswagen Golf, 2021" is over: 18500.00 EUR is the seller\'s.',
    "Everything is done: the order is completed.",
    "The provider was asked to pay 18500.00 EUR to the seller.",
    "18500.00 EUR was paid out to the seller.",
]

POSTED = [
    ("captured", 1_945_200),
    ("held", 1_850_000),
    ("prepaid", 20_000),
    ("tax", 3_800),
    ("prepaid", 60_000),
    ("tax", 11_400),
    ("released", 1_850_000),
    ("paid_out", 1_850_000),
]


@pytest.fixture
async def market(resources: Resources, organization: Founded) -> AsyncIterator[Market]:
    with stripe.started() as simulator:
        async with aiohttp.ClientSession() as session:
            sandbox = Sandbox(simulator.url, session, simulator.process, stripe.fresh_key())
            async with opened_market(resources, organization, sandbox) as found, at_work(found):
                yield found


async def test_a_car_is_sold_paid_handed_over_and_paid_out(market: Market) -> None:
    await welcome(market)
    await market.house.post("/v1/test_clock", {})
    order = await market.shop.place(reference="2026-1042")
    payment = await market.pay(order, return_url="https://shop.example.com/done")

    asked = await market.confirm(payment, "pm_card_authenticationRequired")
    assert asked.json["status"] == "requires_action"
    await passed_his_bank(market, asked.json["action_url"])
    await market.until(order, lambda found: found["status"] == "confirmed")
    for line in range(3):
        handed = await market.shop.act(order, "hand_over", {}, line=line)
        assert handed.status == 200, handed.body
    await advance(market, days=2)
    # Card money is the seller's at the provider some days after the sale; a payout waits for it.
    await market.sandbox.control("POST", "clock", {"advance_seconds": 7 * 86_400})
    await told(market, order, "payout.paid")

    done = await market.shop.read(order)
    assert done["status"] == "completed"
    assert [line["money"] for line in done["lines"]] == ["released", "none", "none"]
    story = await market.timeline(order)
    texts = [entry["text"] for entry in story["entries"] if entry["kind"] != "payment.fee_known"]
    assert sorted(texts) == sorted(TOLD)
    assert story["waiting_for"] == []
    await the_books_are_right(market, order)
    heard = await market.house.get("/v1/events?types=payment.captured,payout.paid,order.completed&limit=10")
    assert [one["type"] for one in heard.json["data"]] == [
        "payment.captured",
        "order.completed",
        "payout.paid",
    ]
    assert await market.refused() == []


async def passed_his_bank(market: Market, url: str) -> None:
    session = market.sandbox.session
    async with session.post(url, data={"outcome": "approve"}, allow_redirects=False) as answered:
        back = answered.headers["location"]
    async with session.get(back, allow_redirects=False) as returned:
        assert returned.status == 303


async def told(market: Market, order: Seen, kind: str) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(40):
            while kind not in await market.kinds(order):
                await asyncio.sleep(0.1)
            return
    raise AssertionError(await market.timeline(order))


async def the_books_are_right(market: Market, order: Seen) -> None:
    movements = [
        (reason, amount) for kind, reason, amount in await market.movements(order) if reason != "fee"
    ]
    assert movements == POSTED
    drawing = await market.house.get(f"{path(order)}/books/drawing")
    assert (drawing.status, drawing.headers["content-type"]) == (200, "image/svg+xml")
    assert drawing.body.count(b'class="arrow"') >= len(POSTED)
    rows = await ledger.trial_balance(market.db, market.org_id, PARTY.parse(market.shop.entity))
    assert sum(row.balance if row.side == "debit" else -row.balance for row in rows) == 0
    assert await market.held(order) == 0
    assert await market.deposit() == 0
    assert await market.balance(f"payable:{market.shop.seller}") == 0
