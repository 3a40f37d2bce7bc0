"""One simulator for the tests of a worker, each with an account of its own. The clock, faults and webhooks are
everybody's: tests that use them have a simulator of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from stripe import StripeClient

from tests.sandbox.stripe.running import Receiver, receiving
from tests.support.stripe import Sandbox, Started, fresh_key, running, started


@pytest.fixture(scope="session")
def shared() -> Iterator[Started]:
    with started() as found:
        yield found


@pytest.fixture
async def sandbox(shared: Started) -> AsyncIterator[Sandbox]:
    async with aiohttp.ClientSession() as session:
        yield Sandbox(shared.url, session, shared.process, fresh_key())


@pytest.fixture
def client(sandbox: Sandbox) -> StripeClient:
    return sandbox.client()


@pytest.fixture
async def own() -> AsyncIterator[Sandbox]:
    async with running() as found:
        yield found


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


@pytest.fixture
async def telling(receiver: Receiver) -> AsyncIterator[Sandbox]:
    """A simulator that tells the receiver everything."""
    async with running("--webhook-url", receiver.url, "--retry-ms", "40") as found:
        yield found
