"""Money is exact: parts sum to the whole, every rounding has a name, and currencies never meet."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
)
from fractions import Fraction

import iso4217
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontorhaus.kernel.currencies import SCALES
from kontorhaus.kernel.money import (
    MINOR_MAX,
    AmountInvalid,
    CurrencyUnknown,
    Money,
    MoneyView,
    Rounding,
    divide,
    from_decimal_text,
    view,
    zero,
)

MINOR = st.integers(-MINOR_MAX, MINOR_MAX)
CURRENCY = st.sampled_from(sorted(SCALES))


def test_the_currencies_are_those_of_iso_4217() -> None:
    published = {
        currency.code: currency.exponent for currency in iso4217.Currency if currency.exponent is not None
    }
    assert published == SCALES


@given(MINOR, st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_a_split_sums_to_the_whole_and_is_fair_to_a_unit(minor: int, weights: list[int]) -> None:
    parts = Money(minor, "EUR").split(weights)
    assert sum(part.minor for part in parts) == minor
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.minor - Fraction(minor * weight, sum(weights))) < 1


@given(MINOR, st.lists(st.integers(0, 1000), min_size=1, max_size=8).filter(any))
def test_a_negative_amount_is_split_as_its_positive_twin(minor: int, weights: list[int]) -> None:
    assert Money(-minor, "EUR").split(weights) == [-part for part in Money(minor, "EUR").split(weights)]


def test_what_is_left_goes_to_the_largest_remainders_first_come_first() -> None:
    assert [part.minor for part in Money(100, "EUR").split([1, 1, 1])] == [34, 33, 33]
    assert [part.minor for part in Money(5, "EUR").split([3, 7])] == [2, 3]
    assert [part.minor for part in Money(1, "JPY").split([0, 1])] == [0, 1]


DECIMAL = {
    Rounding.DOWN: ROUND_DOWN,
    Rounding.UP: ROUND_UP,
    Rounding.FLOOR: ROUND_FLOOR,
    Rounding.CEILING: ROUND_CEILING,
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.HALF_DOWN: ROUND_HALF_DOWN,
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
}


@pytest.mark.parametrize("rounding", list(Rounding))
@given(halves=st.integers(-(10**6), 10**6))
def test_rounding_agrees_with_the_standard_librarys_of_the_same_name(rounding: Rounding, halves: int) -> None:
    from decimal import Decimal

    quarters = Decimal(halves) * Decimal("0.25")
    assert divide(halves, 4, rounding) == int(quarters.quantize(Decimal(1), DECIMAL[rounding]))
    assert divide(-halves, -4, rounding) == divide(halves, 4, rounding)


def test_a_tax_is_a_fraction_rounded_by_name() -> None:
    assert Money(1050, "EUR").times(19, 100, Rounding.HALF_UP) == Money(200, "EUR")
    assert Money(1050, "EUR").times(19, 100, Rounding.DOWN) == Money(199, "EUR")


@given(MINOR, CURRENCY)
def test_money_survives_documents_and_the_edge(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert from_decimal_text(money.decimal_text(), currency) == money
    encoded = msgspec.json.encode(view(money))
    assert msgspec.json.decode(encoded, type=MoneyView).money("/amount") == money


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("10.999", "EUR"), ("10.5", "JPY"), ("1e3", "EUR"), ("10,99", "EUR"), ("", "EUR"), (".5", "EUR"), ("+1", "EUR"),
        ("5.", "EUR"), (" 5", "EUR"), ("٣", "EUR"), ("NaN", "EUR"), ("90071992547409.92", "EUR"),
    ],
)  # fmt: skip
def test_an_amount_of_another_scale_is_refused(text: str, currency: str) -> None:
    with pytest.raises(AmountInvalid):
        from_decimal_text(text, currency)


@pytest.mark.parametrize("currency", ["XAU", "XXX", "eur", "EURO", "", "DEM"])
def test_a_currency_that_nobody_owes_is_refused(currency: str) -> None:
    with pytest.raises(CurrencyUnknown):
        zero(currency)


def test_more_than_json_can_carry_is_refused() -> None:
    assert Money(MINOR_MAX, "EUR").minor == 2**53 - 1
    with pytest.raises(AmountInvalid):
        Money(MINOR_MAX, "EUR") + Money(1, "EUR")


def test_two_currencies_never_meet() -> None:
    euro, yen = Money(1, "EUR"), Money(1, "JPY")
    for meet in (euro.__add__, euro.__sub__, euro.__lt__, euro.__le__, euro.__gt__, euro.__ge__):
        with pytest.raises(AssertionError, match="EUR meets JPY"):
            meet(yen)
    assert euro != yen


@pytest.mark.parametrize("minor", [True, 1.0, "1", None])
def test_only_whole_numbers_are_minor_units(minor: object) -> None:
    with pytest.raises(AssertionError):
        Money(minor, "EUR")  # type: ignore[arg-type]
