"""What Stripe owes an account, and every movement of it."""

from __future__ import annotations

from typing import Final

from kontorhaus.sandbox.stripe.call import Call
from kontorhaus.sandbox.stripe.endpoint import Endpoint, ListParams, page, retrieve
from kontorhaus.sandbox.stripe.errors import Object
from kontorhaus.sandbox.stripe.forms import Params


class List(ListParams, kw_only=True):
    currency: str | None = None
    source: str | None = None
    type: str | None = None


def show(call: Call, params: Params) -> Object:
    del params
    account = f"balance:{call.account}"
    totals = call.store.total(account)
    if not totals:
        totals = {_default_currency(call): 0}
    pending = call.store.pending(account, call.now)

    def line(currency: str, amount: int) -> Object:
        return {"amount": amount, "currency": currency, "source_types": {"card": amount}}

    return {
        "object": "balance",
        "available": [line(c, total - pending.get(c, 0)) for c, total in totals.items()],
        "connect_reserved": [{"amount": 0, "currency": c} for c in totals],
        "livemode": False,
        "pending": [line(c, pending.get(c, 0)) for c in totals],
    }


def _default_currency(call: Call) -> str:
    found = call.store.find(call.account)
    return "eur" if found is None else str(found[1]["default_currency"])


def list_all(call: Call, params: List) -> Object:
    return page(
        call,
        "balance_transaction",
        params,
        "/v1/balance_transactions",
        links={"source": params.source, "type": params.type},
        fields={"currency": params.currency},
    )


ENDPOINTS: Final = (
    Endpoint("GET", "/v1/balance", Params, show),
    Endpoint("GET", "/v1/balance_transactions", List, list_all),
    Endpoint("GET", "/v1/balance_transactions/{id}", Params, retrieve("balance_transaction")),
)
