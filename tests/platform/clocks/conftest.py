"""A database for each test: the log's positions and the promotion of jobs belong to a whole database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime

import pytest

from kontorhaus.kernel.ids import OrgId
from kontorhaus.people import access
from kontorhaus.platform import clocks, eventlog
from kontorhaus.platform.db import Db
from kontorhaus.platform.jobs import Worker
from tests.platform.clocks import calendar
from tests.support import databases

FrozenOrganization = Callable[[], Awaitable[OrgId]]


@pytest.fixture
async def clocks_url(fresh_database_url: str) -> str:
    await calendar.prepare(fresh_database_url)
    return databases.login_url(fresh_database_url)


@pytest.fixture
async def db(clocks_url: str) -> AsyncIterator[Db]:
    opened = await Db.connect(clocks_url)
    await eventlog.subscribe(opened, calendar.READER.name)
    yield opened
    await opened.close()


@contextlib.asynccontextmanager
async def at_work(*workers: Worker) -> AsyncIterator[None]:
    """Workers that run beside the test, as they do in a process of their own."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for worker in workers:
            tasks.create_task(worker.run(stop))
        try:
            yield
        finally:
            stop.set()


@pytest.fixture
def frozen(db: Db) -> FrozenOrganization:
    """Makes test organizations whose clocks stand at the calendar's start."""

    async def make(at: datetime = calendar.START) -> OrgId:
        org_id = (await access.found(db, "Hanse Automobile"))[1].org_id
        async with db.org(org_id) as tx:
            await clocks.freeze(tx, org_id, mode="test", at=at)
        return org_id

    return make
