"""The ledger over HTTP: single transfers and bulks to a served API process, beside the same in process.

    single    1, 8 and 64 connections that each wait for their answer; beside GroupCommit of as many callers
    bulk      1,000 transfers a request, 1 connection; beside `post_each` of as many

The caller's process, the API's and PostgreSQL's share the cores, all is durable, and every request is authenticated,
decoded strictly and answered with the transfer. Figures are medians of rounds that take turns.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable

from bench import ledger as within
from bench.database import Database, durable
from bench.figures import Figure
from bench.start import started, stopped
from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import ledger
from kontorhaus.money.ledger import TRANSFER, EntrySet, GroupCommit, TransferId
from kontorhaus.people import access
from kontorhaus.people.parties import PARTY, PartyId
from kontorhaus.platform import eventlog
from kontorhaus.platform.db import Db

CALLERS = (1, 8, 64)
BULK = 1_000
ENTITY = PartyId(uuid7())


async def run() -> list[Figure]:
    """Start everything, measure, and clear up."""
    async with durable("SELECT") as database:
        db = await Db.connect(database.url)
        try:
            await eventlog.ensure_partitions(db, now=utc_now())
            founded = (await access.found(db, "Bench"))[1]
            await _open(db, founded.org_id)
            environ = {
                "KONTORHAUS_HOME": str(database.folder / "home"),
                "KONTORHAUS_DATABASE_URL": database.url,
            }
            process, said = await started("api", environ, until="API at")
            # Its log is read, as in earnest, and dropped: a pipe that is full would stop it.
            assert process.stdout is not None
            reading = asyncio.create_task(_drain(process.stdout))
            try:
                port = int(said.rstrip().rsplit(":", 1)[1].rstrip("/"))
                return await _measure(db, database, founded.org_id, founded.secret, port)
            finally:
                reading.cancel()
                await stopped(process)
        finally:
            await db.close()


async def _open(db: Db, org_id: OrgId) -> None:
    names = [f"{kind}:{n}" for kind in ("clearing", "deposit") for n in range(within.ACCOUNTS)]
    async with db.org(org_id) as tx:
        await ledger.open_books(tx, org_id, ENTITY, base_currency="EUR", now=utc_now())
        accounts = [ledger.NewAccount(currency="EUR", name=name) for name in names]
        await ledger.open_accounts(tx, org_id, ENTITY, accounts)


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.read(1 << 16):
        pass


async def _measure(db: Db, database: Database, org_id: OrgId, key: str, port: int) -> list[Figure]:
    group = GroupCommit(db)
    idle: list[_Line] = []

    async def over_http(path: str, body: Callable[[], object], status: int) -> None:
        line = idle.pop() if idle else await _Line.opened(port, key)
        await line.post(path, body(), status)
        idle.append(line)

    async def in_bulk() -> None:
        sets = [_drawn() for _ in range(BULK)]
        async with db.org(org_id) as tx:
            await ledger.post_each(tx, org_id, sets)

    ways: dict[str, tuple[Callable[[], Awaitable[object]], int, int]] = {}
    for callers in CALLERS:
        ways[f"http {callers}"] = (lambda: over_http("transfers", _single, 201)), callers, 1
        ways[f"group {callers}"] = (lambda: group.post(org_id, _drawn())), callers, 1
    ways["http bulk"] = (lambda: over_http("transfers/bulk", _bulk, 200)), 1, BULK
    ways["bulk"] = in_bulk, 1, BULK
    found = await within.rounds(ways)
    await group.close()
    pairs = [(f"http {n}", f"group {n}", f"ledger over HTTP, {n} callers") for n in CALLERS]
    pairs.append(("http bulk", "bulk", f"ledger over HTTP, bulk of {BULK}"))
    return [
        within.figure(f"{name}, beside in process", found, of, beside, "", database)
        for of, beside, name in pairs
    ]


def _drawn() -> EntrySet:
    number = random.randrange(within.ACCOUNTS)
    return EntrySet(ENTITY, (within.transfer(f"clearing:{number}", f"deposit:{number}"),))


def _transfer() -> dict[str, object]:
    number = random.randrange(within.ACCOUNTS)
    return {
        "id": TRANSFER.text(TransferId(uuid7())),
        "debit": f"clearing:{number}",
        "credit": f"deposit:{number}",
        "amount": {"amount": 5, "currency": "EUR"},
    }


def _single() -> object:
    return {"entity": PARTY.text(ENTITY), **_transfer()}


def _bulk() -> object:
    return {"entity": PARTY.text(ENTITY), "transfers": [_transfer() for _ in range(BULK)]}


class _Line:
    """One connection, kept alive; it costs the caller's process as little as may be."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str) -> None:
        self._reader = reader
        self._writer = writer
        self._key = key

    @classmethod
    async def opened(cls, port: int, key: str) -> _Line:
        return cls(*await asyncio.open_connection("127.0.0.1", port), key)

    async def post(self, path: str, body: object, status: int) -> None:
        content = json.dumps(body).encode()
        head = (
            f"POST /v1/ledger/{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\nAuthorization: Bearer {self._key}\r\n\r\n"
        )
        self._writer.write(head.encode() + content)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(one[15:]) for one in answer.lower().split(b"\r\n") if one.startswith(b"content-length:")), 0
        )
        told = await self._reader.readexactly(length)
        assert answer.startswith(b"HTTP/1.1 %d " % status), told[:500]
