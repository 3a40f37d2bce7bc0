"""Canceling and cutting what was paid: exactly what was collected goes back, from where it lay."""

from __future__ import annotations

import asyncio

import asyncpg
from msgspec import structs

from kontorhaus.goods.orders import reactions
from kontorhaus.goods.orders.actions import hearing
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.payments import PAYMENT
from kontorhaus.platform import eventlog
from kontorhaus.platform.db import Tx
from kontorhaus.platform.eventlog import Event, SnapshotSequencer
from tests.goods.orders.market import Market, at_work
from tests.goods.orders.shop import Seen, euros


async def went_back(market: Market, order: Seen, times: int = 1) -> None:
    async with asyncio.timeout(30):
        while (await market.kinds(order)).count("refund.succeeded") < times:
            await asyncio.sleep(0.1)


async def charged(market: Market) -> list[tuple[int, int]]:
    """What the simulator took for each payment, and gave back."""
    books = await market.sandbox.books()
    return [(one["taken"], one["refunded"]) for one in books["payments"].values()]


async def test_a_canceled_line_gives_back_what_was_collected_for_it(busy: Market) -> None:
    order = await busy.paid(await busy.shop.place())

    fee = await busy.shop.act(order, "cancel", line=1)
    await went_back(busy, order)

    assert fee.json["lines"][1]["payment"] == "reversed"
    assert fee.json["lines"][1]["refunded"] == euros(23_800)
    assert await busy.balance(f"prepaid:{order['id']}") == 60_000
    assert await busy.balance("tax:DE:output") == 11_400
    assert await busy.held(order) == 1_850_000
    assert await busy.deposit() == 0
    assert await charged(busy) == [(1_945_200, 23_800)]
    assert await busy.refused() == []


async def test_a_canceled_order_gives_everything_back_at_once(busy: Market) -> None:
    order = await busy.paid(await busy.shop.place())

    canceled = await busy.shop.act(order, "cancel")
    await went_back(busy, order)

    assert canceled.json["status"] == "canceled"
    assert [line["money"] for line in canceled.json["lines"]] == ["refunded"] * 3
    assert await charged(busy) == [(1_945_200, 1_945_200)]
    for account in (f"prepaid:{order['id']}", "tax:DE:output", f"deposit:{busy.shop.buyer}"):
        assert await busy.balance(account) == 0
    assert (await busy.kinds(order)).count("refund.requested") == 1, "one refund for the whole payment"
    assert await busy.refused() == []


async def test_two_who_cancel_at_once_give_back_once(busy: Market) -> None:
    order = await busy.paid(await busy.shop.place())

    replies = await asyncio.gather(
        *(busy.shop.act(order, "cancel") for _ in range(3)),
        *(busy.shop.act(order, "cancel", line=0) for _ in range(3)),
    )
    await went_back(busy, order)

    assert {reply.status for reply in replies} == {200}
    assert sum(refunded for _, refunded in await charged(busy)) == 1_945_200
    assert await busy.refused() == []


async def test_a_line_is_canceled_or_handed_over_but_never_both(busy: Market) -> None:
    order = await busy.paid(await busy.shop.place())

    handed, canceled = await asyncio.gather(
        busy.shop.act(order, "hand_over", {}, line=0), busy.shop.act(order, "cancel", line=0)
    )

    assert sorted([handed.status, canceled.status]) == [200, 409]


async def test_a_price_cut_after_the_payment_goes_back(busy: Market) -> None:
    order = await busy.paid(await busy.shop.place())

    first = await busy.shop.act(order, "price_cut", {"amount": euros(50_000)}, line=0)
    second = await busy.shop.act(order, "price_cut", {"amount": euros(25_000)}, line=0)
    await went_back(busy, order, 2)

    assert first.json["lines"][0]["payment"] == second.json["lines"][0]["payment"] == "paid"
    assert second.json["lines"][0]["amount"] == euros(1_775_000)
    assert await busy.held(order) == 1_775_000
    assert await charged(busy) == [(1_945_200, 75_000)]
    assert await busy.refused() == []


async def test_what_two_payments_brought_goes_back_to_both(busy: Market) -> None:
    order = await busy.shop.place(capture="manual")
    for amount in (1_000_000, None):
        payment = await busy.pay(order)
        await busy.confirm(payment)
        wanted = {} if amount is None else {"amount": euros(amount)}
        await busy.house.post(f"/v1/payments/{payment}/capture", wanted)
        await busy.until(order, lambda found: found["payment"] is None)

    canceled = await busy.shop.act(order, "cancel")
    await went_back(busy, order, 2)

    assert canceled.json["status"] == "canceled"
    assert sorted(await charged(busy)) == [(945_200, 945_200), (1_000_000, 1_000_000)]
    assert await busy.deposit() == await busy.held(order) == 0
    assert await busy.refused() == []


async def test_money_of_a_payment_that_was_believed_to_have_ended_goes_back(
    market: Market, admin_database_url: str
) -> None:
    """The payment had ended for the order, which was canceled; and then the provider says that it took the money."""
    order = await market.shop.place()
    payment = await market.pay(order)
    await market.confirm(payment)
    vault = await asyncpg.connect(admin_database_url)
    await vault.execute(
        "UPDATE order_payment SET ended_at = now() WHERE payment_id = $1", PAYMENT.parse(payment)
    )
    await vault.close()
    canceled = await market.shop.act(order, "cancel")
    assert (canceled.json["status"], canceled.json["lines"][0]["collected"]) == ("canceled", euros(0))

    async with at_work(market):
        await went_back(market, order)

    found = await market.shop.read(order)
    assert [line["refunded"] for line in found["lines"]] == [line["amount"] for line in found["lines"]]
    assert await charged(market) == [(1_945_200, 1_945_200)]
    assert await market.held(order) == await market.deposit() == 0
    assert await market.refused() == []


async def test_killed_between_the_fact_and_its_effect_nothing_is_lost_and_nothing_done_twice(
    market: Market,
) -> None:
    """The reader's transaction is undone after all of its work, again and again; then it is let through."""
    order = await market.shop.place()
    await market.confirm(await market.pay(order))
    (subscriber,) = reactions.subscribers()
    await SnapshotSequencer(market.db).tick()

    async def killed(tx: Tx, event: Event) -> None:
        await hearing.hear(tx, event)
        raise SystemExit("the process is gone")

    await eventlog.subscribe(market.db, subscriber.name)
    dying = structs.replace(subscriber, apply=killed)
    for _ in range(3):
        try:
            while (await eventlog.advance(market.db, dying, now=utc_now())).passed:
                pass
        except SystemExit:
            continue
    assert (await market.shop.read(order))["status"] == "placed"

    async with at_work(market):
        await market.until(order, lambda found: found["status"] == "confirmed")
        async with asyncio.timeout(20):
            while "payment.captured" not in await market.kinds(order):
                await asyncio.sleep(0.1)
    kinds = await market.kinds(order)
    assert [kinds.count(kind) for kind in ("order.collected", "order.confirmed", "payment.captured")] == [
        1,
        1,
        1,
    ]
    assert await market.held(order) == 1_850_000
    assert await market.refused() == []
