"""Traces: W3C trace ids for every request, and OpenTelemetry spans when someone listens.

Without an exporter no part of OpenTelemetry is imported, `span` costs a function call, and the trace id of a request
is taken from its `traceparent` (https://www.w3.org/TR/trace-context/) or made here, so that logs always carry one.
Attributes never hold personal data: values go through the same cleaning as those of logs, and an exception leaves the
name of its type alone.
"""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Iterator
from contextvars import ContextVar, Token
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, Protocol, Self

from msgspec import Struct

from kontorhaus.platform.telemetry.redaction import Scalar, scalar

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from opentelemetry.trace import Span as RecordedSpan
    from opentelemetry.trace import Tracer

Kind = Literal["internal", "server", "client", "consumer"]


class Trace(Struct, frozen=True):
    """Where the running code stands: ids in hex, as W3C has them, and the request that all this is for."""

    trace_id: str
    span_id: str
    sampled: bool
    state: str | None = None
    request_id: str | None = None


class Span(Protocol):
    """One timed piece of work. All of it is free of effect when nothing is recorded."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def set(self, **attributes: object) -> None:
        """Add attributes; names with dots are passed as `**{"http.route": …}`."""

    def rename(self, name: str) -> None:
        """Give the span the name that was not known at its start, such as the route's template."""

    def fail(self, reason: str) -> None:
        """Mark the work as failed; `reason` is an error's code or type, never its message."""


_current: ContextVar[Trace | None] = ContextVar("kontorhaus_trace", default=None)

_tracer: Tracer | None = None


def current() -> Trace | None:
    """The trace of the running task; None outside of requests and jobs."""
    return _current.get()


def span(name: str, *, kind: Kind = "internal", **attributes: object) -> Span:
    """A span below the current one, for `with`. Names are low in variety: the operation, never an id."""
    if _tracer is None:
        return _NOTHING
    return _Recorded(_tracer, name, kind, attributes, _current.get())


def server_span(
    name: str,
    *,
    request_id: str,
    traceparent: str | None = None,
    tracestate: str | None = None,
    **attributes: object,
) -> Span:
    """The span of one request: continues the caller's trace if `traceparent` is well formed, else begins one.

    Within it `current()` is never None, so every log line has its trace and request id.
    """
    return _entered(name, "server", attributes, _parsed(traceparent, tracestate, request_id), request_id)


def job_span(name: str, *, traceparent: str | None = None, **attributes: object) -> Span:
    """The span of one piece of work that no request is waiting for.

    It continues the trace of whoever asked for it, if `traceparent` is well formed, else it begins one of its own.
    """
    return _entered(name, "consumer", attributes, _parsed(traceparent, None, None), None)


def _entered(
    name: str, kind: Kind, attributes: dict[str, object], parent: Trace | None, request_id: str | None
) -> Span:
    if _tracer is not None:
        return _Recorded(_tracer, name, kind, attributes, parent, request_id=request_id)
    own = Trace(parent.trace_id, _hex(64), parent.sampled, parent.state, request_id) if parent else None
    return _Unrecorded(own or Trace(_hex(128), _hex(64), sampled=False, request_id=request_id))


def outgoing_headers() -> dict[str, str]:
    """What an outbound request carries so that its receiver continues the trace; empty outside of one."""
    trace = _current.get()
    if trace is None:
        return {}
    headers = {"traceparent": f"00-{trace.trace_id}-{trace.span_id}-{'01' if trace.sampled else '00'}"}
    if trace.state:
        headers["tracestate"] = trace.state
    return headers


_TRACEPARENT: Final = re.compile(
    r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
)

TRACESTATE_CHARACTERS_MAX: Final = 512
"""What W3C asks everyone to pass on at least; a longer one is dropped whole, since cutting it may break an entry."""


def _parsed(traceparent: str | None, tracestate: str | None, request_id: str | None) -> Trace | None:
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if match is None:
        return None
    version, trace_id, span_id, flags, rest = match.groups()
    if version == "00" and rest:
        return None
    fits = (
        tracestate is not None and len(tracestate) <= TRACESTATE_CHARACTERS_MAX and tracestate.isprintable()
    )
    return Trace(trace_id, span_id, bool(int(flags, 16) & 1), tracestate if fits else None, request_id)


