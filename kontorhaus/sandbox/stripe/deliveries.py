"""Events on their way to the endpoints: signed, tried again until taken, and disturbed when a fault asks for it.

Stripe promises neither that an event comes once nor in which order; what is waiting here survives a restart. Times are
the machine's, since signatures are checked against the receiver's own clock.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import Final

import aiohttp
import msgspec

from kontorhaus.sandbox.stripe import clock
from kontorhaus.sandbox.stripe.call import Books, Call
from kontorhaus.sandbox.stripe.errors import Object
from kontorhaus.sandbox.stripe.faults import Faults
from kontorhaus.sandbox.stripe.rendering import render
from kontorhaus.sandbox.stripe.resources import events
from kontorhaus.sandbox.stripe.store import Delivery
from kontorhaus.sandbox.stripe.tasks import platform_of

TIMEOUT_SECONDS: Final = 10
"""Stripe hangs up after about as long."""

PARALLEL_MAX: Final = 16
"""Sent at once: enough to arrive out of order, as from Stripe's many machines."""

REORDER_MS: Final = 300
"""How long a reordered event waits, so that those after it overtake it, unless its fault names a time."""


class Postman:
    """Puts each event on its way in the transaction that made it true, and carries what is due."""

    def __init__(self, books: Books, faults: Faults) -> None:
        self._books: Final = books
        self._faults: Final = faults
        self._wake: Final = asyncio.Event()
        self._busy: set[int] = set()
        books.told.append(self._address)

    def wake(self) -> None:
        self._wake.set()

    def _address(self, call: Call, event: Object) -> None:
        for endpoint in events.listeners(call, event):
            self._send(event, endpoint["id"])
        self._wake.set()

    def _send(self, event: Object, endpoint: str) -> None:
        fault = self._faults.for_webhook(event["type"])
        kind = "" if fault is None else fault.kind
        due, count, outcome = clock.machine_ms(), 1, "waiting"
        if fault is not None and kind in {"webhook_delayed", "webhook_reordered"}:
            due += fault.delay_ms or REORDER_MS
        elif fault is not None and kind == "webhook_doubled":
            count = fault.copies
        elif kind == "webhook_lost":
            outcome = "lost"
        for _ in range(count):
            self._books.store.send(
                event["id"], endpoint, due, outcome=outcome, broken=kind == "webhook_bad_signature"
            )

    def again(self, event: str) -> int:
        """Send an event once more to every endpoint that it went to; gives to how many."""
        endpoints = {delivery.endpoint for delivery in self._books.store.deliveries(event=event)}
        for endpoint in endpoints:
            self._books.store.send(event, endpoint, clock.machine_ms(), outcome="waiting", broken=False)
        self._wake.set()
        return len(endpoints)

    async def work(self) -> None:
        """Until cancelled."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                room = PARALLEL_MAX - len(self._busy)
                found = self._books.store.waiting(clock.machine_ms(), PARALLEL_MAX + len(self._busy))
                for delivery in [d for d in found if d.seq not in self._busy][:room]:
                    self._busy.add(delivery.seq)
                    group.create_task(self._carry(session, delivery))
                try:
                    # Those that wait for a later instant are looked for this often.
                    await asyncio.wait_for(self._wake.wait(), timeout=0.05)
                except TimeoutError:
                    continue

    async def _carry(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        taken, detail = False, ""
        try:
            taken, detail = await self._post(session, delivery)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            detail = type(error).__name__
        finally:
            self._note(delivery, detail, taken=taken)
            self._busy.discard(delivery.seq)
            self._wake.set()

    def _note(self, delivery: Delivery, detail: str, *, taken: bool) -> None:
        options = self._books.options
        outcome = "delivered" if taken else "failed" if delivery.tries >= options.retries else "waiting"
        due = clock.machine_ms() + options.retry_ms * 2**delivery.tries
        self._books.store.tried(delivery.seq, outcome, detail, due)

    async def _post(self, session: aiohttp.ClientSession, delivery: Delivery) -> tuple[bool, str]:
        event = self._books.store.find(delivery.event)
        endpoint = self._books.store.find(delivery.endpoint)
        if event is None or endpoint is None:
            return True, "the endpoint is gone"
        platform = platform_of(self._books, event[0])
        body = msgspec.json.encode(
            render(Call(self._books, platform=platform, account=event[0]), event[1], [])
        )
        secret = "whsec_of_somebody_else" if delivery.broken else endpoint[1]["_secret"]
        headers = {
            "content-type": "application/json; charset=utf-8",
            "stripe-signature": signature(body, secret, clock.machine_ms() // 1000),
            "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        url = endpoint[1]["url"]
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as reply:
            return 200 <= reply.status < 300, f"HTTP {reply.status}"


def signature(body: bytes, secret: str, at: int) -> str:
    """The `Stripe-Signature` header (https://docs.stripe.com/webhooks#verify-manually)."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"
