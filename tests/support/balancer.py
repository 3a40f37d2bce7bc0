"""A balancer as they come: it hands connections to whoever says that he is ready, and looks again each tenth of a
second."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

LOOK_SECONDS = 0.1


class Balancer:
    """Passes bytes both ways. Knows nothing of requests: whoever is behind it must close his connections himself."""

    def __init__(self) -> None:
        self.address = ""
        self._behind: dict[str, bool] = {}
        self._turn = itertools.count()

    def add(self, address: str) -> None:
        """Who is taken once he says that he is ready."""
        self._behind[address] = False

    def remove(self, address: str) -> None:
        self._behind.pop(address, None)

    async def ready(self, address: str) -> None:
        while not self._behind.get(address):  # what a balancer sees, it sees when it looks
            await asyncio.sleep(0.01)

    async def look(self) -> None:
        """For ever: ask each whether he is ready."""
        while True:
            for address in list(self._behind):
                is_ready = await _is_ready(address)
                if address in self._behind:
                    self._behind[address] = is_ready
            await asyncio.sleep(LOOK_SECONDS)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to the next in turn; one who refuses it has taken nothing, so the next is asked."""
        ready = [address for address, is_ready in self._behind.items() if is_ready]
        first = next(self._turn)
        for address in (ready[(first + step) % len(ready)] for step in range(len(ready))):
            try:
                there = await asyncio.open_connection(*_host_and_port(address))
            except OSError:
                continue
            await asyncio.gather(_pass(reader, there[1]), _pass(there[0], writer))
            return
        writer.close()


@contextlib.asynccontextmanager
async def balancing() -> AsyncIterator[Balancer]:
    balancer = Balancer()
    server = await asyncio.start_server(balancer.take, "127.0.0.1", 0)
    balancer.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    looking = asyncio.create_task(balancer.look())
    try:
        yield balancer
    finally:
        looking.cancel()
        server.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one side has closed; then the other is closed."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


async def _is_ready(address: str) -> bool:
    try:
        async with asyncio.timeout(1):
            reader, writer = await asyncio.open_connection(*_host_and_port(address))
            writer.write(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            head = await reader.readline()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return b" 200 " in head


def _host_and_port(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port
