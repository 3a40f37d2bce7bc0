"""A simulator for each test, since faults and the clock are everybody's: it starts in a quarter of a second."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from stripe import StripeClient

from tests.sandbox.stripe.running import Receiver, Sandbox, receiving, running


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running() as started:
        yield started


@pytest.fixture
def client(sandbox: Sandbox) -> StripeClient:
    return sandbox.client("sk_test_kontorhaus_1")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as started:
        yield started


@pytest.fixture
async def telling(receiver: Receiver) -> AsyncIterator[Sandbox]:
    """A simulator that tells the receiver everything."""
    async with running("--webhook-url", receiver.url, "--retry-ms", "40") as started:
        yield started
