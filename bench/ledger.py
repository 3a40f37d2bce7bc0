"""The ledger in process, beside the limits of the same run: what the same rows cost without a ledger.

    bulk        `post_each` of 1,000 transfers a call, each with its id, half their legs guards; beside a bare set-based
                INSERT of the same rows into a table with the same indexes, 1 caller; and by Zipf, and all to one guard
    group       single transfers by GroupCommit, 64 and 8 callers; beside one transaction for each transfer that does
                the same work in one statement, and in four (look up the id, lock, insert, update)
    lone        the same of one caller, beside the one statement
    hot         64 callers on one account, sum or guard, beside 1,000 accounts
    business    8 transactions at a time that insert a row of their own and post, all to one guard, beside 1,000 of them
    locked      the others' p99 while one account is locked for 200 ms at a time, beside the p99 without
    size        bytes of a transfer on disk, its four indexes included
    past        a balance as of random instants over BENCH_LEDGER_TRANSFERS transfers (1,000,000), all of one account,
                by both times

All is durable (fsync on) and under row security; figures are medians of rounds that take turns.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import asyncpg
import uvloop
from msgspec import Struct

from bench.database import Database, durable
from bench.figures import Figure
from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.kernel.money import Money
from kontorhaus.kernel.time import monotonic, utc_now
from kontorhaus.money import ledger
from kontorhaus.money.ledger import EntrySet, GroupCommit, Time, Transfer, TransferId
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.db import Command, Db, Query, Tx

ROUNDS = 9
SECONDS = 0.7
CONNECTIONS = 10
ACCOUNTS = 1_000
BULK = 1_000
TRANSFERS = int(os.environ.get("BENCH_LEDGER_TRANSFERS", "1000000"))
ORG = OrgId(uuid7())
ENTITY = PartyId(uuid7())

SCHEMA = """
    CREATE TABLE bench_transfer (LIKE ledger_transfer INCLUDING ALL);
    CREATE TABLE bench_guard (LIKE ledger_guard INCLUDING ALL);
    CREATE TABLE bench_business (org_id uuid NOT NULL, id uuid NOT NULL, note text NOT NULL, PRIMARY KEY (org_id, id));
    CALL wall('bench_transfer', 'SELECT, INSERT', 'SELECT, INSERT');
    CALL wall('bench_guard', 'SELECT, INSERT, UPDATE', 'SELECT');
    CALL wall('bench_business', 'SELECT, INSERT', 'SELECT');
