"""How a PaymentIntent moves from status to status: a try, its authentication, what the bank says of it."""

from __future__ import annotations

from kontorhaus.sandbox.stripe.call import DAY, Call, changes, shown
from kontorhaus.sandbox.stripe.errors import Object, StripeError, declined, invalid
from kontorhaus.sandbox.stripe.resources import authentication, charges, payment_methods, refunds

AUTHORIZED_DAYS = 7
"""How long a card's bank keeps an authorization, at Stripe as with most networks."""


def use_method(call: Call, intent: Object, wanted: str) -> None:
    """Take a payment method for the intent, in so far as it may be used for it."""
    method = payment_methods.resolve(call, wanted)
    owner = method["customer"]
    if owner is not None and intent["customer"] is None:
        raise invalid(
            "The payment method you provided is attached to a customer so for security purposes you must provide the "
            "customer in the request.",
            param="payment_method",
        )
    if owner is not None and owner != intent["customer"]:
        raise invalid(
            "The payment method does not belong to the Customer you supplied. Please use this payment method with the "
            "Customer that it belongs to instead.",
            param="payment_method",
        )
    if owner is None and method.get("_used"):
        raise invalid(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared "
            "with a connected account without Customer attachment, or was detached from a Customer. It may not be used "
            "again. To use a PaymentMethod multiple times, you must attach it to a Customer first.",
            param="payment_method",
        )
    intent["payment_method"] = method["id"]


def attempt(
    call: Call, intent: Object, *, off_session: bool, return_url: str | None, refuse_action: bool
) -> StripeError | None:
    """Try to take the money, as far as the bank lets us. Gives the refusal, after which the intent is open."""
    method = call.get("payment_method", intent["payment_method"])
    asked = intent["payment_method_options"]["card"]["request_three_d_secure"]
    card = payment_methods.card_of(method)
    intent["last_payment_error"] = None
    if authentication.needed(card, off_session=off_session, set_up=method["_set_up"], asked=asked):
        if off_session or refuse_action:
            return _refuse(call, intent, method, "authentication_required", authenticated=False)
        authentication.begin(call, intent, return_url)
        call.save(intent)
        call.emit("payment_intent.requires_action", intent)
        return None
    return _charge(call, intent, method, authenticated=False)


def authenticated(call: Call, intent: Object, *, approved: bool) -> None:
    """The customer has been to the bank's page. A refusal that follows is on the intent, not in an answer."""
    authentication.finish(intent)
    method = call.get("payment_method", intent["payment_method"])
    if approved:
        _charge(call, intent, method, authenticated=True)
        return
    message = (
        "We are unable to authenticate your payment method. "
        "Please choose a different payment method and try again."
    )
    _back(call, intent, method, {"code": "payment_intent_authentication_failure", "message": message}, None)


def _charge(call: Call, intent: Object, method: Object, *, authenticated: bool) -> StripeError | None:
    refused = call.forced or payment_methods.card_of(method).decline
    if refused is not None:
        return _refuse(call, intent, method, refused, authenticated=authenticated)
    charge = charges.shape(call, intent, method, authenticated=authenticated)
    charges.authorize(call, charge)
    manual = intent["capture_method"] == "manual"
    if not manual:
        charges.take(call, charge, charge["amount"], at_once=intent["capture_method"] == "automatic")
        call.save(charge)
    intent |= {
        "latest_charge": charge["id"],
        "status": "requires_capture" if manual else "succeeded",
        "amount_capturable": charge["amount"] if manual else 0,
        "amount_received": 0 if manual else charge["amount"],
    }
    call.save(intent)
    _keep_method(call, intent, method)
    call.emit("charge.succeeded", charge)
    if manual:
        call.later(AUTHORIZED_DAYS * DAY, "expire_authorization", intent["id"])
        call.emit("payment_intent.amount_capturable_updated", intent)
    else:
        call.emit("payment_intent.succeeded", intent)
    return None


def _keep_method(call: Call, intent: Object, method: Object) -> None:
    method["_used"] = True
    if intent["setup_future_usage"] == "off_session":
        method["_set_up"] = True
    call.save(method)
    if intent["setup_future_usage"] and intent["customer"] and method["customer"] is None:
        payment_methods.keep_for(call, method, intent["customer"])


def _refuse(
    call: Call, intent: Object, method: Object, decline_code: str, *, authenticated: bool
) -> StripeError:
    charge = charges.shape(call, intent, method, authenticated=authenticated)
    code, message = charges.refuse(call, charge, decline_code)
    intent["latest_charge"] = charge["id"]
    content = {"code": code, "decline_code": decline_code, "message": message, "charge": charge["id"]}
    _back(call, intent, method, content, charge)
    return declined(
        code,
        message,
        decline_code=decline_code,
        charge=charge["id"],
        payment_intent=shown(intent),
        payment_method=shown(method),
    )


def _back(call: Call, intent: Object, method: Object, content: Object, charge: Object | None) -> None:
    """To the choice of another payment method, with the reason."""
    doc = f"https://stripe.com/docs/error-codes/{content['code'].replace('_', '-')}"
    kind = "invalid_request_error" if charge is None else "card_error"
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "last_payment_error": {**content, "doc_url": doc, "payment_method": shown(method), "type": kind},
    }
    call.save(intent)
    call.emit("payment_intent.payment_failed", intent)


def capture(call: Call, intent: Object, amount: int) -> None:
    """Take what was authorized, or a part of it; the rest goes back to the card."""
    charge = call.get("charge", intent["latest_charge"])
    charges.take(call, charge, amount)
    released = charge["amount"] - amount
    if released:
        refunds.release(call, charge, released)
    call.save(charge)
    intent |= {"status": "succeeded", "amount_capturable": 0, "amount_received": amount}
    call.save(intent)
    call.emit("charge.captured", charge)
    if released:
        call.emit("charge.refunded", charge)
    call.emit("payment_intent.succeeded", intent)


def cancel(call: Call, intent: Object, reason: str | None) -> None:
    """End it; an authorization is released."""
    if intent["status"] == "requires_capture":
        charge = call.get("charge", intent["latest_charge"])
        refunds.release(call, charge, charge["amount"])
        charge |= {"refunded": True, "_released": charge["amount"]}
        call.save(charge)
        call.emit("charge.expired" if reason == "automatic" else "charge.refunded", charge)
    before = dict(intent)
    intent |= {
        "status": "canceled",
        "canceled_at": call.now,
        "cancellation_reason": reason,
        "amount_capturable": 0,
        "next_action": None,
    }
    call.save(intent)
    call.emit("payment_intent.canceled", intent, changes(before, intent))


def expire(call: Call, wanted: str) -> None:
    intent = call.get("payment_intent", wanted)
    if intent["status"] == "requires_capture":
        cancel(call, intent, "automatic")
