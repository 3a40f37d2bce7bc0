"""The Stripe simulator as a process of its own, and the SDK over aiohttp to speak to it past the house."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import stripe
from msgspec import Struct
from stripe import StripeClient

ROOT = Path(__file__).parents[2]

SECRET = "whsec_test_of_the_sandbox"

KEY = "sk_test_kontorhaus"


class Sandbox(Struct):
    """A running simulator, and the session that all its clients share."""

    url: str
    session: aiohttp.ClientSession
    process: subprocess.Popen[bytes]
    key: str

    def client(self, key: str | None = None, *, retries: int = 0, **options: Any) -> StripeClient:
        """A client for the test's own account, unless another is named by its key."""
        return StripeClient(
            key or self.key,
            base_addresses={"api": self.url},
            http_client=stripe.AIOHTTPClient(session=self.session),
            max_network_retries=retries,
            **options,
        )

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """One request to the control interface, or to the API past the SDK."""
        sent = None if body is None else json.dumps(body).encode()
        async with self.session.request(method, self.url + path, data=sent, headers=headers) as reply:
            return reply.status, await reply.json(content_type=None)

    async def control(self, method: str, path: str, body: object = None) -> Any:
        status, answer = await self.ask(method, f"/sandbox/{path}", body)
        assert status < 300, answer
        return answer

    async def fault(self, kind: str, **more: object) -> None:
        await self.control("POST", "faults", {"kind": kind, **more})

    async def books(self) -> Any:
        """The books of the test's own account, which must be sound."""
        found = await self.control("GET", f"books?key={self.key}")
        assert found["sound"], found["sums"]
        return found


class Started(Struct):
    url: str
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def started(*arguments: str) -> Iterator[Started]:
    """The process itself; it is gone afterwards, or was killed before."""
    process = subprocess.Popen(
        [sys.executable, "-m", "kontorhaus.sandbox.stripe", "--with-parent", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SANDBOX_STRIPE_WEBHOOK_SECRET": SECRET},
    )
    assert process.stdout is not None
    try:
        yield Started(json.loads(process.stdout.readline())["api"], process)
    finally:
        process.terminate()
        process.communicate()


@contextlib.asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[Sandbox]:
    """A simulator of the test's own, whose faults and clock are nobody else's."""
    with started(*arguments) as found:
        async with aiohttp.ClientSession() as session:
            yield Sandbox(found.url, session, found.process, KEY)


def fresh_key() -> str:
    return f"sk_test_{secrets.token_hex(8)}"