"""

BARE = Command(
    """
    INSERT INTO bench_transfer
        (org_id, id, recorded_at, debit_id, credit_id, amount, base_amount, entity, line, credit_balance)
    SELECT $1, t.id, clock_timestamp() + t.number * interval '1 microsecond', t.debit_id, t.credit_id, t.amount,
           t.amount, 1, 0, t.amount
    FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[])
         WITH ORDINALITY AS t (id, debit_id, credit_id, amount, number)
    """
)

ONE_STATEMENT = Command(
    """
    WITH moved AS (
        UPDATE bench_guard SET balance = balance + $5 WHERE org_id = $1 AND account_id = $4 AND balance + $5 >= held
        RETURNING balance)
    INSERT INTO bench_transfer
        (org_id, id, recorded_at, debit_id, credit_id, amount, base_amount, entity, line, credit_balance)
    SELECT $1, $2, clock_timestamp(), $3, $4::bigint, $5, $5, ($4::bigint % 1000000)::integer, 0, moved.balance
    FROM moved
    ON CONFLICT (org_id, id) DO NOTHING
    """
)


class Count(Struct, frozen=True):
    count: int


SEEN = Query(Count, "SELECT count(*) FROM bench_transfer WHERE org_id = $1 AND id = $2")
LOCK = Query(
    Count, "SELECT balance AS count FROM bench_guard WHERE org_id = $1 AND account_id = $2 FOR NO KEY UPDATE"
)
INSERT = Command(
    """
    INSERT INTO bench_transfer
        (org_id, id, recorded_at, debit_id, credit_id, amount, base_amount, entity, line, credit_balance)
    VALUES ($1, $2, clock_timestamp(), $3, $4::bigint, $5, $5, ($4::bigint % 1000000)::integer, 0, $6)
    """
)
UPDATE = Command("UPDATE bench_guard SET balance = $3 WHERE org_id = $1 AND account_id = $2")
GUARD = Command(
    "INSERT INTO bench_guard (org_id, account_id, balance, held) SELECT $1, n, 0, 0 FROM generate_series(1, $2) n"
)
BUSINESS = Command("INSERT INTO bench_business (org_id, id, note) VALUES ($1, $2, 'a sale')")

Post = Callable[[], Awaitable[object]]


def transfer(debit: str, credit: str, amount: int = 5) -> Transfer:
    return Transfer(id=TransferId(uuid7()), debit=debit, credit=credit, amount=Money(amount, "EUR"))


def uniform() -> EntrySet:
    """From a sum account to a guard, of a thousand each."""
    number = random.randrange(ACCOUNTS)
    return EntrySet(ENTITY, (transfer(f"clearing:{number}", f"deposit:{number}"),))


def uniform_sums() -> EntrySet:
    number = random.randrange(ACCOUNTS)
    return EntrySet(ENTITY, (transfer(f"clearing:{number}", f"revenue:{number}"),))


def zipf() -> EntrySet:
    number = min(ACCOUNTS, int(random.paretovariate(1.0))) - 1
    return EntrySet(ENTITY, (transfer(f"clearing:{number}", f"deposit:{number}"),))


def hot_sum() -> EntrySet:
    return EntrySet(ENTITY, (transfer(f"clearing:{random.randrange(ACCOUNTS)}", "revenue:hot"),))


def hot_guard() -> EntrySet:
    return EntrySet(ENTITY, (transfer(f"clearing:{random.randrange(ACCOUNTS)}", "deposit:hot"),))


async def run() -> list[Figure]:
    return [one async for one in figures()]


async def figures() -> AsyncIterator[Figure]:
    async with durable(SCHEMA) as database:
        db = await Db.connect(database.url, connections=CONNECTIONS)
        try:
            await _open(db)
            for part in (_bulk, _single, _business, _locked, _size, _past):
                for one in await part(db, database):
                    yield one
        finally:
            await db.close()


async def _open(db: Db) -> None:
    names = [f"{kind}:{n}" for kind in ("clearing", "deposit", "revenue") for n in [*range(ACCOUNTS), "hot"]]
    async with db.org(ORG) as tx:
        await ledger.open_books(tx, ORG, ENTITY, base_currency="EUR", now=utc_now())
        await ledger.open_accounts(
            tx, ORG, ENTITY, [ledger.NewAccount(currency="EUR", name=name) for name in names]
        )
        await GUARD.run(tx, ORG, ACCOUNTS)


async def rate(post: Post, callers: int, each: int = 1) -> float:
    """Transfers a second of so many callers, each of which begins anew when it is told."""
    done, until = 0, monotonic() + SECONDS

    async def caller() -> None:
        nonlocal done
        while monotonic() < until:
            await post()
            done += each

    began = monotonic()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return done / (monotonic() - began)


async def rounds(ways: dict[str, tuple[Post, int, int]]) -> dict[str, float]:
    """The median rate of each way: every round measures all of them, one after the other."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS + 1):
        for name, (post, callers, each) in ways.items():
            measured = await rate(post, callers, each)
            if number:  # the first round warms up
                found[name].append(measured)
    return {name: statistics.median(rates) for name, rates in found.items()}


def figure(name: str, found: dict[str, float], of: str, beside: str, goal: str, database: Database) -> Figure:
    return Figure(name, found[of], "1/s", found[beside], found[of] / found[beside], goal, database.conditions)


async def _bulk(db: Db, database: Database) -> list[Figure]:
    async def bulk(entries: int, draw: Callable[[], EntrySet] = uniform) -> None:
        sets = [draw() for _ in range(entries)]
        async with db.org(ORG) as tx:
            outcomes = await ledger.post_each(tx, ORG, sets)
        assert all(isinstance(outcome, ledger.Recorded) for outcome in outcomes), outcomes[0]

    async def bare(entries: int) -> None:
        rows = [
            (uuid7(), random.randrange(ACCOUNTS), random.randrange(ACCOUNTS) + ACCOUNTS, 5)
            for _ in range(entries)
        ]
        async with db.org(ORG) as tx:
            await BARE.run(tx, ORG, *zip(*rows, strict=True))

    ways: dict[str, tuple[Post, int, int]] = {}
    for entries in (1, 100, BULK, 10_000):
        ways[f"bulk {entries}"] = (lambda n=entries: bulk(n)), 1, entries  # type: ignore[misc]
        ways[f"bare {entries}"] = (lambda n=entries: bare(n)), 1, entries  # type: ignore[misc]
    ways["bulk zipf"] = (lambda: bulk(BULK, zipf)), 1, BULK
    ways["bulk hot"] = (lambda: bulk(BULK, hot_guard)), 1, BULK
    found = await rounds(ways)
    return [
        figure("ledger, bulk of 1000, Zipf beside uniform", found, "bulk zipf", f"bulk {BULK}", "", database),
        figure("ledger, bulk of 1000, one hot guard", found, "bulk hot", f"bulk {BULK}", "", database),
    ] + [
        figure(
            f"ledger, bulk of {entries}, beside bare INSERT",
            found,
            f"bulk {entries}",
            f"bare {entries}",
            "ratio ≥ 0.4" if entries == BULK else "",
            database,
        )
        for entries in (1, 100, BULK, 10_000)
    ]


