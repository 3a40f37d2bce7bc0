"""Posts that are a transaction by themselves: the same rules as of `post`, in one message."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable
from datetime import timedelta

import asyncpg
import pytest

from kontorhaus.kernel.errors import DomainError
from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.kernel.money import MINOR_MAX
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import ledger
from kontorhaus.money.ledger import GroupCommit, HoldId, TransferId
from kontorhaus.money.ledger.actions import alone, finding, gathering
from kontorhaus.money.ledger.errors import LedgerBalanceInsufficient, LedgerPeriodLocked, LedgerRouteClosed
from kontorhaus.money.ledger.model.lines import Lines
from kontorhaus.platform.db import Db
from tests.money.ledger.books import Books, eur, hold, transfer

HELD = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1
      AND classid::bigint = 5216694956358001 >> 32 AND objid::bigint = 5216694956358001 & 4294967295
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@pytest.fixture
async def group(db: Db) -> AsyncIterator[GroupCommit]:
    opened = GroupCommit(db)
    yield opened
    await opened.close()


async def opened(books: Books, *names: str) -> None:
    """Accounts that this process remembers, with 10 on each; and "held:1", with nothing."""
    for _ in range(2):
        await books.post(*(transfer("clearing:card", name, 5) for name in names))
    async with books.db.org(books.org_id) as tx:
        account = ledger.NewAccount(currency="EUR", name="held:1")
        await ledger.open_accounts(tx, books.org_id, books.entity, [account])
    async with books.db.org(books.org_id) as tx:
        await finding.find(tx, books.org_id, [books.set(transfer(name, "held:1", 1)) for name in names])


def recalled(books: Books, *entries: ledger.Entry) -> Lines:
    lines = alone.recalled(books.org_id, books.set(*entries))
    assert lines is not None
    return lines


async def test_one_transfer_and_many_sets_are_each_one_message(books: Books) -> None:
    await opened(books, "deposit:0", "deposit:1")
    one = recalled(books, transfer("deposit:0", "held:1", 4))
    told = await alone.post(books.db.org(books.org_id), [one])
    both = [
        recalled(books, transfer("clearing:card", "deposit:0", 1), transfer("clearing:card", "deposit:1", 2)),
        recalled(books, transfer("deposit:1", "held:1", 12)),
    ]
    more = await alone.post(books.db.org(books.org_id), both)

    assert told is not None
    assert more is not None
    assert told[0].recorded_at < more[0].recorded_at < more[1].recorded_at
    assert await books.guard("deposit:0") == (7, 0)
    assert await books.guard("deposit:1") == (0, 0)
    assert await books.guard("held:1") == (16, 0)
    assert await books.count() == 8


async def test_what_is_in_the_way_is_told_as_ever_and_nothing_is_written(
    books: Books, group: GroupCommit
) -> None:
    await opened(books, "deposit:0")
    first = transfer("clearing:card", "deposit:0", 1)
    recorded = await group.post(books.org_id, books.set(first))
    again = await group.post(books.org_id, books.set(first))
    assert (again.recorded_at, again.repeated) == (recorded.recorded_at, True)
    with pytest.raises(LedgerBalanceInsufficient):
        await group.post(books.org_id, books.set(transfer("deposit:0", "held:1", 12)))
    with pytest.raises(LedgerRouteClosed):
        await group.post(books.org_id, books.set(transfer("deposit:0", "deposit:0b", 1)))
    async with books.db.org(books.org_id) as tx:
        await ledger.lock_period(tx, books.org_id, books.entity, utc_now() - timedelta(days=1))
    late = transfer("clearing:card", "deposit:0", 1, effective_at=utc_now() - timedelta(days=2))
    with pytest.raises(LedgerPeriodLocked):
        await group.post(books.org_id, books.set(late))
    assert await books.guard("deposit:0") == (11, 0)


LATE = utc_now() - timedelta(days=2)

USED = TransferId(uuid7())

ONES: dict[str, list[ledger.Entry]] = {
    "posted": [transfer("clearing:card", "deposit:0", 1)],
    "posted again": [transfer("clearing:card", "deposit:0", 1, id=USED)],
    "another amount": [transfer("clearing:card", "deposit:0", 2, id=USED)],
    "another account": [transfer("clearing:card", "deposit:1", 1, id=USED)],
    "another effect": [transfer("clearing:card", "deposit:0", 1, id=USED, effective_at=utc_now())],
    "another set": [
        transfer("clearing:card", "deposit:0", 1, id=USED),
        transfer("clearing:card", "deposit:1", 1),
    ],
    "closed": [transfer("clearing:card", "deposit:0", 1, effective_at=LATE)],
    "closed and too much": [transfer("deposit:0", "held:1", 99, effective_at=LATE)],
    "in base currency": [transfer("clearing:card", "deposit:0", 1, base=eur(2))],
    "no route": [transfer("deposit:0", "deposit:1", 1)],
    "no account": [transfer("clearing:card", "nothing:1", 1)],
    "no name": [transfer("clearing:card", "deposit:", 1)],
    "the same twice": [transfer("deposit:0", "deposit:0", 1)],
    "too much": [transfer("deposit:0", "held:1", 99)],
    "too much of the second": [
        transfer("clearing:card", "deposit:0", 1),
        transfer("deposit:1", "held:1", 99),
    ],
    "too large": [transfer("clearing:card", "deposit:0", MINOR_MAX)],
    "held": [transfer("deposit:2", "held:1", 7)],
    "spilt": [transfer("deposit:0", "clearing:card", 99, spill="recoverable:x")],
    "not spilt": [transfer("deposit:0", "clearing:card", 1, spill="recoverable:x")],
    "spilt among others": [
        transfer("clearing:card", "deposit:1", 1),
        transfer("deposit:0", "clearing:card", 99, spill="recoverable:x"),
    ],
    "a hold": [hold("deposit:0", "held:1", 3)],
    "a hold too many": [hold("deposit:0", "held:1", 99)],
    "the hold of nobody": [ledger.PostHold(id=TransferId(uuid7()), hold=HoldId(uuid7()))],
}


async def prepared(db: Db) -> Books:
    """Books with 10 on each account, 5 of them held on the third, a closed period, and an id that is used."""
    books = await Books.opened(db)
    await opened(books, *(f"deposit:{n}" for n in range(3)))
    await books.post(transfer("clearing:card", "deposit:0", 1, id=USED), hold("deposit:2", "held:1", 5))
    for _ in range(2):
        await books.post(transfer("recoverable:x", "deposit:0", 1), transfer("deposit:0", "recoverable:x", 1))
    async with db.org(books.org_id) as tx:
        await ledger.lock_period(tx, books.org_id, books.entity, utc_now() - timedelta(days=1))
    return books


async def said(books: Books, posting: Awaitable[ledger.Recorded]) -> tuple[object, ...]:
    """What a caller was answered, and how the books stand."""
    try:
        told: tuple[object, ...] = ("recorded", (await posting).repeated)
    except DomainError as error:
        facts = {k: v for k, v in error.facts.items() if k != "locked_before"}
        told = (type(error), error.detail, facts, [fault.pointer for fault in error.faults])
    names = ("deposit:0", "deposit:1", "deposit:2", "held:1", "recoverable:x")
    return (*told, [await books.guard(name) for name in names], await books.count())


@pytest.mark.parametrize("what", list(ONES))
async def test_every_way_gives_the_same_answer(db: Db, what: str) -> None:
    """In the caller's transaction, alone in one message, and in a group with others; and again, when it is repeated."""
    plain, lone, crowd = [await prepared(db) for _ in range(3)]
    groups = [GroupCommit(db), GroupCommit(db)]
    one = ONES[what]
    for _ in range(2):
        expected = await said(plain, plain.post(*one))
        assert await said(lone, groups[0].post(lone.org_id, lone.set(*one))) == expected
        others = [
            asyncio.create_task(
                groups[1].post(crowd.org_id, crowd.set(transfer("clearing:card", "revenue:x", 1)))
            )
            for _ in range(3)
        ]
        await asyncio.sleep(0)
        together = await said(crowd, groups[1].post(crowd.org_id, crowd.set(*one)))
        await asyncio.gather(*others)
        assert together[:-1] == expected[:-1]
    for group in groups:
        await group.close()


