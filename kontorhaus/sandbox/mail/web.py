"""The HTTP side: what was kept, as JSON and as a page, and the faults to come."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import jinja2
import msgspec
from aiohttp import web

from kontorhaus.sandbox.mail.books import Books, Fault, read

BOOKS: Final = web.AppKey("books", Books)

SHOWN_MAX: Final = 200
"""The newest; a test that wants to see more deletes them in between."""

PAGES: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "pages"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)

SAFE: Final = {
    # Nothing of a message runs or loads anything: no script, no picture from elsewhere, no form.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def application(books: Books) -> web.Application:
    made = web.Application(middlewares=[_this_machine_alone])
    made[BOOKS] = books
    made.add_routes(
        [
            web.get("/", _page),
            web.get("/show/{number:[0-9]{1,15}}", _message_page),
            web.get("/messages", _messages),
            web.get("/messages/{number:[0-9]{1,15}}", _message),
            web.delete("/messages", _forget),
            web.get("/faults", _faults),
            web.post("/faults", _add_fault),
            web.delete("/faults", _clear_faults),
        ]
    )
    return made


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def _this_machine_alone(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A page elsewhere whose name was made to point here (DNS rebinding) has another Host; one that posts a form from
    elsewhere has no JSON."""
    if not _is_address((request.host or "").rpartition(":")[0] or request.host):
        raise web.HTTPMisdirectedRequest(text="call this by its address or localhost")
    if request.method == "POST" and request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="application/json alone")
    response = await handler(request)
    response.headers.update(SAFE)
    return response


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host == "localhost"
    return True


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")


async def _messages(request: web.Request) -> web.Response:
    """Newest first; `?to=` those to one address."""
    to = request.query.get("to")
    found = [read(stored) for stored in request.app[BOOKS].store.newest(SHOWN_MAX)]
    return _json({"data": [message for message in found if to is None or to in message.recipients]})


async def _message(request: web.Request) -> web.Response:
    stored = request.app[BOOKS].store.one(int(request.match_info["number"]))
    if stored is None:
        raise web.HTTPNotFound(text="no such message")
    return _json(read(stored))


async def _forget(request: web.Request) -> web.Response:
    return _json({"forgotten": request.app[BOOKS].store.forget()})


async def _faults(request: web.Request) -> web.Response:
    return _json({"data": request.app[BOOKS].faults})


async def _add_fault(request: web.Request) -> web.Response:
    try:
        fault = msgspec.json.decode(await request.read(), type=Fault)
    except msgspec.MsgspecError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    request.app[BOOKS].add_fault(fault)
    return _json(fault, 201)


async def _clear_faults(request: web.Request) -> web.Response:
    request.app[BOOKS].clear_faults()
    return _json({"data": []})


async def _page(request: web.Request) -> web.Response:
    found = [read(stored) for stored in request.app[BOOKS].store.newest(SHOWN_MAX)]
    return _html("list.html", messages=found)


async def _message_page(request: web.Request) -> web.Response:
    stored = request.app[BOOKS].store.one(int(request.match_info["number"]))
    if stored is None:
        raise web.HTTPNotFound(text="no such message")
    return _html("message.html", message=read(stored))


def _html(template: str, **values: object) -> web.Response:
    return web.Response(text=PAGES.get_template(template).render(values), content_type="text/html")
