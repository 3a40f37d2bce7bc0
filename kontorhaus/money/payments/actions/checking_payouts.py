"""What must be true of payouts and of sellers' accounts, as questions that can be asked at any time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from kontorhaus.money.payments.store import payout_checks as store
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


PAYOUT_CHECKS: Final = (
    Check(
        "payouts.clearing",
        "what payouts have sent less what came back is what stands between sellers and clearing",
        _asked(store.CLEARING),
    ),
    Check(
        "payouts.held",
        "a payout that may go out holds its amount, and no other one does",
        _asked(store.HELD),
    ),
    Check(
        "payouts.operations",
        "a payout or seller's account that waits for the provider has an open operation, and only then",
        _asked(store.OPERATIONS),
    ),
    Check("payouts.waiting", "a job looks after every payout that waits", _asked(store.UNATTENDED)),
)
"""A seller is paid once, and what waits is not forgotten."""
