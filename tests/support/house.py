"""A running API behind a real socket, and a client that speaks to it as callers do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
from msgspec import Struct, structs

from kontorhaus.roles import api
from kontorhaus.roles.resources import Resources


class Reply(Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class House(Struct, frozen=True):
    address: str
    session: aiohttp.ClientSession
    key: str | None = None

    def holding(self, key: str | None) -> House:
        """The same house, called with another API key, or with none."""
        return structs.replace(self, key=key)

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request. Unsafe ones get a fresh idempotency key unless `headers` has one."""
        sent = {"authorization": f"Bearer {self.key}"} if self.key else {}
        if raw is None and body is not None:
            raw = json.dumps(body).encode()
        if raw is not None:
            sent["content-type"] = "application/json"
        if method not in ("GET", "HEAD", "OPTIONS"):
            sent["idempotency-key"] = uuid.uuid4().hex
        sent.update(headers or {})
        async with self.session.request(
            method,
            self.address + path,
            data=raw,
            headers={k: v for k, v in sent.items() if v},
            allow_redirects=False,
        ) as response:
            return Reply(response.status, response.headers.copy(), await response.read())

    async def get(self, path: str, **headers: str) -> Reply:
        return await self.call("GET", path, headers=headers)

    async def post(self, path: str, body: object = None, **headers: str) -> Reply:
        return await self.call("POST", path, body, headers=headers)

    async def patch(self, path: str, body: object = None, **headers: str) -> Reply:
        return await self.call("PATCH", path, body, headers=headers)


@contextlib.asynccontextmanager
async def running_house(resources: Resources) -> AsyncIterator[House]:
    stop = asyncio.Event()
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(api.serve(resources, stop, listening=listening.set_result))
    # A server that fails to start ends first, and its failure is the better message.
    server.add_done_callback(lambda done: listening.cancel() if not listening.done() else None)
    try:
        address = await listening
    except asyncio.CancelledError:
        server.result()
        raise
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield House(address=address, session=session)
    stop.set()
    await server
