"""What an operator sees of the log."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import eventlog, telemetry
from kontorhaus.platform.db import Db
from kontorhaus.platform.eventlog import SnapshotSequencer
from tests.platform.eventlog.boats import LOG_BOOK, launch, move


def shown(name: str, **labels: str) -> float | None:
    return telemetry.metrics.REGISTRY.get_sample_value(name, labels)


async def test_how_far_the_log_and_its_readers_are_is_shown(
    log: Db, sequencer: SnapshotSequencer, org_id: OrgId
) -> None:
    boat = await launch(log, org_id)
    await eventlog.subscribe(log, "log_book")
    for _ in range(3):
        async with log.org(org_id) as tx:
            await move(tx, org_id, boat)
    in_an_hour = utc_now() + timedelta(hours=1)

    await eventlog.gauge(log, now=in_an_hour)
    assert shown("kontorhaus_log_unpublished") == 3
    assert 3_600 <= (shown("kontorhaus_log_unpublished_oldest_seconds") or 0) < 3_700

    await sequencer.tick()
    await eventlog.gauge(log, now=in_an_hour)
    assert shown("kontorhaus_log_unpublished") == 0
    assert shown("kontorhaus_log_unpublished_oldest_seconds") == 0
    assert shown("kontorhaus_log_subscriber_behind", subscriber="log_book") == 3
    assert 3_600 <= (shown("kontorhaus_log_subscriber_oldest_seconds", subscriber="log_book") or 0) < 3_700

    await eventlog.advance(log, LOG_BOOK, now=utc_now())
    await eventlog.gauge(log, now=in_an_hour)
    assert shown("kontorhaus_log_subscriber_behind", subscriber="log_book") == 0
    assert shown("kontorhaus_log_subscriber_oldest_seconds", subscriber="log_book") == 0
    assert shown("kontorhaus_log_subscriber_aside", subscriber="log_book", state="parked") == 0

    await eventlog.unsubscribe(log, "log_book")
    await eventlog.gauge(log, now=in_an_hour)
    assert shown("kontorhaus_log_subscriber_behind", subscriber="log_book") is None


async def test_a_transaction_that_is_still_open_is_not_unpublished(log: Db, org_id: OrgId) -> None:
    boat = await launch(log, org_id)
    async with log.org(org_id) as tx:
        await move(tx, org_id, boat)
        await eventlog.gauge(log, now=utc_now())
        assert shown("kontorhaus_log_unpublished") == 0


async def test_watching_goes_on_until_it_is_stopped(log: Db) -> None:
    stop = asyncio.Event()
    watching = asyncio.create_task(eventlog.watch(log, stop=stop))
    await asyncio.sleep(0.05)
    assert not watching.done()
    stop.set()
    await asyncio.wait_for(watching, 5)
