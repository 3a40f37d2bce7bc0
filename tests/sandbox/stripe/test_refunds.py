"""Refunds and disputes: money that goes back, and money that is taken back."""

from __future__ import annotations

from typing import Any

import pytest
import stripe
from stripe import StripeClient

from tests.sandbox.stripe.running import pay
from tests.support.stripe import Sandbox


async def test_a_charge_is_refunded_in_parts_and_never_beyond(sandbox: Sandbox, client: StripeClient) -> None:
    intent = await pay(client, 10_00)
    refunds = client.v1.refunds

    first = await refunds.create_async(
        {
            "payment_intent": intent.id,
            "amount": 3_00,
            "reason": "requested_by_customer",
            "metadata": {"n": "1"},
        }
    )
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount") as too_much:
        await refunds.create_async({"payment_intent": intent.id, "amount": 7_01})
    rest = await refunds.create_async({"charge": intent.latest_charge, "expand": ["balance_transaction"]})

    assert (first.status, rest.amount, too_much.value.param) == ("succeeded", 7_00, "amount")
    movement: Any = rest.balance_transaction
    assert (movement.net, movement.type) == (-7_00, "refund")
    with pytest.raises(stripe.InvalidRequestError) as again:
        await refunds.create_async({"payment_intent": intent.id})
    assert again.value.code == "charge_already_refunded"
    charge: Any = await client.v1.charges.retrieve_async(intent.latest_charge, {"expand": ["refunds"]})
    assert (charge.refunded, charge.amount_refunded) == (True, 10_00)
    assert [refund.id for refund in charge.refunds.data] == [rest.id, first.id]
    books = await sandbox.books()
    assert books["payments"][intent.id]["refunded"] == 10_00


async def test_after_a_partial_capture_only_what_was_taken_goes_back(
    sandbox: Sandbox, client: StripeClient
) -> None:
    intent = await pay(client, 10_00, capture_method="manual")
    await client.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 7_00})

    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 7_01})
    refund = await client.v1.refunds.create_async({"payment_intent": intent.id})

    assert refund.amount == 7_00
    payment = (await sandbox.books())["payments"][intent.id]
    assert payment["taken"] == payment["refunded"] == 7_00


async def test_an_authorization_is_not_refunded(client: StripeClient) -> None:
    intent = await pay(client, capture_method="manual")

    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.refunds.create_async({"payment_intent": intent.id})
    with pytest.raises(stripe.InvalidRequestError) as uncaptured:
        await client.v1.refunds.create_async({"charge": intent.latest_charge})

    assert uncaptured.value.code == "charge_not_refundable"


async def test_a_pending_refund_succeeds_later(own: Sandbox) -> None:
    client = own.client()
    intent = await pay(client, method="pm_card_pendingRefund")

    refund = await client.v1.refunds.create_async({"payment_intent": intent.id})

    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    assert (await client.v1.refunds.retrieve_async(refund.id)).status == "succeeded"


async def test_a_refund_that_fails_comes_back_to_the_balance(sandbox: Sandbox, client: StripeClient) -> None:
    intent = await pay(client, 10_00, method="pm_card_refundFail", capture_method="automatic")

    refund = await client.v1.refunds.create_async({"payment_intent": intent.id})
    assert refund.status == "succeeded"

    refund = await client.v1.refunds.retrieve_async(refund.id)
    assert (refund.status, refund.failure_reason) == ("failed", "expired_or_canceled_card")
    assert refund.failure_balance_transaction is not None
    charge = await client.v1.charges.retrieve_async(intent.latest_charge)
    assert (charge.refunded, charge.amount_refunded) == (False, 0)
    assert (await sandbox.books())["payments"][intent.id]["refunded"] == 0


