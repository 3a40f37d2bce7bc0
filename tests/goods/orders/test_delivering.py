"""Handing over, the time for objections on the organization's clock, the release and the payout."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from tests.goods.orders.market import Market, advance, welcome
from tests.goods.orders.shop import euros


async def test_the_money_goes_to_the_seller_when_nobody_has_objected(busy: Market) -> None:
    await welcome(busy)
    await busy.house.post("/v1/test_clock", {})
    order = await busy.paid(await busy.shop.place(busy.shop.car()))

    handed = (await busy.shop.act(order, "hand_over", {}, line=0)).json
    line = handed["lines"][0]
    await advance(busy, days=1, hours=23)
    early = await busy.shop.read(order)
    waits = await busy.waits(order)
    await advance(busy, hours=1)
    done = await busy.until(order, lambda found: found["status"] == "completed")

    assert (line["delivery"], line["money"]) == ("handed_over", "held")
    since, until = [datetime.fromisoformat(line[name]) for name in ("handed_over_at", "inspect_until")]
    assert until - since == timedelta(days=2)
    assert (early["lines"][0]["money"], waits) == ("held", ["inspection"])
    assert done["lines"][0]["money"] == "released"
    assert done["lines"][0]["released_at"] == line["inspect_until"], "at that very instant"
    assert await busy.held(order) == 0
    await paid_out(busy, order)
    assert await busy.balance(f"payable:{busy.shop.seller}") == 0
    assert await busy.refused() == []


async def paid_out(market: Market, order: dict[str, object]) -> None:
    """Wait until the timeline tells that the seller has the money."""
    async with asyncio.timeout(30):
        while "payout.paid" not in await market.kinds(order):
            await asyncio.sleep(0.1)


async def test_a_payout_waits_for_its_seller(busy: Market) -> None:
    order = await busy.paid(await busy.shop.place(busy.shop.car(), inspection_days=0))

    await busy.shop.act(order, "hand_over", {}, line=0)
    await busy.until(order, lambda found: found["status"] == "completed")
    async with asyncio.timeout(20):
        while await busy.waits(order) != ["seller"]:
            await asyncio.sleep(0.1)
    await welcome(busy)

    await paid_out(busy, order)
    assert await busy.waits(order) == []
    assert await busy.refused() == []


async def test_two_who_hand_over_at_once_hand_over_once(busy: Market) -> None:
    order = await busy.paid(await busy.shop.place())

    replies = await asyncio.gather(*(busy.shop.act(order, "hand_over", {}, line=0) for _ in range(4)))

    assert {reply.status for reply in replies} == {200}
    assert len({reply.json["lines"][0]["inspect_until"] for reply in replies}) == 1
    assert (await busy.kinds(order)).count("order.handed_over") == 1


async def test_what_was_handed_over_is_not_canceled(busy: Market) -> None:
    order = await busy.paid(await busy.shop.place())
    await busy.shop.act(order, "hand_over", {}, line=0)

    replies = [await busy.shop.act(order, "cancel", line=0), await busy.shop.act(order, "cancel")]

    assert {(reply.status, reply.json["code"]) for reply in replies} == {(409, "order_conflict")}
    assert (await busy.shop.act(order, "cancel", line=2)).status == 200, "another line can"


async def test_nothing_is_handed_over_tomorrow_or_before_it_was_sold(busy: Market) -> None:
    order = await busy.paid(await busy.shop.place())
    placed = datetime.fromisoformat(order["created_at"])

    for at in (placed + timedelta(days=1), placed - timedelta(seconds=1)):
        reply = await busy.shop.act(order, "hand_over", {"at": at.isoformat()}, line=0)
        assert (reply.status, reply.json["errors"][0]["pointer"]) == (400, "/at")


async def test_a_cut_after_the_hand_over_goes_back_and_the_rest_on(busy: Market) -> None:
    await busy.house.post("/v1/test_clock", {})
    order = await busy.paid(await busy.shop.place(busy.shop.car()))
    await busy.shop.act(order, "hand_over", {}, line=0)

    cut = await busy.shop.act(order, "price_cut", {"amount": euros(150_000)}, line=0)
    await advance(busy, days=2)
    done = await busy.until(order, lambda found: found["status"] == "completed")
    late = await busy.shop.act(order, "price_cut", {"amount": euros(1)}, line=0)

    line = done["lines"][0]
    assert (cut.json["lines"][0]["refunded"], cut.json["lines"][0]["money"]) == (euros(150_000), "held")
    assert (line["refunded"], line["released"], line["money"]) == (euros(150_000), euros(1_700_000), "split")
    assert (late.status, late.json["code"]) == (409, "order_line_released")
    assert await busy.refused() == []
