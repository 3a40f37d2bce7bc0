"""A demo room that lives by business time: entries that write a diary, come again, bring others, and tell the log.

Run as a module it is a worker that advances clocks until it is killed: KILLED_DATABASE names the database.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, Final, NewType
from uuid import UUID

import asyncpg
from msgspec import Struct, structs

from kontorhaus.kernel.ids import Noun, OrgId, uuid7
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import clocks, eventlog, jobs
from kontorhaus.platform.db import Command, Db, Query, Tx
from kontorhaus.platform.eventlog import Event, Fact, Subscriber, published
from kontorhaus.platform.jobs import Clock, Effect, Kind, Priority, Queue, Running, Worker
from kontorhaus.platform.secrets import Keyring, LocalKeyFile

SCHEMA: Final = """
    CREATE TABLE diary (org_id uuid NOT NULL, place bigint GENERATED ALWAYS AS IDENTITY, name text NOT NULL,
                        at timestamptz NOT NULL);
    CALL wall('diary', 'SELECT, INSERT', 'SELECT');
"""

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
DAY: Final = 86_400

EntryId = NewType("EntryId", UUID)

ENTRY: Final = Noun("entry", EntryId)


class Entry(Struct, frozen=True):
    """What one job does: writes its name and the business instant, enqueues `brings` as many seconds later as they
    say, comes again after `every`, and tells the log, where a reader enqueues `told` in turn."""

    name: str
    after: int = 0
    priority: Priority = Priority.NORMAL
    machine: bool = False
    every: int = 0
    brings: tuple[Entry, ...] = ()
    told: tuple[Entry, ...] = ()


@published
class EntryMade(Fact, frozen=True, kw_only=True, tag="entry.made"):
    """A diary has an entry that others follow."""

    NOUN: ClassVar[Noun[EntryId]] = ENTRY

    subject: EntryId
    told: tuple[Entry, ...]


class Written(Struct, frozen=True):
    name: str
    at: datetime


WRITE: Final = Command("INSERT INTO diary (org_id, name, at) VALUES ($1, $2, $3)")
READ: Final = Query(Written, "SELECT name, at FROM diary WHERE org_id = $1 ORDER BY place")


class Blotted(Exception):
    """An entry could not be written."""


blots: Final[dict[str, int]] = {}
"""How many more times entries of a name fail, by the test's will."""

PAGES: Final = Queue("pages")
MAKE: Final = Kind("calendar.make", Entry, PAGES)


async def enter(tx: Tx, org_id: OrgId, entries: tuple[Entry, ...], now: datetime) -> None:
    for entry in entries:
        if entry.machine:
            job = MAKE.job(org_id, entry, priority=entry.priority)
        else:
            due_at = now + timedelta(seconds=entry.after)
            job = MAKE.job(org_id, entry, due_at=due_at, priority=entry.priority, clock=Clock.BUSINESS)
        await jobs.enqueue(tx, job, now=utc_now())


async def make(tx: Tx, entry: Entry, running: Running) -> None:
    org_id = OrgId(running.org_id)
    if blots.get(entry.name, 0) > 0:
        blots[entry.name] -= 1
        raise Blotted
    now = await clocks.now(tx, org_id)
    await WRITE.run(tx, org_id, entry.name, now)
    again = (structs.replace(entry, after=entry.every),) if entry.every else ()
    await enter(tx, org_id, (*entry.brings, *again), now)
    if entry.told:
        await eventlog.append(tx, EntryMade(subject=ENTRY.new(), told=entry.told), org_id=org_id)


async def follow(tx: Tx, event: Event) -> None:
    fact = event.fact()
    assert isinstance(fact, EntryMade)
    if blots.get("read", 0) > 0:
        blots["read"] -= 1
        raise Blotted
    await WRITE.run(tx, event.org_id, "read", await clocks.now(tx, OrgId(event.org_id)))
    await enter(tx, OrgId(event.org_id), fact.told, await clocks.now(tx, OrgId(event.org_id)))


READER: Final = Subscriber(name="calendar", apply=follow, facts=(EntryMade,))
MAKER: Final = Effect(MAKE, make)


def worker(db: Db, keyring: Keyring, *, lease: timedelta = timedelta(seconds=60)) -> Worker:
    """One that advances clocks and does nothing else."""
    return Worker(
        db, [clocks.QUEUE], [clocks.advancing(keyring, [MAKER], [READER], lease=lease)], lease=lease
    )


async def prepare(admin_url: str) -> None:
    admin = await asyncpg.connect(admin_url)
    await admin.execute(SCHEMA)
    await admin.close()


async def begin(db: Db, org_id: OrgId, to: datetime) -> UUID:
    advance_id = uuid7()
    async with db.org(org_id) as tx:
        await clocks.begin(tx, org_id, advance_id, to=to)
    return advance_id


async def diary(db: Db, org_id: OrgId) -> list[tuple[str, datetime]]:
    async with db.org(org_id) as tx:
        return [(line.name, line.at) for line in await READ.all(tx, org_id)]


async def work_until_killed() -> None:
    db = await Db.connect(os.environ["KILLED_DATABASE"], connections=6)
    with tempfile.TemporaryDirectory() as folder:
        keyring = Keyring(LocalKeyFile.opened(Path(folder) / "master.keys"))
        await worker(db, keyring, lease=timedelta(seconds=1)).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(work_until_killed())
