"""The simulator as a process of its own, the SDK over aiohttp as the house uses it, and a receiver of webhooks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import stripe
from aiohttp import web
from msgspec import Struct, field
from stripe import StripeClient

ROOT = Path(__file__).parents[3]

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


class Receiver(Struct):
    """What came in, as the bytes and the header; `answer` decides the status of each by how many came before."""

    url: str
    got: list[tuple[bytes, str]] = field(default_factory=list)
    answer: Callable[[int], int] = lambda _: 200

    def events(self) -> list[stripe.Event]:
        """Those that the SDK finds rightly signed."""
        found = []
        for body, header in self.got:
            with contextlib.suppress(stripe.SignatureVerificationError):
                found.append(stripe.Webhook.construct_event(body, header, SECRET))
        return found

    def types(self) -> list[str]:
        return [event.type for event in self.events()]

    async def until(self, ready: Callable[[], bool], seconds: float = 10) -> None:
        async with asyncio.timeout(seconds):
            while not ready():
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver("")

    async def take(request: web.Request) -> web.Response:
        receiver.got.append((await request.read(), request.headers["stripe-signature"]))
        return web.Response(status=receiver.answer(len(receiver.got)))

    app = web.Application()
    app.add_routes([web.post("/hook", take)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()


async def seller(client: StripeClient, **more: Any) -> Any:
    """A connected account that may be paid."""
    params: Any = {
        "type": "custom",
        "country": "DE",
        "email": "seller@example.com",
        "business_type": "individual",
        "individual": {
            "first_name": "Erika",
            "last_name": "Mustermann",
            "dob": {"day": 1, "month": 2, "year": 1970},
            "address": {"line1": "Markt 1", "postal_code": "04109", "city": "Leipzig", "country": "DE"},
        },
        "capabilities": {"transfers": {"requested": True}},
        "external_account": {
            "object": "bank_account",
            "country": "DE",
            "currency": "eur",
            "account_number": "DE89370400440532013000",
        },
        "tos_acceptance": {"date": 1_700_000_000, "ip": "127.0.0.1"},
        **more,
    }
    return await client.v1.accounts.create_async(params)


async def pay(client: StripeClient, amount: int = 10_00, method: str = "pm_card_de", **more: Any) -> Any:
    """A confirmed PaymentIntent."""
    params: Any = {
        "amount": amount,
        "currency": "eur",
        "payment_method": method,
        "allowed_payment_method_types": ["card"],
        "confirm": True,
        **more,
    }
    return await client.v1.payment_intents.create_async(params)
