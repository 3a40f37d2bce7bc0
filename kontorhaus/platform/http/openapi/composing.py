"""The document as a whole: information, paths, components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from kontorhaus.platform.http.endpoint import API_VERSION
from kontorhaus.platform.http.openapi import parameters, responses
from kontorhaus.platform.http.openapi.schemas import Schemas
from kontorhaus.platform.http.raw import RawBody
from kontorhaus.platform.http.routing import Route

Data = dict[str, Any]

DESCRIPTION: Final = """
Order to cash: JSON over HTTP, `snake_case`, ids such as `pty_01jd…`, times in RFC 3339 and UTC, money as
`{"amount": 1099, "currency": "EUR"}` in minor units.

- Unsafe calls carry an `Idempotency-Key`, new for each new call. Repeating a call with its key has one effect and gets
the same answer, with `Idempotency-Replayed: true`.
- Errors are problem details (RFC 9457). `code` is stable; `Should-Retry` says whether repeating helps; 405 comes with
`Allow` at every address.
- Lists have `limit` and `cursor`; pass `next_cursor` on as it is.
- `If-None-Match` with an `ETag` gets 304 without a body; changes take `If-Match`.
- Unknown fields and parameters are refused. Enumerations grow: take a value you do not know as one more.
"""

SECURITY: Final = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A secret key: `Authorization: Bearer sk_…`.",
    },
    "basic": {"type": "http", "scheme": "basic", "description": "The key as user name, without a password."},
}


def build(routes: Sequence[Route], *, examples: Mapping[str, Any], public_url: str | None) -> Data:
    """The document of these routes. Its order is theirs, so equal routes give equal bytes."""
    schemas = Schemas(routes)
    paths: dict[str, Data] = {}
    for route in routes:
        operation = _operation(route, schemas, examples.get(route.operation_id, {}))
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kontorhaus",
            "version": API_VERSION,
            "description": DESCRIPTION.strip(),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": (public_url or "/").rstrip("/") or "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "parameters": parameters.SHARED,
            "headers": responses.HEADERS,
            "examples": responses.problem_examples(routes),
            "securitySchemes": SECURITY,
        },
    }


def _operation(route: Route, schemas: Schemas, example: Mapping[str, Any]) -> Data:
    operation: Data = {
        "operationId": route.operation_id,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": parameters.of(route, schemas),
        "responses": responses.of(route, schemas, example),
        "security": [] if route.scope is None else [{"bearer": []}, {"basic": []}],
    }
    needs = f"Needs the scope `{route.scope}`." if route.scope else ""
    if description := "\n\n".join(part for part in (route.description, needs) if part):
        operation["description"] = description
    if route.body is RawBody:
        operation["requestBody"] = {"required": True, "content": {"*/*": _shown({"schema": {}}, example)}}
    elif route.body is not None:
        media = _shown({"schema": schemas.of(route.body)}, example)
        operation["requestBody"] = {"required": True, "content": {"application/json": media}}
    return operation


def _shown(media: Data, example: Mapping[str, Any]) -> Data:
    return (
        {**media, "examples": {"recorded": {"value": example["request"]}}} if "request" in example else media
    )
