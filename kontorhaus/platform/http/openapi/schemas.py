"""JSON Schema of every struct that enters or leaves, by msgspec, from the very types that decoding uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from kontorhaus.platform.http.problems import Problem
from kontorhaus.platform.http.raw import RawBody
from kontorhaus.platform.http.routing import Route

Data = dict[str, Any]

REFERENCE: Final = "#/components/schemas/{name}"


class Schemas:
    """The schemas of a document's types. `components` holds what is referred to."""

    def __init__(self, routes: Sequence[Route]) -> None:
        bodies = [
            kind for route in routes for kind in (route.body, route.answer) if kind not in (None, RawBody)
        ]
        queries = [route.query for route in routes if route.query is not None]
        kinds = [*bodies, Problem, *queries]
        found, components = msgspec.json.schema_components(kinds, ref_template=REFERENCE)
        self._found = list(zip(kinds, found, strict=True))
        self._queries = {
            kind: components[schema["$ref"].rpartition("/")[2]]
            for kind, schema in self._found
            if kind in queries
        }
        roots = [schema for kind, schema in self._found if kind not in queries]
        roots += [self.query(kind)["properties"] for kind in queries]
        self.components = _reached(roots, components)

    def of(self, kind: Any) -> Data:
        """The schema of a body or an answer, a reference where it has a name."""
        return next(schema for known, schema in self._found if known is kind or known == kind)

    def query(self, kind: Any) -> Data:
        """The object schema of a query; its properties become parameters. None is what an absent one means, and
        cannot be written in a query, so no schema offers it."""
        schema = self._queries[kind]
        properties = {name: _without_null(value) for name, value in schema["properties"].items()}
        return {**schema, "properties": properties}


def _without_null(schema: Data) -> Data:
    kept = {key: value for key, value in schema.items() if not (key == "default" and value is None)}
    alternatives = [one for one in kept.pop("anyOf", []) if one != {"type": "null"}]
    if len(alternatives) == 1:
        return {**alternatives[0], **kept}
    return {**kept, "anyOf": alternatives} if alternatives else kept


def _reached(roots: list[Data], components: dict[str, Data]) -> dict[str, Data]:
    """The components that the roots refer to, directly or not, by name."""
    reached: set[str] = set()
    waiting: list[Any] = list(roots)
    while waiting:
        for name in _references(waiting.pop()):
            if name not in reached:
                reached.add(name)
                waiting.append(components[name])
    return {name: components[name] for name in sorted(reached)}


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference.rpartition("/")[2]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)
