"""Tax ids, IBANs and BICs: checked and brought to their normal form by python-stdnum, without asking any
authority.

A number that passes is well formed and its check digits fit; whether it was ever given to anybody is not
known here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Final, Literal, Protocol, cast, get_args

from msgspec import Struct
from stdnum import bic as stdnum_bic
from stdnum import iban as stdnum_iban
from stdnum.exceptions import ValidationError

TaxIdKind = Literal[
    "eu_vat",
    "gb_vat",
    "ch_vat",
    "no_vat",
    "at_tax_number",
    "de_tax_id",
    "de_tax_number",
    "dk_cvr",
    "es_nif",
    "fr_siren",
    "fr_siret",
    "it_fiscal_code",
    "no_org_number",
    "pl_nip",
    "se_org_number",
    "us_ein",
]


class Scheme(Struct, frozen=True):
    """Where the numbers of a kind come from: the stdnum module that checks them, the country that gives them,
    and the letters that invoices put in front of them where the module leaves them out."""

    module: str
    country: str
    prefix: str = ""


# "EU" stands for no country here: the country of such a number is in its first two letters.
SCHEMES: Final[dict[TaxIdKind, Scheme]] = {
    "eu_vat": Scheme("eu.vat", "EU"),
    "gb_vat": Scheme("gb.vat", "GB", "GB"),
    "ch_vat": Scheme("ch.vat", "CH"),
    "no_vat": Scheme("no.mva", "NO", "NO"),
    "at_tax_number": Scheme("at.tin", "AT"),
    "de_tax_id": Scheme("de.idnr", "DE"),
    "de_tax_number": Scheme("de.stnr", "DE"),
    "dk_cvr": Scheme("dk.cvr", "DK"),
    "es_nif": Scheme("es.nif", "ES"),
    "fr_siren": Scheme("fr.siren", "FR"),
    "fr_siret": Scheme("fr.siret", "FR"),
    "it_fiscal_code": Scheme("it.codicefiscale", "IT"),
    "no_org_number": Scheme("no.orgnr", "NO"),
    "pl_nip": Scheme("pl.nip", "PL"),
    "se_org_number": Scheme("se.orgnr", "SE"),
    "us_ein": Scheme("us.ein", "US"),
}
assert tuple(SCHEMES) == get_args(TaxIdKind)


class NotWellFormed(Exception):
    """The number is not one of its kind. Caught where the field that holds it is known; never says the
    number."""


class Number(Struct, frozen=True):
    """A tax id in its normal form: capitals, no separators, with the prefix under which invoices show it."""

    value: str
    country: str


def tax_id(kind: TaxIdKind, text: str) -> Number:
    """Raises NotWellFormed."""
    scheme = SCHEMES[kind]
    value = _checked(_module(scheme.module).validate, text)
    if kind == "eu_vat":
        return _eu_vat(value)
    if kind == "ch_vat":
        # The last letters are the language of the word "VAT" and no part of the number.
        return Number(value[:12] + "MWST", scheme.country)
    return Number(value if value.startswith(scheme.prefix) else scheme.prefix + value, scheme.country)


def _eu_vat(value: str) -> Number:
    prefix, rest = value[:2], value[2:]
    if prefix in ("EU", "IM"):
        # Numbers of the one-stop shop: they belong to a declaration, not to a party.
        raise NotWellFormed
    # Greece writes EL before its numbers and is GR; Northern Ireland is XI in the VAT of goods and lies in
    # GB.
    country = {"EL": "GR", "XI": "GB"}.get(prefix, prefix)
    return Number(("EL" if prefix == "GR" else prefix) + rest, country)


def sought(text: str) -> str:
    """The normal form of a tax id whose kind is not known: what a list by tax id is asked for.

    One that is written with its country's letters is brought to the form of its kind; any other only loses
    its separators. Never refuses: what is no tax id is found nowhere."""
    plain = "".join(letter for letter in text.upper() if letter.isascii() and letter.isalnum())
    kinds: dict[str, TaxIdKind] = {"CHE": "ch_vat", "GB": "gb_vat", "NO": "no_vat"}
    kind = next((kind for prefix, kind in kinds.items() if plain.startswith(prefix)), "eu_vat")
    try:
        return tax_id(cast("TaxIdKind", kind), text).value
    except NotWellFormed:
        return plain


def iban(text: str) -> str:
    """The IBAN without spaces (ISO 13616), its structure and check digits right. Raises NotWellFormed."""
    return _checked(stdnum_iban.validate, text)


def bic(text: str) -> str:
    """The BIC in capitals (ISO 9362). Raises NotWellFormed."""
    return _checked(stdnum_bic.validate, text)


class _Module(Protocol):
    def validate(self, number: str) -> str: ...


def _module(name: str) -> _Module:
    # Imported at its first use: a process that sees Danish numbers alone need not hold the others.
    return cast("_Module", import_module(f"stdnum.{name}"))


def _checked(validate: Callable[[str], str], text: str) -> str:
    try:
        return validate(text)
    except ValidationError:
        # `from None`: the library's error may carry the number.
        raise NotWellFormed from None
