"""From bytes to a struct. The usual body takes the fast path; a wrong one is read again, slowly, to say why."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, Final, NoReturn, TypeVar

import msgspec

from kontorhaus.kernel.errors import Fault
from kontorhaus.platform.http.decoding import explaining
from kontorhaus.platform.http.decoding.explaining import INTEGER_CHARACTERS_MAX, INTEGER_MAX
from kontorhaus.platform.http.errors import BodyMalformed, MediaTypeUnsupported
from kontorhaus.platform.secrets import refuse_cards

T = TypeVar("T")

DEPTH_MAX: Final = 64
"""Nothing of ours is nested deeper than ten levels; parsers of callers and of PostgreSQL handle a hundred and more."""

MEDIA_TYPE: Final = re.compile(rb'application/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?', re.IGNORECASE)


def check_media_type(content_type: bytes | None, content_encoding: bytes | None) -> None:
    """MediaTypeUnsupported unless the header fields announce plain JSON in UTF-8."""
    if content_type != b"application/json" and not MEDIA_TYPE.fullmatch(content_type or b""):
        raise MediaTypeUnsupported("send the body as application/json")
    if content_encoding is not None and content_encoding.strip().lower() not in (b"", b"identity"):
        raise MediaTypeUnsupported("send the body without a content coding")


def decode(raw: bytes, kind: type[T]) -> T:
    """The body as a value of `kind`, a struct that forbids unknown fields.

    BodyMalformed if it is not JSON, BodyInvalid if it is and something in it is wrong; both point at the place and
    never repeat a value. Not guaranteed: that every fault is named at once; of wrong types it is the first.
    CardNumberRefused if a card number stands anywhere but in a field made for numbers that look like one.
    """
    if not raw or raw.isspace():
        raise BodyMalformed("the body is empty", faults=(Fault("", "send a JSON object"),))
    if _deeper_than(DEPTH_MAX, raw):
        raise BodyMalformed(
            "the body is nested too deep",
            faults=(Fault("", f"nest at most {DEPTH_MAX} levels of objects and arrays"),),
        )
    wanted: Any = kind
    try:
        value: T = _decoder(wanted).decode(raw)
        # msgspec keeps the last of two equal names and any integer. The standard library's scanner, in C too, lets
        # us look at both as it goes.
        tree, _ = _STRICT.raw_decode(raw.decode().lstrip())
    except (msgspec.MsgspecError, ValueError) as error:
        _refuse(raw, kind, error)
    if b"\\u0000" in raw:
        explaining.refuse_texts(raw)
    refuse_cards(raw, tree, kind)
    return value


class _Suspicious(ValueError):
    """Something that only the slow reading can name."""


def _unique(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) != len(members):
        raise _Suspicious
    return found


def _small(text: str) -> int:
    if len(text) > INTEGER_CHARACTERS_MAX or abs(number := int(text)) > INTEGER_MAX:
        raise _Suspicious
    return number


_STRICT: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_int=_small)


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _refuse(raw: bytes, kind: Any, error: Exception) -> NoReturn:
    raise explaining.explained(raw, kind, error) from error


# A string that is never closed runs to the end, so that no text is looked at twice: linear for any input.
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


def _deeper_than(levels: int, raw: bytes) -> bool:
    """Whether brackets outside of strings are nested deeper. Ends at the first that is, however many follow."""
    if raw.count(b"[") + raw.count(b"{") <= levels:
        return False
    depth = 0
    for bracket in _STRING.sub(b"", raw).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > levels:
            return True
    return False
