"""Why a body was refused: read once more, slowly, every fault with its JSON pointer. No value is ever repeated."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from kontorhaus.kernel.errors import DomainError, Fault
from kontorhaus.platform.http.decoding import places
from kontorhaus.platform.http.decoding.sentences import sentence
from kontorhaus.platform.http.decoding.shapes import Shape
from kontorhaus.platform.http.errors import BodyInvalid, BodyMalformed
from kontorhaus.platform.secrets import refuse_cards

FAULTS_MAX: Final = 20
"""More than a person reads, few enough that a hostile body does not get a large answer."""

INTEGER_MAX: Final = 2**53 - 1
"""See `body.INTEGER_MAX`: the same bound, for the same reason."""


class Members(list[tuple[str, Any]]):
    """The members of an object as they stand in the text, names that stand there twice included."""


class Unreadable(Struct, frozen=True):
    """A number that stands in the text and that we do not take."""

    why: str


def explained(raw: bytes, kind: Any, error: Exception) -> DomainError:
    """The error to answer with, for a body that the fast path refused with `error`."""
    text = raw.decode("utf-8", errors="surrogateescape")
    if misfit := _misfit(raw):
        return BodyMalformed("the body is not JSON in UTF-8", faults=(Fault("", misfit),))
    try:
        tree = _LENIENT.decode(text)
    except json.JSONDecodeError as syntax:
        # The text is ours: json's own messages name what was expected, never what was found.
        where = f"{syntax.msg} at line {syntax.lineno}, column {syntax.colno}"
        return BodyMalformed("the body is not JSON", faults=(Fault("", where),))
    # Before anything is said of a name: the name itself may be a card number.
    refuse_cards(raw, plain := _plain(tree), kind)
    faults = _first(_texts(tree, ""))
    if not faults and isinstance(error, msgspec.ValidationError):
        faults = _of_shape(plain, kind, error)
    if not faults:
        # Whatever the two readers disagree about, the stricter one wins.
        return BodyMalformed("the body is not JSON", faults=(Fault("", "send JSON as RFC 8259 has it"),))
    return BodyInvalid("the body is wrong; `errors` says where", faults=faults)


def refuse_texts(raw: bytes) -> None:
    """BodyInvalid if a string or a name of this well-formed body holds what PostgreSQL's text cannot."""
    if faults := _first(_texts(_LENIENT.decode(raw.decode()), "")):
        raise BodyInvalid("the body is wrong; `errors` says where", faults=faults)


def _misfit(raw: bytes) -> str | None:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\x00" in raw[:4]:
        return "send UTF-8, not UTF-16 or UTF-32"
    if raw.startswith(codecs.BOM_UTF8):
        return "send it without a byte order mark"
    return None


def _first(faults: Iterator[Fault]) -> tuple[Fault, ...]:
    return tuple(fault for fault, _ in zip(faults, range(FAULTS_MAX), strict=False))


def _texts(node: Any, pointer: str) -> Iterator[Fault]:
    """Faults of names, strings and numbers, whatever the type that was asked for."""
    if isinstance(node, Members):
        seen: set[str] = set()
        for name, value in node:
            place = places.child(pointer, name)
            if name in seen:
                yield Fault(place, "stands there twice; give it once")
            seen.add(name)
            if why := _unfit(name):
                yield Fault(place, f"the name {why}")
            yield from _texts(value, place)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _texts(value, f"{pointer}/{index}")
    elif isinstance(node, str):
        if why := _unfit(node):
            yield Fault(pointer, why)
    elif isinstance(node, Unreadable):
        yield Fault(pointer, node.why)


def _unfit(text: str) -> str | None:
    if "\x00" in text:
        return "holds the character U+0000; leave it out"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "holds bytes that are not UTF-8, or half of a surrogate pair; send whole characters"
    return None


def _integer(text: str) -> int | Unreadable:
    if len(text) > 17 or abs(int(text)) > INTEGER_MAX:
        return Unreadable(f"must lie between -{INTEGER_MAX} and {INTEGER_MAX}")
    return int(text)


def _constant(_: str) -> Unreadable:
    return Unreadable("NaN and Infinity are no numbers of JSON")


_LENIENT: Final = json.JSONDecoder(object_pairs_hook=Members, parse_int=_integer, parse_constant=_constant)


def _of_shape(plain: Any, kind: Any, error: msgspec.ValidationError) -> tuple[Fault, ...]:
    """Faults against the type: every unknown name, or else the one that msgspec met first."""
    shape = Shape.of(kind)
    if unknown := _first(_unknown(plain, shape, "")):
        return unknown
    message, path = places.split(str(error))
    pointer, node, found = places.resolve(path, plain, shape, _again(kind))
    return tuple(
        Fault(places.child(pointer, name) if name else pointer, why)
        for name, why in sentence(message, node, found)
    )


def _plain(node: Any) -> Any:
    if isinstance(node, Members):
        return {name: _plain(value) for name, value in node}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    return None if isinstance(node, Unreadable) else node


def _unknown(node: Any, shape: Shape, pointer: str) -> Iterator[Fault]:
    if isinstance(node, dict):
        known = shape.names(node)
        for name, value in node.items():
            place = places.child(pointer, name)
            if known is not None and name not in known:
                yield Fault(place, places.unknown(name, known))
            else:
                yield from _unknown(value, shape.member(node, name), place)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _unknown(value, shape.item(index), f"{pointer}/{index}")


def _again(kind: Any) -> Callable[[Any], str | None]:
    """What msgspec has against another tree of the same type: by it the culprit among a mapping's values is found."""

    def message(tree: Any) -> str | None:
        try:
            msgspec.convert(tree, kind)
        except msgspec.ValidationError as error:
            return str(error)
        return None

    return message
