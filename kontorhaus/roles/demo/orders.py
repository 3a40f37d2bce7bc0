"""A file of orders: what can be played of it, and what is wrong with the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from kontorhaus.kernel import countries
from kontorhaus.kernel.currencies import SCALES
from kontorhaus.kernel.errors import Fault, Invalid
from kontorhaus.kernel.money import MINOR_MAX
from kontorhaus.platform import http
from kontorhaus.roles.demo.sale import Sale, SaleLine

FILE_BYTES_MAX: Final = 5 * 1_048_576
"""A thousand orders of forty lines each have less."""

ORDERS_MAX: Final = 1_000
"""They are played one after the other, some a second."""


class DemoFileInvalid(Invalid):
    """The file of `kontorhaus demo --orders` cannot be read as a whole: it is not there, too large, or not JSON with an
    array `orders` of at most 1,000. Wrong orders within it are named one by one instead, and the others are played."""

    code = "demo_file_invalid"
    title = "Not a file of orders"


class Wrong(Struct, frozen=True):
    """An order that is not played, or not to its end, and why. `pointer` is a JSON pointer (RFC 6901) into the file."""

    pointer: str
    detail: str


class Found(Struct, frozen=True):
    """An order that can be played, and its place in the file."""

    pointer: str
    sale: Sale


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    orders: list[msgspec.Raw]


def read(file: Path) -> tuple[list[Found], list[Wrong]]:
    """What can be played, and what is wrong. Raises DemoFileInvalid.

    Not guaranteed: that all that is wrong with an order is named at once. What the house alone can see it says when
    the order is placed.
    """
    found: list[Found] = []
    wrong: list[Wrong] = []
    first: dict[str, str] = {}
    for number, row in enumerate(_rows(file)):
        pointer = f"/orders/{number}"
        try:
            sale = http.decode(bytes(row), Sale)
        except Invalid as error:
            wrong += _wrong(pointer, error.faults or [Fault("", error.detail)])
            continue
        faults = list(_faults(sale))
        if sale.reference in first:
            faults.append(Fault("/reference", f"{first[sale.reference]} has the same reference"))
        wrong += _wrong(pointer, faults)
        if not faults:
            first[sale.reference] = pointer
            found.append(Found(pointer, sale))
    return found, wrong


def _wrong(pointer: str, faults: Iterable[Fault]) -> list[Wrong]:
    return [Wrong(pointer + fault.pointer, fault.detail) for fault in faults]


def _rows(file: Path) -> list[msgspec.Raw]:
    try:
        with file.open("rb") as opened:
            raw = opened.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise DemoFileInvalid(f"{file} cannot be read: {error.strerror}") from error
    if len(raw) > FILE_BYTES_MAX:
        raise DemoFileInvalid(f"{file} has more than {FILE_BYTES_MAX} bytes")
    try:
        rows = msgspec.json.decode(raw, type=_File).orders
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DemoFileInvalid(f'{file} is not {{"orders": […]}} in JSON: {error}') from error
    if len(rows) > ORDERS_MAX:
        raise DemoFileInvalid(f"{file} has {len(rows)} orders; at most {ORDERS_MAX} are played at once")
    return rows


def _faults(sale: Sale) -> Iterator[Fault]:
    """What no schema can say: fields that must fit each other."""
    if sale.buyer.country not in countries.ALPHA_2:
        yield Fault("/buyer/country", COUNTRY)
    currency = sale.lines[0].amount.currency
    if currency not in SCALES:
        yield Fault("/lines/0/amount/currency", "expected a code of ISO 4217, such as EUR")
    for number, line in enumerate(sale.lines):
        yield from _line(line, f"/lines/{number}", currency)
    if sum(line.amount.amount for line in sale.lines) > MINOR_MAX:
        yield Fault("/lines", "the prices add up to more than 2^53 - 1 minor units")
    if "dispute" in sale.card.lower():
        yield Fault("/card", "disputes are not in the books yet")
    if sale.price_cut is not None:
        yield from _cut(sale, sale.price_cut.line)
    if len(set(sale.trouble)) < len(sale.trouble):
        yield Fault("/trouble", "each trouble is named once")


COUNTRY: Final = "expected a code of ISO 3166-1 alpha-2, such as DE"
"""What is said of a country that there is not."""


def _line(line: SaleLine, at: str, currency: str) -> Iterator[Fault]:
    if line.amount.currency != currency:
        yield Fault(f"{at}/amount/currency", f"expected {currency}, as in the first line")
    if line.model == "own":
        if line.seller is not None:
            yield Fault(f"{at}/seller", "a line of your own has no seller")
        if line.tax is None:
            yield Fault(f"{at}/tax", "expected the tax within the price")
        elif line.tax.country not in countries.ALPHA_2:
            yield Fault(f"{at}/tax/country", COUNTRY)
        return
    if line.tax is not None:
        yield Fault(f"{at}/tax", "the tax on an agent's line is its seller's affair")
    if line.seller is None:
        yield Fault(f"{at}/seller", "expected the seller in whose name this is sold")
    elif line.seller.country not in countries.ALPHA_2:
        yield Fault(f"{at}/seller/country", COUNTRY)


def _cut(sale: Sale, number: int) -> Iterator[Fault]:
    assert sale.price_cut is not None, "the caller has looked"
    if number >= len(sale.lines) or sale.lines[number].model != "agent":
        yield Fault("/price_cut/line", "expected the number of an agent's line, counted from 0")
        return
    price, cut = sale.lines[number].amount, sale.price_cut.amount
    if cut.currency != price.currency or cut.amount >= price.amount:
        yield Fault("/price_cut/amount", "expected less than the price of the line, in its currency")
