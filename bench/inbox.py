"""The inbox: what believing a webhook, keeping it for ever and enqueueing its job costs beside a bare INSERT.

Two routes in one server process, one client process, one durable PostgreSQL 18 (fsync on), measured in turn:

    bare   read the body, one INSERT of its bytes on its own, answer 200. Nothing verified, nothing known again, no job.
    inbox  limits, metrics, log line; connection, signature, event read, body sealed; then in one statement: connection
           still as it was, event new for ever, message, job.

The ratio is that of requests per second, medians over alternating rounds. Deliveries are new ones of 2 kB, each of its
own object. Then the same with nothing but doubles; then the worker carries out what has come in, a row each.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import random
import statistics
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec
import uvicorn
from litestar import Litestar, Request, Response, post
from msgspec import Struct

from bench.database import Database, durable
from bench.edge import Unreset
from bench.figures import Figure
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import monotonic, utc_now
from kontorhaus.platform import http, inbox
from kontorhaus.platform.db import Command, Db, Tx
from kontorhaus.platform.http import Drain
from kontorhaus.platform.inbox import ConnectionId, Effect, Inbox, Message, Source
from kontorhaus.platform.inbox import routes as inbox_routes
from kontorhaus.platform.jobs import Worker
from kontorhaus.platform.secrets import Keyring, LocalKeyFile
from kontorhaus.platform.settings import Settings

CONNECTIONS = 8
ROUNDS = 9
ROUND = timedelta(seconds=2)

SCHEMA = """
    CREATE TABLE bench_bare (id uuid PRIMARY KEY, body bytea NOT NULL);
    GRANT INSERT ON bench_bare TO PUBLIC;
    CREATE TABLE bench_effect (org_id uuid NOT NULL, event text NOT NULL);
    CALL wall('bench_effect', 'SELECT, INSERT', 'SELECT');
