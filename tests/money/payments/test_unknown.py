"""What is not known: it blocks, it is asked about under the same id, and ends as the direct way would have."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from kontorhaus.kernel.time import utc_now
from kontorhaus.money import payments
from kontorhaus.money.payments import PAYMENT, PAYMENT_CONNECTION
from kontorhaus.money.payments.actions import creating, hearing
from kontorhaus.money.payments.errors import OperationConflict
from kontorhaus.money.payments.model.observations import Notice, Subject
from tests.money.payments.conftest import Shop, at_work


async def lose(shop: Shop, kind: str, path: str, times: int = 1) -> None:
    await shop.sandbox.fault(kind, method="POST", path=path, times=times)


async def heard(shop: Shop, payment: Any) -> None:
    """A webhook about a payment, as it is carried out."""
    payment_id = PAYMENT.parse(payment["id"])
    notice = Notice(
        subject=Subject.PAYMENT, reference=await shop.reference_at_stripe(payment), object=payment_id
    )
    connection = PAYMENT_CONNECTION.parse(shop.connection)
    await hearing.hear(shop.means, shop.org_id, connection, notice, hearing.nothing)


async def test_a_payment_whose_answer_is_lost_is_taken_once(shop: Shop) -> None:
    payment = await shop.create(1099)
    await lose(shop, "timeout_after", "/v1/payment_intents")

    unknown = await shop.confirm(payment, **{"idempotency-key": "k"})
    assert unknown.status == 202
    assert unknown.json["status"] == "processing"
    assert await shop.balance(shop.deposit) == 0
    (operation,) = await shop.operations(payment)
    assert (operation["status"], operation["reason"]) == ("unknown", "outbound_unknown")

    await shop.asked(operation["id"])

    paid = await shop.read(payment)
    assert paid["status"] == "captured"
    assert await shop.balance(shop.deposit) == 1099
    assert await shop.charged() == [(1099, 1, 0)]
    repeated = await shop.confirm(payment, **{"idempotency-key": "k"})
    assert (repeated.status, repeated.json["status"]) == (200, "captured")
    assert repeated.headers["idempotency-replayed"] == "true"
    direct = await shop.paid(1099)
    told = [kind for kind in await shop.kinds(payment) if kind != "payment.fee_known"]
    assert told == [kind for kind in await shop.kinds(direct) if kind != "payment.fee_known"]


async def test_what_was_never_done_is_done_by_asking(shop: Shop) -> None:
    payment = await shop.create(1099)
    await lose(shop, "timeout_before", "/v1/payment_intents")

    assert (await shop.confirm(payment)).status == 202
    (operation,) = await shop.operations(payment)
    await shop.asked(operation["id"])

    assert (await shop.read(payment))["status"] == "captured"
    assert await shop.charged() == [(1099, 1, 0)]


async def test_an_unknown_try_blocks_a_second_one_which_then_finds_it_paid(shop: Shop) -> None:
    payment = await shop.create(1099)
    # The asking is lost, too: it stays unknown when the second client comes.
    await lose(shop, "timeout_after", "/v1/payment_intents")
    await shop.confirm(payment)
    await shop.sandbox.fault("error_before", path="/v1/payment_intents*", times=50)

    second = await shop.confirm(payment, **{"idempotency-key": "another"})
    assert (second.status, second.json["code"]) == (409, "payment_operation_open")
    assert second.json["facts"]["kind"] == "authorize"
    assert second.headers["should-retry"] == "true"

    await shop.sandbox.control("DELETE", "faults")
    third = await shop.confirm(payment, **{"idempotency-key": "a-third"})

    assert (third.status, third.json["code"]) == (409, "payment_conflict")
    assert third.json["facts"]["status"] == "captured"
    assert await shop.charged() == [(1099, 1, 0)]


@pytest.mark.parametrize("fault", ["timeout_after", "timeout_before", "error_after", "error_before"])
async def test_a_capture_that_is_not_known_is_found_out(shop: Shop, fault: str) -> None:
    payment = await shop.paid(4000, capture_method="manual")
    await lose(shop, fault, "/v1/payment_intents/*/capture")

    unknown = await shop.act(payment, "capture", {})
    assert unknown.status in (200, 202)
    await shop.janitor()

    done = await shop.read(payment)
    if done["status"] == "authorized":  # surely never done, and said so: the caller decides anew
        assert done["error"]["code"] == "not_done"
        done = (await shop.act(payment, "capture", {})).json
    assert done["status"] == "captured"
    assert await shop.balance(shop.deposit) == 4000
    assert await shop.charged() == [(4000, 1, 0)]


@pytest.mark.parametrize("fault", ["timeout_after", "timeout_before", "error_after", "error_before"])
async def test_a_refund_that_is_not_known_is_found_out(shop: Shop, fault: str) -> None:
    payment = await shop.paid(4000)
    await lose(shop, fault, "/v1/refunds")

    made = await shop.act(payment, "refunds", {"amount": {"amount": 1500, "currency": "EUR"}})
    assert made.status in (201, 202)
    for _ in range(3):
        await shop.janitor()

    found = (await shop.house.get(f"/v1/refunds/{made.json['id']}")).json
    assert found["status"] == "succeeded"
    assert await shop.balance(shop.deposit) == 2500
    assert await shop.charged() == [(4000, 1, 1500)]


async def test_webhooks_thrice_in_any_order_beside_a_lost_answer_post_once(shop: Shop) -> None:
    payment = await shop.create(1099)
    await lose(shop, "timeout_after", "/v1/payment_intents")
    assert (await shop.confirm(payment)).status == 202

    await asyncio.gather(*(heard(shop, payment) for _ in range(3)), shop.janitor())
    await heard(shop, payment)

    assert (await shop.read(payment))["status"] == "captured"
    assert (await shop.kinds(payment)).count("payment.captured") == 1
    assert await shop.balance(shop.deposit) == 1099
    assert await shop.charged() == [(1099, 1, 0)]
    (operation,) = await shop.operations(payment)
    assert operation["status"] == "succeeded"


async def test_a_webhook_ends_what_is_unknown_and_answers_the_call(shop: Shop) -> None:
    payment = await shop.create(1099)
    await lose(shop, "timeout_after", "/v1/payment_intents")
    await shop.confirm(payment, **{"idempotency-key": "k"})

    await heard(shop, payment)

    repeated = await shop.confirm(payment, **{"idempotency-key": "k"})
    assert (repeated.status, repeated.json["status"]) == (200, "captured")
    (operation,) = await shop.operations(payment)
    assert operation["status"] == "succeeded"


async def test_two_clients_that_confirm_at_once_pay_once(shop: Shop) -> None:
    payment = await shop.create(1099)

    replies = await asyncio.gather(*(shop.confirm(payment) for _ in range(5)))

    done = [reply for reply in replies if reply.status == 200]
    told = {reply.json["code"] for reply in replies if reply.status != 200}
    assert len(done) == 1
    assert told <= {"payment_operation_open", "payment_conflict"}
    assert await shop.charged() == [(1099, 1, 0)]
    assert await shop.balance(shop.deposit) == 1099


async def test_two_clients_that_capture_and_void_at_once_do_one_thing(shop: Shop) -> None:
    payment = await shop.paid(4000, capture_method="manual")

    replies = await asyncio.gather(
        shop.act(payment, "capture", {}),
        shop.act(payment, "void"),
        shop.act(payment, "capture", {}),
    )

    assert sorted(reply.status for reply in replies) == [200, 409, 409]
    seen = await shop.read(payment)
    assert seen["status"] in ("captured", "canceled")
    taken = 4000 if seen["status"] == "captured" else 0
    assert [one[0] for one in await shop.charged()] == [taken]
    assert await shop.balance(shop.deposit) == taken


async def test_two_clients_that_refund_at_once_refund_once(shop: Shop) -> None:
    payment = await shop.paid(4000)
    body = {"amount": {"amount": 1500, "currency": "EUR"}}

    replies = await asyncio.gather(*(shop.act(payment, "refunds", body) for _ in range(2)))

    # One that comes when the other has ended is another refund; at once, one is told of the other.
    refunded = 1500 * sum(reply.status == 201 for reply in replies)
    assert {reply.json.get("code") for reply in replies} <= {None, "payment_conflict"}
    assert refunded
    assert await shop.charged() == [(4000, 1, refunded)]
    assert await shop.balance(shop.deposit) == 4000 - refunded


async def test_a_provider_that_cannot_be_reached_has_taken_nothing(shop: Shop) -> None:
    payment = await shop.create(1099)
    shop.sandbox.process.kill()
    shop.sandbox.process.wait()

    reply = await shop.confirm(payment)

    assert (reply.status, reply.json["status"]) == (202, "processing")
    (operation,) = await shop.operations(payment)
    assert (operation["status"], operation["reason"]) == ("claimed", "outbound_not_sent")
    assert operation["tries"] == 1


@pytest.mark.parametrize(("fault", "why"), [("wrong_amount", "amount"), ("wrong_currency", "currency")])
async def test_an_answer_that_cannot_be_ours_is_left_to_a_person(shop: Shop, fault: str, why: str) -> None:
    payment = await shop.create(1099)
    await lose(shop, fault, "/v1/payment_intents")

    reply = await shop.confirm(payment)

    assert (reply.status, reply.json["status"], reply.json["review"]) == (202, "in_review", why)
    assert await shop.balance(shop.deposit) == 0
    assert (await shop.kinds(payment))[-1] == "payment.in_review"
    (operation,) = await shop.operations(payment)
    assert (operation["status"], operation["review"]) == ("unknown", True)
    await shop.janitor()
    assert (await shop.read(payment))["status"] == "in_review"
    assert (await shop.confirm(payment)).status == 409


async def test_a_person_lets_the_provider_be_asked_once_more_and_it_is_audited(shop: Shop) -> None:
    payment = await shop.create(1099)
    await lose(shop, "wrong_amount", "/v1/payment_intents")
    await shop.confirm(payment, **{"idempotency-key": "k"})
    (operation,) = await shop.operations(payment)
    await shop.sandbox.control("DELETE", "faults")

    done = await payments.resolve(
        shop.means, shop.org_id, payments.OPERATION.parse(operation["id"]), "provider"
    )

    assert done.status == "succeeded"
    assert (await shop.read(payment))["status"] == "captured"
    assert await shop.balance(shop.deposit) == 1099
    assert await shop.charged() == [(1099, 1, 0)]
    repeated = await shop.confirm(payment, **{"idempotency-key": "k"})
    assert (repeated.status, repeated.json["status"]) == (200, "captured")
    entries = (await shop.house.get("/v1/audit_entries")).json["data"]
    assert "operation.resolved_provider" in [entry["action"] for entry in entries]
    with pytest.raises(OperationConflict):
        await payments.resolve(shop.means, shop.org_id, done.id, "failed")


async def test_a_person_says_that_nothing_was_taken(shop: Shop) -> None:
    payment = await shop.paid(4000, capture_method="manual")
    await lose(shop, "wrong_amount", "/v1/payment_intents/*/capture")
    await shop.act(payment, "capture", {}, **{"idempotency-key": "k"})
    operation = (await shop.operations(payment))[0]
    assert operation["review"] is True

    await payments.resolve(shop.means, shop.org_id, payments.OPERATION.parse(operation["id"]), "failed")

    # The person was wrong, the provider took it: that comes to light when he is asked, and is posted.
    assert (await shop.read(payment))["status"] == "authorized"
    repeated = await shop.act(payment, "capture", {}, **{"idempotency-key": "k"})
    assert (repeated.status, repeated.json["status"]) == (200, "authorized")
    await heard(shop, payment)
    assert (await shop.read(payment))["status"] == "captured"
    assert await shop.balance(shop.deposit) == 4000


async def test_a_refund_whose_answer_cannot_be_ours_is_left_to_a_person(shop: Shop) -> None:
    payment = await shop.paid(4000)
    await lose(shop, "wrong_amount", "/v1/refunds")

    made = await shop.act(payment, "refunds", {"amount": {"amount": 1500, "currency": "EUR"}})

    assert (made.status, made.json["status"], made.json["review"]) == (202, "requested", "amount")
    listed = (await shop.house.get("/v1/operations?status=unknown")).json["data"]
    (operation,) = [one for one in listed if one["object"] == made.json["id"]]
    await shop.sandbox.control("DELETE", "faults")
    done = await payments.resolve(
        shop.means, shop.org_id, payments.OPERATION.parse(operation["id"]), "provider"
    )
    assert done.status == "succeeded"
    assert await shop.charged() == [(4000, 1, 1500)]
    assert await shop.balance(shop.deposit) == 2500


async def test_a_worker_hears_webhooks_and_looks_after_what_is_open(shop: Shop) -> None:
    """Everything through the front door: the simulator's own webhooks, the inbox, the jobs."""
    await shop.listen()
    payment = await shop.create(1099)
    await lose(shop, "timeout_after", "/v1/payment_intents")

    async with at_work(shop):
        assert (await shop.confirm(payment)).status == 202
        async with asyncio.timeout(20):
            while (await shop.read(payment))["fee"] is None:
                await asyncio.sleep(0.1)
        async with asyncio.timeout(20):
            while (await shop.operations(payment))[0]["status"] != "succeeded":
                await asyncio.sleep(0.1)

    assert (await shop.kinds(payment)).count("payment.captured") == 1
    assert await shop.balance(shop.deposit) == 1099
    assert await shop.charged() == [(1099, 1, 0)]


