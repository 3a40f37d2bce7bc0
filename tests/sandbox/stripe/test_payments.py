"""Payments from the first call to the money on the balance."""

from __future__ import annotations

from typing import Any

import pytest
import stripe
from stripe import StripeClient

from tests.sandbox.stripe.running import pay
from tests.support.stripe import Sandbox, fresh_key


async def test_a_card_is_charged_and_the_money_stands_on_the_balance(
    sandbox: Sandbox, client: StripeClient
) -> None:
    intent = await pay(
        client,
        10_00,
        capture_method="automatic",
        expand=["latest_charge.balance_transaction"],
        metadata={"o": "1"},
    )

    assert intent.status == "succeeded"
    assert (intent.amount_received, intent.metadata["o"]) == (10_00, "1")
    movement = intent.latest_charge.balance_transaction
    assert (movement.amount, movement.fee, movement.net) == (10_00, 40, 9_60)
    assert (movement.type, movement.status) == ("charge", "pending")
    assert movement.available_on % 86_400 == 0
    balance = await client.v1.balance.retrieve_async()
    assert (balance.available[0].amount, balance.pending[0].amount) == (0, 9_60)
    books = await sandbox.books()
    assert books["payments"][intent.id]["taken"] == 10_00
    assert books["payments"][intent.id]["charges"] == 1


async def test_asynchronous_capture_brings_the_balance_transaction_later(client: StripeClient) -> None:
    intent = await pay(client, expand=["latest_charge"])

    assert intent.status == "succeeded"
    assert intent.latest_charge.balance_transaction is None
    charge = await client.v1.charges.retrieve_async(intent.latest_charge.id)
    assert charge.balance_transaction is not None


async def test_step_by_step(client: StripeClient) -> None:
    intents = client.v1.payment_intents
    customer = await client.v1.customers.create_async({"email": "kunde@example.com", "name": "Kunde"})
    method = await client.v1.payment_methods.create_async(
        {
            "type": "card",
            "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2031, "cvc": "123"},
        }
    )
    await client.v1.payment_methods.attach_async(method.id, {"customer": customer.id})
    intent = await intents.create_async({"amount": 500, "currency": "EUR", "customer": customer.id})
    assert intent.status == "requires_payment_method"

    intent = await intents.update_async(intent.id, {"amount": 700, "metadata": {"a": "1", "b": "2"}})
    intent = await intents.update_async(intent.id, {"payment_method": method.id, "metadata": {"a": ""}})
    assert (intent.status, intent.amount, intent.metadata.to_dict()) == (
        "requires_confirmation",
        700,
        {"b": "2"},
    )

    intent = await intents.confirm_async(intent.id, {"return_url": "https://shop.example/back"})
    assert intent.status == "succeeded"
    assert intent.currency == "eur"
    listed = await client.v1.customers.payment_methods.list_async(customer.id)
    assert [m.id for m in listed.data] == [method.id]
    await client.v1.payment_methods.detach_async(method.id)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        await pay(client, payment_method=method.id)


async def test_part_of_an_authorization_is_captured_and_the_rest_released(
    sandbox: Sandbox, client: StripeClient
) -> None:
    intent = await pay(client, 10_00, capture_method="manual")
    assert (intent.status, intent.amount_capturable, intent.amount_received) == ("requires_capture", 10_00, 0)

    intents = client.v1.payment_intents
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        await intents.capture_async(intent.id, {"amount_to_capture": 10_01})
    assert too_much.value.code == "amount_too_large"
    intent = await intents.capture_async(
        intent.id, {"amount_to_capture": 7_00, "expand": ["latest_charge.refunds"]}
    )

    assert (intent.status, intent.amount_capturable, intent.amount_received) == ("succeeded", 0, 7_00)
    charge: Any = intent.latest_charge
    assert (charge.amount, charge.amount_captured, charge.amount_refunded) == (10_00, 7_00, 3_00)
    assert charge.refunded is False
    assert charge.refunds.data[0].balance_transaction is None
    assert (await sandbox.books())["payments"][intent.id]["taken"] == 7_00
    assert (await sandbox.books())["payments"][intent.id]["refunded"] == 0
    with pytest.raises(stripe.InvalidRequestError) as again:
        await intents.capture_async(intent.id)
    assert again.value.code == "payment_intent_unexpected_state"


