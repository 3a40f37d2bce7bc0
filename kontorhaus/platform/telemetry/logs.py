"""Logs: one JSON object a line on standard output, with trace and request ids and without personal data.

    {"time": …, "level": "info", "event": "call_not_resumed", "logger": …, "trace_id": …, "request_id": …, …}

Every line goes through `redaction`, those of libraries too; there is no way round it, also before `set_up`.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from types import TracebackType
from typing import Final, cast

import msgspec
import structlog
from msgspec import Struct
from structlog.typing import EventDict, FilteringBoundLogger

from kontorhaus.kernel.time import utc_now
from kontorhaus.platform.telemetry import metrics, redaction, traces

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}

_METHODS: Final = {
    "exception": "error",
    "warn": "warning",
    "err": "error",
    "fatal": "critical",
    "msg": "info",
}

_EVENT: Final = re.compile(r"[a-z][a-z0-9_.]{0,99}")

_OWN: Final = frozenset(
    {"time", "level", "event", "logger", "trace_id", "span_id", "request_id", "exception"}
)

_least = LEVELS["info"]


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger for a module: `LOG.warning("call_not_resumed", kind=kind, tries=3)`, `LOG.exception("job_failed")`.

    The event is a fixed name in snake_case. Anything else could carry data (an f-string with a person's name), so it
    is not written; what varies goes into the keywords, which are cleaned.
    """
    return cast(
        "FilteringBoundLogger",
        structlog.wrap_logger(
            _Output(),
            processors=[_drop_quiet, _line],
            wrapper_class=structlog.make_filtering_bound_logger(LEVELS["debug"]),
        ).bind(module=name),
    )


class _Output:
    """Where finished lines go, by whichever method they were logged."""

    def __getattr__(self, method: str) -> Callable[[str], None]:
        return _write


class _RequestLine(Struct, frozen=True, omit_defaults=True):
    time: str
    level: str
    event: str
    logger: str
    trace_id: str | None
    span_id: str | None
    request_id: str | None
    method: str
    route: str | None
    status: int
    milliseconds: float
    org_id: str | None = None


def request_answered(
    logger: str, *, method: str, route: str | None, status: int, milliseconds: float, org_id: str | None
) -> None:
    """The one line of every request, at level info: a fifth of the cost of a line whose facts must be searched.

    They need no search: `route` is a template of ours, `method` one of HTTP's, `org_id` our own, and a caller's
    request id was taken over only in a form that says nothing of anybody.
    """
    if LEVELS["info"] < _least:
        return
    trace = traces.current()
    line = _RequestLine(
        time=utc_now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        level="info",
        event="request",
        logger=logger,
        trace_id=trace.trace_id if trace else None,
        span_id=trace.span_id if trace else None,
        request_id=trace.request_id if trace else None,
        method=method if method in metrics.METHODS else "other",
        route=route,
        status=status,
        milliseconds=milliseconds,
        org_id=org_id,
    )
    _write(_ENCODER.encode(line).decode())


_ENCODER: Final = msgspec.json.Encoder()


def _drop_quiet(_: object, method: str, event: EventDict) -> EventDict:
    # Decided per line, not per logger: loggers are made when modules are imported, before the settings are read.
    if LEVELS[_METHODS.get(method, method)] < _least:
        raise structlog.DropEvent
    return event


def _line(_: object, method: str, event: EventDict) -> str:
    given = str(event.pop("event", ""))
    name = given if _EVENT.fullmatch(given) else "event_without_a_name"
    logger = str(event.pop("module"))
    error = _exception(event.pop("exc_info", None))
    return rendered(_METHODS.get(method, method), name, logger, event, error)


def rendered(
    level: str, event: str, logger: str, facts: Mapping[str, object], error: BaseException | None
) -> str:
    """One line, cleaned. What a caller names like one of our own fields is shown with an underscore behind it."""
    line: MutableMapping[str, object] = {
        "time": utc_now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": level,
        "event": event,
        "logger": logger,
    }
    trace = traces.current()
    if trace is not None:
        line["trace_id"], line["span_id"] = trace.trace_id, trace.span_id
        if trace.request_id is not None:
            line["request_id"] = redaction.text(trace.request_id)
    for key, value in facts.items():
        line[_named(key)] = redaction.shown(key, value)
    if error is not None:
        line["exception"] = redaction.exception(error)
    return msgspec.json.encode(line).decode()


@functools.lru_cache(1024)
def _named(key: str) -> str:
    """A fact's name on the line. The names stand in the code, so there are few, and they are cleaned once."""
    return f"{key}_" if key in _OWN else redaction.text(key)


def _exception(exc_info: object) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1] if isinstance(exc_info[1], BaseException) else None
    return sys.exception() if exc_info else None


def _write(line: str) -> None:
    # In one call with its line break, so that lines of threads do not run into each other. Whoever read the log may
    # have gone; a request is not refused because nobody takes down that it was made.
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


class _StandardHandler(logging.Handler):
    """Takes what libraries log (uvicorn, asyncpg, asyncio, litestar) to the same place in the same form.

    Their messages are made of a template and of values that we do not know, so values that are no numbers are left
    out, and so is everything behind the first line.
    """

    def emit(self, record: logging.LogRecord) -> None:
        level = next((name for name, number in reversed(LEVELS.items()) if record.levelno >= number), "debug")
        error = _exception(record.exc_info)
        facts = {"message": _library_message(record)}
        _write(rendered(level, "library_log", record.name, facts, error))


def _library_message(record: logging.LogRecord) -> str:
    template = str(record.msg).partition("\n")[0]
    # A template without values may have been formatted before it came here: what stands in quotes was a value.
    template = re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", template)
    values = record.args if isinstance(record.args, tuple) else ()
    try:
        return template % tuple(value if isinstance(value, int | float) else "…" for value in values)
    except (TypeError, ValueError):
        return template


def route_standard_logging(level: str) -> None:
    """From now on show nothing below `level`, and take over what libraries log. Calling it again changes the level."""
    global _least  # noqa: PLW0603
    _least = LEVELS[level]
    root = logging.getLogger()
    root.handlers[:] = [_StandardHandler()]
    root.setLevel(_least)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # The edge writes its own line for each request. Uvicorn's has the query string in it; asyncio's debug, payloads.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("asyncio").setLevel(max(_least, LEVELS["info"]))
    sys.excepthook = _crashed


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What ends the process is told in the same form: the interpreter would print the message, whoever it names."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    _write(rendered("critical", "process_crashed", "kontorhaus", {}, error))
