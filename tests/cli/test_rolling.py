"""A deploy as its callers see it: one process after the other is stopped and another started, and nobody notices."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from kontorhaus.kernel.time import monotonic
from kontorhaus.people import access
from kontorhaus.platform.db import Db
from tests.support import databases
from tests.support.balancer import Balancer, balancing
from tests.support.house import House
from tests.support.processes import Processes, processes

CALLERS = 8

DEALER = {"kind": "company", "name": "Autohaus Rolle", "roles": ["customer"], "country": "DE"}


class Load:
    """Callers who write and read, each on a connection that he keeps, and count what they are answered."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._ended = False
        self.answers: Counter[str] = Counter()
        self.made: list[str] = []
        self.slowest = 0.0

    async def call(self, number: int) -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
            house = House(self._house.address, session, self._house.key)
            for turn in range(100_000):
                if self._ended:
                    return
                await self._once(house, f"{number}-{turn}")

    async def _once(self, house: House, reference: str) -> None:
        began = monotonic()
        try:
            asked = {**DEALER, "reference": reference}
            made = await house.post("/v1/parties", asked)
            self.answers[f"POST {made.status}" if made.status == 201 else repr(made.body)] += 1
            if made.status == 201:
                self.made.append(made.json["id"])
                found = await house.get(f"/v1/parties/{made.json['id']}")
                self.answers[f"GET {found.status}"] += 1
        except aiohttp.ClientError as error:
            self.answers[repr(error)] += 1
        self.slowest = max(self.slowest, monotonic() - began)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Load]:
        async with asyncio.TaskGroup() as callers:
            for number in range(CALLERS):
                callers.create_task(self.call(number))
            try:
                yield self
            finally:
                self._ended = True

    async def more(self, answers: int) -> None:
        """Until so many more have been answered."""
        until = self.answers.total() + answers
        async with asyncio.timeout(60):
            while self.answers.total() < until:
                await asyncio.sleep(0.01)


@pytest.fixture
async def key(fresh_database_url: str) -> str:
    db = await Db.connect(databases.login_url(fresh_database_url))
    found = (await access.found(db, "Hanse Automobile"))[1].secret
    await db.close()
    return found


@pytest.fixture
async def roles(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Processes]:
    url = databases.login_url(fresh_database_url)
    async with processes(tmp_path, url, KONTORHAUS_DRAIN_NOTICE_SECONDS="1") as found:
        yield found


async def restart_apis(roles: Processes, balancer: Balancer, load: Load) -> None:
    """Both, one after the other, as a rolling deploy does: the new one is ready before the old one is stopped."""
    old = [await roles.start("api"), await roles.start("api")]
    for api in old:
        balancer.add(api.address)
    for api in old:
        await balancer.ready(api.address)
    async with load.running():
        await load.more(100)
        for api in old:
            fresh = await roles.start("api")
            balancer.add(fresh.address)
            await balancer.ready(fresh.address)
            await load.more(50)
            assert await api.stop() == 0
            balancer.remove(api.address)
            await load.more(50)


async def test_apis_are_restarted_under_load_and_no_caller_sees_it(roles: Processes, key: str) -> None:
    async with balancing() as balancer, aiohttp.ClientSession() as session:
        load = Load(House(balancer.address, session, key))
        await restart_apis(roles, balancer, load)

    assert set(load.answers) == {"POST 201", "GET 200"}, load.answers
    assert len(set(load.made)) == load.answers["POST 201"]


async def test_workers_and_relays_are_restarted_and_every_fact_is_published_once(
    roles: Processes, key: str
) -> None:
    api, *others = [await roles.start(role) for role in ("api", "worker", "relay")]
    async with aiohttp.ClientSession() as session:
        house = House(api.address, session, key)
        load = Load(house)
        async with load.running():
            for _ in range(2):
                for place, old in enumerate(others):
                    await load.more(50)
                    others[place] = await roles.start(old.role)
                    assert await old.stop() == 0
        published = await all_facts(house, len(load.made))

    assert set(load.answers) == {"POST 201", "GET 200"}, load.answers
    assert Counter(published) == Counter(load.made), "each once, none lost"


async def all_facts(house: House, expected: int) -> list[str]:
    """Whom the facts are about that parties were made, as the feed has them, once it has as many as it should."""
    async with asyncio.timeout(30):
        while True:
            found, cursor = [], ""
            while True:
                page = (await house.get(f"/v1/events?limit=100{cursor}")).json
                found += [fact["subject"]["id"] for fact in page["data"] if fact["type"] == "party.created"]
                if not page["has_more"]:
                    break
                cursor = f"&cursor={page['next_cursor']}"
            if len(found) >= expected:
                return found
            await asyncio.sleep(0.2)
