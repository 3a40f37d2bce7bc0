"""What reports are cut by: the order, the party and the connection that an account is kept for."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import SUFFIX, parse_any


class Dimension(StrEnum):
    """What an account may be kept for."""

    ORDER = "order"
    PARTY = "party"
    CONNECTION = "connection"


class GroupBy(StrEnum):
    """What balances are added up by."""

    ORDER = "order"
    PARTY = "party"
    CONNECTION = "connection"
    TYPE = "type"


PREFIXES: Final = {Dimension.ORDER: "ord", Dimension.PARTY: "pty", Dimension.CONNECTION: "conn"}
"""Of the ids of each. Orders and connections belong to rooms above, so that their nouns are not known here."""

_ID: Final = re.compile(f"({'|'.join(PREFIXES.values())})_{SUFFIX}")


class Dimensions(Struct, frozen=True, kw_only=True):
    """What one account is kept for."""

    order: UUID | None = None
    party: UUID | None = None
    connection: UUID | None = None

    @property
    def first(self) -> Dimension | None:
        """One of those that are given, the one with the fewest accounts as a rule."""
        given = {
            Dimension.ORDER: self.order,
            Dimension.PARTY: self.party,
            Dimension.CONNECTION: self.connection,
        }
        return next((kind for kind, value in given.items() if value is not None), None)

    def row(self) -> tuple[UUID | None, UUID | None, UUID | None]:
        return self.order, self.party, self.connection


def named_in(name: str) -> Dimensions:
    """What the name of an account says that it is kept for: the ids that stand in it between colons, the first of each
    kind. So `deposit:pty_…` belongs to its party without a word, whoever posts to it first."""
    found: dict[str, UUID] = {}
    for piece in name.split(":")[1:]:
        if (matched := _ID.fullmatch(piece)) is not None:
            found.setdefault(matched.group(1), parse_any(piece))
    return Dimensions(**{kind.value: found.get(prefix) for kind, prefix in PREFIXES.items()})
