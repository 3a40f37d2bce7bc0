"""What a caller of the API posts: through group commit where that can be, and with facts where holds begin or end."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from kontorhaus.kernel.errors import DomainError, Fault
from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.ledger import events
from kontorhaus.money.ledger.actions import finding
from kontorhaus.money.ledger.actions.gathering import GroupCommit
from kontorhaus.money.ledger.actions.posting import post as post_in
from kontorhaus.money.ledger.actions.posting import post_each
from kontorhaus.money.ledger.actions.showing import hold, transfer
from kontorhaus.money.ledger.errors import LedgerEntityNotFound
from kontorhaus.money.ledger.model.entries import (
    Entry,
    EntrySet,
    Hold,
    HoldId,
    PostHold,
    Recorded,
    Transfer,
    VoidHold,
)
from kontorhaus.money.ledger.model.lines import Entity
from kontorhaus.money.ledger.model.requests import HoldPosting, HoldVoiding
from kontorhaus.money.ledger.model.shown import ShownTransfer
from kontorhaus.money.ledger.store import accounts
from kontorhaus.money.ledger.views import objects as views
from kontorhaus.people.parties import PartyId
from kontorhaus.platform import eventlog
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.db import Db, Tx


class Bulk(Struct, frozen=True):
    """What became of the transfers of a bulk call, each by its place."""

    posted: int
    repeated: int
    refused: tuple[tuple[int, DomainError], ...]


async def post_transfer(db: Db, group: GroupCommit, org_id: OrgId, entity: PartyId, one: Transfer) -> Answer:
    """Post a transfer; who asks alone is answered as soon as it is committed, and who asks together with others is
    committed together with them. The same again is answered in the same bytes. Raises as `post` does."""
    recorded = await _single(group.post(org_id, EntrySet(entity, (one,))))
    if one.spill is None:
        books = await _books(db, org_id, entity)
        view = views.transfer(_as_given(books, one, recorded.recorded_at), None)
    else:
        view = views.transfer(*await transfer(db, org_id, one.id))
    return _answered(view, recorded, f"/v1/ledger/transfers/{view.id}")


async def post_set(
    db: Db, group: GroupCommit, org_id: OrgId, entity: PartyId, entries: tuple[Entry, ...]
) -> Answer:
    """Post entries that stand or fall together."""
    one = EntrySet(entity, entries)
    if all(isinstance(entry, Transfer) for entry in entries):
        recorded = await group.post(org_id, one)
    else:
        recorded = await _with_facts(db, org_id, one)
    books = await _books(db, org_id, entity)
    view = views.entry_set(entity, books.number, recorded.recorded_at, len(entries))
    return _answered(view, recorded, f"/v1/ledger/entry_sets/{view.id}")


async def post_bulk(db: Db, org_id: OrgId, entity: PartyId, transfers: Sequence[Transfer]) -> Bulk:
    """Post up to 10,000 transfers in one transaction, each for itself: of those that are refused nothing is posted,
    and the others stand. Sending the same again posts what is missing."""
    sets = [EntrySet(entity, (one,)) for one in transfers]
    outcomes = await db.org(org_id).run(lambda tx: post_each(tx, org_id, sets))
    refused = tuple(
        (n, pointing(o, f"/transfers/{n}")) for n, o in enumerate(outcomes) if isinstance(o, DomainError)
    )
    missing = next((o for _, o in refused if isinstance(o, LedgerEntityNotFound)), None)
    if missing is not None:
        raise missing
    repeated = sum(isinstance(o, Recorded) and o.repeated for o in outcomes)
    return Bulk(len(outcomes) - len(refused) - repeated, repeated, refused)


async def place_hold(db: Db, org_id: OrgId, entity: PartyId, one: Hold) -> Answer:
    """Place a hold; answered as it was placed, also when it has ended since. Raises as `post` does."""
    recorded = await _single(_with_facts(db, org_id, EntrySet(entity, (one,))))
    placed = replace(await hold(db, org_id, one.id), end_id=None, end_recorded_at=None, outcome=None)
    view = views.hold(placed)
    return _answered(view, recorded, f"/v1/ledger/holds/{view.id}")


async def post_hold(db: Db, org_id: OrgId, hold_id: HoldId, given: HoldPosting) -> Answer:
    """Post a hold, in whole or in part; what is left over is free again."""
    ending = given.ending(hold_id, "")
    recorded = await _end(db, org_id, hold_id, ending)
    view = views.transfer(*await transfer(db, org_id, ending.id))
    return _answered(view, recorded, f"/v1/ledger/transfers/{view.id}")


async def void_hold(db: Db, org_id: OrgId, hold_id: HoldId, given: HoldVoiding) -> Answer:
    """End a hold without a transfer."""
    recorded = await _end(db, org_id, hold_id, given.ending(hold_id))
    view = views.hold(await hold(db, org_id, hold_id))
    return _answered(view, recorded, f"/v1/ledger/holds/{view.id}")


async def _end(db: Db, org_id: OrgId, hold_id: HoldId, ending: PostHold | VoidHold) -> Recorded:
    entity = PartyId((await hold(db, org_id, hold_id)).entity_id)
    return await _single(_with_facts(db, org_id, EntrySet(entity, (ending,))))


async def _with_facts(db: Db, org_id: OrgId, one: EntrySet) -> Recorded:
    async def work(tx: Tx) -> Recorded:
        (recorded,) = await post_in(tx, org_id, one)
        if not recorded.repeated:
            for entry in one.entries:
                await _tell(tx, org_id, one.entity, entry)
        return recorded

    return await db.org(org_id).run(work)


async def _tell(tx: Tx, org_id: OrgId, entity: PartyId, entry: Entry) -> None:
    fact: eventlog.Fact
    match entry:
        case Hold():
            fact = events.HoldPlaced(subject=entry.id, entity=entity, amount=entry.amount.view())
        case PostHold():
            fact = events.HoldPosted(subject=entry.hold, entity=entity)
        case VoidHold():
            fact = events.HoldVoided(subject=entry.hold, entity=entity)
        case Transfer():
            return
    await eventlog.append(tx, fact, org_id=org_id)


async def _books(db: Db, org_id: OrgId, entity: PartyId) -> Entity:
    """Books that have just been posted to: as a rule they are remembered."""
    known = finding.MEMORY.entities.get((org_id, entity))
    if known is not None:
        return known
    async with db.org(org_id, read_only=True) as tx:
        return await accounts.ENTITIES.one(tx, org_id, [entity])


def _as_given(books: Entity, one: Transfer, recorded_at: datetime) -> ShownTransfer:
    """A transfer that was posted as it was given: its answer takes no reading."""
    tax = one.tax
    return ShownTransfer(
        id=one.id,
        entity_id=books.id,
        entity=books.number,
        recorded_at=recorded_at,
        line=0,
        currency=one.amount.currency,
        debit=one.debit,
        credit=one.credit,
        amount=one.amount.minor,
        base_amount=(one.base or one.amount).minor,
        base_currency=books.base_currency,
        effective_at=one.effective_at,
        reference=one.reference,
        tax_rate=None if tax is None else tax.rate_ppm,
        tax_category=None if tax is None else tax.category,
        tax_point=None if tax is None else tax.point,
    )


def _answered(view: Struct, recorded: Recorded, location: str) -> Answer:
    answered = answer(view, status=201, location=location)
    return replace(answered, replayed=True) if recorded.repeated else answered


async def _single(posting: Awaitable[Recorded]) -> Recorded:
    """What is wrong with the one entry of a call is said of the call's own fields."""
    try:
        return await posting
    except DomainError as error:
        if not error.faults:
            raise
        raise pointing(error, "") from error


def pointing(error: DomainError, place: str) -> DomainError:
    """The same error, of an entry that stood at `place`."""
    faults = tuple(
        Fault(place + fault.pointer.removeprefix("/entries/0"), fault.detail) for fault in error.faults
    )
    return type(error)(error.detail, faults=faults, **error.facts)
