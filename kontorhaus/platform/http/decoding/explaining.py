"""Why a body was refused: read once more, slowly, the faults with their JSON pointers. No value is ever repeated."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
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
"""The largest integer that every JSON reader keeps exactly (RFC 7493, 2.2), and the largest amount of money."""

INTEGER_CHARACTERS_MAX: Final = 17
"""A sign and the 16 digits of the largest one. Longer texts are not even converted, since that is slow."""

SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Members(list[tuple[str, Any]]):
    """The members of an object in which a name stands twice, as they stand in the text."""


class Unreadable(Struct, frozen=True):
    """A number that stands in the text and that we do not take."""

    why: str


def explained(raw: bytes, kind: Any, error: Exception) -> DomainError:
    """The error to answer with, for a body that the fast path refused with `error`."""
    if misfit := _misfit(raw):
        return BodyMalformed(f"the body is not JSON: {misfit}", faults=(Fault("", misfit),))
    # Bytes that are no UTF-8 become lone surrogates, so that the string in which they stand is found with its place.
    reading = Reading()
    try:
        tree = reading.tree(raw.decode("utf-8", errors="surrogateescape"))
    except json.JSONDecodeError as syntax:
        # json's own messages name what was expected, never what was found.
        where = f"{syntax.msg} at line {syntax.lineno}, column {syntax.colno}"
        return BodyMalformed(f"the body is not JSON: {where}", faults=(Fault("", where),))
    # Before anything is said of a name: the name itself may be a card number.
    refuse_cards(raw, plain := reading.plain(tree), kind)
    faults = _of_texts(tree) if reading.strange or b"\\u" in raw or not _is_utf8(raw) else ()
    if not faults and isinstance(error, msgspec.ValidationError):
        faults = _of_shape(plain, kind, error)
    if not faults:
        # Whatever the two readers disagree about, the stricter one wins.
        return BodyMalformed("the body is not JSON", faults=(Fault("", "send JSON as RFC 8259 has it"),))
    return BodyInvalid(places.told(faults, "the body"), faults=faults)


def refuse_texts(raw: bytes) -> None:
    """BodyInvalid if a string or a name of this well-formed body holds what PostgreSQL's text cannot."""
    if faults := _of_texts(Reading().tree(raw.decode())):
        raise BodyInvalid(places.told(faults, "the body"), faults=faults)


def _misfit(raw: bytes) -> str | None:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\x00" in raw[:4]:
        return "send UTF-8, not UTF-16 or UTF-32"
    if raw.startswith(codecs.BOM_UTF8):
        return "send it without a byte order mark"
    return None


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


class Reading:
    """One lenient reading: `strange` says whether it met a name that stands twice or a number that we do not take."""

    def __init__(self) -> None:
        self.strange = False
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._members, parse_int=self._integer, parse_constant=self._constant
        )

    def tree(self, text: str) -> Any:
        return self._decoder.decode(text)

    def plain(self, node: Any) -> Any:
        """The tree in dicts, lists and scalars: of equal names the last one counts, as for msgspec."""
        if not self.strange:
            return node
        if isinstance(node, Members | dict):
            pairs = node if isinstance(node, Members) else node.items()
            return {name: self.plain(value) for name, value in pairs}
        if isinstance(node, list):
            return [self.plain(value) for value in node]
        return None if isinstance(node, Unreadable) else node

    def _members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any] | Members:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        self.strange = True
        return Members(pairs)

    def _integer(self, text: str) -> int | Unreadable:
        if len(text) <= INTEGER_CHARACTERS_MAX and abs(number := int(text)) <= INTEGER_MAX:
            return number
        self.strange = True
        return Unreadable(f"must lie between -{INTEGER_MAX} and {INTEGER_MAX}")

    def _constant(self, _: str) -> Unreadable:
        self.strange = True
        return Unreadable("must be a number; JSON knows no NaN and no Infinity")


def _of_texts(tree: Any) -> tuple[Fault, ...]:
    """Faults of names, strings and numbers, whatever the type that was asked for."""
    return tuple(islice(_texts(tree, ""), FAULTS_MAX))


def _texts(node: Any, pointer: str) -> Iterator[Fault]:
    if isinstance(node, Members | dict):
        yield from _names(node, pointer)
        for name, value in node if isinstance(node, Members) else node.items():
            yield from _texts(value, places.child(pointer, name))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _texts(value, f"{pointer}/{index}")
    elif isinstance(node, str):
        if why := _unfit(node):
            yield Fault(pointer, why)
    elif isinstance(node, Unreadable):
        yield Fault(pointer, node.why)


def _names(node: Members | dict[str, Any], pointer: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for name in (pair[0] for pair in node) if isinstance(node, Members) else node:
        if name in seen:
            yield Fault(places.child(pointer, name), "stands there twice; give it once")
        elif why := _unfit(name):
            yield Fault(places.child(pointer, name), f"has a name that {why}")
        seen.add(name)


def _unfit(text: str) -> str | None:
    if "\x00" in text:
        return "holds the character U+0000; leave it out"
    if not text.isascii() and SURROGATE.search(text):
        return "holds bytes that are not UTF-8, or half of a surrogate pair; send whole characters"
    return None


def _of_shape(plain: Any, kind: Any, error: msgspec.ValidationError) -> tuple[Fault, ...]:
    """Faults against the type: every unknown name, or else the one that msgspec met first."""
    shape = Shape.of(kind)
    message, path = places.split(str(error))
    if message.startswith("Object contains unknown field"):
        return tuple(islice(_unknown(plain, shape, ""), FAULTS_MAX))
    pointer, node, found = places.resolve(path, plain, shape, _again(kind))
    return tuple(
        Fault(places.child(pointer, name) if name else pointer, why)
        for name, why in sentence(message, node, found)
    )


def _unknown(node: Any, shape: Shape, pointer: str) -> Iterator[Fault]:
    if not shape.types:
        return
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
