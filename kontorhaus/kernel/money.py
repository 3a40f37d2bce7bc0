"""Money: whole minor units of one currency. No floats, no bare integers, every rounding by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

from kontorhaus.kernel.currencies import SCALES
from kontorhaus.kernel.errors import Fault, Invalid

MINOR_MAX: Final = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (RFC 8259, section 6): ninety trillion euros."""


class AmountInvalid(Invalid):
    """The amount is not a decimal number such as 10.99, or it is larger than 2^53 - 1 minor units either way."""

    code = "amount_invalid"
    title = "Not an amount"


class CurrencyScaleInvalid(Invalid):
    """The amount has more digits after the point than its currency.

    10.99 EUR has two digits, 1099 JPY none, 1.099 KWD three.
    """

    code = "currency_scale_invalid"
    title = "Not an amount of this currency"


class CurrencyUnknown(Invalid):
    """The currency is not a code of ISO 4217 with a minor unit, such as EUR."""

    code = "currency_unknown"
    title = "No such currency"


class Rounding(StrEnum):
    """How a quotient becomes whole. Each name says what happens to the part that is cut off."""

    DOWN = "down"  # towards zero
    UP = "up"  # away from zero
    FLOOR = "floor"  # towards minus infinity
    CEILING = "ceiling"  # towards plus infinity
    HALF_UP = "half_up"  # to the nearest, a half away from zero: commercial rounding, DIN 1333
    HALF_DOWN = "half_down"  # to the nearest, a half towards zero
    HALF_EVEN = "half_even"  # to the nearest, a half to the even neighbour: IEEE 754


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """The exact quotient of two integers, rounded by name: `divide(-5, 2, Rounding.HALF_UP)` is -3."""
    assert denominator != 0, "nothing is divided by zero"
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    floor, rest = divmod(numerator, denominator)
    if rest == 0:
        return floor
    negative = numerator < 0
    twice = 2 * rest
    match rounding:
        case Rounding.FLOOR:
            up = False
        case Rounding.CEILING:
            up = True
        case Rounding.DOWN:
            up = negative
        case Rounding.UP:
            up = not negative
        case Rounding.HALF_UP:
            up = twice > denominator or (twice == denominator and not negative)
        case Rounding.HALF_DOWN:
            up = twice > denominator or (twice == denominator and negative)
        case Rounding.HALF_EVEN:
            up = twice > denominator or (twice == denominator and floor % 2 == 1)
    return floor + up


class Money(Struct, frozen=True, order=False):
    """An amount in whole minor units of a currency of ISO 4217, at most 2^53 - 1 of them either way.

    Two currencies never meet: adding or ordering them is a programmer's mistake and crashes; they are merely unequal.
    The bound and the currency are checked however a value comes about: AmountInvalid, CurrencyUnknown.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        assert type(self.minor) is int, "minor units are a whole number"
        if abs(self.minor) > MINOR_MAX:
            raise AmountInvalid("the amount is larger than 2^53 - 1 minor units")
        if self.currency not in SCALES:
            raise CurrencyUnknown("the currency is not a code of ISO 4217")

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other).minor

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other).minor

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other).minor

    def view(self) -> MoneyView:
        """As the edge shows it."""
        return MoneyView(self.minor, self.currency)

    @property
    def is_zero(self) -> bool:
        return self.minor == 0

    @property
    def scale(self) -> int:
        """Digits of the minor unit."""
        return SCALES[self.currency]

    def times(self, numerator: int, denominator: int, rounding: Rounding) -> Money:
        """The amount times a fraction: 19 % of it is `times(19, 100, Rounding.HALF_UP)`."""
        return Money(divide(self.minor * numerator, denominator, rounding), self.currency)

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Share by weight; what is left over goes unit by unit to the largest remainders, the first ones first.

        The parts sum to the whole, and none is more than one minor unit away from its exact share. A negative amount
        is split as its positive twin.
        """
        total = sum(weights)
        assert total > 0, "somebody must receive a share"
        assert min(weights) >= 0, "a weight is not negative"
        sign = -1 if self.minor < 0 else 1
        parts = [divmod(abs(self.minor) * weight, total) for weight in weights]
        left = abs(self.minor) - sum(whole for whole, _ in parts)
        by_remainder = sorted(range(len(parts)), key=lambda index: (-parts[index][1], index))
        extra = set(by_remainder[:left])
        return [
            Money(sign * (whole + (index in extra)), self.currency) for index, (whole, _) in enumerate(parts)
        ]

    def decimal_text(self) -> str:
        """As documents write it: `10.99`, `1099` for yen, `-0.05`."""
        sign = "-" if self.minor < 0 else ""
        if self.scale == 0:
            return f"{sign}{abs(self.minor)}"
        whole, fraction = divmod(abs(self.minor), 10**self.scale)
        return f"{sign}{whole}.{fraction:0{self.scale}}"

    def _same(self, other: Money) -> Money:
        assert self.currency == other.currency, f"{self.currency} meets {other.currency}"
        return other


def zero(currency: str) -> Money:
    return Money(0, currency)


def from_decimal_text(text: str, currency: str) -> Money:
    """Read `10.99` exactly; nothing is rounded.

    CurrencyScaleInvalid for more digits after the point than the currency has, zeros too. AmountInvalid for an
    exponent, a comma, a plus, spaces or no digits, and beyond 2^53 - 1. Fewer digits are fine: `10.5` EUR is not
    ambiguous, and banks write it (ISO 20022 fixes only the most digits).
    """
    scale = zero(currency).scale
    # 16 digits hold the bound, and keep a long text from becoming a large number first.
    match = re.fullmatch(r"(-?)([0-9]{1,16})(?:\.([0-9]+))?", text)
    if match is None:
        raise AmountInvalid("expected a decimal number such as 10.99")
    fraction = match[3] or ""
    if len(fraction) > scale:
        raise CurrencyScaleInvalid(
            f"expected at most {scale} digits after the point", currency=currency, scale=scale
        )
    minor = int(match[2] + fraction.ljust(scale, "0"))
    return Money(-minor if match[1] else minor, currency)


class MoneyView(Struct, frozen=True, forbid_unknown_fields=True):
    """Money at the edge: `{"amount": 1099, "currency": "EUR"}`, the amount in minor units."""

    amount: Annotated[
        int, Meta(ge=-MINOR_MAX, le=MINOR_MAX, description="In minor units: 1099 is 10.99 EUR, 1099 JPY.")
    ]
    currency: Annotated[
        str,
        Meta(
            pattern=r"^[A-Z]{3}$(?!\n)",  # "$" alone would let a line break pass behind it
            description="A code of ISO 4217.",
            examples=["EUR"],
            extra_json_schema={"enum": sorted(SCALES)},
        ),
    ]

    def money(self, pointer: str = "") -> Money:
        """The value; CurrencyUnknown names the field below `pointer`, the JSON pointer of this object (RFC 6901)."""
        if self.currency not in SCALES:
            fault = Fault(f"{pointer}/currency", "expected a code of ISO 4217 such as EUR")
            raise CurrencyUnknown("the currency is not a code of ISO 4217", faults=(fault,))
        return Money(self.amount, self.currency)
