"""Errors as answers: problem details (RFC 9457), by one table from kind to status."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from kontorhaus.kernel.errors import (
    Conflict,
    Denied,
    DomainError,
    Fact,
    Fault,
    Invalid,
    NotFound,
    Precondition,
    Refused,
    Unavailable,
    every_error,
)
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.http.errors import EdgeError

MEDIA_TYPE: Final = "application/problem+json"

STATUS: Final[Mapping[type[DomainError], int]] = {
    Invalid: 400,
    Denied: 403,
    NotFound: 404,
    Conflict: 409,
    Precondition: 412,
    Refused: 422,
    Unavailable: 503,
}
"""400 is input that can be seen to be wrong by itself; 422 is good input against a rule of the trade."""


class Problem(Struct, frozen=True, kw_only=True):
    """An error as this API answers it (RFC 9457). `code` is the contract; sentences may change."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    facts: dict[str, Fact]
    errors: list[Fault]


class ProblemKind(Struct, frozen=True):
    """One row of the reference: what a code means."""

    code: str
    title: str
    status: int
    should_retry: bool
    text: str


def status_of(kind: type[DomainError]) -> int:
    """The status of an error: its own if it is the edge's, else that of its kind."""
    if issubclass(kind, EdgeError):
        return kind.status
    return next(status for base, status in STATUS.items() if issubclass(kind, base))


def problem(error: DomainError, *, request_id: str, public_url: str) -> Answer:
    """The answer for an error. `public_url` is what the page of the code stands below; "" makes a relative address."""
    status = status_of(type(error))
    view = Problem(
        type=f"{public_url}/problems/{error.code}",
        title=error.title,
        status=status,
        detail=error.detail,
        code=error.code,
        request_id=request_id,
        facts=error.facts,
        errors=list(error.faults),
    )
    headers = [("should-retry", "true" if error.should_retry else "false")]
    if error.retry_after_seconds is not None:
        headers.append(("retry-after", str(error.retry_after_seconds)))
    if isinstance(error, EdgeError):
        headers += error.headers()
    return Answer(
        status=status, body=msgspec.json.encode(view), media_type=MEDIA_TYPE, headers=tuple(headers)
    )


def kind_of(error: type[DomainError]) -> ProblemKind:
    """What the reference says of an error: the docstring of its class is the text."""
    return ProblemKind(
        code=error.code,
        title=error.title,
        status=status_of(error),
        should_retry=error.should_retry,
        text=inspect.cleandoc(error.__doc__ or error.title),
    )


def every_problem() -> list[ProblemKind]:
    """Every code of every room that this process has imported, by code."""
    return sorted((kind_of(error) for error in every_error()), key=lambda kind: kind.code)
