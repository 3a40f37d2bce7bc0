"""A database for each test: sweeping and promoting are everybody's, so tests must not meet in one."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest

from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform.db import Db
from tests.platform.jobs.workshop import SCHEMA
from tests.support import databases


@pytest.fixture
async def jobs_url(fresh_database_url: str) -> str:
    admin = await asyncpg.connect(fresh_database_url)
    await admin.execute(SCHEMA)
    await admin.close()
    return databases.login_url(fresh_database_url)


@pytest.fixture
async def db(jobs_url: str) -> AsyncIterator[Db]:
    opened = await Db.connect(jobs_url)
    yield opened
    await opened.close()


@pytest.fixture
def org() -> OrgId:
    """Jobs need no row of an organization, only its wall."""
    return OrgId(uuid.uuid4())
