"""Dated parts: when one holds, and which one a new one follows. Days are half-open: `valid_to` is the first
day after."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar

from kontorhaus.people.parties.errors import PartyDatesOverlap


class Dated(Protocol):
    """Something valid from a first day up to and without `valid_to`; None: until further notice."""

    @property
    def valid_from(self) -> date: ...

    @property
    def valid_to(self) -> date | None: ...


D = TypeVar("D", bound=Dated)


def holds(part: Dated, day: date) -> bool:
    return part.valid_from <= day and (part.valid_to is None or day < part.valid_to)


def overlap(one: Dated, other: Dated) -> bool:
    """Whether there is a day on which both hold; a part that ends on its first day never did."""
    begins = max(one.valid_from, other.valid_from)
    return holds(one, begins) and holds(other, begins)


def predecessor(rivals: Iterable[D], new: Dated) -> D | None:
    """Of the parts that cannot hold beside `new`: the one that must end on the day on which `new` begins, if
    any.

    One that began on that same day too ends on it, and so never held. Raises PartyDatesOverlap when one
    begins later and within the time of `new`: cutting the future short is a decision that the caller has to
    make."""
    found = None
    for part in rivals:
        if overlap(part, new):
            if part.valid_from > new.valid_from:
                raise PartyDatesOverlap("another one begins while this one would be valid")
            found = part
    return found
