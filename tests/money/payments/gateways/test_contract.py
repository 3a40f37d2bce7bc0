"""What every gateway does, whoever the provider is."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from kontorhaus.kernel.ids import uuid7
from kontorhaus.money.payments.errors import CredentialsRefused
from kontorhaus.money.payments.model.asks import (
    Ask,
    Capture,
    LinkSellerAccount,
    OpenSellerAccount,
    ReversePayout,
    SendPayout,
    Void,
)
from kontorhaus.money.payments.model.observations import (
    Advice,
    DeclineCode,
    IntentStatus,
    LinkSeen,
    PaymentSeen,
    PayoutSeen,
    ProviderDeclined,
    RefundFailure,
    RefundSeen,
    RefundStatus,
    RefusalCode,
    SellerAccountSeen,
    SellerAccountStatus,
    Subject,
)
from kontorhaus.platform.outbound import NotSent, Unknown
from tests.money.payments.gateways.worlds import RETURN, World, authorize, euro, paid, refund


async def test_a_payment_is_taken_and_shows_our_ids(world: World) -> None:
    ask = authorize(world)

    seen = await world.gateway.send(world.credentials, ask)

    assert isinstance(seen, PaymentSeen)
    assert (seen.status, seen.amount, seen.captured, seen.capturable) == (
        IntentStatus.CAPTURED,
        euro(10_00),
        euro(10_00),
        euro(0),
    )
    assert (seen.payment, seen.operation, seen.live, seen.manual) == (ask.payment, ask.id, False, False)
    assert seen.method is not None
    assert seen.method.last4 == "0016"
    assert seen.method.fingerprint
    again = await world.gateway.retrieve(world.credentials, Subject.PAYMENT, seen.reference)
    assert isinstance(again, PaymentSeen)
    assert again.fee == euro(40), "1.5 % of 10.00 and 0.25, known once the provider has settled it"
    assert again.charge == seen.charge


async def test_money_is_held_then_taken_in_part(world: World) -> None:
    held = await paid(world, manual=True)
    assert (held.status, held.capturable, held.captured) == (IntentStatus.AUTHORIZED, euro(10_00), euro(0))

    capture = Capture(id=uuid7(), payment=uuid7(), intent=held.reference, amount=euro(7_00))
    seen = await world.gateway.send(world.credentials, capture)

    assert isinstance(seen, PaymentSeen)
    assert (seen.status, seen.captured, seen.capturable) == (IntentStatus.CAPTURED, euro(7_00), euro(0))
    assert seen.refunded == euro(0), "what was released was never taken"
    assert seen.operation == capture.id
    assert await world.charges() == [7_00]


async def test_a_hold_is_voided(world: World) -> None:
    held = await paid(world, manual=True)
    seen = await world.gateway.send(
        world.credentials, Void(id=uuid7(), payment=uuid7(), intent=held.reference)
    )
    assert isinstance(seen, PaymentSeen)
    assert (seen.status, seen.capturable, seen.captured) == (IntentStatus.CANCELED, euro(0), euro(0))
    assert await world.charges() == [0]


@pytest.mark.parametrize(
    ("method", "code", "advice"),
    [
        ("declined", DeclineCode.DECLINED, Advice.RETRY_OTHER),
        ("poor", DeclineCode.INSUFFICIENT_FUNDS, Advice.RETRY_SAME),
        ("stolen", DeclineCode.LOST_OR_STOLEN, Advice.RETRY_OTHER),
    ],
)
async def test_a_decline_is_seen_on_the_payment(
    world: World, method: str, code: DeclineCode, advice: Advice
) -> None:
    seen = await paid(world, method)
    assert seen.status is IntentStatus.REQUIRES_PAYMENT_METHOD
    assert seen.decline is not None
    assert (seen.decline.code, seen.decline.advice) == (code, advice)
    assert seen.captured == euro(0)


async def test_a_declined_payment_is_tried_again_with_another_method(world: World) -> None:
    first = authorize(world, "declined")
    declined = await world.gateway.send(world.credentials, first)
    assert isinstance(declined, PaymentSeen)

    second = replace(authorize(world), payment=first.payment, intent=declined.reference)
    seen = await world.gateway.send(world.credentials, second)

    assert isinstance(seen, PaymentSeen)
    assert (seen.reference, seen.status) == (declined.reference, IntentStatus.CAPTURED)
    assert (seen.payment, seen.operation) == (first.payment, second.id)
    assert await world.charges() == [10_00]


@pytest.mark.parametrize("approved", [True, False])
async def test_the_payers_bank_asks_him(world: World, *, approved: bool) -> None:
    seen = await paid(world, "asks")
    assert seen.status is IntentStatus.REQUIRES_ACTION
    assert seen.action_url
    assert seen.action_url not in repr(seen)

    await world.approve(seen.reference, approved=approved)

    after = await world.gateway.retrieve(world.credentials, Subject.PAYMENT, seen.reference)
    assert isinstance(after, PaymentSeen)
    if approved:
        assert (after.status, after.captured) == (IntentStatus.CAPTURED, euro(10_00))
    else:
        assert (after.status, after.captured) == (IntentStatus.REQUIRES_PAYMENT_METHOD, euro(0))
        assert after.decline is not None
        assert after.decline.code is DeclineCode.AUTHENTICATION_FAILED


async def test_who_is_not_there_cannot_authenticate(world: World) -> None:
    seen = await paid(world, "asks", off_session=True, return_url=None)
    assert seen.decline is not None
    assert (seen.decline.code, seen.decline.advice) == (
        DeclineCode.AUTHENTICATION_REQUIRED,
        Advice.AUTHENTICATE,
    )


async def test_a_payment_is_refunded_in_parts(world: World) -> None:
    taken = await paid(world)
    for amount in (3_00, 7_00):
        ask = refund(taken, amount)
        seen = await world.gateway.send(world.credentials, ask)
        assert isinstance(seen, RefundSeen)
        assert (seen.status, seen.amount, seen.intent) == (
            RefundStatus.SUCCEEDED,
            euro(amount),
            taken.reference,
        )
        assert (seen.refund, seen.operation, seen.payment) == (ask.refund, ask.id, ask.payment)
    after = await world.gateway.retrieve(world.credentials, Subject.PAYMENT, taken.reference)
    assert isinstance(after, PaymentSeen)
    assert (after.captured, after.refunded) == (euro(10_00), euro(10_00))

    more = await world.gateway.send(world.credentials, refund(taken, 1))

    assert isinstance(more, ProviderDeclined)
    assert more.code is RefusalCode.STATE


async def test_a_refund_takes_its_time(world: World) -> None:
    seen = await world.gateway.send(world.credentials, refund(await paid(world, "pending_refund"), 4_00))
    assert isinstance(seen, RefundSeen)
    assert seen.status is RefundStatus.PENDING
    after = await world.gateway.retrieve(world.credentials, Subject.REFUND, seen.reference)
    assert isinstance(after, RefundSeen)
    assert (after.status, after.failure) == (RefundStatus.SUCCEEDED, None)


async def test_a_refund_comes_back(world: World) -> None:
    seen = await world.gateway.send(world.credentials, refund(await paid(world, "failing_refund"), 4_00))
    assert isinstance(seen, RefundSeen)
    after = await world.gateway.retrieve(world.credentials, Subject.REFUND, seen.reference)
    assert isinstance(after, RefundSeen)
    assert (after.status, after.failure) == (RefundStatus.FAILED, RefundFailure.METHOD_CLOSED)


async def test_what_cannot_be_is_refused_and_changes_nothing(world: World) -> None:
    held = await paid(world, manual=True)
    too_much = Capture(id=uuid7(), payment=uuid7(), intent=held.reference, amount=euro(10_01))
    refused = await world.gateway.send(world.credentials, too_much)
    assert isinstance(refused, ProviderDeclined)
    assert refused.code is RefusalCode.AMOUNT

    void = Void(id=uuid7(), payment=uuid7(), intent=held.reference)
    await world.gateway.send(world.credentials, void)
    late = await world.gateway.send(world.credentials, replace(too_much, id=uuid7(), amount=euro(10_00)))

    assert isinstance(late, ProviderDeclined)
    assert late.code is RefusalCode.STATE
    assert late.seen is not None
    assert late.seen.status is IntentStatus.CANCELED
    tiny = await world.gateway.send(world.credentials, authorize(world, amount=1))
    assert isinstance(tiny, ProviderDeclined)
    assert tiny.code is RefusalCode.AMOUNT
    assert await world.charges() == [0]


async def test_a_method_that_nobody_knows_is_refused(world: World) -> None:
    refused = await world.gateway.send(world.credentials, replace(authorize(world), method="pm_nobody"))
    assert isinstance(refused, ProviderDeclined)
    assert (refused.code, refused.advice) == (RefusalCode.METHOD, Advice.RETRY_OTHER)


async def test_a_seller_is_checked_then_paid_then_restricted(world: World) -> None:
    ask = OpenSellerAccount(id=uuid7(), account=uuid7(), country="DE", email="erika@example.com")
    assert "erika" not in repr(ask)
    opened = await world.gateway.send(world.credentials, ask)
    assert isinstance(opened, SellerAccountSeen)
    assert (opened.status, opened.account, opened.operation) == (
        SellerAccountStatus.PENDING,
        ask.account,
        ask.id,
    )
    assert "external_account" in opened.due
    link = await world.gateway.send(
        world.credentials,
        LinkSellerAccount(
            id=uuid7(),
            account=ask.account,
            provider_account=opened.reference,
            return_url=RETURN,
            refresh_url=RETURN,
        ),
    )
    assert isinstance(link, LinkSeen)
    assert link.url not in repr(link)

    checked = await world.account()
    for outcome, status in (
        ("verified", SellerAccountStatus.ACTIVE),
        ("failed", SellerAccountStatus.RESTRICTED),
        ("pending", SellerAccountStatus.PENDING),
        ("rejected", SellerAccountStatus.RESTRICTED),
    ):
        await world.judge(checked, outcome)
        seen = await world.gateway.retrieve(world.credentials, Subject.SELLER_ACCOUNT, checked)
        assert isinstance(seen, SellerAccountSeen)
        assert seen.status is status, outcome


async def test_a_seller_is_sent_money_and_some_is_taken_back(world: World) -> None:
    account, taken = await world.account(), await paid(world, "settled")
    ask = SendPayout(
        id=uuid7(),
        payout=uuid7(),
        provider_account=account,
        amount=euro(6_00),
        group="ord_7",
        source=taken.charge,
    )
    sent = await world.gateway.send(world.credentials, ask)
    assert isinstance(sent, PayoutSeen)
    assert (sent.destination, sent.amount, sent.reversed) == (account, euro(6_00), euro(0))
    assert (sent.payout, sent.operation) == (ask.payout, ask.id)

    back = ReversePayout(id=uuid7(), payout=ask.payout, transfer=sent.reference, amount=euro(2_00))
    seen = await world.gateway.send(world.credentials, back)

    assert isinstance(seen, PayoutSeen)
    assert (seen.reference, seen.reversed, seen.operation) == (sent.reference, euro(2_00), back.id)


async def test_a_seller_who_was_not_checked_is_not_paid(world: World) -> None:
    account = await world.account(checked=False)
    ask = SendPayout(id=uuid7(), payout=uuid7(), provider_account=account, amount=euro(1_00))
    refused = await world.gateway.send(world.credentials, ask)
    assert isinstance(refused, ProviderDeclined)
    assert refused.code is RefusalCode.STATE
    checked = replace(ask, id=uuid7(), provider_account=await world.account())
    poor = await world.gateway.send(world.credentials, checked)
    assert isinstance(poor, ProviderDeclined)
    assert (poor.code, poor.advice) == (RefusalCode.BALANCE, Advice.RETRY_SAME)
    assert await world.moved("transfers") == []


async def test_an_ask_survives_being_kept(world: World) -> None:
    ask = authorize(world)
    kept: Ask = msgspec.msgpack.decode(msgspec.msgpack.encode(ask), type=Ask)
    first = await world.gateway.send(world.credentials, ask)
    again = await world.gateway.send(world.credentials, kept)
    assert isinstance(first, PaymentSeen)
    assert isinstance(again, PaymentSeen)
    assert first.reference == again.reference
    assert await world.charges() == [10_00]


async def test_a_key_says_whose_it_is_and_a_revoked_one_nothing(world: World) -> None:
    found = await world.gateway.test(world.credentials)
    assert (found.country, found.currency, found.ready) == ("DE", "EUR", True)
    assert world.gateway.fits(world.credentials.secret_key, live=False)
    assert not world.gateway.fits(world.credentials.secret_key, live=True)
    assert world.credentials.secret_key not in repr(world.credentials)

    await world.revoke(world.credentials)

    with pytest.raises(CredentialsRefused) as refused:
        await world.gateway.test(world.credentials)
    assert world.credentials.secret_key[-4:] not in f"{refused.value.detail}{refused.value.facts}"
    ask = authorize(world)
    sent = await world.gateway.send(world.credentials, ask)
    assert isinstance(sent, ProviderDeclined)
    assert sent.code is RefusalCode.CREDENTIALS
    with pytest.raises(Unknown):
        await world.gateway.find(world.credentials, ask, reference=None, age=timedelta(0))


async def test_what_is_not_there_is_seen_as_nothing(world: World) -> None:
    for subject, reference in (
        (Subject.PAYMENT, "pi_nobody"),
        (Subject.REFUND, "re_nobody"),
        (Subject.PAYOUT, "tr_nobody"),
        (Subject.SELLER_ACCOUNT, "acct_nobody"),
        (Subject.DISPUTE, "du_nobody"),
    ):
        assert await world.gateway.retrieve(world.credentials, subject, reference) is None, subject


async def test_a_provider_that_cannot_be_reached_was_sent_nothing(world: World) -> None:
    with pytest.raises(NotSent):
        await world.unreachable.send(world.credentials, authorize(world))
