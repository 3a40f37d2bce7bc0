"""What no schema can say of an order: fields that must fit each other."""

from __future__ import annotations

from collections.abc import Iterator

from kontorhaus.goods.orders.errors import OrderInvalid
from kontorhaus.goods.orders.model.order import Model
from kontorhaus.goods.orders.model.requests import NewLine, NewOrder
from kontorhaus.kernel import countries
from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.money import MINOR_MAX

UNTAXED = frozenset({"Z", "E", "AE", "K", "G", "O"})
"""Categories whose rate is zero (EN 16931, BR-Z-05 and its siblings)."""


def new_order(new: NewOrder) -> None:
    """Raises OrderInvalid with every fault that can be seen without looking anything up, CurrencyUnknown."""
    faults: list[Fault] = []
    currency = new.lines[0].amount.currency
    for number, line in enumerate(new.lines):
        line.amount.money(f"/lines/{number}/amount")
        faults += _line(line, f"/lines/{number}", currency)
    ids = [line.id for line in new.lines if line.id is not None]
    faults += [Fault("/lines", "two lines have the same id")] if len(set(ids)) < len(ids) else []
    if sum(line.amount.amount for line in new.lines) > MINOR_MAX:
        faults.append(Fault("/lines", "the prices add up to more than 2^53 - 1 minor units"))
    if faults:
        raise OrderInvalid("a field of the order is wrong", faults=tuple(faults))


def _line(line: NewLine, at: str, currency: str) -> Iterator[Fault]:
    if line.amount.amount <= 0:
        yield Fault(f"{at}/amount/amount", "expected an amount above zero")
    if line.amount.currency != currency:
        yield Fault(f"{at}/amount/currency", f"expected {currency}, as in the first line")
    if line.model is Model.AGENT:
        if line.seller is None:
            yield Fault(f"{at}/seller", "expected the seller in whose name this is sold")
        if line.tax is not None:
            yield Fault(f"{at}/tax", "the tax on an agent's line is its seller's affair")
        return
    if line.seller is not None:
        yield Fault(f"{at}/seller", "a line of your own has no seller")
    if line.tax is None:
        yield Fault(f"{at}/tax", "expected the tax within the price")
        return
    if line.tax.country not in countries.ALPHA_2:
        yield Fault(f"{at}/tax/country", "expected a code of ISO 3166-1 alpha-2")
    if line.tax.category in UNTAXED and line.tax.rate_ppm:
        yield Fault(f"{at}/tax/rate_ppm", f"category {line.tax.category} has the rate 0")
    if line.tax.category == "S" and not line.tax.rate_ppm:
        yield Fault(f"{at}/tax/rate_ppm", "category S has a rate above 0")
