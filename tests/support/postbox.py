"""The mail simulator as a process of its own, and what a test asks it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from msgspec import Struct, json


class Postbox(Struct, frozen=True):
    """Where the simulator listens; a client of its HTTP side."""

    smtp: str
    page: str
    session: aiohttp.ClientSession
    process: asyncio.subprocess.Process

    async def messages(self, to: str | None = None) -> list[dict[str, Any]]:
        """What was kept, oldest first."""
        query = {} if to is None else {"to": to}
        async with self.session.get(f"{self.page}/messages", params=query) as response:
            return list(reversed((await response.json())["data"]))

    async def fault(self, **fields: object) -> None:
        async with self.session.post(f"{self.page}/faults", json=fields) as response:
            assert response.status == 201, await response.text()


@contextlib.asynccontextmanager
async def postbox(*arguments: str, environ: dict[str, str] | None = None) -> AsyncIterator[Postbox]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "kontorhaus.sandbox.mail", "--with-parent", *arguments),
        env={**os.environ, **(environ or {})},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        where = json.decode(await process.stdout.readline())
        async with aiohttp.ClientSession() as session:
            yield Postbox(smtp=where["smtp"], page=where["page"], session=session, process=process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
