"""What is committed is published: once, densely, in the order of each object, whoever is slow."""

from __future__ import annotations

import asyncio
from typing import Final

import asyncpg
import pytest
from msgspec import structs

from kontorhaus.kernel.ids import ORG, OrgId
from kontorhaus.platform import eventlog
from kontorhaus.platform.db import Db
from kontorhaus.platform.eventlog import START, Cursor, CursorStale, Event, SnapshotSequencer
from tests.platform.eventlog import boats
from tests.platform.eventlog.boats import BoatMoved, launch, move

HEAD: Final = "SELECT position, epoch FROM sequencer"


async def everything(log: Db) -> list[Event]:
    async with log.system() as tx:
        return await eventlog.read(tx, START)


def numbers(events: list[Event]) -> list[int]:
    return [fact.number for event in events if isinstance(fact := event.fact(), BoatMoved)]


async def test_only_what_is_committed_is_published(
    log: Db, sequencer: SnapshotSequencer, org_id: OrgId
) -> None:
    boat_id = await launch(log, org_id)

    async def sink() -> None:
        async with log.org(org_id) as tx:
            await move(tx, org_id, boat_id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await sink()
    async with log.org(org_id) as tx:
        await move(tx, org_id, boat_id)

    assert await sequencer.tick() == 1
    assert await sequencer.tick() == 0
    (event,) = await everything(log)
    assert (event.org_id, event.subject_kind, event.subject_id) == (org_id, "boat", boat_id)
    assert event.position == 1
    assert event.fact() == BoatMoved(subject=boat_id, number=1)


async def test_a_transaction_held_open_is_not_skipped_and_holds_nobody_up(
    log: Db, sequencer: SnapshotSequencer, org_id: OrgId
) -> None:
    slow, fast = await launch(log, org_id), await launch(log, org_id)
    async with log.org(org_id) as held:
        await move(held, org_id, slow)
        for _ in range(3):
            async with log.org(org_id) as tx:
                await move(tx, org_id, fast)
            assert await sequencer.tick() == 1
        assert [event.subject_id for event in await everything(log)] == [fast] * 3

    assert await sequencer.tick() == 1
    events = await everything(log)
    assert [event.subject_id for event in events] == [fast, fast, fast, slow]
    assert [event.position for event in events] == [1, 2, 3, 4]


async def test_whose_transaction_is_older_but_came_later_to_the_object_comes_later(
    log: Db, sequencer: SnapshotSequencer, org_id: OrgId
) -> None:
    """Transaction ids are drawn before a row's lock is waited for: an order by them would turn these two round."""
    boat_id, other = await launch(log, org_id), await launch(log, org_id)
    async with log.org(org_id) as older:
        await move(older, org_id, other)
        async with log.org(org_id) as younger:
            assert await move(younger, org_id, boat_id) == 1
        assert await move(older, org_id, boat_id) == 2
    await sequencer.tick()

    assert numbers([event for event in await everything(log) if event.subject_id == boat_id]) == [1, 2]


async def test_of_many_candidates_nobody_skips_or_doubles(log: Db, org_id: OrgId) -> None:
    fleet = [await launch(log, org_id) for _ in range(4)]
    done = asyncio.Event()

    async def write(number: int) -> None:
        for _ in range(25):
            async with log.org(org_id) as tx:
                await move(tx, org_id, fleet[number % 4])

    async def candidate() -> int:
        mine, published = SnapshotSequencer(log), 0
        while not done.is_set():
            published += await mine.tick()
            await asyncio.sleep(0)
        return published

    async with asyncio.TaskGroup() as group:
        candidates = [group.create_task(candidate()) for _ in range(3)]
        await asyncio.gather(*(write(number) for number in range(8)))
        done.set()
    published = sum(task.result() for task in candidates) + await SnapshotSequencer(log).tick()

    events = await everything(log)
    assert published == 200
    assert [event.position for event in events] == list(range(1, 201))
    for boat_id in fleet:
        assert numbers([event for event in events if event.subject_id == boat_id]) == list(range(1, 51))


async def test_a_tick_that_is_cut_off_has_published_nothing(log: Db, org_id: OrgId) -> None:
    boat_id = await launch(log, org_id)
    async with log.org(org_id) as tx:
        await move(tx, org_id, boat_id)
    for turns in range(0, 40, 3):
        tick = asyncio.create_task(SnapshotSequencer(log).tick())
        for _ in range(turns):
            await asyncio.sleep(0)
        tick.cancel()
        await asyncio.gather(tick, return_exceptions=True)
    await SnapshotSequencer(log).tick()

    assert [event.position for event in await everything(log)] == [1]


async def test_an_organization_reads_its_own_facts_alone(
    log: Db, sequencer: SnapshotSequencer, org_id: OrgId
) -> None:
    stranger = ORG.new()
    for owner in (org_id, stranger, org_id):
        boat_id = await launch(log, owner)
        async with log.org(owner) as tx:
            await move(tx, owner, boat_id)
    await sequencer.tick()

    async with log.org(org_id, read_only=True) as tx:
        mine = await eventlog.read(tx, START)

    assert [(event.org_id, event.position) for event in mine] == [(org_id, 1), (org_id, 3)]


async def test_nobody_changes_a_fact(log: Db, sequencer: SnapshotSequencer, org_id: OrgId) -> None:
    boat_id = await launch(log, org_id)
    async with log.org(org_id) as tx:
        await move(tx, org_id, boat_id)
    for scope in (log.org(org_id), log.system(), log.maintenance()):
        for statement in ("UPDATE event SET version = 2", "DELETE FROM event"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with scope as tx:
                    await tx.connection.execute(statement)

    assert await sequencer.tick() == 1


async def test_another_server_begins_a_new_epoch_and_loses_nothing(
    log: Db, sequencer: SnapshotSequencer, org_id: OrgId, fresh_database_url: str
) -> None:
    """As after a restore elsewhere: transaction ids begin again, far below those that the last snapshot has seen."""
    boat_id = await launch(log, org_id)
    async with log.org(org_id) as tx:
        await move(tx, org_id, boat_id)
    await sequencer.tick()
    async with log.org(org_id) as tx:
        await move(tx, org_id, boat_id)
    admin = await asyncpg.connect(fresh_database_url)
    await admin.execute(
        "UPDATE sequencer SET history = '7:00000001', snapshot = '999999999999:999999999999:'::pg_snapshot"
    )
    await admin.close()

    assert await sequencer.tick() == 1
    events = await everything(log)
    assert [(event.epoch, event.position) for event in events] == [(1, 1), (2, 2)]
    assert numbers(events) == [1, 2]
    async with log.org(org_id) as tx:
        await move(tx, org_id, boat_id)
    assert await sequencer.tick() == 1


async def test_restored_facts_whose_transactions_are_yet_to_come_here_are_published_once(
    log: Db, sequencer: SnapshotSequencer, org_id: OrgId, fresh_database_url: str
) -> None:
    """Facts from another server bear its transaction ids. This server gives the same ones out again, a little later,
    when it publishes facts of its own."""
    boat_id = await launch(log, org_id)
    async with log.org(org_id) as tx:
        await move(tx, org_id, boat_id)
    admin = await asyncpg.connect(fresh_database_url)
    await admin.execute(
        """
        INSERT INTO event (org_id, xid, kind, version, subject_kind, subject_id, body)
        SELECT org_id, (pg_current_xact_id()::text::bigint + ahead)::text::xid8, kind, version, subject_kind,
               subject_id, body
        FROM event CROSS JOIN generate_series(1, 60) AS ahead
        """
    )
    await admin.close()
    await eventlog.start_epoch(log)

    for _ in range(20):
        async with log.org(org_id) as tx:
            await move(tx, org_id, boat_id)
        await sequencer.tick()
    events = await everything(log)
    assert [event.position for event in events] == list(range(1, 1 + 60 + 20 + 1))
    assert numbers(events)[-20:] == list(range(2, 22))


async def test_a_place_of_a_log_that_went_another_way_is_told_from_one_of_this(
    log: Db, sequencer: SnapshotSequencer, org_id: OrgId
) -> None:
    boat_id = await launch(log, org_id)
    await eventlog.start_epoch(log)
    async with log.org(org_id) as tx:
        await move(tx, org_id, boat_id)
    await sequencer.tick()

    async with log.system() as tx:
        end = await eventlog.head(tx)
        await eventlog.refuse_stale(tx, end)
        await eventlog.refuse_stale(tx, START)
        for stale in (structs.replace(end, epoch=1), Cursor(end.epoch, end.position + 1)):
            with pytest.raises(CursorStale):
                await eventlog.refuse_stale(tx, stale)


async def test_the_newest_facts_are_shown_oldest_first(
    log: Db, sequencer: SnapshotSequencer, org_id: OrgId
) -> None:
    boat_id = await boats.launch(log, org_id)
    for _ in range(5):
        async with log.org(org_id) as tx:
            await move(tx, org_id, boat_id)
    await sequencer.tick()

    assert numbers(await eventlog.tail(log, last=2)) == [4, 5]
