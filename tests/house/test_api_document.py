"""The API as its document tells it: a snapshot, and what every operation must say of itself."""

from __future__ import annotations

import copy
import difflib
import functools
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import jsonschema_rs
from msgspec import Struct

from kontorhaus.roles import api
from tests.house import reference
from tests.house.source import place

PUBLIC: Final = {
    "/healthz": "a load balancer has no key",
    "/readyz": "a load balancer has no key",
    "/metrics": "a collector has no key; what may reach it is a setting",
    "/openapi.json": "the document is no secret",
    "/docs": "the document is no secret",
    "/problems/{code}": "whoever met an error may read what it means",
    "/v1/inbox/{connection_id}": "a sender of webhooks proves himself by his signature",
    "/v1/payments/{payment_id}/return": "a payer's browser has no key; the address is signed",
}
"""Paths that ask for no key, each with its reason."""

RAW: Final = {
    "POST /v1/inbox/{connection_id}": "a sender outside has his own form, and his own id of each event, known for ever"
}
"""Operations that take what others send: no idempotency key of ours, no schema of ours, each with its reason."""

OWN_IDS: Final = {
    "post_ledger_transfer": "its id is the key: the same id with the same content is the same transfer",
    "post_ledger_transfers": "each transfer's id is its key",
    "post_ledger_entry_set": "the ids of its entries are the key",
    "place_ledger_hold": "its id is the key",
    "post_ledger_hold": "the id of what ends the hold is the key",
    "void_ledger_hold": "the id of what ends the hold is the key",
}
"""Unsafe operations that take no idempotency key: callers choose an id that serves as one. Each with its reason."""

SAFE: Final = frozenset({"get", "head", "options"})

METHODS: Final = frozenset({*SAFE, "post", "put", "patch", "delete"})

PROBLEM: Final = "application/problem+json"

Json = Mapping[str, Any]


class Operation(Struct, frozen=True):
    """One method of one path, as the document has it."""

    path: str
    method: str
    told: Json

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def headers_taken(self) -> dict[str, Json]:
        return {
            p["name"].lower(): p
            for p in map(resolved, self.told.get("parameters", []))
            if p["in"] == "header"
        }

    def answers(self) -> Iterator[tuple[int, Json]]:
        for status, answer in self.told["responses"].items():
            yield int(status), resolved(answer)

    @property
    def public(self) -> bool:
        return self.path in PUBLIC


@functools.cache
def document() -> dict[str, Any]:
    return api.document()


def operations() -> list[Operation]:
    return [
        Operation(path, method, told)
        for path, methods in document()["paths"].items()
        for method, told in methods.items()
        if method in METHODS
    ]


def resolved(node: Json) -> Json:
    """The thing itself, where the document only points at it."""
    while "$ref" in node:
        found: Any = document()
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        node = found
    return node


def schemas() -> Iterator[tuple[str, Json]]:
    """Every object in the document that is a schema, with the place where it stands."""
    yield from _nodes(document().get("components", {}).get("schemas", {}), "#/components/schemas")
    for operation in operations():
        yield from _nodes(operation.told, operation.name)


def _nodes(node: Any, where: str) -> Iterator[tuple[str, Json]]:
    if isinstance(node, dict):
        yield where, node
        for key, inner in node.items():
            if key not in {"example", "examples", "default"}:
                yield from _nodes(inner, f"{where}/{key}")
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            yield from _nodes(inner, f"{where}/{number}")


def test_the_snapshot_is_up_to_date() -> None:
    """Whoever changes the API sees the change as lines, and so does the one who reviews it."""
    path = reference.FOLDER / "openapi.json"
    kept = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = difflib.unified_diff(kept.splitlines(), reference.api_document().splitlines(), lineterm="", n=1)

    shown = "\n".join(itertools.islice(lines, 40))

    assert not shown, (
        f"{place(path)} is out of step with the routes; if that is meant, run `make docs`\n{shown}"
    )


def test_there_are_operations() -> None:
    assert {operation.path.split("/")[1] for operation in operations()} >= {"v1"}


def test_operation_ids_are_unique() -> None:
    ids = [operation.told["operationId"] for operation in operations()]

    assert sorted(ids) == sorted(set(ids))


def test_every_operation_asks_for_a_key_or_is_listed() -> None:
    default = document().get("security")
    open_ones = [o.path for o in operations() if not o.told.get("security", default)]

    strangers = [path for path in open_ones if path not in PUBLIC]

    assert not strangers, f"{strangers}: a route has a scope, or its reason in PUBLIC"


