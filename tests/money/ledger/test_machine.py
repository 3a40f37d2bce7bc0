"""The ledger against a model in memory: random sets, holds, repeats, callers at once, callers who give up, connections
that are killed, periods that are closed, and seals.

LEDGER_EXAMPLES asks for another number of examples; `make soak` for 20,000.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from kontorhaus.kernel.errors import DomainError
from kontorhaus.kernel.ids import uuid7
from kontorhaus.kernel.money import Money
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import ledger
from kontorhaus.money.ledger import EntrySet, GroupCommit, Hold, Recorded, Time, Transfer
from kontorhaus.money.ledger.actions import sealing
from kontorhaus.money.ledger.errors import LedgerIdReused
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.db import Db
from kontorhaus.platform.db.errors import DatabaseConnectionLost
from tests.money.ledger.books import Books, eur, hold, post_hold, transfer, void_hold
from tests.money.ledger.machine import Model, grows, guards

T = TypeVar("T")

EXAMPLES = int(os.environ.get("LEDGER_EXAMPLES", "500"))
PARTS = 4
SHARE = -(-EXAMPLES // PARTS)

FOREIGN = ("clearing:us", "revenue:us{}")

ROUTES = [
    FOREIGN,
    ("clearing:card", "deposit:{}"),
    ("clearing:card", "revenue:{}"),
    ("deposit:{}", "held:{}"),
    ("held:{}", "payable:{}"),
    ("held:{}", "deposit:{}"),
    ("payable:{}", "clearing:card"),
]

numbers = st.integers(0, 1).map(str)
amounts = st.integers(1, 9)


@st.composite
def transfers(draw: st.DrawFn) -> Transfer:
    debit, credit = draw(st.sampled_from(ROUTES))
    hours = draw(st.none() | st.integers(1, 60))
    spill = debit.startswith("held") and draw(st.booleans())
    foreign = (debit, credit) == FOREIGN
    return transfer(
        debit.format(draw(numbers)),
        credit.format(draw(numbers)),
        Money(draw(amounts), "USD" if foreign else "EUR"),
        base=eur(draw(st.integers(0, 9))) if foreign else None,
        effective_at=None if hours is None else utc_now() - timedelta(hours=hours),
        spill="recoverable:x" if spill else None,
    )


@st.composite
def holds(draw: st.DrawFn) -> Hold:
    expires = draw(st.none() | st.integers(1, 5))
    placed = hold(f"deposit:{draw(numbers)}", f"held:{draw(numbers)}", draw(amounts))
    return replace(placed, expires_at=None if expires is None else NOON + timedelta(hours=expires))


NOON = utc_now()

entries = st.lists(transfers() | holds(), min_size=1, max_size=3)


ordinals = st.integers(0, 999)
"""Which one of those that there are by then: how many is decided by callers at the same time, so none is drawn."""


ENTITY = PartyId(uuid7())
"""Every example is another organization, whose legal entity has this id: a client chooses it, in test and in live mode
the same one."""


class LedgerMachine(RuleBasedStateMachine):
    """What happens to one legal entity's books, beside the model."""

    db: ClassVar[Db]
    doomed: ClassVar[Db]
    """Of one connection, which others kill."""
    killer: ClassVar[Any]
    runner: ClassVar[asyncio.Runner]
    begun: ClassVar[int]
    killed: ClassVar[int]

    @initialize()
    def open(self) -> None:
        type(self).begun += 1
        self.books = self.run(Books.opened(self.db, entity=ENTITY))
        self.model = Model()
        self.posted: list[tuple[EntrySet, Recorded]] = []
        self.clock = NOON

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def told(self, one: EntrySet, outcome: object) -> None:
        """What the ledger answered is what the model says."""
        if isinstance(outcome, Recorded):
            assert not outcome.repeated
            assert self.model.apply(one, outcome.recorded_at), f"posted, and must be refused: {one}"
            self.posted.append((one, outcome))
        else:
            assert isinstance(outcome, DomainError), outcome
            assert not self.model.copy().apply(one, NOON), f"refused, and must be posted: {one} {outcome!r}"

    @rule(sets=st.lists(entries, min_size=1, max_size=3))
    def post(self, sets: list[list[Any]]) -> None:
        many = [self.books.set(*one) for one in sets]
        for one, outcome in zip(many, self.run(self.books.each(*many)), strict=True):
            self.told(one, outcome)

    @rule(sets=st.lists(entries, min_size=2, max_size=6))
    def post_at_once(self, sets: list[list[Any]]) -> None:
        """By as many callers; in which order they came is known by the instants alone, so a refusal proves nothing."""
        many = [self.books.set(*one) for one in sets]

        async def at_once() -> list[object]:
            group = GroupCommit(self.db)
            outcomes = await asyncio.gather(
                *(
                    group.post(self.books.org_id, one) if number % 3 else self.books.post(*one.entries)
                    for number, one in enumerate(many)
                ),
                return_exceptions=True,
            )
            await group.close()
            return list(outcomes)

        pairs = list(zip(many, self.run(at_once()), strict=True))
        for one, outcome in sorted(
            ((one, o) for one, o in pairs if isinstance(o, Recorded)), key=lambda pair: pair[1].recorded_at
        ):
            self.told(one, outcome)
        assert all(isinstance(outcome, Recorded | DomainError) for _, outcome in pairs), pairs

    @rule(which=ordinals)
    def repeat(self, which: int) -> None:
        if not self.posted:
            return
        one, recorded = self.posted[which % len(self.posted)]
        (again,) = self.run(self.books.each(one))

        assert again == Recorded(recorded.recorded_at, repeated=True)

    @rule(which=ordinals, more=amounts)
    def reuse(self, which: int, more: int) -> None:
        if not self.posted:
            return
        one, _ = self.posted[which % len(self.posted)]
        first = one.entries[0]
        if isinstance(first, Transfer | Hold):
            other = replace(first, amount=Money(first.amount.minor + more, first.amount.currency))
            (outcome,) = self.run(self.books.each(replace(one, entries=(other, *one.entries[1:]))))

            assert isinstance(outcome, LedgerIdReused)
            assert outcome.facts == {"field": "amount"}

    @rule(
        which=ordinals,
        part=ordinals,
        how=st.sampled_from(("whole", "part", "void")),
        more=st.lists(transfers(), max_size=1),
    )
    def end_hold(self, which: int, part: int, how: str, more: list[Any]) -> None:
        if not self.model.open:
            return
        placed = list(self.model.open.values())[which % len(self.model.open)]
        minor = 1 + part % placed.amount.minor if how == "part" else None
        ending = void_hold(placed) if how == "void" else post_hold(placed, minor)
        one = self.books.set(ending, *more)
        (outcome,) = self.run(self.books.each(one))
        self.told(one, outcome)

    @rule(hours=st.integers(0, 3))
    def time_passes(self, hours: int) -> None:
        self.clock += timedelta(hours=hours)
        due = [h for h in self.model.open.values() if h.expires_at is not None and h.expires_at <= self.clock]

        assert self.run(self.books.expire(self.clock)) == len(due)
        for placed in due:
            assert self.model.apply(self.books.set(void_hold(placed)), self.clock)

    @rule(one=entries, turns=st.integers(0, 12), killed=st.booleans())
    def give_up_and_ask_again(self, one: list[Any], turns: int, killed: bool) -> None:
        """The caller goes away at any moment, or the server ends his connection: in flight, committed or not; the
        same set again tells."""
        sent = self.books.set(*one)
        outcome = self.run(self.killed_in(sent, turns) if killed else self.gone_in(sent, turns))
        self.told(sent, replace(outcome, repeated=False) if isinstance(outcome, Recorded) else outcome)

    async def gone_in(self, sent: EntrySet, turns: int) -> object:
        task = asyncio.create_task(self.books.post(*sent.entries))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return (await self.books.each(sent))[0]

    async def killed_in(self, sent: EntrySet, turns: int) -> object:
        books = Books(self.doomed, self.books.org_id, self.books.entity)
        async with self.doomed.system(read_only=True) as tx:
            process = await tx.connection.fetchval("SELECT pg_backend_pid()")
        task = asyncio.create_task(books.post(*sent.entries))
        for _ in range(turns):
            await asyncio.sleep(0)
        await self.killer.fetchval("SELECT pg_terminate_backend($1, 5000)", process)
        (ended,) = await asyncio.gather(task, return_exceptions=True)
        type(self).killed += isinstance(ended, DatabaseConnectionLost)
        assert isinstance(ended, Recorded | DomainError), ended
        return (await self.books.each(sent))[0]

    @rule(hours=st.integers(20, 90))
    def close_a_period(self, hours: int) -> None:
        before = utc_now() - timedelta(hours=hours)

        async def close() -> bool:
            async with self.db.org(self.books.org_id) as tx:
                return await ledger.lock_period(tx, self.books.org_id, self.books.entity, before)

        assert self.run(close()) == (before > self.model.locked)
        self.model.locked = max(before, self.model.locked)

    @rule()
    def seal(self) -> None:
        self.run(ledger.seal(self.db, self.books.org_id, self.books.entity))

    def teardown(self) -> None:
        if hasattr(self, "books"):
            self.run(self.compare())

    async def compare(self) -> None:
        """Everything that the books say, at some instants of both times."""
        instants = sorted({moved.recorded_at for moved in self.model.moved})[-7::3]
        dates = sorted({moved.effective_at for moved in self.model.moved})[::3][:2]
        for account, balance in self.model.balances.items():
            assert await self.balances(account, instants, dates) == (
                balance,
                [self.model.by_record(account, at) for at in instants],
                [self.model.by_effect(account, at) for at in dates],
            ), account
            assert await self.statement(account) == self.model.statement(account)
            if guards(account):
                assert await self.books.guard(account) == (balance, self.model.held.get(account, 0))
        for at in (None, *instants):
            await self.compare_trial_balance(at)
        for effect, found in ((False, instants), (True, dates)):
            if len(found) > 1:
                await self.compare_period(found[0], found[-1], by_effect=effect)
        verified = await ledger.verify(self.db, self.books.org_id, self.books.entity)
        assert verified.sealed + verified.unsealed >= len(self.model.moved) // 2
        await ledger.seal(self.db, self.books.org_id, self.books.entity)
        sealed = await ledger.verify(self.db, self.books.org_id, self.books.entity)
        assert (sealed.sealed, sealed.unsealed) == (verified.sealed + verified.unsealed, 0)

    async def compare_trial_balance(self, at: datetime | None) -> None:
        """The same as the model's, and zero in every currency and in the base currency."""
        rows = await ledger.trial_balance(self.db, self.books.org_id, self.books.entity, at)
        expected = {
            n: b if at is None else self.model.by_record(n, at) for n, b in self.model.balances.items()
        }
        assert {row.name: row.balance for row in rows if row.balance} == {
            n: b for n, b in expected.items() if b
        }
        for currency in ("EUR", "USD"):
            assert sum(_signed(row)[0] for row in rows if row.currency == currency) == 0
        assert sum(_signed(row)[1] for row in rows) == 0

    async def compare_period(self, begin: datetime, end: datetime, *, by_effect: bool) -> None:
        """The general ledger has the accounts that a period touched; the trial balance has all of them."""
        books = (self.db, self.books.org_id, self.books.entity)
        by = Time.EFFECT if by_effect else Time.RECORD
        expected = {n: self.model.period(n, begin, end, by_effect=by_effect) for n in self.model.balances}
        touched = {n: sums for n, sums in expected.items() if sums[1] or sums[2]}
        rows: list[Any] = []
        after = ("", "")
        while page := await ledger.general_ledger(*books, begin, end, by=by, after=after, limit=2):
            rows += page
            after = (page[-1].currency, page[-1].name)
        assert len(rows) == len(touched)
        assert {row.name: _sums(row) for row in rows} == touched
        trial = await ledger.trial_balance(*books, end - timedelta(microseconds=1), begin=begin, by=by)
        assert {row.name: _sums(row) for row in trial} == {
            **dict.fromkeys((r.name for r in trial), (0,) * 8),
            **expected,
        }

    async def statement(self, account: str) -> list[tuple[str, int, int, int]]:
        """By pages of three, so that they end within entry sets too."""
        lines: list[tuple[str, int, int, int]] = []
        after = None
        args = (self.db, self.books.org_id, self.books.entity, currency(account), account)
        while page := await ledger.statement(*args, after=after, limit=3):
            lines += [(e.row.side, e.row.amount, e.row.base_amount, e.balance) for e in page]
            after = page[-1].place
        return lines

    async def balances(self, account: str, instants: list[datetime], dates: list[datetime]) -> object:
        args = (self.db, self.books.org_id, self.books.entity, currency(account), account)
        return (
            (await ledger.balance(*args)).balance,
            [(await ledger.balance_at(*args, at)).balance for at in instants],
            [(await ledger.balance_at(*args, at, Time.EFFECT)).balance for at in dates],
        )


