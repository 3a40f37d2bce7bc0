"""The span and the measurement of one SQL statement."""

from __future__ import annotations

import functools
from types import TracebackType
from typing import Final

from kontorhaus.kernel.time import monotonic
from kontorhaus.platform.telemetry import metrics, traces

OPERATIONS: Final = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "CALL", "TRUNCATE", "COPY"})


@functools.cache
def _operation(statement: str) -> str:
    """The first word, or "other". Statements are literals of the code, so the cache is as large as the code."""
    words = statement.split(None, 1)
    word = words[0].upper() if words else ""
    return word if word in OPERATIONS else "other"


class sql_span:  # noqa: N801  used as a verb: `with sql_span(text):`
    """Measures one statement and, when traces are recorded, gives it a span. The text is a literal with $1, so it
    may be shown; the values never come here."""

    __slots__ = ("_began", "_operation", "_span")

    def __init__(self, statement: str) -> None:
        self._operation = operation = _operation(statement)
        self._span = traces.span(
            operation,
            kind="client",
            **{"db.system.name": "postgresql", "db.operation.name": operation, "db.query.text": statement},
        )

    def __enter__(self) -> None:
        self._span.__enter__()
        self._began = monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        metrics.observe_statement(self._operation, monotonic() - self._began)
        self._span.__exit__(kind, error, trace)
