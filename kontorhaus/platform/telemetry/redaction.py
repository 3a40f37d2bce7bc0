"""The last defence: what a log line or a span may show. The first one is not to log personal data at all.

Values under telling names are masked whole; every text is searched for what can be recognized (`sensitive`); objects
are named by their type and never printed, since a repr shows fields; and of an exception the type and the places are
shown, and its message only where the message cannot quote data.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from datetime import date
from enum import Enum
from pathlib import PurePath
from types import TracebackType
from typing import Final
from uuid import UUID

from kontorhaus.kernel.errors import DomainError
from kontorhaus.platform.telemetry.sensitive import masked

Scalar = str | int | float | bool
Shown = Scalar | None | list["Shown"] | dict[str, "Shown"]

MASK: Final = "***"

_TELLING: Final = frozenset(
    # credentials
    "authorization cookie password passphrase secret token credential credentials signature key apikey "
    # cards and accounts
    "pan card cvc cvv pin iban bic account holder "
    # people
    "name firstname lastname forename surname email mail phone telephone mobile fax address street line1 line2 city "
    "postal postcode zip birth birthday birthdate passport tax vat recipient contact person ip "
    # what callers and others send
    "body payload query params headers args arguments form cookies".split()
)
"""Words of a key under which nothing is shown: `customer_name`, `apiKey`, `X-Authorization`."""

_HARMLESS_ENDS: Final = frozenset(
    "id ids kind type version status size bytes count length ms seconds".split()
)
"""A key that ends so speaks *about* the thing: `key_id`, `body_bytes`. Its value is searched all the same."""

_SHOWN: Final = frozenset({"db.query.text", "db.operation.name", "db.system.name", "server.address"})
"""OpenTelemetry's names for what comes from our own code and settings; a statement carries $1, never values."""

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+[0-9]*|[0-9]+")

TEXT_CHARACTERS_MAX: Final = 1_000
"""A longer text in a log is a body or a dump, and neither belongs there."""

ITEMS_MAX: Final = 50
"""Of a list or mapping: a line is to be read by a person."""

DEPTH_MAX: Final = 4
"""Deeper than any value that we log on purpose."""


@functools.lru_cache(1024)
def telling(key: str) -> bool:
    """Whether the key's name says that its value is a secret or about a person."""
    if key in _SHOWN:
        return False
    words = [word.lower() for word in _WORD.findall(key)]
    return bool(words) and words[-1] not in _HARMLESS_ENDS and not _TELLING.isdisjoint(words)


def shown(key: str, value: object, depth: int = 0) -> Shown:
    """The value as a log line may show it, whatever it is."""
    if isinstance(value, Mapping | list | tuple | set | frozenset) and not telling(key):
        return _collection(key, value, depth)
    return scalar(key, value)


def _collection(key: str, value: object, depth: int) -> Shown:
    if depth >= DEPTH_MAX:
        return f"<{type(value).__name__}>"
    if isinstance(value, Mapping):
        items = list(value.items())[:ITEMS_MAX]
        return {text(str(name)): shown(str(name), item, depth + 1) for name, item in items}
    assert isinstance(value, list | tuple | set | frozenset)
    return [shown(key, item, depth + 1) for item in list(value)[:ITEMS_MAX]]


def scalar(key: str, value: object) -> Scalar | None:
    """The value as an attribute of a span may show it: one number or text."""
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool):
        return value
    if telling(key):
        return MASK
    if isinstance(value, int | float):
        return _number(value)
    return text(value if isinstance(value, str) else _in_words(value))


def _number(value: float) -> Scalar:
    # JSON knows neither NaN nor infinity, its readers no integers beyond 64 bits; and a card number may be a number.
    return value if abs(value) < 2**63 and masked(digits := str(value)) == digits else MASK


def _in_words(value: object) -> str:
    if isinstance(value, UUID | date | PurePath):
        return str(value)
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return f"<{value.__name__ if isinstance(value, type) else type(value).__name__}>"


def text(value: str) -> str:
    """A text with everything recognizable masked, on one line, and cut to a readable length."""
    # Masked before it is cut to size, so that half an IBAN cannot slip through; bounded first, so that it is quick.
    plain = value[: 4 * TEXT_CHARACTERS_MAX].replace("\n", " ")
    if not plain.isascii():
        plain = plain.encode("utf-8", "replace").decode()  # half a surrogate pair fits in no JSON
    return masked(plain)[:TEXT_CHARACTERS_MAX]


_PLAIN_MESSAGES: Final = (
    AttributeError,
    NameError,
    ImportError,
    TypeError,
    RecursionError,
    NotImplementedError,
)
"""What the interpreter itself raises when our code is wrong: names of attributes, modules and types."""

_DATABASE_FACTS: Final = ("sqlstate", "constraint_name", "table_name", "column_name")

FRAMES_MAX: Final = 40
"""The last calls, where it went wrong; a recursion has a thousand."""

CAUSES_MAX: Final = 5
"""A longer chain of causes has never explained more."""


def exception(error: BaseException, depth: int = 0) -> dict[str, Shown]:
    """What a log line tells of an exception: its type, the places it went through, and its causes.

    No local variables and no source lines. The message stands there only when the class promises that it quotes no
    data: our own errors, the interpreter's complaints about code, the operating system's. PostgreSQL says `DETAIL: Key
    (name)=(Müller) already exists`, and `int()` quotes what it could not read: of those the type, and of a database
    error also its SQLSTATE, constraint, table and column.
    """
    described: dict[str, Shown] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
    if message := _message(error):
        described["message"] = text(message)
    if isinstance(error, DomainError):
        described["code"] = getattr(error, "code", None)
    if hasattr(error, "sqlstate"):
        facts = {name: getattr(error, name, None) for name in _DATABASE_FACTS}
        described.update({name: text(str(value)) for name, value in facts.items() if value})
    described["stack"] = _frames(error.__traceback__)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and depth < CAUSES_MAX:
        described["caused_by"] = exception(cause, depth + 1)
    if isinstance(error, BaseExceptionGroup) and depth < CAUSES_MAX:
        described["inside"] = [exception(inner, depth + 1) for inner in error.exceptions[:CAUSES_MAX]]
    return described


def _message(error: BaseException) -> str | None:
    if isinstance(error, DomainError):
        return error.detail
    if isinstance(error, OSError):
        return error.strerror
    return str(error) if isinstance(error, _PLAIN_MESSAGES) else None


def _frames(trace: TracebackType | None) -> list[Shown]:
    frames: list[Shown] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{_place(code.co_filename)}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-FRAMES_MAX:]


def _place(filename: str) -> str:
    """The file from its package on: a path above it names the machine's user."""
    parts = PurePath(filename).parts
    for mark, keep in (("site-packages", 1), ("kontorhaus", 0)):
        if mark in parts:
            last = len(parts) - 1 - parts[::-1].index(mark)
            return "/".join(parts[last + keep :])
    return "/".join(parts[-2:])
