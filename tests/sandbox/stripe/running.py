"""The simulator as a process of its own, the SDK over aiohttp as the house uses it, and a receiver of webhooks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import stripe
from aiohttp import web
from msgspec import Struct, field
from stripe import StripeClient

from tests.support.stripe import SECRET


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
