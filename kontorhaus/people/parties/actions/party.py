"""What one can do: create, change and erase a party, and add to it and end what is dated.

Every change takes the lock of the party's row first and counts its version, so changes of one party happen
one after the other; it notes the names of the changed fields in the audit log and renews the words that the
party is found by, in the same transaction. Numbers are checked and IBANs sealed before it begins.

The answers show personal data and idempotency keeps them for a time, so they are marked secret and stored
sealed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Final

import msgspec
from msgspec.structs import astuple

from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.ids import OrgId
from kontorhaus.people import access
from kontorhaus.people.parties import events, store, views
from kontorhaus.people.parties.errors import (
    PartyChanged,
    PartyErased,
    PartyExists,
    PartyInvalid,
    PartyIsLegalEntity,
    PartyNotFound,
    PartyReferenceTaken,
)
from kontorhaus.people.parties.model import PARTY, Contact, Party, PartyId, Role, checks, words
from kontorhaus.people.parties.model.checks import Account
from kontorhaus.people.parties.model.party import BankAccount
from kontorhaus.people.parties.model.requests import NewParty, PartyChange
from kontorhaus.platform import eventlog
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.eventlog import Fact
from kontorhaus.platform.idempotency import Once, one_phase
from kontorhaus.platform.secrets import Keyring

IBAN: Final = "parties.iban"
CONTENT: Final = "parties.content"


async def create(
    db: Db, keyring: Keyring, actor: Actor, once: Once, *, new: NewParty, now: datetime
) -> Answer:
    """Create a party. With an id chosen by the caller, creating the same again answers the party as it
    stands, and creating another raises PartyExists; so does any creation under the id of an erased one:
    PartyErased.

    Raises PartyInvalid, PartyReferenceTaken.
    """
    parts = checks.new_party(new, now.date())
    party_id = PARTY.new() if new.id is None else PARTY.parse(new.id)
    content = await _content(keyring, actor.org_id, new)
    accounts = [await sealed(keyring, actor.org_id, account) for account in parts.accounts]

    async def effect(tx: Tx) -> Answer:
        if not await _inserted(tx, actor.org_id, party_id, new, content=content, now=now):
            return await _created_before(tx, actor.org_id, party_id, content, now.date())
        await _put_roles(tx, actor.org_id, party_id, new.roles)
        await _put_contacts(tx, actor.org_id, party_id, parts.contacts)
        head = (actor.org_id, party_id)
        await store.INSERT_ADDRESS.many(tx, [(*head, *astuple(part)) for part in parts.addresses])
        await store.INSERT_TAX_ID.many(tx, [(*head, *astuple(part)) for part in parts.tax_ids])
        await store.INSERT_BANK_ACCOUNT.many(tx, [(*head, *astuple(part), iban) for part, iban in accounts])
        party = await finish(tx, actor, party_id, _filled(new), tell=_created)
        return _shown(party, now.date(), status=201)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def change(
    db: Db,
    keyring: Keyring,
    actor: Actor,
    once: Once,
    party_id: PartyId,
    *,
    changed: PartyChange,
    version: int | None,
    now: datetime,
) -> Answer:
    """Change what is given and leave the rest; `version` is the one that the caller has read, None for any.

    Raises PartyInvalid, PartyNotFound, PartyErased, PartyChanged, PartyReferenceTaken.
    """
    checks.change(changed)
    given = changed.given()
    if not given:
        raise PartyInvalid("there is nothing to change", faults=(Fault("", "give at least one field"),))

    async def effect(tx: Tx) -> Answer:
        await _write(tx, actor.org_id, party_id, changed, version=version, now=now)
        if isinstance(changed.name, str):
            await store.RENAME.run(tx, actor.org_id, party_id, changed.name)
        if isinstance(changed.roles, list):
            await _put_roles(tx, actor.org_id, party_id, changed.roles)
        if isinstance(changed.contacts, list):
            await _put_contacts(tx, actor.org_id, party_id, checks.contacts(changed.contacts))
        party = await finish(tx, actor, party_id, given)
        return _shown(party, now.date())

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def erase(
    db: Db, keyring: Keyring, actor: Actor, once: Once, party_id: PartyId, *, now: datetime
) -> Answer:
    """Delete everything personal that is kept of a party, for good; its id, kind, country, language,
    reference and roles stay, so that what refers to it still does.

    Not covered: answers to earlier calls, which idempotency keeps sealed for 72 hours, and backups, for as
    long as they are kept. Raises PartyNotFound, PartyErased, PartyIsLegalEntity."""

    async def effect(tx: Tx) -> Answer:
        if await store.ERASE_PARTY.maybe(tx, actor.org_id, party_id, now) is None:
            raise await refusal(tx, actor.org_id, party_id)
        party = await whole(tx, actor.org_id, party_id)
        if "legal_entity" in party.summary.roles:
            raise PartyIsLegalEntity("a legal entity of your own organization cannot be erased")
        for erasure in store.ERASURES:
            await erasure.run(tx, actor.org_id, party_id)
        await access.record(tx, actor, "party.erased", PARTY.prefix, party_id, ["erased_at"])
        erased = await whole(tx, actor.org_id, party_id)
        fact = events.PartyErased(subject=party_id, version=erased.summary.version)
        await eventlog.append(tx, fact, org_id=actor.org_id)
        return _shown(erased, now.date())

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


def _created(party: Party, _: list[str]) -> Fact:
    head = party.summary
    return events.PartyCreated(
        subject=head.id, party_kind=head.kind, roles=head.roles, country=head.country, version=head.version
    )


def _updated(party: Party, fields: list[str]) -> Fact:
    head = party.summary
    return events.PartyUpdated(
        subject=head.id, roles=head.roles, country=head.country, version=head.version, fields=fields
    )


async def finish(
    tx: Tx,
    actor: Actor,
    party_id: PartyId,
    fields: list[str],
    *,
    tell: Callable[[Party, list[str]], Fact] = _updated,
) -> Party:
    """The last steps of every change: read what has become of the party, renew the words that it is found by, note
    the change and tell the rest of the house."""
    party = await whole(tx, actor.org_id, party_id)
    terms = words.terms(party)
    await store.DROP_TERMS.run(tx, actor.org_id, party_id, terms)
    await store.ADD_TERMS.run(tx, actor.org_id, party_id, terms)
    fact = tell(party, fields)
    await access.record(tx, actor, eventlog.kind_of(type(fact)), PARTY.prefix, party_id, fields)
    await eventlog.append(tx, fact, org_id=actor.org_id)
    return party


async def whole(tx: Tx, org_id: OrgId, party_id: PartyId) -> Party:
    """A party that there is, with all that is kept of it."""
    return (await store.WHOLE.one(tx, org_id, party_id)).party()


async def refusal(tx: Tx, org_id: OrgId, party_id: PartyId) -> PartyNotFound | PartyErased | PartyChanged:
    """Why the row of a party could not be changed."""
    state = await store.STATE.maybe(tx, org_id, party_id)
    if state is None:
        return PartyNotFound("there is no such party")
    if state.erased_at is not None:
        return PartyErased("the party's personal data was erased")
    return PartyChanged("the party has changed since it was read", version=state.version)


async def sealed(keyring: Keyring, org_id: OrgId, account: Account) -> tuple[BankAccount, bytes]:
    """A bank account as it is kept, and its IBAN sealed for this organization and purpose."""
    iban = account.iban.encode()
    kept = BankAccount(
        id=account.id,
        fingerprint=await keyring.fingerprint(iban, org_id=org_id, purpose=IBAN),
        last_four=account.iban[-4:],
        country=account.iban[:2],
        bic=account.bic,
        holder=account.holder,
        valid_from=account.valid_from,
        valid_to=account.valid_to,
    )
    return kept, await keyring.seal(iban, org_id=org_id, purpose=IBAN)


async def _content(keyring: Keyring, org_id: OrgId, new: NewParty) -> bytes:
    # Without defaults, so that a field that is added one day does not change what older bodies say. Keyed, since a
    # plain hash of a body whose other fields are known would let its IBAN be guessed.
    return await keyring.fingerprint(msgspec.json.encode(new), org_id=org_id, purpose=CONTENT)


async def _inserted(
    tx: Tx, org_id: OrgId, party_id: PartyId, new: NewParty, *, content: bytes, now: datetime
) -> bool:
    if new.id is not None and await store.CONTENT.maybe(tx, org_id, party_id) is not None:
        return False  # created before: its reference may be another's by now
    if new.reference is not None:
        await _claim_reference(tx, org_id, party_id, new.reference)
    inserted = await store.INSERT_PARTY.maybe(
        tx, org_id, party_id, new.kind, new.country, new.language, new.reference, now
    )
    if inserted is None:
        return False
    await store.INSERT_PROFILE.run(tx, org_id, party_id, new.name, content)
    return True


async def _created_before(tx: Tx, org_id: OrgId, party_id: PartyId, content: bytes, day: date) -> Answer:
    kept = await store.CONTENT.maybe(tx, org_id, party_id)
    if kept is None:
        raise PartyErased("the party with this id was erased")
    if kept.content != content:
        raise PartyExists("the id belongs to a party that was created with other content")
    return _shown(await whole(tx, org_id, party_id), day, status=201)


async def _write(
    tx: Tx,
    org_id: OrgId,
    party_id: PartyId,
    changed: PartyChange,
    *,
    version: int | None,
    now: datetime,
) -> None:
    given = changed.given()
    if isinstance(changed.reference, str):
        await _claim_reference(tx, org_id, party_id, changed.reference)
    written = await store.CHANGE_PARTY.maybe(
        tx,
        org_id,
        party_id,
        version,
        now,
        changed.country if "country" in given else None,
        "reference" in given,
        changed.reference if "reference" in given else None,
        "language" in given,
        changed.language if "language" in given else None,
    )
    if written is None:
        raise await refusal(tx, org_id, party_id)


async def _put_roles(tx: Tx, org_id: OrgId, party_id: PartyId, roles: Sequence[Role]) -> None:
    await store.DROP_ROLES.run(tx, org_id, party_id, roles)
    await store.ADD_ROLES.run(tx, org_id, party_id, roles)


async def _put_contacts(tx: Tx, org_id: OrgId, party_id: PartyId, contacts: Sequence[Contact]) -> None:
    await store.DELETE_CONTACTS.run(tx, org_id, party_id)
    rows = [(org_id, party_id, place, *astuple(contact)) for place, contact in enumerate(contacts)]
    await store.INSERT_CONTACT.many(tx, rows)


async def _claim_reference(tx: Tx, org_id: OrgId, party_id: PartyId, reference: str) -> None:
    """Until this transaction ends, nobody else gives the reference to a party. Raises PartyReferenceTaken."""
    await store.LOCK_REFERENCE.one(tx, f"{org_id}/{reference}")
    holder = await store.HOLDER.maybe(tx, org_id, reference)
    if holder is not None and holder.id != party_id:
        raise PartyReferenceTaken("another party has this reference")


def _filled(new: NewParty) -> list[str]:
    return [name for name in new.__struct_fields__ if getattr(new, name) not in (None, [])]


def _shown(party: Party, day: date, *, status: int = 200) -> Answer:
    seen = views.party(party, day)
    location = f"/v1/parties/{seen.id}" if status == 201 else None
    return answer(seen, status=status, version=party.summary.version, location=location, secret=True)
