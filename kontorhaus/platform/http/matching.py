"""Which route a request is for. Litestar is the router and nothing else: it finds the path, we do the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NoReturn

from litestar import Litestar, Request
from litestar import types as asgi
from litestar.exceptions import HTTPException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp
from msgspec import Struct

from kontorhaus.platform.answers import Answer
from kontorhaus.platform.http.endpoint import Endpoint
from kontorhaus.platform.http.errors import MethodNotAllowed, RequestMalformed, RouteNotFound
from kontorhaus.platform.http.exchange import Exchange, Receive, Scope, Send
from kontorhaus.platform.http.routing import PARAMETER

EXCHANGE: Final = "kontorhaus"
"""Under this name an exchange travels through Litestar in the scope's state."""

METHOD: Final = "GET"
"""Litestar is asked for the path alone, as if all were GET: which methods a path takes is ours to say, in full."""


class Matched(Struct, frozen=True, eq=False):
    """The routes at one path, by method."""

    template: str
    endpoints: Mapping[str, Endpoint]

    @property
    def allow(self) -> str:
        head = ["HEAD"] if "GET" in self.endpoints else []
        return ", ".join(sorted([*self.endpoints, *head, "OPTIONS"]))

    async def answer(self, exchange: Exchange) -> Answer:
        """The answer of the route for this method; HEAD is GET without its body, OPTIONS names the methods."""
        if exchange.method == "OPTIONS":
            return Answer(status=204, body=b"", headers=(("allow", self.allow),))
        method = "GET" if exchange.method == "HEAD" else exchange.method
        endpoint = self.endpoints.get(method)
        if endpoint is None:
            raise MethodNotAllowed(f"this address takes {self.allow}", allow=self.allow)
        return await endpoint(exchange)


class Router:
    """All routes of an application. It is asked before anything of a request is looked at."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        by_path: dict[str, dict[str, Endpoint]] = {}
        for endpoint in endpoints:
            methods = by_path.setdefault(endpoint.route.path, {})
            assert endpoint.route.method not in methods, (
                f"two routes for {endpoint.route.method} {endpoint.route.path}"
            )
            methods[endpoint.route.method] = endpoint
        self.application = Litestar(
            [_handler(Matched(path, methods)) for path, methods in by_path.items()],
            openapi_config=None,
            logging_config=None,
            exception_handlers={HTTPException: _unmatched},
        )

    async def pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What is no HTTP request, such as the events of a server's start and stop, is Litestar's."""
        await self.application(scope, receive, send)  # type: ignore[arg-type]

    async def match(self, exchange: Exchange) -> Matched:
        """The routes at the exchange's path; RouteNotFound if there are none."""
        exchange.scope.setdefault("state", {})[EXCHANGE] = exchange
        scope = {**exchange.scope, "method": METHOD}
        await self.application(scope, _nothing_to_receive, _nothing_to_send)  # type: ignore[arg-type]
        exchange.scope["path_params"] = scope["path_params"]
        matched: Matched = exchange.matched
        return matched


def _handler(matched: Matched) -> HTTPRouteHandler:
    async def found(scope: asgi.Scope) -> ASGIApp:
        scope["state"][EXCHANGE].matched = matched
        return _answered_later

    path = PARAMETER.sub(r"{\1:str}", matched.template)
    return HTTPRouteHandler(path, http_method=METHOD)(found)


async def _answered_later(scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
    """What Litestar calls to send the answer: it was asked for the match alone."""


def _unmatched(_: Request[Any, Any, Any], error: HTTPException) -> NoReturn:
    if isinstance(error, NotFoundException):
        raise RouteNotFound("there is nothing at this address") from error
    raise RequestMalformed("the request is not valid HTTP") from error


async def _nothing_to_receive() -> NoReturn:
    raise AssertionError("the router reads no body")


async def _nothing_to_send(_: object) -> NoReturn:
    raise AssertionError("the router sends nothing")
