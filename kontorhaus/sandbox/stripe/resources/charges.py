"""Charges: one try to take money from a card, authorized alone or captured too."""

from __future__ import annotations

import secrets
from typing import Final

from msgspec import UNSET, UnsetType

from kontorhaus.sandbox.stripe import cards, identifiers, money, movements
from kontorhaus.sandbox.stripe.call import Call, changes
from kontorhaus.sandbox.stripe.cards import Card
from kontorhaus.sandbox.stripe.endpoint import Endpoint, ListParams, page, retrieve
from kontorhaus.sandbox.stripe.errors import Object
from kontorhaus.sandbox.stripe.forms import Metadata, Params, given, merged
from kontorhaus.sandbox.stripe.resources import payment_methods


class Update(Params, kw_only=True):
    customer: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    metadata: Metadata | str | None = None
    receipt_email: str | UnsetType = UNSET
    transfer_group: str | UnsetType = UNSET


class List(ListParams, kw_only=True):
    customer: str | None = None
    payment_intent: str | None = None
    transfer_group: str | None = None


def blank() -> Object:
    """What every charge has: a card's, and the one that a transfer is on the account it goes to."""
    return {
        "object": "charge",
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": payment_methods.billing(),
        "calculated_statement_descriptor": None,
        "captured": False,
        "customer": None,
        "description": None,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "metadata": {},
        "on_behalf_of": None,
        "outcome": None,
        "paid": False,
        "payment_intent": None,
        "payment_method": None,
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "pending",
        "transfer_data": None,
        "transfer_group": None,
    }


INTENTS: Final = (
    "amount",
    "currency",
    "customer",
    "description",
    "metadata",
    "on_behalf_of",
    "receipt_email",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
"""What a charge takes over from its PaymentIntent."""


def shape(call: Call, intent: Object, method: Object, *, authenticated: bool) -> Object:
    """A charge for the whole amount of a payment, neither paid nor refused yet and not in the books."""
    descriptor = intent["statement_descriptor_suffix"] or intent["statement_descriptor"]
    return call.new(
        "charge",
        {
            **blank(),
            **{name: intent[name] for name in INTENTS},
            "billing_details": method["billing_details"],
            "calculated_statement_descriptor": f"SANDBOX* {descriptor}"[:22] if descriptor else "SANDBOX",
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": {"card": _card(method, authenticated=authenticated), "type": "card"},
            "_number": method["_number"],
            "_released": 0,
        },
    )


def _card(method: Object, *, authenticated: bool) -> Object:
    card = method["card"]
    unavailable = {"status": "unavailable"}
    secure = {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": identifiers.letters(32),
        "version": "2.2.0",
    }
    return {
        **{
            name: card[name]
            for name in ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint")
        },
        "amount_authorized": None,
        "authorization_code": str(secrets.randbelow(900_000) + 100_000),
        "extended_authorization": {"status": "disabled"},
        "funding": card["funding"],
        "incremental_authorization": unavailable,
        "installments": None,
        "last4": card["last4"],
        "mandate": None,
        "multicapture": unavailable,
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": str(secrets.randbelow(9 * 10**14) + 10**14),
        "overcapture": {"maximum_amount_capturable": 0, **unavailable},
        "regulated_status": card["regulated_status"],
        "three_d_secure": secure if authenticated else None,
        "wallet": None,
    }


def card_of(charge: Object) -> Card:
    return cards.BY_NUMBER[charge["_number"]]


def refuse(call: Call, charge: Object, decline_code: str) -> tuple[str, str]:
    """Keep the charge as failed; gives the error's code and message."""
    code, message = cards.refusal(decline_code)
    blocked = decline_code == "fraudulent"
    charge |= {
        "status": "failed",
        "failure_code": code,
        "failure_message": message,
        "outcome": {
            "advice_code": "try_again_later" if decline_code == "insufficient_funds" else None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "not_sent_to_network" if blocked else "declined_by_network",
            "reason": "highest_risk_level" if blocked else decline_code,
            "risk_level": "highest" if blocked else "normal",
            "seller_message": "The bank did not return any further details with this decline.",
            "type": "blocked" if blocked else "issuer_declined",
        },
    }
    call.insert(charge)
    call.emit("charge.failed", charge)
    return code, message


def authorize(call: Call, charge: Object) -> None:
    """The bank has agreed. What is not captured at once waits for it."""
    charge |= {
        "status": "succeeded",
        "paid": True,
        "outcome": {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "seller_message": "Payment complete.",
            "type": "authorized",
        },
    }
    details = charge["payment_method_details"]["card"]
    details["amount_authorized"] = charge["amount"]
    details["overcapture"]["maximum_amount_capturable"] = charge["amount"]
    call.insert(charge)


def take(call: Call, charge: Object, amount: int, *, at_once: bool = True) -> None:
    """Take the money. Without `at_once` its balance transaction follows a moment later, as with `automatic_async`."""
    charge |= {"captured": True, "amount_captured": amount, "_released": charge["amount"] - amount}
    if at_once:
        settle(call, charge)
    else:
        call.later(0, "settle_charge", charge["id"])
    card = card_of(charge)
    if card.dispute is not None:
        call.later(0, "dispute_charge", charge["id"])


def settle(call: Call, charge: Object) -> None:
    """Write the movement of a captured charge. Does not save the charge."""
    at_once = card_of(charge).settles == "at_once"
    amount, currency = charge["amount_captured"], charge["currency"]
    movement = movements.move(
        call,
        "charge",
        category="charge",
        amount=amount,
        currency=currency,
        source=charge["id"],
        against="cards",
        fee=money.fee_of(amount, currency, card_of(charge).country),
        available_on=call.now if at_once else money.business_days_later(call.now, call.options.settle_days),
        description=charge["description"],
    )
    charge["balance_transaction"] = movement["id"]


def settle_later(call: Call, wanted: str) -> None:
    charge = call.get("charge", wanted)
    settle(call, charge)
    call.save(charge)
    call.emit("charge.updated", charge, {"balance_transaction": None})


def refundable(charge: Object) -> int:
    """What is left of the captured money. What was released counts as refunded at Stripe, but was never taken."""
    return int(charge["amount_captured"] - (charge["amount_refunded"] - charge["_released"]))


def update(call: Call, params: Update, wanted: str) -> Object:
    charge = call.get("charge", wanted)
    before = dict(charge)
    charge |= given(params, "customer", "description", "receipt_email", "transfer_group")
    charge["metadata"] = merged(charge["metadata"], params.metadata)
    call.save(charge)
    call.emit("charge.updated", charge, changes(before, charge))
    return charge


def list_all(call: Call, params: List) -> Object:
    links = {name: getattr(params, name) for name in ("customer", "payment_intent", "transfer_group")}
    return page(call, "charge", params, "/v1/charges", links=links)


ENDPOINTS: Final = (
    Endpoint("GET", "/v1/charges", List, list_all),
    Endpoint("GET", "/v1/charges/{id}", Params, retrieve("charge")),
    Endpoint("POST", "/v1/charges/{id}", Update, update),
)
