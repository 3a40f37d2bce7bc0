"""Form-encoded bodies with nested brackets, as Stripe's SDKs send them, and their check against a struct."""

from __future__ import annotations

import re
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import UNSET, Struct, structs

from kontorhaus.sandbox.stripe.errors import Object, StripeError, invalid

FREE = ("metadata",)
"""Below these a key of digits is a key and no position in a list."""

DEPTH_MAX = 8
"""More brackets than any parameter of Stripe's has."""


class Params(Struct, kw_only=True, forbid_unknown_fields=True):
    """Parameters of one endpoint. What is not among them is refused, as Stripe does."""

    expand: list[str] = []


Metadata = dict[str, str]

T = TypeVar("T", bound=Params)


def parse(text: str) -> Object:
    """`a[b][]=1&a[b][]=2` is `{"a": {"b": ["1", "2"]}}`. Values are text; the endpoint's struct gives them a type."""
    tree: Object = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        match = re.fullmatch(r"([^\[\]]+)((?:\[[^\[\]]*\])*)", name)
        if match is None:
            raise invalid(f"Invalid request: the parameter name {name[:80]!r} is malformed.")
        path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        if len(path) > DEPTH_MAX:
            raise invalid("Invalid request: a parameter is nested too deeply.")
        _put(tree, path, value)
    return {name: _listed(value, name) for name, value in tree.items()}


def _put(tree: Object, path: list[str], value: str) -> None:
    node = tree
    for step in path[:-1]:
        node = node.setdefault(step or str(len(node)), {})
        if not isinstance(node, dict):
            raise invalid(f"Invalid {path[0]}: it is given both as a value and as a hash.", param=path[0])
    last = path[-1] or str(len(node))
    if isinstance(node.get(last), dict):
        raise invalid(f"Invalid {path[0]}: it is given both as a value and as a hash.", param=path[0])
    node[last] = value


def _listed(node: Any, name: str) -> Any:
    if not isinstance(node, dict) or name in FREE:
        return node
    if node and all(key.isdecimal() for key in node):
        return [_listed(node[key], name) for key in sorted(node, key=int)]
    return {key: _listed(value, key) for key, value in node.items()}


def check(tree: Object, kind: type[T]) -> T:
    """The parameters as their struct; raises the error that Stripe would answer, which names the first wrong one."""
    try:
        found = msgspec.convert(tree, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _explained(str(error), tree) from error
    _check_metadata(getattr(found, "metadata", UNSET))
    return found


def _explained(told: str, tree: Object) -> StripeError:
    place = re.search(r" - at `(?:key in )?\$\.?(.*)`$", told)
    path = re.split(r"[.\[\]]+", place[1].strip("[].")) if place and place[1] else []
    steps = [step for step in path if step and step != "..."]
    if found := re.search(r"missing required field `(\w+)`", told):
        param = _bracketed([*steps, found[1]])
        return invalid(f"Missing required param: {param}.", param=param, code="parameter_missing")
    if found := re.search(r"contains unknown field `([^`]*)`", told):
        param = _bracketed([*steps, found[1]])
        return invalid(f"Received unknown parameter: {param}", param=param, code="parameter_unknown")
    param = _bracketed(steps)
    value = _at(tree, steps)
    if "Expected `int" in told:
        return invalid(f"Invalid integer: {value}", param=param, code="parameter_invalid_integer")
    if "Expected `bool" in told:
        return invalid(f"Invalid boolean: {value}", param=param)
    if value == "":
        return invalid(
            f"You passed an empty string for '{param}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{param}' cannot be unset.",
            param=param,
            code="parameter_invalid_empty",
        )
    return invalid(f"Invalid {param}: {str(value)[:80]}", param=param)


def _bracketed(steps: list[str]) -> str:
    return "".join(step if number == 0 else f"[{step}]" for number, step in enumerate(steps))


def _at(tree: Any, steps: list[str]) -> Any:
    for step in steps:
        if isinstance(tree, dict):
            tree = tree.get(step)
        elif isinstance(tree, list) and step.isdecimal() and int(step) < len(tree):
            tree = tree[int(step)]
    return tree


def _check_metadata(given: Any) -> None:
    """50 keys of 40 characters, values of 500 (https://docs.stripe.com/api/metadata)."""
    if not isinstance(given, dict):
        return
    if len(given) > 50:
        raise invalid(f"Metadata can have at most 50 keys; it has {len(given)}.", param="metadata")
    for key, value in given.items():
        if len(key) > 40 or "[" in key or "]" in key:
            raise invalid(
                f"Invalid metadata key: {key[:50]}. A key has up to 40 characters.",
                param=f"metadata[{key[:50]}]",
            )
        if len(value) > 500:
            raise invalid(
                f"Metadata values can have up to 500 characters, but you passed in a value that is {len(value)} "
                "characters.",
                param=f"metadata[{key}]",
            )


def merged(old: Metadata, given: Metadata | str | None) -> Metadata:
    """Metadata after an update: what is given replaces or adds, an empty value removes, an empty whole removes all."""
    if given is None:
        return old
    if isinstance(given, str):
        return {}
    return {key: value for key, value in {**old, **given}.items() if value != ""}


def given(params: Struct, *names: str) -> Object:
    """Those of the named parameters that were sent; an empty text unsets."""
    sent = {
        name: value for name, value in structs.asdict(params).items() if value is not UNSET and name in names
    }
    return {name: None if value == "" else value for name, value in sent.items()}
