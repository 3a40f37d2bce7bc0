"""msgspec's messages as sentences that say what would be right, without the values that it puts into some."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from kontorhaus.platform.http.decoding.shapes import Shape

WORDS: Final = {
    "int": "an integer",
    "float": "a number",
    "str": "a string",
    "bool": "true or false",
    "object": "an object",
    "array": "an array",
    "null": "null",
    "date": "a date such as 2026-11-20",
    "datetime": "a time such as 2026-11-20T09:30:00Z",
    "uuid": "a UUID",
}

UNITS: Final = {"str": "characters", "array": "items", "object": "members"}

BOUNDS: Final = {"<=": "at most", ">=": "at least", "<": "less than", ">": "more than"}

INSTANT: Final = "must be a time with its zone, such as 2026-11-20T09:30:00Z (RFC 3339)"

Say = Callable[[re.Match[str], Shape], str]


def sentence(message: str, node: Any, shape: Shape) -> list[tuple[str, str]]:
    """Pairs of a member's name, or "" for the place itself, and what to say of it. All that is missing is named."""
    if re.match(r"Object missing required field `", message):
        missing = _missing(message, node, shape)
        return [(name, "is missing") for name in missing]
    for pattern, say in RULES:
        if match := re.fullmatch(pattern, message, re.DOTALL):
            return [("", say(match, shape))]
    return [("", "is not of the form that the documentation asks for")]


def _missing(message: str, node: Any, shape: Shape) -> list[str]:
    named = message.removeprefix("Object missing required field `").removesuffix("`")
    required = shape.required(node) if isinstance(node, dict) else []
    return [name for name in required if name not in node] or [named]


def _type(match: re.Match[str], shape: Shape) -> str:
    wanted, got = match["wanted"], match["got"]
    if choices := shape.choices():
        return f"must be one of {', '.join(choices)}"
    words = " or ".join(WORDS.get(word, "another value") for word in wanted.split(" | "))
    if got == "float" and "int" in wanted.split(" | "):
        return f"must be {words}, written without a point or an exponent"
    return (
        f"must be {words}, not {WORDS.get(got, 'this')}"
        if got != "bool"
        else f"must be {words}, not a boolean"
    )


def _length(match: re.Match[str], _: Shape) -> str:
    bound = BOUNDS.get(match["bound"], "")
    return f"must have {bound} {match['count']} {UNITS[match['kind']]}".replace("  ", " ")


def _pattern(match: re.Match[str], shape: Shape) -> str:
    if shape.examples:
        return f"must look like {shape.examples[0]}"
    return f"must match {match['pattern']}"


def _choice(_: re.Match[str], shape: Shape) -> str:
    return (
        f"must be one of {', '.join(shape.choices())}"
        if shape.choices()
        else "is not one of the known values"
    )


RULES: Final[tuple[tuple[str, Say], ...]] = (
    (r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`", _type),
    (r"Expected `(?P<kind>str|array|object)` of length (?P<bound>[<>]=?)? ?(?P<count>\d+)", _length),
    (
        r"Expected `(?:int|float)` (?P<bound>[<>]=?) (?P<than>\S+)",
        lambda m, _: f"must be {BOUNDS[m['bound']]} {m['than']}",
    ),
    (
        r"Expected `(?:int|float)` that's a multiple of (?P<of>\S+)",
        lambda m, _: f"must be a multiple of {m['of']}",
    ),
    (r"Expected `str` matching regex '(?P<pattern>.*)'", _pattern),
    (r"Expected `datetime` with .*", lambda *_: INSTANT),
    (r"Invalid RFC3339 encoded datetime", lambda *_: INSTANT),
    (r"Invalid RFC3339 encoded date", lambda *_: "must be a date such as 2026-11-20"),
    (r"Invalid UUID", lambda *_: "must be a UUID"),
    (r"(?:Integer value|Number) out of range", lambda *_: "is too large a number"),
    (r"Invalid (?:enum )?value .*", _choice),
)
