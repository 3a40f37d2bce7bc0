"""SetupIntents: a card made ready for payments without its owner."""

from __future__ import annotations

from typing import Final, Literal

from kontorhaus.sandbox.stripe import cards, identifiers
from kontorhaus.sandbox.stripe.call import Call, shown
from kontorhaus.sandbox.stripe.endpoint import Endpoint, ListParams, page, retrieve
from kontorhaus.sandbox.stripe.errors import Object, StripeError, declined, invalid
from kontorhaus.sandbox.stripe.forms import Metadata, Params
from kontorhaus.sandbox.stripe.resources import authentication, payment_methods
from kontorhaus.sandbox.stripe.resources.authentication import AutomaticMethods


class Confirm(Params, kw_only=True):
    payment_method: str | None = None
    return_url: str | None = None
    use_stripe_sdk: bool = False


class Create(Confirm, kw_only=True):
    automatic_payment_methods: AutomaticMethods | None = None
    confirm: bool = False
    customer: str | None = None
    description: str | None = None
    metadata: Metadata | None = None
    allowed_payment_method_types: list[str] | None = None
    usage: Literal["off_session", "on_session"] = "off_session"


class Cancel(Params, kw_only=True):
    cancellation_reason: Literal["abandoned", "duplicate", "requested_by_customer"] | None = None


class List(ListParams, kw_only=True):
    customer: str | None = None


def create(call: Call, params: Create) -> Object:
    if params.customer:
        call.get("customer", params.customer, param="customer")
    automatic = params.automatic_payment_methods
    if automatic is None and params.allowed_payment_method_types is None:
        automatic = AutomaticMethods(enabled=True)
    intent = call.new("setup_intent", {})
    intent |= {
        "object": "setup_intent",
        "allowed_payment_method_types": params.allowed_payment_method_types,
        "application": None,
        "automatic_payment_methods": {"allow_redirects": automatic.allow_redirects, "enabled": True}
        if automatic and automatic.enabled
        else None,
        "cancellation_reason": None,
        "client_secret": f"{intent['id']}_secret_{identifiers.letters(25)}",
        "customer": params.customer or None,
        "customer_account": None,
        "description": params.description or None,
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "mandate": None,
        "metadata": params.metadata or {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"mandate_options": None, "network": None}},
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": params.usage,
    }
    if params.payment_method:
        intent["payment_method"] = payment_methods.resolve(call, params.payment_method)["id"]
        intent["status"] = "requires_confirmation"
    call.insert(intent)
    call.emit("setup_intent.created", intent)
    return _confirm(call, intent, params) if params.confirm else intent


def confirm(call: Call, params: Confirm, wanted: str) -> Object:
    intent = call.get("setup_intent", wanted)
    if intent["status"] in {"succeeded", "canceled"}:
        raise invalid(
            f"You cannot confirm this SetupIntent because it has already {intent['status']}.",
            code="setup_intent_unexpected_state",
            setup_intent=shown(intent),
        )
    if params.payment_method:
        intent["payment_method"] = payment_methods.resolve(call, params.payment_method)["id"]
    return _confirm(call, intent, params)


def _confirm(call: Call, intent: Object, params: Confirm) -> Object:
    if intent["payment_method"] is None:
        raise invalid(
            "You cannot confirm this SetupIntent because it's missing a payment method.",
            code="setup_intent_unexpected_state",
            setup_intent=shown(intent),
        )
    authentication.check_return(intent, params.return_url, off_session=False)
    card = payment_methods.card_of(call.get("payment_method", intent["payment_method"]))
    if authentication.needed(card, off_session=False, set_up=False):
        authentication.begin(call, intent, params.return_url or None)
        call.save(intent)
        call.emit("setup_intent.requires_action", intent)
        return intent
    refusal = _set_up(call, intent)
    if refusal is not None:
        raise refusal
    return intent


def authenticated(call: Call, intent: Object, *, approved: bool) -> None:
    """The customer has been to the bank's page."""
    authentication.finish(intent)
    if approved:
        _set_up(call, intent)
        return
    content = {
        "code": "setup_intent_authentication_failure",
        "message": "The latest attempt to set up the payment method has failed because authentication failed.",
        "type": "invalid_request_error",
    }
    _back(call, intent, content)


def _set_up(call: Call, intent: Object) -> StripeError | None:
    method = call.get("payment_method", intent["payment_method"])
    refused = call.forced or payment_methods.refused_at_once(payment_methods.card_of(method))
    if refused is not None:
        code, message = cards.refusal(refused)
        content = {"code": code, "decline_code": refused, "message": message, "type": "card_error"}
        _back(call, intent, content)
        return declined(code, message, decline_code=refused, setup_intent=shown(intent))
    method["_set_up"] = True
    call.save(method)
    if intent["customer"] is not None and method["customer"] is None:
        payment_methods.keep_for(call, method, intent["customer"])
    intent |= {"status": "succeeded", "last_setup_error": None, "next_action": None}
    call.save(intent)
    call.emit("setup_intent.succeeded", intent)
    return None


def _back(call: Call, intent: Object, content: Object) -> None:
    intent |= {"status": "requires_payment_method", "payment_method": None, "last_setup_error": content}
    call.save(intent)
    call.emit("setup_intent.setup_failed", intent)


def cancel(call: Call, params: Cancel, wanted: str) -> Object:
    intent = call.get("setup_intent", wanted)
    if intent["status"] in {"succeeded", "canceled"}:
        raise invalid(
            f"You cannot cancel this SetupIntent because it has a status of {intent['status']}.",
            code="setup_intent_unexpected_state",
            setup_intent=shown(intent),
        )
    intent |= {"status": "canceled", "cancellation_reason": params.cancellation_reason, "next_action": None}
    call.save(intent)
    call.emit("setup_intent.canceled", intent)
    return intent


def list_all(call: Call, params: List) -> Object:
    return page(call, "setup_intent", params, "/v1/setup_intents", links={"customer": params.customer})


ENDPOINTS: Final = (
    Endpoint("POST", "/v1/setup_intents", Create, create),
    Endpoint("GET", "/v1/setup_intents", List, list_all),
    Endpoint("GET", "/v1/setup_intents/{id}", Params, retrieve("setup_intent")),
    Endpoint("POST", "/v1/setup_intents/{id}/confirm", Confirm, confirm),
    Endpoint("POST", "/v1/setup_intents/{id}/cancel", Cancel, cancel),
)
