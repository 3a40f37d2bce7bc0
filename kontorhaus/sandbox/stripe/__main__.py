"""`python -m kontorhaus.sandbox.stripe`: the Stripe simulator as a process of its own.

The first line on its standard output says where it listens, as JSON: `{"api": "http://127.0.0.1:12111", "page":
"http://127.0.0.1:12111/"}`. It ends on SIGTERM and SIGINT, and with `--with-parent` when its standard input is closed,
which the kernel does however the parent dies.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

import msgspec
from aiohttp import web

from kontorhaus.sandbox.stripe import identifiers, keys
from kontorhaus.sandbox.stripe.call import Books, Call, Options
from kontorhaus.sandbox.stripe.resources import events
from kontorhaus.sandbox.stripe.server import application
from kontorhaus.sandbox.stripe.store import Store

HOST = "127.0.0.1"
"""It believes every key of the right form: nobody but this machine may ask."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kontorhaus sandbox stripe", description=__doc__)
    parser.add_argument("--books", type=Path, help="SQLite file for the books; memory if not given.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one.")
    parser.add_argument("--webhook-url", help="Gets every event of the account of --webhook-key.")
    parser.add_argument("--webhook-key", default="sk_test_kontorhaus", help="Whose events they are.")
    parser.add_argument("--latency-ms", type=int, default=0, help="Waited before each call is executed.")
    parser.add_argument("--rate-limit", type=int, default=0, help="Calls per second and key; 0 is no limit.")
    parser.add_argument("--settle-days", type=int, default=2, help="Business days until money is available.")
    parser.add_argument("--verify-seconds", type=int, default=0, help="How long identities are looked at.")
    parser.add_argument("--refund-seconds", type=int, default=0, help="How long a pending refund stays so.")
    parser.add_argument("--payout-seconds", type=int, default=86_400, help="Until a payout is in transit.")
    parser.add_argument("--retry-ms", type=int, default=1_000, help="First pause before a webhook's retry.")
    parser.add_argument("--retries", type=int, default=10, help="How often a webhook is tried again.")
    parser.add_argument("--seed", type=int, help="Repeats the choices of faults by percentage.")
    parser.add_argument("--with-parent", action="store_true", help="End when standard input is closed.")
    return parser.parse_args()


def options(given: argparse.Namespace) -> Options:
    names = Options.__struct_fields__
    return Options(**{name: value for name, value in vars(given).items() if name in names})


async def serve(given: argparse.Namespace) -> None:
    """Serve until told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if given.with_parent:
        await _watch_parent(stop)
    books = Books(Store(given.books), options(given))
    runner = web.AppRunner(application(books), access_log=None, shutdown_timeout=2)
    await runner.setup()
    await web.TCPSite(runner, HOST, given.port).start()
    books.origin = f"http://{HOST}:{runner.addresses[0][1]}"
    if given.webhook_url:
        _listen(books, given.webhook_url, given.webhook_key)
    where = {"api": books.origin, "page": f"{books.origin}/"}
    sys.stdout.write(msgspec.json.encode(where).decode() + "\n")
    sys.stdout.flush()
    await stop.wait()
    await runner.cleanup()
    books.store.close()


def _listen(books: Books, url: str, key: str) -> None:
    """Send the events to a URL. Its secret comes from SANDBOX_STRIPE_WEBHOOK_SECRET, since command lines are public."""
    platform = keys.caller(books.store, f"Bearer {key}", None).platform
    call = Call(books, platform=platform, account=platform)
    secret = os.environ.get("SANDBOX_STRIPE_WEBHOOK_SECRET") or f"whsec_{identifiers.letters(32)}"
    with books.store.transaction():
        for endpoint in call.linked("webhook_endpoint"):
            if endpoint["url"] == url:
                call.save({**endpoint, "_secret": secret})
                return
        events.add_endpoint(call, url=url, kinds=["*"], secret=secret, connect=None)


async def _watch_parent(stop: asyncio.Event) -> None:
    """Nothing is ever written to our standard input: its end is the parent's end."""

    class Lifeline(asyncio.Protocol):
        def eof_received(self) -> bool:
            stop.set()
            return False

        def connection_lost(self, error: Exception | None) -> None:
            del error
            stop.set()

    await asyncio.get_running_loop().connect_read_pipe(Lifeline, sys.stdin)


if __name__ == "__main__":
    asyncio.run(serve(arguments()))
