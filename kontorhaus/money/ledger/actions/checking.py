"""What must be true of the books, as questions that can be asked at any time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from kontorhaus.kernel.ids import ORG, OrgId
from kontorhaus.money.ledger.actions import sealing
from kontorhaus.money.ledger.errors import LedgerBooksFalse
from kontorhaus.money.ledger.store import checking as store
from kontorhaus.people.parties import PARTY, PartyId
from kontorhaus.platform.checks import Check, Finding
from kontorhaus.platform.db import Db, Query

SHOWN_MAX: Final = 20
"""Rows that are shown of a false invariant: enough to see what went wrong."""


async def every_entity(db: Db) -> list[tuple[OrgId, PartyId]]:
    """All books of the house, for the operator's commands alone."""
    async with db.system(read_only=True) as tx:
        return [(OrgId(row.org_id), PartyId(row.entity)) for row in await store.ENTITIES.all(tx)]


async def unsealed(db: Db) -> list[tuple[OrgId, PartyId]]:
    """Books with entries that no seal covers yet."""
    async with db.system(read_only=True) as tx:
        return [(OrgId(row.org_id), PartyId(row.entity)) for row in await store.UNSEALED.all(tx)]


def _asked(question: Query[store.FindingRow]) -> Callable[[Db], Awaitable[Sequence[Finding]]]:
    async def broken(db: Db) -> Sequence[Finding]:
        # Without a time-out: it reads everything, and nobody waits for it.
        async with db.snapshot() as tx:
            return [Finding(row.subject, row.detail) for row in await question.all(tx, SHOWN_MAX)]

    return broken


async def _replayed(db: Db) -> Sequence[Finding]:
    found: list[Finding] = []
    for org_id, entity in await every_entity(db):
        try:
            await sealing.verify(db, org_id, entity)
        except LedgerBooksFalse as error:
            place = f"{ORG.text(org_id)} {PARTY.text(entity)}"
            found.append(
                Finding(f"{error.facts.get('table')} {error.facts.get('row')}", f"{place}: {error.detail}")
            )
    return found


CHECKS: Final = (
    Check(
        "ledger.trial_balance",
        "debits less credits are zero for every legal entity, in every currency and in base currency",
        _asked(store.TRIAL_BALANCE),
    ),
    Check("ledger.chart", "no two accounts face each other that may not", _asked(store.CHART)),
    Check(
        "ledger.running_balances",
        "the balance that a guard shows after each entry is what its entries add up to",
        _asked(store.RUNNING_BALANCES),
    ),
    Check(
        "ledger.guards",
        "balance and holds of every guard are those of its entries, and the balance is not below the holds",
        _asked(store.GUARDS),
    ),
    Check(
        "ledger.holds",
        "a hold that was posted has its transfer, and what is due is open",
        _asked(store.HOLDS),
    ),
    Check("ledger.seals", "everything replayed gives every seal, sum and snapshot anew", _replayed),
)
"""Invariant 1 of the house, and what the ledger promises besides."""
