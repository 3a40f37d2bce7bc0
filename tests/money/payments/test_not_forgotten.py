"""What waits is brought to its end without a webhook, after a kill, and by a person; nothing is forgotten."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from kontorhaus.kernel.time import utc_now
from kontorhaus.money import payments
from kontorhaus.money.payments import OPERATION, PAYMENT, REFUND
from kontorhaus.money.payments.actions import creating, hearing, returning
from kontorhaus.money.payments.model.observations import Notice, Subject
from kontorhaus.platform.outbound import NotSent, Unknown
from tests.money.payments.conftest import Shop, at_work
from tests.money.payments.test_races import until

INTENTS = "/v1/payment_intents"


async def sooner(shop: Shop, kind: str) -> None:
    """As if the time of every job of a kind had come."""
    async with shop.db.system() as tx:
        await tx.connection.execute(
            "UPDATE job SET due_at = $3 WHERE org_id = $1 AND kind = $2", shop.org_id, kind, utc_now()
        )


async def waiting(shop: Shop, kind: str) -> int:
    async with shop.db.system() as tx:
        found: int = await tx.connection.fetchval(
            "SELECT count(*) FROM job WHERE org_id = $1 AND kind = $2", shop.org_id, kind
        )
    return found


async def test_who_pays_at_his_bank_and_closes_the_window_has_paid_without_a_webhook(shop: Shop) -> None:
    payment = await shop.create(3000, return_url="https://shop.example/done")
    assert (await shop.confirm(payment, "pm_card_threeDSecure2Required")).json["status"] == "requires_action"
    assert await waiting(shop, "payments.refresh") == 1
    async with at_work(shop):
        await sooner(shop, "payments.refresh")
        await asyncio.sleep(0.5)  # the payer has done nothing yet: the same is asked again later
        await until(lambda: _is(shop, payment, "requires_action"))
        await shop.authenticate(payment, "approve")  # and nobody follows where the bank sends him
        await until(lambda: _looked(shop, payment))

    assert (await shop.read(payment))["status"] == "captured"
    assert await shop.balance(shop.deposit) == 3000


async def _is(shop: Shop, payment: Any, status: str) -> bool:
    return str((await shop.read(payment))["status"]) == status


async def _looked(shop: Shop, payment: Any) -> bool:
    await sooner(shop, "payments.refresh")
    return await _is(shop, payment, "captured")


async def test_a_payment_that_waits_for_nothing_any_more_is_not_asked_for(shop: Shop) -> None:
    payment = await shop.create(3000, return_url="https://shop.example/done")
    await shop.confirm(payment, "pm_card_threeDSecure2Required")
    assert (await shop.act(payment, "void")).json["status"] == "canceled"

    async with at_work(shop):
        await sooner(shop, "payments.refresh")
        await until(lambda: _none(shop, "payments.refresh"))


async def _none(shop: Shop, kind: str) -> bool:
    return await waiting(shop, kind) == 0


async def test_a_refund_that_fails_days_later_is_heard_of_without_a_webhook(shop: Shop) -> None:
    payment = await shop.paid(2000, "pm_card_pendingRefund")
    made = (await shop.act(payment, "refunds", {})).json
    assert made["status"] == "pending"
    async with shop.db.org(shop.org_id) as tx:
        row = await payments.refund_in(tx, shop.org_id, REFUND.parse(made["id"]))
    await shop.sandbox.control("POST", f"refunds/{row.provider_reference}/fail", {})

    async with at_work(shop):
        await sooner(shop, "payments.refund_refresh")
        await until(lambda: _refund_is(shop, made, "failed"))

    assert await shop.balance(shop.deposit) == 2000
    assert await waiting(shop, "payments.refund_refresh") == 0


async def _refund_is(shop: Shop, refund: Any, status: str) -> bool:
    return str((await shop.house.get(f"/v1/refunds/{refund['id']}")).json["status"]) == status


async def test_a_review_that_ends_while_the_provider_is_away_is_looked_after(shop: Shop) -> None:
    payment = await shop.create(1099)
    await shop.sandbox.fault("wrong_amount", method="POST", path=INTENTS)
    assert (await shop.confirm(payment)).json["status"] == "in_review"
    (operation,) = await shop.operations(payment)
    async with at_work(shop):
        await sooner(shop, "payments.operate")
        await until(lambda: _none(shop, "payments.operate"))  # the janitor leaves it to a person
    await shop.sandbox.control("DELETE", "faults")
    await shop.sandbox.fault("error_before", path=f"{INTENTS}*", times=3)

    with pytest.raises((NotSent, Unknown)):
        await payments.resolve(shop.means, shop.org_id, OPERATION.parse(operation["id"]), "provider")

    assert await waiting(shop, "payments.operate") == 1
    await shop.sandbox.control("DELETE", "faults")
    async with at_work(shop):
        await sooner(shop, "payments.operate")
        await until(lambda: _is(shop, payment, "captured"))
    assert await shop.charged() == [(1099, 1, 0)]


async def test_a_person_who_is_wrong_about_a_first_try_does_not_charge_a_second_time(shop: Shop) -> None:
    payment = await shop.create(1099)
    await shop.sandbox.fault("wrong_amount", method="POST", path=INTENTS)
    await shop.confirm(payment)
    (operation,) = await shop.operations(payment)
    await shop.sandbox.control("DELETE", "faults")

    # He says that nothing was taken; it was.
    await payments.resolve(shop.means, shop.org_id, OPERATION.parse(operation["id"]), "failed")
    again = await shop.confirm(payment)

    assert (again.status, again.json["status"]) == (200, "captured")
    assert await shop.charged() == [(1099, 1, 0)]
    assert await shop.balance(shop.deposit) == 1099


async def test_a_refund_that_a_webhook_brought_into_review_is_brought_to_its_end(shop: Shop) -> None:
    payment = await shop.paid(2000, "pm_card_pendingRefund")
    made = (await shop.act(payment, "refunds", {})).json
    async with shop.db.org(shop.org_id) as tx:
        row = await payments.refund_in(tx, shop.org_id, REFUND.parse(made["id"]))
    assert row.provider_reference is not None
    at_stripe = shop.sandbox.client().v1.refunds
    await at_stripe.update_async(row.provider_reference, {"metadata": {"kontorhaus_refund": ""}})
    notice = Notice(subject=Subject.REFUND, reference=row.provider_reference, object=row.id)
    await hearing.hear(shop.means, shop.org_id, row.connection_id, notice, hearing.nothing)
    seen = (await shop.house.get(f"/v1/refunds/{made['id']}")).json
    assert (seen["status"], seen["review"]) == ("pending", "reference")

    # A person has mended it at the provider.
    await at_stripe.update_async(row.provider_reference, {"metadata": {"kontorhaus_refund": str(row.id)}})
    await shop.sandbox.control("POST", f"refunds/{row.provider_reference}/fail", {})
    await payments.review(shop.means, shop.org_id, REFUND.prefix, row.id)

    ended = (await shop.house.get(f"/v1/refunds/{made['id']}")).json
    assert (ended["status"], ended["review"]) == ("failed", None)
    assert await shop.balance(shop.deposit) == 2000
    entries = (await shop.house.get("/v1/audit_entries")).json["data"]
    assert "refund.resolved_provider" in [entry["action"] for entry in entries]


async def test_a_review_of_a_payment_that_ends_while_the_provider_is_away_is_asked_by_a_job(
    shop: Shop,
) -> None:
    payment = await shop.paid(4000, capture_method="manual")
    intent = await shop.intent(payment)
    at_stripe = shop.sandbox.client().v1.payment_intents
    await at_stripe.update_async(intent, {"metadata": {"kontorhaus_payment": ""}})
    await shop.refreshed(payment)
    assert (await shop.read(payment))["review"] == "reference"
    right = {"kontorhaus_payment": str(PAYMENT.parse(payment["id"]))}
    await at_stripe.update_async(intent, {"metadata": right})
    await at_stripe.capture_async(intent)
    await shop.sandbox.fault("error_before", path=f"{INTENTS}*", times=1)

    with pytest.raises(Unknown):
        await payments.review(shop.means, shop.org_id, PAYMENT.prefix, PAYMENT.parse(payment["id"]))

    async with at_work(shop):
        await until(lambda: _is(shop, payment, "captured"))
    assert await shop.balance(shop.deposit) == 4000


async def test_a_payment_whose_time_ran_out_in_review_ends_after_it(shop: Shop) -> None:
    soon = utc_now() + timedelta(seconds=2)
    payment = await shop.create(1099, expires_at=soon.isoformat())
    await shop.sandbox.fault("decline", method="POST", path=INTENTS)
    await shop.sandbox.fault("wrong_amount", method="GET", path=f"{INTENTS}/*")
    assert (await shop.confirm(payment)).json["status"] == "requires_payment_method"
    await shop.refreshed(payment)
    assert (await shop.read(payment))["status"] == "in_review"
    await asyncio.sleep(2)
    async with shop.db.org(shop.org_id) as tx:
        await creating.expire(tx, shop.org_id, PAYMENT.parse(payment["id"]), now=utc_now())
    async with shop.db.system() as tx:
        await tx.connection.execute(
            "DELETE FROM job WHERE org_id = $1 AND kind = 'payments.expire'", shop.org_id
        )

    await payments.review(shop.means, shop.org_id, PAYMENT.prefix, PAYMENT.parse(payment["id"]))

    async with at_work(shop):
        await until(lambda: _is(shop, payment, "expired"))


async def test_a_payer_is_led_on_though_the_provider_takes_his_time(shop: Shop) -> None:
    payment = await shop.create(3000, return_url="https://shop.example/done")
    await shop.confirm(payment, "pm_card_threeDSecure2Required")
    back = await shop.authenticate(payment, "approve")
    await shop.sandbox.fault("slow", method="GET", path=f"{INTENTS}/*", delay_ms=30_000)
    patient = payments.Stripe(shop.resources.outbound, test_base=shop.sandbox.url)
    means = structs.replace(shop.means, gateways={"stripe": patient})

    async with asyncio.timeout(12):
        came = await returning.come_back(
            means, PAYMENT.parse(payment["id"]), back.split("token=")[1].split("&")[0]
        )

    assert came.status == 303
    assert dict(came.headers)["location"].endswith("status=requires_action")


async def test_callers_who_come_again_do_not_put_off_the_janitor(shop: Shop) -> None:
    payment = await shop.create(1099)
    await shop.sandbox.fault("timeout_after", method="POST", path=INTENTS)
    assert (await shop.confirm(payment)).status == 202
    await shop.sandbox.fault("error_before", path=f"{INTENTS}*", times=500)
    for _ in range(6):
        assert (await shop.confirm(payment)).json["code"] == "payment_operation_open"

    async with at_work(shop):
        await sooner(shop, "payments.operate")
        await until(lambda: _put_off(shop, payment))
    await shop.sandbox.control("DELETE", "faults")

    async with shop.db.system() as tx:
        due = await tx.connection.fetchval(
            "SELECT due_at FROM job WHERE org_id = $1 AND kind = 'payments.operate' AND state = 'scheduled'",
            shop.org_id,
        )
    assert due is not None
    assert due - utc_now() < timedelta(minutes=1)


async def _put_off(shop: Shop, payment: Any) -> bool:
    """Whether the janitor has looked beside the seven callers."""
    return int((await shop.operations(payment))[0]["tries"]) >= 8