"""

INSERT = Command("INSERT INTO bench_effect (org_id, event) VALUES (current_org(), $1)")


async def write(tx: Tx, message: Message) -> None:
    await INSERT.run(tx, message.event_id)


SOURCE = Source(name="bench", verify=inbox.stripe(), action=Effect(write))
SECRET = b"whsec_of_the_benchmark_0123456"

WORDS = [uuid.uuid4().hex[: 3 + number % 9] for number in range(300)]
"""Of such a body PostgreSQL's compression leaves a half, as of a provider's JSON."""


class Means(Struct, frozen=True):
    db: Db
    keyring: Keyring
    inbox: Inbox


def bare(pool: asyncpg.Pool[asyncpg.Record]) -> Litestar:
    @post("/bare")
    async def insert(request: Request) -> Response:  # type: ignore[type-arg]
        body = await request.body()
        await pool.execute("INSERT INTO bench_bare (id, body) VALUES ($1, $2)", uuid.uuid4(), body)
        return Response(b'{"received":true}', status_code=200, media_type="application/json")

    return Litestar([insert])


async def serve(url: str, keys: str) -> None:
    """Serve both on ports of their own, in this one process, and say on which."""
    db = await Db.connect(url)
    pool = await asyncpg.create_pool(url, min_size=1, max_size=10, connection_class=Unreset)
    application = http.application(
        inbox_routes.ROUTES,
        resources=Means(db, Keyring(LocalKeyFile.opened(Path(keys))), Inbox((SOURCE,))),
        authenticate=_nobody,
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


async def _nobody(_: str) -> None:
    return None


async def run() -> list[Figure]:
    """Start everything, measure, and clear up."""
    async with durable(SCHEMA) as database:
        return await _measure(database)


async def _measure(database: Database) -> list[Figure]:
    keys = database.folder / "master.keys"
    keyring = Keyring(LocalKeyFile.opened(keys))
    db = await Db.connect(database.url)
    try:
        connection_id = await _connected(db, keyring)
        async with _serving(database.url, keys) as (bare_port, inbox_port):
            bares, fulls, doubles = [], [], []
            for _ in range(ROUNDS):
                bares.append(await _burst(bare_port, _requests("/bare"), CONNECTIONS))
                fulls.append(await _burst(inbox_port, _requests(_path(connection_id)), CONNECTIONS))
                doubles.append(
                    await _burst(inbox_port, _requests(_path(connection_id), "evt_1"), CONNECTIONS)
                )
            lone = [
                await _burst(port, _requests(path), 1)
                for port, path in ((bare_port, "/bare"), (inbox_port, _path(connection_id)))
            ]
        carried, seconds = await _carried(db, keyring)
    finally:
        await db.close()
    limit, full, double = (statistics.median(rates[1:]) for rates in (bares, fulls, doubles))
    at: dict[str, str | int] = {**database.conditions, "connections": CONNECTIONS}
    return [
        Figure("inbox new deliveries", full, "1/s", limit, full / limit, "ratio ≥ 0.5", at),
        Figure("inbox doubles", double, "1/s", limit, double / limit, None, at),
        Figure("inbox new deliveries, a lone sender", lone[1], "1/s", lone[0], lone[1] / lone[0], None, at),
        Figure("inbox messages carried out", carried / seconds, "1/s", None, None, None, at),
    ]


async def _connected(db: Db, keyring: Keyring) -> ConnectionId:
    org_id = OrgId(uuid.uuid4())
    await keyring.make_ready(org_id)
    async with db.org(org_id) as tx:
        return await inbox.connect(tx, keyring, SOURCE, org_id=org_id, secret=SECRET, now=utc_now())


async def _carried(db: Db, keyring: Keyring) -> tuple[int, float]:
    """How many messages one worker carries out, and in which time."""
    stop = asyncio.Event()
    working = asyncio.create_task(Worker(db, [inbox.INBOX], [inbox.Carrier((SOURCE,), keyring)]).run(stop))
    began, before = monotonic(), await _effects(db)
    await asyncio.sleep(10)
    carried, seconds = await _effects(db) - before, monotonic() - began
    stop.set()
    await working
    return carried, seconds


async def _effects(db: Db) -> int:
    async with db.system(read_only=True) as tx:
        count: int = await tx.connection.fetchval("SELECT count(*) FROM bench_effect")
    return count


@asynccontextmanager
async def _serving(url: str, keys: Path) -> AsyncIterator[tuple[int, int]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.inbox", url, str(keys)),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    try:
        assert process.stdout is not None
        first, second = map(int, (await process.stdout.readline()).split())
        yield first, second
    finally:
        process.kill()
        await process.wait()


def _path(connection_id: ConnectionId) -> str:
    return f"/v1/inbox/{inbox.CONNECTION.text(connection_id)}"


def _requests(path: str, event_id: str | None = None) -> Iterator[bytes]:
    while True:
        event = event_id or f"evt_{uuid.uuid4().hex}"
        body = msgspec.json.encode(
            {
                "id": event,
                "type": "payment_intent.succeeded",
                "created": int(utc_now().timestamp()),
                "data": {
                    "object": {"id": f"pi_{event}", "description": " ".join(random.choices(WORDS, k=240))}
                },
            }
        )
        sent = str(int(utc_now().timestamp()))
        signature = hmac.digest(SECRET, f"{sent}.".encode() + body, "sha256").hex()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"Stripe-Signature: t={sent},v1={signature}\r\n\r\n"
        )
        yield head.encode() + body


async def _burst(port: int, requests: Iterator[bytes], connections: int) -> float:
    """Requests per second, over some connections that each wait for their answer."""
    done = 0
    until = monotonic() + ROUND.total_seconds()

    async def caller() -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while monotonic() < until:
            writer.write(next(requests))
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert b" 200 " in head[:20], head
            length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
            done += 1
        writer.close()

    began = monotonic()
    await asyncio.gather(*(caller() for _ in range(connections)))
    return done / (monotonic() - began)


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(*sys.argv[1:3]))
