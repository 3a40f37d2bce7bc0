"""The edge: what authentication, a wall, idempotency and an audit-free INSERT cost beside a bare INSERT.

Two routes in one server process, one client process, one durable PostgreSQL 18 (fsync on), measured in turn:

    bare   read the body, decode it with msgspec, one INSERT on its own, answer 201. No key, no organization, no checks.
    full   request id, metrics, limits, API key (one round trip), strict decode, BEGIN with role and organization (one
           message), idempotency key, the same INSERT, the stored answer, COMMIT, ETag and headers.

The ratio is that of the two medians over alternating rounds. What was learnt:
- Five round trips against one are most of the difference: key, BEGIN, INSERT, answer, COMMIT. Each costs the server
  process about 45 µs. Looking the idempotency key up first was a sixth; first calls are many and repeated ones few,
  so a repeated one finds out at the end, and is rolled back.
- asyncpg's reset query on release was a round trip of its own; nothing outlives our transactions, so it is off.
- Handing a connection back to asyncpg's pool takes a task and a turn of the loop; the house keeps clean ones at hand.
- The log line was 45 µs in the server, most of it searching its facts for what must not be shown; the line of a
  request has none that need it, and is 5. The strict decoding is 10, finding the route 12.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import asyncpg
import msgspec
import uvicorn
from litestar import Litestar, Request, Response, post
from msgspec import Meta, Struct

from bench.database import Database, durable
from bench.figures import Figure, resident_megabytes
from kontorhaus.kernel.time import monotonic
from kontorhaus.people import access
from kontorhaus.platform import http
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.db import Command, Db, Tx
from kontorhaus.platform.http import Call, Drain, route
from kontorhaus.platform.idempotency import one_phase
from kontorhaus.platform.secrets import Keyring, LocalKeyFile
from kontorhaus.platform.settings import Settings

CONNECTIONS = 8
ROUNDS = 9
ROUND = timedelta(seconds=2)

SCHEMA = """
    CREATE TABLE bench_item (org_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, PRIMARY KEY (org_id, id));
    CALL wall('bench_item', 'SELECT, INSERT', 'SELECT');
    CREATE TABLE bench_bare (id uuid PRIMARY KEY, name text NOT NULL);
    GRANT INSERT ON bench_bare TO PUBLIC;
