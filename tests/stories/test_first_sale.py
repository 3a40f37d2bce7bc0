"""The first sale of `kontorhaus up`: there to be looked at, played once, and brought to its end by the next start."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.stories.test_up import Command, said_by
from tests.support.house import House


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """On a port that stays: Stripe's webhooks are to find the house again after a restart."""
    made = Command(tmp_path / "home")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        made.environ["KONTORHAUS_PORT"] = str(one.getsockname()[1])
    return made


async def the_sale(process: asyncio.subprocess.Process, house: House) -> dict[str, Any]:
    """The order, once the house has said where it is."""
    async with asyncio.timeout(120):
        told = await said_by(process, "  Order      ")
    order = await house.get(told.split()[0].removeprefix(house.address))
    assert order.status == 200, order.body
    return dict(order.json)


async def stopped(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGTERM)
    await process.communicate()
    assert process.returncode == 0


async def test_the_first_sale_is_played_once_and_can_be_looked_at(command: Command) -> None:
    async with command.up() as (process, said, house):
        order = await the_sale(process, house)
        assert (order["status"], order["amount"]["amount"]) == ("completed", 1_983_900)
        path = f"/v1/orders/{order['id']}"
        told = [entry["kind"] for entry in (await house.get(f"{path}/timeline")).json["entries"]]
        assert told.index("payment.captured") < told.index("order.released") < told.index("payout.paid")
        reasons = {one["reason"] for one in (await house.get(f"{path}/books")).json["movements"]}
        assert {"captured", "held", "released", "paid_out", "prepaid", "tax"} <= reasons
        drawing = await house.get(f"{path}/books/drawing")
        assert (drawing.status, b"<svg" in drawing.body) == (200, True)
        assert (await house.get("/v1/test_clock")).status == 404, "time runs by itself again"
        await stopped(process)
    status, checked = await command.run("check")
    assert (status, "FALSE" in checked) == (0, False), checked
    async with command.up() as (process, said_again, house):
        assert said_again["Test"] == said["Test"]
        assert await the_sale(process, house) == order
        assert len((await house.get("/v1/orders")).json["data"]) == 1
        await stopped(process)


@pytest.mark.parametrize("reached", ["an order", "a captured payment"])
async def test_a_first_sale_that_was_killed_goes_on_at_the_next_start(command: Command, reached: str) -> None:
    async with command.up() as (process, _, house):
        async with asyncio.timeout(120):
            while not await _reached(house, reached):
                await asyncio.sleep(0.01)
        process.kill()
        await process.wait()
    async with command.up() as (process, said, house):
        order = await the_sale(process, house)
        assert order["status"] == "completed"
        assert len((await house.get("/v1/orders")).json["data"]) == 1
        assert (await house.get("/v1/test_clock")).status == 404
        async with house.session.get(f"{said['Stripe'].rstrip('/')}/sandbox/books") as books:
            payments = json.loads(await books.read())["payments"].values()
        assert [(one["charges"], one["taken"]) for one in payments] == [(1, 1_983_900)]
        await stopped(process)


async def _reached(house: House, what: str) -> bool:
    if what == "an order":
        return bool((await house.get("/v1/orders")).json["data"])
    payments = (await house.get("/v1/payments")).json["data"]
    return any(one["status"] == "captured" for one in payments)
