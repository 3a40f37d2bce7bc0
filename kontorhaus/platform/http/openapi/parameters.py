"""Parameters of an operation: of the path, the query and the header fields."""

from __future__ import annotations

from typing import Any, Final

from kontorhaus.kernel.ids import ANY_ID
from kontorhaus.platform.http.openapi.schemas import Schemas
from kontorhaus.platform.http.routing import Route

Data = dict[str, Any]

WORD: Final = "^[a-z][a-z0-9_]*$"

SHARED: Final[dict[str, Data]] = {
    "RequestId": {
        "name": "Request-Id",
        "in": "header",
        "description": "Your own id of the request; it comes back, and stands in our logs. Without one of 1 to 64 "
        "letters, digits, `-` and `_` we make one.",
        "schema": {"type": "string"},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "A text of your choice, new for each new call, the same when you repeat one.",
        "schema": {"type": "string", "pattern": '^([!#-\\[\\]-~]{1,255}|"[ !#-\\[\\]-~]{1,255}")$'},
        "example": "9f1c4f6a-2d0e-4a57-8a3b-6f0c2f1f7f10",
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "description": "The `ETag` of what you read; its version part is compared. `*` changes it whatever it is now.",
        "schema": {"type": "string", "pattern": '^("(0|[1-9][0-9]{0,8})-[0-9a-f]{16}"|\\*)$'},
        "example": '"3-9f86d081884c7d65"',
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "An `ETag` that you have; if it still holds, the answer is 304 without a body.",
        "schema": {"type": "string"},
    },
}


def of(route: Route, schemas: Schemas) -> list[Data]:
    """All parameters, those of the path first."""
    found = [_of_path(route, name) for name in route.parameters]
    if route.query is not None:
        schema = schemas.query(route.query)
        required = schema.get("required", [])
        found += [
            _of_query(name, field, required=name in required) for name, field in schema["properties"].items()
        ]
    shared = ["RequestId"]
    shared += ["IdempotencyKey"] if route.idempotent else []
    shared += ["IfMatch"] if route.if_match else []
    shared += ["IfNoneMatch"] if route.method == "GET" else []
    return [*found, *({"$ref": f"#/components/parameters/{name}"} for name in shared)]


def _of_path(route: Route, name: str) -> Data:
    noun = route.ids.get(name)
    pattern = noun.pattern if noun else ANY_ID if name.endswith("_id") else WORD
    words = name.replace("_", " ")
    form = f"; `{noun.prefix}_` and 26 characters" if noun else ""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": f"The {words}{form}.",
        "schema": {"type": "string", "pattern": pattern},
    }


def _of_query(name: str, field: Data, *, required: bool) -> Data:
    schema = dict(field)
    parameter: Data = {"name": name, "in": "query", "required": required}
    if description := schema.pop("description", None):
        parameter["description"] = description
    if schema.get("type") == "array":
        # A list is written with commas.
        parameter |= {"style": "form", "explode": False}
    return {**parameter, "schema": schema}
