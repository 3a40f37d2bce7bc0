"""Workers are killed and held up in the middle of their work: as many effects as jobs, and nothing left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import jobs
from kontorhaus.platform.db import Db
from tests.platform.jobs.workshop import EFFECT_COUNT, JOB_COUNT, SEND, WRITE, Number, effects, states

JOBS = int(os.environ.get("KILLED_JOBS", "2000"))
WORKERS = 4
KILLS = 12
LEASE_SECONDS = 1.0
PATIENCE_SECONDS = 60 + JOBS / 50


class Crew:
    """Worker processes, of which one at a time is killed and replaced, or held up for longer than its lease."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._workers: list[asyncio.subprocess.Process] = []

    async def start_one(self) -> None:
        self._workers.append(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.platform.jobs.workshop",
                env={**os.environ, "KILLED_DATABASE": self._url, "KILLED_LEASE": str(LEASE_SECONDS)},
                cwd=Path(__file__).parents[3],
                stdout=asyncio.subprocess.DEVNULL,
            )
        )

    async def kill_one(self) -> None:
        victim = self._workers.pop(random.randrange(len(self._workers)))
        victim.kill()
        await victim.wait()
        await self.start_one()

    async def hold_one_up(self) -> None:
        """Its leases run out, others take its jobs over, and then it goes on as if nothing had been."""
        held_up = random.choice(self._workers)
        held_up.send_signal(signal.SIGSTOP)
        await asyncio.sleep(1.5 * LEASE_SECONDS)
        held_up.send_signal(signal.SIGCONT)

    async def end(self) -> None:
        for worker in self._workers:
            with contextlib.suppress(ProcessLookupError):
                worker.kill()
            await worker.wait()


@contextlib.asynccontextmanager
async def crew_of(workers: int, url: str) -> AsyncIterator[Crew]:
    crew = Crew(url)
    try:
        for _ in range(workers):
            await crew.start_one()
        yield crew
    finally:
        await crew.end()


async def effect_count(db: Db) -> int:
    async with db.system() as tx:
        return (await EFFECT_COUNT.one(tx)).count


async def job_count(db: Db) -> int:
    async with db.system() as tx:
        return (await JOB_COUNT.one(tx)).count


async def test_every_job_has_one_effect_whoever_is_killed(db: Db, jobs_url: str, org: OrgId) -> None:
    async with db.org(org) as tx:
        every = [(SEND if n % 20 == 1 else WRITE).job(org, Number(n)) for n in range(JOBS)]
        assert await jobs.enqueue_many(tx, every, now=utc_now()) == JOBS

    async with crew_of(WORKERS, jobs_url) as crew, asyncio.timeout(PATIENCE_SECONDS):
        for kill in range(1, KILLS + 1):
            while await effect_count(db) < kill * JOBS // (KILLS + 2):
                await asyncio.sleep(0.005)
            await (crew.hold_one_up() if kill % 4 == 0 else crew.kill_one())
        while await job_count(db):
            await asyncio.sleep(0.05)

    assert await effects(db) == list(range(JOBS)), "as many effects as jobs, each once"
    assert await states(db) == {}
