"""The one HTTP client of the house: bounded, traced, and honest about what it does not know.

    Unavailable
    ├── NotSent    the request surely did not reach the other side: trying again is safe
    └── Unknown    it may have, and may have had its effect
        └── ReplyTooLarge

With money at the other end this is the difference that counts: what is Unknown is asked for under the same idempotency
key, never sent again under another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace, TracebackType
from typing import Final, Literal, Self, cast
from urllib.parse import urlsplit

import aiohttp
from msgspec import Struct

from kontorhaus import __version__
from kontorhaus.kernel.errors import Unavailable
from kontorhaus.kernel.time import monotonic
from kontorhaus.platform import telemetry

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


class NotSent(Unavailable):
    """Another service that this needs could not be reached, and the request was surely not sent. Nothing was done."""

    code = "outbound_not_sent"
    title = "Another service could not be reached"


class Unknown(Unavailable):
    """Another service was sent a request and no whole answer came back, so it may have done what it was asked for.

    The house finds out by asking under the same key. Repeat your call with the same idempotency key, never another.
    """

    code = "outbound_unknown"
    title = "It is not known whether another service did it"


class ReplyTooLarge(Unknown):
    """Another service answered with more bytes than the house takes. It may have done what it was asked for."""

    code = "outbound_reply_too_large"
    title = "Another service answered too much"


class Reply(Struct, frozen=True):
    """A whole answer, whatever its status. Header names are in lower case; repeated ones are joined with commas."""

    status: int
    headers: Mapping[str, str]
    body: bytes


REPLY_BYTES_MAX: Final = 10 * 1_048_576
"""The largest answers that are meant to be read whole, reports of a provider's page of entries, stay below 2 MB; what
is larger is fetched as a file."""

CONNECT_SECONDS_MAX: Final = 10.0
"""Three tries of a lost SYN (1, 2, 4 s) fit; a host that has not answered by then will not within the request."""

CONNECTIONS_MAX: Final = 100
"""To all hosts together. It keeps a stuck provider from taking every file descriptor of the process."""

IDLE_SECONDS_MAX: Final = 15.0
"""How long an idle connection is kept: less than the 60 s and more after which providers close theirs, since a request
on a connection that is being closed ends as Unknown."""

CHUNK_BYTES: Final = 65_536
"""One read of a socket; how far a reply can run over its bound before it is noticed."""


class Outbound:
    """All outbound connections of a process, for `async with`. One per process, since it holds the pool."""

    _session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        tracing = aiohttp.TraceConfig()
        tracing.on_connection_create_end.append(_from_here_it_may_arrive)
        tracing.on_connection_reuseconn.append(_from_here_it_may_arrive)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX, keepalive_timeout=IDLE_SECONDS_MAX),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"user-agent": f"kontorhaus/{__version__}"},
            trace_configs=[tracing],
            # No proxies and no .netrc from the environment: credentials go where the code says, nowhere else.
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def request(
        self,
        method: Method,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout_seconds: float,
        reply_bytes_max: int = REPLY_BYTES_MAX,
        peer: str = "other",
    ) -> Reply:
        """Send one request and read its whole answer, all within `timeout_seconds`. Any status is an answer.

        NotSent and Unknown as drawn above. Redirects are not followed: they would carry credentials and amounts to a
        host that nobody chose. Nothing is sent twice, but that an idempotent method (not POST or PATCH) is tried once
        more if its kept connection turns out to be closed. `peer` is a fixed name for the metrics, such as `stripe`.
        Not guaranteed: that the host is a public one; an address that a customer chose must be checked by the caller.
        """
        address = urlsplit(url)
        began, outcome = monotonic(), "cancelled"
        attributes: dict[str, object] = {
            "http.request.method": method,
            # Neither path nor query: the first may carry ids and the second secrets.
            "server.address": address.hostname or "",
        }
        with telemetry.span(f"{method} {peer}", kind="client", **attributes) as span:
            sent = {**(headers or {}), **telemetry.outgoing_headers()}
            try:
                reply = await self._exchange(
                    method, url, headers=sent, body=body, seconds=timeout_seconds, bytes_max=reply_bytes_max
                )
                outcome = f"{reply.status // 100}xx"
            except NotSent:
                outcome = "not_sent"
                raise
            except Unknown:
                outcome = "unknown"
                raise
            finally:
                telemetry.metrics.outbound_seconds.labels(peer, outcome).observe(monotonic() - began)
            span.set(**{"http.response.status_code": reply.status})
            if reply.status >= 500:
                span.fail(str(reply.status))
            return reply

    async def _exchange(
        self,
        method: Method,
        url: str,
        *,
        headers: dict[str, str],
        body: bytes | None,
        seconds: float,
        bytes_max: int,
    ) -> Reply:
        progress = _Progress()
        try:
            async with self._session.request(
                method,
                url,
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, CONNECT_SECONDS_MAX)),
                trace_request_ctx=progress,
            ) as response:
                content = await _bounded(response, bytes_max)
                return Reply(status=response.status, headers=_joined(response), body=content)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            reason = type(error).__name__
            if progress.may_have_arrived:
                raise Unknown("another service did not answer", reason=reason) from error
            raise NotSent("another service could not be reached", reason=reason) from error


class _Progress:
    """Whether a connection was there to write on. Judged by this alone and not by the kind of error: the total time
    may run out in any phase, and raises the same error in all."""

    def __init__(self) -> None:
        self.may_have_arrived = False


async def _from_here_it_may_arrive(
    session: aiohttp.ClientSession, context: SimpleNamespace, params: object
) -> None:
    del session, params
    cast("_Progress", context.trace_request_ctx).may_have_arrived = True


async def _bounded(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    """The body as decoded; a small one that unpacks to a large one is stopped at the same bound."""
    content = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        content += chunk
        if len(content) > bytes_max:
            response.close()
            raise ReplyTooLarge("another service answered too much", bytes_max=bytes_max)
    return bytes(content)


def _joined(response: aiohttp.ClientResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers
