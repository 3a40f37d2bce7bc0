"""Objects against the SDK's own types: which names there are, and which are always there."""

from __future__ import annotations

import typing
from types import NoneType
from typing import Any

from stripe import _object_classes


def strange(body: Any, known: Any = None, place: str = "") -> list[str]:
    """What an object has that the SDK does not know, or lacks that it always expects; deep."""
    if isinstance(body, list):
        return [found for item in body for found in strange(item, known, place)]
    if not isinstance(body, dict):
        return []
    known = known or (_class(body["object"]) if "object" in body else None)
    if known is None or not getattr(known, "__annotations__", None):
        return [found for value in body.values() for found in strange(value)]
    place = place or body.get("object", known.__name__)
    named = known.__annotations__
    found = [f"{place}.{name} is unknown" for name in body if name not in named]
    found += [
        f"{place}.{name} is missing"
        for name, kind in named.items()
        if _always(name, kind) and name not in body
    ]
    inner = getattr(known, "_inner_class_types", {})
    for name, value in body.items():
        if name == "metadata":
            continue
        found += strange(value, inner.get(name), f"{place}.{name}" if name in inner else "")
    return found


def _class(name: str) -> Any:
    if name in {"list", "search_result"}:
        return None
    return _object_classes.get_object_class("V1", name)


def _always(name: str, kind: Any) -> bool:
    """Class variables and optional fields are not promised by the API."""
    if name.isupper() or name.startswith("_") or typing.get_origin(kind) is typing.ClassVar:
        return False
    return not (typing.get_origin(kind) is typing.Union and NoneType in typing.get_args(kind))
