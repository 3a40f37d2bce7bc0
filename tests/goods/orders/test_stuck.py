"""Money that goes to the wrong one, or to nobody: twice paid, found due too early, sent back in vain."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import structs

from kontorhaus.goods.orders import reactions
from kontorhaus.goods.orders.actions import delivering
from kontorhaus.goods.orders.actions.hearing import entry_id
from kontorhaus.goods.orders.model.entries import Entry
from kontorhaus.goods.orders.model.order import LINE, ORDER
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.payments import PAYMENT, PAYOUT
from kontorhaus.platform import eventlog
from kontorhaus.platform.eventlog import Event, SnapshotSequencer
from tests.goods.orders.market import Market, at_work, welcome
from tests.goods.orders.shop import Seen, euros, path


async def heard(market: Market) -> None:
    """Everything that was told so far, and nothing else, is heard."""
    (subscriber,) = reactions.subscribers()
    await eventlog.subscribe(market.db, subscriber.name)
    await SnapshotSequencer(market.db).tick()
    while (await eventlog.advance(market.db, subscriber, now=utc_now())).passed:
        pass


async def until(right: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await right():
            await asyncio.sleep(0.1)


async def test_the_seller_gets_the_price_and_what_was_paid_twice_goes_back(
    market: Market, admin_database_url: str
) -> None:
    """A payment that had ended was captured after all, and then the next one too; the release comes before the
    second's fact is heard."""
    order = await market.shop.place(market.shop.car(), inspection_days=0)
    first = await market.pay(order)
    vault = await asyncpg.connect(admin_database_url)
    await vault.execute("UPDATE order_payment SET ended_at = $1 WHERE org_id = $2", utc_now(), market.org_id)
    second = await market.pay(order)
    for payment in (first, second):
        assert (await market.confirm(payment)).json["status"] == "captured"
        if payment == first:
            await heard(market)

    handed = await market.shop.act(order, "hand_over", {}, line=0)
    assert handed.json["lines"][0]["collected"] == euros(2 * 1_850_000)
    line = LINE.parse(order["lines"][0]["id"])
    async with market.db.org(market.org_id) as tx:
        await delivering.release(tx, market.org_id, ORDER.parse(order["id"]), line, now=utc_now())
    await vault.close()

    assert (await market.shop.read(order))["lines"][0]["released"] == euros(1_850_000)
    async with at_work(market):
        await until(lambda: told(market, order, "refund.succeeded"))
    assert await market.balance(f"payable:{market.shop.seller}") == 1_850_000
    assert await market.held(order) == await market.deposit() == 0
    assert await market.refused() == []


async def told(market: Market, order: Seen, kind: str) -> bool:
    return kind in await market.kinds(order)


async def test_a_release_that_is_found_due_too_early_comes_again(
    market: Market, admin_database_url: str
) -> None:
    """As by a process whose clock runs ahead, or after a test clock that stood ahead was removed."""
    order = await market.shop.place(market.shop.car())
    await market.confirm(await market.pay(order))
    await market.shop.act(order, "hand_over", {}, line=0)
    vault = await asyncpg.connect(admin_database_url)
    early = "UPDATE job SET due_at = now() WHERE kind = 'orders.release' AND org_id = $1"
    waits = """SELECT count(*) FROM job
               WHERE kind = 'orders.release' AND org_id = $1 AND due_at > now() + interval '1 day'"""
    await vault.execute(early, market.org_id)

    async def again() -> bool:
        return bool(await vault.fetchval(waits, market.org_id) == 1)

    async with at_work(market):
        await until(again)
        assert (await market.shop.read(order))["lines"][0]["money"] == "held"
        assert await market.refused() == []
        await vault.execute("UPDATE order_line SET inspect_until = now() WHERE org_id = $1", market.org_id)
        await vault.execute(early, market.org_id)
        await market.until(order, lambda found: found["status"] == "completed")
    await vault.close()


