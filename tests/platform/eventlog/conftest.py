"""A database for each test: the log's positions belong to a whole database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import pytest

from kontorhaus.kernel.ids import ORG, OrgId
from kontorhaus.platform.db import Db
from kontorhaus.platform.eventlog import SnapshotSequencer
from tests.platform.eventlog import boats
from tests.support import databases

CONNECTIONS: Final = 20


@pytest.fixture
async def log_url(fresh_database_url: str) -> str:
    await boats.prepare(fresh_database_url)
    return databases.login_url(fresh_database_url)


@pytest.fixture
async def log(log_url: str) -> AsyncIterator[Db]:
    db = await Db.connect(log_url, connections=CONNECTIONS)
    yield db
    await db.close()


@pytest.fixture
def sequencer(log: Db) -> SnapshotSequencer:
    return SnapshotSequencer(log)


@pytest.fixture
def org_id() -> OrgId:
    return ORG.new()
