"""Refunds of captured charges, and the release of what was authorized and is not taken."""

from __future__ import annotations

import secrets
from typing import Final

from kontorhaus.sandbox.stripe import money, movements
from kontorhaus.sandbox.stripe.call import Call, changes
from kontorhaus.sandbox.stripe.endpoint import Endpoint, ListParams, page, retrieve
from kontorhaus.sandbox.stripe.errors import Object, invalid
from kontorhaus.sandbox.stripe.forms import Metadata, Params, merged
from kontorhaus.sandbox.stripe.resources import charges

REASONS: Final = ("duplicate", "fraudulent", "requested_by_customer")


class Create(Params, kw_only=True):
    charge: str | None = None
    payment_intent: str | None = None
    amount: int | None = None
    currency: str | None = None
    metadata: Metadata | None = None
    reason: str | None = None


class Update(Params, kw_only=True):
    metadata: Metadata | str | None = None


class List(ListParams, kw_only=True):
    charge: str | None = None
    payment_intent: str | None = None


def shape(call: Call, charge: Object, amount: int) -> Object:
    refund = call.new(
        "refund",
        {
            "object": "refund",
            "amount": amount,
            "balance_transaction": None,
            "charge": charge["id"],
            "currency": charge["currency"],
            "customer": charge["customer"],
            "customer_account": None,
            "destination_details": {
                "card": {
                    "reference": str(secrets.randbelow(9 * 10**15) + 10**15),
                    "reference_status": "available",
                    "reference_type": "acquirer_reference_number",
                    "type": "refund",
                },
                "type": "card",
            },
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "payment_method": charge["payment_method"],
            "reason": None,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
        },
    )
    del refund["livemode"]
    return refund


def create(call: Call, params: Create) -> Object:
    charge = _charge(call, params)
    amount = _amount(charge, params.amount)
    if params.reason and params.reason not in REASONS:
        raise invalid(f"Invalid reason: must be one of {', '.join(REASONS)}", param="reason")
    if params.currency and params.currency.lower() != charge["currency"]:
        raise invalid("The refund currency has to be the one of the charge.", param="currency")
    refund = shape(call, charge, amount)
    refund |= {"metadata": params.metadata or {}, "reason": params.reason or None}
    outcome = charges.card_of(charge).refund
    if outcome == "pending":
        refund |= {"status": "pending", "pending_reason": "processing"}
        call.later(call.options.refund_seconds, "settle_refund", refund["id"])
    elif outcome == "fails":
        call.later(call.options.refund_seconds, "fail_refund", refund["id"])
    refund["balance_transaction"] = _move(call, refund, -amount)["id"]
    call.insert(refund)
    call.emit("refund.created", refund)
    before = dict(charge)
    charge["amount_refunded"] += amount
    charge["refunded"] = charges.refundable(charge) == 0
    call.save(charge)
    call.emit("charge.refunded", charge, changes(before, charge))
    return refund


def _charge(call: Call, params: Create) -> Object:
    if params.charge:
        return call.get("charge", params.charge, param="charge")
    if not params.payment_intent:
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or charge."
        )
    intent = call.get("payment_intent", params.payment_intent, param="payment_intent")
    if intent["latest_charge"] is None or intent["amount_received"] == 0:
        raise invalid(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            param="payment_intent",
        )
    return call.get("charge", intent["latest_charge"])


def _amount(charge: Object, asked: int | None) -> int:
    """What is refunded; raises when there is not so much left, or the charge cannot be refunded at all."""
    left, currency = charges.refundable(charge), charge["currency"]
    if not charge["captured"]:
        raise invalid(
            f"Charge {charge['id']} has not been captured; cancel its PaymentIntent to release it.",
            code="charge_not_refundable",
        )
    if charge["disputed"] and charge.get("_dispute_holds"):
        raise invalid(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = left if asked is None else asked
    money.check_positive(amount)
    if amount > left:
        raise invalid(
            f"Refund amount ({money.written(amount, currency)}) is greater than unrefunded amount on charge "
            f"({money.written(left, currency)})",
            param="amount",
        )
    return amount


def _move(call: Call, refund: Object, amount: int, kind: str = "refund", category: str = "refund") -> Object:
    return movements.move(
        call,
        kind,
        category=category,
        amount=amount,
        currency=refund["currency"],
        source=refund["id"],
        against="cards",
        description="REFUND FOR CHARGE" if kind == "refund" else "REFUND FAILURE",
    )


def release(call: Call, charge: Object, amount: int) -> Object:
    """What was authorized and is not taken goes back. Stripe shows it as a refund; no money moves, so it has no balance
    transaction."""
    refund = shape(call, charge, amount)
    refund["destination_details"] = {"card": {"type": "reversal"}, "type": "card"}
    charge["amount_refunded"] += amount
    call.insert(refund)
    return refund


def settle(call: Call, wanted: str) -> None:
    refund = call.get("refund", wanted)
    if refund["status"] != "pending":
        return
    before = dict(refund)
    refund["status"] = "succeeded"
    del refund["pending_reason"]
    call.save(refund)
    _tell(call, refund, changes(before, refund) | {"pending_reason": "processing"})


def fail(call: Call, wanted: str, reason: str = "expired_or_canceled_card") -> Object:
    """The card's bank sends the money back: it returns to the balance, and the charge counts as unrefunded by it."""
    refund = call.get("refund", wanted)
    if refund["status"] in {"failed", "canceled"} or refund["balance_transaction"] is None:
        raise invalid(f"The refund {wanted} can no longer fail.")
    before = dict(refund)
    refund.pop("pending_reason", None)
    refund |= {"status": "failed", "failure_reason": reason}
    movement = _move(call, refund, refund["amount"], "refund_failure", "refund_failure")
    refund["failure_balance_transaction"] = movement["id"]
    call.save(refund)
    charge = call.get("charge", refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    call.save(charge)
    _tell(call, refund, changes(before, refund))
    call.emit("refund.failed", refund)
    return refund


def _tell(call: Call, refund: Object, previous: Object) -> None:
    call.emit("refund.updated", refund, previous)
    call.emit("charge.refund.updated", refund, previous)


def update(call: Call, params: Update, wanted: str) -> Object:
    refund = call.get("refund", wanted)
    before = dict(refund)
    refund["metadata"] = merged(refund["metadata"], params.metadata)
    call.save(refund)
    _tell(call, refund, changes(before, refund))
    return refund


def cancel(call: Call, params: Params, wanted: str) -> Object:
    """Stripe lets a refund be canceled while it waits for the customer, which one to a card never does."""
    del params
    refund = call.get("refund", wanted)
    raise invalid(
        f"Refund {wanted} has a status of {refund['status']}; only refunds that require action can be canceled."
    )


def list_all(call: Call, params: List) -> Object:
    links = {"charge": params.charge, "payment_intent": params.payment_intent}
    return page(call, "refund", params, "/v1/refunds", links=links)


def list_of_charge(call: Call, params: ListParams, charge: str) -> Object:
    call.get("charge", charge)
    return page(call, "refund", params, f"/v1/charges/{charge}/refunds", links={"charge": charge})


ENDPOINTS: Final = (
    Endpoint("POST", "/v1/refunds", Create, create),
    Endpoint("GET", "/v1/refunds", List, list_all),
    Endpoint("GET", "/v1/refunds/{id}", Params, retrieve("refund")),
    Endpoint("POST", "/v1/refunds/{id}", Update, update),
    Endpoint("POST", "/v1/refunds/{id}/cancel", Params, cancel),
    Endpoint("GET", "/v1/charges/{id}/refunds", ListParams, list_of_charge),
)
