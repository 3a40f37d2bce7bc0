"""Card numbers and IBANs are recognized, and what only looks like one is not."""

from __future__ import annotations

import importlib.resources
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontorhaus.kernel.ids import ORG
from kontorhaus.platform.telemetry.sensitive import (
    _IBAN_LENGTHS,
    RANGES,
    find_card_number,
    ibans,
    is_card_number,
    masked,
    may_hold_card_number,
)

CARDS = [
    ("Visa", "4242424242424242"),
    ("Visa of 19", "4000000000000000006"),
    ("Mastercard", "5555555555554444"),
    ("Mastercard, first of series 2", "2221000000000009"),
    ("Mastercard, last of series 2", "2720990000000007"),
    ("American Express", "378282246310005"),
    ("American Express", "341111111111111"),
    ("Diners Club", "36227206271667"),
    ("Diners Club, Carte Blanche", "30569309025904"),
    ("Discover", "6011111111111117"),
    ("Discover", "6510000000000000"),
    ("JCB", "3566002020360505"),
    ("UnionPay", "6200000000000005"),
    ("UnionPay, 81", "8171999927660000"),
    ("UnionPay of 19", "6205500000000000004"),
    ("Maestro", "6759649826438453"),
    ("Maestro of 12", "501800000009"),
    ("Maestro, wide range", "6799990100000000019"),
]

NOT_CARDS = [
    ("no Luhn digit", "4242424242424241"),
    ("no brand", "9999999999999995"),
    ("just below series 2", "2220990000000004"),
    ("just above series 2", "2721000000000004"),
    ("Visa of 13, withdrawn", "4222222222222"),
    ("a brand's digits, no brand's length", "42424242424242424"),
    ("EAN-13 of Germany", "4006381333931"),
    ("EAN-13 of Britain, Luhn fits too", "5018000000031"),
    ("UPC-A", "036000291452"),
    ("GTIN-14", "10614141000415"),
    ("milliseconds", "1732170000000"),
    ("microseconds", "1732170000000000"),
    ("nanoseconds", "1732170000000000000"),
    ("telephone", "+4915112345678"),
    ("telephone, spaced", "+49 1511 2345678"),
    ("telephone of the length of Amex", "+341111111111111"),
    ("date and time", "2026-11-21 07:34:09"),
    ("IBAN", "DE89370400440532013000"),
    ("IBAN whose blocks make a card number", "DE95 4242 4242 4242 4242 42"),
    ("UUID", "01938f2a-4242-4242-8242-424242424242"),
    ("UUID whose blocks make a card number", "42424242-4242-4242-8242-424242424242"),
    ("inside a longer number", "142424242424242424242"),
    ("inside a reference", "INV4242424242424242"),
    ("inside a hash", "a4242424242424242f"),
    ("behind an underscore", "ref_4242424242424242"),
    ("fraction", "0.4242424242424242"),
    ("two blanks", "42424242  42424242"),
    ("other separators", "4242/4242/4242/4242"),
    ("small numbers in a row", "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2 7 7 7 7"),
]


@pytest.mark.parametrize(("what", "number"), CARDS)
def test_a_card_number_is_found_however_it_is_written(what: str, number: str) -> None:
    for written in (number, "-".join(re.findall(".{1,4}", number)), " ".join(number)):
        for text in (written, f"card: {written}.", f"({written})", f"{written},{written}"):
            assert find_card_number(text) == (text.index(written), text.index(written) + len(written)), text


@pytest.mark.parametrize(("what", "text"), NOT_CARDS)
def test_what_looks_like_a_card_number_is_none(what: str, text: str) -> None:
    assert find_card_number(text) is None
    assert find_card_number(f"about {text} again") is None


