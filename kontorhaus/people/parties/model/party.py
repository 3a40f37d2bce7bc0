"""A party and its parts, as they are kept."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, Literal, NewType
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from kontorhaus.kernel.ids import Noun
from kontorhaus.people.parties.model.dates import holds

PartyId = NewType("PartyId", UUID)
AddressId = NewType("AddressId", UUID)
TaxIdId = NewType("TaxIdId", UUID)
BankAccountId = NewType("BankAccountId", UUID)

PARTY: Final = Noun("pty", PartyId)
ADDRESS: Final = Noun("addr", AddressId)
TAX_ID: Final = Noun("txid", TaxIdId)
BANK_ACCOUNT: Final = Noun("ba", BankAccountId)

PartyKind = Literal["person", "company"]

Role = Literal["legal_entity", "customer", "seller", "carrier", "payer"]
"""What a party is to the organization. A `legal_entity` is one of the organization's own: the author of its
invoices."""

Purpose = Literal["registered", "billing", "delivery", "pickup"]

ALONE: Final[frozenset[Purpose]] = frozenset({"registered", "billing"})
"""The purposes of which a party has one address at a time."""

ContactKind = Literal["email", "phone"]


class Address(Struct, frozen=True):
    """A place, valid from a first day up to and without `valid_to`; None: until further notice."""

    id: AddressId
    purpose: Purpose
    recipient: str | None
    line1: str
    line2: str | None
    postal_code: str | None
    city: str
    region: str | None
    country: str
    valid_from: date
    valid_to: date | None


class Contact(Struct, frozen=True):
    """An e-mail address or a telephone number (E.164)."""

    kind: ContactKind
    value: str
    label: str | None


class TaxId(Struct, frozen=True):
    """A tax number in its normal form; `country` follows from the kind and the number."""

    id: TaxIdId
    kind: str
    value: str
    country: str
    valid_from: date
    valid_to: date | None


class BankAccount(Struct, frozen=True):
    """A bank account without its IBAN, which is sealed; `fingerprint` tells equal ones."""

    id: BankAccountId
    fingerprint: bytes
    last_four: str
    country: str
    bic: str | None
    holder: str | None
    valid_from: date
    valid_to: date | None


class Summary(Struct, frozen=True):
    """A party without its parts. `name` is None when the party was erased."""

    id: PartyId
    kind: PartyKind
    name: str | None
    roles: list[Role]
    country: str
    reference: str | None
    language: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    erased_at: datetime | None


class Party(Struct, frozen=True):
    """A party with all that is kept of it, what has ended and what is yet to begin included."""

    summary: Summary
    addresses: list[Address]
    contacts: list[Contact]
    tax_ids: list[TaxId]
    bank_accounts: list[BankAccount]

    def on(self, day: date) -> Party:
        """The party with those of its dated parts that are valid on `day`."""
        return replace(
            self,
            addresses=[part for part in self.addresses if holds(part, day)],
            tax_ids=[part for part in self.tax_ids if holds(part, day)],
            bank_accounts=[part for part in self.bank_accounts if holds(part, day)],
        )
