"""How parties look at the edge. A bank account never shows its IBAN."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

from kontorhaus.people.parties.model import (
    ADDRESS,
    BANK_ACCOUNT,
    PARTY,
    TAX_ID,
    Address,
    BankAccount,
    Contact,
    Party,
    Summary,
    TaxId,
)

ValidTo = Annotated[date | None, Meta(description="First day on which it is no longer valid; null: open.")]


class AddressView(Struct, frozen=True):
    id: str
    purpose: str
    recipient: str | None
    line1: str
    line2: str | None
    postal_code: str | None
    city: str
    region: str | None
    country: str
    valid_from: date
    valid_to: ValidTo


class ContactView(Struct, frozen=True):
    kind: str
    value: str
    label: str | None


class TaxIdView(Struct, frozen=True):
    id: str
    kind: str
    value: Annotated[str, Meta(description="In its normal form: capitals, no separators.")]
    country: str
    valid_from: date
    valid_to: ValidTo


class BankAccountView(Struct, frozen=True):
    id: str
    hint: Annotated[str, Meta(description="Country and last four characters, to recognize the account by.")]
    country: str
    last_four: str
    bic: str | None
    holder: str | None
    valid_from: date
    valid_to: ValidTo


class PartySummaryView(Struct, frozen=True, kw_only=True):
    id: str
    kind: str
    name: Annotated[str | None, Meta(description="Null when the party was erased.")]
    roles: list[str]
    country: str
    reference: str | None
    language: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    erased_at: datetime | None


class PartyView(PartySummaryView, frozen=True, kw_only=True):
    as_of: Annotated[date, Meta(description="The day for which the dated parts are shown.")]
    addresses: list[AddressView]
    contacts: list[ContactView]
    tax_ids: list[TaxIdView]
    bank_accounts: list[BankAccountView]


def party(found: Party, day: date) -> PartyView:
    """The party with those of its parts that are valid on `day`."""
    shown, head = found.on(day), summary(found.summary)
    return PartyView(
        **{name: getattr(head, name) for name in head.__struct_fields__},
        as_of=day,
        addresses=[address(part) for part in shown.addresses],
        contacts=[contact(part) for part in shown.contacts],
        tax_ids=[tax_id(part) for part in shown.tax_ids],
        bank_accounts=[bank_account(part) for part in shown.bank_accounts],
    )


def summary(found: Summary) -> PartySummaryView:
    return PartySummaryView(
        id=PARTY.text(found.id),
        kind=found.kind,
        name=found.name,
        roles=list(found.roles),
        country=found.country,
        reference=found.reference,
        language=found.language,
        version=found.version,
        created_at=found.created_at,
        updated_at=found.updated_at,
        erased_at=found.erased_at,
    )


def address(part: Address) -> AddressView:
    return AddressView(
        id=ADDRESS.text(part.id),
        purpose=part.purpose,
        recipient=part.recipient,
        line1=part.line1,
        line2=part.line2,
        postal_code=part.postal_code,
        city=part.city,
        region=part.region,
        country=part.country,
        valid_from=part.valid_from,
        valid_to=part.valid_to,
    )


def contact(part: Contact) -> ContactView:
    return ContactView(kind=part.kind, value=part.value, label=part.label)


def tax_id(part: TaxId) -> TaxIdView:
    return TaxIdView(
        id=TAX_ID.text(part.id),
        kind=part.kind,
        value=part.value,
        country=part.country,
        valid_from=part.valid_from,
        valid_to=part.valid_to,
    )


def bank_account(part: BankAccount) -> BankAccountView:
    return BankAccountView(
        id=BANK_ACCOUNT.text(part.id),
        hint=f"{part.country}…{part.last_four}",
        country=part.country,
        last_four=part.last_four,
        bic=part.bic,
        holder=part.holder,
        valid_from=part.valid_from,
        valid_to=part.valid_to,
    )