async def test_what_did_not_arrive_can_be_sent_again(busy: Market) -> None:
    order = await busy.paid(await busy.shop.place(), "pm_card_visa")
    payment = order["payments"][0]["id"]
    early = await busy.house.post(f"/v1/payments/{payment}/refunds", {"amount": euros(1)})
    await busy.shop.act(order, "cancel", line=1)
    await until(lambda: told(busy, order, "refund.succeeded"))
    (sent,) = (await busy.sandbox.books())["refunds"]
    await busy.sandbox.control("POST", f"refunds/{sent}/fail", {"reason": "expired_or_canceled_card"})
    await until(lambda: told(busy, order, "refund.failed"))
    assert await busy.deposit() == 23_800
    assert "refund_again" in await busy.waits(order)

    much = await busy.house.post(f"/v1/payments/{payment}/refunds", {"amount": euros(23_801)})
    again = await busy.house.post(f"/v1/payments/{payment}/refunds", {})
    deposit = await busy.deposit()
    third = await busy.house.post(f"/v1/payments/{payment}/refunds", {})

    assert (early.status, early.json["code"]) == (422, "refund_allocated")
    assert (much.status, much.json["code"]) == (422, "refund_exceeded")
    assert (again.status, again.json["amount"]) == (201, euros(23_800)), again.body
    assert deposit == 0
    assert (third.status, third.json["code"]) == (422, "refund_allocated"), third.body
    assert await busy.held(order) == 1_850_000
    await until(lambda: heard_of(busy, order, again.json["id"]))
    assert "refund_again" not in await busy.waits(order)
    assert await busy.refused() == []


async def heard_of(market: Market, order: Seen, refund: str) -> bool:
    entries = (await market.timeline(order))["entries"]
    return any(one["about"] == refund for one in entries)


async def test_what_came_back_of_a_payout_stands_in_the_orders_books(busy: Market) -> None:
    await welcome(busy)
    order = await busy.paid(await busy.shop.place(busy.shop.car(), inspection_days=0))
    await busy.shop.act(order, "hand_over", {}, line=0)
    await until(lambda: told(busy, order, "payout.paid"))
    entries = (await busy.timeline(order))["entries"]
    payout = next(one["about"] for one in entries if one["kind"] == "payout.paid")

    async def returned() -> list[int]:
        return [one for _, reason, one in await busy.movements(order) if reason == "payout_returned"]

    async def back(*amounts: int) -> bool:
        found = (await busy.house.get(f"/v1/payouts/{payout}")).json
        return found["reversing"]["amount"] == 0 and sorted(await returned()) == sorted(amounts)

    for amount, before in ((400, []), (600, [400])):
        asked = await busy.house.post(f"/v1/payouts/{payout}/reverse", {"amount": euros(amount)})
        assert asked.status == 200, asked.body

        wanted = [*before, amount]
        async with asyncio.timeout(30):
            while not await back(*wanted):
                await asyncio.sleep(0.1)


async def test_the_timeline_is_in_the_order_in_which_things_happened(market: Market) -> None:
    """The fact of the capture is heard when the line has long been handed over."""
    order = await market.shop.place()
    await market.confirm(await market.pay(order))
    await asyncio.sleep(0.01)
    await market.shop.act(order, "hand_over", {}, line=1)

    await heard(market)

    found = (await market.timeline(order))["entries"]
    kinds = [one["kind"] for one in found]
    assert kinds.index("payment.captured") < kinds.index("order.handed_over")
    times = [one["at"] for one in found]
    assert times == sorted(times)


def test_facts_of_one_object_are_told_in_the_order_of_the_log() -> None:
    """The later one has the earlier time where its transaction had waited for the other's."""
    began = utc_now()
    payout = PAYOUT.new()

    def told_at(at: datetime, position: int) -> Event:
        return Event(1, position, UUID(int=0), at, "payout.paid", 1, "po", payout, b"")

    first = entry_id(told_at(began, 7), None)
    entry = Entry(first, began, "payout.sending", None, "po", payout, 100, None)
    second = entry_id(told_at(began - timedelta(seconds=2), 8), entry)
    third = entry_id(told_at(began + timedelta(seconds=2), 9), structs.replace(entry, id=second))

    assert first < second < third
    assert [one.version for one in (first, second, third)] == [7, 7, 7]


async def test_an_order_is_not_placed_with_what_can_never_collect_for_it(market: Market) -> None:
    shop = market.shop
    foreign = "conn_01kw4f5f2yfvarkbkczw01n3pm"
    dollars = shop.car() | {"amount": {"amount": 100, "currency": "USD"}}

    unknown = await shop.house.post("/v1/orders", shop.wanted(connection=foreign))
    other = await shop.house.post("/v1/orders", shop.wanted(dollars, connection=shop.connection))
    good = await shop.place(connection=shop.connection)

    assert (unknown.status, unknown.json["code"]) == (404, "payment_connection_not_found")
    assert (other.status, other.json["code"]) == (422, "payment_connection_unfit")
    assert PAYMENT.parse(await market.pay(good))
    assert (await shop.house.get(path(good))).json["connection"] == shop.connection
