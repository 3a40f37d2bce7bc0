"""A room of the smallest size for the kit to serve: orders that live in memory, and routes that misbehave."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal, NewType
from uuid import UUID

from msgspec import Meta, Struct

from kontorhaus.kernel.errors import Conflict, NotFound, Precondition, Refused
from kontorhaus.kernel.ids import Noun, OrgId, uuid7
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.http import Call, Drain, Page, application, route
from kontorhaus.platform.http.edge import Edge
from kontorhaus.platform.idempotency import Once
from kontorhaus.platform.settings import Settings

OrderId = NewType("OrderId", UUID)
ORDER = Noun("httporder", OrderId)

KEY = "sk_test_all"
READER = "sk_test_reader"
OTHER = "sk_test_other"


class OrderNotFound(NotFound):
    """There is no order with this id."""

    code = "test_order_not_found"
    title = "No such order"


class OrderExists(Conflict):
    """There is an order with this name."""

    code = "test_order_exists"
    title = "The order exists"


class OrderMovedOn(Precondition):
    """The order has changed since."""

    code = "test_order_moved_on"
    title = "The order has moved on"


class OrderTooSmall(Refused):
    """An order has a least amount."""

    code = "test_order_too_small"
    title = "The order is too small"


class NewLine(Struct, frozen=True, forbid_unknown_fields=True):
    amount: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    text: Annotated[str, Meta(max_length=20)] = ""


class NewOrder(Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    lines: Annotated[list[NewLine], Meta(max_length=100)] = []
    currency: Literal["EUR", "USD"] = "EUR"


class OrderView(Struct, frozen=True):
    id: str
    name: str
    version: int


class OrderPage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str | None = None


class Rename(Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)]


class Why(Struct, frozen=True, forbid_unknown_fields=True):
    why: str | None = None


class Shop:
    """What is handed to the routes as resources, with gates that a test holds."""

    def __init__(self) -> None:
        self.orders: dict[UUID, OrderView] = {}
        self.keys: dict[Once, Answer] = {}
        self.asked: list[Once] = []
        self.entered = asyncio.Event()
        self.gate = asyncio.Event()
        self.cancelled = 0


@route(
    "POST",
    "/v1/orders",
    scope="orders:write",
    body=NewOrder,
    answer=OrderView,
    status=201,
    errors=(OrderExists, OrderTooSmall),
    idempotent=True,
    tag="Orders",
)
async def create_order(call: Call[NewOrder, None]) -> Answer:
    """Create an order.

    The name is yours.
    """
    shop: Shop = call.resources
    if call.once in shop.keys:
        kept = shop.keys[call.once]
        return Answer(kept.status, kept.body, kept.media_type, kept.headers, kept.version, replayed=True)
    if any(order.name == call.body.name for order in shop.orders.values()):
        raise OrderExists("there is an order with this name")
    if call.body.name == "tiny":
        raise OrderTooSmall("an order has 10.00 at least", least=1000)
    order_id = ORDER.new()
    view = OrderView(ORDER.text(order_id), call.body.name, 1)
    shop.orders[order_id] = view
    made = answer(view, status=201, version=1, location=f"/v1/orders/{view.id}")
    shop.keys[call.once] = made
    return made


@route("GET", "/v1/orders", scope="orders:read", query=OrderPage, list_of=OrderView, tag="Orders")
async def list_orders(call: Call[None, OrderPage]) -> Answer:
    """List orders."""
    shop: Shop = call.resources
    after = call.after(UUID)
    found = sorted(
        (order_id, order)
        for order_id, order in shop.orders.items()
        if (after is None or order_id > after) and call.query.name in (None, order.name)
    )
    return call.page(found[: call.query.limit + 1], view=lambda row: row[1], position=lambda row: row[0])


@route(
    "GET",
    "/v1/orders/{order_id}",
    scope="orders:read",
    answer=OrderView,
    errors=(OrderNotFound,),
    ids={"order_id": ORDER},
    tag="Orders",
)
async def get_order(call: Call[None, None]) -> Answer:
    """Read an order."""
    return _shown(_found(call))


@route(
    "PATCH",
    "/v1/orders/{order_id}",
    scope="orders:write",
    body=Rename,
    query=Why,
    answer=OrderView,
    errors=(OrderNotFound, OrderMovedOn),
    ids={"order_id": ORDER},
    idempotent=True,
    if_match=True,
    tag="Orders",
)
async def rename_order(call: Call[Rename, Why]) -> Answer:
    """Rename an order."""
    shop: Shop = call.resources
    shop.asked.append(call.once)
    found = _found(call)
    if call.if_match not in (None, found.version):
        raise OrderMovedOn("the order has moved on", version=found.version)
    renamed = OrderView(found.id, call.body.name, found.version + 1)
    shop.orders[ORDER.parse(found.id)] = renamed
    return _shown(renamed)


@route(
    "DELETE",
    "/v1/orders/{order_id}",
    scope="orders:write",
    status=204,
    errors=(OrderNotFound,),
    ids={"order_id": ORDER},
    tag="Orders",
)
async def delete_order(call: Call[None, None]) -> Answer:
    """Delete an order."""
    shop: Shop = call.resources
    shop.orders.pop(ORDER.parse(_found(call).id))
    return answer(None, status=204)


@route("POST", "/v1/orders/{order_id}/touch", scope="orders:write", answer=OrderView, ids={"order_id": ORDER})
async def touch_order(call: Call[None, None]) -> Answer:
    """Take no body."""
    return _shown(_found(call))


@route("GET", "/v1/crash", scope=None)
async def crash(call: Call[None, None]) -> Answer:
    """Fail as no one foresaw."""
    raise ZeroDivisionError("the secret of the crash")


@route("GET", "/v1/wait", scope=None)
async def wait(call: Call[None, None]) -> Answer:
    """Wait for the gate."""
    shop: Shop = call.resources
    shop.entered.set()
    try:
        await shop.gate.wait()
    except asyncio.CancelledError:
        shop.cancelled += 1
        raise
    return answer(Rename("waited"))


@route("GET", "/v1/own_timeout", scope=None)
async def own_timeout(call: Call[None, None]) -> Answer:
    """Raise a TimeoutError that is no deadline."""
    raise TimeoutError("of its own making")


ROUTES = (
    create_order,
    list_orders,
    get_order,
    rename_order,
    delete_order,
    touch_order,
    crash,
    wait,
    own_timeout,
)

ORG = OrgId(uuid7())
OTHER_ORG = OrgId(uuid7())


async def authenticate(credential: str) -> Actor | None:
    granted = {KEY: (ORG, {"*"}), READER: (ORG, {"orders:read"}), OTHER: (OTHER_ORG, {"*"})}
    if credential not in granted:
        return None
    org_id, scopes = granted[credential]
    return Actor(org_id=org_id, kind="api_key", id=UUID(int=1), scopes=frozenset(scopes), mode="test")


def made(shop: Shop | None = None, *, drain: Drain | None = None, **settings: Any) -> Edge:
    """The shop's application, with these settings."""
    return application(
        ROUTES,
        resources=shop or Shop(),
        authenticate=authenticate,
        settings=Settings(**{"log_level": "info", **settings}),
        drain=drain,
    )


def _found(call: Call[Any, Any]) -> OrderView:
    shop: Shop = call.resources
    order = shop.orders.get(call.id(ORDER, "order_id"))
    if order is None:
        raise OrderNotFound("there is no such order")
    return order


def _shown(order: OrderView) -> Answer:
    return answer(order, version=order.version)
