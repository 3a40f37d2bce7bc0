"""One request and its answer on the wire, as ASGI has them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from kontorhaus.platform.answers import Answer
from kontorhaus.platform.http import conditional, headers
from kontorhaus.platform.http.drain import Drain
from kontorhaus.platform.http.errors import BodyTooLarge, BodyTooSlow
from kontorhaus.platform.settings import Settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODILESS: Final = frozenset({204, 304})

LINGER_SECONDS: Final = 2.0
"""How long the rest of a refused body is read and thrown away: a connection that is closed while its sender still
sends is reset, and he would never see why. A sender who is slower than this finds that out from the reset."""

REVALIDATED: Final = "private, no-cache"
"""The caller's own cache may keep an answer, and must ask each time whether it still holds: a 304 is cheap."""


class Disconnected(ConnectionError):
    """The caller has gone. Nobody is left to answer; what was committed is committed."""


class Exchange:
    """One request: its head, its body when asked for, and the one answer that it gets."""

    __slots__ = (
        "_drain",
        "_receive",
        "_send",
        "_unread",
        "headers",
        "matched",
        "method",
        "org_id",
        "request_id",
        "scope",
        "status",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, request_id: str, drain: Drain) -> None:
        self.scope = scope
        self.headers: headers.RawHeaders = scope["headers"]
        self.method: str = scope["method"]
        self.request_id = request_id
        self.matched: Any = None
        self.org_id: str | None = None
        self.status = 0
        self._receive = receive
        self._send = send
        self._drain = drain
        self._unread = False

    @property
    def path(self) -> Mapping[str, str]:
        """The path's parameters, as texts."""
        found: Mapping[str, str] = self.scope["path_params"]
        return found

    @property
    def query(self) -> bytes:
        found: bytes = self.scope["query_string"]
        return found

    def has_body(self, settings: Settings) -> bool:
        """Whether a body was announced. BodyTooLarge, before a byte of it is read, if it says that it is too large."""
        length = headers.content_length(self.headers)
        self._unread = bool(length) or headers.first(self.headers, b"transfer-encoding") is not None
        if length is not None and length > settings.body_bytes_max:
            raise _too_large(settings)
        return self._unread

    async def body(self, settings: Settings) -> bytes:
        """The whole body. BodyTooLarge and BodyTooSlow beyond the settings' limits, Disconnected if it breaks off."""
        try:
            async with asyncio.timeout(settings.body_seconds_max):
                raw = await self._read(settings)
        except TimeoutError as error:
            raise BodyTooSlow("the body took too long", seconds_max=settings.body_seconds_max) from error
        self._unread = False
        return raw

    async def _read(self, settings: Settings) -> bytes:
        chunks, size = [], 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > settings.body_bytes_max:
                raise _too_large(settings)
            chunks.append(chunk)
            if not message.get("more_body", False):
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def interrupted(self) -> None:
        """Until an answer that waits for something should wait no longer: returns when the process is about to stop.
        Disconnected when the caller has gone. Asked after the body was read."""
        gone = asyncio.ensure_future(self._gone())
        stopping = asyncio.ensure_future(self._drain.wait_begun())
        try:
            await asyncio.wait((gone, stopping), return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise Disconnected
        finally:
            gone.cancel()
            stopping.cancel()

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def answer(self, answer: Answer, *, closing: bool) -> None:
        """Send the one answer; if `closing`, or if nobody knows where the next request begins, the connection is closed
        behind it."""
        fields, body = self._rendered(answer)
        if closing or self._is_adrift():
            fields.append((b"connection", b"close"))
        await self._send({"type": "http.response.start", "status": self.status, "headers": fields})
        if self.status == 413 and not self._waits_for_go_ahead():
            await self._send({"type": "http.response.body", "body": body, "more_body": True})
            await self._linger()
            body = b""
        await self._send({"type": "http.response.body", "body": body})

    def _is_adrift(self) -> bool:
        """Whether a body was left unread that is too large, too slow, of unknown length, or may never be sent."""
        if not self._unread:
            return False
        chunked = headers.first(self.headers, b"transfer-encoding") is not None
        return self.status in (408, 413) or chunked or self._waits_for_go_ahead()

    def _waits_for_go_ahead(self) -> bool:
        """Whether the caller holds his body back until he hears 100 (RFC 9110, 10.1.1), which reading it would send."""
        return headers.first(self.headers, b"expect") is not None

    def _rendered(self, answer: Answer) -> tuple[headers.RawHeaders, bytes]:
        """Header fields and body, with the entity tag; 304 for a caller who has these bytes already."""
        self.status = answer.status
        named = dict(answer.headers)
        fields = [(b"request-id", self.request_id.encode("ascii"))]
        if answer.status == 200 if self.method in ("GET", "HEAD") else answer.version is not None:
            tag = conditional.entity_tag(answer)
            fields.append((b"etag", tag.encode("ascii")))
            if self.method in ("GET", "HEAD") and conditional.has_seen(
                tag, headers.values(self.headers, b"if-none-match")
            ):
                self.status = 304
        if "cache-control" not in named:
            kept = self.method in ("GET", "HEAD") and answer.status == 200 and not answer.secret
            fields.append((b"cache-control", (REVALIDATED if kept else "no-store").encode("ascii")))
        if answer.replayed:
            fields.append((b"idempotency-replayed", b"true"))
        if answer.commit is not None:
            fields.append((b"kontorhaus-commit", answer.commit.encode("ascii")))
        fields += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
        if self.status in BODILESS:
            return fields, b""
        fields += [
            (b"content-type", answer.media_type.encode("latin-1")),
            (b"content-length", str(len(answer.body)).encode("ascii")),
            (b"x-content-type-options", b"nosniff"),
        ]
        return fields, b"" if self.method == "HEAD" else answer.body

    async def _linger(self) -> None:
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while (message := await self._receive())["type"] != "http.disconnect":
                    if not message.get("more_body", False):
                        return
        except TimeoutError:
            return


def _too_large(settings: Settings) -> BodyTooLarge:
    return BodyTooLarge(
        f"a body has at most {settings.body_bytes_max} bytes", bytes_max=settings.body_bytes_max
    )
