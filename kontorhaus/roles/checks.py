"""What must be true of the house: the invariants of every room, in the order in which one would ask."""

from __future__ import annotations

from kontorhaus.money import ledger
from kontorhaus.platform.checks import Check


def every_check() -> tuple[Check, ...]:
    return (*ledger.CHECKS,)
