"""What the books say of tax: every transfer of our own supply has its rate, its category and its day."""

from __future__ import annotations

import asyncio

import asyncpg

from kontorhaus.goods.orders.model.order import ORDER
from kontorhaus.kernel.time import utc_now
from tests.goods.orders.market import Market, advance, at_work
from tests.goods.orders.shop import Seen, euros


async def test_what_is_collected_and_given_back_says_its_tax(busy: Market) -> None:
    shop = busy.shop
    free = shop.fee(5_000, tax={"rate_ppm": 0, "category": "AE", "country": "FR"})
    reduced = shop.fee(10_700, tax={"rate_ppm": 70_000, "category": "S", "country": "DE"})
    await busy.house.post("/v1/test_clock", {})
    order = await busy.paid(await shop.place(shop.car(), shop.fee(), reduced, free))
    paid_on = order["payments"][0]["ended_at"][:10]
    await advance(busy, days=40)
    canceled = await shop.act(order, "cancel", line=1)
    assert canceled.status == 200, canceled.body
    back_on = canceled.json["lines"][1]["canceled_at"][:10]

    full, lower, reverse = (190_000, "S"), (70_000, "S"), (0, "AE")
    told = await busy.taxes(order)
    assert {row for row in told if row[:2] != ("deposit", "clearing")} == {
        ("clearing", "deposit", 1_889_500, None, None),
        ("deposit", "held", 1_850_000, None, None),
        ("deposit", "prepaid", 20_000, full, paid_on),
        ("deposit", "tax", 3_800, full, paid_on),
        ("deposit", "prepaid", 10_000, lower, paid_on),
        ("deposit", "tax", 700, lower, paid_on),
        ("deposit", "prepaid", 5_000, reverse, paid_on),
        ("prepaid", "deposit", 20_000, full, back_on),
        ("tax", "deposit", 3_800, full, back_on),
    }
    assert paid_on != back_on
    assert await busy.refused() == []


async def test_an_account_that_all_orders_share_is_of_none(market: Market, admin_database_url: str) -> None:
    orders = [await market.shop.place() for _ in range(2)]
    for order in orders:
        await market.pay(order)

    vault = await asyncpg.connect(admin_database_url)
    rows = await vault.fetch(
        "SELECT split_part(name, ':', 1) AS type, order_id, party_id FROM ledger_account WHERE org_id = $1",
        market.org_id,
    )
    await vault.close()
    of_orders = sorted((row["type"], row["order_id"]) for row in rows if row["order_id"] is not None)
    ids = [ORDER.parse(order["id"]) for order in orders]
    assert of_orders == sorted((kind, one) for kind in ("held", "prepaid") for one in ids)
    assert [row["party_id"] for row in rows if row["type"] == "tax"] == [None]


async def test_what_was_taken_too_much_leaves_net_and_tax_in_proportion(
    market: Market, admin_database_url: str
) -> None:
    """A part of a payment that was believed to have ended, and then the whole of the next one."""
    order = await market.shop.place(market.shop.fee(11_900), capture="manual")
    first = await market.pay(order)
    assert (await market.confirm(first)).json["status"] == "authorized"
    vault = await asyncpg.connect(admin_database_url)
    await vault.execute("UPDATE order_payment SET ended_at = $1 WHERE org_id = $2", utc_now(), market.org_id)
    await vault.close()
    second = await market.pay(order)
    await market.confirm(second)
    for payment, wanted in ((second, {}), (first, {"amount": euros(5_950)})):
        taken = await market.house.post(f"/v1/payments/{payment}/capture", wanted)
        assert taken.json["status"] == "captured", taken.body

    await _settled(market, order, "refund.succeeded")

    assert await market.balance(f"prepaid:{order['id']}") == 10_000
    assert await market.balance("tax:DE:output") == 1_900
    assert await market.deposit() == 0
    assert "order.overpaid" in await market.kinds(order)
    assert await market.refused() == []


async def _settled(market: Market, order: Seen, kind: str) -> None:
    async with at_work(market), asyncio.timeout(30):
        while kind not in await market.kinds(order):
            await asyncio.sleep(0.1)
