"""Placing an order, and changing one that nobody has paid yet."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kontorhaus.goods.orders import LINE, ORDER
from tests.goods.orders.shop import Shop, euros, path


async def test_an_order_is_placed_with_its_lines(shop: Shop) -> None:
    order = await shop.place(reference="2026-1042")

    assert order["status"] == "placed"
    assert order["amount"] == order["unpaid"] == euros(1_945_200)
    assert [line["payment"] for line in order["lines"]] == ["unpaid"] * 3
    assert [line["delivery"] for line in order["lines"]] == ["pending"] * 3
    assert [line["money"] for line in order["lines"]] == ["none"] * 3
    assert order["lines"][1]["tax"]["net"] == euros(20_000)
    assert order["lines"][1]["tax"]["amount"] == euros(3_800)
    assert await shop.read(order) == order


async def test_the_same_order_again_is_the_same_order(shop: Shop) -> None:
    wanted = shop.wanted(id=ORDER.text(ORDER.new()))

    first, second = [await shop.house.post("/v1/orders", wanted) for _ in range(2)]

    assert first.status == second.status == 201
    assert first.json == second.json


async def test_two_clients_who_place_the_same_order_at_once_place_one(shop: Shop) -> None:
    wanted = shop.wanted(id=ORDER.text(ORDER.new()))

    replies = await asyncio.gather(*(shop.house.post("/v1/orders", wanted) for _ in range(6)))

    assert {reply.status for reply in replies} == {201}
    assert len({reply.json["lines"][0]["id"] for reply in replies}) == 1
    assert len((await shop.house.get(f"/v1/orders?buyer={shop.buyer}")).json["data"]) == 1


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("/reference", {"reference": "other"}),
        ("/inspection_days", {"inspection_days": 5}),
        ("/capture", {"capture": "manual"}),
        ("/lines", {"lines": 1}),
        ("/lines/0/amount", {"amount": 1}),
        ("/lines/0/description", {"description": "Another car"}),
        ("/lines/0/id", {"line": True}),
    ],
)
async def test_the_same_id_with_other_content_names_the_field(
    shop: Shop, field: str, change: dict[str, Any]
) -> None:
    order_id = ORDER.text(ORDER.new())
    await shop.place(shop.car(), shop.fee(), id=order_id)
    car = shop.car()
    if "amount" in change:
        car = shop.car(change.pop("amount"))
    if "description" in change:
        car = shop.car(description=change.pop("description"))
    if change.pop("line", None):
        car = shop.car(id=LINE.text(LINE.new()))
    lines = [car] if change.pop("lines", None) else [car, shop.fee()]

    reply = await shop.house.post("/v1/orders", shop.wanted(*lines, id=order_id, **change))

    assert (reply.status, reply.json["code"], reply.json["facts"]["field"]) == (409, "order_exists", field)


async def test_a_lines_id_belongs_to_one_order(shop: Shop) -> None:
    line = LINE.text(LINE.new())
    await shop.place(shop.car(id=line))

    reply = await shop.house.post("/v1/orders", shop.wanted(shop.car(id=line)))

    assert (reply.status, reply.json["facts"]["field"]) == (409, "/lines/0/id")
    assert len((await shop.house.get("/v1/orders")).json["data"]) == 1, "nothing is half done"


async def test_what_does_not_fit_together_is_named(shop: Shop) -> None:
    lines = [
        shop.car(0),
        shop.car(seller=None),
        shop.fee(tax=None),
        shop.fee(seller=shop.seller),
        shop.fee(tax={"rate_ppm": 190_000, "category": "AE", "country": "FR"}),
        shop.car() | {"amount": {"amount": 5, "currency": "USD"}},
    ]
    lines[1].pop("seller")
    lines[2].pop("tax")

    reply = await shop.house.post("/v1/orders", shop.wanted(*lines))

    assert (reply.status, reply.json["code"]) == (400, "order_invalid")
    assert [fault["pointer"] for fault in reply.json["errors"]] == [
        "/lines/0/amount/amount",
        "/lines/1/seller",
        "/lines/2/tax",
        "/lines/3/seller",
        "/lines/4/tax/rate_ppm",
        "/lines/5/amount/currency",
    ]


async def test_everyone_who_is_named_has_his_role(shop: Shop) -> None:
    wrong = shop.wanted(shop.car(seller=shop.buyer), entity=shop.seller)

    reply = await shop.house.post("/v1/orders", wrong)

    assert [fault["pointer"] for fault in reply.json["errors"]] == ["/entity", "/lines/0/seller"]


async def test_a_party_of_nobody_is_not_found(shop: Shop) -> None:
    reply = await shop.house.post("/v1/orders", shop.wanted(buyer="pty_01kw4f5f2yfvarkbkczw01n3pm"))

    assert (reply.status, reply.json["code"]) == (404, "party_not_found")


async def test_orders_are_listed_by_one_filter(shop: Shop) -> None:
    placed = [await shop.place(reference=f"R-{number}") for number in range(3)]
    ids = [order["id"] for order in placed]
    await shop.act(placed[0], "cancel")

    async def listed(query: str) -> list[str]:
        reply = await shop.house.get(f"/v1/orders?{query}")
        assert reply.status == 200, reply.body
        return [row["id"] for row in reply.json["data"]]

    assert await listed("") == ids[::-1]
    assert await listed("status=placed") == [ids[2], ids[1]]
    assert await listed(f"buyer={shop.buyer}") == ids[::-1]
    assert await listed(f"seller={shop.seller}") == ids[::-1]
    assert await listed(f"seller={shop.buyer}") == []
    assert await listed("reference=R-1") == [ids[1]]
    refused = await shop.house.get("/v1/orders?reference=R-1&status=placed")
    assert (refused.status, refused.json["code"]) == (400, "order_filter_invalid")


async def test_what_nobody_has_paid_is_canceled_without_a_refund(shop: Shop) -> None:
    order = await shop.place()

    one = await shop.act(order, "cancel", line=1)
    again = await shop.act(order, "cancel", line=1)
    whole = await shop.act(order, "cancel")

    assert (one.status, one.json["status"]) == (200, "placed")
    assert one.json["amount"] == euros(1_921_400)
    assert again.json["version"] == one.json["version"], "canceling again changes nothing"
    assert (whole.json["status"], whole.json["unpaid"]) == ("canceled", euros(0))


async def test_the_last_line_takes_the_order_with_it(shop: Shop) -> None:
    order = await shop.place(shop.car())

    assert (await shop.act(order, "cancel", line=0)).json["status"] == "canceled"


async def test_a_price_is_cut_before_anyone_has_paid(shop: Shop) -> None:
    order = await shop.place()

    cut = await shop.act(order, "price_cut", {"amount": euros(50_000)}, line=0)

    assert cut.json["lines"][0]["amount"] == euros(1_800_000)
    assert cut.json["lines"][0]["ordered"] == euros(1_850_000)
    assert cut.json["unpaid"] == euros(1_895_200)


@pytest.mark.parametrize(
    ("line", "amount", "code"),
    [
        (0, euros(0), "order_cut_invalid"),
        (0, euros(-1), "order_cut_invalid"),
        (0, euros(1_850_000), "order_cut_invalid"),
        (1, euros(100), "order_cut_invalid"),
        (0, {"amount": 1, "currency": "USD"}, "order_invalid"),
    ],
)
async def test_a_cut_that_cannot_be_is_refused(shop: Shop, line: int, amount: Any, code: str) -> None:
    order = await shop.place()

    reply = await shop.act(order, "price_cut", {"amount": amount}, line=line)

    assert reply.json["code"] == code
    assert await shop.read(order) == order


async def test_what_is_not_paid_is_not_handed_over(shop: Shop) -> None:
    order = await shop.place()

    reply = await shop.act(order, "hand_over", {}, line=0)

    assert (reply.status, reply.json["code"], reply.json["facts"]["delivery"]) == (
        409,
        "order_conflict",
        "pending",
    )


async def test_a_placed_order_waits_for_its_buyer(shop: Shop) -> None:
    order = await shop.place()

    told = (await shop.house.get(f"{path(order)}/timeline")).json

    assert [entry["text"] for entry in told["entries"]] == ["The order was placed."]
    assert [(one["what"], one["text"]) for one in told["waiting_for"]] == [
        ("payment", "The buyer has to pay 19452.00 EUR.")
    ]


async def test_the_books_of_an_order_that_nobody_has_paid_are_empty(shop: Shop) -> None:
    order = await shop.place()

    books = await shop.house.get(f"{path(order)}/books")
    drawing = await shop.house.get(f"{path(order)}/books/drawing")

    assert books.json["movements"] == []
    assert drawing.status == 200
    assert drawing.headers["content-type"] == "image/svg+xml"
