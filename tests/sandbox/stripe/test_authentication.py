"""3-D Secure: asked for by the bank, passed or failed on its page, and what happens when nobody is there."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stripe
from stripe import StripeClient

from tests.sandbox.stripe.running import pay
from tests.support.stripe import Sandbox

BACK = "https://shop.example/back?order=7"


async def _shown(sandbox: Sandbox, url: str, outcome: str) -> str:
    """What a person does on the bank's page; gives where the browser is sent."""
    async with sandbox.session.get(url) as page:
        assert page.status == 200
        assert "default-src 'none'" in page.headers["content-security-policy"]
    async with sandbox.session.post(url, data={"outcome": outcome}, allow_redirects=False) as answer:
        assert answer.status == 303
        return answer.headers["location"]


async def test_the_customer_passes_and_returns_to_the_shop(sandbox: Sandbox, client: StripeClient) -> None:
    intent = await pay(client, method="pm_card_authenticationRequired", return_url=BACK)
    assert intent.status == "requires_action"
    assert intent.next_action.type == "redirect_to_url"
    assert intent.latest_charge is None

    back = await _shown(sandbox, intent.next_action.redirect_to_url.url, "approve")

    query = parse_qs(urlsplit(back).query)
    assert back.startswith("https://shop.example/back?order=7&")
    assert query["payment_intent"] == [intent.id]
    assert query["payment_intent_client_secret"] == [intent.client_secret]
    assert query["redirect_status"] == ["succeeded"]
    intent = await client.v1.payment_intents.retrieve_async(intent.id, {"expand": ["latest_charge"]})
    assert (intent.status, intent.next_action) == ("succeeded", None)
    charge: Any = intent.latest_charge
    assert charge.payment_method_details.card.three_d_secure.result == "authenticated"
    async with sandbox.session.get(sandbox.url + "/sandbox/3ds/" + intent.id + "/wrong") as again:
        assert again.status == 400


async def test_the_customer_fails_and_tries_another_card(sandbox: Sandbox, client: StripeClient) -> None:
    intent = await pay(
        client, method="pm_card_threeDSecure2Required", return_url=BACK, capture_method="manual"
    )

    back = await _shown(sandbox, intent.next_action.redirect_to_url.url, "fail")

    assert "redirect_status=failed" in back
    intent = await client.v1.payment_intents.retrieve_async(intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"
    assert (await client.v1.charges.list_async({"payment_intent": intent.id})).data == []
    intent = await client.v1.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"})
    assert intent.status == "requires_capture"


async def test_a_card_can_pass_and_still_be_declined(sandbox: Sandbox, client: StripeClient) -> None:
    method = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"
    intent = await pay(client, method=method, return_url=BACK)

    await sandbox.control("POST", f"payment_intents/{intent.id}/authenticate", {"outcome": "approve"})

    intent = await client.v1.payment_intents.retrieve_async(intent.id)
    assert intent.last_payment_error is not None
    assert (intent.status, intent.last_payment_error.decline_code) == (
        "requires_payment_method",
        "insufficient_funds",
    )
    assert (await sandbox.books())["payments"][intent.id]["taken"] == 0


async def test_without_a_way_back_the_sdk_of_the_browser_is_asked(client: StripeClient) -> None:
    intent = await pay(client, method="pm_card_authenticationRequired")

    assert intent.next_action.type == "use_stripe_sdk"


async def test_off_session_a_bank_that_wants_its_customer_declines(client: StripeClient) -> None:
    with pytest.raises(stripe.CardError) as declined:
        await pay(client, method="pm_card_authenticationRequired", off_session=True)

    error: Any = declined.value.error
    assert (error.code, error.decline_code) == ("authentication_required", "authentication_required")
    assert error.payment_intent.status == "requires_payment_method"
    assert error.payment_method.object == "payment_method"


async def test_once_set_up_a_card_pays_without_its_owner(sandbox: Sandbox, client: StripeClient) -> None:
    customer = await client.v1.customers.create_async({"name": "Kunde"})
    params: Any = {
        "customer": customer.id,
        "payment_method": "pm_card_authenticationRequiredOnSetup",
        "allowed_payment_method_types": ["card"],
        "confirm": True,
        "return_url": BACK,
    }
    setup: Any = await client.v1.setup_intents.create_async(params)
    assert setup.status == "requires_action"

    await sandbox.control("POST", f"setup_intents/{setup.id}/authenticate", {"outcome": "approve"})

    setup = await client.v1.setup_intents.retrieve_async(setup.id)
    assert setup.status == "succeeded"
    intent = await pay(client, method=setup.payment_method, customer=customer.id, off_session=True)
    assert intent.status == "succeeded"
    with pytest.raises(stripe.CardError):
        await pay(client, method="pm_card_authenticationRequiredOnSetup", off_session=True)


async def test_a_card_is_set_up_by_its_first_payment(sandbox: Sandbox, client: StripeClient) -> None:
    customer = await client.v1.customers.create_async()
    first = await pay(
        client,
        method="pm_card_authenticationRequiredOnSetup",
        customer=customer.id,
        setup_future_usage="off_session",
        return_url=BACK,
    )
    await sandbox.control("POST", f"payment_intents/{first.id}/authenticate", {"outcome": "approve"})

    kept = (await client.v1.customers.payment_methods.list_async(customer.id)).data

    intent = await pay(client, method=kept[0].id, customer=customer.id, off_session=True)
    assert intent.status == "succeeded"


async def test_a_refused_card_is_not_set_up(client: StripeClient) -> None:
    customer = await client.v1.customers.create_async()

    with pytest.raises(stripe.CardError):
        await client.v1.payment_methods.attach_async("pm_card_visa_chargeDeclined", {"customer": customer.id})
    attached = await client.v1.payment_methods.attach_async(
        "pm_card_chargeCustomerFail", {"customer": customer.id}
    )

    with pytest.raises(stripe.CardError):
        await pay(client, method=attached.id, customer=customer.id)


async def test_an_abandoned_authentication_is_canceled(client: StripeClient) -> None:
    intent = await pay(client, method="pm_card_authenticationRequired", return_url=BACK)

    intent = await client.v1.payment_intents.cancel_async(intent.id)

    assert (intent.status, intent.next_action) == ("canceled", None)
