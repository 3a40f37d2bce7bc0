"""Serving an application on a socket, and stopping without cutting anyone off."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from typing import Any, Final, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kontorhaus.kernel.errors import DomainError
from kontorhaus.platform import telemetry
from kontorhaus.platform.http import problems
from kontorhaus.platform.http.drain import Drain
from kontorhaus.platform.http.edge import REQUEST
from kontorhaus.platform.http.errors import AddressInUse, HeadTooLarge, RequestMalformed
from kontorhaus.platform.http.exchange import LINGER_SECONDS
from kontorhaus.platform.settings import Settings

LOG: Final = telemetry.get_logger(__name__)

HEAD_BYTES_MAX: Final = 32_768
"""Request line and header fields together. Browsers with many cookies reach 16 KiB; our callers send one."""

HEAD_SECONDS_MAX: Final = 10.0
"""How long a head may take to arrive, from the first byte of the connection on. A phone that changes its cell resends
within three; a caller who sends a byte a minute only wants to hold the connection."""

KEEP_ALIVE_SECONDS: Final = 75
"""Longer than the 60 seconds of the usual balancers: of two ends that let go, the balancer must be the first, or it
sends a request into a connection that is being closed."""

CLOSE_SECONDS: Final = 5
"""After the drain: for the answers that are still being written when everything else has ended."""


async def serve(
    application: Any,
    settings: Settings,
    *,
    drain: Drain,
    stop: asyncio.Event,
    listening: Callable[[str], None] | None = None,
) -> None:
    """Serve on the settings' host and port until `stop` is set, then drain and return.

    `listening` is told the address, with the port that was bound, once requests are taken. Draining: `/readyz` answers
    503 and every answer closes its connection, but all are still answered for `drain_notice_seconds`, so that whoever
    is before this process turns to others first; then requests in flight end, `drain_seconds_max` at most; then the
    socket closes, and what is still running is cancelled. A connection on which nothing came in all that time is cut.
    Other tasks of the loop go on. Signals are the caller's: he sets `stop`. AddressInUse if the port is taken.
    """
    bound = _bound(settings)
    server = _Server(
        uvicorn.Config(
            application,
            http=cast("type[asyncio.Protocol]", partial(_Protocol, public_url=settings.public_url)),
            ws="none",
            lifespan="off",
            loop="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=CLOSE_SECONDS,
        ),
        opened=lambda: listening(_address(bound)) if listening else None,
    )
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not serving.done():
            drain.begin()
            await asyncio.wait({serving}, timeout=settings.drain_notice_seconds or 0)
            if not await drain.wait(settings.drain_seconds_max):
                LOG.warning("drain_cut_short", in_flight=drain.in_flight)
    finally:
        stopping.cancel()
        server.should_exit = True
        await serving


def _bound(settings: Settings) -> socket.socket:
    """A listening socket; IPv6 if the host is written so."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        bound = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise AddressInUse(
            f"cannot listen on {settings.host}:{settings.port}; set KONTORHAUS_HOST or KONTORHAUS_PORT",
            host=settings.host,
            port=settings.port,
        ) from error
    # asyncio sets this only on sockets that name their protocol, which this one does not. Connections inherit it;
    # without it the body of an answer waits behind its head for an acknowledgement, which callers delay by 40 ms.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound


def _address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """Uvicorn's server, which leaves signals to the process and says when it takes requests."""

    def __init__(self, config: uvicorn.Config, *, opened: Callable[[], None]) -> None:
        super().__init__(config)
        self._opened = opened

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._opened()


class _Protocol(HttpToolsProtocol):
    """Uvicorn's protocol with a bound on the size of a request's head and on the time that it takes; it has neither."""

    _in_head = True
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None
    _refused = False

    def __init__(self, *given: Any, public_url: str | None, **named: Any) -> None:
        super().__init__(*given, **named)
        self._public_url = (public_url or "").rstrip("/")

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_timer()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._in_head:
            if self._head_bytes == 0:
                self._start_timer()
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_BYTES_MAX:
            self._refuse_head()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """What uvicorn calls for bytes that are no HTTP."""
        self._refuse_with(RequestMalformed("the request is not valid HTTP"))

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_timer()
        # One that came in a single piece is complete before it could be counted as it grows.
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > HEAD_BYTES_MAX:
            self._refuse_head()
        if not self._refused:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._refused:
            return
        super().on_message_complete()
        self._in_head, self._head_bytes = True, 0

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def _start_timer(self) -> None:
        self._stop_timer()
        self._head_timer = self.loop.call_later(HEAD_SECONDS_MAX, self._head_is_late)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        if self._head_bytes:
            self._refuse(b"408 Request Timeout")
        else:
            # Nothing was asked: browsers open connections in advance, and would take an answer for that of another.
            self.transport.close()

    def _refuse_head(self) -> None:
        self._refuse_with(HeadTooLarge(f"request line and header fields have {HEAD_BYTES_MAX} bytes at most"))

    def _refuse_with(self, error: DomainError) -> None:
        """The same problem that the edge would answer with, for what never becomes a request."""
        request_id = REQUEST.text(REQUEST.new())
        answer = problems.problem(error, request_id=request_id, public_url=self._public_url)
        fields = [*answer.headers, ("request-id", request_id), ("content-type", answer.media_type)]
        fields += [("cache-control", "no-store"), ("x-content-type-options", "nosniff")]
        head = "".join(f"{name}: {value}\r\n" for name, value in fields)
        status = HTTPStatus(answer.status)
        self._refuse(f"{status:d} {status.phrase}".encode(), head.encode(), answer.body)

    def _refuse(self, status: bytes, head: bytes = b"", body: bytes = b"") -> None:
        """Answer once, and throw away for a while what is still being sent: closed at once, the connection would be
        reset and the refusal lost. Whoever works on an earlier part of it hears that its caller has gone."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        date = b"".join(b"%b: %b\r\n" % field for field in self.server_state.default_headers)
        self.transport.write(
            b"HTTP/1.1 %b\r\n%b%bconnection: close\r\ncontent-length: %d\r\n\r\n%b"
            % (status, date, head, len(body), body)
        )
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)
