"""What happens to a request between the router and the room: who calls, what he sends, how often he sent it."""

from __future__ import annotations

import asyncio
import functools
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

from msgspec import Struct, structs

from kontorhaus.kernel.ids import ORG, OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.http import headers
from kontorhaus.platform.http.calls import Call
from kontorhaus.platform.http.decoding import check_media_type, decode, decode_query
from kontorhaus.platform.http.decoding.query import NoQuery
from kontorhaus.platform.http.errors import (
    BodyInvalid,
    BodyUnexpected,
    CredentialsInvalid,
    DeadlineExceeded,
    ScopeMissing,
)
from kontorhaus.platform.http.exchange import Exchange
from kontorhaus.platform.http.raw import RawBody
from kontorhaus.platform.http.routing import Route
from kontorhaus.platform.idempotency import Once
from kontorhaus.platform.settings import Settings

Authenticate = Callable[[str], Awaitable[Actor | None]]

API_VERSION: Final = "2026-11-20"
"""The dated version of the API that this code speaks. There is one so far."""


@functools.lru_cache(4096)
def _org_text(org_id: OrgId) -> str:
    """An organization's id for the log; the same few, request after request."""
    return ORG.text(org_id)


class NoBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a route that takes none: absent, or an object without members, as many clients send it."""


class Endpoint(Struct, frozen=True, eq=False):
    """One route, bound to what it needs. Called with an exchange it gives the answer, or raises a domain error.

    The order of the checks is that in which a caller should hear them, the cheap ones first: size, key, scope, header
    fields, query, body. Nothing is read of the body of a stranger.
    """

    route: Route
    resources: Any
    settings: Settings
    admit: Callable[[Exchange], Awaitable[Actor | None]]

    async def __call__(self, exchange: Exchange) -> Answer:
        deadline = asyncio.timeout(self.settings.answer_seconds_max)
        try:
            async with deadline:
                return await self._answer(exchange, deadline)
        except TimeoutError as error:
            # A TimeoutError of the handler's own making is a mistake of ours, and no deadline.
            if not deadline.expired():
                raise
            raise DeadlineExceeded(
                "the answer took too long", seconds_max=self.settings.answer_seconds_max
            ) from error

    async def _answer(self, exchange: Exchange, deadline: asyncio.Timeout) -> Answer:
        route = self.route
        has_body = exchange.has_body(self.settings)
        caller = await self.admit(exchange)
        if caller is not None:
            exchange.org_id = _org_text(caller.org_id)
            caller = structs.replace(caller, request_id=exchange.request_id)
            if route.scope is not None and not caller.may(route.scope):
                raise ScopeMissing(f"this key was not given the scope {route.scope}", scope=route.scope)
        headers.refuse_unacceptable(exchange.headers, route.media_type)
        key = headers.idempotency_key(exchange.headers) if route.idempotent else None
        seen = headers.if_match(exchange.headers) if route.if_match else None
        query = decode_query(exchange.query, route.query or NoQuery)
        if has_body:
            # The caller's time for his body is not ours: the deadline begins anew when it is here.
            deadline.reschedule(None)
            raw = await self._body(exchange)
            deadline.reschedule(asyncio.get_running_loop().time() + self.settings.answer_seconds_max)
        else:
            raw = b""
        call = Call(
            operation_id=route.operation_id,
            body=self._decoded(raw, exchange),
            query=query,
            path=exchange.path,
            request_id=exchange.request_id,
            now=utc_now() if caller is None or caller.frozen_at is None else caller.frozen_at,
            resources=self.resources,
            interrupted=exchange.interrupted,
            caller=caller,
            key=None if key is None or caller is None else _once(route, caller, key, exchange, raw),
            if_match=seen,
        )
        return await route.handler(call)

    async def _body(self, exchange: Exchange) -> bytes:
        if self.route.body is not RawBody:
            check_media_type(
                headers.first(exchange.headers, b"content-type"),
                headers.first(exchange.headers, b"content-encoding"),
            )
        return await exchange.body(self.settings)

    def _decoded(self, raw: bytes, exchange: Exchange) -> Any:
        if self.route.body is RawBody:
            return RawBody(raw, tuple(exchange.headers))
        if self.route.body is not None:
            return decode(raw, self.route.body)
        if raw:
            try:
                decode(raw, NoBody)
            except BodyInvalid as error:
                raise BodyUnexpected("send no body, or an empty object", faults=error.faults) from error
        return None


def by_key(authenticate: Authenticate) -> Callable[[Exchange], Awaitable[Actor | None]]:
    """Admit whoever holds a valid key."""

    async def admit(exchange: Exchange) -> Actor | None:
        caller = await authenticate(headers.credential(exchange.headers))
        if caller is None:
            raise CredentialsInvalid("the key is not valid")
        return caller

    return admit


async def everyone(_: Exchange) -> None:
    """Admit anyone: the route is public."""


def _once(route: Route, caller: Actor, key: str, exchange: Exchange, raw: bytes) -> Once:
    """The identity of an unsafe call. What it is about stands in path and query as well as in the body, so the hash
    covers all three: a key that was used to end one subscription does not silently stand for ending another."""
    digest = hashlib.sha256()
    for part in (*(value.encode() for value in exchange.path.values()), exchange.query, raw):
        digest.update(len(part).to_bytes(8, "big") + part)
    return Once(
        org_id=caller.org_id,
        actor_kind=caller.kind,
        device_id=caller.device_id,
        operation=route.operation_id,
        key=key,
        body_hash=digest.digest(),
        version=API_VERSION,
    )
