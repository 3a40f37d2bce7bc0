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
    Decimal,
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
    CurrencyScaleInvalid,
    CurrencyUnknown,
    Money,
    MoneyView,
    Rounding,
    divide,
    from_decimal_text,
    zero,
)

MINOR = st.integers(-MINOR_MAX, MINOR_MAX)
CURRENCY = st.sampled_from(sorted(SCALES))


def test_the_currencies_are_those_of_iso_4217() -> None:
    published = {
        currency.code: currency.exponent for currency in iso4217.Currency if currency.exponent is not None
    }
    assert published == SCALES


@pytest.mark.parametrize(
    ("currency", "minor", "text"),
    [
        ("EUR",  1099,  "10.99"),
        ("EUR",    -5,  "-0.05"),
        ("EUR",     0,   "0.00"),
        ("JPY",  1099,   "1099"),
        ("JPY",    -1,     "-1"),
        ("KWD",  1099,  "1.099"),
        ("CLF",  1099, "0.1099"),
        ("EUR",  MINOR_MAX, "90071992547409.91"),
        ("EUR", -MINOR_MAX, "-90071992547409.91"),
    ],
)  # fmt: skip
def test_documents_write_as_many_digits_as_the_currency_has(currency: str, minor: int, text: str) -> None:
    assert Money(minor, currency).decimal_text() == text
    assert from_decimal_text(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(("text", "minor"), [("10.5", 1050), ("10", 1000), ("-0", 0), ("007.10", 710)])
def test_fewer_digits_are_read_as_what_they_say(text: str, minor: int) -> None:
    assert from_decimal_text(text, "EUR") == Money(minor, "EUR")


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
    quarters = Decimal(halves) * Decimal("0.25")
    assert divide(halves, 4, rounding) == int(quarters.quantize(Decimal(1), DECIMAL[rounding]))
    assert divide(-halves, -4, rounding) == divide(halves, 4, rounding)


@pytest.mark.parametrize("rounding", list(Rounding))
@given(numerator=st.integers(), denominator=st.integers().filter(bool))
def test_rounding_is_exact_for_integers_of_any_size(
    rounding: Rounding, numerator: int, denominator: int
) -> None:
    error = divide(numerator, denominator, rounding) - Fraction(numerator, denominator)
    assert abs(error) < 1
    if rounding.value.startswith("half"):
        assert abs(error) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("numerator", "down", "up", "floor", "ceiling", "half_up", "half_down", "half_even"),
    [  # of 2: a half, one and a half, and their negatives
        ( 1,    0,     1,     0,        1,       1,         0,           0),
        ( 3,    1,     2,     1,        2,       2,         1,           2),
        ( 4,    2,     2,     2,        2,       2,         2,           2),
        (-1,    0,    -1,    -1,        0,      -1,         0,           0),
        (-3,   -1,    -2,    -2,       -1,      -2,        -1,          -2),
    ],
)  # fmt: skip
def test_halves_go_where_the_name_says(
    numerator: int, down: int, up: int, floor: int, ceiling: int, half_up: int, half_down: int, half_even: int
) -> None:
    order = ("down", "up", "floor", "ceiling", "half_up", "half_down", "half_even")
    expected = (down, up, floor, ceiling, half_up, half_down, half_even)
    assert tuple(divide(numerator, 2, Rounding(name)) for name in order) == expected


def test_a_tax_is_a_fraction_rounded_by_name() -> None:
    assert Money(1050, "EUR").times(19, 100, Rounding.HALF_UP) == Money(200, "EUR")
    assert Money(1050, "EUR").times(19, 100, Rounding.DOWN) == Money(199, "EUR")


