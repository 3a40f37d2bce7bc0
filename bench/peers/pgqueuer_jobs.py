"""PgQueuer's side of `bench jobs`: enqueue some jobs, work them off, print the seconds that took.

Run by a Python that has pgqueuer 1.6, asyncpg and uvloop; the house does not depend on it.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import asyncpg
import uvloop
from pgqueuer import PgQueuer  # type: ignore[import-not-found]
from pgqueuer.types import QueueExecutionMode  # type: ignore[import-not-found]

BULK = 1_000


async def work(url: str, jobs: int, batch: int) -> float:
    pool = await asyncpg.create_pool(url, min_size=10, max_size=10)
    queuer = PgQueuer.from_asyncpg_pool(pool)
    queries = queuer.qm.queries
    if not await queries.schema_is_installed():
        await queries.install()
    for begin in range(0, jobs, BULK):
        size = min(BULK, jobs - begin)
        await queries.enqueue(["nothing"] * size, [b"1"] * size, [0] * size)

    async def nothing(job: Any) -> None:
        del job

    queuer.entrypoint("nothing")(nothing)
    began = time.perf_counter()
    await queuer.run(batch_size=batch, mode=QueueExecutionMode.drain)
    seconds = time.perf_counter() - began
    left = await pool.fetchval("SELECT count(*) FROM pgqueuer")
    assert left == 0, f"{left} jobs are left"
    await pool.close()
    return seconds


async def main() -> None:
    url, jobs, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sys.stdout.write(f"{await asyncio.wait_for(work(url, jobs, batch), 300)}\n")


if __name__ == "__main__":
    uvloop.run(main())
