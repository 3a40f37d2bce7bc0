"""Answers of an operation: its success, and every error that it can give, with an example each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from kontorhaus.kernel.errors import DomainError, Fault, Invalid
from kontorhaus.platform.db import DatabaseContended, DatabaseUnavailable
from kontorhaus.platform.http import errors, problems
from kontorhaus.platform.http.openapi.schemas import Schemas
from kontorhaus.platform.http.paging import Page
from kontorhaus.platform.http.raw import RawBody
from kontorhaus.platform.http.routing import Route
from kontorhaus.platform.idempotency import IdempotencyKeyInFlight, IdempotencyKeyReused
from kontorhaus.platform.secrets import CardNumberRefused

Data = dict[str, Any]


def _header(description: str, **schema: Any) -> Data:
    return {"description": description, "schema": {"type": "string", **schema}}


HEADERS: Final[dict[str, Data]] = {
    "Request-Id": _header("The id of this request, yours or ours.", pattern="^[A-Za-z0-9_-]{1,64}$"),
    "ETag": _header("Version and hash of these bytes, for `If-None-Match` and `If-Match`."),
    "Location": _header("Where the new object is."),
    "Idempotency-Replayed": _header("`true` if this is the answer of an earlier call with the same key."),
    "Kontorhaus-Commit": _header("Opaque: pass it as `wait` to see in `/v1/events` what this call has done."),
    "Should-Retry": _header("Whether repeating the call can help.", enum=["true", "false"]),
    "Retry-After": _header("Seconds to wait before repeating, where known.", pattern="^[0-9]+$"),
    "WWW-Authenticate": _header("How to authenticate (RFC 6750)."),
    "Accept": _header("The media type that would have been taken."),
}

EVERYWHERE: Final = (
    errors.RequestMalformed,
    errors.QueryInvalid,
    errors.NotAcceptable,
    errors.HeadTooLarge,
    errors.InternalError,
    errors.DeadlineExceeded,
)

WITH_A_BODY: Final = (
    errors.BodyMalformed,
    errors.BodyInvalid,
    CardNumberRefused,
    errors.BodyTooSlow,
    errors.BodyTooLarge,
    errors.MediaTypeUnsupported,
)

WITH_RAW_BODY: Final = (errors.BodyTooSlow, errors.BodyTooLarge)

WITHOUT_A_BODY: Final = (
    errors.BodyUnexpected,
    errors.BodyMalformed,
    errors.BodyTooSlow,
    errors.BodyTooLarge,
    errors.MediaTypeUnsupported,
)

WITH_A_KEY: Final = (
    errors.CredentialsMissing,
    errors.CredentialsInvalid,
    errors.ScopeMissing,
    DatabaseUnavailable,
    DatabaseContended,
)

IDEMPOTENT: Final = (
    errors.IdempotencyKeyMissing,
    errors.IdempotencyKeyInvalid,
    IdempotencyKeyInFlight,
    IdempotencyKeyReused,
)

CONDITIONAL: Final = (errors.IfMatchMissing, errors.IfMatchInvalid)


def errors_of(route: Route) -> list[type[DomainError]]:
    """Every error that the route can answer with: the edge's own, as they apply, and those that it names."""
    found: list[type[DomainError]] = [*EVERYWHERE]
    found += WITHOUT_A_BODY if route.body is None else WITH_RAW_BODY if route.body is RawBody else WITH_A_BODY
    found += WITH_A_KEY if route.scope is not None else ()
    found += IDEMPOTENT if route.idempotent else ()
    found += CONDITIONAL if route.if_match else ()
    found += (errors.ObjectNotFound,) if any(name.endswith("_id") for name in route.parameters) else ()
    found += (CardNumberRefused,) if route.query is not None else ()
    found += (errors.CursorInvalid,) if _is_paged(route) else ()
    return list(dict.fromkeys([*found, *route.errors]))


def _is_paged(route: Route) -> bool:
    return isinstance(route.query, type) and issubclass(route.query, Page)


def of(route: Route, schemas: Schemas, example: Mapping[str, Any]) -> Data:
    """The responses of an operation, by status."""
    found = {str(route.status): _success(route, schemas, example)}
    if route.accepts:
        accepted = "Not done yet: the object as it stands. Repeat the call with the same key, or read it."
        found["202"] = {**found[str(route.status)], "description": accepted}
    if route.method == "GET":
        found["304"] = {
            "description": "You have these bytes already.",
            "headers": _refer("Request-Id", "ETag"),
        }
    by_status: dict[int, list[type[DomainError]]] = {}
    for error in errors_of(route):
        by_status.setdefault(problems.status_of(error), []).append(error)
    for status, those in sorted(by_status.items()):
        found[str(status)] = _failure(status, those, schemas)
    return found


def _success(route: Route, schemas: Schemas, example: Mapping[str, Any]) -> Data:
    names = ["Request-Id"]
    names += ["ETag"] if route.method == "GET" or route.answer is not None else []
    names += ["Location"] if route.status == 201 else []
    names += ["Idempotency-Replayed", "Kontorhaus-Commit"] if route.idempotent else []
    response: Data = {"description": route.summary + ".", "headers": _refer(*names)}
    if route.answer is not None:
        media: Data = {"schema": schemas.of(route.answer)}
        if "response" in example:
            media["examples"] = {"recorded": {"value": example["response"]}}
        response["content"] = {route.media_type: media}
    elif route.media_type != "application/json":
        response["content"] = {route.media_type: {"schema": {"type": "string"}}}
    return response


def _failure(status: int, those: list[type[DomainError]], schemas: Schemas) -> Data:
    names = ["Request-Id", "Should-Retry"]
    names += ["Retry-After"] if any(error.retry_after_seconds is not None for error in those) else []
    names += ["WWW-Authenticate"] if status == 401 else []
    names += ["Accept"] if status == 415 else []
    examples = {error.code: {"$ref": f"#/components/examples/{error.code}"} for error in those}
    return {
        "description": ". ".join(error.title for error in those) + ".",
        "headers": _refer(*names),
        "content": {problems.MEDIA_TYPE: {"schema": schemas.of(problems.Problem), "examples": examples}},
    }


def _refer(*names: str) -> Data:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def problem_examples(routes: Sequence[Route]) -> dict[str, Data]:
    """One example a code, as the edge renders it."""
    return {
        error.code: _example(error) for error in sorted(set(_errors(routes)), key=lambda error: error.code)
    }


def _errors(routes: Sequence[Route]) -> Iterator[type[DomainError]]:
    for route in routes:
        yield from errors_of(route)


def _example(error: type[DomainError]) -> Data:
    faults = (Fault("/name", "is missing"),) if issubclass(error, Invalid) else ()
    shown = error(error.title, faults=faults)
    answer = problems.problem(shown, request_id="req_01jd4w1xk7e8rtz0v6mpq3h5ya", public_url="")
    return {"summary": error.title, "value": msgspec.json.decode(answer.body)}
