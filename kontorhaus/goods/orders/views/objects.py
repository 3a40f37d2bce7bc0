"""How an order looks at the edge."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from kontorhaus.goods.orders.model import sums
from kontorhaus.goods.orders.model.flows import OrderPayment
from kontorhaus.goods.orders.model.order import LINE, ORDER, Line, SalesOrder
from kontorhaus.goods.orders.model.sums import Part
from kontorhaus.kernel.money import MoneyView
from kontorhaus.money.payments import PAYMENT, PAYMENT_CONNECTION, PaymentConnectionId
from kontorhaus.people.parties import PARTY


class Found(Struct, frozen=True):
    """An order with its lines, and what its payments have brought."""

    order: SalesOrder
    lines: list[Line]
    parts: list[Part]
    payments: list[OrderPayment]


class Listed(Struct, frozen=True):
    """An order of a list: how many lines it has, and what those that stand come to."""

    order: SalesOrder
    lines: int
    amount: int


class LineTaxView(Struct, frozen=True):
    rate_ppm: Annotated[int, Meta(description="In parts per million: 190000 is 19 %.")]
    category: str
    country: str
    net: Annotated[MoneyView, Meta(description="The price without tax, rounded half up to the minor unit.")]
    amount: Annotated[MoneyView, Meta(description="The tax: what is left of the price.")]


class LineView(Struct, frozen=True, kw_only=True):
    id: str
    model: str
    seller: str | None
    description: str
    quantity: int
    amount: Annotated[MoneyView, Meta(description="The gross price, after price cuts.")]
    ordered: Annotated[MoneyView, Meta(description="The gross price as it was agreed at first.")]
    tax: LineTaxView | None
    payment: Annotated[str, Meta(description="`unpaid`, `partially_paid`, `paid` or `reversed`.")]
    delivery: Annotated[
        str, Meta(description="`pending`, `cleared` (paid, so it may be handed over) or `handed_over`.")
    ]
    money: Annotated[
        str,
        Meta(description="Where the seller's share is: `none`, `held`, `released`, `refunded` or `split`."),
    ]
    collected: MoneyView
    refunded: MoneyView
    released: MoneyView
    handed_over_at: datetime | None
    inspect_until: Annotated[
        datetime | None, Meta(description="Until when the buyer may object; the money is released then.")
    ]
    released_at: datetime | None
    canceled_at: datetime | None


class OrderPaymentView(Struct, frozen=True, kw_only=True):
    id: str
    amount: MoneyView
    captured: MoneyView
    ended_at: Annotated[datetime | None, Meta(description="When it was known that no more comes of it.")]


class OrderView(Struct, frozen=True, kw_only=True):
    id: str
    entity: str
    buyer: str
    status: Annotated[str, Meta(description="`placed`, `confirmed`, `completed` or `canceled`.")]
    amount: Annotated[MoneyView, Meta(description="What the lines that stand come to.")]
    unpaid: Annotated[MoneyView, Meta(description="What of it the buyer still owes.")]
    capture: str
    inspection_days: int
    connection: str | None
    reference: str | None
    payment: Annotated[str | None, Meta(description="The payment that is under way: confirm this one.")]
    payments: list[OrderPaymentView]
    lines: list[LineView]
    version: int
    created_at: datetime
    updated_at: datetime
    confirmed_at: datetime | None
    completed_at: datetime | None
    canceled_at: datetime | None


class OrderSummaryView(Struct, frozen=True, kw_only=True):
    id: str
    entity: str
    buyer: str
    status: str
    amount: MoneyView
    lines: int
    reference: str | None
    version: int
    created_at: datetime
    updated_at: datetime


def order(found: Found) -> OrderView:
    row = found.order
    standing = [line for line in found.lines if line.stands]
    owed = sum(sums.unpaid(line, sums.sums(line.id, found.parts)) for line in standing)
    under_way = next((one.payment_id for one in found.payments if one.ended_at is None), None)
    return OrderView(
        id=ORDER.text(row.id),
        entity=PARTY.text(row.entity),
        buyer=PARTY.text(row.buyer),
        status=row.status,
        amount=MoneyView(sum(line.amount for line in standing), row.currency),
        unpaid=MoneyView(owed, row.currency),
        capture=row.capture,
        inspection_days=row.inspection_days,
        connection=connection(row),
        reference=row.reference,
        payment=None if under_way is None else PAYMENT.text(under_way),
        payments=[_payment(one, row.currency) for one in found.payments],
        lines=[line_view(line, found.parts, row.currency) for line in found.lines],
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        confirmed_at=row.confirmed_at,
        completed_at=row.completed_at,
        canceled_at=row.canceled_at,
    )


def connection(row: SalesOrder) -> str | None:
    if row.connection_id is None:
        return None
    return PAYMENT_CONNECTION.text(PaymentConnectionId(row.connection_id))


def _payment(one: OrderPayment, currency: str) -> OrderPaymentView:
    return OrderPaymentView(
        id=PAYMENT.text(one.payment_id),
        amount=MoneyView(one.amount, currency),
        captured=MoneyView(one.captured, currency),
        ended_at=one.ended_at,
    )


def line_view(line: Line, parts: list[Part], currency: str) -> LineView:
    own = sums.sums(line.id, parts)
    return LineView(
        id=LINE.text(line.id),
        model=line.model,
        seller=None if line.seller is None else PARTY.text(line.seller),
        description=line.description,
        quantity=line.quantity,
        amount=MoneyView(line.amount, currency),
        ordered=MoneyView(line.ordered, currency),
        tax=_tax(line, currency),
        payment=sums.paid(line, own),
        delivery=sums.delivery(line, own),
        money=sums.held(line, own),
        collected=MoneyView(own.collected, currency),
        refunded=MoneyView(own.refunded, currency),
        released=MoneyView(own.released, currency),
        handed_over_at=line.handed_over_at,
        inspect_until=line.inspect_until,
        released_at=line.released_at,
        canceled_at=line.canceled_at,
    )


def _tax(line: Line, currency: str) -> LineTaxView | None:
    if line.tax_rate is None or line.tax_category is None or line.tax_country is None:
        return None
    net, tax = sums.net_and_tax(line)
    return LineTaxView(
        rate_ppm=line.tax_rate,
        category=line.tax_category,
        country=line.tax_country,
        net=MoneyView(net, currency),
        amount=MoneyView(tax, currency),
    )


def summary(found: Listed) -> OrderSummaryView:
    row = found.order
    return OrderSummaryView(
        id=ORDER.text(row.id),
        entity=PARTY.text(row.entity),
        buyer=PARTY.text(row.buyer),
        status=row.status,
        amount=MoneyView(found.amount, row.currency),
        lines=found.lines,
        reference=row.reference,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
