"""Fixtures of the feed: a house whose facts are published, and those who read and write there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from kontorhaus.people.access import Founded
from kontorhaus.platform import eventlog
from kontorhaus.platform.eventlog import SnapshotSequencer
from kontorhaus.roles.resources import Resources
from tests.support.house import House
from tests.wire.feed.callers import read


@pytest.fixture
async def sequencing(resources: Resources) -> AsyncIterator[None]:
    """A sequencer in this process, as the worker runs it."""
    stop = asyncio.Event()
    running = asyncio.create_task(
        eventlog.sequence(SnapshotSequencer(resources.db), stop=stop, published=resources.published)
    )
    yield
    stop.set()
    await running


@pytest.fixture
async def owner(house: House, organization: Founded, sequencing: None) -> House:
    """A caller who may do everything in his organization, whose founding is published."""
    del sequencing
    return await _founded(house.holding(organization.secret))


@pytest.fixture
async def other(house: House, stranger: Founded, sequencing: None) -> House:
    """A caller of another organization."""
    del sequencing
    return await _founded(house.holding(stranger.secret))


async def _founded(house: House) -> House:
    page = await read(house, types="api_key.created", timeout=10)
    assert len(page["data"]) == 1
    return house
