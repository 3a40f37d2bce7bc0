"""What a provider's word means for a payment or a refund: pure decisions, the same for answers, questions and webhooks.

Older news never undoes newer: sums only grow, and of two words of one time the later stage counts.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, structs

from kontorhaus.kernel.money import Money
from kontorhaus.money.payments.model import refunds
from kontorhaus.money.payments.model.observations import (
    IntentStatus,
    Outcome,
    PaymentSeen,
    ProviderDeclined,
    RefundSeen,
)
from kontorhaus.money.payments.model.operations import Operation, Step
from kontorhaus.money.payments.model.operations import Status as OperationStatus
from kontorhaus.money.payments.model.payments import OpenKind, Payment, Standing
from kontorhaus.money.payments.model.refunds import Refund

NOT_DONE: Final = "not_done"
"""The reason of an operation that surely never was carried out."""

STAGE: Final = {
    None: -1,
    IntentStatus.REQUIRES_PAYMENT_METHOD: 0,
    IntentStatus.REQUIRES_CONFIRMATION: 0,
    IntentStatus.REQUIRES_ACTION: 1,
    IntentStatus.PROCESSING: 2,
    IntentStatus.AUTHORIZED: 3,
    IntentStatus.CAPTURED: 4,
    IntentStatus.CANCELED: 4,
}
"""How far along a payment is. A new try begins again at 0, but then the provider is asked after it."""


class Ending(Struct, frozen=True):
    """How an operation ends."""

    step: Step
    reason: str | None = None


class PaymentVerdict(Struct, frozen=True):
    """What a payment becomes. `taken` and `fee` are what is to be posted now, and was not before. `ends` is how the
    open operation ends; None: it stays open, or there is none. `stale`: the news was older than what is known, so the
    provider is asked once more. `ignored`: what it said of a captured payment that cannot be so; what is in the books
    stays, and settlement will show who is right."""

    payment: Payment
    taken: Money | None = None
    fee: Money | None = None
    ends: Ending | None = None
    stale: bool = False
    ignored: str | None = None


def standing(payment: Payment, open_kind: OpenKind | None) -> Standing:
    return Standing(
        captured=payment.captured,
        seen=payment.seen,
        open=open_kind,
        review=payment.review is not None,
        expiring=payment.ending == "expired",
    )


def mismatch(payment: Payment, seen: PaymentSeen, operation: Operation | None) -> str | None:
    """Why what the provider says cannot be this payment; None if it can."""
    amounts = (seen.amount, seen.capturable, seen.captured)
    if any(amount.currency != payment.currency for amount in amounts):
        return "currency"
    if seen.amount.minor != payment.amount:
        return "amount"
    if seen.payment != payment.id or (payment.intent is not None and seen.reference != payment.intent):
        return "reference"
    if seen.status is IntentStatus.AUTHORIZED and seen.capturable != payment.money:
        return "authorized"
    return None if _can_be_taken(payment, seen, operation) else "captured"


def _can_be_taken(payment: Payment, seen: PaymentSeen, operation: Operation | None) -> bool:
    """Whether what was taken, if anything was, can have been."""
    taken = seen.captured.minor
    if (seen.status is IntentStatus.CAPTURED) != (taken > 0) or not 0 <= taken <= payment.amount:
        return False
    expected = payment.captured or _to_be_captured(payment, operation)
    return taken == 0 or expected is None or taken == expected


def _to_be_captured(payment: Payment, operation: Operation | None) -> int | None:
    """The one amount that can have been taken; None where somebody may have taken a part at the provider's own."""
    if operation is not None and operation.kind == "capture":
        return operation.amount
    return payment.amount if payment.capture_method == "automatic" else None