async def test_a_canceled_authorization_takes_nothing(sandbox: Sandbox, client: StripeClient) -> None:
    intent = await pay(client, capture_method="manual")

    canceled = await client.v1.payment_intents.cancel_async(intent.id, {"cancellation_reason": "abandoned"})

    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    charge = await client.v1.charges.retrieve_async(intent.latest_charge)
    assert (charge.refunded, charge.captured) == (True, False)
    assert (await sandbox.books())["payments"][intent.id]["taken"] == 0
    for verb in (client.v1.payment_intents.capture_async, client.v1.payment_intents.confirm_async):
        with pytest.raises(stripe.InvalidRequestError) as error:
            await verb(intent.id)
        assert error.value.code == "payment_intent_unexpected_state"


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
    ],
)
async def test_a_declined_card_leaves_the_intent_open(
    sandbox: Sandbox, client: StripeClient, method: str, code: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as declined:
        await pay(client, method=method)

    error: Any = declined.value.error
    assert (declined.value.http_status, declined.value.code) == (402, code)
    assert error.decline_code == decline_code
    intent = await client.v1.payment_intents.retrieve_async(error.payment_intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == code
    charges = await client.v1.charges.list_async({"payment_intent": intent.id})
    assert [charge.status for charge in charges.data] == ["failed"]
    intent = await client.v1.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"})
    assert (intent.status, intent.last_payment_error) == ("succeeded", None)
    assert (await sandbox.books())["payments"][intent.id]["charges"] == 1


@pytest.mark.parametrize(
    ("params", "param", "code"),
    [
        ({"amount": 49}, "amount", "amount_too_small"),
        ({"amount": 100_000_000}, "amount", "amount_too_large"),
        ({"amount": "ten"}, "amount", "parameter_invalid_integer"),
        ({"currency": "xxx"}, "currency", None),
        ({"colour": "red"}, "colour", "parameter_unknown"),
        ({"payment_method": "pm_nobody"}, "payment_method", "resource_missing"),
        ({"customer": "cus_nobody"}, "customer", "resource_missing"),
        ({"statement_descriptor": "SHOP"}, "statement_descriptor", None),
        ({"statement_descriptor_suffix": "1" * 22}, "statement_descriptor_suffix", None),
        ({"statement_descriptor_suffix": "A" * 23}, "statement_descriptor_suffix", None),
        ({"metadata": {"k": "v" * 501}}, "metadata[k]", None),
        (
            {"automatic_payment_methods": {"allow_redirects": "never"}},
            "automatic_payment_methods[enabled]",
            "parameter_missing",
        ),
        (
            {"automatic_payment_methods": {"enabled": True, "colour": "red"}},
            "automatic_payment_methods[colour]",
            "parameter_unknown",
        ),
        ({"expand": ["colour"]}, "expand", None),
    ],
)
async def test_wrong_parameters_are_named(
    client: StripeClient, params: dict[str, Any], param: str, code: str | None
) -> None:
    whole: Any = {"amount": 1000, "currency": "eur", **params}

    with pytest.raises(stripe.InvalidRequestError) as refused:
        await client.v1.payment_intents.create_async(whole)

    assert (refused.value.http_status, refused.value.param, refused.value.code) == (400, param, code)
    listed = await client.v1.payment_intents.list_async()
    assert listed.data == [], "what is refused leaves nothing behind"


async def test_a_missing_amount_is_named(client: StripeClient) -> None:
    without: Any = {"currency": "eur"}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await client.v1.payment_intents.create_async(without)

    assert (refused.value.param, refused.value.code) == ("amount", "parameter_missing")


async def test_redirecting_methods_need_a_way_back(client: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        await client.v1.payment_intents.create_async(
            {"amount": 1000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
        )


async def test_what_is_of_one_account_is_nobody_elses(sandbox: Sandbox, client: StripeClient) -> None:
    intent = await pay(client)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        await sandbox.client(fresh_key()).v1.payment_intents.retrieve_async(intent.id)

    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    same_account = sandbox.client(f"{sandbox.key}_2")
    assert (await same_account.v1.payment_intents.retrieve_async(intent.id)).id == intent.id


async def test_search_finds_by_metadata_and_status(client: StripeClient) -> None:
    wanted = await pay(client, metadata={"order": "ord_7"})
    await pay(client, metadata={"order": "ord_8"})

    found = await client.v1.payment_intents.search_async(
        {"query": "metadata['order']:'ord_7' AND status:'succeeded'"}
    )

    assert [intent.id for intent in found.data] == [wanted.id]


async def test_an_authorization_expires_after_a_week(own: Sandbox) -> None:
    client = own.client()
    intent = await pay(client, capture_method="manual")

    await own.control("POST", "clock", {"advance_seconds": 7 * 86_400 + 1})

    intent = await client.v1.payment_intents.retrieve_async(intent.id)
    assert (intent.status, intent.cancellation_reason) == ("canceled", "automatic")
    events = await client.v1.events.list_async({"type": "charge.expired"})
    assert len(events.data) == 1