"""

INSERT = Command("INSERT INTO bench_item (org_id, id, name) VALUES ($1, $2, $3)")


class Item(Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)]


class ItemView(Struct, frozen=True):
    id: str
    name: str


class Means(Struct, frozen=True):
    db: Db
    keyring: Keyring


@route("POST", "/v1/items", scope="items:write", body=Item, answer=ItemView, status=201, idempotent=True)
async def create_item(call: Call[Item, None]) -> Answer:
    """Insert one row."""
    item_id = uuid.uuid4()

    async def effect(tx: Tx) -> Answer:
        await INSERT.run(tx, call.actor.org_id, item_id, call.body.name)
        return answer(ItemView(str(item_id), call.body.name), status=201, version=1)

    return await one_phase(call.db.org(call.actor.org_id), call.resources.keyring, call.once, effect)


@route("GET", "/v1/items/fixed", scope="items:read", answer=ItemView)
async def get_item(call: Call[None, None]) -> Answer:
    """Read one object of a constant content, to weigh a 304."""
    return answer(ItemView(str(call.actor.org_id), "fixed"), version=1)


class Unreset(asyncpg.Connection):
    """A connection that is handed back as it is."""

    def get_reset_query(self) -> str:
        return ""


def bare(pool: asyncpg.Pool[asyncpg.Record]) -> Litestar:
    @post("/bare")
    async def insert(request: Request) -> Response:  # type: ignore[type-arg]
        item = msgspec.json.decode(await request.body(), type=Item)
        item_id = uuid.uuid4()
        await pool.execute("INSERT INTO bench_bare (id, name) VALUES ($1, $2)", item_id, item.name)
        body = msgspec.json.encode(ItemView(str(item_id), item.name))
        return Response(body, status_code=201, media_type="application/json")

    return Litestar([insert], openapi_config=None)


async def serve(url: str, keys: str) -> None:
    """The server process: both routes, on two ports of one loop."""
    db = await Db.connect(url, connections=CONNECTIONS)
    # On like terms: the house's connections go back to their pool without a reset query, and so do these.
    pool = await asyncpg.create_pool(
        url, min_size=CONNECTIONS, max_size=CONNECTIONS, connection_class=Unreset
    )
    application = http.application(
        (create_item, get_item),
        resources=Means(db, Keyring(LocalKeyFile.opened(Path(keys)))),
        authenticate=lambda credential: access.authenticate(db, credential),
        settings=Settings(),
        drain=Drain(),
    )
    servers = [
        uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False, http="httptools"))
        for app in (bare(pool), application)
    ]
    tasks = [asyncio.create_task(server.serve()) for server in servers]
    while not all(server.started for server in servers):  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    ports = [server.servers[0].sockets[0].getsockname()[1] for server in servers]
    sys.stdout.write(" ".join(map(str, ports)) + "\n")
    sys.stdout.flush()
    # The log is written, as in earnest, but to nobody: a pipe that is not read would stop the server.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    await asyncio.gather(*tasks)


async def run() -> list[Figure]:
    """Start everything, measure, and clear up."""
    async with durable(SCHEMA) as database:
        return await _measure(database)


async def _measure(database: Database) -> list[Figure]:
    url, folder = database.url, database.folder
    db = await Db.connect(url)
    key = (await access.found(db, "Bench"))[1].secret
    await db.close()
    async with serving(url, folder / "master.keys") as (process, bare_port, full_port):
        bare_us, full_us = await _rounds(bare_port, full_port, key)
        lone_bare = await burst(bare_port, bare_request(), 1, ROUND)
        lone_full = await burst(full_port, _full_requests(key), 1, ROUND)
        bytes_304 = await _bytes_of_304(full_port, key)
        memory = resident_megabytes(process.pid)
    conditions: dict[str, str | int] = {**database.conditions, "connections": CONNECTIONS}
    return [
        Figure(
            "edge full route, 8 connections",
            full_us,
            "µs",
            bare_us,
            full_us / bare_us,
            "ratio ≤ 2.5",
            conditions,
        ),
        Figure(
            "edge full route, a lone caller",
            lone_full,
            "µs",
            lone_bare,
            lone_full / lone_bare,
            None,
            conditions,
        ),
        Figure(
            "edge a 304, all bytes on the wire",
            bytes_304,
            "bytes",
            250,
            bytes_304 / 250,
            "ratio ≤ 1",
            conditions,
        ),
        Figure("edge server process after the run", memory, "MB", None, None, "≤ 110 idle", conditions),
    ]


@asynccontextmanager
async def serving(url: str, keys: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, int, int]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.edge",
        url,
        str(keys),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    try:
        assert process.stdout is not None
        first, second = map(int, (await process.stdout.readline()).split())
        yield process, first, second
    finally:
        process.kill()
        await process.wait()


async def _rounds(bare_port: int, full_port: int, key: str) -> tuple[float, float]:
    bares, fulls = [], []
    for _ in range(ROUNDS):
        bares.append(await burst(bare_port, bare_request(), CONNECTIONS, ROUND))
        fulls.append(await burst(full_port, _full_requests(key), CONNECTIONS, ROUND))
    return statistics.median(bares[1:]), statistics.median(fulls[1:])


def bare_request() -> Iterator[bytes]:
    body = b'{"name": "Autohaus M\xc3\xbcller GmbH"}'
    head = f"POST /bare HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    while True:
        yield head.encode() + body


def _full_requests(key: str) -> Iterator[bytes]:
    body = b'{"name": "Autohaus M\xc3\xbcller GmbH"}'
    while True:
        head = (
            f"POST /v1/items HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"Authorization: Bearer {key}\r\nIdempotency-Key: {uuid.uuid4()}\r\n\r\n"
        )
        yield head.encode() + body


async def burst(port: int, requests: Iterator[bytes], connections: int, length: timedelta) -> float:
    """Microseconds of wall time per request, over some connections that each wait for their answer."""
    done = 0
    until = monotonic() + length.total_seconds()

    async def caller() -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while monotonic() < until:
            writer.write(next(requests))
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 201 " in head[:20], head
            await reader.readexactly(_length(head))
            done += 1
        writer.close()

    began = monotonic()
    await asyncio.gather(*(caller() for _ in range(connections)))
    return (monotonic() - began) * 1_000_000 / done


async def _bytes_of_304(port: int, key: str) -> int:
    """Head and body of an unchanged object, as they travel."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    ask = f"GET /v1/items/fixed HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
    writer.write(f"{ask}\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(_length(head))
    etag = next(line for line in head.decode().split("\r\n") if line.lower().startswith("etag:")).partition(
        ": "
    )[2]
    writer.write(f"{ask}If-None-Match: {etag}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 304 " in head[:20], head
    writer.close()
    return len(head)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(*sys.argv[1:3]))
