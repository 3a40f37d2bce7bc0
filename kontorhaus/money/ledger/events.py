"""What the ledger tells of its own decisions. Transfers tell nothing here: the journal is itself a log in one order,
and the room for which money moved tells why (docs/decisions/0019-ledger-api.md)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from kontorhaus.kernel.ids import Noun
from kontorhaus.kernel.money import MoneyView
from kontorhaus.money.ledger.model.entries import HOLD, HoldId
from kontorhaus.money.ledger.model.exports import EXPORT, ExportId
from kontorhaus.people.parties import PARTY, PartyId
from kontorhaus.platform.eventlog import Fact, published


@published
class BooksOpened(Fact, frozen=True, kw_only=True, tag="ledger.books_opened"):
    """The books of a legal entity were opened."""

    NOUN: ClassVar[Noun[PartyId]] = PARTY

    subject: PartyId
    base_currency: str


@published
class PeriodClosed(Fact, frozen=True, kw_only=True, tag="ledger.period_closed"):
    """Nothing takes effect in these books before an instant any more."""

    NOUN: ClassVar[Noun[PartyId]] = PARTY

    subject: PartyId
    before: datetime


@published
class HoldPlaced(Fact, frozen=True, kw_only=True, tag="ledger_hold.placed"):
    """A caller of the API placed a hold."""

    NOUN: ClassVar[Noun[HoldId]] = HOLD

    subject: HoldId
    entity: PartyId
    amount: MoneyView


@published
class HoldPosted(Fact, frozen=True, kw_only=True, tag="ledger_hold.posted"):
    """A caller of the API posted a hold, in whole or in part."""

    NOUN: ClassVar[Noun[HoldId]] = HOLD

    subject: HoldId
    entity: PartyId


@published
class HoldVoided(Fact, frozen=True, kw_only=True, tag="ledger_hold.voided"):
    """A caller of the API voided a hold."""

    NOUN: ClassVar[Noun[HoldId]] = HOLD

    subject: HoldId
    entity: PartyId


@published
class HoldExpired(Fact, frozen=True, kw_only=True, tag="ledger_hold.expired"):
    """The time of a hold is over, by the organization's clock; whoever placed it hears it here alone."""

    NOUN: ClassVar[Noun[HoldId]] = HOLD

    subject: HoldId
    entity: PartyId


@published
class ExportFinished(Fact, frozen=True, kw_only=True, tag="ledger_export.finished"):
    """An export of the journal can be downloaded."""

    NOUN: ClassVar[Noun[ExportId]] = EXPORT

    subject: ExportId
    entity: PartyId


@published
class ExportFailed(Fact, frozen=True, kw_only=True, tag="ledger_export.failed"):
    """An export of the journal was given up. Ask for it anew, once what the reason names is mended."""

    NOUN: ClassVar[Noun[ExportId]] = EXPORT

    subject: ExportId
    entity: PartyId
    reason: str
