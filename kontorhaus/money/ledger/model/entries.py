"""What callers post: transfers, holds, and the sets in which they stand or fall together."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final, NewType
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import Noun
from kontorhaus.kernel.money import Money
from kontorhaus.people.parties import PartyId

TransferId = NewType("TransferId", UUID)
HoldId = NewType("HoldId", UUID)

TRANSFER: Final = Noun("xfer", TransferId)
HOLD: Final = Noun("hold", HoldId)

SET_ENTRIES_MAX: Final = 10_000
"""Entries of one set, and of one call: some 200 ms of one core, and a lock on its guards for as long."""

ACCOUNT_NAME: Final = re.compile(r"[a-z][a-z_]{0,39}(?::[!-~]{1,150})?")
"""A type, and what tells accounts of one type apart. Visible ASCII, since names are compared byte by byte."""


class Tax(Struct, frozen=True):
    """Where a transfer touches tax: which rate, of which category, and when it becomes due."""

    rate_ppm: int
    """In parts per million: 19 % is 190,000."""
    category: str
    """As in EN 16931, UNTDID 5305: S, Z, E, AE, K, G, O."""
    point: date | None = None


class Transfer(Struct, frozen=True, kw_only=True, tag="transfer"):
    """An amount from the credit of one account to the debit of another, of one entity and one currency."""

    id: TransferId
    debit: str
    credit: str
    amount: Money
    base: Money | None = None
    """In the base currency; None where that is the currency itself."""
    effective_at: datetime | None = None
    """Business time; None: the instant of record."""
    reference: UUID | None = None
    tax: Tax | None = None
    spill: str | None = None
    """Given for a fact from outside, which is posted whatever the balance: the account, such as `recoverable:…`, that
    takes what a guard would refuse. None for a decision of our own, which a guard may refuse."""


class Hold(Struct, frozen=True, kw_only=True, tag="hold"):
    """A transfer that is announced: until it ends, its amount is kept free on the guards that it would lower."""

    id: HoldId
    debit: str
    credit: str
    amount: Money
    base: Money | None = None
    expires_at: datetime | None = None
    """Business time, carried out by `expire`; None: held until it is posted or voided."""
    reference: UUID | None = None


class PostHold(Struct, frozen=True, kw_only=True, tag="post_hold"):
    """Ends a hold by its transfer, of the whole amount or of a part; what is left over is free again."""

    id: TransferId
    hold: HoldId
    amount: Money | None = None
    base: Money | None = None
    effective_at: datetime | None = None


class VoidHold(Struct, frozen=True, kw_only=True, tag="void_hold"):
    """Ends a hold without a transfer."""

    id: TransferId
    hold: HoldId


Entry = Transfer | Hold | PostHold | VoidHold


class EntrySet(Struct, frozen=True):
    """Entries of one legal entity that stand or fall together, checked in their order. They share one instant of
    record, so that no reading of the past sees half of them."""

    entity: PartyId
    entries: tuple[Entry, ...]


class Recorded(Struct, frozen=True):
    """What became of an entry set. `repeated`: it had been posted before, and this is the answer of then."""

    recorded_at: datetime
    repeated: bool = False
