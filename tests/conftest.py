"""Fixtures: a cluster for the run, a database for the worker, organizations and a running house for the test."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from kontorhaus.money.ledger import GroupCommit
from kontorhaus.people import access
from kontorhaus.people.access import Founded
from kontorhaus.platform.db import Db
from kontorhaus.platform.inbox import Inbox
from kontorhaus.platform.outbound import Outbound
from kontorhaus.platform.secrets import Keyring, LocalKeyFile
from kontorhaus.platform.settings import Settings
from kontorhaus.roles.gateways import every_gateway
from kontorhaus.roles.resources import Resources
from kontorhaus.roles.sources import every_source
from tests.support import databases
from tests.support.cluster import shared_cluster
from tests.support.house import House, running_house
from tests.support.outside import OUTSIDE
from tests.support.stripe import Started, started


@pytest.fixture(scope="session")
def cluster_url() -> str:
    """The administrator's address of the run's PostgreSQL; TEST_POSTGRES_ADMIN_URL names another, such as a 16."""
    return os.environ.get("TEST_POSTGRES_ADMIN_URL") or shared_cluster()


@pytest.fixture(scope="session")
def admin_database_url(cluster_url: str) -> Iterator[str]:
    """This worker's migrated database, with the administrator's login; tests share it, behind walls."""
    url = asyncio.run(databases.clone(cluster_url))
    yield url
    asyncio.run(databases.drop(cluster_url, url))


@pytest.fixture(scope="session")
def database_url(admin_database_url: str) -> str:
    """This worker's database, with the login that the house uses."""
    return databases.login_url(admin_database_url)


@pytest.fixture
async def fresh_database_url(cluster_url: str) -> AsyncIterator[str]:
    """A migrated database for this test alone, with the administrator's login."""
    url = await databases.clone(cluster_url)
    yield url
    await databases.drop(cluster_url, url)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Db]:
    opened = await Db.connect(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(LocalKeyFile.opened(tmp_path / "master.keys"))


@pytest.fixture(scope="session")
def stripe_simulator() -> Iterator[Started]:
    """Stripe for the tests of a worker. Those that need faults, or its clock, have a simulator of their own."""
    with started() as found:
        yield found


@pytest.fixture
async def resources(db: Db, keyring: Keyring, stripe_simulator: Started) -> AsyncIterator[Resources]:
    settings = Settings(port=0, stripe_url=stripe_simulator.url)
    async with Outbound() as outbound:
        gateways = every_gateway(outbound, settings)
        yield Resources(
            settings=settings,
            db=db,
            keyring=keyring,
            outbound=outbound,
            ledger=GroupCommit(db),
            inbox=Inbox((OUTSIDE, *every_source(keyring, gateways))),
            gateways=gateways,
        )


@pytest.fixture
async def organization(db: Db) -> Founded:
    """A test organization with a key that may do everything in it."""
    return (await access.found(db, "Hanse Automobile"))[1]


@pytest.fixture
async def stranger(db: Db) -> Founded:
    """Another account's test organization."""
    return (await access.found(db, "Fremde Handelsgesellschaft"))[1]


@pytest.fixture
async def house(resources: Resources) -> AsyncIterator[House]:
    """The API behind a real socket, in this process."""
    async with running_house(resources) as running:
        yield running