async def test_a_payment_that_nobody_pays_ends_in_time(shop: Shop) -> None:
    later = utc_now() + timedelta(hours=1)
    known = await shop.create(1099, expires_at=later.isoformat(), return_url="https://shop.example/done")
    fresh = await shop.create(1099, expires_at=later.isoformat())
    paid = await shop.create(1099, expires_at=later.isoformat())
    await shop.confirm(known, "pm_card_threeDSecure2Required")
    await shop.confirm(paid)

    for payment in (known, fresh, paid):
        async with shop.db.org(shop.org_id) as tx:
            await creating.expire(tx, shop.org_id, PAYMENT.parse(payment["id"]), now=later)
    await shop.janitor()

    assert [(await shop.read(one))["status"] for one in (known, fresh, paid)] == [
        "expired",
        "expired",
        "captured",
    ]
    assert (await shop.confirm(known)).json["code"] == "payment_conflict"


async def test_a_try_that_could_not_be_sent_for_long_is_given_up(shop: Shop) -> None:
    payment = await shop.create(1099)
    shop.sandbox.process.kill()
    shop.sandbox.process.wait()
    await shop.confirm(payment, **{"idempotency-key": "k"})
    (operation,) = await shop.operations(payment)
    await shop.age(operation["id"], timedelta(minutes=11))

    await shop.asked(operation["id"])

    seen = await shop.read(payment)
    assert (seen["status"], seen["error"]["code"]) == ("requires_payment_method", "not_done")
    repeated = await shop.confirm(payment, **{"idempotency-key": "k"})
    assert (repeated.status, repeated.json["status"]) == (200, "requires_payment_method")
