"""What follows from what was collected, given back and released: pure, and always in whole minor units."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Final
from uuid import UUID

from msgspec import Struct

from kontorhaus.goods.orders.model.order import LINE, ORDER, Line, LineId, Model, OrderId, SalesOrder
from kontorhaus.kernel.money import Money, Rounding, divide
from kontorhaus.money.ledger import Tax
from kontorhaus.money.payments import PaymentId

RELEASE_DAYS_MAX: Final = 90
"""How long a provider keeps money for others: Stripe 90 days for accounts in the EU ("Using manual payouts",
docs.stripe.com/connect/manual-payouts). What is held must be released, or given back, by then."""

PPM: Final = 1_000_000
"""Tax rates are in parts per million."""


class Part(Struct, frozen=True):
    """One allocation of a payment: what it brings for a line to an account, and what became of it. What is left on the
    account for this line is `collected - refunded - released`."""

    payment_id: PaymentId
    position: int
    order_id: OrderId
    line_id: LineId
    account: str
    allocated: int
    collected: int
    refunded: int
    released: int
    collected_at: datetime | None

    @property
    def kept(self) -> int:
        """What the buyer has paid and not got back."""
        return self.collected - self.refunded

    @property
    def left(self) -> int:
        """What still lies on the account."""
        return self.collected - self.refunded - self.released


class Sums(Struct, frozen=True):
    """What was collected for a line over all payments, given back, and released to its seller."""

    collected: int = 0
    refunded: int = 0
    released: int = 0

    @property
    def kept(self) -> int:
        return self.collected - self.refunded

    @property
    def left(self) -> int:
        return self.collected - self.refunded - self.released


class Paid(StrEnum):
    UNPAID = "unpaid"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    REVERSED = "reversed"  # all that was collected went back


class Delivery(StrEnum):
    PENDING = "pending"
    CLEARED = "cleared"  # paid: it may be handed over
    HANDED_OVER = "handed_over"


class Held(StrEnum):
    """Where a seller's share is. Lines of our own have none: their money is ours when it is collected."""

    NONE = "none"
    HELD = "held"
    RELEASED = "released"
    REFUNDED = "refunded"
    SPLIT = "split"  # a part went back to the buyer, the rest to the seller


def of_line(line_id: LineId, parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts if part.line_id == line_id]


def sums(line_id: LineId, parts: Sequence[Part]) -> Sums:
    own = of_line(line_id, parts)
    return Sums(
        sum(part.collected for part in own),
        sum(part.refunded for part in own),
        sum(part.released for part in own),
    )


def paid(line: Line, found: Sums) -> Paid:
    if found.kept == 0:
        return Paid.REVERSED if found.collected else Paid.UNPAID
    return Paid.PARTIALLY_PAID if found.kept < line.amount else Paid.PAID


def delivery(line: Line, found: Sums) -> Delivery:
    if line.handed_over_at is not None:
        return Delivery.HANDED_OVER
    cleared = line.stands and paid(line, found) is Paid.PAID
    return Delivery.CLEARED if cleared else Delivery.PENDING


def held(line: Line, found: Sums) -> Held:
    if found.collected == 0 or (line.model == Model.OWN and found.kept):
        return Held.NONE
    if found.left:
        return Held.HELD
    if found.released == 0:
        return Held.REFUNDED
    return Held.SPLIT if found.refunded else Held.RELEASED


def unpaid(line: Line, found: Sums) -> int:
    """What the buyer still owes for a line."""
    return max(0, line.amount - found.kept) if line.stands else 0


class Allotment(Struct, frozen=True):
    """What a payment is to bring for a line, and to which account."""

    line: Line
    account: str
    amount: int


def allotments(order: SalesOrder, lines: Sequence[Line], parts: Sequence[Part]) -> list[Allotment]:
    """Everything that is unpaid, account by account in the order of the lines. They sum to what is owed, to the
    cent."""
    found = []
    for line in lines:
        kept = {part.account: 0 for part in of_line(line.id, parts)}
        for part in of_line(line.id, parts):
            kept[part.account] += part.kept
        for account, amount in _whole(order, line):
            rest = amount - kept.get(account, 0)
            if line.stands and rest > 0:
                found.append(Allotment(line, account, rest))
    return found


