"""Books for tests: an organization with one legal entity, and short ways to post to it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.kernel.money import Money
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import ledger
from kontorhaus.money.ledger import (
    Entry,
    EntrySet,
    Hold,
    HoldId,
    PostHold,
    Recorded,
    Transfer,
    TransferId,
    VoidHold,
)
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.db import Db


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def transfer(debit: str, credit: str, amount: int | Money, **more: Any) -> Transfer:
    money = amount if isinstance(amount, Money) else eur(amount)
    more.setdefault("id", TransferId(uuid7()))
    return Transfer(debit=debit, credit=credit, amount=money, **more)


def hold(debit: str, credit: str, amount: int, **more: Any) -> Hold:
    return Hold(id=HoldId(uuid7()), debit=debit, credit=credit, amount=eur(amount), **more)


def post_hold(held: Hold, amount: int | None = None) -> PostHold:
    part = None if amount is None else eur(amount)
    return PostHold(id=TransferId(uuid7()), hold=held.id, amount=part)


def void_hold(held: Hold) -> VoidHold:
    return VoidHold(id=TransferId(uuid7()), hold=held.id)


class Books:
    """One legal entity's books, with its organization and database."""

    def __init__(self, db: Db, org_id: OrgId, entity: PartyId) -> None:
        self.db = db
        self.org_id = org_id
        self.entity = entity

    @classmethod
    async def opened(
        cls, db: Db, *, base_currency: str = "EUR", org_id: OrgId | None = None, entity: PartyId | None = None
    ) -> Books:
        books = cls(db, org_id or OrgId(uuid.uuid4()), entity or PartyId(uuid7()))
        async with db.org(books.org_id) as tx:
            await ledger.open_books(
                tx, books.org_id, books.entity, base_currency=base_currency, now=utc_now()
            )
        return books

    def set(self, *entries: Entry) -> EntrySet:
        return EntrySet(self.entity, entries)

    async def post(self, *entries: Entry) -> Recorded:
        """One entry set in a transaction of its own, tried again as `Scope.run` does."""
        return (await self.post_sets(self.set(*entries)))[0]

    async def post_sets(self, *sets: EntrySet) -> tuple[Recorded, ...]:
        return await self.db.org(self.org_id).run(lambda tx: ledger.post(tx, self.org_id, *sets))

    async def each(self, *sets: EntrySet, **more: bool) -> list[Any]:
        return await self.db.org(self.org_id).run(lambda tx: ledger.post_each(tx, self.org_id, sets, **more))

    async def expire(self, now: datetime) -> int:
        return await self.db.org(self.org_id).run(lambda tx: ledger.expire(tx, self.org_id, now))

    async def guard(self, name: str, currency: str = "EUR") -> tuple[int, int]:
        """Balance and holds of a guard, as its row has them."""
        async with self.db.org(self.org_id) as tx:
            row = await tx.connection.fetchrow(
                "SELECT g.balance, g.held FROM ledger_guard g JOIN ledger_account a"
                " ON a.org_id = g.org_id AND a.id = g.account_id WHERE a.name = $1 AND a.currency = $2",
                name,
                currency,
            )
        assert row is not None, name
        return row["balance"], row["held"]

    async def count(self) -> int:
        async with self.db.org(self.org_id) as tx:
            return int(await tx.connection.fetchval("SELECT count(*) FROM ledger_transfer"))
