"""The races in which payment systems are known to lose money or take it twice, each under its own name: through the
API, with a worker, against the simulator as a process that answers, calls and fails at the worst moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from kontorhaus.kernel.ids import uuid7
from kontorhaus.kernel.money import Money
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import payments
from kontorhaus.money.payments import OPERATION, PAYMENT, Allocation, NewPayment
from kontorhaus.people.parties import PARTY
from tests.goods.orders.market import at_work as market_at_work
from tests.goods.orders.market import opened_market
from tests.money.payments.conftest import Shop, at_work

INTENTS = "/v1/payment_intents"
SLOWLY = 1500
"""Milliseconds: a webhook is carried out in less, and the gateway of the tests waits for three seconds."""


async def until(look: Callable[[], Awaitable[bool]], seconds: float = 40) -> None:
    async with asyncio.timeout(seconds):
        while not await look():
            await asyncio.sleep(0.1)


async def quiet(shop: Shop) -> None:
    """Until every webhook that the simulator has sent is carried out."""

    async def look() -> bool:
        sent = (await shop.sandbox.control("GET", "deliveries"))["data"]
        async with shop.db.org(shop.org_id, read_only=True) as tx:
            waiting = await tx.connection.fetchval(
                "SELECT count(*) FROM inbox_message WHERE status = 'waiting'"
            )
        return not waiting and all(one["outcome"] != "waiting" for one in sent)

    await until(look)


async def messages(shop: Shop) -> dict[str, int]:
    """How many webhooks came to which end."""
    async with shop.db.org(shop.org_id, read_only=True) as tx:
        rows = await tx.connection.fetch("SELECT status, count(*) AS n FROM inbox_message GROUP BY status")
        failed = await tx.connection.fetchval("SELECT coalesce(sum(failures), 0) FROM inbox_message")
    return {row["status"]: row["n"] for row in rows} | {"failures": failed}


async def once(shop: Shop, payment: Any, amount: int) -> None:
    """The payment was taken once, posted once and told once."""
    found = await shop.read(payment)
    assert (found["status"], found["captured"]["amount"]) == ("captured", amount), found
    assert await shop.charged() == [(amount, 1, 0)]
    assert await shop.balance(shop.deposit) == amount
    assert (await shop.kinds(payment)).count("payment.captured") == 1


async def status_of(shop: Shop, payment: Any) -> str:
    return str((await shop.read(payment))["status"])


async def keys(shop: Shop) -> set[str]:
    """The idempotency keys under which the simulator did anything to payments and refunds."""
    account = {"authorization": f"Bearer {shop.sandbox.key}"}
    _, found = await shop.sandbox.ask("GET", "/v1/events?limit=100", **account)
    told = [one for one in found["data"] if one["type"].startswith(("payment_intent.", "refund.", "charge."))]
    assert told
    asked = {(one["request"] or {}).get("idempotency_key") for one in told}
    return {key for key in asked if key is not None}


async def test_race_1_webhook_and_confirm_both_carry_out_and_the_money_is_captured_once(shop: Shop) -> None:
    await shop.listen()
    # The webhooks, each of them twice, come while the call that caused them waits for its answer, which is then lost.
    await shop.sandbox.fault("webhook_doubled", times=20)
    await shop.sandbox.fault("timeout_after", method="POST", path=INTENTS, delay_ms=SLOWLY)
    payment = await shop.create(1099)

    async with at_work(shop):
        confirming = asyncio.create_task(shop.confirm(payment))
        await until(lambda: _is(shop, payment, "captured"))
        assert not confirming.done(), "the webhook was to be faster than the answer"
        reply = await confirming
        await quiet(shop)

    assert (reply.status, reply.json["status"]) == (200, "captured")
    await once(shop, payment, 1099)
    (operation,) = await shop.operations(payment)
    assert operation["status"] == "succeeded"


async def _is(shop: Shop, payment: Any, status: str) -> bool:
    return await status_of(shop, payment) == status


async def test_race_1_webhook_and_capture_both_carry_out_and_nothing_is_captured_twice(shop: Shop) -> None:
    await shop.listen()
    payment = await shop.paid(4000, capture_method="manual")
    await shop.sandbox.fault("webhook_doubled", times=20)
    await shop.sandbox.fault("timeout_after", method="POST", path=f"{INTENTS}/*/capture", delay_ms=SLOWLY)

    async with at_work(shop):
        replies = await asyncio.gather(*(shop.act(payment, "capture", {}) for _ in range(3)))
        await quiet(shop)

    assert [reply.status for reply in replies].count(200) == 1
    assert {reply.json["code"] for reply in replies if reply.status != 200} <= {
        "payment_conflict",
        "payment_operation_open",
    }
    await once(shop, payment, 4000)


async def test_race_2_a_confirmation_beside_its_webhook_counts_the_amount_once(shop: Shop) -> None:
    """Both end well here: many payments at once, so that some answers are first and some webhooks are."""
    await shop.listen()
    made = [await shop.create(1000 + number) for number in range(8)]

    async with at_work(shop):
        replies = await asyncio.gather(*(shop.confirm(payment) for payment in made))
        await quiet(shop)

    assert {reply.status for reply in replies} <= {200, 202}
    total = sum(1000 + number for number in range(8))
    assert await shop.balance(shop.deposit) == total
    assert sorted(await shop.charged()) == [(1000 + number, 1, 0) for number in range(8)]
    for payment in made:
        assert (await shop.kinds(payment)).count("payment.captured") == 1
    assert (await messages(shop))["failures"] == 0


async def test_race_3_automatic_retries_use_one_key_however_often_the_provider_is_lost(shop: Shop) -> None:
    await shop.sandbox.fault("timeout_before", method="POST", path=INTENTS, times=2)
    await shop.sandbox.fault("timeout_after", method="POST", path=INTENTS, times=1)
    payment = await shop.create(4000)
    assert (await shop.confirm(payment)).status == 202
    for _ in range(4):
        await asyncio.gather(shop.janitor(), shop.janitor())
    await once(shop, payment, 4000)

    await shop.sandbox.fault("timeout_before", method="POST", path="/v1/refunds", times=2)
    await shop.sandbox.fault("timeout_after", method="POST", path="/v1/refunds", times=1)
    await shop.act(payment, "refunds", {"amount": {"amount": 1500, "currency": "EUR"}})
    for _ in range(4):
        await asyncio.gather(shop.janitor(), shop.janitor())

    assert await shop.charged() == [(4000, 1, 1500)]
    assert await shop.balance(shop.deposit) == 2500
    every = (await shop.house.get("/v1/operations")).json["data"]
    assert sorted(one["kind"] for one in every) == ["authorize", "refund"]
    assert await keys(shop) == {str(OPERATION.parse(one["id"])) for one in every}


async def test_race_4_a_page_that_is_loaded_again_does_not_pay_twice(shop: Shop) -> None:
    payment = await shop.create(1500)
    await shop.sandbox.fault("slow", method="POST", path=INTENTS, delay_ms=500)

    # The same page sends its key again; a page that was loaded anew has another one.
    same = [shop.confirm(payment, **{"idempotency-key": "the-page"}) for _ in range(3)]
    anew = [shop.confirm(payment, **{"idempotency-key": f"loaded-{number}"}) for number in range(2)]
    replies = await asyncio.gather(*same, *anew)
    after = await shop.confirm(payment, **{"idempotency-key": "the-page"})
    later = await shop.confirm(payment, **{"idempotency-key": "much-later"})

    assert sum(reply.status == 200 for reply in replies) == 1
    assert {reply.json["code"] for reply in replies if reply.status != 200} <= {
        "idempotency_key_in_flight",
        "payment_operation_open",
        "payment_conflict",
    }
    assert later.json["code"] == "payment_conflict"
    assert later.json["facts"]["status"] == "captured"
    assert after.status in (200, 409)
    await once(shop, payment, 1500)


async def test_race_5_an_unknown_payment_blocks_a_second_one_and_then_turns_out_paid(shop: Shop) -> None:
    payment = await shop.create(1099)
    await shop.sandbox.fault("timeout_after", method="POST", path=INTENTS)
    assert (await shop.confirm(payment)).status == 202
    await shop.sandbox.fault("error_before", path=f"{INTENTS}*", times=500)

    blocked = [await shop.confirm(payment, "pm_card_mastercard") for _ in range(2)]
    voided = await shop.act(payment, "void")
    await shop.sandbox.control("DELETE", "faults")
    async with at_work(shop):  # its janitor looks five seconds after the call was claimed
        await until(lambda: _is(shop, payment, "captured"))
    told = await shop.confirm(payment, "pm_card_mastercard")

    assert [reply.json["code"] for reply in (*blocked, voided)] == ["payment_operation_open"] * 3
    assert (told.json["code"], told.json["facts"]["status"]) == ("payment_conflict", "captured")
    await once(shop, payment, 1099)


async def test_race_6_unknown_that_turns_out_paid_is_posted_and_told_as_by_the_direct_way(shop: Shop) -> None:
    async def sold(number: int) -> tuple[Any, str]:
        share = f"held:race_{number}"
        new = NewPayment(
            id=PAYMENT.new(),
            entity=PARTY.parse(shop.entity),
            payer=PARTY.parse(shop.payer),
            amount=Money(5000, "EUR"),
            allocations=(Allocation(share, Money(4000, "EUR")), Allocation("prepaid:x", Money(1000, "EUR"))),
            reference=uuid7(),
        )
        async with shop.db.org(shop.org_id) as tx:
            await payments.create(tx, shop.org_id, new, now=utc_now())
        return {"id": PAYMENT.text(new.id)}, share

    direct, of_direct = await sold(1)
    lost, of_lost = await sold(2)
    assert (await shop.confirm(direct)).json["status"] == "captured"
    await shop.sandbox.fault("timeout_after", method="POST", path=INTENTS)
    assert (await shop.confirm(lost)).status == 202

    async with at_work(shop):
        await until(lambda: _is(shop, lost, "captured"))

    assert await shop.balance(of_lost) == await shop.balance(of_direct) == 4000
    assert await shop.balance("prepaid:x") == 2000
    assert await shop.balance(shop.deposit) == 0
    told = [[kind for kind in await shop.kinds(one) if kind != "payment.fee_known"] for one in (direct, lost)]
    assert told[0] == told[1]


async def test_race_6_an_order_sees_the_payment_that_was_unknown_and_counts_it(
    resources: Any, organization: Any, sandbox: Any
) -> None:
    async with opened_market(resources, organization, sandbox) as market:
        order = await market.shop.place()
        async with market_at_work(market):
            payment = await market.pay(order)
            await sandbox.fault("timeout_after", method="POST", path=INTENTS, delay_ms=0)
            await market.confirm(payment)
            paid = await market.until(order, lambda found: found["status"] == "confirmed")

        assert {line["payment"] for line in paid["lines"]} == {"paid"}
        assert await market.held(order) > 0
        assert await market.refused() == []


async def test_race_10_a_storm_of_the_same_webhooks_fails_nowhere_and_counts_once(shop: Shop) -> None:
    await shop.listen()
    await shop.sandbox.fault("webhook_doubled", times=200, copies=10)
    made = [await shop.create(1000) for _ in range(3)]

    async with at_work(shop):
        await asyncio.gather(*(shop.confirm(payment) for payment in made))
        await asyncio.gather(*(shop.act(payment, "refunds", {}) for payment in made))
        await quiet(shop)

    found = await messages(shop)
    assert found.keys() <= {"done", "failures"}
    assert (found["failures"], found["done"] > 0) == (0, True)
    assert await shop.charged() == [(1000, 1, 1000)] * 3
    assert await shop.balance(shop.deposit) == 0
    for payment in made:
        assert (await shop.kinds(payment)).count("payment.captured") == 1


async def test_race_11_webhooks_in_any_order_leave_what_is_so_now(shop: Shop) -> None:
    await shop.listen()
    for event, late in (("payment_intent.created", 1200), ("payment_intent.payment_failed", 900)):
        await shop.sandbox.fault("webhook_reordered", event=event, times=5, delay_ms=late)
    await shop.sandbox.fault("webhook_reordered", event="refund.created", times=5, delay_ms=600)
    payment = await shop.create(2000)

    async with at_work(shop):
        declined = await shop.confirm(payment, "pm_card_chargeDeclined")
        assert declined.json["status"] == "requires_payment_method"
        paid = await shop.confirm(payment)
        made = await shop.act(payment, "refunds", {"amount": {"amount": 700, "currency": "EUR"}})
        await quiet(shop)

    assert paid.json["status"] == "captured"
    seen = await shop.read(payment)
    assert (seen["status"], seen["error"], seen["refunded"]["amount"]) == ("captured", None, 700)
    assert (await shop.house.get(f"/v1/refunds/{made.json['id']}")).json["status"] == "succeeded"
    assert await shop.charged() == [(2000, 1, 700)]
    assert await shop.balance(shop.deposit) == 1300
    assert (await shop.kinds(payment)).count("payment.captured") == 1


async def test_two_clients_confirm_at_once_with_keys_of_their_own_and_one_is_told_what_is_so(
    shop: Shop,
) -> None:
    payment = await shop.create(1099)
    await shop.sandbox.fault("slow", method="POST", path=INTENTS, delay_ms=500)

    replies = await asyncio.gather(*(shop.confirm(payment, method) for method in TWO_CARDS))

    won, told = sorted(replies, key=lambda reply: reply.status)
    assert (won.status, won.json["status"]) == (200, "captured")
    assert (told.status, told.json["code"]) == (409, "payment_operation_open")
    assert told.json["facts"]["kind"] == "authorize"
    later = await shop.confirm(payment, TWO_CARDS[1])
    assert (later.status, later.json["code"]) == (409, "payment_conflict")
    assert (later.json["facts"]["status"], later.json["facts"]["captured"]) == ("captured", 1099)
    await once(shop, payment, 1099)


TWO_CARDS = ("pm_card_visa", "pm_card_mastercard")


async def test_two_clients_capture_at_once_with_keys_of_their_own_and_one_is_told_what_is_so(
    shop: Shop,
) -> None:
    payment = await shop.paid(4000, capture_method="manual")
    await shop.sandbox.fault("slow", method="POST", path=f"{INTENTS}/*/capture", delay_ms=500)
    part = {"amount": {"amount": 4000, "currency": "EUR"}}

    replies = await asyncio.gather(*(shop.act(payment, "capture", part) for _ in range(2)))

    won, told = sorted(replies, key=lambda reply: reply.status)
    assert (won.status, won.json["status"]) == (200, "captured")
    assert (told.status, told.json["code"]) == (409, "payment_operation_open")
    assert told.json["facts"]["kind"] == "capture"
    later = await shop.act(payment, "capture", part)
    assert (later.status, later.json["code"]) == (409, "payment_conflict")
    assert (later.json["facts"]["status"], later.json["facts"]["captured"]) == ("captured", 4000)
    await once(shop, payment, 4000)


async def test_two_clients_refund_at_once_with_keys_of_their_own_and_one_is_told_what_is_so(
    shop: Shop,
) -> None:
    payment = await shop.paid(4000)
    await shop.sandbox.fault("slow", method="POST", path="/v1/refunds", delay_ms=500)
    body = {"amount": {"amount": 1500, "currency": "EUR"}}

    replies = await asyncio.gather(*(shop.act(payment, "refunds", body) for _ in range(2)))

    won, told = sorted(replies, key=lambda reply: reply.status)
    assert (won.status, won.json["status"]) == (201, "succeeded")
    assert (told.status, told.json["code"]) == (409, "payment_conflict")
    assert (told.json["facts"]["refund"], told.json["facts"]["refunded"]) == (won.json["id"], 1500)
    assert "should-retry" not in told.headers or told.headers["should-retry"] == "false"
    assert await shop.charged() == [(4000, 1, 1500)]
    assert await shop.balance(shop.deposit) == 2500
    # Who wants a second one, knowing of the first, gets it.
    assert (await shop.act(payment, "refunds", body)).status == 201
    assert await shop.charged() == [(4000, 1, 3000)]


async def test_a_refund_that_was_unknown_is_not_made_again_by_the_next_who_asks(shop: Shop) -> None:
    payment = await shop.paid(4000)
    await shop.sandbox.fault("timeout_after", method="POST", path="/v1/refunds")
    body = {"amount": {"amount": 1500, "currency": "EUR"}}
    unknown = await shop.act(payment, "refunds", body)

    told = await shop.act(payment, "refunds", body)

    assert unknown.status == 202
    assert (told.status, told.json["facts"]["refund"]) == (409, unknown.json["id"])
    assert await shop.charged() == [(4000, 1, 1500)]


async def test_who_refunds_what_is_left_of_nothing_is_told_that_it_was_given_back(shop: Shop) -> None:
    payment = await shop.paid(4000)
    assert (await shop.act(payment, "refunds", {})).status == 201

    again = await shop.act(payment, "refunds", {})

    assert (again.status, again.json["code"], again.json["facts"]["most"]) == (422, "refund_exceeded", 0)
