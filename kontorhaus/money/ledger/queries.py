"""What the books say: balances now and at any past instant by either time, statements, and what sums them up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.ledger.errors import LedgerAccountNotFound, LedgerEntityNotFound, LedgerInstantInvalid
from kontorhaus.money.ledger.model.dimensions import Dimension, Dimensions, GroupBy
from kontorhaus.money.ledger.model.lines import Account, Entity
from kontorhaus.money.ledger.store import accounts, cutting, exporting, showing
from kontorhaus.money.ledger.store import reading as store
from kontorhaus.money.ledger.store.cutting import GroupRow
from kontorhaus.money.ledger.store.reading import Balance, EntryRow, PeriodRow
from kontorhaus.money.ledger.views import objects as views
from kontorhaus.money.ledger.views.exports import ExportView, export
from kontorhaus.money.ledger.views.objects import HoldView
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.db import Db, Tx

PAGE_MAX: Final = 1_000
"""Rows of a page: some ten milliseconds and a hundred kilobytes."""

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Before any entry."""

END: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""After any entry."""

INSTANT: Final = timedelta(microseconds=1)
"""What the database's clock counts in, so that "up to and with" is "before the next"."""

NOTHING: Final = store.Start(BEGINNING, 0, 0)
"""Where adding up begins for an account that was never added up."""

EVERYTHING: Final = Dimensions()

FIRST: Final = UUID(int=0)

BEFORE_ALL: Final = -1
"""Stands before the first line of an instant."""


class Time(StrEnum):
    """Which of the two times an instant is meant in."""

    RECORD = "record"
    EFFECT = "effect"


class Place(Struct, frozen=True, array_like=True):
    """Where a page of a statement ended."""

    recorded_at: datetime
    line: int


class GroupPlace(Struct, frozen=True, array_like=True):
    """Where a page of balances ended."""

    key: UUID
    currency: str
    type: str


class Entry(Struct, frozen=True):
    """An entry of an account, with the balance right after it, and the place behind it."""

    row: EntryRow
    balance: int
    place: Place


async def base_currency(tx: Tx, org_id: OrgId, entity: PartyId) -> str:
    """The currency in which the books of a legal entity are summed up. Raises LedgerEntityNotFound."""
    found = await accounts.ENTITIES.all(tx, org_id, [entity])
    if not found:
        raise LedgerEntityNotFound("no books were opened for this legal entity")
    return found[0].base_currency


async def balance(db: Db, org_id: OrgId, entity: PartyId, currency: str, name: str) -> Balance:
    """What an account stands at now, with everything that has been committed.

    Raises LedgerEntityNotFound, LedgerAccountNotFound.
    """
    async with db.org(org_id, read_only=True) as tx:
        return await balance_in(tx, org_id, entity, currency, name)


async def balance_in(tx: Tx, org_id: OrgId, entity: PartyId, currency: str, name: str) -> Balance:
    """The same within a transaction, with what that has posted. Nothing is locked: by the time it is read another may
    have posted, so a decision is left to the guard."""
    account = await _account(tx, org_id, entity, currency, name)
    start = await store.FOLD.maybe(tx, org_id, account.id) or NOTHING
    since = await store.SINCE.one(tx, org_id, account.id, start.at, END)
    return _sum(account, Balance(start.balance, start.base), since)


async def balance_at(
    db: Db, org_id: OrgId, entity: PartyId, currency: str, name: str, at: datetime, by: Time = Time.RECORD
) -> Balance:
    """What an account stood at, at a past instant, entries of that instant included.

    By record: what the books said then; it never changes, once answered. By effect: what has taken effect until then,
    as known now; a later post may take effect before it, until the period is closed.

    Raises LedgerEntityNotFound, LedgerAccountNotFound, LedgerInstantInvalid.
    """
    async with db.org(org_id, read_only=True) as tx:
        account = await _account(tx, org_id, entity, currency, name)
        await _settle(tx, org_id, account.entity, at)
        if by == Time.RECORD:
            return await _recorded(tx, org_id, account, at)
        return await store.STOOD.one(tx, org_id, account.id, account.side, at + INSTANT)


async def statement(
    db: Db,
    org_id: OrgId,
    entity: PartyId,
    currency: str,
    name: str,
    *,
    after: Place | None = None,
    limit: int = 100,
) -> list[Entry]:
    """The entries of an account in the order of record, from the first or from behind a place, each with the balance
    right after it. A page never changes: it ends before whatever is still in flight."""
    async with db.org(org_id, read_only=True) as tx:
        account = await _account(tx, org_id, entity, currency, name)
        upto = await _settle(tx, org_id, account.entity, None)
        since = after or Place(BEGINNING, BEFORE_ALL)
        rows = await store.STATEMENT.all(
            tx, org_id, account.id, since.recorded_at, since.line, upto, min(limit, PAGE_MAX)
        )
        running = await _standing(tx, org_id, account, since)
    entries = []
    for row in rows:
        running += row.amount if row.side == account.side else -row.amount
        entries.append(Entry(row, running, Place(row.recorded_at, row.line)))
    return entries