async def test_accounts_of_another_organization_are_not_there(books: Books) -> None:
    await opened(books, "deposit:0")
    line = recalled(books, transfer("clearing:card", "deposit:0", 1))
    stranger = books.db.org(OrgId(uuid7()))
    assert await alone.post(stranger, [line]) is None
    assert await alone.post(stranger, [line, recalled(books, transfer("deposit:0", "held:1", 1))]) is None
    assert await books.count() == 2


async def test_a_guard_that_another_holds_is_not_waited_for(books: Books) -> None:
    await opened(books, "deposit:0")
    async with books.db.org(books.org_id) as tx:
        await ledger.post(tx, books.org_id, books.set(transfer("clearing:card", "deposit:0", 1)))
        line = recalled(books, transfer("deposit:0", "held:1", 1))
        async with asyncio.timeout(2):
            assert await alone.post(books.db.org(books.org_id), [line]) is None


async def test_the_same_transfer_at_the_same_instant_is_posted_once(books: Books, db: Db) -> None:
    """By many processes, each with its own group; on sums, which lock nobody."""
    await opened(books, "revenue:other")
    groups = [GroupCommit(db) for _ in range(8)]
    for _ in range(10):
        one = books.set(transfer("clearing:card", "revenue:other", 1))
        recorded = await asyncio.gather(*(group.post(books.org_id, one) for group in groups))
        assert len({r.recorded_at for r in recorded}) == 1
    assert await books.count() == 12


