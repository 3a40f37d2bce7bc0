"""An operator asks whether the books are true, beside a running house, and what a superuser changed is found."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import asyncpg
import pytest

from kontorhaus.platform import postgres
from kontorhaus.roles.database import DATABASE
from tests.money.ledger.counter import Counter
from tests.stories.test_up import Command


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


async def test_what_a_superuser_changed_is_found(command: Command) -> None:
    async with command.up() as (_, _, house):
        counter = await Counter.opened(house)
        await counter.post("clearing:card", "deposit:anna", 100)
        organization = (await house.get("/v1/organization")).json["id"]
        status, told = await command.run("check", "--json")
        lines = [json.loads(line) for line in told.splitlines()]
        assert (status, [line["name"] for line in lines if not line["ok"]]) == (0, []), told
        rooms = {line["name"].partition(".")[0] for line in lines}
        assert (lines[0]["name"], rooms) == (
            "ledger.trial_balance",
            {"ledger", "payments", "payouts", "orders"},
        )
        signed = await seal(command, organization, counter.entity)
        assert json.loads(signed["signed"])["entity"] == counter.entity
        status, told = await command.run("ledger", "verify")
        assert (status, f"{organization} {counter.entity}  1 seals, 1 entries sealed" in told) == (0, True), (
            told
        )

        await tamper(command)

        status, told = await command.run("ledger", "verify")
        assert (status, "ledger_books_false" in told) == (1, True), told
        status, told = await command.run("check")
        false, *rows = told.splitlines()[2:]
        assert (status, false[:5], {row[:1] for row in rows}) == (1, "FALSE", {" "}), told
        status, told = await command.run("check", "ledger.trial_balance", "ledger.seals")
        assert (status, told.splitlines()[0][:5], "ledger_transfer" in told) == (1, "true ", True), told
        assert (await command.run("check", "nothing"))[0] == 2


async def seal(command: Command, organization: str, entity: str) -> dict[str, str]:
    """The worker makes one within seconds."""
    async with asyncio.timeout(40):
        while True:
            status, told = await command.run("ledger", "seal", organization, entity)
            if status == 0:
                found: dict[str, str] = json.loads(told.splitlines()[-1])
                return found
            assert "ledger_seal_not_found" in told
            await asyncio.sleep(0.5)


async def tamper(command: Command) -> None:
    admin = postgres.running_at(command.home / "postgres")
    assert admin is not None
    connection = await asyncpg.connect(postgres.another(admin, DATABASE))
    await connection.execute("UPDATE ledger_transfer SET amount = 101, base_amount = 101")
    await connection.close()
