"""Workers are killed, and held up, in the middle of an advance: every effect is there once, and in order.

Longer:

    KILLED_DAYS=2000 KILLS=25 pytest tests/platform/clocks/test_killed.py
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from kontorhaus.platform import clocks
from kontorhaus.platform.db import Db
from tests.platform.clocks import calendar
from tests.platform.clocks.calendar import DAY, START, Entry
from tests.platform.clocks.conftest import FrozenOrganization

DAYS = int(os.environ.get("KILLED_DAYS", "150"))
KILLS = int(os.environ.get("KILLS", "5"))
LEASE_SECONDS = 1.0
PATIENCE_SECONDS = 60 + 10 * KILLS + DAYS / 2


async def start(url: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.platform.clocks.calendar",
        env={**os.environ, "KILLED_DATABASE": url},
        cwd=Path(__file__).parents[3],
        stdout=asyncio.subprocess.DEVNULL,
    )


@contextlib.asynccontextmanager
async def two_workers(url: str) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    workers = [await start(url), await start(url)]
    try:
        yield workers
    finally:
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                worker.kill()
            await worker.wait()


async def test_every_effect_is_there_once_whoever_is_killed(
    db: Db, clocks_url: str, frozen: FrozenOrganization
) -> None:
    org_id = await frozen()
    async with db.org(org_id) as tx:
        daily = Entry(
            "daily", after=DAY, every=DAY, told=(Entry("told"),), brings=(Entry("by machine", machine=True),)
        )
        await calendar.enter(tx, org_id, (daily,), START)
    await calendar.begin(db, org_id, START + timedelta(days=DAYS))

    async def reached(day: float) -> None:
        while True:
            async with db.org(org_id) as tx:
                clock = await clocks.test_clock(tx, org_id)
            if clock.now_at >= START + timedelta(days=day) and (day < DAYS or not clock.advancing):
                return
            await asyncio.sleep(0.005)

    async with two_workers(clocks_url) as workers, asyncio.timeout(PATIENCE_SECONDS):
        for kill in range(1, KILLS + 1):
            await reached(kill * DAYS / (KILLS + 2))
            await asyncio.sleep(random.uniform(0, 0.02))
            for worker in list(workers):  # nobody knows from outside which of them is at it
                if kill % 2:
                    worker.kill()
                    await worker.wait()
                    workers.remove(worker)
                    workers.append(await start(clocks_url))
                else:
                    worker.send_signal(signal.SIGSTOP)
                    await asyncio.sleep(1.5 * LEASE_SECONDS)
                    worker.send_signal(signal.SIGCONT)
        await reached(DAYS)

    lived = await calendar.diary(db, org_id)
    names = ["daily", "by machine", "read", "told"]
    assert [at for _, at in lived] == [START + timedelta(days=1 + n // 4) for n in range(4 * DAYS)]
    assert [name for name, _ in lived] == names * DAYS
