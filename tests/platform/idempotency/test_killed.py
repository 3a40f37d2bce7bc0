"""A call with a network call in its middle, killed at every point: one effect, and the same bytes for ever."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from kontorhaus.people import access
from kontorhaus.platform.db import Db
from tests.platform.idempotency.charges import POINTS, SCHEMA
from tests.support import databases
from tests.support.house import House, Reply

FINAL = (200, 201)
TRIES = 400


@contextlib.asynccontextmanager
async def process(
    module: str, *arguments: str, **environ: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A module as a process of its own, and the address it says it listens on; killed at the end."""
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"tests.platform.idempotency.{module}",
        *arguments,
        env={**os.environ, **environ},
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    try:
        assert started.stdout is not None
        address = (await started.stdout.readline()).decode().strip()
        assert address.startswith("http"), "the process came up"
        yield started, address
    finally:
        with contextlib.suppress(ProcessLookupError):
            started.kill()
        await started.wait()


class Charges:
    """The demo house, to be started and killed, on a database and a provider that stay."""

    def __init__(self, url: str, network: str, keys: str, key: str, session: aiohttp.ClientSession) -> None:
        self.url, self.network, self.keys, self.key, self.session = url, network, keys, key, session

    @contextlib.asynccontextmanager
    async def running(
        self, *, die_at: str = "", patience: str = "1.0"
    ) -> AsyncIterator[tuple[asyncio.subprocess.Process, House]]:
        async with process(
            "house", self.network, self.keys, patience, CHARGES_DATABASE=self.url, CHARGES_DIE_AT=die_at
        ) as (started, address):
            yield started, House(address=address, session=self.session, key=self.key)

    async def books(self) -> dict[str, dict[str, int]]:
        async with self.session.get(f"{self.network}/books") as response:
            return dict(await response.json())

    async def statuses(self) -> list[str]:
        connection = await asyncpg.connect(self.url)
        try:
            async with connection.transaction():
                await connection.execute("SET LOCAL ROLE kontorhaus_system")
                return [row["status"] for row in await connection.fetch("SELECT status FROM demo_charge")]
        finally:
            await connection.close()


async def charge(house: House, key: str, amount: int = 1099) -> Reply:
    return await house.post("/v1/charges", {"amount": amount}, **{"idempotency-key": key})


async def until_final(house: House, key: str) -> Reply:
    """Repeat the call as a client does: while it is told that trying again is right."""
    for _ in range(TRIES):
        reply = await charge(house, key)
        if reply.status in FINAL:
            return reply
        assert reply.status in (202, 409), reply.body
        await asyncio.sleep(0.05)
    raise AssertionError("the call never came to its end")


@pytest.fixture
async def charges(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Charges]:
    admin = await asyncpg.connect(fresh_database_url)
    await admin.execute(SCHEMA)
    await admin.close()
    url = databases.login_url(fresh_database_url)
    db = await Db.connect(url)
    key = (await access.found(db, "Hanse Automobile"))[1].secret
    await db.close()
    async with process("network") as (_, network), aiohttp.ClientSession() as session:
        yield Charges(url, network, str(tmp_path / "master.keys"), key, session)


@pytest.mark.parametrize("point", POINTS)
async def test_killed_at_any_point_there_is_one_effect_and_one_answer(charges: Charges, point: str) -> None:
    async with charges.running(die_at=point) as (started, house):
        with pytest.raises(aiohttp.ClientError):
            await charge(house, "buy-the-car")
        assert await started.wait() == -9, "it died where it was told to"
    async with charges.running() as (_, house):
        first = await until_final(house, "buy-the-car")
        second = await charge(house, "buy-the-car")
    assert (first.status, first.json["status"]) == (201, "charged")
    assert (second.status, second.body) == (first.status, first.body)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert await charges.statuses() == ["charged"]
    assert list((await charges.books())["charges"].values()) == [1099]


async def test_an_operation_left_open_is_ended_without_the_client(charges: Charges) -> None:
    async with charges.running(die_at="before_tx2") as (_, house):
        with pytest.raises(aiohttp.ClientError):
            await charge(house, "buy-the-car")
    assert await charges.statuses() == ["charging"]
    async with charges.running():
        for _ in range(TRIES):
            if await charges.statuses() == ["charged"]:
                break
            await asyncio.sleep(0.05)
    assert await charges.statuses() == ["charged"]
    assert len((await charges.books())["charges"]) == 1


async def test_twenty_calls_at_once_have_one_effect_and_one_answer(charges: Charges) -> None:
    async with charges.running() as (_, house):
        replies = await asyncio.gather(*(until_final(house, "buy-the-car") for _ in range(20)))
    assert len({(reply.status, reply.body) for reply in replies}) == 1
    assert await charges.statuses() == ["charged"]
    books = await charges.books()
    assert list(books["calls"].values()) == [1], "the provider was called once"


async def test_a_slow_provider_answers_202_until_the_end_is_known(
    fresh_database_url: str, charges: Charges
) -> None:
    async with process("network", NETWORK_SECONDS="1.5") as (_, slow):
        charges.network = slow
        async with charges.running(patience="0.5") as (_, house):
            reply = await charge(house, "buy-the-car")
            assert (reply.status, reply.json["status"]) == (202, "charging")
            again = await charge(house, "buy-the-car")
            assert (again.status, again.json) == (202, reply.json)
            assert (await until_final(house, "buy-the-car")).json["id"] == reply.json["id"]
        assert list((await charges.books())["charges"].values()) == [1099]


async def test_another_body_under_the_same_key_is_refused(charges: Charges) -> None:
    async with charges.running() as (_, house):
        await until_final(house, "buy-the-car")
        reply = await charge(house, "buy-the-car", amount=1)
    assert (reply.status, reply.json["code"]) == (422, "idempotency_key_reused")
    assert len((await charges.books())["charges"]) == 1