async def test_a_login_without_the_role_posts_nothing(
    books: Books, admin_database_url: str, database_url: str
) -> None:
    await opened(books, "deposit:0")
    line = recalled(books, transfer("clearing:card", "deposit:0", 1)).lines[0]
    admin = await asyncpg.connect(admin_database_url)
    try:
        await admin.execute("CREATE ROLE ledger_stranger NOLOGIN NOINHERIT")
        async with admin.transaction():
            await admin.execute("SET LOCAL SESSION AUTHORIZATION ledger_stranger")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await admin.fetchrow(
                    "SELECT outcome FROM ledger_post_transfer_alone($1, 100, false, $2, $3, $4, $5, 1, 1,"
                    " NULL, NULL, NULL, NULL, NULL)",
                    books.org_id,
                    line.id,
                    line.debit.entity,
                    line.debit.id,
                    line.credit.id,
                )
    finally:
        await admin.execute("DROP ROLE ledger_stranger")
        await admin.close()
    assert await books.count() == 2


async def test_a_call_cancelled_while_it_draws_leaves_the_drawing_free(books: Books, db: Db) -> None:
    """The lock round the drawing belongs to the session: one that stayed held would stop every ledger."""
    await opened(books, "deposit:0", "revenue:x")

    def posts() -> list[asyncio.Task[ledger.Recorded]]:
        return [asyncio.create_task(books.post(transfer("clearing:card", "revenue:x", 1))) for _ in range(6)]

    async with db.system() as tx:
        await tx.connection.execute("SELECT pg_advisory_xact_lock(5216694956358001)")
        assert await tx.connection.fetchval(f"{HELD} AND granted") == 1
        waiting = posts()
        async with asyncio.timeout(10):
            while await tx.connection.fetchval(f"{HELD} AND NOT granted") < len(waiting):
                await asyncio.sleep(0.01)
        for post in waiting:
            post.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    for number in range(100):
        waiting = posts()
        await asyncio.sleep(random.uniform(0, 0.006))
        for post in waiting[number % 2 :]:
            post.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    async with asyncio.timeout(10):
        await books.post(transfer("clearing:card", "deposit:0", 1))
    async with db.system() as tx:
        assert await tx.connection.fetchval(HELD) == 0


async def test_a_group_is_answered_in_whole_whether_many_wait_or_few(
    books: Books, group: GroupCommit
) -> None:
    await opened(books, *(f"deposit:{n}" for n in range(5)))
    callers = 3 * gathering.HALVED_MIN

    async def caller(number: int) -> None:
        for _ in range(10):
            await group.post(books.org_id, books.set(transfer("clearing:card", f"deposit:{number % 5}", 1)))

    async with asyncio.timeout(60):
        await asyncio.gather(*(caller(number) for number in range(callers)))
        await asyncio.gather(*(caller(number) for number in range(3)))
    await group.close()
    guards = [await books.guard(f"deposit:{n}") for n in range(5)]
    assert sum(balance for balance, _ in guards) == 5 * 10 + callers * 10 + 30
