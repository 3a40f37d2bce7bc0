"""A provider for the tests of a worker, with an account of its own for each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.money.payments.gateways.worlds import WORLDS, World
from tests.support.stripe import Started


@pytest.fixture(params=sorted(WORLDS))
async def world(request: pytest.FixtureRequest, stripe_simulator: Started) -> AsyncIterator[World]:
    async with WORLDS[request.param](stripe_simulator) as found:
        yield found
