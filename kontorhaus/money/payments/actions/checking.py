"""What must be true of payments, as questions that can be asked at any time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from kontorhaus.money.payments.store import checking as store
from kontorhaus.platform.checks import Check, Finding
from kontorhaus.platform.db import Db, Query

SHOWN_MAX: Final = 20
"""Rows that are shown of a false invariant: enough to see what went wrong."""


def _asked(question: Query[store.FindingRow]) -> Callable[[Db], Awaitable[Sequence[Finding]]]:
    async def broken(db: Db) -> Sequence[Finding]:
        # Without a time-out: it reads everything, and nobody waits for it.
        async with db.snapshot() as tx:
            return [Finding(row.subject, row.detail) for row in await question.all(tx, SHOWN_MAX)]

    return broken


CHECKS: Final = (
    Check(
        "payments.clearing",
        "what payments have captured less what refunds have sent is what stands between clearing and deposits",
        _asked(store.CLEARING),
    ),
    Check("payments.refunds", "a payment's sums are those of its refunds", _asked(store.REFUNDS)),
    Check("payments.held", "a refund that was not sent holds its amount on the deposit", _asked(store.HELD)),
    Check("payments.operations", "a job looks after every open operation", _asked(store.UNATTENDED)),
    Check(
        "payments.status",
        "a payment's status follows from its sums and its open operation",
        _asked(store.STATUSES),
    ),
    Check("payments.allocations", "a payment's allocations sum to its amount", _asked(store.ALLOCATED)),
)
"""Money is taken and given back once, and nothing is left unasked."""