def _whole(order: SalesOrder, line: Line) -> list[tuple[str, int]]:
    """The accounts that a whole line goes to. A seller's share is held under the line's own name."""
    if line.model == Model.AGENT:
        return [(f"held:{LINE.text(line.id)}", line.amount)]
    net, tax = net_and_tax(line)
    return [(f"prepaid:{ORDER.text(order.id)}", net), (f"tax:{line.tax_country}:output", tax)]


def net_and_tax(line: Line) -> tuple[int, int]:
    """What a line of our own is without tax, and its tax; the gross price is what was agreed.

    The net is rounded half up to the minor unit, line by line, and the tax is the rest: so both always add up to the
    price. An invoice taxes the sum of a rate's lines (EN 16931, BR-CO-17), which may differ by a cent a line.
    """
    assert line.tax_rate is not None, "a line of our own has its tax"
    net = divide(line.amount * PPM, PPM + line.tax_rate, Rounding.HALF_UP)
    return net, line.amount - net


def tax_of(line: Line) -> Tax | None:
    """What every transfer of a line of our own says of its tax, that of the net too: a rate of zero has no other."""
    if line.tax_rate is None or line.tax_category is None:
        return None
    return Tax(line.tax_rate, line.tax_category)


def shares(parts: Sequence[Part], captured: int, currency: str) -> list[int]:
    """What a payment's allocations get of what was captured of it, by their weights and the largest remainder. As the
    payment's own posting splits it; the whole of it gives each its whole."""
    if captured == 0:
        return [0 for _ in parts]
    return [one.minor for one in Money(captured, currency).split([part.allocated for part in parts])]


class Taking(Struct, frozen=True):
    """What is taken of a part: back to the buyer, or on to the seller."""

    part: Part
    amount: int


def taking(parts: Sequence[Part], amount: int) -> list[Taking]:
    """An amount out of what is left of parts: of the last payment first, since that one can be refunded longest."""
    found, rest = [], amount
    for part in sorted(parts, key=lambda part: (part.payment_id, -part.position), reverse=True):
        share = min(rest, part.left)
        if share:
            found.append(Taking(part, share))
            rest -= share
    assert rest == 0, "no more is taken than is there"
    return found


def excess(order: SalesOrder, lines: Sequence[Line], parts: Sequence[Part]) -> list[Taking]:
    """What was collected beyond the price of its line, and can still be given back: of a payment that was believed to
    have ended, after the line was canceled or paid by another one. Account by account, so that what stays of a line of
    our own is its net and its tax."""
    found = []
    for line in lines:
        for account, amount in _whole(order, line):
            own = [part for part in of_line(line.id, parts) if part.account == account]
            over = sum(part.kept for part in own) - (amount if line.stands else 0)
            found += taking(own, min(max(0, over), sum(part.left for part in own)))
    return found


def by_payment(takings: Sequence[Taking]) -> list[tuple[PaymentId, list[Taking]]]:
    """The same, payment by payment, in the order of their ids."""
    ordered = sorted(takings, key=lambda one: (one.part.payment_id, one.part.position))
    return [(PaymentId(key), list(group)) for key, group in groupby(ordered, lambda one: one.part.payment_id)]


def release_by(parts: Sequence[Part]) -> datetime | None:
    """By when what is held must be released or given back, as the provider has it; None where nothing is held."""
    since = [part.collected_at for part in parts if part.left and part.collected_at is not None]
    return min(since) + timedelta(days=RELEASE_DAYS_MAX) if since else None


def inspection_end(order: SalesOrder, parts: Sequence[Part], handed_over_at: datetime) -> datetime:
    """Until when the buyer may object: so many days from the hand-over, yet never beyond the provider's limit."""
    end = handed_over_at + timedelta(days=order.inspection_days)
    limit = release_by(parts)
    return end if limit is None else min(end, limit)


class Undo(Struct, frozen=True, array_like=True):
    """What a refund takes back from an account, before it leaves the buyer's deposit."""

    account: str
    amount: int
    line_id: UUID