def currency(account: str) -> str:
    return "USD" if account.partition(":")[2].startswith("us") else "EUR"


def _sums(row: Any) -> tuple[int, ...]:
    first = (row.opening, row.debits, row.credits, row.balance)
    return (*first, row.base_opening, row.base_debits, row.base_credits, row.base)


def _signed(row: Any) -> tuple[int, int]:
    sign = 1 if grows(row.name, "debit") else -1
    return sign * row.balance, sign * row.base


@pytest.fixture
def machine(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[LedgerMachine]]:
    monkeypatch.setattr(sealing, "BATCH_ENTRIES", 5)
    monkeypatch.setattr(sealing, "SNAPSHOT_ENTRIES", 2)
    with asyncio.Runner() as runner:
        LedgerMachine.runner, LedgerMachine.db = runner, runner.run(Db.connect(database_url))
        LedgerMachine.doomed = runner.run(Db.connect(database_url, connections=1))
        LedgerMachine.killer = runner.run(asyncpg.connect(database_url))
        LedgerMachine.begun = LedgerMachine.killed = 0
        yield LedgerMachine
        for opened in (LedgerMachine.killer, LedgerMachine.doomed, LedgerMachine.db):
            runner.run(opened.close())


@pytest.mark.parametrize("part", range(PARTS))
def test_the_books_are_those_of_the_model(machine: type[LedgerMachine], part: int) -> None:
    """In parts, so that several processes share the examples; each draws its own."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=SHARE,
            stateful_step_count=8,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert machine.begun >= SHARE, "fewer examples than were asked for"
    assert machine.killed > 0 or SHARE < 100, "no connection was lost while it was in use"
