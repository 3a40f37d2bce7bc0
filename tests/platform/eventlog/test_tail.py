"""Whoever begins to wait while a look is under way is neither told that there was nothing, nor forgotten."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, cast

from kontorhaus.kernel.ids import ORG, OrgId
from kontorhaus.platform import eventlog
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.eventlog import Bell, SnapshotSequencer, Tail, Wanted
from tests.platform.eventlog.boats import launch, move


class Held:
    """A database in which a look, once it has read, waits to be let go."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self.has_read = asyncio.Event()
        self.goes_on = asyncio.Event()

    @contextlib.asynccontextmanager
    async def system(self, *, read_only: bool) -> AsyncIterator[Tx]:
        async with self._db.system(read_only=read_only) as tx:
            yield tx
            self.has_read.set()
            await self.goes_on.wait()


async def test_who_joins_during_a_look_is_seen_by_the_next(
    log: Db, sequencer: SnapshotSequencer, org_id: OrgId
) -> None:
    boat_id, tail, held = await launch(log, org_id), Tail(), Held(log)
    async with log.system(read_only=True) as tx:
        before = await eventlog.head(tx)
    async with log.org(org_id) as tx:
        await move(tx, org_id, boat_id)
    await sequencer.tick()
    watching = asyncio.create_task(tail.watch(cast("Any", held), Bell()))
    with tail.facts(ORG.new(), Wanted(), before):
        await held.has_read.wait()
        with tail.facts(org_id, Wanted(), before) as late:
            while tail.head is None:
                held.goes_on.set()
                await asyncio.sleep(0)
            assert not late.woken
            assert tail.looked_through(late) is None, "nobody has looked for him yet"
            assert await late.wait(5), "the next look begins where he stands"
            passed = tail.looked_through(late)
    watching.cancel()

    assert passed is not None
    assert passed.position == before.position + 1
    assert tail.waiting == 0


async def test_a_filter_is_woken_by_what_it_takes_alone(
    log: Db, sequencer: SnapshotSequencer, org_id: OrgId
) -> None:
    boat_id, tail = await launch(log, org_id), Tail()
    async with log.system(read_only=True) as tx:
        before = await eventlog.head(tx)
    watching = asyncio.create_task(tail.watch(log, Bell()))
    with (
        tail.facts(org_id, Wanted(kinds=("boat.painted",)), before) as of_kind,
        tail.facts(org_id, Wanted(subject_id=ORG.new()), before) as of_object,
        tail.facts(ORG.new(), Wanted(), before) as stranger,
        tail.facts(org_id, Wanted(kinds=("boat.moved",), subject_id=boat_id), before) as fitting,
    ):
        async with log.org(org_id) as tx:
            await move(tx, org_id, boat_id)
        await sequencer.tick()
        assert await fitting.wait(5)
        assert [waiter.woken for waiter in (of_kind, of_object, stranger)] == [False] * 3
    watching.cancel()
