"""All endpoints of the API, found by method and path."""

from __future__ import annotations

import re
from typing import Final

from kontorhaus.sandbox.stripe.endpoint import Endpoint
from kontorhaus.sandbox.stripe.errors import StripeError
from kontorhaus.sandbox.stripe.resources import (
    balances,
    charges,
    customers,
    disputes,
    events,
    payment_methods,
    payouts,
    refunds,
    setup_intents,
    transfers,
)
from kontorhaus.sandbox.stripe.resources.accounts import verbs as accounts
from kontorhaus.sandbox.stripe.resources.payment_intents import verbs as payment_intents

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    *accounts.ENDPOINTS,
    *balances.ENDPOINTS,
    *charges.ENDPOINTS,
    *customers.ENDPOINTS,
    *disputes.ENDPOINTS,
    *events.ENDPOINTS,
    *payment_intents.ENDPOINTS,
    *payment_methods.ENDPOINTS,
    *payouts.ENDPOINTS,
    *refunds.ENDPOINTS,
    *setup_intents.ENDPOINTS,
    *transfers.ENDPOINTS,
)

PATTERNS: Final = [
    (endpoint, re.compile(re.sub(r"\{\w+\}", r"([^/]{1,255})", endpoint.path))) for endpoint in ENDPOINTS
]
"""In their order: a fixed path such as `/search` stands before the one with a variable part in its place."""


def find(method: str, path: str) -> tuple[Endpoint, tuple[str, ...]]:
    for endpoint, pattern in PATTERNS:
        match = pattern.fullmatch(path)
        if match is not None and endpoint.method == method:
            return endpoint, match.groups()
    raise StripeError(
        404,
        "invalid_request_error",
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs. The sandbox knows the "
        "part of the API that its page lists.",
    )
