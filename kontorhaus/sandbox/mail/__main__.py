"""`python -m kontorhaus.sandbox.mail`: the mail simulator as a process of its own.

The first line on its standard output says where it listens, as JSON:
`{"smtp": "smtp://127.0.0.1:2525", "page": "http://127.0.0.1:8025"}`. It ends on SIGTERM and SIGINT, and with
`--with-parent` when its standard input is closed, which the kernel does however the parent dies.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import ssl
import sys
from pathlib import Path

import msgspec
from aiohttp import web

from kontorhaus.sandbox.mail.books import Books
from kontorhaus.sandbox.mail.smtp import Security, listen
from kontorhaus.sandbox.mail.store import Store
from kontorhaus.sandbox.mail.web import application

HOST = "127.0.0.1"
"""What it holds is nobody else's business, and it asks nobody who he is."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kontorhaus sandbox mail", description=__doc__)
    parser.add_argument("--books", type=Path, help="SQLite file for what arrives; memory if not given.")
    parser.add_argument("--smtp-port", type=int, default=0, help="0 takes a free one.")
    parser.add_argument("--http-port", type=int, default=0, help="0 takes a free one.")
    parser.add_argument(
        "--certificate", type=Path, help="PEM file with certificate and key: demands STARTTLS."
    )
    parser.add_argument("--user", help="Demands this user; the password comes from SANDBOX_MAIL_PASSWORD.")
    parser.add_argument("--with-parent", action="store_true", help="End when standard input is closed.")
    return parser.parse_args()


async def serve(given: argparse.Namespace) -> None:
    """Serve until told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if given.with_parent:
        await _watch_parent(stop)
    books = Books(Store(given.books))
    smtp = await listen(books, _security(given), HOST, given.smtp_port)
    runner = web.AppRunner(application(books), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, HOST, given.http_port)
    await site.start()
    smtp_port, http_port = smtp.sockets[0].getsockname()[1], runner.addresses[0][1]
    where = {"smtp": f"smtp://{HOST}:{smtp_port}", "page": f"http://{HOST}:{http_port}"}
    sys.stdout.write(msgspec.json.encode(where).decode() + "\n")
    sys.stdout.flush()
    await stop.wait()
    smtp.close()
    await runner.cleanup()
    books.store.close()


def _security(given: argparse.Namespace) -> Security:
    certificate = None
    if given.certificate is not None:
        certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.load_cert_chain(given.certificate)
    return Security(
        certificate=certificate, user=given.user, password=os.environ.get("SANDBOX_MAIL_PASSWORD", "")
    )


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
