"""What stands in the books, as it is shown: entries with the names of their accounts, accounts with what they hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final, NewType
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import Noun

EntrySetId = NewType("EntrySetId", UUID)

ENTRY_SET: Final = Noun("eset", EntrySetId)

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

ENTITY_BITS: Final = 32


def entry_set_id(number: int, recorded_at: datetime) -> EntrySetId:
    """The id of an entry set: its instant of record and the number of its books, which no two sets share.

    It is a UUIDv7 (RFC 9562, 5.7 and 6.2, method 3): milliseconds, then microseconds where the random part begins,
    then the number. So it takes no column and sorts by its time.
    """
    milliseconds, micros = divmod((recorded_at - EPOCH) // timedelta(microseconds=1), 1_000)
    high = milliseconds << 16 | 0x7 << 12 | micros
    return EntrySetId(UUID(int=high << 64 | 0b10 << 62 | number))


def entry_set_place(of: EntrySetId) -> tuple[int, datetime] | None:
    """Number of the books and instant of record; None for an id that no entry set can have."""
    high, low = of.int >> 64, of.int & (1 << 62) - 1
    milliseconds, micros = high >> 16, high & 0xFFF
    if high >> 12 & 0xF != 0x7 or micros > 999 or low >> ENTITY_BITS - 1 or milliseconds >= YEAR_3000:
        return None
    return low, EPOCH + timedelta(milliseconds=milliseconds, microseconds=micros)


YEAR_3000: Final = 32_503_680_000_000
"""In milliseconds since 1970; far beyond what was ever recorded, and within what a `datetime` holds."""


class ShownTransfer(Struct, frozen=True):
    """A transfer that was posted."""

    id: UUID
    entity_id: UUID
    entity: int
    recorded_at: datetime
    line: int
    currency: str
    debit: str
    credit: str
    amount: int
    base_amount: int
    base_currency: str
    effective_at: datetime | None
    reference: UUID | None
    tax_rate: int | None
    tax_category: str | None
    tax_point: date | None


class ShownHold(Struct, frozen=True):
    """A hold, and how it ended if it has."""

    id: UUID
    entity_id: UUID
    entity: int
    recorded_at: datetime
    line: int
    currency: str
    debit: str
    credit: str
    amount: int
    base_amount: int
    base_currency: str
    expires_at: datetime | None
    reference: UUID | None
    end_id: UUID | None
    end_recorded_at: datetime | None
    outcome: str | None


class ShownEnd(Struct, frozen=True):
    """That a hold ended."""

    id: UUID
    hold_id: UUID
    entity: int
    recorded_at: datetime
    line: int
    outcome: str


class ShownAccount(Struct, frozen=True):
    """An account as it was opened."""

    id: int
    entity_id: UUID
    currency: str
    name: str
    type: str
    side: str
    guards: bool
    order_id: UUID | None
    party_id: UUID | None
    connection_id: UUID | None
    opened_at: datetime


class ShownBooks(Struct, frozen=True):
    """The books of a legal entity."""

    id: UUID
    number: int
    base_currency: str
    opened_at: datetime
    locked_before: datetime | None


class ShownType(Struct, frozen=True):
    name: str
    side: str
    guards: bool


class ShownRoute(Struct, frozen=True):
    debit: str
    credit: str
