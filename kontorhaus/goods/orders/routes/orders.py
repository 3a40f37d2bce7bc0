"""Placing orders, reading them, and what moves their money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from msgspec import Meta

from kontorhaus.goods.orders import queries
from kontorhaus.goods.orders.actions import changing, delivering, paying, placing
from kontorhaus.goods.orders.errors import (
    OrderConflict,
    OrderCutInvalid,
    OrderExists,
    OrderFilterInvalid,
    OrderInvalid,
    OrderLineNotFound,
    OrderLineReleased,
    OrderNotFound,
    OrderPaid,
    OrderPaymentOpen,
)
from kontorhaus.goods.orders.model.order import LINE, ORDER, OrderId, Status
from kontorhaus.goods.orders.model.requests import HandOver, NewOrder, Party, Pay, PriceCut, Reference
from kontorhaus.goods.orders.views import objects as views
from kontorhaus.goods.orders.views.objects import OrderSummaryView, OrderView
from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.ids import Noun
from kontorhaus.kernel.money import CurrencyUnknown
from kontorhaus.money.ledger import LedgerEntityNotFound
from kontorhaus.money.payments import (
    PaymentConnectionNotFound,
    PaymentConnectionUnclear,
    PaymentConnectionUnfit,
    PaymentIdReused,
    PaymentInvalid,
)
from kontorhaus.people.parties import PARTY, PartyNotFound
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.http import Call, Page, route

IDS: Final[Mapping[str, Noun[Any]]] = {"order_id": ORDER}
LINE_IDS: Final[Mapping[str, Noun[Any]]] = {"order_id": ORDER, "line_id": LINE}


class OrderPage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    status: Annotated[Status | None, Meta(description="Only orders of this status.")] = None
    buyer: Annotated[Party | None, Meta(description="Only orders of this buyer.")] = None
    seller: Annotated[Party | None, Meta(description="Only orders with a line of this seller.")] = None
    reference: Annotated[Reference | None, Meta(description="Only orders with this number of yours.")] = None


@route(
    "POST",
    "/v1/orders",
    scope="orders:write",
    body=NewOrder,
    answer=OrderView,
    status=201,
    errors=(
        OrderInvalid,
        OrderExists,
        PartyNotFound,
        CurrencyUnknown,
        PaymentConnectionNotFound,
        PaymentConnectionUnfit,
        LedgerEntityNotFound,
    ),
    idempotent=True,
    tag="Orders",
)
async def place_order(call: Call[NewOrder, None]) -> Answer:
    """Place an order.

    A sale to one buyer: lines sold in a seller's name, whose money is held until the goods are handed over and found
    right, and lines of your own. You may choose its id and those of its lines: placing the same again is no error."""
    return await placing.place(
        call.db, call.resources.keyring, call.actor, call.once, new=call.body, now=call.now
    )


@route(
    "GET",
    "/v1/orders",
    scope="orders:read",
    query=OrderPage,
    list_of=OrderSummaryView,
    errors=(OrderFilterInvalid,),
    tag="Orders",
)
async def list_orders(call: Call[None, OrderPage]) -> Answer:
    """List orders.

    The newest first; one of the filters can be given. The list has no lines: read an order for those."""
    asked = call.query
    given = {
        "status": asked.status,
        "buyer": asked.buyer,
        "seller": asked.seller,
        "reference": asked.reference,
    }
    several = [name for name, value in given.items() if value is not None]
    if len(several) > 1:
        faults = tuple(Fault(name, f"cannot be given beside {several[0]}") for name in several[1:])
        raise OrderFilterInvalid("only one filter can be given", faults=faults)
    found = await queries.orders(
        call.db,
        call.actor.org_id,
        status=asked.status,
        buyer=None if asked.buyer is None else PARTY.parse(asked.buyer),
        seller=None if asked.seller is None else PARTY.parse(asked.seller),
        reference=asked.reference,
        before=call.after(OrderId),
        limit=asked.limit + 1,
    )
    return call.page(found, view=views.summary, position=lambda one: one.order.id)


@route(
    "GET",
    "/v1/orders/{order_id}",
    scope="orders:read",
    answer=OrderView,
    errors=(OrderNotFound,),
    ids=IDS,
    tag="Orders",
)
async def get_order(call: Call[None, None]) -> Answer:
    """Read an order.

    With its lines, and for each what was collected, given back and released."""
    found = await queries.order(call.db, call.actor.org_id, call.id(ORDER, "order_id"))
    return answer(views.order(found), version=found.order.version)


@route(
    "POST",
    "/v1/orders/{order_id}/pay",
    scope="orders:write",
    body=Pay,
    answer=OrderView,
    errors=(
        OrderNotFound,
        OrderConflict,
        OrderPaid,
        OrderPaymentOpen,
        PartyNotFound,
        LedgerEntityNotFound,
        PaymentConnectionNotFound,
        PaymentConnectionUnclear,
        PaymentConnectionUnfit,
        PaymentIdReused,
        PaymentInvalid,
    ),
    ids=IDS,
    idempotent=True,
    tag="Orders",
)
async def pay_order(call: Call[Pay, None]) -> Answer:
    """Begin to pay an order.

    Creates one payment of everything that is unpaid, and names it in `payment`: confirm that one with the buyer's
    payment method. One payment is under way at a time; what it is to bring to which line is fixed."""
    return await paying.pay(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        call.id(ORDER, "order_id"),
        wanted=call.body,
        now=call.now,
    )


@route(
    "POST",
    "/v1/orders/{order_id}/cancel",
    scope="orders:write",
    answer=OrderView,
    errors=(OrderNotFound, OrderConflict, OrderPaymentOpen),
    ids=IDS,
    idempotent=True,
    tag="Orders",
)
async def cancel_order(call: Call[None, None]) -> Answer:
    """Cancel an order.

    Of which nothing was handed over. What was collected goes back to the buyer, to the cent."""
    return await changing.cancel_order(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        call.id(ORDER, "order_id"),
        now=call.now,
    )


@route(
    "POST",
    "/v1/orders/{order_id}/lines/{line_id}/hand_over",
    scope="orders:write",
    body=HandOver,
    answer=OrderView,
    errors=(OrderNotFound, OrderLineNotFound, OrderInvalid, OrderConflict),
    ids=LINE_IDS,
    idempotent=True,
    tag="Orders",
)
async def hand_over_order_line(call: Call[HandOver, None]) -> Answer:
    """Note that a line was handed over.

    It must be paid. For what is sold in a seller's name the time for objections begins; when it is over, the money is
    released and paid out to him."""
    return await delivering.hand_over(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        call.id(ORDER, "order_id"),
        call.id(LINE, "line_id"),
        at=call.body.at,
        now=call.now,
    )


@route(
    "POST",
    "/v1/orders/{order_id}/lines/{line_id}/cancel",
    scope="orders:write",
    answer=OrderView,
    errors=(OrderNotFound, OrderLineNotFound, OrderConflict, OrderPaymentOpen),
    ids=LINE_IDS,
    idempotent=True,
    tag="Orders",
)
async def cancel_order_line(call: Call[None, None]) -> Answer:
    """Cancel a line.

    Before it is handed over. What was collected for it goes back to the buyer; the last line takes the order with
    it."""
    return await changing.cancel_line(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        call.id(ORDER, "order_id"),
        call.id(LINE, "line_id"),
        now=call.now,
    )


@route(
    "POST",
    "/v1/orders/{order_id}/lines/{line_id}/price_cut",
    scope="orders:write",
    body=PriceCut,
    answer=OrderView,
    errors=(
        OrderNotFound,
        OrderLineNotFound,
        OrderInvalid,
        OrderCutInvalid,
        OrderConflict,
        OrderLineReleased,
        OrderPaymentOpen,
        CurrencyUnknown,
    ),
    ids=LINE_IDS,
    idempotent=True,
    tag="Orders",
)
async def cut_order_line_price(call: Call[PriceCut, None]) -> Answer:
    """Lower the price of a line.

    Of what is sold in a seller's name, until its money is released. What was collected beyond the new price goes back
    to the buyer."""
    return await changing.cut_price(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        call.id(ORDER, "order_id"),
        call.id(LINE, "line_id"),
        by=call.body.amount.money("/amount"),
        now=call.now,
    )


ROUTES = (
    place_order,
    list_orders,
    get_order,
    pay_order,
    cancel_order,
    hand_over_order_line,
    cancel_order_line,
    cut_order_line_price,
)
