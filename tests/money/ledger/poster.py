"""A process that posts until it is killed: KILLED_DATABASE, KILLED_ORG and KILLED_ENTITY say where, KILLED_FIRST and
KILLED_MANY which of the numbered sets. Every set moves one unit, under ids made from its number."""

from __future__ import annotations

import asyncio
import os
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.ledger import EntrySet, GroupCommit, TransferId
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.db import Db
from tests.money.ledger.books import transfer


def numbered(entity: PartyId, number: int) -> EntrySet:
    """A guard and a sum in one set, so that half of it would be seen."""
    ids = [TransferId(UUID(int=(0x7 << 76) | (0b10 << 62) | 2 * number + line)) for line in (0, 1)]
    return EntrySet(
        entity,
        (
            transfer("clearing:card", f"deposit:{number % 7}", 1, id=ids[0]),
            transfer("clearing:card", "revenue:fees", 1, id=ids[1]),
        ),
    )


async def post_until_killed() -> None:
    db = await Db.connect(os.environ["KILLED_DATABASE"], connections=4)
    org_id, entity = OrgId(UUID(os.environ["KILLED_ORG"])), PartyId(UUID(os.environ["KILLED_ENTITY"]))
    group = GroupCommit(db)
    first, many = int(os.environ["KILLED_FIRST"]), int(os.environ["KILLED_MANY"])
    waiting = list(range(first, first + many))

    async def caller() -> None:
        while waiting:
            await group.post(org_id, numbered(entity, waiting.pop()))

    await asyncio.gather(*(caller() for _ in range(20)))


if __name__ == "__main__":
    asyncio.run(post_until_killed())
