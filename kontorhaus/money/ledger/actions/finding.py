"""The accounts that entries name: found, opened where they are missing, and remembered.

What is remembered of books and accounts never changes, and a chart only grows. What a call opens itself is not
remembered, for it may be rolled back; what its transaction opened before is, all the same. So a memory may be wrong:
then whatever posts or places a hold, which looks at every account itself, writes nothing, and all is forgotten and
found anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.ledger.errors import LedgerAccountInvalid
from kontorhaus.money.ledger.model.dimensions import named_in
from kontorhaus.money.ledger.model.entries import ACCOUNT_NAME, Entry, EntrySet, PostHold, Transfer, VoidHold
from kontorhaus.money.ledger.model.lines import Account, Entity, OpenHold
from kontorhaus.money.ledger.store import accounts as store
from kontorhaus.money.ledger.store import posting
from kontorhaus.platform.db import Tx

Books = tuple[OrgId, int]
"""Organization, and number of its entity. Not the id of the entity's party alone: that is the caller's choice, and two
organizations may choose the same."""

Key = tuple[OrgId, int, str, str]
"""The same, then currency and name."""

Routes = frozenset[tuple[str, str]]

REMEMBERED_MAX: Final = 200_000
"""Accounts that a process remembers, of all organizations: some 100 MB. Past it all are forgotten, which costs a
statement for each call until they are known again."""


class Memory:
    """What this process knows of books, charts and accounts."""

    def __init__(self) -> None:
        self.entities: dict[tuple[OrgId, UUID], Entity] = {}
        self.accounts: dict[Key, Account] = {}
        self.routes: dict[Books, Routes] = {}

    def forget(self) -> None:
        self.entities.clear()
        self.accounts.clear()
        self.routes.clear()


MEMORY: Final = Memory()


class Found:
    """What the entry sets of one call name."""

    def __init__(self, org_id: OrgId) -> None:
        self.org_id = org_id
        self.entities: dict[UUID, Entity] = {}
        self.routes: dict[int, Routes] = {}
        self.accounts: dict[Key, Account] = {}
        self.holds: dict[UUID, OpenHold] = {}
        self.legs: dict[int, Account] = {}
        """The accounts of those holds, by their ids."""

    def account(self, entity: Entity, currency: str, name: str) -> Account | None:
        return self.accounts.get((self.org_id, entity.number, currency, name))


async def find(tx: Tx, org_id: OrgId, sets: Sequence[EntrySet]) -> Found:
    """Everything that the sets name; accounts that are missing are opened. What cannot be is missing from the answer,
    so that of many sets the wrong one alone is refused."""
    found = Found(org_id)
    await _find_entities(tx, org_id, {one.entity for one in sets}, found)
    missing = []
    for key in _named(org_id, sets, found.entities):
        account = MEMORY.accounts.get(key)
        if account is None:
            missing.append(key)
        else:
            found.accounts[key] = account
    if missing:
        await _find_accounts(tx, org_id, sorted(missing), found)
    await _find_holds(tx, org_id, sets, found)
    return found


def remembered(org_id: OrgId, one: EntrySet) -> bool:
    """Whether everything that a set names is remembered, so that finding it takes no statement."""
    entity = MEMORY.entities.get((org_id, one.entity))
    return entity is not None and all(
        key in MEMORY.accounts for key in _named(org_id, [one], {one.entity: entity})
    )


def recalled(org_id: OrgId, one: EntrySet) -> Found | None:
    """What is remembered for a set; None when its books or their chart are not. An account that is not remembered is
    missing from the answer, and so are holds."""
    entity = MEMORY.entities.get((org_id, one.entity))
    routes = None if entity is None else MEMORY.routes.get((org_id, entity.number))
    if entity is None or routes is None:
        return None
    found = Found(org_id)
    found.entities[one.entity] = entity
    found.routes[entity.number] = routes
    found.accounts = MEMORY.accounts
    return found


def guards(org_id: OrgId, one: EntrySet) -> list[int]:
    """The guards that a set names, as far as they are remembered; those of its holds are not."""
    entity = MEMORY.entities.get((org_id, one.entity))
    if entity is None:
        return []
    accounts = (MEMORY.accounts.get(key) for key in _named(org_id, [one], {one.entity: entity}))
    return [account.id for account in accounts if account is not None and account.guards]


async def _find_entities(tx: Tx, org_id: OrgId, wanted: set[UUID], found: Found) -> None:
    missing = []
    for one in wanted:
        entity = MEMORY.entities.get((org_id, one))
        if entity is None or (org_id, entity.number) not in MEMORY.routes:
            missing.append(one)
        else:
            found.entities[one] = entity
            found.routes[entity.number] = MEMORY.routes[org_id, entity.number]
    if missing:
        rows = await store.ENTITIES.all(tx, org_id, missing)
        found.entities.update({row.id: row for row in rows})
        await _learn_routes(tx, org_id, found)
        MEMORY.entities.update({(org_id, row.id): row for row in rows})


async def learn(tx: Tx, org_id: OrgId, found: Found) -> bool:
    """Read the charts anew: another process may have let them grow. False where the books themselves are not those
    that were remembered: their opening was undone."""
    rows = await store.ENTITIES.all(tx, org_id, list(found.entities))
    await _learn_routes(tx, org_id, found)
    return {row.id: row for row in rows} == found.entities


async def _learn_routes(tx: Tx, org_id: OrgId, found: Found) -> None:
    numbers = [entity.number for entity in found.entities.values()]
    rows = await store.ROUTES.all(tx, org_id, numbers)
    for number in numbers:
        routes = frozenset((r.debit_type, r.credit_type) for r in rows if r.entity == number)
        found.routes[number] = MEMORY.routes[org_id, number] = routes


def _named(org_id: OrgId, sets: Sequence[EntrySet], entities: Mapping[UUID, Entity]) -> set[Key]:
    """The accounts that sets name, of those entities that are there."""
    return {
        (org_id, entities[one.entity].number, currency, name)
        for one in sets
        if one.entity in entities
        for entry in one.entries
        for currency, name in _of_entry(entry)
    }


def _of_entry(entry: Entry) -> Iterable[tuple[str, str]]:
    if isinstance(entry, PostHold | VoidHold):
        return ()
    currency = entry.amount.currency
    if isinstance(entry, Transfer) and entry.spill is not None:
        return (currency, entry.debit), (currency, entry.credit), (currency, entry.spill)
    return (currency, entry.debit), (currency, entry.credit)


async def _find_accounts(tx: Tx, org_id: OrgId, missing: Sequence[Key], found: Found) -> None:
    if len(MEMORY.accounts) + len(missing) > REMEMBERED_MAX:
        MEMORY.accounts.clear()
    keys = [key for key in missing if ACCOUNT_NAME.fullmatch(key[-1])]
    if not keys:
        return
    known = await _read(tx, org_id, keys)
    MEMORY.accounts.update(known)
    found.accounts.update(known)
    absent = [key for key in keys if key not in known]
    if not absent:
        return
    # A type that the chart does not have opens nothing.
    await open_accounts(tx, org_id, [(*key[1:], None, None, None) for key in absent])
    # Read anew, since another may have opened them first.
    found.accounts.update(await _read(tx, org_id, absent))


async def _find_holds(tx: Tx, org_id: OrgId, sets: Sequence[EntrySet], found: Found) -> None:
    ids = {e.hold for one in sets for e in one.entries if isinstance(e, PostHold | VoidHold)}
    if not ids:
        return
    found.holds = {row.id: row for row in await posting.HOLDS.all(tx, org_id, list(ids))}
    legs = {leg for hold in found.holds.values() for leg in (hold.debit_id, hold.credit_id)}
    found.legs = {row.id: row for row in await store.ACCOUNTS_BY_ID.all(tx, org_id, list(legs))}


async def _read(tx: Tx, org_id: OrgId, keys: Sequence[Key]) -> dict[Key, Account]:
    _, *columns = zip(*keys, strict=True)
    rows = await store.ACCOUNTS.all(tx, org_id, *columns)
    return {(org_id, row.entity, row.currency, row.name): row for row in rows}


async def open_accounts(
    tx: Tx, org_id: OrgId, rows: Sequence[tuple[int, str, str, UUID | None, UUID | None, UUID | None]]
) -> None:
    """Open accounts that are missing; those that are there stay as they are. Raises LedgerAccountInvalid."""
    for _, _, name, *_ in rows:
        if ACCOUNT_NAME.fullmatch(name) is None:
            raise LedgerAccountInvalid("an account is called like its type, or type:name, in visible ASCII")
    # Two who open the same accounts wait for each other in one order.
    ordered = sorted((_kept_for(row) for row in rows), key=lambda row: row[:3])
    await store.OPEN_ACCOUNTS.one(tx, org_id, *zip(*ordered, strict=True))


def _kept_for(
    row: tuple[int, str, str, UUID | None, UUID | None, UUID | None],
) -> tuple[int, str, str, UUID | None, UUID | None, UUID | None]:
    """What is not said of an account is read from its name."""
    named = named_in(row[2])
    return (*row[:3], row[3] or named.order, row[4] or named.party, row[5] or named.connection)
