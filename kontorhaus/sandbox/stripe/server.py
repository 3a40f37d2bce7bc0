"""The HTTP side: the API under `/v1/`, the control interface under `/sandbox/`, and the page."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from aiohttp import web

from kontorhaus.sandbox.stripe import control, tasks
from kontorhaus.sandbox.stripe import web as pages
from kontorhaus.sandbox.stripe.api import Api, Request
from kontorhaus.sandbox.stripe.call import Books
from kontorhaus.sandbox.stripe.control import BOOKS, FAULTS, POSTMAN
from kontorhaus.sandbox.stripe.deliveries import Postman
from kontorhaus.sandbox.stripe.errors import StripeError
from kontorhaus.sandbox.stripe.faults import Faults

API: Final = web.AppKey("api", Api)

BODY_BYTES_MAX: Final = 1_000_000
"""The largest form of a real request has some kilobytes."""

TICK_SECONDS: Final = 0.1
"""How late something that happens by itself may be."""

FORGET_SECONDS: Final = 3_600
"""How often answers older than Stripe keeps them are thrown away."""

SAFE: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
"""Nothing runs and nothing is loaded. Where a form may lead is left open: the bank's page leads back to the shop."""

FORMS: Final = ("/sandbox/act", "/sandbox/3ds/", "/sandbox/onboarding/")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(books: Books) -> web.Application:
    made = web.Application(middlewares=[_this_machine_alone], client_max_size=BODY_BYTES_MAX)
    faults = Faults(books.random)
    made[BOOKS], made[FAULTS] = books, faults
    made[POSTMAN] = Postman(books, faults)
    made[API] = Api(books, faults)
    made.add_routes([*control.ROUTES, *pages.ROUTES, web.route("*", "/v1/{rest:.*}", _api)])
    made.cleanup_ctx.append(_background)
    return made


@web.middleware
async def _this_machine_alone(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A page elsewhere whose name was made to point here (DNS rebinding) has another Host."""
    host = request.host.rpartition(":")[0] or request.host
    if not _is_address(host):
        raise web.HTTPMisdirectedRequest(text="call this by its address or localhost")
    try:
        _check_control(request)
        response = await handler(request)
    except StripeError as error:
        is_page = "text/html" in request.headers.get("accept", "")
        response = pages.error_page(error) if is_page else control.refused(error)
    except web.HTTPSeeOther as moved:
        moved.headers.update(SAFE)
        raise
    response.headers.update(SAFE)
    if response.content_type == "text/html":
        response.headers["content-security-policy"] = POLICY
    return response


def _check_control(request: web.Request) -> None:
    """A browser names the page that a call comes from, or `null` for our own forms, since those tell nobody where they
    stand. They have a token, in the form or in the path."""
    origin = request.headers.get("origin")
    if origin is None or request.method == "GET" or not request.path.startswith("/sandbox/"):
        return
    allowed = {f"{request.scheme}://{request.host}"} | ({"null"} if request.path.startswith(FORMS) else set())
    if origin not in allowed:
        raise web.HTTPForbidden(text="from this machine's own pages and programs alone")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host == "localhost"
    return True


async def _api(request: web.Request) -> web.StreamResponse:
    body = (await request.read()).decode("utf-8", "replace")
    headers = {name.lower(): value for name, value in request.headers.items()}
    reply = await request.app[API].answer(
        Request(request.method, request.path, headers, request.query_string, body)
    )
    request.app[POSTMAN].wake()
    response = web.Response(
        status=reply.status or 200, body=reply.body, headers=reply.headers, content_type="application/json"
    )
    if reply.hang_up and request.transport is not None:
        request.transport.abort()
    return response


async def _background(app: web.Application) -> AsyncIterator[None]:
    """Deliveries and what falls due, as long as the server runs. If either breaks, so does the process."""
    running = [asyncio.create_task(app[POSTMAN].work()), asyncio.create_task(_tick(app[BOOKS]))]
    for task in running:
        task.add_done_callback(_crash)
    yield
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def _crash(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        task.get_loop().call_exception_handler({"message": "the sandbox broke", "exception": error})
        task.get_loop().stop()


async def _tick(books: Books) -> None:
    since = FORGET_SECONDS / TICK_SECONDS
    while True:
        tasks.run_due(books)
        since += 1
        if since * TICK_SECONDS >= FORGET_SECONDS:
            books.store.forget_answers(books.now_ms // 1000 - 86_400)
            since = 0
        await asyncio.sleep(TICK_SECONDS)
