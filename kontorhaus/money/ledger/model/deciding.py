"""Whether entry sets may be posted, one after the other, and what is then written. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from kontorhaus.kernel.errors import DomainError
from kontorhaus.kernel.money import MINOR_MAX, Money
from kontorhaus.money.ledger.errors import LedgerBalanceInsufficient, LedgerEntryInvalid, LedgerHoldEnded
from kontorhaus.money.ledger.model.lines import Account, Line, Lines


class Step(Struct, frozen=True):
    """A line as it is written: its set, its place there, and by how much the balance of each guarding leg has changed
    since the call began."""

    line: Line
    set: int
    number: int
    debit_change: int | None
    credit_change: int | None


class Standing:
    """How a guard stands within a call: changes of balance and holds, and the lowest of both together."""

    __slots__ = ("balance", "held", "lowest")

    def __init__(self) -> None:
        self.balance = self.held = self.lowest = 0


class Plan:
    """The sets that are to be posted in one call.

    With `found`, balance and holds of every guard as read under its lock, a set that a guard refuses is told so, and
    leaves nothing behind. Without, all are taken on trust, for the statement that posts them looks itself.
    """

    def __init__(self, found: Mapping[int, tuple[int, int]] | None = None) -> None:
        self.steps: list[Step] = []
        self.guards: dict[int, Standing] = {}
        self.sets = 0
        self._found = found
        self._ended: set[UUID] = set()

    def add(self, lines: Lines) -> DomainError | None:
        """Take in a set, or say why it may not be posted."""
        before: list[tuple[Standing, int, int, int]] = []
        begin = len(self.steps)
        ended: set[UUID] = set()
        number = 0
        for given in lines.lines:
            refusal = self._end(given, ended)
            for line in () if refusal else self._spilled(given):
                refusal = self._move(line, before)
                if refusal is not None:
                    break
                self.steps.append(self._step(line, number))
                number += 1
            if refusal is not None:
                for guard, balance, held, lowest in reversed(before):
                    guard.balance, guard.held, guard.lowest = balance, held, lowest
                del self.steps[begin:]
                return refusal
        self._ended |= ended
        self.sets += 1
        return None

    def _end(self, line: Line, ended: set[UUID]) -> DomainError | None:
        if line.ends is None:
            return None
        if line.ends.id in ended or line.ends.id in self._ended:
            return LedgerHoldEnded("the hold is ended by another entry of the same call")
        ended.add(line.ends.id)
        return None

    def _step(self, line: Line, number: int) -> Step:
        debit = self.guards[line.debit.id].balance if line.debit.guards else None
        credit = self.guards[line.credit.id].balance if line.credit.guards else None
        return Step(line, self.sets, number, debit, credit)

    def _move(self, line: Line, before: list[tuple[Standing, int, int, int]]) -> DomainError | None:
        for leg, account in (("debit", line.debit), ("credit", line.credit)):
            if not account.guards:
                continue
            guard = self.guards.get(account.id)
            if guard is None:
                guard = self.guards[account.id] = Standing()
            before.append((guard, guard.balance, guard.held, guard.lowest))
            moved, held = _effect(line, leg, account)
            guard.balance += moved
            guard.held += held
            if moved < held:
                guard.lowest = min(guard.lowest, guard.balance - guard.held)
            if self._found is not None and (refusal := self._refusal(account, moved - held)):
                return refusal
        return None

    def _refusal(self, account: Account, moved: int) -> DomainError | None:
        if moved < 0 and self._available(account) < 0:
            return LedgerBalanceInsufficient(
                "the balance less what is held does not suffice",
                account=account.name,
                currency=account.currency,
                short=-self._available(account),
            )
        balance, _ = (self._found or {})[account.id]
        if balance + self.guards[account.id].balance > MINOR_MAX:
            return LedgerEntryInvalid("the balance would be larger than 2^53 - 1", account=account.name)
        return None

    def _available(self, account: Account) -> int:
        balance, held = (self._found or {})[account.id]
        guard = self.guards.get(account.id)
        return balance - held + (guard.balance - guard.held if guard else 0)

    def _spilled(self, line: Line) -> tuple[Line, ...]:
        """A fact from outside, with what a guard would refuse on its other account."""
        leg = spilling_leg(line)
        if line.spill is None or leg is None or self._found is None:
            return (line,)
        account = line.debit if leg == "debit" else line.credit
        fits = min(line.amount, max(0, self._available(account)))
        if fits == line.amount:
            return (line,)
        other = replace(line, debit=line.spill) if leg == "debit" else replace(line, credit=line.spill)
        if fits == 0:
            return (other,)
        # The currency does not matter to a split.
        base, rest = (part.minor for part in Money(line.base, "EUR").split([fits, line.amount - fits]))
        return (
            replace(line, amount=fits, base=base),
            replace(other, id=spill_id(line.id), amount=line.amount - fits, base=rest),
        )


def _effect(line: Line, leg: str, account: Account) -> tuple[int, int]:
    """What a line does to the balance of one of its accounts, and to what is held on it."""
    held = 0
    if line.places:
        return 0, line.amount if account.change(leg, 1) < 0 else 0
    if line.ends is not None and account.change(leg, 1) < 0:
        held = -line.ends.amount
    return account.change(leg, line.amount), held


def spilling_leg(line: Line) -> str | None:
    """The leg that a guard may refuse: the debit, if both would lower one."""
    if line.debit.guards and line.debit.change("debit", 1) < 0:
        return "debit"
    if line.credit.guards and line.credit.change("credit", 1) < 0:
        return "credit"
    return None


def spill_id(of: UUID) -> UUID:
    """The id of the part of a transfer that a guard would have refused: made from the transfer's, so that the same
    transfer sent again is known again (UUIDv8, RFC 9562, 5.8; its time is that of the transfer's id)."""
    mixed = bytearray(of.bytes[:6] + hashlib.sha256(b"ledger spill" + of.bytes).digest()[:10])
    mixed[6] = mixed[6] & 0x0F | 0x80
    mixed[8] = mixed[8] & 0x3F | 0x80
    return UUID(bytes=bytes(mixed))