def _hex(bits: int) -> str:
    """A random id that is not zero, which W3C keeps for "none". Ids of traces are no secrets, so speed decides."""
    return f"{random.getrandbits(bits) or 1:0{bits // 4}x}"


class _Nothing:
    """The span when nothing is recorded: one object for all."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def set(self, **attributes: object) -> None: ...

    def rename(self, name: str) -> None: ...

    def fail(self, reason: str) -> None: ...


_NOTHING: Final = _Nothing()


class _Unrecorded(_Nothing):
    """A request's or a job's span when nothing is recorded: gives logs and outbound calls their ids, no more."""

    __slots__ = ("_token", "_trace")

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    def __enter__(self) -> Self:
        self._token = _current.set(self._trace)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _current.reset(self._token)


class _Recorded:
    """A span of OpenTelemetry, whose parent is our own context variable: one notion of "current" for logs and spans."""

    __slots__ = ("_attributes", "_kind", "_name", "_parent", "_request_id", "_span", "_token", "_tracer")

    _span: RecordedSpan
    _token: Token[Trace | None]

    def __init__(
        self,
        tracer: Tracer,
        name: str,
        kind: Kind,
        attributes: dict[str, object],
        parent: Trace | None,
        *,
        request_id: str | None = None,
    ) -> None:
        self._tracer, self._name, self._kind, self._attributes, self._parent = (
            tracer,
            name,
            kind,
            attributes,
            parent,
        )
        self._request_id = request_id if parent is None else parent.request_id

    def __enter__(self) -> Self:
        from opentelemetry.trace import SpanKind

        attributes = {key: _value(key, value) for key, value in self._attributes.items()}
        context, kind = _otel_context(self._parent), SpanKind[self._kind.upper()]
        self._span = self._tracer.start_span(self._name, context=context, kind=kind, attributes=attributes)
        own = self._span.get_span_context()
        self._token = _current.set(
            Trace(
                f"{own.trace_id:032x}",
                f"{own.span_id:016x}",
                own.trace_flags.sampled,
                own.trace_state.to_header() or None,
                self._request_id,
            )
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _current.reset(self._token)
        if kind is not None:
            # Never record_exception: it would send the message, which may quote what a person typed.
            self.fail(kind.__name__)
        self._span.end()

    def set(self, **attributes: object) -> None:
        for key, value in attributes.items():
            self._span.set_attribute(key, _value(key, value))

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def fail(self, reason: str) -> None:
        from opentelemetry.trace import StatusCode

        self._span.set_status(StatusCode.ERROR)
        self._span.set_attribute("error.type", reason)


def _value(key: str, value: object) -> Scalar:
    shown = scalar(key, value)
    return "" if shown is None else shown


def _otel_context(parent: Trace | None) -> Context:
    from opentelemetry.context import Context
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, TraceState, set_span_in_context

    if parent is None:
        return Context()
    inherited = SpanContext(
        trace_id=int(parent.trace_id, 16),
        span_id=int(parent.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED if parent.sampled else TraceFlags.DEFAULT),
        trace_state=TraceState.from_header([parent.state]) if parent.state else None,
    )
    return set_span_in_context(NonRecordingSpan(inherited), Context())


def export_to(endpoint: str, *, version: str) -> None:
    """Send spans to an OTLP/HTTP collector from now on, in batches, from a thread of the SDK.

    What is still waiting is sent when the process ends in good order; a kill loses it. A collector that is away costs
    spans, never requests.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    path = "" if endpoint.endswith("/v1/traces") else "/v1/traces"
    exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + path)
    provider = TracerProvider(
        resource=Resource.create({"service.name": "kontorhaus", "service.version": version})
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _record_with(provider.get_tracer("kontorhaus", version))


@contextlib.contextmanager
def recorded_spans() -> Iterator[InMemorySpanExporter]:
    """For tests: spans that end within this block are kept in memory, in the order in which they ended."""
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    before = _tracer
    _record_with(_simple_tracer(exporter))
    try:
        yield exporter
    finally:
        _record_with(before)


def _simple_tracer(exporter: SpanExporter) -> Tracer:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider.get_tracer("kontorhaus")


def _record_with(tracer: Tracer | None) -> None:
    global _tracer  # noqa: PLW0603
    _tracer = tracer
