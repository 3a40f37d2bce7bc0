"""Idempotency keys as Stripe treats them, and the faults that they are there for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
import stripe
from stripe import StripeClient

from tests.sandbox.stripe.running import pay, seller
from tests.support.stripe import Sandbox, running

T = TypeVar("T")

PARAMS: Any = {
    "amount": 10_00,
    "currency": "eur",
    "payment_method": "pm_card_visa",
    "allowed_payment_method_types": ["card"],
    "confirm": True,
}


async def _create(client: StripeClient, key: str, **more: Any) -> stripe.PaymentIntent:
    params: Any = {**PARAMS, **more}
    return await client.v1.payment_intents.create_async(params, {"idempotency_key": key})


async def _taken(sandbox: Sandbox) -> list[int]:
    return [payment["taken"] for payment in (await sandbox.books())["payments"].values()]


async def test_the_same_key_gives_the_same_answer_and_one_charge(
    sandbox: Sandbox, client: StripeClient
) -> None:
    first = await _create(client, "k1")
    second = await _create(client, "k1")

    assert first.to_dict() == second.to_dict()
    assert second.last_response is not None
    assert first.last_response is not None
    assert second.last_response.headers["idempotent-replayed"] == "true"
    assert second.last_response.headers["original-request"] == first.last_response.request_id
    assert await _taken(sandbox) == [10_00]


async def test_the_same_key_for_something_else_is_refused(sandbox: Sandbox, client: StripeClient) -> None:
    intent = await _create(client, "k1")

    with pytest.raises(stripe.IdempotencyError) as refused:
        await _create(client, "k1", amount=10_01)
    with pytest.raises(stripe.IdempotencyError):
        await client.v1.refunds.create_async({"payment_intent": intent.id}, {"idempotency_key": "k1"})

    assert refused.value.http_status == 400
    assert await _taken(sandbox) == [10_00]


async def test_two_at_once_are_one_charge(own: Sandbox) -> None:
    await own.fault("slow", path="/v1/payment_intents", delay_ms=1500)
    client = own.client()
    first = asyncio.create_task(_create(client, "k1"))
    await asyncio.sleep(0.2)

    with pytest.raises(stripe.APIError) as busy:
        await _create(client, "k1")

    assert busy.value.error is not None
    assert (busy.value.http_status, busy.value.error.code) == (409, "idempotency_key_in_use")
    assert (await first).id == (await _create(client, "k1")).id
    assert await _taken(own) == [10_00]


async def test_the_sdk_waits_for_the_one_in_progress_by_itself(own: Sandbox) -> None:
    await own.fault("slow", path="/v1/payment_intents", delay_ms=400)
    client = own.client(retries=5)

    first, second = await asyncio.gather(_create(client, "k1"), _create(client, "k1"))

    assert first.id == second.id
    assert await _taken(own) == [10_00]


async def test_a_key_belongs_to_an_account(sandbox: Sandbox, client: StripeClient) -> None:
    first = await _create(client, "k1")
    rotated = await _create(sandbox.client(f"{sandbox.key}_rotated"), "k1")
    stranger = await _create(sandbox.client("sk_test_strangerhere"), "k1")

    assert first.id == rotated.id
    assert first.id != stranger.id


async def test_a_key_is_forgotten_after_a_day(own: Sandbox) -> None:
    client = own.client()
    first = await _create(client, "k1")
    await own.control("POST", "clock", {"advance_seconds": 86_399 - 5})
    assert (await _create(client, "k1")).id == first.id

    await own.control("POST", "clock", {"advance_seconds": 10})

    assert (await _create(client, "k1")).id != first.id
    assert await _taken(own) == [10_00, 10_00]


async def test_a_decline_is_remembered_and_a_wrong_parameter_is_not(
    sandbox: Sandbox, client: StripeClient
) -> None:
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            await _create(client, "k1", payment_method="pm_card_visa_chargeDeclined")
    assert len((await client.v1.charges.list_async()).data) == 1

    with pytest.raises(stripe.InvalidRequestError):
        await _create(client, "k2", amount="ten")
    assert (await _create(client, "k2")).status == "succeeded"
    assert await _taken(sandbox) == [10_00, 0]


async def test_a_refusal_in_the_deed_is_remembered(client: StripeClient) -> None:
    intent = await pay(client)
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            await client.v1.refunds.create_async(
                {"payment_intent": intent.id, "amount": 10_01}, {"idempotency_key": "r1"}
            )
    assert refused.value.headers is not None
    assert refused.value.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize(("kind", "taken"), [("error_before", []), ("error_after", [10_00])])
async def test_an_error_of_stripes_own_is_remembered_too(own: Sandbox, kind: str, taken: list[int]) -> None:
    await own.fault(kind, method="POST", path="/v1/payment_intents")
    client = own.client()

    for _ in range(2):
        with pytest.raises(stripe.APIError) as broken:
            await _create(client, "k1")
        assert broken.value.http_status == 500

    assert await _taken(own) == taken
    assert (await _create(client, "k2")).status == "succeeded", "the fault is used up"


async def test_a_timeout_before_does_nothing(own: Sandbox) -> None:
    await own.fault("timeout_before", path="/v1/payment_intents")
    client = own.client()

    with pytest.raises(stripe.APIConnectionError):
        await _create(client, "k1")

    assert await _taken(own) == []
    assert (await _create(client, "k1")).status == "succeeded"
    assert await _taken(own) == [10_00]


async def test_after_a_timeout_the_same_key_tells_what_was_done(own: Sandbox) -> None:
    await own.fault("timeout_after", path="/v1/payment_intents")
    client = own.client()

    with pytest.raises(stripe.APIConnectionError):
        await _create(client, "k1", metadata={"order": "7"})

    assert await _taken(own) == [10_00]
    intent = await _create(client, "k1", metadata={"order": "7"})
    assert intent.last_response is not None
    assert intent.last_response.headers["idempotent-replayed"] == "true"
    assert await _taken(own) == [10_00]


async def test_the_sdk_gets_over_a_timeout_by_itself(own: Sandbox) -> None:
    await own.fault("timeout_after", path="/v1/payment_intents", times=2)

    intent = await _create(own.client(retries=3), "k1")

    assert intent.status == "succeeded"
    assert await _taken(own) == [10_00]


@pytest.mark.parametrize(
    ("verb", "path"),
    [("capture", "/v1/payment_intents/*/capture"), ("refund", "/v1/refunds"), ("transfer", "/v1/transfers")],
)
async def test_every_movement_is_once_although_its_answer_is_lost(own: Sandbox, verb: str, path: str) -> None:
    client = own.client()
    held = await pay(client, capture_method="manual")
    taken = await pay(client, method="pm_card_bypassPending")
    account = (await seller(client)).id
    await own.fault("timeout_after", path=path)

    async def act() -> Any:
        key: Any = {"idempotency_key": "m1"}
        if verb == "capture":
            return await client.v1.payment_intents.capture_async(held.id, {}, key)
        if verb == "refund":
            return await client.v1.refunds.create_async({"payment_intent": taken.id, "amount": 1_00}, key)
        return await client.v1.transfers.create_async(
            {"amount": 1_00, "currency": "eur", "destination": account}, key
        )

    with pytest.raises(stripe.APIConnectionError):
        await act()
    await act()

    books = await own.books()
    assert books["payments"][held.id]["taken"] == (10_00 if verb == "capture" else 0)
    assert books["payments"][taken.id]["refunded"] == (1_00 if verb == "refund" else 0)
    assert [t["sent"] for t in books["transfers"].values()] == ([1_00] if verb == "transfer" else [])


async def test_faults_can_be_declines_lies_and_delays(own: Sandbox) -> None:
    client = own.client()
    await own.fault("decline", path="/v1/payment_intents", code="insufficient_funds")
    with pytest.raises(stripe.CardError) as declined:
        await _create(client, "d1")
    assert declined.value.error is not None
    assert declined.value.error.decline_code == "insufficient_funds"

    await own.fault("wrong_amount", method="POST", path="/v1/payment_intents")
    wrong = await _create(client, "a1")
    assert (wrong.amount, wrong.amount_received) == (10_01, 10_01)
    assert (await client.v1.payment_intents.retrieve_async(wrong.id)).amount == 10_00

    await own.fault("wrong_currency", method="GET", path="/v1/payment_intents/*")
    assert (await client.v1.payment_intents.retrieve_async(wrong.id)).currency == "usd"

    await own.fault("missing", method="GET", path="/v1/payment_intents/*")
    with pytest.raises(stripe.InvalidRequestError) as missing:
        await client.v1.payment_intents.retrieve_async(wrong.id)
    assert missing.value.http_status == 404
    assert (await client.v1.payment_intents.retrieve_async(wrong.id)).id == wrong.id

    loop = asyncio.get_running_loop()
    await own.fault("slow", path="/v1/balance", delay_ms=300)
    started = loop.time()
    await client.v1.balance.retrieve_async()
    assert loop.time() - started >= 0.3
    struck = [standing["struck"] for standing in (await own.control("GET", "faults"))["data"]]
    assert struck == [1] * 5


async def test_busy_answers_are_not_remembered(own: Sandbox) -> None:
    client = own.client()
    for kind, code in (("rate_limit", "rate_limit"), ("lock_timeout", "lock_timeout")):
        await own.fault(kind, path="/v1/payment_intents")
        with pytest.raises(stripe.RateLimitError) as busy:
            await _create(client, kind)
        assert busy.value.error is not None
        assert (busy.value.http_status, busy.value.error.code) == (429, code)
        assert (await _create(client, kind)).status == "succeeded"


async def test_faults_by_percentage_repeat_with_their_seed() -> None:
    async def outcomes() -> list[bool]:
        async with running("--seed", "7") as sandbox:
            await sandbox.fault("error_before", path="/v1/balance", percent=40, times=None)
            found = []
            for _ in range(30):
                status, _body = await sandbox.ask("GET", "/v1/balance", authorization=f"Bearer {sandbox.key}")
                found.append(status == 500)
            await sandbox.control("DELETE", "faults")
            assert (await sandbox.ask("GET", "/v1/balance", authorization=f"Bearer {sandbox.key}"))[0] == 200
            return found

    first, second = await asyncio.gather(outcomes(), outcomes())

    assert first == second
    assert 3 <= sum(first) <= 24


async def test_a_fault_that_does_not_exist_is_refused(own: Sandbox) -> None:
    for body in ({"kind": "earthquake"}, {"kind": "slow", "colour": "red"}, {}):
        status, answer = await own.ask("POST", "/sandbox/faults", body)
        assert (status, answer["error"]["type"]) == (400, "invalid_request_error")


async def test_whatever_fails_on_the_way_each_order_is_paid_and_refunded_once() -> None:
    """Twenty at once, a third of the answers lost, and nothing but the same key tried again."""
    async with running("--seed", "11") as sandbox:
        for kind, percent in (("timeout_after", 20), ("timeout_before", 10), ("lock_timeout", 10)):
            await sandbox.fault(kind, method="POST", path="/v1/*", percent=percent, times=None)
        client = sandbox.client()

        async def sale(number: int) -> None:
            intent = await _insist(lambda: _create(client, f"pay-{number}", capture_method="manual"))
            key: Any = {"idempotency_key": f"capture-{number}"}
            await _insist(lambda: client.v1.payment_intents.capture_async(intent.id, {}, key))
            back: Any = {"idempotency_key": f"refund-{number}"}
            part: Any = {"payment_intent": intent.id, "amount": 4_00}
            await _insist(lambda: client.v1.refunds.create_async(part, back))

        await asyncio.gather(*(sale(number) for number in range(20)))

        payments = (await sandbox.books())["payments"].values()
        struck = [standing["struck"] for standing in (await sandbox.control("GET", "faults"))["data"]]
    assert [(p["taken"], p["refunded"], p["charges"]) for p in payments] == [(10_00, 4_00, 1)] * 20
    assert min(struck) > 0


async def _insist(call: Callable[[], Awaitable[T]]) -> T:
    """Ask under the same key until there is an answer."""
    for _ in range(50):
        try:
            return await call()
        except (stripe.APIConnectionError, stripe.RateLimitError):
            continue
    raise AssertionError("fifty times no answer")