async def one_statement(db: Db) -> None:
    async with db.org(ORG) as tx:
        account = random.randrange(1, ACCOUNTS)
        assert await ONE_STATEMENT.run(tx, ORG, uuid7(), account + ACCOUNTS, account, 5) == 1


async def statements(db: Db) -> None:
    account, own = random.randrange(1, ACCOUNTS), uuid7()
    async with db.org(ORG) as tx:
        assert (await SEEN.one(tx, ORG, own)).count == 0
        balance = (await LOCK.one(tx, ORG, account)).count + 5
        await INSERT.run(tx, ORG, own, account + ACCOUNTS, account, 5, balance)
        await UPDATE.run(tx, ORG, account, balance)


async def _single(db: Db, database: Database) -> list[Figure]:
    group = GroupCommit(db)

    def by_group(draw: Callable[[], EntrySet]) -> Post:
        return lambda: group.post(ORG, draw())

    async def lone_post() -> None:
        await db.org(ORG).run(lambda tx: ledger.post(tx, ORG, uniform()))

    ways: dict[str, tuple[Post, int, int]] = {
        "group": (by_group(uniform), 64, 1),
        "one statement": (lambda: one_statement(db), 64, 1),
        "statements": (lambda: statements(db), 64, 1),
        "group of 8": (by_group(uniform), 8, 1),
        "one statement of 8": (lambda: one_statement(db), 8, 1),
        "statements of 8": (lambda: statements(db), 8, 1),
        "lone": (by_group(uniform), 1, 1),
        "lone statement": (lambda: one_statement(db), 1, 1),
        "lone post": (lone_post, 1, 1),
        "sums": (by_group(uniform_sums), 64, 1),
        "hot sum": (by_group(hot_sum), 64, 1),
        "hot guard": (by_group(hot_guard), 64, 1),
        "zipf": (by_group(zipf), 64, 1),
    }
    found = await rounds(ways)
    await group.close()
    return [
        figure(
            "ledger, 64 callers, beside one statement",
            found,
            "group",
            "one statement",
            "ratio ≥ 2.5",
            database,
        ),
        figure(
            "ledger, 64 callers, beside four statements", found, "group", "statements", "ratio ≥ 4", database
        ),
        figure(
            "ledger, 8 callers, beside one statement", found, "group of 8", "one statement of 8", "", database
        ),
        figure(
            "ledger, 8 callers, beside four statements", found, "group of 8", "statements of 8", "", database
        ),
        figure(
            "ledger, a lone caller, beside one statement",
            found,
            "lone",
            "lone statement",
            "ratio ≥ 0.9",
            database,
        ),
        figure("ledger, a lone caller, beside post itself", found, "lone", "lone post", "", database),
        figure("ledger, one hot sum, beside 1,000", found, "hot sum", "sums", "ratio ≥ 0.9", database),
        figure("ledger, one hot guard, beside 1,000", found, "hot guard", "group", "ratio ≥ 0.8", database),
        figure("ledger, Zipf, beside uniform", found, "zipf", "group", "", database),
    ]


async def _business(db: Db, database: Database) -> list[Figure]:
    def business(draw: Callable[[], EntrySet]) -> Post:
        async def work(tx: Tx) -> None:
            await BUSINESS.run(tx, ORG, uuid7())
            await ledger.post(tx, ORG, draw())

        return lambda: db.org(ORG).run(work)

    found = await rounds({"uniform": (business(uniform), 8, 1), "hot": (business(hot_guard), 8, 1)})
    return [figure("ledger, business on a hot guard", found, "hot", "uniform", "ratio ≥ 0.4", database)]


