"""Connected accounts, transfers to them, and payouts to their banks."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe
from stripe import StripeClient

from tests.sandbox.stripe.running import pay, seller
from tests.support.stripe import Sandbox


async def _available(client: StripeClient, account: str | None = None) -> tuple[int, int]:
    options: Any = {"stripe_account": account} if account else {}
    balance = await client.v1.balance.retrieve_async(options=options)
    return balance.available[0].amount, balance.pending[0].amount


async def test_an_account_becomes_active_once_all_is_told(client: StripeClient) -> None:
    account: Any = await client.v1.accounts.create_async(
        {"type": "custom", "country": "DE", "capabilities": {"transfers": {"requested": True}}}
    )
    assert account.payouts_enabled is False
    assert "external_account" in account.requirements.currently_due
    assert account.requirements.disabled_reason == "requirements.past_due"

    complete = await seller(client)

    account = await client.v1.accounts.retrieve_async(complete.id)
    assert (account.payouts_enabled, account.details_submitted) == (True, True)
    assert account.capabilities.transfers == "active"
    assert account.requirements.currently_due == []
    listed = await client.v1.accounts.list_async()
    assert {found.id for found in listed.data} >= {account.id}


async def test_an_identity_is_looked_at_and_can_be_wrong(own: Sandbox) -> None:
    client = own.client()
    made = await seller(client)
    assert made.capabilities.transfers == "pending"
    assert made.requirements.disabled_reason == "requirements.pending_verification"

    await own.control("POST", f"accounts/{made.id}/identity", {"outcome": "failed"})

    account: Any = await client.v1.accounts.retrieve_async(made.id)
    assert account.payouts_enabled is False
    assert account.requirements.errors[0].code == "verification_failed_keyed_identity"
    await client.v1.accounts.update_async(account.id, {"individual": {"id_number": "111111111"}})
    account = await client.v1.accounts.retrieve_async(account.id)
    assert account.requirements.errors != []
    await client.v1.accounts.update_async(account.id, {"individual": {"id_number": "000000000"}})
    account = await client.v1.accounts.retrieve_async(account.id)
    assert account.payouts_enabled is True


async def test_a_seller_tells_it_all_on_stripes_own_page(sandbox: Sandbox, client: StripeClient) -> None:
    account: Any = await client.v1.accounts.create_async(
        {"type": "express", "country": "FR", "capabilities": {"transfers": {"requested": True}}}
    )
    link = await client.v1.account_links.create_async(
        {
            "account": account.id,
            "type": "account_onboarding",
            "return_url": "https://shop.example/done",
            "refresh_url": "https://shop.example/again",
        }
    )
    assert urlsplit(link.url).netloc == urlsplit(sandbox.url).netloc

    async with sandbox.session.get(link.url) as page:
        assert page.status == 200
    async with sandbox.session.post(link.url, allow_redirects=False) as done:
        assert (done.status, done.headers["location"]) == (303, "https://shop.example/done")

    account = await client.v1.accounts.retrieve_async(account.id)
    assert account.payouts_enabled is True
    async with sandbox.session.post(link.url) as again:
        assert again.status == 400


async def test_money_of_a_charge_is_passed_on_before_it_is_available(
    sandbox: Sandbox, client: StripeClient
) -> None:
    account = await seller(client)
    intent = await pay(client, 100_00, capture_method="automatic", transfer_group="ord_1")

    transfer = await client.v1.transfers.create_async(
        {
            "amount": 80_00,
            "currency": "eur",
            "destination": account.id,
            "source_transaction": intent.latest_charge,
            "expand": ["balance_transaction", "destination_payment"],
        }
    )

    payment: Any = transfer.destination_payment
    assert (payment.amount, payment.source_transfer) == (80_00, transfer.id)
    assert transfer.transfer_group == "ord_1"
    assert await _available(client, account.id) == (0, 80_00)
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        await client.v1.transfers.create_async(
            {
                "amount": 20_01,
                "currency": "eur",
                "destination": account.id,
                "source_transaction": intent.latest_charge,
            }
        )
    assert too_much.value.param == "amount"
    found = await client.v1.transfers.list_async({"transfer_group": "ord_1"})
    assert [one.id for one in found.data] == [transfer.id]
    books = (await sandbox.books())["transfers"][transfer.id]
    assert (books["sent"], books["arrived"], books["reversed"]) == (80_00, 80_00, 0)


async def test_without_a_charge_only_available_money_is_passed_on(client: StripeClient) -> None:
    account = await seller(client)
    wanted: Any = {"amount": 50_00, "currency": "eur", "destination": account.id}
    await pay(client, 100_00)

    with pytest.raises(stripe.InvalidRequestError) as pending:
        await client.v1.transfers.create_async(wanted)
    assert pending.value.code == "balance_insufficient"
    await pay(client, 100_00, method="pm_card_bypassPending")
    transfer = await client.v1.transfers.create_async(wanted)

    assert transfer.amount == 50_00
    assert await _available(client, account.id) == (50_00, 0)


async def test_a_transfer_goes_to_checked_accounts_alone(client: StripeClient) -> None:
    unchecked = await client.v1.accounts.create_async({"type": "custom", "country": "DE"})
    await pay(client, 100_00, method="pm_card_bypassPending")

    with pytest.raises(stripe.InvalidRequestError) as refused:
        await client.v1.transfers.create_async(
            {"amount": 100, "currency": "eur", "destination": unchecked.id}
        )
    assert refused.value.code == "insufficient_capabilities_for_transfer"
    with pytest.raises(stripe.InvalidRequestError) as nobody:
        await client.v1.transfers.create_async(
            {"amount": 100, "currency": "eur", "destination": "acct_nobody"}
        )
    assert (nobody.value.code, nobody.value.param) == ("resource_missing", "destination")


async def test_a_transfer_is_reversed_in_parts_and_never_beyond(
    sandbox: Sandbox, client: StripeClient
) -> None:
    account = await seller(client)
    await pay(client, 100_00, method="pm_card_bypassPending")
    before = await _available(client)
    transfer = await client.v1.transfers.create_async(
        {"amount": 50_00, "currency": "eur", "destination": account.id}
    )
    reversals = client.v1.transfers.reversals

    part = await reversals.create_async(transfer.id, {"amount": 20_00, "metadata": {"n": "1"}})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unreversed"):
        await reversals.create_async(transfer.id, {"amount": 30_01})
    await reversals.create_async(transfer.id)

    assert part.amount == 20_00
    transfer = await client.v1.transfers.retrieve_async(transfer.id)
    assert (transfer.reversed, transfer.amount_reversed) == (True, 50_00)
    assert [one.amount for one in transfer.reversals.data] == [30_00, 20_00]
    with pytest.raises(stripe.InvalidRequestError) as again:
        await reversals.create_async(transfer.id)
    assert again.value.code == "transfer_already_reversed"
    assert await _available(client) == before
    assert (await sandbox.books())["transfers"][transfer.id]["reversed"] == 50_00


async def test_what_was_paid_out_is_not_reversed(client: StripeClient) -> None:
    account = await seller(client)
    await pay(client, 100_00, method="pm_card_bypassPending")
    transfer = await client.v1.transfers.create_async(
        {"amount": 50_00, "currency": "eur", "destination": account.id}
    )
    await client.v1.payouts.create_async({"amount": 50_00, "currency": "eur"}, {"stripe_account": account.id})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        await client.v1.transfers.reversals.create_async(transfer.id)

    assert refused.value.code == "balance_insufficient"


async def _paid_seller(client: StripeClient, number: str = "DE89370400440532013000") -> str:
    bank: Any = {"object": "bank_account", "country": "DE", "currency": "eur", "account_number": number}
    account = await seller(client, external_account=bank)
    await pay(client, 100_00, method="pm_card_bypassPending")
    await client.v1.transfers.create_async({"amount": 50_00, "currency": "eur", "destination": account.id})
    return str(account.id)


async def test_a_payout_takes_its_days(own: Sandbox) -> None:
    client = own.client()
    account = await _paid_seller(client)
    there: Any = {"stripe_account": account}

    with pytest.raises(stripe.InvalidRequestError) as too_much:
        await client.v1.payouts.create_async({"amount": 50_01, "currency": "eur"}, there)
    payout = await client.v1.payouts.create_async(
        {"amount": 50_00, "currency": "eur", "metadata": {"n": "1"}}, there
    )

    assert too_much.value.code == "balance_insufficient"
    assert (payout.status, payout.automatic) == ("pending", False)
    assert await _available(client, account) == (0, 0)
    await own.control("POST", "clock", {"advance_seconds": 86_400})
    assert (await client.v1.payouts.retrieve_async(payout.id, options=there)).status == "in_transit"
    await own.control("POST", "clock", {"now": payout.arrival_date})
    assert (await client.v1.payouts.retrieve_async(payout.id, options=there)).status == "paid"
    books = await own.books()
    assert books["payouts"][payout.id]["gone"] == 50_00
    assert books["accounts"][account]["paid_out"] == {"eur": 50_00}
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.payouts.cancel_async(payout.id, options=there)


async def test_a_payout_to_a_wrong_account_comes_back(own: Sandbox) -> None:
    client = own.client()
    account = await _paid_seller(client, "DE62370400440532013001")
    there: Any = {"stripe_account": account}
    payout = await client.v1.payouts.create_async({"amount": 50_00, "currency": "eur"}, there)

    await own.control("POST", "clock", {"now": payout.arrival_date})

    payout = await client.v1.payouts.retrieve_async(payout.id, options=there)
    assert (payout.status, payout.failure_code) == ("failed", "no_account")
    assert payout.failure_balance_transaction is not None
    assert await _available(client, account) == (50_00, 0)
    assert (await own.books())["payouts"][payout.id]["gone"] == 0
    with pytest.raises(stripe.InvalidRequestError) as again:
        await client.v1.payouts.create_async({"amount": 50_00, "currency": "eur"}, there)
    assert again.value.code == "bank_account_unusable"
    await client.v1.accounts.external_accounts.create_async(
        account,
        {
            "external_account": {
                "object": "bank_account",
                "country": "DE",
                "currency": "eur",
                "account_number": "DE89370400440532013000",
            },
            "default_for_currency": True,
        },
    )
    assert (await client.v1.payouts.create_async({"amount": 50_00, "currency": "eur"}, there)).id


async def test_a_paid_payout_can_still_be_returned(sandbox: Sandbox, client: StripeClient) -> None:
    account = await _paid_seller(client)
    there: Any = {"stripe_account": account}
    payout = await client.v1.payouts.create_async({"amount": 50_00, "currency": "eur"}, there)
    await sandbox.control("POST", f"payouts/{payout.id}/pay")
    assert (await client.v1.payouts.retrieve_async(payout.id, options=there)).status == "paid"

    await sandbox.control("POST", f"payouts/{payout.id}/fail", {"code": "account_closed"})

    assert (await client.v1.payouts.retrieve_async(payout.id, options=there)).failure_code == "account_closed"
    assert await _available(client, account) == (50_00, 0)


async def test_another_platforms_account_is_nobodys(sandbox: Sandbox, client: StripeClient) -> None:
    account = await seller(client)
    stranger = sandbox.client("sk_test_stranger")

    with pytest.raises(stripe.PermissionError) as refused:
        await stranger.v1.balance.retrieve_async(options={"stripe_account": account.id})

    assert refused.value.error is not None
    assert refused.value.error.code == "account_invalid"


async def test_balances_become_available_with_the_clock(own: Sandbox) -> None:
    client = own.client()
    intent = await pay(
        client, 100_00, capture_method="automatic", expand=["latest_charge.balance_transaction"]
    )
    movement = intent.latest_charge.balance_transaction
    assert (await _available(client)) == (0, movement.net)

    await own.control("POST", "clock", {"now": movement.available_on})

    assert (await _available(client)) == (movement.net, 0)
    movement = await client.v1.balance_transactions.retrieve_async(movement.id)
    assert movement.status == "available"
    by_source = await client.v1.balance_transactions.list_async({"source": intent.latest_charge.id})
    assert [one.id for one in by_source.data] == [movement.id]
