"""`kontorhaus up` brings a mail simulator of its own, and takes it along when it goes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
from msgspec import json

from tests.stories.test_up import Command


async def messages(page: str) -> list[dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"{page}/messages") as response:
        found: list[dict[str, Any]] = (await response.json())["data"]
        return found


async def gone(page: str) -> bool:
    """Whether nobody listens there any more; waits a while for it."""
    port = int(page.rpartition(":")[2])
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                return True
            writer.close()
            await asyncio.sleep(0.05)


async def test_a_test_message_reaches_the_simulator_and_both_end_together(tmp_path: Path) -> None:
    command = Command(tmp_path / "home")
    async with command.up() as (process, said, house):
        made = await house.post("/v1/notices", {"to": "anna@example.com", "language": "de"})
        assert made.status == 201
        async with asyncio.timeout(20):
            while not await messages(said["Mail"]):
                await asyncio.sleep(0.05)
        (message,) = await messages(said["Mail"])
        assert message["message_id"] == f"<{made.json['id']}@kontorhaus.example>"
        process.send_signal(signal.SIGTERM)
        await process.communicate()
        assert process.returncode == 0
    assert await gone(said["Mail"])
    async with command.up() as (process, said, _):
        assert len(await messages(said["Mail"])) == 1, "its books are kept in the home"
        process.kill()
        await process.wait()
        assert await gone(said["Mail"]), "it does not outlive a house that was killed"


async def test_with_a_mail_server_of_its_own_there_is_no_simulator(tmp_path: Path) -> None:
    command = Command(tmp_path / "home")
    command.environ |= {
        "KONTORHAUS_SMTP_URL": "smtp://127.0.0.1:9",
        "KONTORHAUS_MAIL_FROM": "post@hanse.example",
    }
    async with command.up() as (process, said, _):
        assert "Mail" not in said
        process.terminate()
        await process.communicate()
    del command.environ["KONTORHAUS_MAIL_FROM"]
    status, told = await command.run("up")
    assert (status, "mail_setting_invalid" in told) == (1, True), told


async def test_the_simulator_as_a_command(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "kontorhaus", "sandbox", "mail", "--smtp-port", "0", "--http-port", "0"),
        *("--books", str(tmp_path / "mail.db")),
        env={**os.environ},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    where = json.decode(await process.stdout.readline())
    assert await messages(where["page"]) == []
    process.terminate()
    assert await process.wait() == 0
