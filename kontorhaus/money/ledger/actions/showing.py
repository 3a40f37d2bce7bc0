"""Reading single objects of the books, as callers name them."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.ledger.errors import (
    LedgerAccountNotFound,
    LedgerDrawingTooLarge,
    LedgerEntityNotFound,
    LedgerEntrySetNotFound,
    LedgerHoldNotFound,
    LedgerTransferNotFound,
)
from kontorhaus.money.ledger.model.deciding import spill_id
from kontorhaus.money.ledger.model.dimensions import Dimensions
from kontorhaus.money.ledger.model.entries import HoldId
from kontorhaus.money.ledger.model.shown import (
    EntrySetId,
    ShownAccount,
    ShownBooks,
    ShownEnd,
    ShownHold,
    ShownRoute,
    ShownTransfer,
    ShownType,
    entry_set_place,
)
from kontorhaus.money.ledger.store import posting
from kontorhaus.money.ledger.store import showing as store
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.db import Db, Tx

Shown = ShownTransfer | ShownHold | ShownEnd


class Place(Struct, frozen=True, array_like=True):
    """Where a page of an entry set ended: a line, and how many entries of it were shown."""

    line: int
    seen: int


Listed = tuple[Shown, Place]
"""An entry and the place behind it."""


DRAWN_MAX: Final = 100
"""Transfers of a drawing: as many arrows as a large screen shows, some 60 kB."""

LAST_CURRENCY: Final = "ZZZ"

FIRST: Final = UUID(int=0)


async def transfer(db: Db, org_id: OrgId, transfer_id: UUID) -> tuple[ShownTransfer, UUID | None]:
    """A transfer, and the part of it that a guard would have refused. Raises LedgerTransferNotFound."""
    rest = spill_id(transfer_id)
    async with db.org(org_id, read_only=True) as tx:
        found = {row.id: row for row in await store.TRANSFERS.all(tx, org_id, [transfer_id, rest])}
    if transfer_id not in found:
        raise LedgerTransferNotFound("there is no transfer with this id")
    return found[transfer_id], rest if rest in found else None


async def hold(db: Db, org_id: OrgId, hold_id: HoldId) -> ShownHold:
    """A hold as it stands now. Raises LedgerHoldNotFound."""
    async with db.org(org_id, read_only=True) as tx:
        found = await store.HOLD.maybe(tx, org_id, hold_id)
    if found is None:
        raise LedgerHoldNotFound("there is no hold with this id")
    return found


async def entry_set(db: Db, org_id: OrgId, set_id: EntrySetId) -> tuple[UUID, int, datetime, int]:
    """Legal entity, number of its books, instant of record and number of entries."""
    number, at = _place(set_id)
    async with db.org(org_id, read_only=True) as tx:
        books = await _books_of(tx, org_id, number)
        last = (await posting.LAST_LINES.one(tx, org_id, [number], [at])).last
    if last < 0:
        raise LedgerEntrySetNotFound("there is no entry set with this id")
    return books.id, number, at, last + 1


async def entries(
    db: Db, org_id: OrgId, set_id: EntrySetId, *, after: Place | None, limit: int
) -> list[Listed]:
    """What an entry set did, in its order: transfers, holds that it placed, and holds that it ended."""
    number, at = _place(set_id)
    line, seen = (0, 0) if after is None else (after.line, after.seen)
    async with db.org(org_id, read_only=True) as tx:
        await _books_of(tx, org_id, number)
        found: list[Shown] = []
        for statement in (store.TRANSFERS_OF_SET, store.HOLDS_OF_SET, store.ENDS_OF_SET):
            found += await statement.all(tx, org_id, number, at, line, limit + 1)
    if not found and after is None:
        raise LedgerEntrySetNotFound("there is no entry set with this id")
    # Where a hold is posted its end stands behind its transfer, under the same line.
    listed: list[Listed] = []
    for one in sorted(found, key=lambda one: one.line):
        before = listed[-1][1] if listed else None
        count = before.seen + 1 if before is not None and before.line == one.line else 1
        listed.append((one, Place(one.line, count)))
    return listed[seen : seen + limit]


async def drawn(db: Db, org_id: OrgId, set_id: EntrySetId) -> list[ShownTransfer]:
    """The transfers of an entry set that is to be drawn. Raises LedgerDrawingTooLarge, LedgerEntrySetNotFound."""
    number, at = _place(set_id)
    async with db.org(org_id, read_only=True) as tx:
        await _books_of(tx, org_id, number)
        found = await store.TRANSFERS_OF_SET.all(tx, org_id, number, at, 0, DRAWN_MAX + 1)
        if not found and (await posting.LAST_LINES.one(tx, org_id, [number], [at])).last < 0:
            raise LedgerEntrySetNotFound("there is no entry set with this id")
    if len(found) > DRAWN_MAX:
        raise LedgerDrawingTooLarge(f"a drawing shows {DRAWN_MAX} transfers at most")
    return found


async def books(db: Db, org_id: OrgId, entity: PartyId) -> ShownBooks:
    async with db.org(org_id, read_only=True) as tx:
        return await books_in(tx, org_id, entity)


async def books_in(tx: Tx, org_id: OrgId, entity: PartyId) -> ShownBooks:
    found = await store.BOOKS.maybe(tx, org_id, entity)
    if found is None:
        raise LedgerEntityNotFound("no books were opened for this legal entity")
    return found


async def every_books(db: Db, org_id: OrgId, *, after: UUID | None, limit: int) -> list[ShownBooks]:
    """The books of an organization, by the ids of their entities."""
    async with db.org(org_id, read_only=True) as tx:
        return await store.EVERY_BOOKS.all(tx, org_id, after or FIRST, limit)


async def chart(db: Db, org_id: OrgId, entity: PartyId) -> tuple[list[ShownType], list[ShownRoute]]:
    """Types of accounts, and which of them may face each other."""
    async with db.org(org_id, read_only=True) as tx:
        return await chart_in(tx, org_id, entity)


async def chart_in(tx: Tx, org_id: OrgId, entity: PartyId) -> tuple[list[ShownType], list[ShownRoute]]:
    number = (await books_in(tx, org_id, entity)).number
    return await store.CHART_TYPES.all(tx, org_id, number), await store.CHART_ROUTES.all(tx, org_id, number)


async def account(db: Db, org_id: OrgId, entity: PartyId, currency: str, name: str) -> ShownAccount:
    """Raises LedgerAccountNotFound, also where there are no books."""
    async with db.org(org_id, read_only=True) as tx:
        return await account_in(tx, org_id, entity, currency, name)


async def account_in(tx: Tx, org_id: OrgId, entity: PartyId, currency: str, name: str) -> ShownAccount:
    found = await store.ACCOUNT.maybe(tx, org_id, entity, currency, name)
    if found is None:
        raise LedgerAccountNotFound("there is no account of this name and currency")
    return found


async def accounts(
    db: Db,
    org_id: OrgId,
    entity: PartyId,
    *,
    currency: str | None,
    of: Dimensions,
    after: tuple[str, str] | None,
    limit: int,
) -> list[ShownAccount]:
    """The accounts of a legal entity by currency and name, of one currency and of what they are kept for if asked."""
    async with db.org(org_id, read_only=True) as tx:
        number = (await books_in(tx, org_id, entity)).number
        begin, name = after or (currency or "", "")
        args = (tx, org_id, number, begin, name, currency or LAST_CURRENCY, limit)
        first = of.first
        if first is None:
            return await store.ACCOUNTS.all(*args)
        return await store.ACCOUNTS_OF[first].all(*args, *of.row())


async def guard(
    db: Db, org_id: OrgId, entity: PartyId, currency: str, name: str
) -> tuple[ShownAccount, store.GuardRow | None]:
    """An account with its balance and what is held on it, read together; None for one that only sums."""
    async with db.org(org_id, read_only=True) as tx:
        found = await account_in(tx, org_id, entity, currency, name)
        row = await store.GUARD.maybe(tx, org_id, found.id)
    if row is None and found.guards:
        row = store.GuardRow(0, 0)
    return found, row


async def _books_of(tx: Tx, org_id: OrgId, number: int) -> ShownBooks:
    found = await store.BOOKS_BY_NUMBER.maybe(tx, org_id, number)
    if found is None:
        raise LedgerEntrySetNotFound("there is no entry set with this id")
    return found


def _place(set_id: EntrySetId) -> tuple[int, datetime]:
    place = entry_set_place(set_id)
    if place is None:
        raise LedgerEntrySetNotFound("there is no entry set with this id")
    return place
