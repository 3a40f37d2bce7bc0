"""Fixtures of orders."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from kontorhaus.people.access import Founded
from kontorhaus.roles.resources import Resources
from tests.goods.orders.market import Market, at_work, opened_market
from tests.goods.orders.shop import Shop
from tests.support import stripe
from tests.support.house import House
from tests.support.stripe import Sandbox


@pytest.fixture
async def shop(house: House, organization: Founded) -> Shop:
    return await Shop.open(house.holding(organization.secret))


@pytest.fixture(scope="session")
def simulator() -> Iterator[stripe.Started]:
    """One simulator for the run; every test has a key, and so an account, of its own."""
    with stripe.started() as found:
        yield found


@pytest.fixture
async def sandbox(simulator: stripe.Started) -> AsyncIterator[Sandbox]:
    async with aiohttp.ClientSession() as session:
        yield Sandbox(simulator.url, session, simulator.process, stripe.fresh_key())


@pytest.fixture
async def market(resources: Resources, organization: Founded, sandbox: Sandbox) -> AsyncIterator[Market]:
    async with opened_market(resources, organization, sandbox) as found:
        yield found


@pytest.fixture
async def busy(market: Market) -> AsyncIterator[Market]:
    """The same with a worker."""
    async with at_work(market):
        yield market
