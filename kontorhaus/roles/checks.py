"""What must be true of the house: the invariants of every room, in the order in which one would ask."""

from __future__ import annotations

from kontorhaus.goods import orders
from kontorhaus.money import ledger, payments
from kontorhaus.platform.checks import Check


def every_check() -> tuple[Check, ...]:
    return (*ledger.CHECKS, *payments.CHECKS, *payments.PAYOUT_CHECKS, *orders.CHECKS)
