"""A database for each test, since workers and gauges look at everybody's; a house that the demo senders deliver to."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.ledger import GroupCommit
from kontorhaus.platform.db import Db
from kontorhaus.platform.outbound import Outbound
from kontorhaus.platform.secrets import Keyring
from kontorhaus.platform.settings import Settings
from kontorhaus.roles.resources import Resources
from tests.platform.inbox import sender
from tests.platform.inbox.sender import DEMO, PHASED, SCHEMA, STRIPE, Sender, Worked, opened, received_by
from tests.support import databases
from tests.support.house import House


@pytest.fixture
async def inbox_url(fresh_database_url: str) -> str:
    admin = await asyncpg.connect(fresh_database_url)
    await admin.execute(SCHEMA)
    await admin.close()
    return databases.login_url(fresh_database_url)


@pytest.fixture
async def db(inbox_url: str) -> AsyncIterator[Db]:
    found = await Db.connect(inbox_url)
    yield found
    await found.close()


@pytest.fixture
def org() -> OrgId:
    """An inbox needs no row of an organization, only its wall."""
    return OrgId(uuid.uuid4())


@pytest.fixture
async def resources(db: Db, keyring: Keyring, tmp_path: Path) -> AsyncIterator[Resources]:
    async with Outbound() as outbound:
        yield Resources(
            settings=Settings(port=0, body_bytes_max=65_536),
            db=db,
            keyring=keyring,
            outbound=outbound,
            ledger=GroupCommit(db),
            inbox=received_by(DEMO, STRIPE, PHASED),
        )


@pytest.fixture
async def stripe_like(house: House, db: Db, keyring: Keyring, org: OrgId) -> Sender:
    return Sender(house, await opened(db, keyring, org, STRIPE))


@pytest.fixture
async def demo(house: House, db: Db, keyring: Keyring, org: OrgId) -> Sender:
    return Sender(house, await opened(db, keyring, org))


@pytest.fixture
def worked(db: Db, keyring: Keyring) -> Worked:
    return sender.worker(db, keyring, DEMO, STRIPE, PHASED)


@pytest.fixture(autouse=True)
def nothing_is_cured() -> Iterator[None]:
    sender.cured = False
    yield
    sender.cured = False
