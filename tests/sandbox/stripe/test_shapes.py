"""Every object of the simulator has the names that the SDK knows, and all that it counts on."""

from __future__ import annotations

from typing import Any

import pytest
from stripe import Account, params

from kontorhaus.sandbox.stripe.table import ENDPOINTS
from tests.sandbox.stripe.running import pay, seller
from tests.sandbox.stripe.shapes import strange
from tests.support.stripe import Sandbox


async def everything(own: Sandbox) -> list[Any]:
    """At least one of each kind of object, as the API answers it."""
    client = own.client()
    customer = await client.v1.customers.create_async(
        {"name": "Kunde", "address": {"city": "Köln"}, "payment_method": "pm_card_visa"}
    )
    account: Account = await seller(client)
    intent = await pay(client, 90_00, method="pm_card_bypassPending", expand=["latest_charge.refunds"])
    asking = await pay(client, method="pm_card_authenticationRequired", return_url="https://shop.example/")
    setup = await client.v1.setup_intents.create_async({"customer": customer.id})
    refund = await client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 10_00})
    transfer = await client.v1.transfers.create_async(
        {"amount": 20_00, "currency": "eur", "destination": account.id}
    )
    reversal = await client.v1.transfers.reversals.create_async(transfer.id, {"amount": 5_00})
    payout = await client.v1.payouts.create_async(
        {"amount": 5_00, "currency": "eur"}, {"stripe_account": account.id}
    )
    disputed = await pay(client, method="pm_card_createDispute")
    link = await client.v1.account_links.create_async({"account": account.id, "type": "account_onboarding"})
    hook = await client.v1.webhook_endpoints.create_async(
        {"url": "http://127.0.0.1:9/", "enabled_events": ["topup.created"]}
    )
    there: Any = {"stripe_account": account.id}
    found = [
        customer,
        account,
        intent,
        asking,
        setup,
        refund,
        transfer,
        reversal,
        payout,
        disputed,
        link,
        hook,
    ]
    found += [await client.v1.charges.retrieve_async(intent.latest_charge.id, {"expand": ["refunds"]})]
    found += (await client.v1.disputes.list_async()).data
    found += (await client.v1.balance_transactions.list_async({"limit": 100})).data
    found += (await client.v1.charges.list_async(options=there)).data
    found += (await client.v1.refunds.list_async(options=there)).data
    found += [
        await client.v1.balance.retrieve_async(),
        await client.v1.payment_methods.retrieve_async(
            (await client.v1.customers.payment_methods.list_async(customer.id)).data[0].id
        ),
    ]
    found += (await client.v1.events.list_async({"limit": 100})).data
    found += (await client.v1.accounts.capabilities.list_async(account.id)).data
    found += (await client.v1.accounts.external_accounts.list_async(account.id)).data
    return [one.to_dict() for one in found]


async def test_the_shapes_are_those_of_the_sdk(own: Sandbox) -> None:
    objects = await everything(own)
    events = [one["data"]["object"] for one in objects if one["object"] == "event"]

    found = sorted({sentence for one in [*objects, *events] for sentence in strange(one)})

    assert not found, "\n".join(found)
    kinds = {one["object"] for one in objects}
    assert kinds >= {
        "account",
        "account_link",
        "balance",
        "balance_transaction",
        "bank_account",
        "capability",
        "charge",
        "customer",
        "dispute",
        "event",
        "payment_intent",
        "payment_method",
        "payout",
        "refund",
        "setup_intent",
        "transfer",
        "transfer_reversal",
        "webhook_endpoint",
    }


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"object": "payout", "colour": "red"}, "payout.colour is unknown"),
        ({"object": "payout"}, "payout.amount is missing"),
        ({"object": "dispute", "evidence_details": {}}, "dispute.evidence_details.has_evidence is missing"),
        ({"object": "list", "data": [{"object": "balance"}]}, "balance.available is missing"),
    ],
)
def test_the_comparison_sees_what_is_wrong(broken: dict[str, Any], told: str) -> None:
    assert told in strange(broken)


NAMES = {
    "/v1/accounts": "AccountCreateParams",
    "/v1/accounts/{id}": "AccountUpdateParams",
    "/v1/account_links": "AccountLinkCreateParams",
    "/v1/accounts/{id}/external_accounts": "AccountExternalAccountCreateParams",
    "/v1/charges/{id}": "ChargeUpdateParams",
    "/v1/customers": "CustomerCreateParams",
    "/v1/customers/{id}": "CustomerUpdateParams",
    "/v1/disputes/{id}": "DisputeUpdateParams",
    "/v1/payment_intents": "PaymentIntentCreateParams",
    "/v1/payment_intents/{id}": "PaymentIntentUpdateParams",
    "/v1/payment_intents/{id}/cancel": "PaymentIntentCancelParams",
    "/v1/payment_intents/{id}/capture": "PaymentIntentCaptureParams",
    "/v1/payment_intents/{id}/confirm": "PaymentIntentConfirmParams",
    "/v1/payment_methods": "PaymentMethodCreateParams",
    "/v1/payment_methods/{id}": "PaymentMethodUpdateParams",
    "/v1/payment_methods/{id}/attach": "PaymentMethodAttachParams",
    "/v1/payouts": "PayoutCreateParams",
    "/v1/payouts/{id}": "PayoutUpdateParams",
    "/v1/refunds": "RefundCreateParams",
    "/v1/refunds/{id}": "RefundUpdateParams",
    "/v1/setup_intents": "SetupIntentCreateParams",
    "/v1/setup_intents/{id}/cancel": "SetupIntentCancelParams",
    "/v1/setup_intents/{id}/confirm": "SetupIntentConfirmParams",
    "/v1/transfers": "TransferCreateParams",
    "/v1/transfers/{id}": "TransferUpdateParams",
    "/v1/transfers/{id}/reversals": "TransferReversalCreateParams",
    "/v1/transfers/{id}/reversals/{reversal}": "TransferReversalUpdateParams",
    "/v1/webhook_endpoints": "WebhookEndpointCreateParams",
    "/v1/webhook_endpoints/{id}": "WebhookEndpointUpdateParams",
}


@pytest.mark.parametrize("path", NAMES)
def test_the_parameters_are_those_of_the_sdk(path: str) -> None:
    """Fewer are taken than Stripe takes, but none that it does not."""
    known = set(getattr(params, NAMES[path]).__annotations__)
    taken = next(e.params for e in ENDPOINTS if (e.method, e.path) == ("POST", path)).__struct_fields__

    assert set(taken) <= known
