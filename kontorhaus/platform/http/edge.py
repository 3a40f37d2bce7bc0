"""The edge: everything that is the same for each request, whoever answers it."""

from __future__ import annotations

import asyncio
from typing import Final, NewType
from uuid import UUID

from kontorhaus.kernel.errors import DomainError
from kontorhaus.kernel.ids import Noun
from kontorhaus.kernel.time import monotonic
from kontorhaus.platform import failpoints, telemetry
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.http import headers, problems
from kontorhaus.platform.http.drain import Drain
from kontorhaus.platform.http.errors import DeadlineExceeded, InternalError
from kontorhaus.platform.http.exchange import Disconnected, Exchange, Receive, Scope, Send
from kontorhaus.platform.http.matching import Matched, Router

LOG: Final = telemetry.get_logger(__name__)

RequestId = NewType("RequestId", UUID)
REQUEST: Final = Noun("req", RequestId)

GONE: Final = 499
"""What logs and metrics say of a caller who left before his answer; nothing on the wire has this status."""

PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: their lines would bury all others, so they are logged at debug."""


class Edge:
    """The ASGI application: request id, trace, metrics, one log line, and an answer for whatever happens inside.

    Every request is answered once, with JSON or a problem, or its caller has gone. An unforeseen exception becomes
    500 with the request id; its message stays in the log.
    """

    def __init__(self, router: Router, *, drain: Drain, public_url: str) -> None:
        self._router = router
        self._drain = drain
        self._public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._router.pass_on(scope, receive, send)
            return
        began = monotonic()
        request_id = headers.request_id(scope["headers"]) or REQUEST.text(REQUEST.new())
        exchange = Exchange(scope, receive, send, request_id, self._drain)
        telemetry.metrics.requests_in_flight.inc()
        try:
            with self._drain.request(), self._span(exchange) as span:
                await self._exchange(exchange)
                self._tell(exchange, span, monotonic() - began)
        finally:
            telemetry.metrics.requests_in_flight.dec()

    def _span(self, exchange: Exchange) -> telemetry.Span:
        parent, state = (
            None if value is None else value.decode("latin-1")
            for value in (
                headers.first(exchange.headers, b"traceparent"),
                headers.first(exchange.headers, b"tracestate"),
            )
        )
        return telemetry.server_span(
            exchange.method, request_id=exchange.request_id, traceparent=parent, tracestate=state
        )

    async def _exchange(self, exchange: Exchange) -> None:
        try:
            answer = await self._answer(exchange)
            failpoints.reach("http.call.done")
            await exchange.answer(answer, closing=self._drain.begun)
        except Disconnected:
            exchange.status = GONE
        except asyncio.CancelledError:
            # The process stops and waits no longer. Its caller hears that before the connection ends.
            if exchange.status == 0:
                await exchange.answer(
                    self._problem(exchange, DeadlineExceeded("the process has stopped")), closing=True
                )
            raise

    async def _answer(self, exchange: Exchange) -> Answer:
        try:
            return await self._guarded(exchange)
        except DomainError as error:
            return self._problem(exchange, error)

    def _problem(self, exchange: Exchange, error: DomainError) -> Answer:
        return problems.problem(error, request_id=exchange.request_id, public_url=self._public_url)

    async def _guarded(self, exchange: Exchange) -> Answer:
        try:
            headers.refuse_ambiguous_host(exchange.headers, exchange.scope["http_version"])
            matched = await self._router.match(exchange)
            return await matched.answer(exchange)
        except (DomainError, Disconnected):
            raise
        except Exception as error:
            LOG.exception("request_crashed", route=_template(exchange), exc_info=error)
            raise InternalError(
                "something went wrong on our side; the request id finds it in our logs"
            ) from error

    def _tell(self, exchange: Exchange, span: telemetry.Span, seconds: float) -> None:
        template = _template(exchange)
        telemetry.metrics.observe_request(exchange.method, template, exchange.status, seconds)
        span.rename(f"{exchange.method} {template or 'unmatched'}")
        span.set(**{"http.route": template, "http.response.status_code": exchange.status})
        if exchange.status >= 500:
            span.fail(str(exchange.status))
        milliseconds = round(seconds * 1000, 3)
        if template in PROBES:
            LOG.debug("probe", route=template, status=exchange.status, milliseconds=milliseconds)
        else:
            telemetry.request_answered(
                __name__,
                method=exchange.method,
                route=template,
                status=exchange.status,
                milliseconds=milliseconds,
                org_id=exchange.org_id,
            )


def _template(exchange: Exchange) -> str | None:
    matched: Matched | None = exchange.matched
    return None if matched is None else matched.template
