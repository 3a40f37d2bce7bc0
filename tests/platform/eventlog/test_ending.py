"""A fact travels with the end of its transaction, and is part of it all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import pytest

from kontorhaus.kernel.ids import ORG, OrgId
from kontorhaus.platform import eventlog
from kontorhaus.platform.db import DatabaseConnectionLost, DatabaseTooSlow, Db, Tx, attempt, literals
from kontorhaus.platform.eventlog import START, SnapshotSequencer
from tests.platform.eventlog.boats import BOAT, BoatMoved, BoatPainted, launch, move


async def published(log: Db, sequencer: SnapshotSequencer) -> Sequence[tuple[UUID, str]]:
    await sequencer.tick()
    async with log.system() as tx:
        return [(event.org_id, event.kind) for event in await eventlog.read(tx, START)]


async def paint(tx: Tx, org_id: OrgId) -> None:
    await eventlog.append(tx, BoatPainted(subject=BOAT.new()), org_id=org_id)


async def test_facts_need_no_message_of_their_own(log: Db, org_id: OrgId) -> None:
    boat = await launch(log, org_id)
    sent: list[str] = []
    async with log.org(org_id) as tx:
        await move(tx, org_id, boat)  # the connection learns the statement
    async with log.org(org_id) as tx:
        await move(tx, org_id, boat)
        tx.connection.add_query_logger(lambda query: sent.append(query.query))
        await eventlog.append(tx, BoatMoved(subject=boat, number=3), org_id=org_id)
        await eventlog.append(tx, BoatMoved(subject=boat, number=4), org_id=org_id)
        await asyncio.sleep(0)  # asyncpg tells its loggers a turn later
        assert sent == []
    await asyncio.sleep(0)

    (message,) = [query for query in sent if "COMMIT" in query]
    assert message.count("EXECUTE") == 3


async def test_several_of_one_transaction_keep_their_order(
    log: Db, sequencer: SnapshotSequencer, org_id: OrgId
) -> None:
    boat = await launch(log, org_id)
    async with log.org(org_id) as tx:
        for _ in range(5):
            await move(tx, org_id, boat)
    await sequencer.tick()
    async with log.system() as tx:
        facts = [event.fact() for event in await eventlog.read(tx, START)]

    assert facts == [BoatMoved(subject=boat, number=number) for number in range(1, 6)]


async def test_what_is_undone_to_a_savepoint_is_told_by_nobody(log: Db, sequencer: SnapshotSequencer) -> None:
    kept, undone = ORG.new(), ORG.new()

    async def painted(tx: Tx) -> None:
        await paint(tx, kept)

    async def fails(tx: Tx) -> None:
        await paint(tx, undone)
        raise ValueError

    async with log.system() as tx:
        await paint(tx, kept)  # by the system itself: it must not slip into an effect that is undone
        assert isinstance(await attempt(tx, undone, fails), ValueError)
        assert await attempt(tx, kept, painted) is None

    assert await published(log, sequencer) == [(kept, "boat.painted"), (kept, "boat.painted")]


async def test_an_effect_can_tell_nothing_of_another_organization(
    log: Db, sequencer: SnapshotSequencer, org_id: OrgId
) -> None:
    other = ORG.new()
    async with log.system() as tx:
        error = await attempt(tx, org_id, lambda tx: paint(tx, other))
    assert isinstance(error, asyncpg.InsufficientPrivilegeError)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with log.org(org_id) as tx:
            await paint(tx, other)

    assert await published(log, sequencer) == []


async def test_one_that_cannot_be_written_undoes_the_transaction(
    log: Db, log_url: str, fresh_database_url: str, org_id: OrgId
) -> None:
    boat = await launch(log, org_id)
    admin = await asyncpg.connect(fresh_database_url)
    months = await admin.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'event'::regclass"
    )
    for month in months:
        await admin.execute(f"ALTER TABLE event DETACH PARTITION {month['name']}")
    with pytest.raises(asyncpg.CheckViolationError):
        async with log.org(org_id) as tx:
            await move(tx, org_id, boat)

    async with log.org(org_id) as tx:  # the connection is as good as before
        assert await tx.connection.fetchval("SELECT moves FROM boat") == 0
    await admin.close()


async def test_a_time_out_at_the_end_has_its_name(log: Db, fresh_database_url: str, org_id: OrgId) -> None:
    admin = await asyncpg.connect(fresh_database_url)

    async def waits(tx: Tx) -> None:
        await tx.connection.execute("SET LOCAL statement_timeout = 50")
        await paint(tx, org_id)
        await admin.execute("BEGIN; LOCK TABLE event IN EXCLUSIVE MODE")

    async with log.org(org_id) as tx:  # so that it is prepared: preparing locks the table until the end
        await paint(tx, org_id)
    with pytest.raises(DatabaseTooSlow):
        await log.org(org_id).run(waits)
    await admin.close()


async def test_a_connection_that_is_ended_at_the_end_is_a_lost_one(
    log: Db, sequencer: SnapshotSequencer, fresh_database_url: str, org_id: OrgId
) -> None:
    admin = await asyncpg.connect(fresh_database_url)

    async def ended(tx: Tx) -> None:
        await paint(tx, org_id)
        pid = await tx.connection.fetchval("SELECT pg_backend_pid()")
        await admin.execute("SELECT pg_terminate_backend($1, 5000)", pid)

    with pytest.raises(DatabaseConnectionLost):
        await log.org(org_id).run(ended)
    await admin.close()

    assert await published(log, sequencer) == []
    async with log.org(org_id) as tx:  # another connection learns the statement anew
        await paint(tx, org_id)
    assert len(await published(log, sequencer)) == 1


async def test_behind_a_pooler_it_is_written_out(log_url: str, org_id: OrgId) -> None:
    db = await Db.connect(log_url, connections=2, pooled_elsewhere=True)
    sent: list[str] = []
    async with db.org(org_id) as tx:
        tx.connection.add_query_logger(lambda query: sent.append(query.query))
        await paint(tx, org_id)
    found = await published(db, SnapshotSequencer(db))
    await db.close()

    assert found == [(org_id, "boat.painted")]
    assert any(query.startswith("INSERT INTO event") and query.endswith("; COMMIT") for query in sent)


@pytest.mark.parametrize("value", ["it's", 'a"b', "a\\b", "$1", "a;b", "ä", "a b", 1.5, ["a"], {"a": 1}])
def test_what_needs_quoting_is_not_written_out(value: object) -> None:
    with pytest.raises(AssertionError):
        literals.written(value)


async def test_what_is_written_out_is_read_as_it_was(log: Db) -> None:
    values = [None, True, -7, 2**62, UUID(int=5), b"\x00'\\\xff", "payment.captured-1:2_X"]
    types = ["text", "boolean", "int", "bigint", "uuid", "bytea", "text"]
    asked = ", ".join(f"{literals.written(v)}::{t}" for v, t in zip(values, types, strict=True))
    async with log.system() as tx:
        assert list(await tx.connection.fetchrow(f"SELECT {asked}") or ()) == values
