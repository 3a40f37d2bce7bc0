"""The smaller verbs: what is updated, canceled and deleted."""

from __future__ import annotations

from typing import Any

import pytest
import stripe
from stripe import StripeClient

from tests.sandbox.stripe.running import pay, seller
from tests.support.stripe import Sandbox


async def test_customers_are_changed_and_deleted(client: StripeClient) -> None:
    customers = client.v1.customers
    customer = await customers.create_async({"name": "Alt", "payment_method": "pm_card_visa", "phone": "1"})
    method = (await customers.payment_methods.list_async(customer.id)).data[0]

    changed = await customers.update_async(
        customer.id,
        {"name": "Neu", "phone": "", "invoice_settings": {"default_payment_method": method.id}},
    )
    assert (changed.name, changed.phone) == ("Neu", None)
    assert changed.invoice_settings is not None
    assert changed.invoice_settings.default_payment_method == method.id
    with pytest.raises(stripe.InvalidRequestError):
        await customers.update_async(
            customer.id, {"invoice_settings": {"default_payment_method": "pm_card_visa"}}
        )

    deleted = await customers.delete_async(customer.id)
    assert deleted.deleted is True
    with pytest.raises(stripe.InvalidRequestError):
        await customers.retrieve_async(customer.id)
    assert (await client.v1.payment_methods.retrieve_async(method.id)).customer is None


async def test_labels_can_be_changed_on_everything(client: StripeClient) -> None:
    account = await seller(client)
    intent = await pay(client, 90_00, method="pm_card_bypassPending")
    refund = await client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 1_00})
    transfer = await client.v1.transfers.create_async(
        {"amount": 20_00, "currency": "eur", "destination": account.id}
    )
    reversal = await client.v1.transfers.reversals.create_async(transfer.id, {"amount": 5_00})
    there: Any = {"stripe_account": account.id}
    payout = await client.v1.payouts.create_async({"amount": 5_00, "currency": "eur"}, there)
    label: Any = {"metadata": {"n": "1"}}

    changed: list[Any] = [
        await client.v1.charges.update_async(intent.latest_charge, label),
        await client.v1.refunds.update_async(refund.id, label),
        await client.v1.transfers.update_async(transfer.id, label),
        await client.v1.transfers.reversals.update_async(transfer.id, reversal.id, label),
        await client.v1.payouts.update_async(payout.id, label, there),
        await client.v1.accounts.update_async(account.id, label),
    ]

    assert [one.metadata.to_dict() for one in changed] == [{"n": "1"}] * 6
    listed = await client.v1.transfers.reversals.list_async(transfer.id)
    assert [one.id for one in listed.data] == [reversal.id]
    assert (await client.v1.transfers.reversals.retrieve_async(transfer.id, reversal.id)).amount == 5_00


async def test_a_pending_payout_is_canceled_and_its_money_is_back(
    sandbox: Sandbox, client: StripeClient
) -> None:
    account = await seller(client)
    there: Any = {"stripe_account": account.id}
    await pay(client, 90_00, method="pm_card_bypassPending")
    await client.v1.transfers.create_async({"amount": 20_00, "currency": "eur", "destination": account.id})
    payout = await client.v1.payouts.create_async({"amount": 20_00, "currency": "eur"}, there)

    payout = await client.v1.payouts.cancel_async(payout.id, options=there)

    assert payout.status == "canceled"
    assert (await sandbox.books())["accounts"][account.id]["available"] == {"eur": 20_00}
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.accounts.delete_async(account.id)


async def test_an_empty_account_is_deleted_and_bank_accounts_are_replaced(client: StripeClient) -> None:
    account = await seller(client)
    banks = client.v1.accounts.external_accounts
    old = account.external_accounts.data[0].id
    more: Any = {
        "object": "bank_account",
        "country": "DE",
        "currency": "eur",
        "account_number": "DE02120300000000202051",
    }
    new = await banks.create_async(account.id, {"external_account": more})
    with pytest.raises(stripe.InvalidRequestError):
        await banks.delete_async(account.id, old)
    assert (await banks.delete_async(account.id, new.id)).deleted is True
    assert (await banks.retrieve_async(account.id, old)).id == old

    assert (await client.v1.accounts.delete_async(account.id)).deleted is True

    with pytest.raises(stripe.PermissionError):
        await client.v1.accounts.retrieve_async(account.id)


async def test_a_refund_to_a_card_is_not_canceled(client: StripeClient) -> None:
    intent = await pay(client)
    refund = await client.v1.refunds.create_async({"payment_intent": intent.id})

    with pytest.raises(stripe.InvalidRequestError, match="succeeded"):
        await client.v1.refunds.cancel_async(refund.id)


async def test_a_setup_is_canceled_or_declined(client: StripeClient) -> None:
    setup = await client.v1.setup_intents.create_async()
    setup = await client.v1.setup_intents.cancel_async(setup.id, {"cancellation_reason": "abandoned"})
    assert setup.status == "canceled"

    params: Any = {
        "payment_method": "pm_card_visa_chargeDeclined",
        "allowed_payment_method_types": ["card"],
        "confirm": True,
    }
    with pytest.raises(stripe.CardError) as declined:
        await client.v1.setup_intents.create_async(params)
    error: Any = declined.value.error
    assert error.setup_intent.status == "requires_payment_method"


async def test_an_endpoint_is_changed_and_switched_off(client: StripeClient) -> None:
    hooks = client.v1.webhook_endpoints
    hook = await hooks.create_async({"url": "http://127.0.0.1:9/", "enabled_events": ["topup.created"]})

    changed = await hooks.update_async(hook.id, {"disabled": True, "enabled_events": ["topup.failed"]})

    assert (changed.status, changed.enabled_events) == ("disabled", ["topup.failed"])
    for wrong in ({"url": "nowhere"}, {"enabled_events": ["charge.*"]}):
        params: Any = wrong
        with pytest.raises(stripe.InvalidRequestError):
            await hooks.update_async(hook.id, params)


async def test_a_payment_method_gets_another_address(client: StripeClient) -> None:
    params: Any = {"type": "card", "card": {"token": "tok_mastercard"}}
    method = await client.v1.payment_methods.create_async(params)

    changed = await client.v1.payment_methods.update_async(
        method.id, {"billing_details": {"name": "Erika Mustermann", "address": {"city": "Köln"}}}
    )

    assert changed.card is not None
    assert (changed.card.brand, changed.billing_details.name) == ("mastercard", "Erika Mustermann")
    wrong: Any = {"type": "card", "card": {"number": "1234567812345678"}}
    with pytest.raises(stripe.CardError) as refused:
        await client.v1.payment_methods.create_async(wrong)
    assert refused.value.code == "incorrect_number"
