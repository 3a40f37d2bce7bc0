"""Partitions: made ahead by whoever starts first, dropped only when everybody has read them."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Final

import asyncpg
import pytest

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import eventlog
from kontorhaus.platform.db import DatabaseContended, Db
from kontorhaus.platform.eventlog import START, SnapshotSequencer
from tests.platform.eventlog import boats
from tests.platform.eventlog.boats import LOG_BOOK

LONG_AGO: Final = datetime(2020, 1, 31, 23, 59, tzinfo=UTC)


async def months(log: Db) -> list[date]:
    async with log.maintenance() as tx:
        return [row["m"] for row in await tx.connection.fetch("SELECT m FROM event_months() AS m ORDER BY m")]


async def test_partitions_are_made_once_by_many(log: Db) -> None:
    made = await asyncio.gather(
        *(eventlog.ensure_partitions(log, now=LONG_AGO, ahead=timedelta(days=40)) for _ in range(4))
    )

    assert sum(made) == 3
    assert (await months(log))[:3] == [date(2020, 1, 1), date(2020, 2, 1), date(2020, 3, 1)]
    assert await eventlog.ensure_partitions(log, now=LONG_AGO, ahead=timedelta(days=40)) == 0


async def test_who_holds_the_table_stops_nobody_but_who_has_no_month_at_all(
    log: Db, fresh_database_url: str
) -> None:
    admin = await asyncpg.connect(fresh_database_url)
    await admin.execute("BEGIN; LOCK TABLE event IN SHARE UPDATE EXCLUSIVE MODE")
    assert await eventlog.ensure_partitions(log, now=utc_now(), ahead=timedelta(days=80)) == 0
    with pytest.raises(DatabaseContended):
        await eventlog.ensure_partitions(log, now=LONG_AGO, ahead=timedelta(days=1))
    await admin.close()
    assert await eventlog.ensure_partitions(log, now=LONG_AGO, ahead=timedelta(days=1)) == 2


async def test_partitions_are_made_while_facts_are_written(log: Db, org_id: OrgId) -> None:
    boat_id = await boats.launch(log, org_id)
    async with log.org(org_id) as tx:
        await boats.move(tx, org_id, boat_id)

        assert await eventlog.ensure_partitions(log, now=LONG_AGO, ahead=timedelta()) == 1


async def test_a_partition_is_no_way_past_the_wall(log: Db, org_id: OrgId) -> None:
    boat_id = await boats.launch(log, org_id)
    async with log.org(org_id) as tx:
        await boats.move(tx, org_id, boat_id)
    this_month = f"event_{utc_now():%Y%m}"

    async with log.maintenance() as tx:
        assert await tx.connection.fetchval(f"SELECT count(*) FROM {this_month}") == 0
        assert await tx.connection.execute(f"DELETE FROM {this_month}") == "DELETE 0"
    for scope in (log.org(org_id), log.system()):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with scope as tx:
                await tx.connection.execute(f"SELECT FROM {this_month}")
    async with log.system() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM event") == 1


async def test_a_month_is_dropped_when_it_is_old_and_everybody_has_read_it(
    log: Db, org_id: OrgId, fresh_database_url: str
) -> None:
    boat_id = await boats.launch(log, org_id)
    await eventlog.subscribe(log, "log_book")
    async with log.org(org_id) as tx:
        await boats.move(tx, org_id, boat_id)
    after = utc_now() + timedelta(days=400)
    keep = timedelta(days=300)
    old = await months(log)

    assert await eventlog.drop_old(log, now=utc_now(), keep=keep) == []
    assert await eventlog.drop_old(log, now=after, keep=keep) == [], "not published yet"
    await SnapshotSequencer(log).tick()
    assert await eventlog.drop_old(log, now=after, keep=keep) == [], "not read yet"
    await eventlog.advance(log, LOG_BOOK, now=after)
    await eventlog.ensure_partitions(log, now=after)
    assert await eventlog.drop_old(log, now=after, keep=keep) == old

    async with log.system() as tx:
        assert await eventlog.read(tx, START) == []
        assert (await eventlog.head(tx)).position == 1
    admin = await asyncpg.connect(fresh_database_url)
    assert await admin.fetchval("SELECT count(*) FROM event_position") == 0
    await admin.close()


async def test_the_next_fact_goes_on_where_the_dropped_ones_ended(log: Db, org_id: OrgId) -> None:
    boat_id = await boats.launch(log, org_id)
    async with log.org(org_id) as tx:
        await boats.move(tx, org_id, boat_id)
    await SnapshotSequencer(log).tick()
    await eventlog.drop_old(log, now=utc_now() + timedelta(days=400), keep=timedelta(days=1))
    await eventlog.ensure_partitions(log, now=utc_now())

    async with log.org(org_id) as tx:
        await boats.move(tx, org_id, boat_id)
    await SnapshotSequencer(log).tick()

    async with log.system() as tx:
        assert [event.position for event in await eventlog.read(tx, START)] == [2]
