"""Values as they stand in the text of a statement: for the few that travel without parameters.

PostgreSQL takes parameters only where a message holds one statement. What shares its message with COMMIT is written
out; so it may hold nothing that needs quoting, whoever it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

NAME: Final = re.compile(r"[A-Za-z0-9_.:-]*")
"""Text of the code's own making: kinds, nouns, states. What people type is not written out, but sent as a parameter."""


def written(value: object) -> str:
    """A literal of PostgreSQL's. Takes None, int, UUID, bytes, and str within `NAME`; anything else is a programmer's
    mistake and crashes. The result holds no quote, backslash or dollar but those that are put here."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).upper()
        case int():
            return str(int(value))  # a subclass may print otherwise
        case UUID():
            return f"'{value.hex}'"
        case bytes():
            # E'': the backslash means the same whatever standard_conforming_strings says.
            return f"E'\\\\x{value.hex()}'"
        case str() if NAME.fullmatch(value):
            return f"'{value}'"
        case _:
            raise AssertionError(f"{type(value).__name__} is not written into a statement's text")


def filled(statement: str, values: Sequence[str]) -> str:
    """A statement whose $1, $2 … were replaced by literals."""
    return PARAMETER.sub(lambda match: values[int(match[1]) - 1], statement)


PARAMETER: Final = re.compile(r"\$(\d+)")
