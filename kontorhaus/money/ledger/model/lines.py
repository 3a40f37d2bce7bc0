"""Entries with their accounts found: what is decided about and written."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import OrgId


class Entity(Struct, frozen=True):
    """The books of a legal entity."""

    id: UUID
    number: int
    base_currency: str


class Account(Struct, frozen=True):
    """An account as it was opened; none of this ever changes."""

    id: int
    entity: int
    currency: str
    name: str
    type: str
    side: str
    guards: bool

    def change(self, leg: str, amount: int) -> int:
        """By how much a leg on one of its sides moves its balance, which is reckoned on its own side."""
        return amount if leg == self.side else -amount


class OpenHold(Struct, frozen=True):
    """A hold as it was placed, and how it ended if it has."""

    id: UUID
    recorded_at: datetime
    debit_id: int
    credit_id: int
    amount: int
    base_amount: int
    entity: int
    line: int
    expires_at: datetime | None
    reference: UUID | None
    end_id: UUID | None
    end_recorded_at: datetime | None
    outcome: str | None


class Outcome(StrEnum):
    """How a hold ends."""

    POSTED = "posted"
    VOIDED = "voided"
    EXPIRED = "expired"


class Line(Struct, frozen=True):
    """One entry, with its accounts found. `ends` is the hold that it ends; `places` says that it is a hold itself;
    without a transfer (`amount` 0) it only ends one."""

    id: UUID
    debit: Account
    credit: Account
    amount: int
    base: int
    effective_at: datetime | None = None
    reference: UUID | None = None
    tax_rate: int | None = None
    tax_category: str | None = None
    tax_point: date | None = None
    spill: Account | None = None
    places: bool = False
    expires_at: datetime | None = None
    ends: OpenHold | None = None
    outcome: Outcome | None = None


class Lines(Struct, frozen=True):
    """An entry set, ready to be decided about."""

    org_id: OrgId
    entity: Entity
    lines: tuple[Line, ...]


class Kept(Struct, frozen=True):
    """A transfer as it was posted, for comparison with one that bears its id."""

    id: UUID
    recorded_at: datetime
    debit_id: int
    credit_id: int
    amount: int
    base_amount: int
    line: int
    tax_point: date | None
    tax_rate: int | None
    effective_at: datetime | None
    reference: UUID | None
    tax_category: str | None
