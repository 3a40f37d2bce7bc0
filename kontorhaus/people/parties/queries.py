"""What one can read of parties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.ids import OrgId
from kontorhaus.people.parties import store, views
from kontorhaus.people.parties.errors import PartyNotFound, PartySearchInvalid
from kontorhaus.people.parties.model import Party, PartyId, Role, Summary
from kontorhaus.people.parties.model.numbers import sought
from kontorhaus.people.parties.model.words import Prefix, prefixes
from kontorhaus.people.parties.views import PartyView
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.db import Db, Tx

LAST: Final = UUID(int=2**128 - 1)
"""Where a list that shows the newest first begins."""

FIRST: Final = UUID(int=0)

COUNTED_MAX: Final = 5_000
"""How far the parties of a word are counted to find the rarest word: exact where it matters, a millisecond a
word."""


async def party(db: Db, org_id: OrgId, party_id: PartyId) -> Party:
    """A party with everything that is kept of it; `Party.on(day)` and the views choose what to show.

    Raises PartyNotFound. An erased party is found, without a name and without parts.
    """
    async with db.org(org_id, read_only=True) as tx:
        return await party_in(tx, org_id, party_id)


async def party_in(tx: Tx, org_id: OrgId, party_id: PartyId) -> Party:
    """The same within a transaction: for other rooms that print a party on what they make."""
    found = await store.WHOLE.maybe(tx, org_id, [party_id])
    if found is None:
        raise PartyNotFound("there is no such party")
    return found.party()


async def party_snapshots(
    tx: Tx, ids: Sequence[UUID], viewer: Actor, version: str, now: datetime
) -> Mapping[UUID, PartyView]:
    """Snapshots of parties for the wire, with the parts that are valid on the day of `now`: of erased ones none, and
    none at all without the right to read them."""
    del version
    if not viewer.may("parties:read"):
        return {}
    found = await store.WHOLE.all(tx, viewer.org_id, list(ids))
    return {row.id: views.party(row.party(), now.date()) for row in found if row.erased_at is None}


class Place(Struct, frozen=True, array_like=True):
    """Where a page of a list ended: its last party, and for a search the word that it walks and the last
    term."""

    party_id: UUID
    word: str = ""
    term: str = ""


class Found(Struct, frozen=True):
    """A party of a list, and the place behind it, from which the next page goes on."""

    party: Summary
    place: Place


async def parties(
    db: Db,
    org_id: OrgId,
    *,
    role: Role | None = None,
    search: str | None = None,
    reference: str | None = None,
    tax_id: str | None = None,
    after: Place | None = None,
    limit: int,
) -> list[Found]:
    """Parties from `after` on: all, or those of a role, of a search (see `_searched`), with a reference, or
    that have or had a tax id, however it is written.

    The highest id comes first, which for ids made by us is the newest; a search is in the order of its terms.
    Raises PartySearchInvalid, also for more than one of `search`, `reference` and `tax_id`."""
    asked = {"search": search, "reference": reference, "tax_id": tax_id}
    several = [name for name, value in asked.items() if value is not None]
    if len(several) > 1:
        faults = tuple(Fault(name, f"cannot be given beside {several[0]}") for name in several[1:])
        raise PartySearchInvalid("only one of search, reference and tax_id can be given", faults=faults)
    words = None if search is None else prefixes(search)
    before = after.party_id if after else LAST
    async with db.org(org_id, read_only=True) as tx:
        if words is not None:
            return await _searched(tx, org_id, words, role=role, after=after, limit=limit)
        if reference is not None:
            rows = [] if after else await store.PARTIES_BY_REFERENCE.all(tx, org_id, reference, role)
        elif tax_id is not None:
            rows = await store.PARTIES_BY_TAX_ID.all(tx, org_id, before, limit, sought(tax_id), role)
        elif role is not None:
            rows = await store.PARTIES_OF_ROLE.all(tx, org_id, before, limit, role)
        else:
            rows = await store.PARTIES.all(tx, org_id, before, limit)
    return [Found(party=row, place=Place(row.id)) for row in rows]


async def _searched(
    tx: Tx, org_id: OrgId, words: list[Prefix], *, role: Role | None, after: Place | None, limit: int
) -> list[Found]:
    """Parties that have, for every word, a term that begins with it; `model/words.py` says which terms there
    are and how they are folded. In the order of the term that was found, then by id.

    Guarantees: each party once per search, across all its pages, as long as its terms do not change
    meanwhile. Not guaranteed: a ranking. The cost is that of the rarest word: its terms are walked, and the
    other words are looked up for each."""
    walked = await _walked(tx, org_id, words, after)
    others = [word for word in words if word is not walked]
    hits = await store.PARTIES_BY_TERM.all(
        tx,
        org_id,
        walked.low,
        walked.high,
        after.term if after else walked.low,
        after.party_id if after else FIRST,
        limit,
        [word.low for word in others],
        [word.high for word in others],
        role,
    )
    return [Found(party=hit.summary(), place=Place(hit.id, walked.low, hit.term)) for hit in hits]


def _on_the_way(after: Place, word: Prefix) -> bool:
    """Whether a walk of this word's terms can have come by there. A cursor is checked, not signed."""
    return word.low <= after.term < word.high and "\0" not in after.term


async def _walked(tx: Tx, org_id: OrgId, words: list[Prefix], after: Place | None) -> Prefix:
    """The word whose terms are walked: that of the page before, else the rarest, of equally rare ones the
    longest."""
    begun = [word for word in words if after and word.low == after.word and _on_the_way(after, word)]
    if after is not None and not begun:
        raise PartySearchInvalid("the cursor does not belong to this search")
    if begun or len(words) == 1:
        return (begun or words)[0]
    counts = [await store.COUNT_TERMS.one(tx, org_id, word.low, word.high, COUNTED_MAX) for word in words]
    return min(zip(counts, words, strict=True), key=lambda pair: pair[0].found)[1]
