"""Tax ids, IBANs and BICs are checked, brought to one form, and never repeated in an error."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontorhaus.kernel import countries
from kontorhaus.people.parties.model.numbers import NotWellFormed, TaxIdKind, bic, iban, sought, tax_id

KINDS: tuple[TaxIdKind, ...] = get_args(TaxIdKind)


@pytest.mark.parametrize(
    ("kind", "written", "value", "country"),
    [
        ("eu_vat", "DE 136,695 976", "DE136695976", "DE"),
        ("eu_vat", "de136695976", "DE136695976", "DE"),
        ("eu_vat", "EL 094259216", "EL094259216", "GR"),
        ("eu_vat", "GR 094259216", "EL094259216", "GR"),
        ("eu_vat", "nl4495445b01", "NL004495445B01", "NL"),
        ("eu_vat", "BE 403.019.261", "BE0403019261", "BE"),
        ("eu_vat", "XI 980780684", "XI980780684", "GB"),
        ("gb_vat", "GB 980 7806 84", "GB980780684", "GB"),
        ("gb_vat", "980780684", "GB980780684", "GB"),
        ("ch_vat", "CHE-107.787.577 IVA", "CHE107787577MWST", "CH"),
        ("ch_vat", "CHE-107.787.577 MWST", "CHE107787577MWST", "CH"),
        ("no_vat", "NO 995 525 828 MVA", "NO995525828MVA", "NO"),
        ("de_tax_number", "181/815/08155", "18181508155", "DE"),
        ("de_tax_number", "2893081508152", "2893081508152", "DE"),
        ("de_tax_id", "36 574 261 809", "36574261809", "DE"),
        ("at_tax_number", "59-119/9013", "591199013", "AT"),
        ("dk_cvr", "DK 13585628", "13585628", "DK"),
        ("es_nif", "54362315-K", "54362315K", "ES"),
        ("fr_siren", "552 008 443", "552008443", "FR"),
        ("fr_siret", "732 829 320 00074", "73282932000074", "FR"),
        ("it_fiscal_code", "RCCMNL83S18D969H", "RCCMNL83S18D969H", "IT"),
        ("no_org_number", "988 077 917", "988077917", "NO"),
        ("pl_nip", "PL 8567346215", "8567346215", "PL"),
        ("se_org_number", "123456-7897", "1234567897", "SE"),
        ("us_ein", "91-1144442", "911144442", "US"),
    ],
)
def test_a_tax_id_has_one_form(kind: TaxIdKind, written: str, value: str, country: str) -> None:
    found = tax_id(kind, written)

    assert (found.value, found.country) == (value, country)
    assert tax_id(kind, found.value) == found, "the normal form is its own normal form"


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("eu_vat", "DE136695977"),  # last digit
        ("eu_vat", "136695976"),  # no country
        ("eu_vat", "GB980780684"),  # left the Union
        ("eu_vat", "EU372022452"),  # the one-stop shop's, nobody's own
        ("gb_vat", "GB980780685"),
        ("ch_vat", "CHE-107.787.578 IVA"),
        ("ch_vat", "CHE-107.787.577"),
        ("de_tax_number", "12"),
        ("de_tax_id", "36574261890"),
        ("fr_siret", "73282932000079"),
        ("it_fiscal_code", "RCCMNL83S18D969"),
        ("us_ein", "07-1144442"),
    ],
)
def test_a_wrong_tax_id_is_refused_without_being_repeated(kind: TaxIdKind, written: str) -> None:
    with pytest.raises(NotWellFormed) as refused:
        tax_id(kind, written)

    assert str(refused.value) == ""
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@given(
    st.sampled_from(KINDS), st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
)
def test_any_text_is_a_number_or_is_not(kind: TaxIdKind, text: str) -> None:
    try:
        found = tax_id(kind, text)
    except NotWellFormed:
        return
    assert countries.known(found.country)
    assert found.value.isalnum()


@pytest.mark.parametrize(
    ("asked", "form"),
    [
        ("DE 136 695 976", "DE136695976"),
        ("nl4495445b01", "NL004495445B01"),
        ("gb 980 7806 84", "GB980780684"),
        ("CHE-107.787.577 TVA", "CHE107787577MWST"),
        ("181/815/08155", "18181508155"),
        ("nonsense!", "NONSENSE"),
        ("", ""),
    ],
)
def test_a_number_is_looked_for_in_its_normal_form(asked: str, form: str) -> None:
    assert sought(asked) == form


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        ("gb29 nwbk 6016 1331 9268 19", "GB29NWBK60161331926819"),
        ("NL91ABNA0417164300", "NL91ABNA0417164300"),
        ("NO93 8601 1117 947", "NO9386011117947"),
    ],
)
def test_an_iban_has_one_form(written: str, value: str) -> None:
    assert iban(written) == value


@pytest.mark.parametrize(
    "written",
    [
        "DE88 3704 0044 0532 0130 00",  # check digits
        "DE89 3704 0044 0532 0130",  # too short
        "XX89 3704 0044 0532 0130 00",  # no such country
        "BE00 0000 0000 0000",
    ],
)
def test_a_wrong_iban_is_refused(written: str) -> None:
    with pytest.raises(NotWellFormed):
        iban(written)


def test_a_bic_is_checked() -> None:
    assert bic("cobadeffxxx") == "COBADEFFXXX"
    for wrong in ("COBADEFFX", "COBAZZFF", "C0BADEFF"):
        with pytest.raises(NotWellFormed):
            bic(wrong)
