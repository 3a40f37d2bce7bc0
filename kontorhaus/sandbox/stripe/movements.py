"""The one way in which money moves: a balance transaction on an account, and postings that add up to zero.

`balance:<account>` is what Stripe owes an account; on the other side stand `cards` (the cardholders' banks),
`stripe` (its fees), `bank:<account>` (what was paid out to the account's own bank) and `transit:<transfer>` (between
two accounts, zero again once both sides stand).
"""

from __future__ import annotations

from kontorhaus.sandbox.stripe.call import Call
from kontorhaus.sandbox.stripe.errors import Object
from kontorhaus.sandbox.stripe.store import Posting


def move(
    call: Call,
    kind: str,
    *,
    category: str,
    amount: int,
    currency: str,
    source: str,
    against: str,
    fee: int = 0,
    fee_text: str = "Stripe processing fees",
    available_on: int | None = None,
    description: str | None = None,
) -> Object:
    """Write a balance transaction of `amount - fee` on the call's account. `amount` is negative when money leaves."""
    available_on = call.now if available_on is None else available_on
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": currency,
            "description": fee_text,
            "type": "stripe_fee",
        }
    ]
    movement = call.new(
        "balance_transaction",
        {
            "object": "balance_transaction",
            "amount": amount,
            "available_on": available_on,
            "balance_type": "payments",
            "currency": currency,
            "description": description,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": details if fee else [],
            "net": amount - fee,
            "reporting_category": category,
            "source": source,
            "status": "pending",
            "type": kind,
        },
    )
    del movement["livemode"]
    call.insert(movement)
    sides = [(f"balance:{call.account}", amount - fee), (against, -amount), ("stripe", fee)]
    call.store.post(
        [
            Posting(movement["id"], source, account, currency, value, available_on)
            for account, value in sides
            if value or account == against
        ],
        call.now,
    )
    return movement


def as_now(call: Call, movement: Object) -> Object:
    """With its status, which follows from the clock."""
    return {**movement, "status": "available" if movement["available_on"] <= call.now else "pending"}


def total(call: Call, currency: str) -> int:
    """Available and pending."""
    return call.store.total(f"balance:{call.account}").get(currency, 0)


def available(call: Call, currency: str) -> int:
    account = f"balance:{call.account}"
    return total(call, currency) - call.store.pending(account, call.now).get(currency, 0)
