"""Group commit: single posts together, each with its own answer; none waits for an account of others."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import monotonic
from kontorhaus.money import ledger
from kontorhaus.money.ledger import GroupCommit
from kontorhaus.money.ledger.errors import LedgerAccountInvalid, LedgerBalanceInsufficient, LedgerHoldNotFound
from kontorhaus.platform.db import DatabaseConnectionLost, DatabaseUnavailable, Db
from tests.money.ledger.books import Books, hold, post_hold, transfer


@pytest.fixture
async def group(db: Db) -> AsyncIterator[GroupCommit]:
    opened = GroupCommit(db)
    yield opened
    await opened.close()


async def commits(books: Books) -> int:
    async with books.db.org(books.org_id) as tx:
        return int(await tx.connection.fetchval("SELECT count(DISTINCT xmin::text) FROM ledger_transfer"))


async def test_many_callers_share_few_commits(books: Books, group: GroupCommit) -> None:
    entries = [transfer("clearing:card", f"deposit:{n % 5}", 1) for n in range(200)]
    recorded = await asyncio.gather(*(group.post(books.org_id, books.set(entry)) for entry in entries))

    assert len({r.recorded_at for r in recorded}) == 200
    assert await books.count() == 200
    assert [await books.guard(f"deposit:{n}") for n in range(5)] == [(40, 0)] * 5
    assert await commits(books) < 20


async def test_a_bad_one_of_a_group_fails_alone(books: Books, group: GroupCommit) -> None:
    await books.post(transfer("clearing:card", "deposit:0", 1))
    good: list[ledger.Entry] = [transfer("clearing:card", "deposit:1", 1) for _ in range(20)]
    bad: list[ledger.Entry] = [
        transfer("deposit:0", "held:1", 2),
        transfer("clearing:card", "no_such_type:1", 1),
        post_hold(hold("held:1", "payable:1", 1)),
    ]
    outcomes = await asyncio.gather(
        *(group.post(books.org_id, books.set(entry)) for entry in (*good[:10], *bad, *good[10:])),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes if isinstance(outcome, BaseException)] == [
        LedgerBalanceInsufficient,
        LedgerAccountInvalid,
        LedgerHoldNotFound,
    ]
    assert await books.guard("deposit:1") == (20, 0)


async def test_the_last_unit_is_spent_once(books: Books, group: GroupCommit) -> None:
    await books.post(transfer("clearing:card", "deposit:0", 10))
    outcomes = await asyncio.gather(
        *(group.post(books.org_id, books.set(transfer("deposit:0", "held:1", 1))) for _ in range(30)),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, LedgerBalanceInsufficient) for outcome in outcomes) == 20
    assert await books.guard("held:1") == (10, 0)


async def test_a_post_on_a_locked_account_stalls_nobody_else(books: Books, group: GroupCommit) -> None:
    names = ("deposit:0", "deposit:1")
    await books.post(*(transfer("clearing:card", name, 10) for name in names))
    async with books.db.org(books.org_id) as tx:
        await ledger.post(tx, books.org_id, books.set(transfer("clearing:card", "deposit:0", 1)))
        waiting = [
            asyncio.create_task(
                group.post(books.org_id, books.set(transfer("clearing:card", "deposit:0", 1)))
            )
            for _ in range(5)
        ]
        began = monotonic()
        for _ in range(10):
            await group.post(books.org_id, books.set(transfer("clearing:card", "deposit:1", 1)))
        took = monotonic() - began
        assert not any(task.done() for task in waiting)
    await asyncio.gather(*waiting)

    assert took < 2
    assert [await books.guard(name) for name in names] == [(16, 0), (20, 0)]


async def test_the_same_set_from_many_callers_is_posted_once(books: Books, group: GroupCommit) -> None:
    one = books.set(transfer("clearing:card", "deposit:0", 1))
    recorded = await asyncio.gather(*(group.post(books.org_id, one) for _ in range(20)))

    assert len({r.recorded_at for r in recorded}) == 1
    assert await books.guard("deposit:0") == (1, 0)


async def test_a_caller_who_gives_up_takes_nobody_with_him(books: Books, group: GroupCommit) -> None:
    tasks = [
        asyncio.create_task(group.post(books.org_id, books.set(transfer("clearing:card", "deposit:0", 1))))
        for _ in range(20)
    ]
    await asyncio.sleep(0.005)
    for task in tasks[::2]:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    posted = sum(isinstance(outcome, ledger.Recorded) for outcome in outcomes)
    balance, _ = await books.guard("deposit:0")

    assert posted >= 10
    assert posted <= balance <= 20


class Gate:
    """Lets the first commit of a group wait until it is opened, and others break."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = asyncio.Event()
        self.reached = asyncio.Event()
        self.poison: set[uuid.UUID] = set()
        commit = GroupCommit._commit

        async def gated(group: GroupCommit, org_id: OrgId, posts: Sequence[Any], *, patient: bool) -> Any:
            self.reached.set()
            await self.opened.wait()
            if any(entry.id in self.poison for post in posts for entry in post.one.entries):
                raise ArithmeticError("poison")
            return await commit(group, org_id, posts, patient=patient)

        monkeypatch.setattr(GroupCommit, "_commit", gated)

    async def behind(
        self, books: Books, group: GroupCommit, entries: Sequence[ledger.Transfer]
    ) -> list[asyncio.Task[ledger.Recorded]]:
        """Callers, the first of whom is at the gate while the others wait for the next group."""

        def begun(entry: ledger.Transfer) -> asyncio.Task[ledger.Recorded]:
            return asyncio.create_task(group.post(books.org_id, books.set(entry)))

        callers = [begun(entries[0])]
        await self.reached.wait()
        callers += [begun(entry) for entry in entries[1:]]
        await asyncio.sleep(0)
        return callers


