"""Events: listed, signed, delivered, tried again, and disturbed on demand."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from kontorhaus.kernel.time import utc_now
from tests.sandbox.stripe.running import Receiver, pay, seller
from tests.support.stripe import SECRET, Sandbox, running


async def test_an_event_tells_what_happened_and_is_rightly_signed(
    telling: Sandbox, receiver: Receiver
) -> None:
    client = telling.client()

    intent = await client.v1.payment_intents.create_async(
        {
            "amount": 10_00,
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "allowed_payment_method_types": ["card"],
            "confirm": True,
            "metadata": {"order": "7"},
        },
        {"idempotency_key": "k1"},
    )
    await receiver.until(lambda: "charge.updated" in receiver.types())

    types = receiver.types()
    assert sorted(types) == [
        "charge.succeeded",
        "charge.updated",
        "payment_intent.created",
        "payment_intent.succeeded",
    ]
    event = next(e for e in receiver.events() if e.type == "payment_intent.succeeded")
    told: Any = event.data.object
    assert (told.id, told.status, told.metadata["order"]) == (intent.id, "succeeded", "7")
    assert event.request is not None
    assert intent.last_response is not None
    assert (event.request.id, event.request.idempotency_key) == (intent.last_response.request_id, "k1")
    body, header = receiver.got[0]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, header, "whsec_another")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body.replace(b"eur", b"usd"), header, SECRET)
    listed = await client.v1.events.list_async({"types": ["payment_intent.*", "charge.succeeded"]})
    assert len(listed.data) == 3
    same = await client.v1.events.retrieve_async(event.id)
    assert same.data.object["id"] == intent.id
    assert same.pending_webhooks == 0


async def test_an_event_is_sent_until_it_is_taken(telling: Sandbox, receiver: Receiver) -> None:
    receiver.answer = lambda count: 500 if count <= 3 else 200
    customer = await telling.client().v1.customers.create_async({"name": "Kunde"})

    await receiver.until(lambda: len(receiver.got) == 4)

    assert {event.id for event in receiver.events()} == {receiver.events()[0].id}
    assert receiver.events()[0].data.object["id"] == customer.id
    times = [header.partition(",")[0] for _, header in receiver.got]
    assert all(abs(int(one.removeprefix("t=")) - utc_now().timestamp()) < 60 for one in times)
    deliveries = (await telling.control("GET", "deliveries"))["data"]
    await receiver.until(lambda: len(receiver.got) == 4)
    assert len(deliveries) == 1


async def test_an_endpoint_that_is_gone_is_given_up(receiver: Receiver) -> None:
    receiver.answer = lambda _: 503
    async with running("--webhook-url", receiver.url, "--retry-ms", "5", "--retries", "3") as sandbox:
        await sandbox.client().v1.customers.create_async()

        async def outcome() -> str:
            return str((await sandbox.control("GET", "deliveries"))["data"][0]["outcome"])

        while await outcome() == "waiting":
            await receiver.until(lambda: len(receiver.got) > 0)
        assert (await outcome(), len(receiver.got)) == ("failed", 4)
        event = (await sandbox.client().v1.events.list_async()).data[0]
        assert event.pending_webhooks == 1
        receiver.answer = lambda _: 200
        assert (await sandbox.control("POST", f"events/{event.id}/resend"))["sent"] == 1
        await receiver.until(lambda: len(receiver.got) == 5)


async def test_connected_accounts_events_carry_their_account(telling: Sandbox, receiver: Receiver) -> None:
    client = telling.client()
    account = await seller(client)
    await pay(client, 100_00, method="pm_card_bypassPending")
    await client.v1.transfers.create_async({"amount": 50_00, "currency": "eur", "destination": account.id})
    await client.v1.payouts.create_async({"amount": 50_00, "currency": "eur"}, {"stripe_account": account.id})

    await receiver.until(lambda: {"payout.created", "account.updated"} <= set(receiver.types()))

    by_type = {event.type: event for event in receiver.events()}
    assert by_type["payout.created"].account == account.id
    assert by_type["account.updated"].account == account.id
    assert by_type["transfer.created"].to_dict().get("account") is None
    hidden = [body for body, _ in receiver.got if b'"_' in body]
    assert hidden == [], "what only the simulator knows stays with it"


async def test_an_endpoint_gets_what_it_asked_for(telling: Sandbox, receiver: Receiver) -> None:
    client = telling.client("sk_test_another")
    endpoint = await client.v1.webhook_endpoints.create_async(
        {
            "url": receiver.url,
            "enabled_events": ["charge.succeeded", "charge.updated"],
            "metadata": {"n": "1"},
        }
    )
    assert endpoint.secret is not None
    assert (await client.v1.webhook_endpoints.retrieve_async(endpoint.id)).to_dict().get("secret") is None

    await pay(client)
    await receiver.until(lambda: len(receiver.got) == 2)

    types = {stripe.Webhook.construct_event(*got, endpoint.secret).type for got in receiver.got}
    assert types == {"charge.succeeded", "charge.updated"}
    await client.v1.webhook_endpoints.delete_async(endpoint.id)
    await pay(client)
    await telling.client().v1.customers.create_async()
    await receiver.until(lambda: "customer.created" in receiver.types())
    assert len(receiver.got) == 3


async def test_webhooks_can_be_doubled_lost_and_wrongly_signed(telling: Sandbox, receiver: Receiver) -> None:
    client = telling.client()
    await telling.fault("webhook_doubled", event="payment_intent.succeeded", copies=3)
    await telling.fault("webhook_lost", event="charge.succeeded")
    await telling.fault("webhook_bad_signature", event="payment_intent.created")

    await pay(client, capture_method="automatic")
    await receiver.until(lambda: len(receiver.got) == 4)

    assert receiver.types() == ["payment_intent.succeeded"] * 3
    assert len({event.id for event in receiver.events()}) == 1
    lost = await client.v1.events.list_async({"type": "charge.succeeded"})
    assert len(lost.data) == 1, "a lost webhook can still be asked for"


async def test_webhooks_can_come_late_and_out_of_order(telling: Sandbox, receiver: Receiver) -> None:
    await telling.fault("webhook_reordered", event="payment_intent.created")
    await telling.fault("webhook_delayed", event="charge.succeeded", delay_ms=800)

    await pay(telling.client(), capture_method="automatic")
    await receiver.until(lambda: len(receiver.got) == 3)

    assert receiver.types() == ["payment_intent.succeeded", "payment_intent.created", "charge.succeeded"]


async def test_an_update_tells_what_was_before(telling: Sandbox, receiver: Receiver) -> None:
    client = telling.client()
    customer = await client.v1.customers.create_async({"name": "Alt"})
    await client.v1.customers.update_async(customer.id, {"name": "Neu"})

    await receiver.until(lambda: "customer.updated" in receiver.types())

    event = next(event for event in receiver.events() if event.type == "customer.updated")
    assert event.data.to_dict()["previous_attributes"] == {"name": "Alt"}
