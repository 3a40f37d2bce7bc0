"""A ledger in memory, as simple as can be: what the real one is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from kontorhaus.money.ledger import EntrySet, Hold, HoldId, PostHold, Transfer, VoidHold

CREDIT = ("deposit", "held", "payable", "revenue")
GUARDS = ("deposit", "held", "payable", "recoverable")


def grows(account: str, side: str) -> bool:
    return ("credit" if account.partition(":")[0] in CREDIT else "debit") == side


def guards(account: str) -> bool:
    return account.partition(":")[0] in GUARDS


@dataclass
class Moved:
    """What one transfer did to one account."""

    recorded_at: datetime
    effective_at: datetime
    account: str
    amount: int
    set: int


@dataclass
class Model:
    """Accounts by name, holds by id, and everything that has moved."""

    balances: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    open: dict[HoldId, Hold] = field(default_factory=dict)
    moved: list[Moved] = field(default_factory=list)
    sets: int = 0

    def free(self, account: str) -> int:
        return self.balances.get(account, 0) - self.held.get(account, 0)

    def copy(self) -> Model:
        return Model(dict(self.balances), dict(self.held), dict(self.open), list(self.moved), self.sets)

    def apply(self, one: EntrySet, at: datetime) -> bool:
        """Post a set; False, and nothing changed, when it must be refused."""
        after = self.copy()
        if not all(after._entry(entry, at) for entry in one.entries):
            return False
        after.sets += 1
        self.__dict__.update(after.__dict__)
        return True

    def _entry(self, entry: object, at: datetime) -> bool:
        if isinstance(entry, Transfer):
            return self._transfer(entry, at)
        if isinstance(entry, Hold):
            self._hold(entry, entry.amount.minor)
            self.open[entry.id] = entry
            return all(self.free(account) >= 0 for account in self._lowered(entry))
        assert isinstance(entry, PostHold | VoidHold)
        placed = self.open.pop(entry.hold, None)
        if placed is None:
            return False
        self._hold(placed, -placed.amount.minor)
        if isinstance(entry, PostHold):
            amount = placed.amount.minor if entry.amount is None else entry.amount.minor
            self._move(placed.debit, placed.credit, amount, at, entry.effective_at or at)
        return True

    def _transfer(self, entry: Transfer, at: datetime) -> bool:
        amount, spilled = entry.amount.minor, 0
        lowered = self._lowered(entry)
        if entry.spill is not None and lowered:
            spilled = max(0, amount - max(0, self.free(lowered[0])))
            debit, credit = (entry.spill if leg == lowered[0] else leg for leg in (entry.debit, entry.credit))
            if spilled:
                self._move(debit, credit, spilled, at, entry.effective_at or at)
        if amount > spilled:
            self._move(entry.debit, entry.credit, amount - spilled, at, entry.effective_at or at)
        return all(self.free(account) >= 0 for account in lowered)

    def _lowered(self, entry: Transfer | Hold) -> list[str]:
        legs = (("debit", entry.debit), ("credit", entry.credit))
        return [account for side, account in legs if guards(account) and not grows(account, side)]

    def _hold(self, placed: Hold, amount: int) -> None:
        for account in self._lowered(placed):
            self.held[account] = self.held.get(account, 0) + amount

    def _move(self, debit: str, credit: str, amount: int, at: datetime, effective: datetime) -> None:
        for side, account in (("debit", debit), ("credit", credit)):
            signed = amount if grows(account, side) else -amount
            self.balances[account] = self.balances.get(account, 0) + signed
            self.moved.append(Moved(at, effective, account, signed, self.sets))

    def by_record(self, account: str, at: datetime) -> int:
        return sum(m.amount for m in self.moved if m.account == account and m.recorded_at <= at)

    def by_effect(self, account: str, at: datetime) -> int:
        return sum(m.amount for m in self.moved if m.account == account and m.effective_at <= at)
