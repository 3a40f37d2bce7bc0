"""From a raw query to a struct: every name known, given once, and of the form that was asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, TypeVar
from urllib.parse import unquote_to_bytes

import msgspec
from msgspec import Struct, inspect

from kontorhaus.kernel.errors import Fault
from kontorhaus.platform.http.decoding import places
from kontorhaus.platform.http.decoding.sentences import sentence
from kontorhaus.platform.http.decoding.shapes import Shape
from kontorhaus.platform.http.errors import QueryInvalid
from kontorhaus.platform.secrets import refuse_cards_in
from kontorhaus.platform.telemetry import may_hold_card_number

T = TypeVar("T")

BAD_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")

INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,15})")
"""At most 16 digits: every such number is below 2^63, so no bound of a field is ever met by an overflow."""

BOOLEANS: Final = {"true": True, "false": False}

PARAMETERS_MAX: Final = 100
"""The longest list of filters has a dozen; a hundred thousand would be read for nothing."""


class NoQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """The query of a route that takes none: every name is unknown."""


def decode_query(raw: bytes, kind: type[T]) -> T:
    """The query as a value of `kind`, a flat struct. QueryInvalid names each parameter that is wrong.

    A list is written with commas (`?fields=id,name`), a boolean as `true` or `false`. Blanks may be `+` or `%20`.
    """
    wanted: Any = kind
    if not raw:
        empty: T = _empty(wanted)
        return empty
    shape = Shape.of(kind)
    fields = _fields(wanted)
    values: dict[str, object] = {}
    faults: list[Fault] = []
    pairs = _pairs(raw)
    # Before anything is said of a name: the name itself may be a card number.
    if raw and may_hold_card_number(unquote_to_bytes(raw.replace(b"+", b" "))):
        refuse_cards_in({name: value for name, value, _ in pairs}, kind)
    for name, value, fault in pairs:
        why = fault or _put(values, name, value, fields)
        if why:
            faults.append(Fault(name[: places.NAME_CHARACTERS_MAX], why))
    if not faults:
        try:
            return msgspec.convert(values, kind)
        except msgspec.ValidationError as error:
            message, path = places.split(str(error))
            pointer, node, found = places.resolve(path, values, shape, lambda _: None)
            name = pointer.split("/")[1] if pointer else ""
            faults = [Fault(name or missing, why) for missing, why in sentence(message, node, found)]
    raise QueryInvalid(places.told(tuple(faults), "the query"), faults=tuple(faults))


@cache
def _empty(kind: Any) -> Any:
    """The value of an empty query, or QueryInvalid if a parameter is required. Frozen, so one serves all."""
    try:
        return msgspec.convert({}, kind)
    except msgspec.ValidationError as error:
        missing = sentence(places.split(str(error))[0], {}, Shape.of(kind))
        faults = tuple(Fault(name, why) for name, why in missing)
        raise QueryInvalid(places.told(faults, "the query"), faults=faults) from error


@cache
def _fields(kind: Any) -> Mapping[str, Shape]:
    shape = Shape.of(kind)
    return {name: shape.member({}, name) for name in shape.names({}) or ()}


def _pairs(raw: bytes) -> list[tuple[str, str, str | None]]:
    """Name, value, and what is wrong with the bytes of either."""
    pieces = raw.split(b"&", PARAMETERS_MAX)
    if len(pieces) > PARAMETERS_MAX:
        raise QueryInvalid(
            "the query is too long", faults=(Fault("", f"send at most {PARAMETERS_MAX} parameters"),)
        )
    found = []
    for piece in pieces:
        if piece:
            name, _, value = piece.partition(b"=")
            decoded, fault = _text(name)
            text, value_fault = _text(value)
            found.append((decoded, text, fault or value_fault))
    return found


def _text(raw: bytes) -> tuple[str, str | None]:
    data = unquote_to_bytes(raw.replace(b"+", b" "))
    text = data.decode("utf-8", errors="replace")
    if BAD_ESCAPE.search(raw):
        return text, "has a % that is not followed by two hexadecimal digits"
    if b"\x00" in data:
        return text.replace("\x00", ""), "holds the character U+0000; leave it out"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return text, "is not UTF-8 once its % escapes are decoded"
    return text, None


def _put(values: dict[str, object], name: str, text: str, fields: Mapping[str, Shape]) -> str | None:
    """Add one parameter; says what is wrong with it, if anything is."""
    if name not in fields:
        return places.unknown(name, list(fields))
    if name in values:
        return "is given twice; give it once"
    value = _scalar(text, fields[name])
    if isinstance(value, _Wrong):
        return value.why
    values[name] = value
    return None


class _Wrong(Struct, frozen=True):
    why: str


def _scalar(text: str, shape: Shape) -> object:
    kinds = {type(one) for one in shape.types}
    if kinds & {inspect.ListType, inspect.FrozenSetType, inspect.VarTupleType}:
        return text.split(",") if text else []
    if kinds & {inspect.StrType, inspect.LiteralType, inspect.EnumType}:
        return text
    if inspect.IntType in kinds:
        return int(text) if INTEGER.fullmatch(text) else _Wrong("must be an integer in plain digits")
    if inspect.BoolType in kinds:
        return BOOLEANS[text] if text in BOOLEANS else _Wrong("must be true or false")
    return text