async def test_a_dispute_takes_the_money_and_its_fee_and_is_won(
    sandbox: Sandbox, client: StripeClient
) -> None:
    intent = await pay(client, 100_00, capture_method="automatic")

    opened = await sandbox.control(
        "POST", "disputes", {"payment_intent": intent.id, "reason": "product_not_received"}
    )

    dispute = await client.v1.disputes.retrieve_async(opened["id"])
    assert (dispute.status, dispute.reason, dispute.amount) == (
        "needs_response",
        "product_not_received",
        100_00,
    )
    withdrawn = dispute.balance_transactions[0]
    assert (withdrawn.amount, withdrawn.fee, withdrawn.reporting_category) == (-100_00, 20_00, "dispute")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await client.v1.refunds.create_async({"payment_intent": intent.id})
    assert refused.value.code == "charge_disputed"

    dispute = await client.v1.disputes.update_async(
        dispute.id, {"evidence": {"uncategorized_text": "a letter"}, "submit": False}
    )
    assert (dispute.status, dispute.evidence_details.has_evidence) == ("needs_response", True)
    dispute = await client.v1.disputes.update_async(
        dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}}
    )
    assert (dispute.status, dispute.evidence_details.submission_count) == ("under_review", 1)

    dispute = await client.v1.disputes.retrieve_async(dispute.id)
    assert dispute.status == "won"
    assert [t.amount for t in dispute.balance_transactions] == [-100_00, 100_00]
    balance = await client.v1.balance.retrieve_async()
    assert balance.available[0].amount + balance.pending[0].amount == 100_00 - 1_75 - 20_00
    types = [event.type for event in (await client.v1.events.list_async({"limit": 100})).data]
    assert {"charge.dispute.created", "charge.dispute.funds_withdrawn"} <= set(types)
    assert {"charge.dispute.funds_reinstated", "charge.dispute.closed"} <= set(types)
    assert (await sandbox.books())["disputes"][dispute.id]["gone"] == 0


async def test_a_dispute_that_is_accepted_is_lost(sandbox: Sandbox, client: StripeClient) -> None:
    intent = await pay(client, 50_00, method="pm_card_createDispute")
    disputes = await client.v1.disputes.list_async({"payment_intent": intent.id})
    assert [dispute.reason for dispute in disputes.data] == ["fraudulent"]

    dispute = await client.v1.disputes.close_async(disputes.data[0].id)

    assert dispute.status == "lost"
    books = await sandbox.books()
    assert books["payments"][intent.id]["disputed"] == 50_00
    assert books["disputes"][dispute.id] | {"account": "", "charge": "", "metadata": {}} == {
        "account": "",
        "payment_intent": intent.id,
        "charge": "",
        "currency": "eur",
        "amount": 50_00,
        "status": "lost",
        "gone": 50_00,
        "fees": 20_00,
        "metadata": {},
    }
    won = await sandbox.control("POST", f"disputes/{dispute.id}/win")
    assert won["status"] == "won", "banks change their mind"


async def test_an_inquiry_takes_nothing_until_it_is_escalated(sandbox: Sandbox, client: StripeClient) -> None:
    intent = await pay(client, method="pm_card_createDisputeInquiry")
    inquiry = (await client.v1.disputes.list_async({"payment_intent": intent.id})).data[0]
    assert (inquiry.status, inquiry.balance_transactions) == ("warning_needs_response", [])
    assert inquiry.is_charge_refundable

    await sandbox.control("POST", f"disputes/{inquiry.id}/escalate")

    dispute = await client.v1.disputes.retrieve_async(inquiry.id)
    assert (dispute.status, len(dispute.balance_transactions)) == ("needs_response", 1)


async def test_a_dispute_nobody_answers_is_lost(own: Sandbox) -> None:
    client = own.client()
    intent = await pay(client, method="pm_card_createDisputeProductNotReceived")

    await own.control("POST", "clock", {"advance_seconds": 10 * 86_400})

    dispute = (await client.v1.disputes.list_async({"payment_intent": intent.id})).data[0]
    assert (dispute.status, dispute.evidence_details.past_due) == ("lost", True)
