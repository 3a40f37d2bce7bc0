"""What one can read of parties."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.people.parties import store
from kontorhaus.people.parties.errors import PartyNotFound
from kontorhaus.people.parties.model import Party, PartyId, Role, Summary
from kontorhaus.people.parties.model.numbers import sought
from kontorhaus.people.parties.model.words import Prefix, prefixes
from kontorhaus.platform.db import Db, Tx

LAST: Final = UUID(int=2**128 - 1)
"""Where a list that shows the newest first begins."""

FIRST: Final = UUID(int=0)

COUNTED_MAX: Final = 1_000
"""How far the parties of a word are counted to find the rarest word: exact where it matters, a millisecond at
most."""


async def party(db: Db, org_id: OrgId, party_id: PartyId) -> Party:
    """A party with everything that is kept of it; `Party.on(day)` and the views choose what to show.

    Raises PartyNotFound. An erased party is found, without a name and without parts.
    """
    async with db.org(org_id, read_only=True) as tx:
        return await party_in(tx, org_id, party_id)


async def party_in(tx: Tx, org_id: OrgId, party_id: PartyId) -> Party:
    """The same within a transaction: for other rooms that print a party on what they make."""
    found = await store.WHOLE.maybe(tx, org_id, party_id)
    if found is None:
        raise PartyNotFound("there is no such party")
    return found.party()


async def parties(
    db: Db, org_id: OrgId, *, role: Role | None, before: PartyId | None, limit: int
) -> list[Summary]:
    """By id, the highest first, which for ids made by us is the newest first; of one role, if asked."""
    async with db.org(org_id, read_only=True) as tx:
        if role is None:
            return await store.PARTIES.all(tx, org_id, before or LAST, limit)
        return await store.PARTIES_OF_ROLE.all(tx, org_id, before or LAST, limit, role)


async def by_reference(db: Db, org_id: OrgId, reference: str, *, role: Role | None) -> list[Summary]:
    """The one party with this reference, or none."""
    async with db.org(org_id, read_only=True) as tx:
        return await store.PARTIES_BY_REFERENCE.all(tx, org_id, reference, role)


async def by_tax_id(
    db: Db, org_id: OrgId, value: str, *, role: Role | None, before: PartyId | None, limit: int
) -> list[Summary]:
    """Parties that have or had this tax id, with or without separators; the highest id first."""
    async with db.org(org_id, read_only=True) as tx:
        return await store.PARTIES_BY_TAX_ID.all(tx, org_id, before or LAST, limit, sought(value), role)


class Place(Struct, frozen=True):
    """Where a page of a search ended: which of its words it walks, the last term and the last party."""

    word: str
    term: str
    party_id: UUID


class Found(Struct, frozen=True):
    """A page of a search; `places` has the place behind each party, from which the next page would go on."""

    parties: list[Summary]
    places: list[Place]


async def search(
    db: Db, org_id: OrgId, text: str, *, role: Role | None, after: Place | None, limit: int
) -> Found:
    """Parties that have, for every word of `text`, a term that begins with it; see `model/words.py` for which
    terms and how they are folded. In the order of the term that was found, then by id.

    Guarantees: each party once per search, across all its pages, as long as its terms do not change
    meanwhile. Not guaranteed: a ranking. The cost is that of the rarest word: its terms are walked, and the
    other words are looked up for each. Raises PartySearchInvalid."""
    words = prefixes(text)
    async with db.org(org_id, read_only=True) as tx:
        walked = await _walked(tx, org_id, words, after)
        others = [word for word in words if word is not walked]
        hits = await store.PARTIES_BY_TERM.all(
            tx,
            org_id,
            walked.low,
            walked.high,
            after.term if after else "",
            after.party_id if after else FIRST,
            limit,
            [word.low for word in others],
            [word.high for word in others],
            role,
        )
    return Found(
        parties=[hit.summary() for hit in hits],
        places=[Place(word=walked.low, term=hit.term, party_id=hit.id) for hit in hits],
    )


async def _walked(tx: Tx, org_id: OrgId, words: list[Prefix], after: Place | None) -> Prefix:
    """The word whose terms are walked: that of the page before, else the rarest, of equally rare ones the
    longest."""
    begun = [word for word in words if after and word.low == after.word]
    if begun or len(words) == 1:
        return (begun or words)[0]
    counts = [await store.COUNT_TERMS.one(tx, org_id, word.low, word.high, COUNTED_MAX) for word in words]
    return min(zip(counts, words, strict=True), key=lambda pair: pair[0].found)[1]
