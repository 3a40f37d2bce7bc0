"""The event log: what a fact costs the transaction that appends it, and how soon a reader has it.

A durable PostgreSQL 18 (fsync on); sequencer and reader in a process of their own, writers in this one.

    bare    lock one of 64 objects with an UPDATE, commit; beside it the same with `append` and the sequencer at work.
    plain   `bare` with a row of the same bytes in a table that has no index, no wall and no months, also in the message
            of COMMIT: what any log costs that keeps a row; beside it `bare` with the log.
    house   the same within what every call of the house does: look the idempotency key up, UPDATE, audit entry, keep
            the answer, commit; beside it the same with `append` and the sequencer at work.
    lag     from the return of COMMIT to the reader's effect, at a given rate, in another process.

`bare` is held against the least transaction that there is, of three round trips. `append` adds none, since facts travel
with COMMIT, but PostgreSQL works for it: an INSERT with two indexes, and the sequencer on the two cores which it shares
with the writers. Putting one row into a plain table takes about a fifth of that least transaction away already; the log
with its order and its readers takes a seventh of the rest. `house` is what an integrator sees.

Rates are medians over alternating rounds: the neighbours of a shared machine come and go.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Final, NewType
from uuid import UUID

import msgspec
from msgspec import Struct

from bench.database import Database, durable
from bench.figures import Figure
from kontorhaus.kernel.ids import ORG, Noun, OrgId
from kontorhaus.kernel.time import monotonic, utc_now
from kontorhaus.people import access
from kontorhaus.platform import eventlog
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.db import Db, Query, Tx
from kontorhaus.platform.eventlog import Bell, Event, Fact, SnapshotSequencer, Subscriber, published
from kontorhaus.platform.idempotency import Once, one_phase
from kontorhaus.platform.secrets import Keyring, LocalKeyFile

WRITERS: Final = 16
ROUNDS: Final = 7
ROUND: Final = timedelta(seconds=2)
LAG_ROUND: Final = timedelta(seconds=6)
RATES: Final = (100, 500, 2_000)
ITEMS: Final = 64

SCHEMA: Final = """
    CREATE TABLE bench_item (org_id uuid NOT NULL, id uuid NOT NULL, number bigint NOT NULL, PRIMARY KEY (org_id, id))
        WITH (fillfactor = 50);
    CALL wall('bench_item', 'SELECT, INSERT, UPDATE', 'SELECT, INSERT');
    CREATE TABLE bench_plain (org_id uuid, kind text, version integer, subject_kind text, subject_id uuid, body bytea);
    GRANT INSERT ON bench_plain TO kontorhaus_app;
