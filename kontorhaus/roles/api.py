"""The API: every room's routes, one application, one server."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from importlib import resources as package_data
from typing import Any, Final

from msgspec import structs

from kontorhaus.goods.orders.routes import orders as orders_routes
from kontorhaus.goods.orders.routes import telling as orders_telling_routes
from kontorhaus.money.ledger.routes import books as ledger_books_routes
from kontorhaus.money.ledger.routes import exports as ledger_exports_routes
from kontorhaus.money.ledger.routes import posting as ledger_posting_routes
from kontorhaus.money.ledger.routes import reports as ledger_reports_routes
from kontorhaus.money.payments.routes import connections as payments_connections_routes
from kontorhaus.money.payments.routes import operations as payments_operations_routes
from kontorhaus.money.payments.routes import payments as payments_routes
from kontorhaus.money.payments.routes import payouts as payments_payouts_routes
from kontorhaus.money.payments.routes import refunds as payments_refunds_routes
from kontorhaus.money.payments.routes import returning as payments_returning_routes
from kontorhaus.money.payments.routes import sellers as payments_sellers_routes
from kontorhaus.people.access import authenticate
from kontorhaus.people.access import routes as access_routes
from kontorhaus.people.notices import routes as notices_routes
from kontorhaus.people.parties import routes as parties_routes
from kontorhaus.platform import http
from kontorhaus.platform.http import Drain, Route
from kontorhaus.platform.inbox import routes as inbox_routes
from kontorhaus.platform.settings import Settings
from kontorhaus.roles.resources import Resources
from kontorhaus.wire.feed import routes as feed_routes


def routes() -> tuple[Route, ...]:
    """Every route of the house, room by room."""
    return (
        *access_routes.ROUTES,
        *parties_routes.ROUTES,
        *notices_routes.ROUTES,
        *ledger_books_routes.ROUTES,
        *ledger_posting_routes.ROUTES,
        *ledger_reports_routes.ROUTES,
        *ledger_exports_routes.ROUTES,
        *payments_connections_routes.ROUTES,
        *payments_routes.ROUTES,
        *payments_refunds_routes.ROUTES,
        *payments_operations_routes.ROUTES,
        *payments_returning_routes.ROUTES,
        *payments_sellers_routes.ROUTES,
        *payments_payouts_routes.ROUTES,
        *feed_routes.ROUTES,
        *inbox_routes.ROUTES,
        *orders_routes.ROUTES,
        *orders_telling_routes.ROUTES,
    )


def examples() -> Mapping[str, Any]:
    """Recorded real requests and answers, by operation; `tests/stories/test_examples.py` records them anew."""
    text = package_data.files("kontorhaus.roles").joinpath("examples.json").read_text(encoding="utf-8")
    recorded: Mapping[str, Any] = json.loads(text)
    return recorded


def document() -> dict[str, Any]:
    """The OpenAPI document, without a running house."""
    return http.document(routes(), examples=examples())


NOTICE_SECONDS: Final = 3
"""How long a stopping API still takes calls where the settings do not say: Kubernetes needs about a second to take an
address out, and a balancer that looks each second notices at its second look at the latest."""


def behind_a_balancer(settings: Settings) -> Settings:
    """Settings of an API that runs on its own: what is before it must notice that it stops, before it does."""
    if settings.drain_notice_seconds is not None:
        return settings
    return structs.replace(settings, drain_notice_seconds=NOTICE_SECONDS)


async def serve(
    resources: Resources, stop: asyncio.Event, *, listening: Callable[[str], None] | None = None
) -> None:
    """Serve until `stop` is set, then let requests in flight end. `listening` is told the address once it is open."""
    drain = Drain()
    application = http.application(
        routes(),
        resources=resources,
        authenticate=lambda credential: authenticate(resources.db, credential),
        settings=resources.settings,
        examples=examples(),
        drain=drain,
        ready=resources.db.reachable,
    )
    watching = asyncio.create_task(resources.tail.watch(resources.db, resources.published))
    # It never ends by itself. Should it fail, callers would wait in vain, so the process stops.
    watching.add_done_callback(lambda _: stop.set())
    try:
        await http.serve(application, resources.settings, drain=drain, stop=stop, listening=listening)
    finally:
        watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
