"""3-D Secure: when the card's bank wants to see its customer, and the page on which he shows himself."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlencode, urlsplit

from kontorhaus.sandbox.stripe import identifiers
from kontorhaus.sandbox.stripe.call import Call
from kontorhaus.sandbox.stripe.cards import Card
from kontorhaus.sandbox.stripe.errors import Object, invalid
from kontorhaus.sandbox.stripe.forms import Params


class CardOptions(Params, kw_only=True):
    request_three_d_secure: Literal["automatic", "any", "challenge"] = "automatic"


class MethodOptions(Params, kw_only=True):
    card: CardOptions | None = None


class AutomaticMethods(Params, kw_only=True):
    enabled: bool
    allow_redirects: Literal["always", "never"] = "always"


def needed(card: Card, *, off_session: bool, set_up: bool, asked: str = "automatic") -> bool:
    """Whether the bank demands it for this payment. Once a card was set up, its owner need not be there."""
    if card.authentication == "required":
        return True
    if card.authentication == "unless_set_up":
        return not (off_session and set_up)
    if card.authentication == "off_session_exempt":
        return not off_session
    return card.authentication == "optional" and asked != "automatic" and not off_session


def begin(call: Call, intent: Object, return_url: str | None) -> None:
    """Send the customer to the bank's page: ours."""
    intent["_token"] = identifiers.letters(24)
    intent["_return_url"] = return_url
    url = f"{call.books.origin}/sandbox/3ds/{intent['id']}/{intent['_token']}"
    intent["status"] = "requires_action"
    if return_url is not None:
        intent["next_action"] = {
            "redirect_to_url": {"return_url": return_url, "url": url},
            "type": "redirect_to_url",
        }
    else:
        intent["next_action"] = {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"stripe_js": url, "type": "three_d_secure_redirect"},
        }


def finish(intent: Object) -> None:
    intent |= {"next_action": None, "_token": None}


def check_return(intent: Object, return_url: str | None, *, off_session: bool) -> None:
    """Stripe demands a way back unless it is told that no payment method may lead away."""
    if return_url is not None:
        if urlsplit(return_url).scheme not in {"http", "https"} and "://" not in return_url:
            raise invalid("Not a valid URL", param="return_url", code="url_invalid")
        return
    automatic = intent["automatic_payment_methods"]
    if automatic and automatic["allow_redirects"] == "always" and not off_session:
        raise invalid(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of "
            "these payment methods might redirect your customer off of your page, you must provide a `return_url`. "
            "If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to "
            "`true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and "
            "Payment Intents.",
        )


def way_back(intent: Object, *, approved: bool) -> str | None:
    """Where the customer's browser goes afterwards, with what Stripe adds to it."""
    url = intent.get("_return_url")
    if url is None:
        return None
    query = urlencode(
        {
            intent["object"]: intent["id"],
            f"{intent['object']}_client_secret": intent["client_secret"],
            "redirect_status": "succeeded" if approved else "failed",
        }
    )
    return f"{url}{'&' if urlsplit(url).query else '?'}{query}"
