"""A demo room: boats that move, and a reader that keeps a log book. Also the processes that the soak kills."""

from __future__ import annotations

import asyncio
import sys
from typing import ClassVar, Final, NewType
from uuid import UUID

import asyncpg
from msgspec import Struct

from kontorhaus.kernel.ids import Noun, OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import eventlog
from kontorhaus.platform.db import Command, Db, Query, Tx
from kontorhaus.platform.eventlog import Event, Fact, SnapshotSequencer, Subscriber, published

BoatId = NewType("BoatId", UUID)

BOAT: Final = Noun("boat", BoatId)

SCHEMA: Final = """
    CREATE TABLE boat (org_id uuid, id uuid, moves int NOT NULL, PRIMARY KEY (org_id, id));
    CALL wall('boat', 'SELECT, INSERT, UPDATE', 'SELECT');
    CREATE TABLE log_book (org_id uuid, id uuid, moves int NOT NULL, effects int NOT NULL, PRIMARY KEY (org_id, id));
    CALL wall('log_book', 'SELECT, INSERT, UPDATE', 'SELECT');
"""


@published
class BoatMoved(Fact, frozen=True, kw_only=True, tag="boat.moved"):
    """A boat has made its `number`th move."""

    NOUN: ClassVar[Noun[BoatId]] = BOAT

    subject: BoatId
    number: int


@published
class BoatPainted(Fact, frozen=True, kw_only=True, tag="boat.painted"):
    """A boat has another colour."""

    NOUN: ClassVar[Noun[BoatId]] = BOAT

    subject: BoatId


class Moves(Struct, frozen=True):
    moves: int


LAUNCH = Command("INSERT INTO boat (org_id, id, moves) VALUES ($1, $2, 0)")
OPEN_BOOK = Command("INSERT INTO log_book (org_id, id, moves, effects) VALUES ($1, $2, 0, 0)")
MOVE = Query(Moves, "UPDATE boat SET moves = moves + 1 WHERE org_id = $1 AND id = $2 RETURNING moves")
# Touches no row when a move was skipped, comes twice, or comes before another one.
NOTE = Command(
    "UPDATE log_book SET moves = $3, effects = effects + 1 WHERE org_id = $1 AND id = $2 AND moves = $3 - 1"
)


class OutOfOrder(Exception):
    """The log book expected another move."""


async def launch(db: Db, org_id: OrgId) -> BoatId:
    boat_id = BOAT.new()
    async with db.org(org_id) as tx:
        await LAUNCH.run(tx, org_id, boat_id)
        await OPEN_BOOK.run(tx, org_id, boat_id)
    return boat_id


async def move(tx: Tx, org_id: OrgId, boat_id: BoatId) -> int:
    """Lock the boat, then append: the order that the log asks for."""
    number = (await MOVE.one(tx, org_id, boat_id)).moves
    await eventlog.append(tx, BoatMoved(subject=boat_id, number=number), org_id=org_id)
    return number


async def note(tx: Tx, event: Event) -> None:
    """The effect: only the next move of the boat is taken."""
    fact = event.fact()
    assert isinstance(fact, BoatMoved)
    if await NOTE.run(tx, event.org_id, fact.subject, fact.number) != 1:
        raise OutOfOrder


LOG_BOOK: Final = Subscriber(name="log_book", apply=note, facts=(BoatMoved,), batch=10)


async def sequence(url: str) -> None:
    db = await Db.connect(url, connections=1)
    sequencer = SnapshotSequencer(db)
    while True:
        _say(await sequencer.tick())
        await asyncio.sleep(0.002)


async def keep(url: str) -> None:
    db = await Db.connect(url, connections=1)
    while True:
        step = await eventlog.advance(db, LOG_BOOK, now=utc_now())
        _say(step.passed)
        await asyncio.sleep(0 if step.passed else 0.002)


def _say(done: int) -> None:
    """A line for each transaction that did something, by which the test knows how far the process is."""
    if done:
        sys.stdout.write(f"{done}\n")
        sys.stdout.flush()


async def prepare(admin_url: str) -> None:
    admin = await asyncpg.connect(admin_url)
    await admin.execute(SCHEMA)
    await admin.close()


if __name__ == "__main__":
    asyncio.run({"sequence": sequence, "keep": keep}[sys.argv[1]](sys.argv[2]))
