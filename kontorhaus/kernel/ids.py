"""Ids: UUIDv7 in the database, a NewType per noun in Python, TypeID at the edge."""

from __future__ import annotations

import os
import re
import secrets
import sys
import threading
from collections.abc import Callable
from typing import Final, Generic, NewType, TypeVar
from uuid import UUID

from kontorhaus.kernel.errors import Invalid
from kontorhaus.kernel.time import utc_now

IdT = TypeVar("IdT", bound=UUID)

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32 in lower case: no i, l, o, u, so that an id survives being read over the telephone."""


class IdInvalid(Invalid):
    """The text is not an id of this kind. Ids look like `pty_01jd…`: a prefix that names the kind and 26 characters."""

    code = "id_invalid"
    title = "Not an id of this kind"


_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """A new UUIDv7 (RFC 9562, 5.7): 48 bits of milliseconds, then 74 random bits.

    Strictly increasing within a process, across threads: when the clock has not moved on, or ran backwards, the last
    id's random part is raised by a random step (RFC 9562, 6.2, method 2). Between processes the order is that of
    their clocks. An id is unique, not secret: it shows the millisecond in which it was made, and those of one
    millisecond lie near each other.
    """
    global _last  # noqa: PLW0603
    milliseconds = int(utc_now().timestamp() * 1000)
    with _lock:
        fresh = (milliseconds << 74) | secrets.randbits(74)
        _last = fresh if fresh >> 74 > _last >> 74 else _last + 1 + secrets.randbits(32)
        value = _last
    high, random_a, random_b = value >> 74, (value >> 62) & 0xFFF, value & ((1 << 62) - 1)
    return UUID(int=(high << 80) | (0x7 << 76) | (random_a << 64) | (0b10 << 62) | random_b)


def _start_anew() -> None:
    """A forked child would step on from its parent's last id, and may have inherited a lock that nobody releases."""
    global _lock, _last
    _lock, _last = threading.Lock(), 0


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_start_anew)


PREFIX: Final = re.compile(r"[a-z]([a-z_]{0,61}[a-z])?")
"""TypeID 0.3: lower-case letters and inner underscores, 63 characters at most."""

SUFFIX: Final = "[0-7][0-9a-hjkmnp-tv-z]{25}"
"""26 characters of 5 bits are 130 bits; the first may not exceed 7, or the number would not fit a UUID."""

ANY_ID: Final = f"^{PREFIX.pattern}_{SUFFIX}$(?!\\n)"
"""A TypeID of any noun, for a schema. "$" alone would let a line break pass behind the last character."""

LETTER: Final = "[0-9a-hjkmnp-tv-z]"

SUFFIX_7: Final = f"[0-7]{LETTER}{{9}}[ef]{LETTER}{{2}}[89abrstv]{LETTER}{{12}}"
"""The suffix of a UUIDv7 alone: its version stands in the eleventh character, its variant in the fourteenth. Ids that
callers choose have this form, so that they sort by their time as ours do."""

_prefixes: set[str] = set()
_nouns: dict[object, str] = {}


class Noun(Generic[IdT]):
    """A kind of object: the prefix of its ids at the edge and the type of its ids inside.

    Two kinds cannot share a prefix: an id says what it is an id of.
    """

    def __init__(self, prefix: str, make: Callable[[UUID], IdT]) -> None:
        assert PREFIX.fullmatch(prefix), f"{prefix!r} is not a prefix of a TypeID"
        assert prefix not in _prefixes, f"two nouns have the prefix {prefix}"
        _prefixes.add(prefix)
        _nouns[make] = prefix
        self.prefix: Final = prefix
        self.pattern: Final = f"^{prefix}_{SUFFIX}$"
        self._make = make

    def new(self) -> IdT:
        """A fresh id, greater than all that this process made before."""
        return self._make(uuid7())

    def text(self, value: IdT) -> str:
        """The TypeID of an id of this noun; that it is one of this noun is checked by its type alone."""
        return text_of(self.prefix, value)

    def parse(self, text: str) -> IdT:
        """The id that a TypeID of this noun stands for; IdInvalid for anything else."""
        if not re.fullmatch(f"{self.prefix}_{SUFFIX}", text):
            raise IdInvalid(f"expected an id such as {self.prefix}_ and 26 characters", prefix=self.prefix)
        return self._make(_decode(text[-26:]))


def text_of(prefix: str, value: UUID) -> str:
    """The TypeID of a value whose noun is known by its prefix alone, as in an audit entry."""
    number = value.int
    return f"{prefix}_" + "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def prefix_of(id_type: object) -> str | None:
    """The prefix of the noun whose ids are of this type, `PartyId` for instance; None if no noun was made of it."""
    return _nouns.get(id_type)


def parse_any(text: str) -> UUID:
    """The id that a TypeID of any noun stands for; IdInvalid for anything else."""
    if not re.fullmatch(f"{PREFIX.pattern}_{SUFFIX}", text):
        raise IdInvalid("expected an id: a prefix, an underscore and 26 characters")
    return _decode(text[-26:])


def _decode(suffix: str) -> UUID:
    number = 0
    for character in suffix:
        number = number << 5 | ALPHABET.index(character)
    return UUID(int=number)


OrgId = NewType("OrgId", UUID)
"""One organization in one mode: live and test are two."""

ORG: Final = Noun("org", OrgId)
