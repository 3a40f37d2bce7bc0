"""The books told anew, entry by entry: what every balance must be, and the hash over what was said. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from kontorhaus.money.ledger.errors import LedgerBooksFalse

NOTHING: Final = bytes(32)
"""Stands for the seal before the first."""

DIGEST: Final = 8
"""Bytes of each entry's own hash that a seal keeps: enough to name the false one; the seal's hash is over all."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Told = tuple[object, ...]

Effect = tuple[int, str, datetime]
"""Account, grain, and the beginning of the day or hour."""


def microseconds(at: datetime | None) -> int | None:
    return None if at is None else (at - EPOCH) // timedelta(microseconds=1)


def said(kind: str, fields: Sequence[object]) -> bytes:
    """An entry as it is hashed: a JSON array of its kind and fields, instants in microseconds since 1970."""
    plain = [
        microseconds(field)
        if isinstance(field, datetime)
        else str(field)
        if isinstance(field, UUID | date)
        else field
        for field in fields
    ]
    return msgspec.json.encode([kind, *plain])


def seal_of(previous: bytes, entity: UUID, number: int, entries: Iterable[bytes]) -> tuple[bytes, bytes]:
    """The hash of a batch, chained to the one before, and the digests of its entries.

    SHA-256 (FIPS 180-4) over the previous hash, the entity's id, the number, and each entry followed by a line break.
    """
    whole = hashlib.sha256(previous + entity.bytes + number.to_bytes(4, "big"))
    digests = bytearray()
    for entry in entries:
        whole.update(entry + b"\n")
        digests += hashlib.sha256(entry).digest()[:DIGEST]
    return whole.digest(), bytes(digests)


class Tally:
    """One account as the entries so far leave it, on its own side."""

    __slots__ = ("balance", "base", "dated", "dated_base", "entries", "held")

    def __init__(self) -> None:
        self.balance = self.base = self.dated = self.dated_base = self.entries = self.held = 0

    def sums(self) -> tuple[int, int, int, int]:
        return self.balance, self.base, self.dated, self.dated_base


class Replay:
    """Every account of an entity, told from its first entry on; raises LedgerBooksFalse at the first contradiction."""

    def __init__(self, sides: dict[int, str], guards: set[int]) -> None:
        self._sides = sides
        self._guards = guards
        self.accounts: dict[int, Tally] = {}
        self.effects: dict[Effect, tuple[int, int]] = {}
        """What dated entries come to by account, grain and beginning of the day or hour that they took effect in."""
        self._place: tuple[datetime, int] | None = None

    def tally(self, account_id: int) -> Tally:
        return self.accounts.setdefault(account_id, Tally())

    def place(self, table: str, row: UUID, at: datetime, line: int) -> None:
        """Lines of an instant follow each other from 0; a transfer and the hold it ends share one."""
        before = self._place
        follows = line == 0 if before is None or at > before[0] else at == before[0] and line <= before[1] + 1
        if not follows:
            raise false(table, row, "stands out of order, or an entry before it is missing")
        self._place = (at, line)

    def transfer(
        self,
        row: UUID,
        legs: Sequence[tuple[str, int, int | None]],
        amount: int,
        base: int,
        effective_at: datetime | None,
    ) -> None:
        """`legs`: side, account, and the running balance that the entry shows there; `effective_at` of a dated one."""
        for side, account_id, shown in legs:
            tally = self.tally(account_id)
            sign = 1 if self._sides[account_id] == side else -1
            tally.balance += sign * amount
            tally.base += sign * base
            tally.entries += 1
            if effective_at is not None:
                tally.dated += sign * amount
                tally.dated_base += sign * base
                self._effect(account_id, effective_at, sign * amount, sign * base)
            if shown != (tally.balance if account_id in self._guards else None):
                raise false("ledger_transfer", row, f"shows a balance of {shown} on the {side} side")

    def _effect(self, account_id: int, at: datetime, amount: int, base: int) -> None:
        hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        for place in ((account_id, "day", hour.replace(hour=0)), (account_id, "hour", hour)):
            balance, in_base = self.effects.get(place, (0, 0))
            self.effects[place] = (balance + amount, in_base + base)

    def hold(self, legs: Sequence[tuple[str, int]], amount: int) -> None:
        """`amount` is positive when a hold begins, and negative when it ends."""
        for side, account_id in legs:
            if account_id in self._guards and self._sides[account_id] != side:
                self.tally(account_id).held += amount

    def guarded(self, row: UUID, accounts: Iterable[int]) -> None:
        for account_id in accounts:
            tally = self.accounts.get(account_id)
            if tally is not None and account_id in self._guards and tally.balance < tally.held:
                raise false("ledger_transfer", row, "takes a guard below what is held on it")


def false(table: str, row: object, what: str) -> LedgerBooksFalse:
    return LedgerBooksFalse(f"{table} {row} {what}", table=table, row=str(row))
