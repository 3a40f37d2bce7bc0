"""A paid order: placed, its payment begun, confirmed with a card at the simulated Stripe, captured and in the books.

The house runs as in earnest: API, worker and relay as processes on a durable PostgreSQL 18 (fsync on), Stripe beside
them. Where the system lets us, the API has one core to itself, and everything else the others. In one run:

    bare   read the body, one INSERT on its own, answer 201: what that core does at best (as in bench/edge)
    sale   three calls of the API, each with authentication, walls, an idempotent answer; in them a call of Stripe,
           operations, ledger, facts, jobs; beside them Stripe's webhooks, which come in through the same core

once with a Stripe that answers at once, and once with one that takes 50 ms a call, as the true one does at least.
BENCH_SALES says how many sales of each (300 by default). What the house holds in memory is looked at half way and at
the end: PostgreSQL's shared buffers, which are a setting, are left out.
"""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec
import uvicorn
from msgspec import Struct

from bench.database import Database, durable
from bench.edge import Unreset, bare
from bench.figures import Figure
from kontorhaus.kernel.time import monotonic
from kontorhaus.people import access
from kontorhaus.platform.db import Db
from kontorhaus.platform.outbound import Outbound
from kontorhaus.roles.demo.desk import SECRET_KEY, Desk, Provider
from kontorhaus.roles.demo.house import free_port
from kontorhaus.roles.demo.sales import BUYER, SELLER
from kontorhaus.roles.demo.stage import Stage
from kontorhaus.roles.demo.telling import Teller

SALES: Final = int(os.environ.get("BENCH_SALES", "300"))
"""How many of each kind; 10,000 shows whether memory stays flat."""

CALLERS: Final = 8
"""Buyers at the same time, each of whom waits for his answer."""

BARE_REQUESTS: Final = 3_000

SLOW_MS: Final = 50

HERE: Final = Path(__file__).parents[1]

SCHEMA: Final = """
    CREATE TABLE bench_bare (id uuid PRIMARY KEY, name text NOT NULL);
    GRANT INSERT ON bench_bare TO PUBLIC;
"""

Body = dict[str, Any]


class Wire:
    """One kept connection to one server, which is told what to send and says what came back."""

    def __init__(self, port: int, key: str | None) -> None:
        self._port = port
        self._key = key
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: object) -> tuple[int, Body]:
        return await self._exchange("POST", path, msgspec.json.encode(body))

    async def get(self, path: str) -> Body:
        return (await self._exchange("GET", path, b""))[1]

    async def _exchange(self, method: str, path: str, body: bytes) -> tuple[int, Body]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\n"
        if self._key is not None:
            head += f"Authorization: Bearer {self._key}\r\nIdempotency-Key: {uuid.uuid4()}\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        lines = answer.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        return int(answer[9:12]), msgspec.json.decode(await reader.readexactly(length))


class Shop(Struct, frozen=True):
    """A house that is open, with everything that a sale needs. `pids`: its processes, the API first."""

    port: int
    key: str
    entity: str
    buyer: str
    seller: str
    provider: Provider
    desk: Desk
    pids: Sequence[int]

    def order(self) -> Body:
        """A car and a fee."""
        tax = {"rate_ppm": 190_000, "category": "S", "country": "DE"}
        return {
            "entity": self.entity,
            "buyer": self.buyer,
            "lines": [
                {
                    "model": "agent",
                    "seller": self.seller,
                    "description": "A car",
                    "amount": {"amount": 1_890_000, "currency": "EUR"},
                },
                {
                    "model": "own",
                    "description": "A fee",
                    "amount": {"amount": 24_900, "currency": "EUR"},
                    "tax": tax,
                },
            ],
        }