async def _locked(db: Db, database: Database) -> list[Figure]:
    """Every twentieth post goes to the locked account; the latencies are those of the others."""
    group = GroupCommit(db)

    async def p99(stop: asyncio.Event) -> float:
        took: list[float] = []

        async def caller(number: int) -> None:
            while not stop.is_set():
                hot = number == 0 or random.random() < 0.05
                began = monotonic()
                await group.post(ORG, hot_guard() if hot else uniform())
                if not hot:
                    took.append(monotonic() - began)

        await asyncio.gather(*(caller(number) for number in range(16)))
        return statistics.quantiles(took, n=100)[-1] * 1000

    async def lock(stop: asyncio.Event) -> None:
        while not stop.is_set():
            async with db.org(ORG) as tx:
                await ledger.post(tx, ORG, hot_guard())
                await asyncio.sleep(0.2)
            await asyncio.sleep(0.05)

    async def end(stop: asyncio.Event) -> None:
        await asyncio.sleep(2 * SECONDS)
        stop.set()

    free, locked = [], []
    for _ in range(ROUNDS):
        stop = asyncio.Event()
        free.append((await asyncio.gather(p99(stop), end(stop)))[0])
        stop = asyncio.Event()
        locked.append((await asyncio.gather(p99(stop), lock(stop), end(stop)))[0])
    await group.close()
    value, limit = statistics.median(locked), statistics.median(free)
    return [
        Figure(
            "ledger, p99 of others while one is locked",
            value,
            "ms",
            limit,
            value / limit,
            "ratio ≤ 2",
            database.conditions,
        )
    ]


async def _size(db: Db, database: Database) -> list[Figure]:
    del db
    admin = await asyncpg.connect(database.admin_url)
    await admin.execute("VACUUM (ANALYZE) ledger_transfer")
    count = await admin.fetchval("SELECT count(*) FROM ledger_transfer")
    size = await admin.fetchval("SELECT pg_total_relation_size('ledger_transfer')")
    await admin.close()
    bytes_each = size / count
    return [
        Figure(
            "ledger, bytes of a transfer",
            bytes_each,
            "B",
            400,
            bytes_each / 400,
            "≤ 400",
            database.conditions,
        )
    ]


FILL = """
    INSERT INTO ledger_transfer (org_id, id, recorded_at, debit_id, credit_id, amount, base_amount, entity, line,
                                 effective_at)
    SELECT a.org_id, gen_random_uuid(), timestamptz '2026-01-01' + n * interval '1 second', d.id, a.id, 1, 1,
           a.entity, 0,
           CASE WHEN n % 10 = 0 THEN timestamptz '2026-01-01' + ((n::bigint * 7919) % $2) * interval '1 second' END
    FROM generate_series(1, $2) n, ledger_account a, ledger_account d
    WHERE a.name = 'revenue:past' AND d.org_id = a.org_id AND d.entity = a.entity AND d.name = 'clearing:past'
      AND a.entity = (SELECT number FROM ledger_entity WHERE id = $1)
"""


async def _past(db: Db, database: Database) -> list[Figure]:
    """One pair of accounts with all of the transfers, one a second since the year began; every tenth is dated."""
    entity = PartyId(uuid7())
    async with db.org(ORG) as tx:
        await ledger.open_books(tx, ORG, entity, base_currency="EUR", now=utc_now())
        accounts = [
            ledger.NewAccount(currency="EUR", name=name) for name in ("revenue:past", "clearing:past")
        ]
        await ledger.open_accounts(tx, ORG, entity, accounts)
    admin = await asyncpg.connect(database.admin_url)
    await admin.execute(FILL.replace("$1", f"'{entity}'").replace("$2", str(TRANSFERS)))
    await admin.execute("VACUUM (ANALYZE) ledger_transfer")
    first = await admin.fetchval("SELECT min(recorded_at) FROM ledger_transfer")
    began = monotonic()
    sealed = 0
    while entries := await ledger.seal(db, ORG, entity):
        sealed += entries
    sealing = TRANSFERS / (monotonic() - began)
    assert sealed == TRANSFERS
    await admin.execute("VACUUM (ANALYZE)")
    await admin.close()
    found = [Figure("ledger, entries sealed", sealing, "1/s", conditions=database.conditions)]
    for by in Time:
        took = []
        for _ in range(200):
            at = first + timedelta(seconds=random.randrange(TRANSFERS))
            begin = monotonic()
            await ledger.balance_at(db, ORG, entity, "EUR", "revenue:past", at, by)
            took.append((monotonic() - begin) * 1000)
        value = statistics.median(took)
        name = f"ledger, a past balance by {by}, {TRANSFERS:,}"
        found.append(Figure(name, value, "ms", 5, value / 5, "≤ 5 ms", database.conditions))
    return found


async def _show() -> None:
    async for one in figures():
        print(one.line(), flush=True)


if __name__ == "__main__":
    uvloop.run(_show())
