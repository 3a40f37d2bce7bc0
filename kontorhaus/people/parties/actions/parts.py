"""The dated parts of a party: add one, end one, and open an IBAN for a payout.

What a part says is never changed. Where a party has one of a kind at a time, a new one ends the one before on
the day on which it begins; what was valid on an earlier day stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Generic, Protocol, TypeVar
from uuid import UUID

from msgspec.structs import astuple, replace

from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.ids import text_of
from kontorhaus.people import access
from kontorhaus.people.parties import store, views
from kontorhaus.people.parties.actions.party import IBAN, finish, refusal, sealed, whole
from kontorhaus.people.parties.errors import (
    PartyInvalid,
    PartyPartEnded,
    PartyPartLimit,
    PartyPartNotFound,
)
from kontorhaus.people.parties.model import (
    ADDRESS,
    BANK_ACCOUNT,
    TAX_ID,
    Address,
    AddressId,
    BankAccount,
    BankAccountId,
    Party,
    PartyId,
    TaxId,
    TaxIdId,
    checks,
)
from kontorhaus.people.parties.model.dates import predecessor
from kontorhaus.people.parties.model.requests import NewAddress, NewBankAccount, NewTaxId
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.db import Command, Db, Tx
from kontorhaus.platform.idempotency import Once, one_phase
from kontorhaus.platform.secrets import Keyring

PARTS_MAX: Final = 100
"""Of each kind and party, ended ones included: a party moves house a few times; what adds more is a loop gone
wrong, and a party must fit into one answer."""


class Kept(Protocol):
    @property
    def id(self) -> UUID: ...

    @property
    def valid_from(self) -> date: ...

    @property
    def valid_to(self) -> date | None: ...


Part = TypeVar("Part", bound=Kept)


@dataclass(frozen=True)
class Shelf(Generic[Part]):
    """Where the parts of one kind are kept, and `rival`: what two of them share that cannot hold at the same
    time, None for one that stands beside any other."""

    field: str
    prefix: str
    kept: Callable[[Party], list[Part]]
    rival: Callable[[Part], object]
    insert: Command
    end: Command


ADDRESSES: Final = Shelf[Address](
    "addresses",
    ADDRESS.prefix,
    lambda party: party.addresses,
    checks.address_rival,
    store.INSERT_ADDRESS,
    store.END_ADDRESS,
)
TAX_IDS: Final = Shelf[TaxId](
    "tax_ids",
    TAX_ID.prefix,
    lambda party: party.tax_ids,
    checks.tax_id_rival,
    store.INSERT_TAX_ID,
    store.END_TAX_ID,
)
BANK_ACCOUNTS: Final = Shelf[BankAccount](
    "bank_accounts",
    BANK_ACCOUNT.prefix,
    lambda party: party.bank_accounts,
    lambda account: account.fingerprint,
    store.INSERT_BANK_ACCOUNT,
    store.END_BANK_ACCOUNT,
)


async def add_address(
    db: Db, keyring: Keyring, actor: Actor, once: Once, party_id: PartyId, *, new: NewAddress, now: datetime
) -> Answer:
    """Raises PartyInvalid, PartyNotFound, PartyErased, PartyDatesOverlap, PartyPartLimit; so do the next
    two."""
    part = checks.address(new, now.date())

    async def effect(tx: Tx) -> Answer:
        await _add(tx, actor, party_id, now, ADDRESSES, part=part, row=astuple(part))
        return answer(views.address(part), status=201, secret=True)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def add_tax_id(
    db: Db, keyring: Keyring, actor: Actor, once: Once, party_id: PartyId, *, new: NewTaxId, now: datetime
) -> Answer:
    part = checks.tax_id(new, now.date())

    async def effect(tx: Tx) -> Answer:
        await _add(tx, actor, party_id, now, TAX_IDS, part=part, row=astuple(part))
        return answer(views.tax_id(part), status=201, secret=True)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def add_bank_account(
    db: Db,
    keyring: Keyring,
    actor: Actor,
    once: Once,
    party_id: PartyId,
    *,
    new: NewBankAccount,
    now: datetime,
) -> Answer:
    part, iban = await sealed(keyring, actor.org_id, checks.account(new, now.date()))

    async def effect(tx: Tx) -> Answer:
        await _add(tx, actor, party_id, now, BANK_ACCOUNTS, part=part, row=(*astuple(part), iban))
        return answer(views.bank_account(part), status=201, secret=True)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def end_address(
    db: Db,
    keyring: Keyring,
    actor: Actor,
    once: Once,
    party_id: PartyId,
    *,
    address_id: AddressId,
    valid_to: date | None,
    now: datetime,
) -> Answer:
    """End it on `valid_to`, the first day on which it is no longer valid; None: today. On its own first day:
    it never was. Raises PartyInvalid, PartyNotFound, PartyErased, PartyPartNotFound, PartyPartEnded; so do
    the next two."""

    async def effect(tx: Tx) -> Answer:
        part, day = await _end(tx, actor, party_id, now, ADDRESSES, part_id=address_id, valid_to=valid_to)
        return answer(views.address(replace(part, valid_to=day)), secret=True)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def end_tax_id(
    db: Db,
    keyring: Keyring,
    actor: Actor,
    once: Once,
    party_id: PartyId,
    *,
    tax_id: TaxIdId,
    valid_to: date | None,
    now: datetime,
) -> Answer:
    async def effect(tx: Tx) -> Answer:
        part, day = await _end(tx, actor, party_id, now, TAX_IDS, part_id=tax_id, valid_to=valid_to)
        return answer(views.tax_id(replace(part, valid_to=day)), secret=True)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def end_bank_account(
    db: Db,
    keyring: Keyring,
    actor: Actor,
    once: Once,
    party_id: PartyId,
    *,
    bank_account_id: BankAccountId,
    valid_to: date | None,
    now: datetime,
) -> Answer:
    async def effect(tx: Tx) -> Answer:
        part, day = await _end(
            tx, actor, party_id, now, BANK_ACCOUNTS, part_id=bank_account_id, valid_to=valid_to
        )
        return answer(views.bank_account(replace(part, valid_to=day)), secret=True)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def iban_of(
    db: Db, keyring: Keyring, actor: Actor, party_id: PartyId, bank_account_id: BankAccountId
) -> str:
    """The whole IBAN, for the room that pays it out; never for an answer or a log. Leaves an entry in the
    audit log.

    It takes `db` and not a transaction, since opening what is sealed may ask a key service over the network.
    Raises PartyPartNotFound."""
    async with db.org(actor.org_id) as tx:
        found = await store.SEALED_IBAN.maybe(tx, actor.org_id, party_id, bank_account_id)
        if found is None:
            raise PartyPartNotFound("the party has no such bank account")
        await access.record(tx, actor, "bank_account.opened", BANK_ACCOUNT.prefix, bank_account_id, ["iban"])
    return (await keyring.open(found.iban, org_id=actor.org_id, purpose=IBAN)).decode()


async def _add(
    tx: Tx,
    actor: Actor,
    party_id: PartyId,
    now: datetime,
    shelf: Shelf[Part],
    *,
    part: Part,
    row: tuple[object, ...],
) -> None:
    kept = shelf.kept(await _touched(tx, actor, party_id, now))
    if len(kept) >= PARTS_MAX:
        raise PartyPartLimit(f"the party has {PARTS_MAX} {shelf.field} already", limit=PARTS_MAX)
    rival = shelf.rival(part)
    ending = predecessor((one for one in kept if rival is not None and shelf.rival(one) == rival), part)
    if ending is not None:
        await shelf.end.run(tx, actor.org_id, party_id, ending.id, part.valid_from)
    await shelf.insert.run(tx, actor.org_id, party_id, *row)
    await finish(tx, actor, party_id, [shelf.field])


async def _end(
    tx: Tx,
    actor: Actor,
    party_id: PartyId,
    now: datetime,
    shelf: Shelf[Part],
    *,
    part_id: UUID,
    valid_to: date | None,
) -> tuple[Part, date]:
    party = await _touched(tx, actor, party_id, now)
    part = next((one for one in shelf.kept(party) if one.id == part_id), None)
    if part is None:
        raise PartyPartNotFound("the party has no part with this id")
    day = valid_to or now.date()
    if day < part.valid_from:
        raise PartyInvalid(
            "it would end before it began", faults=(Fault("/valid_to", "must not lie before valid_from"),)
        )
    if part.valid_to is not None and part.valid_to <= day:
        raise PartyPartEnded("it ends on that day or earlier already", id=text_of(shelf.prefix, part_id))
    await shelf.end.run(tx, actor.org_id, party_id, part_id, day)
    await finish(tx, actor, party_id, [shelf.field])
    return part, day


async def _touched(tx: Tx, actor: Actor, party_id: PartyId, now: datetime) -> Party:
    """The party, locked, its version counted."""
    if await store.TOUCH_PARTY.maybe(tx, actor.org_id, party_id, now) is None:
        raise await refusal(tx, actor.org_id, party_id)
    return await whole(tx, actor.org_id, party_id)
