"""Paying an order, and what the money does line by line."""

from __future__ import annotations

import asyncio

from kontorhaus.money.payments import PAYMENT
from tests.goods.orders.market import Market, at_work
from tests.goods.orders.shop import Seen, euros


async def test_what_is_captured_is_set_aside_line_by_line(busy: Market) -> None:
    order = await busy.shop.place()

    paid = await busy.paid(order)

    assert (paid["status"], paid["unpaid"]) == ("confirmed", euros(0))
    assert [line["payment"] for line in paid["lines"]] == ["paid"] * 3
    assert [line["delivery"] for line in paid["lines"]] == ["cleared"] * 3
    assert [line["money"] for line in paid["lines"]] == ["held", "none", "none"]
    assert await busy.held(order) == 1_850_000
    assert await busy.balance(f"prepaid:{order['id']}") == 20_000 + 60_000
    assert await busy.balance("tax:DE:output") == 3_800 + 11_400
    assert await busy.deposit() == 0
    assert await busy.refused() == []


async def test_no_reading_shows_half_of_a_change(busy: Market) -> None:
    """Readers look all the time while a payment is taken up: whoever sees it ended sees the order confirmed."""
    order = await busy.shop.place()
    await busy.confirm(await busy.pay(order))
    seen: list[Seen] = []

    async def look() -> None:
        while not seen or seen[-1]["status"] == "placed":
            seen.append(await busy.shop.read(order))

    async with asyncio.timeout(30):
        await asyncio.gather(*(look() for _ in range(4)))

    for found in seen:
        paid = (found["payment"] is None, found["unpaid"]["amount"] == 0, found["status"] == "confirmed")
        assert len(set(paid)) == 1, found


async def test_a_second_payment_is_refused_while_one_is_under_way(market: Market) -> None:
    order = await market.shop.place()
    payment = await market.pay(order)

    second = await market.shop.act(order, "pay", {})

    assert (second.status, second.json["code"]) == (409, "order_payment_open")
    assert second.json["facts"] == {"payment": payment, "payment_status": "requires_payment_method"}
    assert (await market.shop.read(order))["payment"] == payment


async def test_two_clients_who_begin_to_pay_at_once_begin_one_payment(market: Market) -> None:
    order = await market.shop.place()

    replies = await asyncio.gather(*(market.shop.act(order, "pay", {}) for _ in range(5)))

    begun = [reply.json["payment"] for reply in replies if reply.status == 200]
    refused = [reply.json["facts"]["payment"] for reply in replies if reply.status == 409]
    assert (len(begun), len(refused)) == (1, 4)
    assert set(refused) == set(begun)


async def test_the_same_payment_id_again_is_the_same_payment(market: Market) -> None:
    order, chosen = await market.shop.place(), PAYMENT.text(PAYMENT.new())

    first, second = [await market.shop.act(order, "pay", {"id": chosen}) for _ in range(2)]

    assert (first.status, second.status) == (200, 200)
    assert first.json == second.json
    assert first.json["payment"] == chosen


async def test_nothing_changes_under_a_payment(market: Market) -> None:
    order = await market.shop.place()
    payment = await market.pay(order)

    replies = [
        await market.shop.act(order, "cancel"),
        await market.shop.act(order, "cancel", line=1),
        await market.shop.act(order, "price_cut", {"amount": euros(1)}, line=0),
    ]

    assert {(reply.status, reply.json["facts"]["payment"]) for reply in replies} == {(409, payment)}


async def test_a_payment_that_was_voided_makes_room_for_the_next(market: Market) -> None:
    order = await market.shop.place()
    first = await market.pay(order)
    voided = await market.house.post(f"/v1/payments/{first}/void")
    assert voided.json["status"] == "canceled"

    cut = await market.shop.act(order, "price_cut", {"amount": euros(50_000)}, line=0)
    second = await market.pay(order)

    assert cut.status == 200, cut.body
    assert second != first
    assert [row["amount"] for row in (await market.shop.read(order))["payments"]] == [
        euros(1_945_200),
        euros(1_895_200),
    ]


async def test_who_has_just_paid_is_not_told_that_he_has_not(market: Market) -> None:
    """No worker runs: the fact of the capture is not heard, and yet the next call knows it."""
    order = await market.shop.place()
    assert (await market.confirm(await market.pay(order))).json["status"] == "captured"

    handed = await market.shop.act(order, "hand_over", {}, line=1)

    assert (handed.status, handed.json["status"]) == (200, "confirmed")
    async with at_work(market):
        heard = await market.until(order, lambda found: True)
        await asyncio.sleep(1)
        assert (await market.shop.read(order))["version"] == heard["version"], (
            "heard late, it changes nothing"
        )
    assert (await market.kinds(order)).count("order.collected") == 1


async def test_what_is_paid_is_not_paid_again(busy: Market) -> None:
    order = await busy.shop.place()
    await busy.paid(order)

    again = await busy.shop.act(order, "pay", {})

    assert (again.status, again.json["code"]) == (409, "order_paid")


async def test_a_partial_capture_leaves_the_rest_to_the_next_payment(busy: Market) -> None:
    order = await busy.shop.place(capture="manual")
    first = await busy.pay(order)
    assert (await busy.confirm(first, "pm_card_visa")).json["status"] == "authorized"
    assert await busy.waits(order) == ["capture"]

    taken = await busy.house.post(f"/v1/payments/{first}/capture", {"amount": euros(1_000_001)})
    assert taken.json["status"] == "captured", taken.body
    part = await busy.until(order, lambda found: found["payment"] is None)
    second = await busy.pay(order)
    await busy.confirm(second, "pm_card_visa")
    await busy.house.post(f"/v1/payments/{second}/capture", {})
    whole = await busy.until(order, lambda found: found["status"] == "confirmed")

    assert part["unpaid"] == euros(945_199)
    assert {line["payment"] for line in part["lines"]} == {"partially_paid"}
    assert [line["collected"] for line in whole["lines"]] == [line["amount"] for line in whole["lines"]]
    assert await busy.held(order) == 1_850_000
    assert await busy.balance(f"prepaid:{order['id']}") == 80_000
    assert await busy.balance("tax:DE:output") == 15_200
    assert await busy.refused() == []


async def test_a_declined_card_leaves_the_payment_to_another_one(busy: Market) -> None:
    order = await busy.shop.place()
    payment = await busy.pay(order)

    declined = await busy.confirm(payment, "pm_card_visa_chargeDeclined")
    assert await busy.waits(order) == ["payment_method"]
    paid = await busy.confirm(payment)

    assert declined.json["status"] == "requires_payment_method"
    assert paid.json["status"] == "captured"
    await busy.until(order, lambda found: found["status"] == "confirmed")


async def test_the_payers_bank_asks_first(busy: Market) -> None:
    order = await busy.shop.place()
    payment = await busy.pay(order)
    asked = await busy.confirm(payment, "pm_card_authenticationRequired")
    assert asked.json["status"] == "requires_action"
    assert await busy.waits(order) == ["payer"]

    url = asked.json["action_url"]
    async with busy.sandbox.session.post(url, data={"outcome": "approve"}, allow_redirects=False) as answered:
        back = answered.headers["location"]
    async with busy.sandbox.session.get(back, allow_redirects=False):
        pass

    async with asyncio.timeout(30):
        while "payment.captured" not in (kinds := await busy.kinds(order)):
            await asyncio.sleep(0.1)
    assert (await busy.shop.read(order))["status"] == "confirmed"
    assert kinds.index("payment.action_required") < kinds.index("payment.captured")
