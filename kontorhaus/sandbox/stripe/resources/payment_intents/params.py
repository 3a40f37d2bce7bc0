"""What the endpoints of PaymentIntents take, and what an intent looks like at first."""

from __future__ import annotations

import re
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from kontorhaus.sandbox.stripe import identifiers, money
from kontorhaus.sandbox.stripe.call import Call
from kontorhaus.sandbox.stripe.endpoint import ListParams
from kontorhaus.sandbox.stripe.errors import Object, invalid
from kontorhaus.sandbox.stripe.forms import Metadata, Params
from kontorhaus.sandbox.stripe.resources.authentication import AutomaticMethods, MethodOptions

FutureUsage = Literal["off_session", "on_session", ""]


class Confirm(Params, kw_only=True):
    payment_method: str | None = None
    off_session: bool = False
    return_url: str | None = None
    error_on_requires_action: bool = False
    payment_method_options: MethodOptions | None = None
    receipt_email: str | UnsetType = UNSET
    setup_future_usage: FutureUsage | UnsetType = UNSET
    shipping: dict[str, Any] | str | UnsetType = UNSET
    use_stripe_sdk: bool = False


class Create(Confirm, kw_only=True):
    amount: int
    currency: str
    automatic_payment_methods: AutomaticMethods | None = None
    capture_method: Literal["automatic", "automatic_async", "manual"] = "automatic_async"
    confirm: bool = False
    confirmation_method: Literal["automatic", "manual"] = "automatic"
    customer: str | None = None
    description: str | None = None
    metadata: Metadata | None = None
    on_behalf_of: str | None = None
    allowed_payment_method_types: list[str] | None = None
    statement_descriptor: str | None = None
    statement_descriptor_suffix: str | None = None
    transfer_group: str | None = None


class Update(Params, kw_only=True):
    amount: int | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    customer: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    metadata: Metadata | str | None = None
    payment_method: str | UnsetType = UNSET
    receipt_email: str | UnsetType = UNSET
    setup_future_usage: FutureUsage | UnsetType = UNSET
    shipping: dict[str, Any] | str | UnsetType = UNSET
    statement_descriptor: str | UnsetType = UNSET
    statement_descriptor_suffix: str | UnsetType = UNSET
    transfer_group: str | UnsetType = UNSET


class Capture(Params, kw_only=True):
    amount_to_capture: int | None = None
    final_capture: bool = True
    metadata: Metadata | str | None = None
    statement_descriptor: str | UnsetType = UNSET
    statement_descriptor_suffix: str | UnsetType = UNSET


class Cancel(Params, kw_only=True):
    cancellation_reason: Literal["abandoned", "duplicate", "fraudulent", "requested_by_customer"] | None = (
        None
    )


class List(ListParams, kw_only=True):
    customer: str | None = None


def shape(call: Call, params: Create) -> Object:
    currency = _checked_currency(params)
    automatic = params.automatic_payment_methods
    if automatic is None and params.allowed_payment_method_types is None:
        automatic = AutomaticMethods(enabled=True)
    asked = params.payment_method_options.card if params.payment_method_options else None
    intent = call.new("payment_intent", {})
    return {
        **intent,
        "object": "payment_intent",
        "allowed_payment_method_types": params.allowed_payment_method_types,
        "amount": params.amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": {"allow_redirects": automatic.allow_redirects, "enabled": True}
        if automatic and automatic.enabled
        else None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": params.capture_method,
        "client_secret": f"{intent['id']}_secret_{identifiers.letters(25)}",
        "confirmation_method": params.confirmation_method,
        "currency": currency,
        "customer": params.customer or None,
        "customer_account": None,
        "description": params.description or None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "managed_payments": {"enabled": False},
        "latest_charge": None,
        "metadata": {key: value for key, value in (params.metadata or {}).items() if value},
        "next_action": None,
        "on_behalf_of": params.on_behalf_of or None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": asked.request_three_d_secure if asked else "automatic",
            }
        },
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": params.statement_descriptor or None,
        "statement_descriptor_suffix": params.statement_descriptor_suffix or None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": params.transfer_group or None,
    }


def _checked_currency(params: Create) -> str:
    currency = money.currency_of(params.currency)
    money.check_charge(params.amount, currency)
    check_types(params.allowed_payment_method_types)
    for name in ("statement_descriptor", "statement_descriptor_suffix"):
        check_descriptor(name, getattr(params, name))
    return currency


def check_types(allowed: list[str] | None) -> None:
    """Cards alone are simulated."""
    if allowed is not None and "card" not in allowed:
        raise invalid(
            "None of the allowed payment method types can be used for this payment; the sandbox knows `card`.",
            param="allowed_payment_method_types",
        )


def check_descriptor(name: str, given: Any) -> None:
    """What may stand on a card's statement (https://docs.stripe.com/get-started/account/statement-descriptors)."""
    if not isinstance(given, str) or given == "":
        return
    if name == "statement_descriptor":
        raise invalid(
            "For card charges, you can't use the `statement_descriptor` parameter; use "
            "`statement_descriptor_suffix` instead.",
            param=name,
        )
    if len(given) > 22:
        raise invalid("The statement descriptor suffix must be at most 22 characters.", param=name)
    if not re.search(r"[A-Za-z]", given) or re.search(r"[<>\\'\"*]", given):
        raise invalid(
            "The statement descriptor suffix must contain at least one alphabetic character and none of <>\\'\"*.",
            param=name,
        )
