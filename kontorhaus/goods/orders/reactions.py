"""What orders do when payments, refunds and payouts move: take it up, and note it in the timeline."""

from __future__ import annotations

from kontorhaus.goods.orders.actions import hearing
from kontorhaus.goods.orders.model.order import ORDER
from kontorhaus.money.payments import PAYMENT, PAYOUT, REFUND
from kontorhaus.platform import eventlog
from kontorhaus.platform.eventlog import Subscriber

NAME = "orders"


def subscribers() -> tuple[Subscriber, ...]:
    """One reader of every fact of a payment, a refund or a payout. One fact a transaction: each locks its order."""
    heard = {PAYMENT.prefix, REFUND.prefix, PAYOUT.prefix}
    assert ORDER.prefix not in heard, "orders do not react to themselves"
    facts = tuple(fact for fact in eventlog.published_types() if fact.NOUN.prefix in heard)
    return (Subscriber(NAME, hearing.hear, facts),)
