"""What orders tell the rest of the house: ids, amounts and states, never what a line describes."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from kontorhaus.goods.orders.model.order import ORDER, LineId, OrderId
from kontorhaus.kernel.ids import Noun
from kontorhaus.kernel.money import MoneyView
from kontorhaus.money.payments import PaymentId
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.eventlog import Fact, published


class PlacedLine(Struct, frozen=True):
    """A line as it was agreed."""

    line: LineId
    model: str
    seller: PartyId | None
    amount: MoneyView


@published
class OrderPlaced(Fact, frozen=True, kw_only=True, tag="order.placed"):
    """An order was placed: it is agreed, and to be paid."""

    NOUN: ClassVar[Noun[OrderId]] = ORDER

    subject: OrderId
    entity: PartyId
    buyer: PartyId
    amount: MoneyView
    lines: list[PlacedLine]
    version: int


@published
class OrderPaymentBegun(Fact, frozen=True, kw_only=True, tag="order.payment_begun"):
    """A payment of what was unpaid was begun."""

    NOUN: ClassVar[Noun[OrderId]] = ORDER

    subject: OrderId
    payment: PaymentId
    amount: MoneyView
    version: int


@published
class OrderCollected(Fact, frozen=True, kw_only=True, tag="order.collected"):
    """A payment of the order has brought what it will: `captured` is how much; `ended` says that no more comes."""

    NOUN: ClassVar[Noun[OrderId]] = ORDER

    subject: OrderId
    payment: PaymentId
    captured: MoneyView
    ended: bool
    version: int


@published
class OrderConfirmed(Fact, frozen=True, kw_only=True, tag="order.confirmed"):
    """Every line that stands is paid."""

    NOUN: ClassVar[Noun[OrderId]] = ORDER

    subject: OrderId
    version: int


@published
class OrderHandedOver(Fact, frozen=True, kw_only=True, tag="order.handed_over"):
    """A line was handed over. `inspect_until` is when the seller's money is released; None for a line of our own."""

    NOUN: ClassVar[Noun[OrderId]] = ORDER

    subject: OrderId
    line: LineId
    at: datetime
    inspect_until: datetime | None
    version: int


@published
class OrderReleased(Fact, frozen=True, kw_only=True, tag="order.released"):
    """The time for objections is over: the money for a line is its seller's."""

    NOUN: ClassVar[Noun[OrderId]] = ORDER

    subject: OrderId
    line: LineId
    amount: MoneyView
    version: int


@published
class OrderLineCanceled(Fact, frozen=True, kw_only=True, tag="order.line_canceled"):
    """A line was canceled; `refund` of what had been paid for it goes back."""

    NOUN: ClassVar[Noun[OrderId]] = ORDER

    subject: OrderId
    line: LineId
    refund: MoneyView
    version: int


@published
class OrderPriceCut(Fact, frozen=True, kw_only=True, tag="order.price_cut"):
    """The price of a line was lowered by `cut`, to `amount`; `refund` of what had been paid for it goes back."""

    NOUN: ClassVar[Noun[OrderId]] = ORDER

    subject: OrderId
    line: LineId
    cut: MoneyView
    amount: MoneyView
    refund: MoneyView
    version: int


@published
class OrderOverpaid(Fact, frozen=True, kw_only=True, tag="order.overpaid"):
    """More was collected than the lines that stand cost: `refund` goes back."""

    NOUN: ClassVar[Noun[OrderId]] = ORDER

    subject: OrderId
    refund: MoneyView
    version: int


@published
class OrderCompleted(Fact, frozen=True, kw_only=True, tag="order.completed"):
    """Everything was handed over, and what was held is released."""

    NOUN: ClassVar[Noun[OrderId]] = ORDER

    subject: OrderId
    version: int


@published
class OrderCanceled(Fact, frozen=True, kw_only=True, tag="order.canceled"):
    """Every line was canceled."""

    NOUN: ClassVar[Noun[OrderId]] = ORDER

    subject: OrderId
    version: int
