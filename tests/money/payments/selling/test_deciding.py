"""What a seller's standing, a refusal or a transfer means for a payout: pure decisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from kontorhaus.kernel.ids import uuid7
from kontorhaus.kernel.money import Money
from kontorhaus.money.ledger import HoldId
from kontorhaus.money.payments.model import sellers
from kontorhaus.money.payments.model.ids import PAYOUT, SELLER_ACCOUNT, PaymentConnectionId
from kontorhaus.money.payments.model.observations import (
    PayoutSeen,
    ProviderDeclined,
    RefusalCode,
    SellerAccountStatus,
)
from kontorhaus.money.payments.model.payouts import (
    Payout,
    Reason,
    Step,
    Verdict,
    judged,
    mismatch,
    news,
    refused,
    wait_of,
)
from kontorhaus.money.payments.model.sellers import SellerAccount, opens, step_to
from kontorhaus.people.parties import PartyId

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def account(status: str = "active", **more: Any) -> SellerAccount:
    made = SellerAccount(
        id=SELLER_ACCOUNT.new(),
        party=PartyId(uuid7()),
        connection_id=PaymentConnectionId(uuid7()),
        country="DE",
        business_type="individual",
        status=status,
        due=[],
        provider_account="acct_1",
        reason=None,
        operation_id=None,
        version=1,
        created_at=NOW,
        activated_at=NOW,
        closed_at=None,
    )
    return structs.replace(made, **more)


def payout(status: str = "sending", **more: Any) -> Payout:
    made = Payout(
        id=PAYOUT.new(),
        entity=PartyId(uuid7()),
        seller=PartyId(uuid7()),
        connection_id=PaymentConnectionId(uuid7()),
        amount=10_00,
        currency="EUR",
        status=status,
        reason=None,
        hold_id=HoldId(uuid7()),
        seller_account_id=None,
        source_payment=None,
        reference=None,
        transfer=None,
        reversed=0,
        reversing=0,
        operation_id=None,
        tries=1,
        waits=0,
        version=1,
        created_at=NOW,
        next_try_at=None,
        paid_at=None,
        ended_at=None,
    )
    return structs.replace(made, **more)


def seen(found: Payout, **more: Any) -> PayoutSeen:
    made = PayoutSeen(
        reference="tr_1",
        destination="acct_1",
        amount=found.money,
        reversed=Money(0, "EUR"),
        payout=found.id,
    )
    return structs.replace(made, **more)


@pytest.mark.parametrize(
    ("found", "step", "reason"),
    [
        (None, Step.PLAN, Reason.NO_SELLER_ACCOUNT),
        (account("pending"), Step.PLAN, Reason.SELLER_ACCOUNT_PENDING),
        (account("active"), Step.SEND, None),
        (account("restricted"), Step.HOLD, Reason.SELLER_ACCOUNT_RESTRICTED),
        (account("closed"), Step.HOLD, Reason.SELLER_ACCOUNT_CLOSED),
    ],
)
def test_a_payout_goes_out_to_active_sellers_alone(
    found: SellerAccount | None, step: Step, reason: Reason | None
) -> None:
    assert judged(found) == Verdict(step, reason)


def test_every_refusal_means_something() -> None:
    steps = {code: refused(ProviderDeclined(code=code)).step for code in RefusalCode}

    assert {code for code, step in steps.items() if step is Step.PLAN} == {
        RefusalCode.BALANCE,
        RefusalCode.CREDENTIALS,
    }
    assert [code for code, step in steps.items() if step is Step.HOLD] == [RefusalCode.STATE]


@pytest.mark.parametrize(
    ("status", "seen_as", "step"),
    [
        ("pending", SellerAccountStatus.RESTRICTED, None),
        ("pending", SellerAccountStatus.ACTIVE, sellers.Step.ACTIVATE),
        ("active", SellerAccountStatus.PENDING, sellers.Step.RESTRICT),
        ("active", SellerAccountStatus.ACTIVE, None),
        ("restricted", SellerAccountStatus.ACTIVE, sellers.Step.ACTIVATE),
        ("restricted", SellerAccountStatus.PENDING, None),
        ("restricted", SellerAccountStatus.CLOSED, sellers.Step.CLOSE),
        ("closed", SellerAccountStatus.ACTIVE, None),
    ],
)
def test_a_sellers_standing_follows_the_provider(
    status: str, seen_as: SellerAccountStatus, step: sellers.Step | None
) -> None:
    assert step_to(account(status), seen_as) is step


def test_only_what_was_never_opened_is_opened() -> None:
    fresh = account("pending", provider_account=None)

    assert opens(fresh)
    assert opens(structs.replace(fresh, reason="request"))
    assert not opens(account("pending"))
    assert not opens(structs.replace(fresh, operation_id=uuid7()))


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({}, None),
        ({"payout": None}, None),
        ({"payout": PAYOUT.new()}, "payout"),
        ({"amount": Money(10_01, "EUR")}, "amount"),
        ({"amount": Money(10_00, "USD")}, "currency"),
        ({"reversed": Money(10_01, "EUR")}, "amount"),
        ({"reversed": Money(-1, "EUR")}, "amount"),
        ({"destination": "acct_2"}, "destination"),
    ],
)
def test_a_transfer_that_is_not_the_payouts_is_told_by_its_field(
    changed: dict[str, Any], wrong: str | None
) -> None:
    found = payout()

    assert mismatch(found, seen(found, **changed), account()) == wrong


def test_another_transfer_for_the_same_payout_is_not_believed() -> None:
    found = payout("paid", transfer="tr_0")

    assert mismatch(found, seen(found), account()) == "reference"
    assert mismatch(payout(), seen(payout(), payout=None), None) == "destination"


@pytest.mark.parametrize(
    ("status", "known", "told", "pays", "returned"),
    [
        ("sending", 0, 0, True, 0),
        ("planned", 0, 0, True, 0),
        ("failed", 0, 3, True, 3),
        ("paid", 0, 0, False, 0),
        ("paid", 3, 5, False, 2),
        ("paid", 5, 3, False, 0),
        ("returned", 10_00, 10_00, False, 0),
    ],
)
def test_only_what_is_new_is_news(status: str, known: int, told: int, pays: bool, returned: int) -> None:
    found = payout(status, reversed=known)

    new = news(found, seen(found, reversed=Money(told, "EUR")))

    assert (new.pays, new.returned) == (pays, returned)


def test_what_waits_is_looked_at_ever_more_rarely_and_never_forgotten() -> None:
    balance = Verdict(Step.PLAN, Reason.BALANCE_INSUFFICIENT)
    lost = Verdict(Step.PLAN, Reason.NOT_DONE)

    waits = [wait_of(balance, number) for number in range(6)]

    assert waits == sorted(waits)
    assert waits[-1] == timedelta(days=1)
    assert wait_of(lost, 0) == timedelta(0)
    assert wait_of(lost, 1) > timedelta(0), "one that is lost again and again is not sent in a circle"
