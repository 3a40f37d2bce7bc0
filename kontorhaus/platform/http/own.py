"""The kit's own addresses: health, metrics, the document, its pages. All public, all in the document."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from kontorhaus.platform import telemetry
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.http import pages, problems
from kontorhaus.platform.http.calls import Call
from kontorhaus.platform.http.drain import Drain
from kontorhaus.platform.http.errors import NotReady, RouteNotFound
from kontorhaus.platform.http.exchange import Exchange
from kontorhaus.platform.http.headers import first
from kontorhaus.platform.http.routing import route
from kontorhaus.platform.settings import Settings

TAG: Final = "House"

HTML: Final = "text/html; charset=utf-8"

PUBLIC: Final = (("cache-control", "public, max-age=300"),)
"""Pages are the same for everyone and change with a deploy: five minutes late at the most."""


class Health(Struct, frozen=True):
    status: str


class ProblemUnknown(RouteNotFound):
    """There is no error with this code. All codes are listed in the reference of errors."""

    code = "problem_unknown"
    title = "No such code"


class Premises(Struct, frozen=True, eq=False):
    """What the kit's own routes work with; stands where a room's routes have their resources."""

    settings: Settings
    drain: Drain
    ready: Callable[[], Awaitable[bool]]
    document: Callable[[], dict[str, Any]]

    async def admit_to_metrics(self, exchange: Exchange) -> None:
        """Admit this machine, and whoever holds the token. A proxy on this machine stands for strangers, so what it
        passes on does not count as local. To all others the address does not exist."""
        given = first(exchange.headers, b"authorization") or b""
        token = self.settings.metrics_token
        if token and hmac.compare_digest(given, b"Bearer " + token.encode()):
            return
        if not _is_local(exchange):
            raise RouteNotFound("there is nothing at this address")


FORWARDED: Final = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via")


def _is_local(exchange: Exchange) -> bool:
    client = exchange.scope.get("client")
    if client is None or any(first(exchange.headers, name) is not None for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False


@route("GET", "/healthz", scope=None, answer=Health, tag=TAG)
async def health(_: Call[None, None]) -> Answer:
    """Say that the process is up.

    It does not ask the database: a process must not be restarted because its database is away.
    """
    return _fresh(answer(Health("ok")))


@route("GET", "/readyz", scope=None, answer=Health, errors=(NotReady,), tag=TAG)
async def readiness(call: Call[None, None]) -> Answer:
    """Say whether this process should be sent requests.

    Its database is reachable with the schema of this code, and it is not about to stop.
    """
    premises: Premises = call.resources
    if premises.drain.begun:
        raise NotReady("this process is about to stop")
    if not await premises.ready():
        raise NotReady("the database is not reachable")
    return _fresh(answer(Health("ok")))


@route(
    "GET", "/metrics", scope=None, media_type=telemetry.metrics.CONTENT_TYPE, errors=(RouteNotFound,), tag=TAG
)
async def metrics(_: Call[None, None]) -> Answer:
    """Give this process's metrics in Prometheus' text format.

    Only to this machine itself, or with `Authorization: Bearer` and the token of KONTORHAUS_METRICS_TOKEN.
    """
    body = telemetry.metrics.render()
    return _fresh(Answer(status=200, body=body, media_type=telemetry.metrics.CONTENT_TYPE))


@route("GET", "/openapi.json", scope=None, answer=dict[str, Any], tag=TAG)
async def openapi(call: Call[None, None]) -> Answer:
    """Give this API's OpenAPI 3.1 document."""
    premises: Premises = call.resources
    return Answer(status=200, body=msgspec.json.encode(premises.document()), headers=PUBLIC)


@route("GET", "/docs", scope=None, media_type=HTML, tag=TAG)
async def documentation(call: Call[None, None]) -> Answer:
    """Show this API's documentation, made from the document."""
    premises: Premises = call.resources
    return _page(pages.documentation(premises.document()))


@route("GET", "/problems/{code}", scope=None, media_type=HTML, errors=(ProblemUnknown,), tag=TAG)
async def problem_page(call: Call[None, None]) -> Answer:
    """Show what an error code means and what to do about it."""
    for kind in problems.every_problem():
        if kind.code == call.path["code"]:
            return _page(pages.problem(kind))
    raise ProblemUnknown("there is no error with this code")


EXAMPLES: Final[Mapping[str, Any]] = {
    "health": {"response": {"status": "ok"}},
    "readiness": {"response": {"status": "ok"}},
    "openapi": {"response": {"openapi": "3.1.0", "info": {"title": "Kontorhaus"}, "paths": {}}},
}

ROUTES: Final = (health, readiness, metrics, openapi, documentation, problem_page)


def _fresh(given: Answer) -> Answer:
    """Never from a cache: it is about this moment."""
    return msgspec.structs.replace(given, headers=(("cache-control", "no-store"),))


def _page(html: str) -> Answer:
    policy = ("content-security-policy", pages.POLICY)
    return Answer(status=200, body=html.encode(), media_type=HTML, headers=(*PUBLIC, policy))
