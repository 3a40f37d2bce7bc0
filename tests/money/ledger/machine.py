"""A ledger in memory, as simple as can be: what the real one is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from kontorhaus.money.ledger import EntrySet, Hold, HoldId, PostHold, Transfer, VoidHold

BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)

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
    side: str
    amount: int
    base: int
    set: int

    @property
    def change(self) -> int:
        """Of the account's balance, which is reckoned on its own side."""
        return self.amount if grows(self.account, self.side) else -self.amount


@dataclass
class Model:
    """Accounts by name, holds by id, and everything that has moved."""

    balances: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    open: dict[HoldId, Hold] = field(default_factory=dict)
    moved: list[Moved] = field(default_factory=list)
    sets: int = 0
    locked: datetime = BEGINNING

    def free(self, account: str) -> int:
        return self.balances.get(account, 0) - self.held.get(account, 0)

    def copy(self) -> Model:
        return replace(
            self,
            balances=dict(self.balances),
            held=dict(self.held),
            open=dict(self.open),
            moved=list(self.moved),
        )

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
            return self._move(placed.debit, placed.credit, (amount, amount), at, entry.effective_at)
        return True

    def _transfer(self, entry: Transfer, at: datetime) -> bool:
        amount, spilled = entry.amount.minor, 0
        lowered = self._lowered(entry)
        open_still = True
        if entry.spill is not None and lowered:
            spilled = max(0, amount - max(0, self.free(lowered[0])))
        if amount > spilled:
            base = amount - spilled if entry.base is None else entry.base.minor
            moved = (amount - spilled, base)
            open_still = self._move(entry.debit, entry.credit, moved, at, entry.effective_at)
        if entry.spill is not None and spilled:
            debit, credit = (entry.spill if leg == lowered[0] else leg for leg in (entry.debit, entry.credit))
            open_still = self._move(debit, credit, (spilled, spilled), at, entry.effective_at)
        return open_still and all(self.free(account) >= 0 for account in lowered)

    def _lowered(self, entry: Transfer | Hold) -> list[str]:
        legs = (("debit", entry.debit), ("credit", entry.credit))
        return [account for side, account in legs if guards(account) and not grows(account, side)]

    def _hold(self, placed: Hold, amount: int) -> None:
        for account in self._lowered(placed):
            self.held[account] = self.held.get(account, 0) + amount

    def _move(
        self, debit: str, credit: str, moved: tuple[int, int], at: datetime, effective_at: datetime | None
    ) -> bool:
        """An amount and what it is in base currency; False where it takes effect in a closed period."""
        effective = effective_at or at
        for side, account in (("debit", debit), ("credit", credit)):
            one = Moved(at, effective, account, side, *moved, self.sets)
            self.balances[account] = self.balances.get(account, 0) + one.change
            self.moved.append(one)
        return effective >= self.locked

    def of(self, account: str) -> list[Moved]:
        return [one for one in self.moved if one.account == account]

    def by_record(self, account: str, at: datetime) -> int:
        return sum(one.change for one in self.of(account) if one.recorded_at <= at)

    def by_effect(self, account: str, at: datetime) -> int:
        return sum(one.change for one in self.of(account) if one.effective_at <= at)

    def period(self, account: str, begin: datetime, end: datetime, *, by_effect: bool) -> tuple[int, ...]:
        """Opening balance, debits, credits and closing balance; then the same in base currency. The period has its
        begin, and not its end."""
        lines = [(one.effective_at if by_effect else one.recorded_at, one) for one in self.of(account)]
        before = [one for at, one in lines if at < begin]
        within = [one for at, one in lines if begin <= at < end]
        told: list[int] = []
        for unit in ("amount", "base"):
            opening = sum(_signed(one, unit) for one in before)
            debited, credited = (
                sum(getattr(one, unit) for one in within if one.side == side) for side in ("debit", "credit")
            )
            moved = debited - credited if grows(account, "debit") else credited - debited
            told += [opening, debited, credited, opening + moved]
        return tuple(told)

    def statement(self, account: str) -> list[tuple[str, int, int, int]]:
        """Side, amount, amount in base currency, and the balance after it."""
        balance, lines = 0, []
        for one in self.of(account):
            balance += one.change
            lines.append((one.side, one.amount, one.base, balance))
        return lines


def _signed(one: Moved, unit: str) -> int:
    minor: int = getattr(one, unit)
    return minor if grows(one.account, one.side) else -minor
