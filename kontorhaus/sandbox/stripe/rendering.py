"""An object of the books as an answer shows it: expanded, with what follows from the clock, without hidden names."""

from __future__ import annotations

from typing import Any, Final

from kontorhaus.sandbox.stripe import movements
from kontorhaus.sandbox.stripe.call import Call
from kontorhaus.sandbox.stripe.endpoint import listed
from kontorhaus.sandbox.stripe.errors import Object, StripeError, invalid
from kontorhaus.sandbox.stripe.resources import events

EXPANDABLE: Final = frozenset(
    (
        "balance_transaction charge customer default_payment_method destination destination_payment "
        "destination_payment_refund failure_balance_transaction latest_charge on_behalf_of payment_intent "
        "payment_method source source_transaction source_transfer source_transfer_reversal transfer "
        "transfer_reversal"
    ).split()
)

DEPTH_MAX: Final = 4
"""Stripe's limit for `a.b.c.d`."""


def render(call: Call, body: Object, expand: list[str]) -> Object:
    for path in expand:
        steps = path.split(".")
        if len(steps) - (steps[0] == "data") > DEPTH_MAX:
            raise _refused(path, "You cannot expand more than 4 levels of a property.")
        _expand(call, body, steps, path)
    found: Object = _shown(call, body)
    return found


def _expand(call: Call, body: Any, steps: list[str], path: str) -> None:
    if not steps:
        return
    step, rest = steps[0], steps[1:]
    if isinstance(body, list):
        for item in body:
            _expand(call, item, steps, path)
        return
    if not isinstance(body, dict):
        return
    if step == "refunds" and body.get("object") == "charge":
        found = call.linked("refund", charge=body["id"])
        body["refunds"] = listed(found[:10], f"/v1/charges/{body['id']}/refunds", more=len(found) > 10)
    elif step not in body:
        raise _refused(path)
    elif isinstance(body[step], str):
        if step not in EXPANDABLE:
            raise _refused(path)
        body[step] = _fetched(call, body[step], path)
    _expand(call, body[step], rest, path)


def _fetched(call: Call, wanted: str, path: str) -> Object:
    """The object behind an id: of this account, or of an account of the same platform."""
    found = call.store.find(wanted)
    if found is None:
        owner = (call.store.find(call.account) or ("", {}))[1]
        banks = owner.get("external_accounts", {}).get("data", [])
        bank = next((bank for bank in banks if bank["id"] == wanted), None)
        if bank is None:
            raise _refused(path)
        return dict(bank)
    account, body = found
    mine = account in {call.account, call.platform} or (
        call.store.get(account, "account", call.platform) is not None
    )
    if not mine:
        raise _refused(path)
    return body


def _refused(path: str, sentence: str | None = None) -> StripeError:
    return invalid(sentence or f"This property cannot be expanded ({path}).", param="expand")


def _shown(call: Call, body: Any) -> Any:
    if isinstance(body, list):
        return [_shown(call, item) for item in body]
    if not isinstance(body, dict):
        return body
    if body.get("object") == "balance_transaction":
        body = movements.as_now(call, body)
    elif body.get("object") == "event":
        return {**body, "pending_webhooks": events.pending(call, body)}
    hidden = "object" in body
    return {
        name: value if name == "metadata" else _shown(call, value)
        for name, value in body.items()
        if not (hidden and name.startswith("_"))
    }
