"""Payment methods: cards, by number or by one of Stripe's test tokens.

The number stays in the books under a hidden name, since it decides how a payment ends; test cards alone are taken.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final, Literal

from msgspec import UNSET, UnsetType

from kontorhaus.sandbox.stripe import cards
from kontorhaus.sandbox.stripe.call import Call, changes
from kontorhaus.sandbox.stripe.cards import Card
from kontorhaus.sandbox.stripe.endpoint import Endpoint, ListParams, page, retrieve
from kontorhaus.sandbox.stripe.errors import Object, declined, invalid
from kontorhaus.sandbox.stripe.forms import Metadata, Params, merged


class CardParams(Params, kw_only=True):
    number: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None
    cvc: str | None = None
    token: str | None = None


class AddressParams(Params, kw_only=True):
    city: str | None = None
    country: str | None = None
    line1: str | None = None
    line2: str | None = None
    postal_code: str | None = None
    state: str | None = None


class BillingParams(Params, kw_only=True):
    address: AddressParams | None = None
    email: str | None = None
    name: str | None = None
    phone: str | None = None


class Create(Params, kw_only=True):
    type: Literal["card"]
    card: CardParams
    billing_details: BillingParams | None = None
    metadata: Metadata | None = None
    allow_redisplay: str = "unspecified"


class Update(Params, kw_only=True):
    billing_details: BillingParams | UnsetType = UNSET
    metadata: Metadata | str | None = None


class Attach(Params, kw_only=True):
    customer: str


class List(ListParams, kw_only=True):
    customer: str | None = None
    type: str | None = None


def address(params: AddressParams | None = None) -> Object:
    found = params or AddressParams()
    names = ("city", "country", "line1", "line2", "postal_code", "state")
    return {name: getattr(found, name) or None for name in names}


def billing(params: BillingParams | None = None) -> Object:
    found = params or BillingParams()
    return {
        "address": address(found.address),
        "email": found.email or None,
        "name": found.name or None,
        "phone": found.phone or None,
        "tax_id": None,
    }


def shape(call: Call, card: Card, params: Create | None = None) -> Object:
    """A payment method that is not in the books yet."""
    details: dict[str, Any] = {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": (params.card.exp_month if params else None) or 8,
        "exp_year": (params.card.exp_year if params else None) or 2034,
        "fingerprint": hashlib.sha256(card.number.encode()).hexdigest()[:16],
        "funding": card.funding,
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": card.brand != "amex"},
        "wallet": None,
    }
    return call.new(
        "payment_method",
        {
            "object": "payment_method",
            "allow_redisplay": params.allow_redisplay if params else "unspecified",
            "billing_details": billing(params.billing_details if params else None),
            "card": details,
            "customer": None,
            "customer_account": None,
            "metadata": (params.metadata if params else None) or {},
            "type": "card",
            "_number": card.number,
            "_set_up": False,
        },
    )


def card_of(method: Object) -> Card:
    return cards.BY_NUMBER[method["_number"]]


def resolve(call: Call, wanted: str, *, param: str = "payment_method") -> Object:
    """The payment method; a test token such as `pm_card_visa` makes a new one each time, as at Stripe."""
    card = cards.by_token(wanted)
    if card is None:
        return call.get("payment_method", wanted, param=param)
    return call.insert(shape(call, card))


def create(call: Call, params: Create) -> Object:
    card = (
        cards.by_token(params.card.token) if params.card.token else cards.by_number(params.card.number or "")
    )
    if card is None and params.card.token:
        raise invalid(f"No such token: '{params.card.token}'", param="card[token]", code="resource_missing")
    if card is None:
        raise declined(
            "incorrect_number", "Your card number is incorrect.", decline_code=None, param="number"
        )
    return call.insert(shape(call, card, params))


def update(call: Call, params: Update, wanted: str) -> Object:
    found = call.get("payment_method", wanted)
    before = dict(found)
    if isinstance(params.billing_details, BillingParams):
        found["billing_details"] = billing(params.billing_details)
    found["metadata"] = merged(found["metadata"], params.metadata)
    call.save(found)
    call.emit("payment_method.updated", found, changes(before, found))
    return found


def attach(call: Call, params: Attach, wanted: str) -> Object:
    found = resolve(call, wanted, param="payment_method")
    customer = call.get("customer", params.customer, param="customer")
    if found["customer"] == customer["id"]:
        return found
    if found["customer"] is not None:
        raise invalid(
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_unexpected_state",
        )
    refused = call.forced or refused_at_once(card_of(found))
    if refused is not None:
        code, message = cards.refusal(refused)
        raise declined(code, message, decline_code=refused)
    return keep_for(call, found, customer["id"])


def refused_at_once(card: Card) -> str | None:
    """The decline code when a card is kept for later, which asks its bank; one that asks its owner first does not."""
    return None if card.attaches or card.authentication != "never" else card.decline


def keep_for(call: Call, method: Object, customer: str) -> Object:
    method["customer"] = customer
    call.save(method)
    call.emit("payment_method.attached", method)
    return method


def detach(call: Call, params: Params, wanted: str) -> Object:
    del params
    found = call.get("payment_method", wanted)
    if found["customer"] is None:
        raise invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            code="payment_method_unexpected_state",
        )
    before = found["customer"]
    found["customer"] = None
    call.save(found)
    call.emit("payment_method.detached", found, {"customer": before})
    return found


def list_all(call: Call, params: List) -> Object:
    return page(
        call,
        "payment_method",
        params,
        "/v1/payment_methods",
        links={"customer": params.customer, "type": params.type},
    )


def list_of_customer(call: Call, params: List, customer: str) -> Object:
    call.get("customer", customer)
    return page(
        call,
        "payment_method",
        params,
        f"/v1/customers/{customer}/payment_methods",
        links={"customer": customer, "type": params.type},
    )


def retrieve_of_customer(call: Call, params: Params, customer: str, wanted: str) -> Object:
    del params
    found = call.get("payment_method", wanted)
    if found["customer"] != customer:
        return call.get("payment_method", f"{wanted} of {customer}")
    return found


ENDPOINTS: Final = (
    Endpoint("POST", "/v1/payment_methods", Create, create),
    Endpoint("GET", "/v1/payment_methods", List, list_all),
    Endpoint("GET", "/v1/payment_methods/{id}", Params, retrieve("payment_method")),
    Endpoint("POST", "/v1/payment_methods/{id}", Update, update),
    Endpoint("POST", "/v1/payment_methods/{id}/attach", Attach, attach),
    Endpoint("POST", "/v1/payment_methods/{id}/detach", Params, detach),
    Endpoint("GET", "/v1/customers/{id}/payment_methods", List, list_of_customer),
    Endpoint("GET", "/v1/customers/{id}/payment_methods/{method}", Params, retrieve_of_customer),
)
