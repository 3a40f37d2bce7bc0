"""Stripe's words for a refusal, in the house's own (https://docs.stripe.com/declines/codes and /error-codes)."""

from __future__ import annotations

from typing import Final

from kontorhaus.money.payments.model.observations import (
    Advice,
    Decline,
    DeclineCode,
    RefundFailure,
    RefusalCode,
)

SAME: Final = Advice.RETRY_SAME
OTHER: Final = Advice.RETRY_OTHER
LATER: Final = (DeclineCode.TEMPORARY, SAME)
WRONG: Final = (DeclineCode.DETAILS_WRONG, OTHER)
UNFIT: Final = (DeclineCode.NOT_SUPPORTED, OTHER)
LIMIT: Final = (DeclineCode.LIMIT_EXCEEDED, SAME)
GONE: Final = (DeclineCode.LOST_OR_STOLEN, OTHER)
STOPPED: Final = (DeclineCode.REVOKED, Advice.GIVE_UP)
FRAUD: Final = (DeclineCode.SUSPECTED_FRAUD, Advice.GIVE_UP)
AUTHENTICATE: Final = (DeclineCode.AUTHENTICATION_REQUIRED, Advice.AUTHENTICATE)
UNPROVEN: Final = (DeclineCode.AUTHENTICATION_FAILED, OTHER)

DECLINES: Final = {
    "approve_with_id": LATER,
    "authentication_not_handled": UNPROVEN,
    "authentication_required": AUTHENTICATE,
    "card_not_supported": UNFIT,
    "card_velocity_exceeded": LIMIT,
    "currency_not_supported": UNFIT,
    "expired_card": (DeclineCode.EXPIRED, OTHER),
    "fraudulent": FRAUD,
    "incorrect_address": WRONG,
    "incorrect_cvc": WRONG,
    "incorrect_number": WRONG,
    "incorrect_pin": WRONG,
    "incorrect_zip": WRONG,
    "insufficient_funds": (DeclineCode.INSUFFICIENT_FUNDS, SAME),
    "invalid_account": WRONG,
    "invalid_amount": UNFIT,
    "invalid_cvc": WRONG,
    "invalid_expiry_month": WRONG,
    "invalid_expiry_year": WRONG,
    "invalid_number": WRONG,
    "invalid_pin": WRONG,
    "issuer_not_available": LATER,
    "lost_card": GONE,
    "merchant_blacklist": FRAUD,
    "mobile_device_authentication_required": AUTHENTICATE,
    "new_account_information_available": WRONG,
    "not_permitted": UNFIT,
    "offline_pin_required": AUTHENTICATE,
    "online_or_offline_pin_required": AUTHENTICATE,
    "payment_intent_authentication_failure": UNPROVEN,
    "payment_method_provider_decline": (DeclineCode.DECLINED, OTHER),
    "pickup_card": GONE,
    "pin_try_exceeded": LIMIT,
    "processing_error": LATER,
    "reenter_transaction": LATER,
    "restricted_card": GONE,
    "revocation_of_all_authorizations": STOPPED,
    "revocation_of_authorization": STOPPED,
    "service_not_allowed": UNFIT,
    "stolen_card": GONE,
    "stop_payment_order": STOPPED,
    "transaction_not_allowed": UNFIT,
    "try_again_later": LATER,
    "withdrawal_count_limit_exceeded": LIMIT,
}
"""By decline code, else by error code. The others (`generic_decline`, `do_not_honor`, `call_issuer` …) give no reason,
and Stripe's advice for all of them is another method."""

LONGEST: Final = 60
"""Of a word of Stripe's that is kept; none is longer than 45."""


def decline(code: str | None, decline_code: str | None) -> Decline:
    """The refusal of a payer's bank, from what Stripe says of it."""
    words = [word for word in (decline_code, code) if word]
    known = next((DECLINES[word] for word in words if word in DECLINES), (DeclineCode.DECLINED, OTHER))
    return Decline(known[0], plain(words[0] if words else ""), known[1])


def plain(word: str | None) -> str:
    """A word of Stripe's as it may be kept: an identifier, never a sentence."""
    cut = (word or "")[:LONGEST]
    return cut if cut.replace("_", "").replace(".", "").isalnum() and cut.isascii() else ""


REFUSALS: Final = {
    "account_invalid": RefusalCode.MISSING,
    "amount_too_large": RefusalCode.AMOUNT,
    "amount_too_small": RefusalCode.AMOUNT,
    "balance_insufficient": RefusalCode.BALANCE,
    "charge_already_captured": RefusalCode.STATE,
    "charge_already_refunded": RefusalCode.STATE,
    "charge_disputed": RefusalCode.STATE,
    "charge_exceeds_source_limit": RefusalCode.AMOUNT,
    "charge_expired_for_capture": RefusalCode.STATE,
    "charge_not_refundable": RefusalCode.STATE,
    "insufficient_capabilities_for_transfer": RefusalCode.STATE,
    "parameter_invalid_integer": RefusalCode.AMOUNT,
    "payment_intent_unexpected_state": RefusalCode.STATE,
    "payment_method_unactivated": RefusalCode.METHOD,
    "payment_method_unexpected_state": RefusalCode.METHOD,
    "resource_missing": RefusalCode.MISSING,
    "transfer_already_reversed": RefusalCode.STATE,
}
"""By error code."""

PARAMETERS: Final = {"amount": RefusalCode.AMOUNT, "payment_method": RefusalCode.METHOD}
"""By the parameter that is wrong, where the code does not tell."""


def refusal(code: str | None, param: str | None) -> RefusalCode:
    """Why Stripe did not do it. A payment method that is not there is the method's fault."""
    if param == "payment_method":
        return RefusalCode.METHOD
    return REFUSALS.get(code or "") or PARAMETERS.get(param or "") or RefusalCode.REQUEST


FAILURES: Final = {
    "charge_for_pending_refund_disputed": RefundFailure.DISPUTED,
    "declined": RefundFailure.DECLINED,
    "expired_or_canceled_card": RefundFailure.METHOD_CLOSED,
    "insufficient_funds": RefundFailure.BALANCE_INSUFFICIENT,
    "lost_or_stolen_card": RefundFailure.METHOD_CLOSED,
}
"""https://docs.stripe.com/refunds#failed-refunds"""


def failure(reason: str | None) -> RefundFailure | None:
    """Why a refund came back; None where it did not."""
    return None if reason is None else FAILURES.get(reason, RefundFailure.OTHER)
