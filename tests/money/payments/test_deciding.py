"""What a provider's word means, decided without a database: in any order, twice, late."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from kontorhaus.kernel.money import Money
from kontorhaus.money.payments.model import deciding
from kontorhaus.money.payments.model.ids import PaymentConnectionId, PaymentId
from kontorhaus.money.payments.model.observations import IntentStatus, PaymentSeen
from kontorhaus.money.payments.model.payments import TRANSITIONS, Payment, Standing, Status, status_of
from kontorhaus.people.parties import PartyId

ONE = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
NOW = datetime(2026, 11, 20, tzinfo=UTC)

FRESH = Payment(
    id=PaymentId(ONE),
    entity=PartyId(ONE),
    payer=PartyId(ONE),
    connection_id=PaymentConnectionId(ONE),
    amount=1000,
    currency="EUR",
    capture_method="manual",
    status="requires_payment_method",
    seen=None,
    intent=None,
    charge=None,
    authorized=0,
    captured=0,
    refunding=0,
    refunded=0,
    fee=None,
    action_url=None,
    return_url=None,
    reference=None,
    description=None,
    error_code=None,
    error_provider_code=None,
    error_advice=None,
    review=None,
    ending=None,
    version=1,
    created_at=NOW,
    updated_at=NOW,
    expires_at=None,
)


def said(status: IntentStatus, amount: int = 1000, currency: str = "EUR") -> PaymentSeen:
    def money(minor: int) -> Money:
        return Money(minor, currency)

    return PaymentSeen(
        reference="pi_1",
        status=status,
        amount=money(amount),
        capturable=money(amount if status is IntentStatus.AUTHORIZED else 0),
        captured=money(amount if status is IntentStatus.CAPTURED else 0),
        refunded=money(0),
        live=False,
        payment=ONE,
    )


@given(st.permutations(list(IntentStatus) * 2))
def test_in_whatever_order_old_news_comes_money_is_taken_once(order: list[IntentStatus]) -> None:
    payment, taken = FRESH, 0
    for status in order:
        verdict = deciding.heard(payment, None, said(status), fresh=False)
        taken += verdict.taken.minor if verdict.taken else 0
        payment = verdict.payment
    # Whichever end was heard first stands; money after an end is for a person, and is not counted.
    assert (taken, payment.captured) in {(1000, 1000), (0, 0)}
    assert taken == 1000 or payment.review == "captured" or payment.seen == IntentStatus.CANCELED


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (said(IntentStatus.CAPTURED, amount=999), "amount"),
        (said(IntentStatus.CAPTURED, currency="USD"), "currency"),
        (structs.replace(said(IntentStatus.CAPTURED), payment=UUID(int=1)), "reference"),
        (structs.replace(said(IntentStatus.CAPTURED), payment=None), "reference"),
        (structs.replace(said(IntentStatus.CAPTURED), captured=Money(1001, "EUR")), "captured"),
        (structs.replace(said(IntentStatus.CAPTURED), captured=Money(0, "EUR")), "captured"),
        (structs.replace(said(IntentStatus.AUTHORIZED), capturable=Money(500, "EUR")), "authorized"),
    ],
)
def test_what_cannot_be_ours_changes_nothing(wrong: PaymentSeen, why: str) -> None:
    verdict = deciding.heard(FRESH, None, wrong, fresh=True)

    assert verdict.taken is None
    # Only where it can be asked about is kept, if it says of itself that it is this payment.
    kept = wrong.reference if wrong.payment == ONE else None
    assert verdict.payment == structs.replace(FRESH, review=why, intent=kept)


def test_another_reference_than_the_known_one_is_in_doubt() -> None:
    known = structs.replace(FRESH, intent="pi_2")

    assert deciding.heard(known, None, said(IntentStatus.CAPTURED), fresh=True).payment.review == "reference"


def test_every_status_that_news_can_bring_may_follow_every_other_but_an_end() -> None:
    for old, seen in itertools.product(Status, IntentStatus):
        if old in (Status.CAPTURED, Status.CANCELED, Status.EXPIRED):
            continue
        captured = 1000 if seen is IntentStatus.CAPTURED else 0
        new = status_of(Standing(captured, seen, None, review=False, expiring=False))
        allowed = {target for (source, _), target in TRANSITIONS.items() if source is old}
        assert new is old or new in allowed, (old, new)
