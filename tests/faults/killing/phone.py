"""A client on a bad network: it repeats what it asked under the same key until it knows the end."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp

from tests.support.house import House, Reply

CUT_PERCENT: Final = 8
"""How many of its requests lose their connection before the answer is there."""

ASK_SECONDS_MAX: Final = 10
"""Then the phone gives up waiting and asks anew."""

PAUSES_SECONDS: Final = (0.05, 0.1, 0.2, 0.4, 0.8)

RETRIED_CODES: Final = frozenset({"idempotency_key_in_flight", "payment_operation_open"})
"""Conflicts with what is going on right now: they pass."""


class Phone:
    """One of many; all share `told`, which counts what was answered."""

    def __init__(self, house: House, told: Counter[str]) -> None:
        self._house = house
        self._told = told

    async def ask(self, method: str, path: str, body: object = None, *, key: str = "") -> Any:
        """The final answer's content, whatever stood in the way. AssertionError for a refusal that is final."""
        headers = {"idempotency-key": key} if key else {}
        for turn in range(10_000):
            reply = await self._once(method, path, body, headers)
            if reply is not None and _is_final(reply):
                assert reply.status < 300, f"{method} {path}: {reply.status} {reply.body!r}"
                return reply.json
            pause = PAUSES_SECONDS[min(turn, len(PAUSES_SECONDS) - 1)]
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
        raise AssertionError(f"{method} {path} never came to its end")

    async def _once(self, method: str, path: str, body: object, headers: dict[str, str]) -> Reply | None:
        """One try; None when no whole answer came."""
        cut = random.random() * 100 < CUT_PERCENT
        seconds = random.uniform(0, 0.2) if cut else ASK_SECONDS_MAX
        try:
            async with asyncio.timeout(seconds):
                reply = await self._house.call(method, path, body, headers=headers)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._told["cut" if cut else type(error).__name__] += 1
            return None
        code = reply.json.get("code", "") if reply.status >= 400 else ""
        self._told[f"{reply.status} {code}".strip()] += 1
        return reply


def _is_final(reply: Reply) -> bool:
    if reply.status == 202 or reply.status in (408, 429, 502, 503, 504):
        return False
    if reply.status == 409:
        return reply.json.get("code") not in RETRIED_CODES
    assert reply.status != 500, f"a mistake of ours: {reply.body!r}"
    return True


@asynccontextmanager
async def phone(address: str, key: str, told: Counter[str]) -> AsyncIterator[Phone]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=4)) as session:
        yield Phone(House(address, session, key), told)