class Burst(Struct, frozen=True):
    """Some sales, one after the other by each caller, with how long each took, and how long the server was at work."""

    seconds: float
    each: Sequence[float]
    busy: float

    @property
    def work(self) -> float:
        """What one cost the server's core, in milliseconds."""
        return self.busy * 1_000 / len(self.each)

    @property
    def rate(self) -> float:
        return len(self.each) / self.seconds

    def percentile(self, percent: int) -> float:
        """In milliseconds."""
        ranked = sorted(self.each)
        return ranked[min(len(ranked) - 1, len(ranked) * percent // 100)] * 1_000


async def run() -> list[Figure]:
    """Start everything, measure, and clear up."""
    async with durable(SCHEMA) as database, AsyncExitStack() as stack:
        shop = await stack.enter_async_context(_open(database))
        await _sales(shop, CALLERS * 2)  # whatever is done once: prepared statements, first pages
        limit = await _bare(database)
        began = _megabytes(shop.pids, database)
        quick = await _sales(shop, SALES)
        half = _megabytes(shop.pids, database)
        await shop.provider.fail(kind="slow", path="*", times=None, delay_ms=SLOW_MS)
        slow = await _sales(shop, SALES)
        ended = _megabytes(shop.pids, database)
        return _figures(database, limit, quick, slow, (began, half, ended))


def _figures(
    database: Database, limit: Burst, quick: Burst, slow: Burst, memory: tuple[float, float, float]
) -> list[Figure]:
    at: dict[str, str | int] = {
        **database.conditions,
        "callers": CALLERS,
        "sales": SALES,
        "api_cores": 1 if _pins() else os.cpu_count() or 0,
    }
    began, half, ended = memory
    found = []
    for name, burst in (("Stripe at once", quick), (f"Stripe in {SLOW_MS} ms", slow)):
        rate = burst.rate
        found += [
            Figure(f"paid orders, {name}", rate, "1/s", limit.rate, rate / limit.rate, None, at),
            Figure(f"API at work, {name}", burst.work, "ms", limit.work, burst.work / limit.work, None, at),
            Figure(f"paid orders, {name}, p50", burst.percentile(50), "ms", conditions=at),
            Figure(f"paid orders, {name}, p99", burst.percentile(99), "ms", conditions=at),
        ]
    return [
        *found,
        Figure("memory of the house, before", began, "MB", 500, began / 500, "< 500 MB", at),
        Figure(f"memory of the house, {SALES} sales later", half, "MB", 500, half / 500, "< 500 MB", at),
        Figure(
            f"memory of the house, {2 * SALES} sales later", ended, "MB", 500, ended / 500, "< 500 MB", at
        ),
    ]


async def _sales(shop: Shop, count: int) -> Burst:
    left = iter(range(count))
    each: list[float] = []

    async def caller() -> None:
        wire = Wire(shop.port, shop.key)
        for _ in left:
            began = monotonic()
            await _sale(wire, shop.order())
            each.append(monotonic() - began)

    began, before = monotonic(), _seconds_at_work(shop.pids[0])
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return Burst(monotonic() - began, each, _seconds_at_work(shop.pids[0]) - before)


async def _sale(wire: Wire, order: Body) -> None:
    status, placed = await wire.post("/v1/orders", order)
    assert status == 201, placed
    status, paying = await wire.post(f"/v1/orders/{placed['id']}/pay", {})
    assert status == 200, paying
    path = f"/v1/payments/{paying['payment']}"
    status, payment = await wire.post(f"{path}/confirm", {"method": "pm_card_de"})
    assert status in (200, 202), payment
    while payment["status"] == "processing":
        await asyncio.sleep(0.01)
        payment = await wire.get(path)
    assert payment["status"] == "captured", payment


async def _bare(database: Database) -> Burst:
    """The bare route, on the core that the API has otherwise."""
    async with _process("-m", "bench.sale", database.url, core=True) as (pid, said):
        left = iter(range(BARE_REQUESTS))
        each: list[float] = []

        async def caller() -> None:
            wire = Wire(int(said), None)
            for _ in left:
                began = monotonic()
                status, answer = await wire.post("/bare", {"name": "Autohaus Müller GmbH"})
                assert status == 201, answer
                each.append(monotonic() - began)

        began, before = monotonic(), _seconds_at_work(pid)
        await asyncio.gather(*(caller() for _ in range(CALLERS)))
        return Burst(monotonic() - began, each, _seconds_at_work(pid) - before)


@asynccontextmanager
async def _open(database: Database) -> AsyncIterator[Shop]:
    port = free_port()
    async with AsyncExitStack() as stack:
        _, said = await stack.enter_async_context(
            _process("-m", "kontorhaus.sandbox.stripe", "--with-parent")
        )
        stripe = msgspec.json.decode(said)["api"]
        environ = {
            "KONTORHAUS_HOME": str(database.folder / "home"),
            "KONTORHAUS_DATABASE_URL": database.url,
            "KONTORHAUS_PORT": str(port),
            "KONTORHAUS_WEBHOOK_URL": f"http://127.0.0.1:{port}",
            "KONTORHAUS_STRIPE_URL": stripe,
            "KONTORHAUS_WORKER_PORT": "0",
            "KONTORHAUS_RELAY_PORT": "0",
            "KONTORHAUS_LOG_LEVEL": "error",
        }
        pids = [
            (
                await stack.enter_async_context(
                    _process("-m", "kontorhaus", role, environ=environ, core=role == "api")
                )
            )[0]
            for role in ("api", "worker", "relay")
        ]
        db = await Db.connect(database.url, connections=1)
        key = (await access.found(db, "Bench"))[1].secret
        await db.close()
        outbound = await stack.enter_async_context(Outbound())
        desk = Desk(outbound, f"http://127.0.0.1:{port}", key, "bench")
        provider = Provider(outbound, stripe, SECRET_KEY)
        stage = Stage(desk, provider, Teller(lambda _: None, as_json=False))
        await stage.open()
        buyer, seller = await stage.buyer(BUYER), await stage.seller(SELLER)
        yield Shop(port, key, stage.entity, buyer, seller, provider, desk, pids)


@asynccontextmanager
async def _process(
    *words: str, environ: dict[str, str] | None = None, core: bool = False
) -> AsyncIterator[tuple[int, str]]:
    """A process of ours that says one line when it is ready. `core`: it gets the API's core to itself."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *words),
        env={**os.environ, **(environ or {})},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=HERE,
    )
    try:
        _pin(process.pid, alone=core)
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode().strip()
        assert line, f"{words} ended before it was ready"
        yield process.pid, line
    finally:
        process.kill()
        await process.wait()


def _seconds_at_work(pid: int) -> float:
    """What a process has had of its cores so far, as Linux counts it."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pins() -> bool:
    """Whether processes can be told which cores to run on, and there is more than one."""
    return hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1


def _pin(pid: int, *, alone: bool) -> None:
    if _pins():
        first, *rest = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(pid, {first} if alone else set(rest))


def _megabytes(pids: Sequence[int], database: Database) -> float:
    """What the house's processes and PostgreSQL hold, pages that they share counted once, without shared buffers."""
    pid_file = database.folder / "postgres" / "data" / "postmaster.pid"
    postmaster = int(pid_file.read_text(encoding="ascii").split()[0])
    return sum(_own_kilobytes(pid) for pid in [*pids, postmaster, *_children(postmaster)]) / 1_024


def _own_kilobytes(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0  # a helper of PostgreSQL's that had just ended
    found = {row[0].rstrip(":"): int(row[1]) for row in (line.split() for line in rollup.splitlines()[1:])}
    return found["Pss"] - found.get("Pss_Shmem", 0)


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (task / "children").read_text(encoding="ascii").split())


async def serve(url: str) -> None:
    """The bare route, alone in its process."""
    pool = await asyncpg.create_pool(url, min_size=CALLERS, max_size=CALLERS, connection_class=Unreset)
    server = uvicorn.Server(
        uvicorn.Config(bare(pool), port=0, log_level="error", access_log=False, http="httptools")
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    sys.stdout.write(f"{server.servers[0].sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await serving


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(sys.argv[1]))
