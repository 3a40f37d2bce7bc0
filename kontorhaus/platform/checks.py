"""Invariants that can be checked on a running house: each a question to the database whose true answer is nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from kontorhaus.platform.db import Db


class Finding(Struct, frozen=True):
    """One row that breaks an invariant: which, and how. Ids and amounts, never personal data."""

    subject: str
    detail: str


class Check(Struct, frozen=True, eq=False):
    """An invariant: `broken` finds the first rows that break it, and reads without disturbing anyone."""

    name: str
    says: str
    broken: Callable[[Db], Awaitable[Sequence[Finding]]]