def heard(payment: Payment, operation: Operation | None, said: Outcome, *, fresh: bool) -> PaymentVerdict:
    """What a payment becomes by the provider's word. `operation` is the open one that the word answers, if it answers
    one; `fresh`: nothing about the payment has changed since the provider was asked."""
    if isinstance(said, ProviderDeclined):
        return _declined(payment, operation, said, fresh=fresh)
    assert isinstance(said, PaymentSeen), "a payment is told of as a payment"
    if payment.review is not None:
        return PaymentVerdict(payment)
    if (wrong := mismatch(payment, said, operation)) is not None:
        return _contradicted(payment, wrong, said)
    if payment.seen in (IntentStatus.CAPTURED, IntentStatus.CANCELED) and said.status != payment.seen:
        # An end stands, unless money was taken after it: that is for a person.
        if said.captured.minor > payment.captured:
            return _contradicted(payment, "captured", said)
        return PaymentVerdict(payment, ends=_ending(operation, said) if operation is not None else None)
    return _taken_over(payment, operation, said, fresh=fresh)


def _contradicted(payment: Payment, wrong: str, said: PaymentSeen) -> PaymentVerdict:
    """In doubt, or ignored where the money is in the books. What names itself as this payment is kept as its reference:
    the provider can be asked about it again, and another try is made of it and not of a second one beside it."""
    if payment.captured:
        return PaymentVerdict(payment, ignored=wrong)
    kept = payment.intent or (said.reference if said.payment == payment.id else None)
    return PaymentVerdict(structs.replace(doubted(payment, wrong), intent=kept))


def _taken_over(
    payment: Payment, operation: Operation | None, said: PaymentSeen, *, fresh: bool
) -> PaymentVerdict:
    stale = not fresh and STAGE[said.status] < STAGE[_stage(payment)]
    kept = payment.seen if stale else said.status
    changed = structs.replace(
        payment,
        seen=kept,
        intent=said.reference,
        charge=said.charge or payment.charge,
        captured=max(payment.captured, said.captured.minor),
        authorized=said.capturable.minor if kept is IntentStatus.AUTHORIZED else 0,
        action_url=payment.action_url if stale else _action(said),
        fee=_fee(payment, said),
        **_errors(payment, said, operation, stale=stale),
    )
    taken = changed.captured - payment.captured
    fee = changed.fee if changed.fee is not None and payment.fee is None and changed.fee else None
    return PaymentVerdict(
        changed,
        taken=Money(taken, payment.currency) if taken else None,
        fee=Money(fee, payment.currency) if fee else None,
        ends=_ending(operation, said) if operation is not None else None,
        stale=stale,
    )


def _stage(payment: Payment) -> IntentStatus | None:
    return IntentStatus(payment.seen) if payment.seen is not None else None


def _action(said: PaymentSeen) -> str | None:
    return said.action_url if said.status is IntentStatus.REQUIRES_ACTION else None


def _fee(payment: Payment, said: PaymentSeen) -> int | None:
    """A fee in another currency than the payment's is left to the provider's settlement, which says the rate."""
    if payment.fee is not None or said.fee is None or said.fee.currency != payment.currency:
        return payment.fee
    return said.fee.minor if said.captured.minor else None


def _errors(
    payment: Payment, said: PaymentSeen, operation: Operation | None, *, stale: bool
) -> dict[str, str | None]:
    if stale:
        return {}
    unpaid = said.status in (IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.REQUIRES_CONFIRMATION)
    if unpaid and said.decline is not None:
        return {
            "error_code": said.decline.code,
            "error_provider_code": said.decline.provider_code[:255] or None,
            "error_advice": said.decline.advice,
        }
    if operation is None and payment.error_code is not None and said.status == payment.seen:
        return {}
    return {"error_code": None, "error_provider_code": None, "error_advice": None}


def doubted(payment: Payment, reason: str) -> Payment:
    """The payment as it is left to a person."""
    return structs.replace(payment, review=reason, action_url=None)