@pytest.mark.parametrize(
    "text",
    [
        "4242 4242 4242 4242 12/29 123",
        "4242424242424242 123",
        "1 4242 4242 4242 4242",
        "4242\u00a04242\u00a04242\u00a04242",
        "4242\u20114242\u20114242\u20114242",
        "".join(chr(0xFF10 + int(digit)) for digit in "4242424242424242"),
        "+4242424242424242",
        "4242424242424242, 5555555555554444",
    ],
)
def test_a_card_number_is_found_beside_other_digits_and_in_other_scripts(text: str) -> None:
    found = find_card_number(text)

    assert found is not None
    assert "4242424242424242" not in masked(text).replace(" ", "")
    assert may_hold_card_number(f'"{text}"'.encode())


def _with_check_digit(digits: str) -> str:
    return next(digits + last for last in "0123456789" if _sums_to_ten(digits + last))


def _sums_to_ten(digits: str) -> bool:
    """Luhn as ISO/IEC 7812-1 tells it: double every second digit from the right, add the digits of the products."""
    doubled = (int(d) * (2 if place % 2 else 1) for place, d in enumerate(reversed(digits)))
    return sum(d // 10 + d % 10 for d in doubled) % 10 == 0


@st.composite
def card_numbers_of_brands(draw: st.DrawFn) -> str:
    _, low, high, lengths = draw(st.sampled_from(RANGES))
    length = draw(st.sampled_from([length for length in lengths if length > 13]))
    rest = draw(st.text("0123456789", min_size=length - 7, max_size=length - 7))
    return _with_check_digit(f"{draw(st.integers(low, high))}{rest}")


@given(card_numbers_of_brands())
def test_every_number_of_a_brand_is_found_and_its_neighbours_are_not(number: str) -> None:
    assert find_card_number(number) == (0, len(number))
    assert not is_card_number(number[:-1] + str((int(number[-1]) + 1) % 10))


@given(st.text("0123456789 -abc.,+_\u00a0\u0664\uff14", max_size=60))
def test_the_quick_look_never_misses_what_the_close_look_finds(text: str) -> None:
    assert find_card_number(text) is None or may_hold_card_number(text.encode())


def test_the_quick_look_is_not_fooled_by_escapes() -> None:
    assert may_hold_card_number(rb'{"a":"\u0034242424242424242"}')


def test_typed_ids_never_hold_a_card_number() -> None:
    assert not any(find_card_number(ORG.text(ORG.new())) for _ in range(2_000))


def test_the_lengths_of_ibans_are_those_of_the_registry() -> None:
    table = importlib.resources.files("stdnum").joinpath("iban.dat").read_text(encoding="utf-8")
    lines = [line for line in table.splitlines() if re.match(r"[A-Z]{2} ", line)]
    published = {line[:2]: 4 + sum(map(int, re.findall(r"(\d+)!", line))) for line in lines}

    assert published == _IBAN_LENGTHS


@pytest.mark.parametrize(
    "iban",
    ["DE89370400440532013000", "NO9386011117947", "FR1420041010050500013M02606", "GB29NWBK60161331926819"],
)
def test_an_iban_is_found_within_words(iban: str) -> None:
    spaced = " ".join(re.findall(".{1,4}", iban))
    for written in (iban, spaced, iban.lower()):
        text = f"pay AB12 to {written} was done"
        assert [text[a:b] for a, b in ibans(text)] == [written]
        assert masked(text) == "pay AB12 to *** was done"


def test_an_iban_with_a_wrong_digit_is_none() -> None:
    assert list(ibans("DE89370400440532013001")) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key sk_live_4eC39HqLyjWDarjtT1zdp7dc!", "key sk_live_***!"),
        ("sk_test_abcdefgh12345678", "sk_test_***"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer ***"),
        ("postgresql://house:pa55@db:5432/x", "postgresql://***@db:5432/x"),
        ("to anna.mueller@example.com now", "to *** now"),
        ("call +49 1511 2345678", "call ***"),
        ("risk_of_rain and task_list", "risk_of_rain and task_list"),
        ("/v1/parties/{party_id}", "/v1/parties/{party_id}"),
    ],
)
def test_keys_and_addresses_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown
