"""Sixteen writers on four hot boats, one transaction held open, sequencers and readers killed with kill -9: nobody
skips, repeats, or sees a boat's moves out of order. EVENTLOG_SOAK_SECONDS lets it go on for longer."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import monotonic, utc_now
from kontorhaus.platform import eventlog
from kontorhaus.platform.db import Db
from kontorhaus.platform.eventlog import SnapshotSequencer
from tests.platform.eventlog import boats
from tests.platform.eventlog.boats import LOG_BOOK, BoatId

SECONDS: Final = float(os.environ.get("EVENTLOG_SOAK_SECONDS", "8"))
WRITERS: Final = 16
BOATS: Final = 4


async def write(log: Db, org_id: OrgId, fleet: list[BoatId], stop: asyncio.Event) -> int:
    """One move after the other; some take a while between their lock and their commit."""
    moves = 0
    while not stop.is_set():
        async with log.org(org_id) as tx:
            await boats.move(tx, org_id, random.choice(fleet))
            if random.random() < 0.2:
                await asyncio.sleep(random.uniform(0, 0.003))
        moves += 1
    return moves


async def hold(log: Db, org_id: OrgId, boat_id: BoatId, stop: asyncio.Event) -> int:
    """One transaction that is open nearly all the time, with a fact in it that nobody may miss."""
    moves = 0
    while not stop.is_set():
        async with log.org(org_id) as tx:
            await boats.move(tx, org_id, boat_id)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 2.5)
        moves += 1
    return moves


async def killed_again_and_again(task: str, url: str, stop: asyncio.Event) -> int:
    """A process that is killed after some of its transactions, wherever it is then, and started anew."""
    kills = 0
    while not stop.is_set():
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.platform.eventlog.boats",
            task,
            url,
            stdout=asyncio.subprocess.PIPE,
            cwd=Path(__file__).parents[3],
        )
        assert process.stdout is not None
        stopped = asyncio.create_task(stop.wait())
        for _ in range(random.randrange(1, 150)):
            line = asyncio.create_task(process.stdout.readline())
            await asyncio.wait({line, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set():
                line.cancel()
                break
            assert line.result(), f"the {task} process ended by itself"
        stopped.cancel()
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()
        kills += 1
    return kills


def repeated(*tasks: str) -> Iterator[str]:
    for task in tasks:
        yield from (task, task)


async def test_nobody_skips_repeats_or_sees_an_object_out_of_order(
    log: Db, log_url: str, org_id: OrgId
) -> None:
    fleet = [await boats.launch(log, org_id) for _ in range(BOATS)]
    slow = await boats.launch(log, org_id)
    await eventlog.subscribe(log, "log_book")
    stop = asyncio.Event()
    asyncio.get_running_loop().call_at(monotonic() + SECONDS, stop.set)

    async with asyncio.TaskGroup() as group:
        writers = [group.create_task(write(log, org_id, fleet, stop)) for _ in range(WRITERS)]
        holder = group.create_task(hold(log, org_id, slow, stop))
        victims = [
            group.create_task(killed_again_and_again(task, log_url, stop))
            for task in repeated("sequence", "keep")
        ]
    written = sum(writer.result() for writer in writers) + holder.result()
    assert all(victim.result() for victim in victims)
    await SnapshotSequencer(log).tick()
    while (await eventlog.advance(log, LOG_BOOK, now=utc_now())).passed:
        pass

    async with log.system() as tx:
        positions = await tx.connection.fetchrow(
            "SELECT count(*), min(position), max(position) FROM event_position"
        )
        moves = await tx.connection.fetch("SELECT id, moves FROM boat ORDER BY id")
        books = await tx.connection.fetch("SELECT id, moves FROM log_book ORDER BY id")
        effects = await tx.connection.fetchval("SELECT sum(effects) FROM log_book")
    assert positions is not None
    assert tuple(positions) == (written, 1, written), "dense, and as many as were written"
    assert [tuple(row) for row in books] == [tuple(row) for row in moves]
    assert effects == written
    (status,) = await eventlog.subscribers(log)
    assert (status.behind, status.aside) == (0, 0), "nothing was found out of order"