async def test_a_group_that_breaks_is_told_to_its_callers_and_the_next_goes_on(
    books: Books, group: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks itself, where no statement failed: nobody may be left waiting."""
    for _ in range(2):
        await books.post(transfer("clearing:card", "deposit:0", 1))
    whole = GroupCommit._group

    async def breaks(self: GroupCommit, org_id: OrgId, posts: Sequence[Any], *, patient: bool) -> Any:
        monkeypatch.setattr(GroupCommit, "_group", whole)
        raise ArithmeticError("broken")

    gate = Gate(monkeypatch)
    monkeypatch.setattr(GroupCommit, "_group", breaks)
    callers = await gate.behind(books, group, [transfer("clearing:card", "deposit:0", 1) for _ in range(6)])
    gate.opened.set()
    async with asyncio.timeout(10):
        first, *others = await asyncio.gather(*callers, return_exceptions=True)
        await group.post(books.org_id, books.set(transfer("clearing:card", "deposit:0", 1)))

    assert isinstance(first, ledger.Recorded)
    assert [type(outcome) for outcome in others] == [ArithmeticError] * 5
    assert await books.guard("deposit:0") == (4, 0)


async def test_the_error_of_a_caller_who_has_gone_keeps_nobody_from_his_turn(
    books: Books, group: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        await books.post(transfer("clearing:card", "deposit:0", 1))
    logged: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: logged.append(context["exception"]))
    gate = Gate(monkeypatch)
    entries = [transfer("clearing:card", "deposit:0", 1) for _ in range(8)]
    gate.poison = {entries[1].id, entries[6].id}
    callers = await gate.behind(books, group, entries)
    callers[1].cancel()
    gate.opened.set()
    async with asyncio.timeout(10):
        outcomes = await asyncio.gather(*callers, return_exceptions=True)

    told = [type(outcome) for outcome in outcomes]
    posted = [ledger.Recorded]
    assert told == [*posted, asyncio.CancelledError, *posted * 4, ArithmeticError, *posted]
    assert [type(error) for error in logged] == [ArithmeticError]
    assert await books.guard("deposit:0") == (8, 0)


async def test_a_lost_connection_is_told_and_the_next_group_goes_on(
    books: Books, group: GroupCommit, admin_database_url: str
) -> None:
    entries = [transfer("clearing:card", "deposit:0", 1) for _ in range(200)]
    outcomes: list[object] = []

    async def post(entry: ledger.Transfer) -> None:
        try:
            outcomes.append(await group.post(books.org_id, books.set(entry)))
        except (DatabaseConnectionLost, DatabaseUnavailable) as error:
            outcomes.append(error)

    await post(entries[0])
    posting = [asyncio.create_task(post(entry)) for entry in entries]
    await _end_every_connection(admin_database_url)
    await asyncio.gather(*posting)
    for entry in entries:
        await group.post(books.org_id, books.set(entry))

    assert await books.guard("deposit:0") == (200, 0), "whatever was told, each is posted once"
    assert len(outcomes) == 201


async def _end_every_connection(admin_url: str) -> None:
    import asyncpg

    admin = await asyncpg.connect(admin_url)
    await asyncio.sleep(0.01)
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await admin.close()