async def trial_balance(
    db: Db,
    org_id: OrgId,
    entity: PartyId,
    at: datetime | None = None,
    *,
    begin: datetime | None = None,
    by: Time = Time.RECORD,
    of: Dimensions = EVERYTHING,
    after: tuple[str, str] = ("", ""),
    limit: int = PAGE_MAX,
) -> list[PeriodRow]:
    """Every account of a legal entity as of an instant that has passed, its own entries included, by default now; with
    `begin`, over the period that begins with that instant; with `of`, the accounts alone that are kept for those. In
    the order of currency and name, from behind `after`.

    Debits less credits are zero over all accounts of a currency, and in the base currency, by either time. By effect
    later posts may change what was answered, until the period is closed.

    Raises LedgerEntityNotFound, LedgerInstantInvalid.
    """
    async with db.org(org_id, read_only=True) as tx:
        books = await _books(tx, org_id, entity)
        end = await _settle(tx, org_id, books.number, at) + INSTANT
        since = end if begin is None else begin
        args = (tx, org_id, books.number, min(since, end), end, by == Time.EFFECT, *after, limit)
        first = of.first
        if first is None:
            return await store.TRIAL_BALANCE.all(*args)
        return await store.TRIAL_BALANCE_OF[first].all(*args, *of.row())


async def general_ledger(
    db: Db,
    org_id: OrgId,
    entity: PartyId,
    begin: datetime,
    end: datetime,
    *,
    by: Time = Time.RECORD,
    after: tuple[str, str] = ("", ""),
    limit: int = PAGE_MAX,
) -> list[PeriodRow]:
    """The accounts that a period touched, from `begin` up to and without `end`: how each stood, what was debited and
    credited to it, and how it stands then. In the order of currency and name, from behind `after`.

    Each page reads every entry of the period, some 300,000 a second. Raises as `trial_balance` does.
    """
    async with db.org(org_id, read_only=True) as tx:
        books = await _books(tx, org_id, entity)
        await _settle(tx, org_id, books.number, end)
        effect = by == Time.EFFECT
        return await store.GENERAL_LEDGER.all(tx, org_id, books.number, begin, end, effect, *after, limit)


async def balances(
    db: Db,
    org_id: OrgId,
    entity: PartyId,
    by: GroupBy,
    *,
    after: GroupPlace | None = None,
    limit: int = PAGE_MAX,
) -> list[GroupRow]:
    """The balances now of accounts that are kept for the same, or are of one type, added up for each currency and type.
    Accounts that are kept for nothing of that kind are left out. In the order of key, currency and type.

    Pages are each of their own moment. Raises LedgerEntityNotFound.
    """
    place = after or GroupPlace(FIRST, "", "")
    async with db.org(org_id, read_only=True) as tx:
        number = (await _books(tx, org_id, entity)).number
        upto = (await cutting.SEALED.one(tx, org_id, number)).upto or BEGINNING
        args = (tx, org_id, number, upto, limit)
        if by == GroupBy.TYPE:
            return await cutting.BALANCES_BY_TYPE.all(*args, place.currency, place.type)
        return await cutting.BALANCES_BY[Dimension(by)].all(*args, place.key, place.currency, place.type)


async def _recorded(tx: Tx, org_id: OrgId, account: Account, at: datetime) -> Balance:
    start = await store.SNAPSHOT.maybe(tx, org_id, account.id, at) or NOTHING
    since = await store.SINCE.one(tx, org_id, account.id, start.at, at)
    return _sum(account, Balance(start.balance, start.base), since)


def _sum(account: Account, start: Balance, *moved: Balance) -> Balance:
    """A balance on the account's own side, and debits less credits added to it."""
    sign = 1 if account.side == "debit" else -1
    return Balance(
        start.balance + sign * sum(one.balance for one in moved),
        start.base + sign * sum(one.base for one in moved),
    )


async def _standing(tx: Tx, org_id: OrgId, account: Account, place: Place) -> int:
    """The balance right after the entries up to a place, which may be within an entry set."""
    if place.recorded_at == BEGINNING:
        return 0
    whole = await _recorded(tx, org_id, account, place.recorded_at)
    rest = await store.WITHIN.one(tx, org_id, account.id, account.entity, place.recorded_at, place.line)
    return whole.balance - (rest.balance if account.side == "debit" else -rest.balance)


async def _settle(tx: Tx, org_id: OrgId, entity: int, at: datetime | None) -> datetime:
    """Wait until nothing that was recorded up to the instant can still appear."""
    settled = (await store.SETTLE.one(tx, org_id, entity, at)).at
    if settled is None:
        raise LedgerInstantInvalid("the books can be read as of an instant that has passed")
    return settled


async def _books(tx: Tx, org_id: OrgId, entity: PartyId) -> Entity:
    found = await accounts.ENTITIES.all(tx, org_id, [entity])
    if not found:
        raise LedgerEntityNotFound("no books were opened for this legal entity")
    return found[0]


async def _account(tx: Tx, org_id: OrgId, entity: PartyId, currency: str, name: str) -> Account:
    books = await _books(tx, org_id, entity)
    found = await accounts.ACCOUNTS.all(tx, org_id, [books.number], [currency], [name])
    if not found:
        raise LedgerAccountNotFound("there is no account of this name and currency")
    return found[0]


async def hold_snapshots(
    tx: Tx, ids: Sequence[UUID], viewer: Actor, version: str, now: datetime
) -> Mapping[UUID, HoldView]:
    """Snapshots of holds; none without the right to read the ledger."""
    del version, now
    if not viewer.may("ledger:read"):
        return {}
    return {one.id: views.hold(one) for one in await showing.HOLDS.all(tx, viewer.org_id, list(ids))}


async def export_snapshots(
    tx: Tx, ids: Sequence[UUID], viewer: Actor, version: str, now: datetime
) -> Mapping[UUID, ExportView]:
    """Snapshots of exports; none without the right to read the ledger."""
    del version, now
    if not viewer.may("ledger:read"):
        return {}
    return {one.id: export(one) for one in await exporting.EXPORTS_NOW.all(tx, viewer.org_id, list(ids))}
