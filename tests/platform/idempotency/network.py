"""A fake provider as a process of its own: it takes a charge once per idempotency key and keeps books that outlive
the house. Asked to, it kills the house after the effect and before the answer."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import Counter

from aiohttp import web


async def main() -> None:
    seen: Counter[str] = Counter()
    amounts: dict[str, int] = {}

    async def charge(request: web.Request) -> web.Response:
        key = request.headers["idempotency-key"]
        seen[key] += 1
        amounts.setdefault(key, json.loads(await request.read())["amount"])
        if victim := request.headers.get("x-kill-after-effect"):
            os.kill(int(victim), signal.SIGKILL)
        await asyncio.sleep(float(os.environ.get("NETWORK_SECONDS", "0")))
        return web.json_response({"charged": amounts[key]})

    async def books(request: web.Request) -> web.Response:
        return web.json_response({"charges": amounts, "calls": dict(seen)})

    application = web.Application()
    application.add_routes([web.post("/charges", charge), web.get("/books", books)])
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