def _ending(operation: Operation, said: PaymentSeen) -> Ending | None:
    """How an operation on a payment ends by what the provider says of the payment."""
    unpaid = said.status in (IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.REQUIRES_CONFIRMATION)
    match operation.kind:
        case "authorize":
            if not unpaid:
                return Ending(Step.SUCCEED) if said.status is not IntentStatus.CANCELED else _failed(said)
            return Ending(Step.FAIL, said.decline.code if said.decline else NOT_DONE)
        case "capture":
            if said.status in (IntentStatus.CAPTURED, IntentStatus.PROCESSING):
                return Ending(Step.SUCCEED)
            return _failed(said)
        case _:
            return Ending(Step.SUCCEED) if said.status is IntentStatus.CANCELED else _failed(said)


def _failed(said: PaymentSeen) -> Ending:
    return Ending(Step.FAIL, said.decline.code if said.decline else f"payment_{said.status}")


def _declined(
    payment: Payment, operation: Operation | None, said: ProviderDeclined, *, fresh: bool
) -> PaymentVerdict:
    """The provider surely did not do it, and may have shown how the payment stands."""
    ends = Ending(Step.FAIL, said.code) if operation is not None else None
    shown = heard(payment, None, said.seen, fresh=fresh) if said.seen else PaymentVerdict(payment)
    if shown.payment.review is not None or shown.payment.captured:
        return structs.replace(shown, ends=ends)
    changed = structs.replace(
        shown.payment,
        error_code=said.code,
        error_provider_code=said.provider_code[:255] or None,
        error_advice=said.advice,
    )
    return structs.replace(shown, payment=changed, ends=ends, stale=said.seen is None)


def explains(operation: Operation, said: PaymentSeen) -> bool:
    """Whether a word that came by itself is the end of an open operation that was sent, which need not be asked for
    then.

    A try is ended only by a word that names it: of an earlier one the same might be said.
    """
    if operation.status == OperationStatus.CLAIMED:
        # Surely not sent, or given back as such: the word is of something else.
        return False
    match operation.kind:
        case "authorize":
            forward = said.status in (
                IntentStatus.REQUIRES_ACTION,
                IntentStatus.PROCESSING,
                IntentStatus.AUTHORIZED,
                IntentStatus.CAPTURED,
            )
            return said.operation == operation.id and forward
        case "capture":
            return said.captured.minor > 0
        case "void":
            return said.status is IntentStatus.CANCELED
        case _:
            return False


REFUND_STAGE: Final = {
    refunds.Status.REQUESTED: 0,
    refunds.Status.PENDING: 1,
    refunds.Status.REQUIRES_ACTION: 1,
    refunds.Status.SUCCEEDED: 2,
    refunds.Status.FAILED: 3,
    refunds.Status.CANCELED: 3,
}


class RefundVerdict(Struct, frozen=True):
    """What a refund becomes. `doubt`: why what was said cannot be it."""

    status: refunds.Status
    failure: str | None = None
    doubt: str | None = None


def refund_heard(refund: Refund, said: RefundSeen, intent: str | None, *, fresh: bool) -> RefundVerdict:
    """What a refund becomes by the provider's word; its status as it is where the news is older."""
    if said.amount.currency != refund.currency:
        return RefundVerdict(refunds.Status(refund.status), doubt="currency")
    if said.amount.minor != refund.amount:
        return RefundVerdict(refunds.Status(refund.status), doubt="amount")
    known = refund.provider_reference
    if (
        said.refund != refund.id
        or (known is not None and said.reference != known)
        or (said.intent is not None and said.intent != intent)
    ):
        return RefundVerdict(refunds.Status(refund.status), doubt="reference")
    old, new = refunds.Status(refund.status), refunds.STATUS_OF[said.status]
    older = not fresh and REFUND_STAGE[new] < REFUND_STAGE[old]
    if older or new is old or (old, refunds.STEP_TO[new]) not in refunds.TRANSITIONS:
        return RefundVerdict(old, failure=refund.failure)
    return RefundVerdict(new, failure=said.failure)


def intent_of(payment: Payment) -> str:
    """The provider's reference of a payment that it knows."""
    assert payment.intent is not None, "what was authorized has a reference at the provider"
    return payment.intent
