"""The endpoints of PaymentIntents."""

from __future__ import annotations

from typing import Final

from kontorhaus.sandbox.stripe import money
from kontorhaus.sandbox.stripe.call import Call, shown
from kontorhaus.sandbox.stripe.endpoint import Endpoint, page, retrieve
from kontorhaus.sandbox.stripe.errors import Object, invalid
from kontorhaus.sandbox.stripe.forms import Params, given, merged
from kontorhaus.sandbox.stripe.resources import authentication, search
from kontorhaus.sandbox.stripe.resources.payment_intents import machine
from kontorhaus.sandbox.stripe.resources.payment_intents.params import (
    Cancel,
    Capture,
    Confirm,
    Create,
    List,
    Update,
    check_descriptor,
    shape,
)

OPEN: Final = ("requires_payment_method", "requires_confirmation", "requires_action")


def create(call: Call, params: Create) -> Object:
    if params.customer:
        call.get("customer", params.customer, param="customer")
    if not params.confirm and (params.off_session or params.return_url):
        name = "off_session" if params.off_session else "return_url"
        raise invalid(f"The parameter `{name}` can only be passed with `confirm=true`.", param=name)
    intent = shape(call, params)
    intent |= _details(params)
    if params.payment_method:
        machine.use_method(call, intent, params.payment_method)
        intent["status"] = "requires_confirmation"
    call.insert(intent)
    call.emit("payment_intent.created", intent)
    return _confirm(call, intent, params) if params.confirm else intent


def _details(params: Confirm | Update) -> Object:
    return given(params, "receipt_email", "setup_future_usage", "shipping")


def confirm(call: Call, params: Confirm, wanted: str) -> Object:
    intent = call.get("payment_intent", wanted)
    if intent["status"] not in OPEN:
        done = "canceled" if intent["status"] == "canceled" else "succeeded after being previously confirmed"
        raise invalid(
            f"You cannot confirm this PaymentIntent because it has already {done}."
            if intent["status"] in {"canceled", "succeeded"}
            else f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
            payment_intent=shown(intent),
        )
    intent |= _details(params)
    if params.payment_method_options and params.payment_method_options.card:
        asked = params.payment_method_options.card.request_three_d_secure
        intent["payment_method_options"]["card"]["request_three_d_secure"] = asked
    if params.payment_method:
        machine.use_method(call, intent, params.payment_method)
    return _confirm(call, intent, params)


def _confirm(call: Call, intent: Object, params: Confirm) -> Object:
    if intent["payment_method"] is None:
        raise invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method or ConfirmationToken.",
            code="payment_intent_unexpected_state",
            payment_intent=shown(intent),
        )
    if params.off_session and intent["setup_future_usage"]:
        raise invalid("You cannot set `setup_future_usage` with `off_session=true`.", param="off_session")
    authentication.check_return(intent, params.return_url, off_session=params.off_session)
    authentication.finish(intent)
    refusal = machine.attempt(
        call,
        intent,
        off_session=params.off_session,
        return_url=params.return_url or None,
        refuse_action=params.error_on_requires_action,
    )
    if refusal is not None:
        raise refusal
    return intent


def update(call: Call, params: Update, wanted: str) -> Object:
    intent = call.get("payment_intent", wanted)
    sent = given(
        params, "amount", "currency", "customer", "statement_descriptor", "statement_descriptor_suffix"
    )
    if (sent or params.payment_method) and intent["status"] not in OPEN:
        name = next(iter(sent), "payment_method")
        raise invalid(
            f"This PaymentIntent's {name} could not be updated because it has a status of {intent['status']}. You may "
            "only update it while it is requires_payment_method, requires_confirmation or requires_action.",
            code="payment_intent_unexpected_state",
            payment_intent=shown(intent),
        )
    for name in ("statement_descriptor", "statement_descriptor_suffix"):
        check_descriptor(name, sent.get(name))
    if sent.get("customer"):
        call.get("customer", sent["customer"], param="customer")
    if "currency" in sent:
        sent["currency"] = money.currency_of(sent["currency"] or "")
    intent |= sent | _details(params) | given(params, "description", "transfer_group")
    intent["metadata"] = merged(intent["metadata"], params.metadata)
    if {"amount", "currency"} & sent.keys():
        money.check_charge(intent["amount"], intent["currency"])
    if isinstance(params.payment_method, str) and params.payment_method:
        machine.use_method(call, intent, params.payment_method)
        authentication.finish(intent)
        intent["status"] = "requires_confirmation"
    call.save(intent)
    return intent


def capture(call: Call, params: Capture, wanted: str) -> Object:
    intent = call.get("payment_intent", wanted)
    if intent["status"] != "requires_capture":
        raise invalid(
            f"This PaymentIntent could not be captured because it has a status of {intent['status']}. Only a "
            "PaymentIntent with one of the following statuses may be captured: requires_capture.",
            code="payment_intent_unexpected_state",
            payment_intent=shown(intent),
        )
    if not params.final_capture:
        raise invalid(
            "You cannot use final_capture=false because multicapture is not available for this payment.",
            param="final_capture",
        )
    amount = intent["amount_capturable"] if params.amount_to_capture is None else params.amount_to_capture
    money.check_positive(amount, "amount_to_capture")
    if amount > intent["amount_capturable"]:
        raise invalid(
            f"The amount to capture ({money.written(amount, intent['currency'])}) is greater than the amount that can "
            f"be captured ({money.written(intent['amount_capturable'], intent['currency'])}).",
            param="amount_to_capture",
            code="amount_too_large",
        )
    sent = given(params, "statement_descriptor", "statement_descriptor_suffix")
    for name, value in sent.items():
        check_descriptor(name, value)
    if call.forced is not None:
        raise invalid(
            "The authorization has been voided by the card's bank and can no longer be captured.",
            code="charge_expired_for_capture",
        )
    intent |= sent
    intent["metadata"] = merged(intent["metadata"], params.metadata)
    machine.capture(call, intent, amount)
    return intent


def cancel(call: Call, params: Cancel, wanted: str) -> Object:
    intent = call.get("payment_intent", wanted)
    if intent["status"] not in {*OPEN, "requires_capture"}:
        raise invalid(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent "
            "with one of the following statuses may be canceled: requires_payment_method, requires_capture, "
            "requires_confirmation, requires_action, processing.",
            code="payment_intent_unexpected_state",
            payment_intent=shown(intent),
        )
    machine.cancel(call, intent, params.cancellation_reason)
    return intent


def list_all(call: Call, params: List) -> Object:
    return page(call, "payment_intent", params, "/v1/payment_intents", links={"customer": params.customer})


def find(call: Call, params: search.Search) -> Object:
    return search.run(call, "payment_intent", params, "/v1/payment_intents/search")


ENDPOINTS: Final = (
    Endpoint("POST", "/v1/payment_intents", Create, create),
    Endpoint("GET", "/v1/payment_intents", List, list_all),
    Endpoint("GET", "/v1/payment_intents/search", search.Search, find),
    Endpoint("GET", "/v1/payment_intents/{id}", Params, retrieve("payment_intent")),
    Endpoint("POST", "/v1/payment_intents/{id}", Update, update),
    Endpoint("POST", "/v1/payment_intents/{id}/confirm", Confirm, confirm),
    Endpoint("POST", "/v1/payment_intents/{id}/capture", Capture, capture),
    Endpoint("POST", "/v1/payment_intents/{id}/cancel", Cancel, cancel),
)
