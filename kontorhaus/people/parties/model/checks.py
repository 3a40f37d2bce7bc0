"""What a schema cannot say of a request: whether a country exists, check digits fit, and dates follow each
other.

All faults are found before any is told, each under its JSON pointer, and none repeats the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Final, TypeVar

from msgspec import Struct

from kontorhaus.kernel import countries
from kontorhaus.kernel.errors import Fault
from kontorhaus.people.parties.errors import PartyInvalid
from kontorhaus.people.parties.model import numbers
from kontorhaus.people.parties.model.dates import Dated, overlap
from kontorhaus.people.parties.model.numbers import NotWellFormed
from kontorhaus.people.parties.model.party import (
    ADDRESS,
    ALONE,
    BANK_ACCOUNT,
    TAX_ID,
    Address,
    BankAccountId,
    Contact,
    TaxId,
)
from kontorhaus.people.parties.model.requests import (
    NewAddress,
    NewBankAccount,
    NewContact,
    NewEmail,
    NewParty,
    NewTaxId,
    PartyChange,
)


class Account(Struct, frozen=True):
    """A bank account that is right and not sealed yet: the only struct that holds a whole IBAN. It has no
    readable form, so that none can be logged by accident."""

    id: BankAccountId
    iban: str
    bic: str | None
    holder: str | None
    valid_from: date
    valid_to: date | None

    def __repr__(self) -> str:
        return "Account(***)"


class Parts(Struct, frozen=True):
    """The parts of a new party, in their normal form, with their ids and first days."""

    addresses: list[Address]
    contacts: list[Contact]
    tax_ids: list[TaxId]
    accounts: list[Account]


def new_party(new: NewParty, today: date) -> Parts:
    """Raises PartyInvalid, naming everything that is wrong."""
    faults = _country(new.country, "/country")
    parts = Parts(
        addresses=_each(new.addresses, "/addresses", _address, today, faults),
        contacts=contacts(new.contacts),
        tax_ids=_each(new.tax_ids, "/tax_ids", _tax_id, today, faults),
        accounts=_each(new.bank_accounts, "/bank_accounts", _account, today, faults),
    )
    faults += _together(parts.addresses, "/addresses", address_rival)
    faults += _together(parts.tax_ids, "/tax_ids", tax_id_rival)
    faults += _together(parts.accounts, "/bank_accounts", lambda account: account.iban)
    _refuse(faults)
    return parts


def change(change: PartyChange) -> None:
    """Raises PartyInvalid."""
    _refuse(_country(change.country, "/country") if isinstance(change.country, str) else [])


def address(new: NewAddress, today: date) -> Address:
    """Raises PartyInvalid."""
    return _alone(_address(new, "", today))


def tax_id(new: NewTaxId, today: date) -> TaxId:
    """Raises PartyInvalid."""
    return _alone(_tax_id(new, "", today))


def account(new: NewBankAccount, today: date) -> Account:
    """Raises PartyInvalid."""
    return _alone(_account(new, "", today))


def contacts(new: Iterable[NewContact]) -> list[Contact]:
    return [
        Contact(
            kind="email" if isinstance(contact, NewEmail) else "phone",
            value=contact.value,
            label=contact.label,
        )
        for contact in new
    ]


def address_rival(part: Address) -> object:
    """What two addresses share that cannot be valid at the same time; None for one that stands beside any
    other."""
    return part.purpose if part.purpose in ALONE else None


def tax_id_rival(part: TaxId) -> object:
    return part.kind, part.country


New = TypeVar("New")
Part = TypeVar("Part", bound=Dated)
Checked = tuple[Part | None, list[Fault]]


def _address(new: NewAddress, at: str, today: date) -> Checked[Address]:
    begins = new.valid_from or today
    faults = _country(new.country, f"{at}/country") + _last_day(begins, new.valid_to, at)
    part = Address(
        id=ADDRESS.new(),
        purpose=new.purpose,
        recipient=new.recipient,
        line1=new.line1,
        line2=new.line2,
        postal_code=new.postal_code,
        city=new.city,
        region=new.region,
        country=new.country,
        valid_from=begins,
        valid_to=new.valid_to,
    )
    return part, faults


def _tax_id(new: NewTaxId, at: str, today: date) -> Checked[TaxId]:
    begins = new.valid_from or today
    faults = _last_day(begins, new.valid_to, at)
    try:
        number = numbers.tax_id(new.kind, new.value)
    except NotWellFormed:
        return None, [*faults, Fault(f"{at}/value", f"not a valid number of the kind {new.kind}: {DIGITS}")]
    part = TaxId(
        id=TAX_ID.new(),
        kind=new.kind,
        value=number.value,
        country=number.country,
        valid_from=begins,
        valid_to=new.valid_to,
    )
    return part, faults


DIGITS: Final = "check its digits and that none is missing"


def _account(new: NewBankAccount, at: str, today: date) -> Checked[Account]:
    begins = new.valid_from or today
    faults = _last_day(begins, new.valid_to, at)
    iban, bic = "", None
    try:
        iban = numbers.iban(new.iban)
    except NotWellFormed:
        faults.append(Fault(f"{at}/iban", f"not a valid IBAN: {DIGITS}"))
    try:
        bic = None if new.bic is None else numbers.bic(new.bic)
    except NotWellFormed:
        faults.append(
            Fault(
                f"{at}/bic", "not a valid BIC: 8 or 11 characters, of which the fifth and sixth are a country"
            )
        )
    part = Account(
        id=BANK_ACCOUNT.new(), iban=iban, bic=bic, holder=new.holder, valid_from=begins, valid_to=new.valid_to
    )
    return part, faults


def _each(
    new: Iterable[New],
    at: str,
    check: Callable[[New, str, date], Checked[Part]],
    today: date,
    faults: list[Fault],
) -> list[Part]:
    """Those that are right; `faults` grows by what is wrong with the others."""
    parts = []
    for index, one in enumerate(new):
        part, found = check(one, f"{at}/{index}", today)
        faults.extend(found)
        if part is not None and not found:
            parts.append(part)
    return parts


def _alone(checked: Checked[Part]) -> Part:
    part, faults = checked
    _refuse(faults)
    assert part is not None, "what is not right has a fault"
    return part


def _together(parts: list[Part], at: str, rival: Callable[[Part], object]) -> list[Fault]:
    return [
        Fault(at, "two of a kind are valid at the same time: give the earlier one a valid_to")
        for index, part in enumerate(parts)
        if rival(part) is not None
        and any(rival(earlier) == rival(part) and overlap(earlier, part) for earlier in parts[:index])
    ][:1]


def _country(code: str, at: str) -> list[Fault]:
    return [] if countries.known(code) else [Fault(at, "not a country of ISO 3166-1 alpha-2, such as DE")]


def _last_day(begins: date, ends: date | None, at: str) -> list[Fault]:
    if ends is None or ends > begins:
        return []
    return [Fault(f"{at}/valid_to", "must lie after valid_from (which is today if not given)")]


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise PartyInvalid("a field of the party is wrong", faults=tuple(faults))