"""

PLAIN: Final = "INSERT INTO bench_plain VALUES ($1, $2, $3, $4, $5, $6)"

ItemId = NewType("ItemId", UUID)
ITEM: Final = Noun("benchitem", ItemId)


@published
class ItemChanged(Fact, frozen=True, kw_only=True, tag="bench_item.changed"):
    """An item has another number."""

    NOUN: ClassVar[Noun[ItemId]] = ITEM

    subject: ItemId
    number: int


class Changed(Struct, frozen=True):
    number: int


CHANGE = Query(
    Changed, "UPDATE bench_item SET number = number + 1 WHERE org_id = $1 AND id = $2 RETURNING number"
)


class Bench(Struct, frozen=True):
    db: Db
    keyring: Keyring
    org_id: OrgId
    items: list[ItemId]


async def change(bench: Bench, tx: Tx, item: ItemId, *, append: bool, number: int = 0) -> None:
    await CHANGE.one(tx, bench.org_id, item)
    if append:
        await eventlog.append(tx, ItemChanged(subject=item, number=number), org_id=bench.org_id)


async def bare(bench: Bench, item: ItemId, *, append: bool) -> None:
    async with bench.db.org(bench.org_id) as tx:
        await change(bench, tx, item, append=append)


async def plain(bench: Bench, item: ItemId, *, append: bool) -> None:
    """`append`: with the log; otherwise with the plain row."""
    async with bench.db.org(bench.org_id) as tx:
        await change(bench, tx, item, append=append)
        if not append:
            body = msgspec.json.encode(ItemChanged(subject=item, number=0))
            await tx.end_with(
                PLAIN, bench.org_id, "bench_item.changed", 1, ItemChanged.NOUN.prefix, item, body
            )


async def house(bench: Bench, item: ItemId, *, append: bool) -> None:
    actor = Actor(
        org_id=bench.org_id, kind="api_key", id=uuid.UUID(int=1), scopes=frozenset({"*"}), mode="test"
    )
    once = Once(
        org_id=bench.org_id,
        actor_kind="api_key",
        device_id=None,
        operation="bench.change",
        key=uuid.uuid4().hex,
        body_hash=bytes(32),
        version="v1",
    )

    async def effect(tx: Tx) -> Answer:
        await change(bench, tx, item, append=append)
        await access.record(tx, actor, "bench_item.changed", "benchitem", item, ["number"])
        return answer(Changed(1))

    await one_phase(bench.db.org(bench.org_id), bench.keyring, once, effect)


async def run() -> list[Figure]:
    """Start everything, measure, and clear up."""
    async with durable(SCHEMA) as database:
        return await _measure(database)


async def _measure(database: Database) -> list[Figure]:
    url, folder = database.url, database.folder
    conditions: dict[str, str | int] = {**database.conditions, "writers": WRITERS}
    db = await Db.connect(url, connections=WRITERS)
    await eventlog.ensure_partitions(db, now=utc_now())
    await eventlog.subscribe(db, "bench")
    bench = Bench(
        db,
        Keyring(LocalKeyFile.opened(folder / "master.keys")),
        ORG.new(),
        [ITEM.new() for _ in range(ITEMS)],
    )
    bench = msgspec.structs.replace(bench, org_id=await _own(db, bench.items))
    try:
        return [
            *[await _cost(bench, url, name, write, conditions) for name, write in WAYS],
            *[figure for rate in RATES for figure in await _lag(bench, url, rate, conditions)],
        ]
    finally:
        await db.close()


WAYS: Final[tuple[tuple[str, Callable[..., Awaitable[None]]], ...]] = (
    ("bare", bare),
    ("plain", plain),
    ("house", house),
)


async def _own(db: Db, items: list[ItemId]) -> OrgId:
    org_id = (await access.found(db, "Bench"))[1].org_id
    async with db.org(org_id) as tx:
        for item in items:
            await tx.connection.execute("INSERT INTO bench_item VALUES ($1, $2, 0)", org_id, item)
    return org_id


async def _cost(
    bench: Bench,
    url: str,
    name: str,
    write: Callable[..., Awaitable[None]],
    conditions: dict[str, str | int],
) -> Figure:
    without, with_log = [], []
    for _ in range(ROUNDS):
        without.append(await _burst(bench, write, append=False))
        async with _reading(url):
            with_log.append(await _burst(bench, write, append=True))
    limit, value = statistics.median(without[1:]), statistics.median(with_log[1:])
    return Figure(
        f"log {name} transactions with a fact",
        value,
        "tx/s",
        limit,
        value / limit,
        # Beside a plain row there is no goal: it says how much of the cost is that of keeping anything.
        None if name == "plain" else "ratio ≥ 0.75",
        conditions,
    )


async def _burst(bench: Bench, write: Callable[..., Awaitable[None]], *, append: bool) -> float:
    done = 0
    began = monotonic()
    until = began + ROUND.total_seconds()

    async def writer(first: int) -> None:
        nonlocal done
        number = first
        while monotonic() < until:
            await write(bench, bench.items[number % ITEMS], append=append)
            number += WRITERS
            done += 1

    await asyncio.gather(*(writer(number) for number in range(WRITERS)))
    return done / (monotonic() - began)


async def _lag(bench: Bench, url: str, rate: int, conditions: dict[str, str | int]) -> list[Figure]:
    committed: dict[int, float] = {}
    await SnapshotSequencer(bench.db).tick()  # what the last round's sequencer, killed, has left
    async with _reading(url, follow=True) as reader:
        (before,) = await eventlog.subscribers(bench.db)
        await _paced(bench, rate, committed)
        end = before.position + len(committed)
        while (await eventlog.subscribers(bench.db))[0].position < end:  # noqa: ASYNC110  another process reads
            await asyncio.sleep(0.05)
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdin.close()
        seen = msgspec.json.decode(await reader.stdout.read(), type=dict[int, float])
    lags = sorted(1_000 * (seen[number] - at) for number, at in committed.items())
    achieved = round(len(lags) / LAG_ROUND.total_seconds())
    told = {**conditions, "facts_per_second": achieved}
    return [
        Figure(f"log lag at {rate} facts/s, p50", lags[len(lags) // 2], "ms", None, None, None, told),
        Figure(f"log lag at {rate} facts/s, p99", lags[len(lags) * 99 // 100], "ms", None, None, None, told),
    ]


async def _paced(bench: Bench, rate: int, committed: dict[int, float]) -> None:
    """So many transactions a second, at even distances, shared by the writers."""
    began = monotonic()
    base = rate * 1_000_000  # numbers of one round are not those of another

    async def writer(first: int) -> None:
        for turn in range(first, round(rate * LAG_ROUND.total_seconds()), WRITERS):
            await asyncio.sleep(max(0, began + turn / rate - monotonic()))
            async with bench.db.org(bench.org_id) as tx:
                await change(bench, tx, bench.items[turn % ITEMS], append=True, number=base + turn)
            committed[base + turn] = monotonic()

    await asyncio.gather(*(writer(number) for number in range(WRITERS)))


@contextlib.asynccontextmanager
async def _reading(url: str, *, follow: bool = False) -> AsyncIterator[asyncio.subprocess.Process]:
    """The other process: the sequencer, and the reader if its lag is to be measured."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.log",
        url,
        "follow" if follow else "sequence",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def read(url: str, task: str) -> None:
    """Publish and read until standard input ends, then tell when each fact was seen."""
    db = await Db.connect(url, connections=3)
    stop, bell = asyncio.Event(), Bell()
    seen: dict[int, float] = {}

    async def note(_: Tx, event: Event) -> None:
        fact = event.fact()
        assert isinstance(fact, ItemChanged)
        seen[fact.number] = monotonic()

    reader = Subscriber(name="bench", apply=note, batch=50)
    async with asyncio.TaskGroup() as loops:
        loops.create_task(eventlog.sequence(SnapshotSequencer(db), stop=stop, published=bell))
        if task == "follow":
            async with db.system() as tx:
                end = await eventlog.head(tx)
                await tx.connection.execute(
                    "UPDATE subscriber SET epoch = $1, position = $2", end.epoch, end.position
                )
            loops.create_task(eventlog.follow(db, reader, stop=stop, published=bell))
        os.write(1, b"ready\n")
        await asyncio.to_thread(sys.stdin.read)
        stop.set()
    await db.close()
    os.write(1, msgspec.json.encode(seen))


if __name__ == "__main__":
    import uvloop

    uvloop.run(read(*sys.argv[1:3]))
