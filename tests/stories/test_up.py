"""`kontorhaus up` as a person runs it: one command, a first customer, a clean stop, and nothing lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from kontorhaus.platform import postgres
from tests.support.house import House


class Command:
    """The `kontorhaus` command in a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        own = {name: value for name, value in os.environ.items() if not name.startswith("KONTORHAUS_")}
        self.environ = own | {"KONTORHAUS_HOME": str(home), "KONTORHAUS_PORT": "0"}

    async def start(self, *words: str, merged: bool = True) -> asyncio.subprocess.Process:
        """`merged`: what goes to standard error is read with the rest."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "kontorhaus",
            *words,
            env=self.environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT if merged else asyncio.subprocess.PIPE,
        )

    async def run(self, *words: str) -> tuple[int, str]:
        process = await self.start(*words)
        out, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode()

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, str], House]]:
        """The whole house, open; what it said of itself; and a client with the demo key."""
        process = await self.start("up")
        try:
            said = await self._welcome(process)
            async with aiohttp.ClientSession() as session:
                yield process, said, House(said["API"].removesuffix("/v1"), session, said["Test"].split()[1])
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _welcome(self, process: asyncio.subprocess.Process) -> dict[str, str]:
        said: dict[str, str] = {}
        assert process.stdout is not None
        everything = []
        async for line in process.stdout:
            text = line.decode().strip()
            everything.append(text)
            name, _, value = text.partition(" ")
            said[name] = value.strip()
            if text.startswith("Stop it"):
                return said
        raise AssertionError("\n".join(everything))


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


async def said_by(process: asyncio.subprocess.Process, beginning: str) -> str:
    """The rest of the first line that begins so."""
    assert process.stdout is not None
    async for line in process.stdout:
        if line.decode().startswith(beginning):
            return line.decode().removeprefix(beginning).strip()
    raise AssertionError(f"it ended without saying {beginning!r}")


async def test_one_command_opens_the_house_and_a_second_start_finds_everything(command: Command) -> None:
    async with command.up() as (process, said, house):
        customer = await house.get(said["Customer"].removeprefix(house.address))
        assert (customer.status, customer.json["name"]) == (200, "Garage Lumière SARL")
        assert (await house.holding(None).get("/readyz")).status == 200
        assert (await house.session.get(said["Stripe"])).status == 200
        await _connected_to_the_simulator(house)
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        rest = (await process.stdout.read()).decode()
        assert await process.wait() == 0
        assert "The house is closed." in rest
    async with command.up() as (process, said_again, house):
        assert said_again["Test"] == said["Test"]
        assert said_again["Customer"].rpartition("/")[2] == said["Customer"].rpartition("/")[2]
        assert len((await house.get("/v1/parties?role=customer")).json["data"]) == 1
        process.send_signal(signal.SIGINT)
        await process.communicate()
        assert process.returncode == 0


async def _connected_to_the_simulator(house: House) -> None:
    """A key that nobody gave out opens an account there."""
    own = {"kind": "company", "name": "Hanse Automobile", "roles": ["legal_entity"], "country": "DE"}
    entity = (await house.post("/v1/parties", own)).json["id"]
    body = {"entity": entity, "gateway": "stripe", "name": "Stripe", "secret_key": "sk_test_kontorhaus"}
    made = (await house.post("/v1/payment_connections", body)).json
    tested = await house.post(f"/v1/payment_connections/{made['id']}/test")
    assert (tested.status, tested.json["account"]["ready"]) == (200, True), tested.json


async def test_an_operators_commands_work_beside_the_running_house(command: Command, tmp_path: Path) -> None:
    async with command.up() as (_, _, house):
        status, told = await command.run("db", "backup", str(tmp_path / "while open.dump"))
        assert status == 0, told
        status, told = await command.run("organizations", "create", "Zweites Haus")
        assert status == 0, told
        key = next(word for word in told.split() if word.startswith("sk_live_"))
        reply = await house.holding(key).get("/v1/organization")
        assert (reply.status, reply.json["name"], reply.json["mode"]) == (200, "Zweites Haus", "live")
        status, told = await command.run("organizations", "create", "")
        assert (status, "1 to 200" in told) == (2, True)
        refused, told = await command.run("up")
        assert (refused, "postgres_folder_held" in told) == (1, True), told


async def test_what_was_answered_survives_kill_minus_nine(command: Command) -> None:
    async with command.up() as (process, _, house):
        body = {"kind": "person", "name": "Erika Mustermann", "roles": ["customer"], "country": "DE"}
        made = await house.post("/v1/parties", body)
        assert made.status == 201
        process.kill()
        await process.wait()
    async with command.up() as (_, _, house):
        kept = (await house.get(f"/v1/parties/{made.json['id']}")).json
        # The day on which he is looked at: in a new house it is still that of the first sale.
        assert kept | {"as_of": made.json["as_of"]} == made.json


async def test_the_house_outlives_its_postgresql(command: Command) -> None:
    async with command.up() as (process, _, house):
        body = {"kind": "person", "name": "Erika Mustermann", "roles": ["customer"], "country": "DE"}
        acknowledged = []
        following = await command.start("log", "tail", "--follow")
        assert following.stdout is not None
        await following.stdout.readline()  # it has begun
        for _ in range(3):
            acknowledged.append((await house.post("/v1/parties", body)).json["id"])
            pid_file = command.home / "postgres" / "data" / "postmaster.pid"
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
            async with asyncio.timeout(60):
                while True:
                    reply = await house.post("/v1/parties", body)
                    if reply.status == 201:
                        acknowledged.append(reply.json["id"])
                        break
                    assert reply.status == 503, reply.body
                    await asyncio.sleep(0.2)
        kept = [party["id"] for party in (await house.get("/v1/parties?limit=100")).json["data"]]
        assert set(acknowledged) <= set(kept)
        async with asyncio.timeout(30):
            while acknowledged[-1].encode() not in await following.stdout.readline():
                assert following.returncode is None
        following.send_signal(signal.SIGINT)
        await following.communicate()
        assert following.returncode == 0
        process.terminate()
        await process.communicate()
        assert process.returncode == 0


async def test_api_worker_and_relay_run_apart_on_a_named_database(command: Command, tmp_path: Path) -> None:
    with postgres.Server.start(tmp_path / "pg", binaries=postgres.find(None), durable=False) as server:
        server.ensure_database("shop")
        command.environ["KONTORHAUS_DATABASE_URL"] = server.url_for("shop", login="kontorhaus")
        command.environ["KONTORHAUS_DATABASE_ADMIN_URL"] = server.url_for("shop")
        status, said = await command.run("db", "migrate")
        assert (status, "the schema is current" in said) == (0, True), said
        status, said = await command.run("organizations", "create", "Hanse Automobile")
        key = next(word for word in said.split() if word.startswith("sk_test_"))
        assert (status, "Hanse Automobile" in (await command.run("organizations", "list"))[1]) == (0, True)
        command.environ |= {"KONTORHAUS_WORKER_PORT": "0", "KONTORHAUS_RELAY_PORT": "0"}
        worker, relay, api = [await command.start(role) for role in ("worker", "relay", "api")]
        address = await said_by(api, "API at ")
        beside = {
            b"kontorhaus_job_oldest_seconds": await said_by(worker, "Metrics at "),
            b"kontorhaus_log_unpublished": await said_by(relay, "Metrics at "),
        }
        async with aiohttp.ClientSession() as session:
            assert (await House(address, session, key).get("/v1/organization")).status == 200
            for metric, place in beside.items():
                house = House(place.removesuffix("/metrics"), session)
                assert (await house.get("/readyz")).status == 200
                assert (await house.get("/v1/organization")).status == 404
                async with asyncio.timeout(20):
                    while metric not in (await house.get("/metrics")).body:
                        await asyncio.sleep(0.1)
        for process in (api, worker, relay):
            process.terminate()
            await process.communicate()
            assert process.returncode == 0


async def test_a_role_without_a_schema_says_what_to_do(command: Command, tmp_path: Path) -> None:
    wrong, mistyped = Command(command.home), Command(command.home)
    wrong.environ["KONTORHAUS_DATABASE_URL"] = "postgresql://shop:pass/word@nowhere/shop"
    mistyped.environ["KONTORHAUS_PROT"] = "8400"
    none, malformed, unknown = await asyncio.gather(*(one.run("api") for one in (command, wrong, mistyped)))
    assert (none[0], "database_url_missing" in none[1]) == (1, True)
    assert (malformed[0], "database_url_invalid" in malformed[1], "pass" in malformed[1]) == (1, True, False)
    assert (unknown[0], "did you mean KONTORHAUS_PORT?" in unknown[1]) == (1, True)
    with postgres.Server.start(tmp_path / "pg", binaries=postgres.find(None), durable=False) as server:
        server.ensure_database("shop")
        command.environ["KONTORHAUS_DATABASE_URL"] = server.url_for("shop")
        status, said = await command.run("api")
    assert (status, "database_login_too_powerful" in said) == (1, True)


async def test_a_backup_restores_what_the_house_held(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "house.dump"
    async with command.up() as (process, said, _):
        process.terminate()
        await process.wait()
    status, told = await command.run("db", "backup", str(file))
    assert (status, file.stat().st_size > 0) == (0, True), told
    refused, told = await command.run("db", "restore", str(file))
    assert (refused, "database_not_empty" in told) == (1, True), told
    other = Command(tmp_path / "other home")
    nothing, told = await other.run("db", "backup", str(tmp_path / "nothing"))
    assert (nothing, "nothing_here" in told) == (1, True), told
    looks = (("jobs", "list"), ("log", "tail"), ("organizations", "list"))
    for nothing, told in await asyncio.gather(*(other.run(*words) for words in looks)):
        assert (nothing, "nothing_here" in told) == (1, True), told
    assert not other.home.exists(), "a mistyped name makes no second house"
    status, told = await other.run("db", "restore", str(file))
    assert status == 0, told
    # The keys at rest and the demo key are not in the database: they travel with the home.
    for name in ("master.keys", "demo.key"):
        (other.home / name).write_bytes((command.home / name).read_bytes())
        (other.home / name).chmod(0o600)
    async with other.up() as (_, said_again, house):
        assert said_again["Test"] == said["Test"]
        _, facts = await other.run("log", "tail", "--last", "1000", "--json")
        assert '"epoch":1' in facts
        await house.post("/v1/parties", {"kind": "person", "name": "E", "roles": ["payer"], "country": "DE"})
        async with asyncio.timeout(20):
            # The log went another way since the backup: whoever kept a place in it must be able to tell.
            while '"epoch":2' not in (await other.run("log", "tail", "--json", "--last", "1"))[1]:
                await asyncio.sleep(0.1)
        assert (await house.get("/v1/parties")).json["data"][-1]["name"] == "Garage Lumière SARL"


async def test_a_database_of_one_login_is_enough(command: Command, tmp_path: Path) -> None:
    """As some hosts give it: one login that owns its database and may create roles, and no superuser."""
    with postgres.Server.start(tmp_path / "pg", binaries=postgres.find(None), durable=False) as server:
        admin = await asyncpg.connect(server.admin_url)
        await admin.execute("CREATE ROLE shop LOGIN CREATEROLE")
        await admin.execute("CREATE DATABASE shop OWNER shop")
        await admin.close()
        command.environ["KONTORHAUS_DATABASE_URL"] = server.url_for("shop", login="shop")
        async with command.up() as (process, said, house):
            assert (await house.get(said["Customer"].removeprefix(house.address))).status == 200
            process.terminate()
            await process.communicate()
            assert process.returncode == 0
