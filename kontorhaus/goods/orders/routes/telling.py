"""Reading what happened to an order: in words, and in the books."""

from __future__ import annotations

from typing import Final

from kontorhaus.goods.orders import queries
from kontorhaus.goods.orders.errors import OrderNotFound, OrderTooLarge
from kontorhaus.goods.orders.model.order import ORDER
from kontorhaus.goods.orders.views import books as books_view
from kontorhaus.goods.orders.views import timeline as timeline_view
from kontorhaus.goods.orders.views.books import OrderBooksView
from kontorhaus.goods.orders.views.timeline import TimelineView
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.http import Call, route

IDS: Final = {"order_id": ORDER}

DRAWN: Final = (("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"),)
"""A drawing opened by itself is a document: it may style itself and nothing else."""


@route(
    "GET",
    "/v1/orders/{order_id}/timeline",
    scope="orders:read",
    answer=TimelineView,
    errors=(OrderNotFound,),
    ids=IDS,
    tag="Orders",
)
async def get_order_timeline(call: Call[None, None]) -> Answer:
    """Read what happened to an order.

    In words, in the order in which it happened; and what it waits for now, since when and until when."""
    found = await queries.story(call.db, call.actor.org_id, call.id(ORDER, "order_id"))
    return answer(timeline_view.timeline(found))


@route(
    "GET",
    "/v1/orders/{order_id}/books",
    scope="orders:read",
    answer=OrderBooksView,
    errors=(OrderNotFound,),
    ids=IDS,
    tag="Orders",
)
async def get_order_books(call: Call[None, None]) -> Answer:
    """Read the books of an order.

    Every transfer that was posted for it, with its reason, and what is set apart and not moved yet."""
    order, moved = await queries.books(call.db, call.actor.org_id, call.id(ORDER, "order_id"))
    return answer(books_view.books(order, moved))


@route(
    "GET",
    "/v1/orders/{order_id}/books/drawing",
    scope="orders:read",
    media_type="image/svg+xml",
    errors=(OrderNotFound, OrderTooLarge),
    ids=IDS,
    tag="Orders",
)
async def draw_order_books(call: Call[None, None]) -> Answer:
    """Draw the books of an order.

    As SVG: accounts as boxes, transfers as arrows from the credited account to the debited one."""
    drawn = await queries.drawn(call.db, call.actor.org_id, call.id(ORDER, "order_id"))
    return Answer(status=200, body=drawn, media_type="image/svg+xml", headers=DRAWN)


ROUTES = (get_order_timeline, get_order_books, draw_order_books)
