"""The provider: a process of its own that nobody kills. What it did is what was done."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from msgspec import Struct

from tests.support.processes import ROOT

KEY = "sk_test_kontorhaus_faults"

OPTIONS = ("--with-parent", "--retry-ms", "200", "--retries", "40", "--latency-ms", "5")
"""News comes again soon, so that a run's end is not waited for; a call takes as long as one over a fast line."""


class Provider(Struct, frozen=True):
    url: str
    session: aiohttp.ClientSession

    async def books(self) -> Any:
        async with self.session.get(f"{self.url}/sandbox/books?key={KEY}") as reply:
            return await reply.json()

    async def press(self, url: str, form: bytes = b"") -> str | None:
        """Send a page's form as a browser does; where the browser is sent next."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        async with self.session.post(url, data=form, headers=headers, allow_redirects=False) as reply:
            return reply.headers.get("location")

    async def fault(self, kind: str, **more: object) -> None:
        body = msgspec.json.encode({"kind": kind, "times": None, **more})
        async with self.session.post(f"{self.url}/sandbox/faults", data=body) as reply:
            assert reply.status == 201, await reply.text()


@contextlib.asynccontextmanager
async def provider(folder: Path) -> AsyncIterator[Provider]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "kontorhaus.sandbox.stripe", "--books", str(folder / "stripe.db"), *OPTIONS),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        where = msgspec.json.decode(await process.stdout.readline())
        async with aiohttp.ClientSession() as session:
            yield Provider(where["api"], session)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
