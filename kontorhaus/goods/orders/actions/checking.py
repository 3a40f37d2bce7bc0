"""What must be true of orders, as questions that can be asked at any time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from kontorhaus.goods.orders.store import checking as store
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
        "orders.shares",
        "of every seller's share, what was collected less what was given back and released is what is held",
        _asked(store.SHARES),
    ),
    Check("orders.statuses", "the status of every order is what its lines say", _asked(store.STATUSES)),
    Check(
        "orders.work",
        "what waits for a release, a refund or a payout has a job that does it",
        _asked(store.WORK),
    ),
)
"""Invariant 2 of the house for shares, and what orders promise besides."""
