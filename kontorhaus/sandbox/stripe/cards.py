"""Stripe's test cards (https://docs.stripe.com/testing), by token and by number, each with what it does."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

Authentication = Literal["never", "optional", "required", "unless_set_up", "off_session_exempt"]
"""`required`: each time. `unless_set_up`: until a SetupIntent or a payment with `setup_future_usage` succeeded.
`off_session_exempt`: the bank asks only while the customer is there."""


class Card(Struct, frozen=True):
    """What a test card shows of itself, and how payments with it end."""

    number: str
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    decline: str | None = None
    """The decline code of any payment."""
    attaches: bool = False
    """Whether it can be attached to a customer although payments are declined."""
    authentication: Authentication = "never"
    dispute: str | None = None
    """The reason of the dispute that follows every payment."""
    inquiry: bool = False
    refund: Literal["succeeds", "pending", "fails"] = "succeeds"
    settles: Literal["later", "at_once"] = "later"


COUNTRIES: Final = {
    "at": "4000000400000008",
    "be": "4000000560000004",
    "ch": "4000007560000009",
    "cz": "4000002030000002",
    "de": "4000002760000016",
    "dk": "4000002080000001",
    "es": "4000007240000007",
    "fr": "4000002500000003",
    "gb": "4000008260000000",
    "it": "4000003800000008",
    "nl": "4000005280000002",
    "pl": "4000006160000005",
    "pt": "4000006200000007",
    "se": "4000007520000008",
    "us": "4242424242424242",
}

CARDS: Final[dict[str, Card]] = {
    "visa": Card("4242424242424242"),
    "visa_debit": Card("4000056655665556", funding="debit"),
    "mastercard": Card("5555555555554444", "mastercard"),
    "mastercard_debit": Card("5200828282828210", "mastercard", funding="debit"),
    "mastercard_prepaid": Card("5105105105105100", "mastercard", funding="prepaid"),
    "amex": Card("378282246310005", "amex"),
    "discover": Card("6011111111111117", "discover"),
    "diners": Card("3056930009020004", "diners"),
    "jcb": Card("3566002020360505", "jcb", "JP"),
    "unionpay": Card("6200000000000005", "unionpay", "CN"),
    "bypassPending": Card("4000000000000077", settles="at_once"),
    "bypassPendingInternational": Card("4000003720000278", country="IE", settles="at_once"),
    "visa_chargeDeclined": Card("4000000000000002", decline="generic_decline"),
    "visa_chargeDeclinedInsufficientFunds": Card("4000000000009995", decline="insufficient_funds"),
    "visa_chargeDeclinedLostCard": Card("4000000000009987", decline="lost_card"),
    "visa_chargeDeclinedStolenCard": Card("4000000000009979", decline="stolen_card"),
    "chargeDeclinedExpiredCard": Card("4000000000000069", decline="expired_card"),
    "chargeDeclinedIncorrectCvc": Card("4000000000000127", decline="incorrect_cvc"),
    "chargeDeclinedProcessingError": Card("4000000000000119", decline="processing_error"),
    "visa_chargeDeclinedVelocityLimitExceeded": Card("4000000000006975", decline="card_velocity_exceeded"),
    "chargeDeclinedFraudulent": Card("4100000000000019", decline="fraudulent"),
    "chargeCustomerFail": Card("4000000000000341", decline="generic_decline", attaches=True),
    "authenticationRequired": Card("4000002760003184", country="DE", authentication="required"),
    "authenticationRequiredOnSetup": Card("4000002500003155", country="FR", authentication="unless_set_up"),
    "authenticationRequiredSetupForOffSession": Card(
        "4000003800000446", country="IT", authentication="off_session_exempt"
    ),
    "authenticationRequiredChargeDeclinedInsufficientFunds": Card(
        "4000008260003178", country="GB", authentication="required", decline="insufficient_funds"
    ),
    "threeDSecureRequired": Card("4000000000003063", authentication="required"),
    "threeDSecure2Required": Card("4000000000003220", authentication="required"),
    "threeDSecureRequiredChargeDeclined": Card(
        "4000008400001629", authentication="required", decline="generic_decline"
    ),
    "threeDSecureOptional": Card("4000000000003055", authentication="optional"),
    "createDispute": Card("4000000000000259", dispute="fraudulent"),
    "createDisputeProductNotReceived": Card("4000000000002685", dispute="product_not_received"),
    "createDisputeInquiry": Card("4000000000001976", dispute="fraudulent", inquiry=True),
    "pendingRefund": Card("4000000000007726", refund="pending"),
    "refundFail": Card("4000000000005126", refund="fails"),
    **{country: Card(number, country=country.upper()) for country, number in COUNTRIES.items()},
}

ALIASES: Final = {
    "chargeDeclined": "visa_chargeDeclined",
    "chargeDeclinedInsufficientFunds": "visa_chargeDeclinedInsufficientFunds",
    "chargeDeclinedLostCard": "visa_chargeDeclinedLostCard",
    "chargeDeclinedStolenCard": "visa_chargeDeclinedStolenCard",
    "disputeProductNotReceived": "createDisputeProductNotReceived",
    "refund_fail": "refundFail",
    "refund_pending": "pendingRefund",
}
"""Names that Stripe's pages and SDK tests use beside each other."""

BY_NUMBER: Final = {card.number: card for card in reversed(CARDS.values())}

SENTENCES: Final = {
    "generic_decline": ("card_declined", "Your card was declined."),
    "insufficient_funds": ("card_declined", "Your card has insufficient funds."),
    "lost_card": ("card_declined", "Your card was declined."),
    "stolen_card": ("card_declined", "Your card was declined."),
    "fraudulent": ("card_declined", "Your card was declined."),
    "card_velocity_exceeded": (
        "card_declined",
        "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    ),
    "expired_card": ("expired_card", "Your card has expired."),
    "incorrect_cvc": ("incorrect_cvc", "Your card's security code is incorrect."),
    "processing_error": (
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
    "authentication_required": (
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
}
"""Decline code to error code and message."""


def by_token(token: str) -> Card | None:
    """The card of `pm_card_…` or `tok_…`; those end in the same names."""
    for prefix in ("pm_card_", "tok_"):
        if token.startswith(prefix):
            name = token.removeprefix(prefix)
            return CARDS.get(ALIASES.get(name, name))
    return None


def by_number(number: str) -> Card | None:
    return BY_NUMBER.get(number.replace(" ", ""))


def refusal(decline_code: str) -> tuple[str, str]:
    """Error code and message of a decline code; an unlisted one reads like any other decline."""
    return SENTENCES.get(decline_code, SENTENCES["generic_decline"])
