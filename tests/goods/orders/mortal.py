"""A relay that is told where to kill itself."""

from __future__ import annotations

import asyncio
import os

from kontorhaus.goods.orders import reactions
from kontorhaus.platform import eventlog, failpoints
from kontorhaus.platform.db import Db
from kontorhaus.platform.eventlog import Bell, SnapshotSequencer
from kontorhaus.platform.settings import load


async def follow() -> None:
    settings = load(os.environ)
    failpoints.arm(settings)
    assert settings.database_url is not None
    db, stop = await Db.connect(settings.database_url), asyncio.Event()
    published = Bell()
    (subscriber,) = reactions.subscribers()
    await eventlog.subscribe(db, subscriber.name)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(eventlog.sequence(SnapshotSequencer(db), stop=stop, published=published))
        tasks.create_task(eventlog.follow(db, subscriber, stop=stop, published=published))


if __name__ == "__main__":
    asyncio.run(follow())
