"""A route: one operation of the API, described once, for the router, the decoder and the document alike."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType, ModuleType
from typing import Any, Final, Literal, cast

from msgspec import Struct

from kontorhaus.kernel.errors import DomainError
from kontorhaus.kernel.ids import Noun
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.http.calls import Call
from kontorhaus.platform.http.paging import ListView

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Handler = Callable[[Call[Any, Any]], Awaitable[Answer]]

PARAMETER: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")

NO_IDS: Final[Mapping[str, Noun[Any]]] = MappingProxyType({})


class Route(Struct, frozen=True, kw_only=True, eq=False):
    """One operation. Two routes are the same only if they are one object."""

    method: Method
    path: str
    operation_id: str
    summary: str
    description: str
    tag: str
    handler: Handler
    scope: str | None
    body: Any
    query: Any
    answer: Any
    status: int
    media_type: str
    errors: tuple[type[DomainError], ...]
    ids: Mapping[str, Noun[Any]]
    idempotent: bool
    if_match: bool
    accepts: bool
    lists: bool
    body_bytes_max: int

    @property
    def parameters(self) -> list[str]:
        """The names of the path's parameters, in order."""
        return PARAMETER.findall(self.path)


def route(
    method: Method,
    path: str,
    *,
    scope: str | None,
    body: Any = None,
    query: Any = None,
    answer: Any = None,
    list_of: Any = None,
    status: int = 200,
    media_type: str = "application/json",
    errors: tuple[type[DomainError], ...] = (),
    ids: Mapping[str, Noun[Any]] = NO_IDS,
    idempotent: bool = False,
    if_match: bool = False,
    accepts: bool = False,
    body_bytes_max: int = 0,
    tag: str = "General",
) -> Callable[[Handler], Route]:
    """Make a route of the function below: its name is the operation id, its docstring summary and description.

    `scope` is what the caller must have been granted, None makes the route public. `body` and `query` are structs with
    `forbid_unknown_fields`; a `body` of `RawBody` is not decoded. `answer` is the struct of the success, or `list_of`
    that of a list's items. `errors` are those that the room adds; the edge's own are known. `ids` says which noun a
    path parameter is an id of. `idempotent` demands an idempotency key and gives `call.once`; `if_match` demands
    If-Match and gives `call.if_match`. `accepts` says that 202 with the object as it stands is an answer too: the rest
    is not done yet. `body_bytes_max` is for a route whose bodies may be larger than those of the others; the setting
    still holds where it is larger.
    """
    assert not (idempotent and scope is None), "a public call has no organization to remember a key for"
    assert answer is None or list_of is None, "a route answers an object or a list"
    assert body is None or method in ("POST", "PUT", "PATCH"), f"{method} takes no body"

    def made(handler: Handler) -> Route:
        summary, _, description = inspect.cleandoc(handler.__doc__ or "").partition("\n")
        assert summary, f"{handler.__name__} needs a docstring: it is the operation's summary"
        return Route(
            method=method,
            path=path,
            operation_id=handler.__name__,
            summary=summary.rstrip("."),
            description=description.strip(),
            tag=tag,
            handler=handler,
            scope=scope,
            body=body,
            query=query,
            answer=answer if list_of is None else cast("Any", ListView)[list_of],
            status=status,
            media_type=media_type,
            errors=errors,
            ids=ids,
            idempotent=idempotent,
            if_match=if_match,
            accepts=accepts,
            lists=list_of is not None,
            body_bytes_max=body_bytes_max,
        )

    return made


def routes_of(module: ModuleType) -> tuple[Route, ...]:
    """Every route of a module, in the order in which they stand there."""
    return tuple(value for value in vars(module).values() if isinstance(value, Route))