def test_every_operation_is_explained() -> None:
    found = [
        f"{operation.name} has no {wanted}"
        for operation in operations()
        for wanted in ("summary", "tags")
        if not operation.told.get(wanted)
    ]
    found += [
        f"{operation.name}: the parameter {parameter['name']} has no description"
        for operation in operations()
        for parameter in map(resolved, operation.told.get("parameters", []))
        if not (parameter.get("description") or resolved(parameter.get("schema", {})).get("description"))
    ]

    assert not found, "\n".join(found)


def test_paths_are_versioned_and_plain() -> None:
    strange = [
        operation.path
        for operation in operations()
        if not operation.public and not re.fullmatch(r"/v1(/([a-z_]+|\{[a-z_]+\}))+", operation.path)
    ]

    assert not strange, f"{strange}: /v1/nouns/{{noun_id}}/verbs, in lower_case_words"


def test_every_unsafe_operation_takes_an_idempotency_key() -> None:
    without = [
        o.name
        for o in operations()
        if o.method not in SAFE
        and o.name not in RAW
        and "idempotency-key" not in o.headers_taken()
        and o.told["operationId"] not in OWN_IDS
    ]

    assert not without, f"{without}: idempotent=True; on a bad network every call is repeated"


def test_every_change_of_a_whole_object_compares_versions() -> None:
    without = [
        o.name for o in operations() if o.method in {"put", "patch"} and "if-match" not in o.headers_taken()
    ]

    assert not without, f"{without}: if_match=True; of two who edit at once the second must be told"


def test_every_operation_documents_what_can_go_wrong() -> None:
    """Each failure as a problem document with an example; who asks for a key may answer 401."""
    found = []
    for operation in operations():
        failures = {status: answer for status, answer in operation.answers() if status >= 400}
        if not operation.public and not {401, 500} <= failures.keys():
            found.append(f"{operation.name} documents {sorted(failures)} and neither 401 nor 500")
        found += [
            f"{operation.name}: {status} has no example of {PROBLEM}"
            for status, answer in failures.items()
            if not list(_examples(answer.get("content", {}).get(PROBLEM, {})))
        ]

    assert not found, "\n".join(found)


def test_every_operation_shows_an_example() -> None:
    """Of what is sent and of what comes back: recorded from a real run, so that a reader can trust it."""
    found = []
    for operation in operations():
        body = resolved(operation.told.get("requestBody", {})).get("content", {})
        contents = {f"{operation.name}: its body as {kind}": content for kind, content in body.items()}
        for status, answer in operation.answers():
            if status < 300:
                answered = answer.get("content", {}).items()
                contents |= {f"{operation.name}: {status} as {kind}": content for kind, content in answered}
        found += [
            f"{where} has no example"
            for where, content in contents.items()
            if "json" in where and not list(_examples(content))
        ]

    assert not found, "\n".join(found)


def test_every_example_fits_its_schema() -> None:
    found = []
    for operation in operations():
        contents = [("body", resolved(operation.told.get("requestBody", {})).get("content", {}))]
        contents += [(str(status), answer.get("content", {})) for status, answer in operation.answers()]
        for where, content in contents:
            for kind, media in content.items():
                if "json" in kind and "schema" in media:
                    found += [f"{operation.name}: {where}: {fault}" for fault in _misfits(media)]

    assert not found, "\n".join(found)


def _examples(media: Json) -> Iterator[Any]:
    if "example" in media:
        yield media["example"]
    for example in media.get("examples", {}).values():
        yield resolved(example)["value"]


def _misfits(media: Json) -> list[str]:
    schema = {**media["schema"], "components": document().get("components", {})}
    validator = jsonschema_rs.Draft202012Validator(copy.deepcopy(schema))
    return [
        f"/{'/'.join(map(str, error.instance_path))}: {error.message}"
        for example in _examples(media)
        for error in validator.iter_errors(example)
    ]


def test_requests_refuse_what_they_do_not_know() -> None:
    """A misspelled optional field would otherwise be ignored in silence."""
    found = []
    for operation in operations():
        if operation.name in RAW:
            continue
        for content in resolved(operation.told.get("requestBody", {})).get("content", {}).values():
            schema = resolved(content["schema"])
            if schema.get("additionalProperties") is not False:
                found.append(f"{operation.name}: forbid_unknown_fields=True on the struct of its body")

    assert not found, "\n".join(found)


def test_no_number_of_the_api_is_a_float() -> None:
    found = [where for where, node in schemas() if node.get("type") == "number"]

    assert not found, f"{found}: an amount is an integer of minor units, a rate a decimal text"


def test_no_list_is_read_by_offset() -> None:
    found = [
        operation.name
        for operation in operations()
        for parameter in map(resolved, operation.told.get("parameters", []))
        if parameter["name"] in {"offset", "page", "skip"}
    ]

    assert not found, f"{found}: a list is read by cursor, so that nothing is skipped or doubled meanwhile"
