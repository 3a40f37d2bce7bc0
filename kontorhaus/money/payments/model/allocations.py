"""Allocations: which accounts a payment's money goes to. Given when it is created, and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from msgspec import Struct, structs

from kontorhaus.kernel.money import Money
from kontorhaus.money.ledger import Tax
from kontorhaus.people.parties import PartyId


class Allocation(Struct, frozen=True):
    """A part of a payment and the account that its capture posts it to: `held:line_…` for a seller's share. `party` is
    whose account it is, `share` what the money is for, such as an order's line. `tax` is of what touches tax, the net
    amount as well as the tax itself; without a point it is the day on which the money is posted, by the organization's
    clock, in UTC: what is paid in advance is taxed when it is paid (Directive 2006/112/EC, article 65)."""

    account: str
    amount: Money
    party: PartyId | None = None
    share: UUID | None = None
    tax: Tax | None = None


def tax_at(one: Allocation, now: datetime) -> Tax | None:
    """What its transfer says of tax when it is posted at a business instant."""
    if one.tax is None or one.tax.point is not None:
        return one.tax
    return structs.replace(one.tax, point=now.astimezone(UTC).date())


def tax_row(one: Allocation) -> tuple[int | None, str | None, date | None]:
    """Rate, category and point, as they are kept."""
    return (None, None, None) if one.tax is None else (one.tax.rate_ppm, one.tax.category, one.tax.point)


def captured_parts(allocations: Sequence[Allocation], amount: Money) -> list[Money]:
    """How much of what was captured goes to each allocation: all of them whole, or, of a part, their shares by weight.

    Rounding: largest remainder, the first ones first (`Money.split`); the parts sum to `amount`.
    """
    return amount.split([one.amount.minor for one in allocations])
