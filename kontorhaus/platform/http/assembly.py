"""From routes to an application."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from msgspec import structs

from kontorhaus.platform.http import own
from kontorhaus.platform.http.drain import Drain
from kontorhaus.platform.http.edge import Edge
from kontorhaus.platform.http.endpoint import Authenticate, Endpoint, by_key, everyone
from kontorhaus.platform.http.matching import Router
from kontorhaus.platform.http.openapi import build
from kontorhaus.platform.http.routing import Route
from kontorhaus.platform.settings import Settings


async def _always() -> bool:
    return True


def application(
    routes: Sequence[Route],
    *,
    resources: Any,
    authenticate: Authenticate,
    settings: Settings,
    examples: Mapping[str, Any] | None = None,
    drain: Drain | None = None,
    ready: Callable[[], Awaitable[bool]] = _always,
) -> Edge:
    """The ASGI application of these routes and of the kit's own.

    `authenticate` says whose a credential is, None if nobody's. `ready` says whether the database is reachable with the
    right schema. `examples` are recorded requests and answers by operation, for the document. `drain` is the one that
    `serve` is given too.
    """
    drain = drain or Drain()
    premises = own.Premises(
        settings=settings,
        drain=drain,
        ready=ready,
        document=functools.cache(lambda: document(routes, examples=examples, public_url=settings.public_url)),
    )
    admit = by_key(authenticate)
    endpoints = [
        Endpoint(route, resources, _limits(route, settings), everyone if route.scope is None else admit)
        for route in routes
    ]
    endpoints += [
        Endpoint(route, premises, settings, premises.admit_to_metrics if route is own.metrics else everyone)
        for route in own.ROUTES
    ]
    names = [endpoint.route.operation_id for endpoint in endpoints]
    assert len(names) == len(set(names)), "two routes have handlers of the same name"
    return Edge(Router(endpoints), drain=drain, public_url=(settings.public_url or "").rstrip("/"))


def _limits(route: Route, settings: Settings) -> Settings:
    """The settings, with room for the bodies of a route that takes larger ones."""
    return structs.replace(settings, body_bytes_max=max(settings.body_bytes_max, route.body_bytes_max))


def document(
    routes: Sequence[Route], *, examples: Mapping[str, Any] | None = None, public_url: str | None = None
) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these routes and of the kit's own, as plain data. Needs no running house."""
    return build((*routes, *own.ROUTES), examples={**own.EXAMPLES, **(examples or {})}, public_url=public_url)
