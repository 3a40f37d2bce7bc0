"""An operator at the command line, beside a running house: what has become true, and what stands in the queues."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import Struct

from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import eventlog, postgres
from kontorhaus.platform.db import Db
from kontorhaus.platform.jobs import HOUSE, Kind, Queue, enqueue
from kontorhaus.roles.database import DATABASE
from tests.stories.test_up import Command

NEW = {"kind": "company", "name": "Elbe-Werkstatt", "roles": ["customer"], "country": "DE"}


class Nothing(Struct, frozen=True):
    pass


ERRAND = Kind("demo.errand", Nothing, Queue("nobody_works_this"))


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


async def open_beside(command: Command) -> Db:
    """The database of the running house, with the house's own login."""
    admin = postgres.running_at(command.home / "postgres")
    assert admin is not None
    return await Db.connect(postgres.another(admin, DATABASE, login="kontorhaus"), connections=1)


async def lines(process: asyncio.subprocess.Process) -> AsyncIterator[str]:
    assert process.stdout is not None
    async for line in process.stdout:
        yield line.decode()


async def test_a_fact_is_seen_as_it_is_published(command: Command) -> None:
    async with command.up() as (_, _, house):
        following = await command.start("log", "tail", "--last", "1000", "--follow", "--json")
        seen = lines(following)
        assert json.loads(await anext(seen))["kind"] == "organization.created"
        made = await house.post("/v1/parties", NEW)
        async with asyncio.timeout(20):
            told = [json.loads(line) async for line in until(seen, made.json["id"])]
        following.terminate()
        await following.wait()
        assert told[-1]["kind"] == "party.created"
        assert told[-1]["data"]["roles"] == ["customer"]
        positions = [fact["position"] for fact in told]
        assert positions == sorted(set(positions))

        status, said = await command.run("log", "tail", "--last", "1")
        assert (status, made.json["id"] in said, said.count("\n")) == (0, True, 1), said


async def until(seen: AsyncIterator[str], subject: str) -> AsyncIterator[str]:
    async for line in seen:
        yield line
        if json.loads(line)["subject"] == subject:
            return


async def test_a_reader_is_watched_and_sent_back(command: Command) -> None:
    async with command.up():
        db = await open_beside(command)
        await eventlog.subscribe(db, "mirror")
        await db.close()
        status, said = await command.run("log", "subscribers")
        assert (status, "mirror" in said, "parked 0" in said) == (0, True, True), said
        status, said = await command.run("log", "replay", "mirror", "--from", "1")
        assert (status, "goes on from position 1" in said) == (0, True), said
        refused, said = await command.run("log", "replay", "mirror", "--from", "9")
        assert (refused, "replay_ahead" in said) == (1, True), said
        assert (await command.run("log", "parked", "mirror")) == (0, "")
        status, said = await command.run("log", "retry", "mirror")
        assert (status, said) == (0, "0 objects are tried again.\n")
        assert (await command.run("log", "unsubscribe", "mirror"))[0] == 0
        for words in (("replay", "mirror", "--from", "1"), ("parked", "mirror"), ("retry", "mirror")):
            refused, said = await command.run("log", *words)
            assert (refused, "subscriber_unknown" in said) == (1, True), said


async def test_a_job_is_parked_and_tried_again(command: Command) -> None:
    async with command.up():
        db = await open_beside(command)
        async with db.system() as tx:
            await enqueue(tx, ERRAND.job(HOUSE, Nothing()), now=utc_now())
        await db.close()
        status, said = await command.run("jobs", "list", "--state", "ready")
        found = next(line.split() for line in said.splitlines() if "demo.errand" in line)
        owner, job = found[:2]
        assert (status, owner) == (0, "house")

        status, said = await command.run("jobs", "park", owner, job)
        assert (status, said) == (0, "The job is parked.\n")
        _, said = await command.run("jobs", "list")
        assert (job in said, "ParkedByAPerson" in said) == (True, True)
        refused, said = await command.run("jobs", "park", owner, job)
        assert (refused, "job_not_there" in said) == (1, True), said

        status, said = await command.run("jobs", "retry", owner, job)
        assert (status, said) == (0, "The job is tried again.\n")
        refused, said = await command.run("jobs", "retry", owner, job)
        assert (refused, "job_not_there" in said) == (1, True), said
        wrong, said = await command.run("jobs", "retry", "pty_1", job)
        assert (wrong, "give an id such as org_" in said) == (2, True), said


async def test_the_house_cleans_up_by_itself(command: Command) -> None:
    """Timetables fire at the first start, and the house's own jobs are gone when done."""
    async with command.up():
        db = await open_beside(command)
        async with asyncio.timeout(20):
            while True:
                async with db.system(read_only=True) as tx:
                    fired = await tx.connection.fetchval("SELECT count(*) FROM job_timetable")
                    left = await tx.connection.fetchval("SELECT count(*) FROM job WHERE org_id = $1", HOUSE)
                if fired >= 2 and left == 0:
                    break
                await asyncio.sleep(0.1)
        await db.close()
        status, said = await command.run("jobs", "list")
        assert (status, ".forget" in said) == (0, False), said
