"""What parties tell the rest of the house: never a name, a number or an address, since the log is kept."""

from __future__ import annotations

from typing import ClassVar

from kontorhaus.kernel.ids import Noun
from kontorhaus.people.parties.model import PARTY, PartyId, PartyKind, Role
from kontorhaus.platform.eventlog import Fact, published


@published
class PartyCreated(Fact, frozen=True, kw_only=True, tag="party.created"):
    """A party was created."""

    NOUN: ClassVar[Noun[PartyId]] = PARTY

    subject: PartyId
    party_kind: PartyKind
    roles: list[Role]
    country: str
    version: int


@published
class PartyUpdated(Fact, frozen=True, kw_only=True, tag="party.updated"):
    """A party was changed, or one of its dated parts was added or ended. `fields` are the names of what was touched;
    `roles` and `country` stand as they are now."""

    NOUN: ClassVar[Noun[PartyId]] = PARTY

    subject: PartyId
    roles: list[Role]
    country: str
    version: int
    fields: list[str]


@published
class PartyErased(Fact, frozen=True, kw_only=True, tag="party.erased"):
    """Everything personal that was kept of a party is gone, for good; whoever mirrors it deletes it, too."""

    NOUN: ClassVar[Noun[PartyId]] = PARTY

    subject: PartyId
    version: int