@given(MINOR, CURRENCY)
def test_money_survives_documents_and_the_edge(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert from_decimal_text(money.decimal_text(), currency) == money
    encoded = msgspec.json.encode(money.view())
    assert msgspec.json.decode(encoded, type=MoneyView).money() == money


@pytest.mark.parametrize(
    ("text", "currency"),
    [("10.999", "EUR"), ("10.990", "EUR"), ("10.5", "JPY"), ("1.0", "JPY"), ("1.00000", "CLF")],
)
def test_an_amount_of_another_scale_is_refused(text: str, currency: str) -> None:
    with pytest.raises(CurrencyScaleInvalid):
        from_decimal_text(text, currency)


@pytest.mark.parametrize(
    "text",
    [
        "", "-", ".5", "5.", "+1", " 5", "5 ", "5\n", "--5", "1e3", "10,99", "1_000", "0x10", "٣", "NaN", "Infinity",
        "90071992547409.92", "-90071992547409.92", "9" * 10_000,
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(AmountInvalid):
        from_decimal_text(text, "EUR")


@pytest.mark.parametrize(
    "body",
    [
        '{"amount": 9007199254740992, "currency": "EUR"}',
        '{"amount": -9007199254740992, "currency": "EUR"}',
        '{"amount": 10.99, "currency": "EUR"}',
        '{"amount": "1099", "currency": "EUR"}',
        '{"amount": true, "currency": "EUR"}',
        '{"amount": null, "currency": "EUR"}',
        '{"amount": 1099, "currency": "eur"}',
        '{"amount": 1099}',
        '{"amount": 1099, "currency": "EUR", "scale": 2}',
    ],
)
def test_the_edge_takes_whole_minor_units_and_nothing_else(body: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=MoneyView)


def test_a_currency_that_does_not_exist_is_named_where_it_stands() -> None:
    with pytest.raises(CurrencyUnknown) as unknown:
        MoneyView(1, "XXX").money("/lines/0/price")
    assert [fault.pointer for fault in unknown.value.faults] == ["/lines/0/price/currency"]


def test_the_schema_lists_the_currencies() -> None:
    _, components = msgspec.json.schema_components([MoneyView])
    properties = components["MoneyView"]["properties"]
    assert properties["currency"]["enum"] == sorted(SCALES)
    assert (properties["amount"]["minimum"], properties["amount"]["maximum"]) == (-MINOR_MAX, MINOR_MAX)


@pytest.mark.parametrize("currency", ["XAU", "XXX", "eur", "EURO", "", "DEM"])
def test_a_currency_that_nobody_owes_is_refused(currency: str) -> None:
    with pytest.raises(CurrencyUnknown):
        zero(currency)


def test_more_than_json_can_carry_is_refused() -> None:
    assert Money(MINOR_MAX, "EUR").minor == 2**53 - 1
    with pytest.raises(AmountInvalid):
        Money(MINOR_MAX, "EUR") + Money(1, "EUR")
    with pytest.raises(AmountInvalid):
        Money(-MINOR_MAX, "EUR") - Money(1, "EUR")
    with pytest.raises(AmountInvalid):
        Money(MINOR_MAX, "EUR").times(2, 1, Rounding.DOWN)
    with pytest.raises(AmountInvalid):
        msgspec.structs.replace(Money(1, "EUR"), minor=2**53)
    with pytest.raises(AmountInvalid):
        msgspec.convert({"minor": 2**53, "currency": "EUR"}, Money)


HALF = st.integers(-(MINOR_MAX // 2), MINOR_MAX // 2)


@given(HALF, HALF)
def test_money_adds_and_orders_as_its_minor_units_do(one: int, other: int) -> None:
    left, right = Money(one, "EUR"), Money(other, "EUR")
    assert left + right == Money(one + other, "EUR") == right + left
    assert left - right == left + -right == Money(one - other, "EUR")
    assert ((left < right), (left <= right), (left > right), (left >= right)) == (
        (one < other), (one <= other), (one > other), (one >= other),
    )  # fmt: skip
    assert left.is_zero == (one == 0)
    assert left + zero("EUR") == left


def test_money_is_neither_divided_nor_multiplied_by_a_bare_number() -> None:
    for operation in ("__truediv__", "__floordiv__", "__mul__", "__rmul__", "__float__", "__radd__"):
        assert not hasattr(Money(100, "EUR"), operation)


@pytest.mark.parametrize("weights", [[], [0, 0], [-1, 2]])
def test_a_split_needs_somebody_to_receive_it(weights: list[int]) -> None:
    with pytest.raises(AssertionError):
        Money(100, "EUR").split(weights)


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
