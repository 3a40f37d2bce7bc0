"""One leased job, carried out by whoever took it, outside any worker's queues."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import Final

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.kernel.time import monotonic, utc_now
from kontorhaus.platform import telemetry
from kontorhaus.platform.db import Db
from kontorhaus.platform.jobs import store
from kontorhaus.platform.jobs.errors import LeaseLost
from kontorhaus.platform.jobs.handlers import Handler
from kontorhaus.platform.jobs.model import Running, pause_after, reason_of

LOG: Final = telemetry.get_logger(__name__)


async def carry_out(db: Db, handler: Handler, running: Running, *, lease: timedelta) -> bool:
    """Carry out a job that this process has leased, keep its lease the while, and write how it ended; True if done.

    One that failed is put off or parked as a worker would. A lease that was lost ends in False too: the job is
    another's. Raised is only what comes from outside: a cancellation, or a database that is away.
    """
    began, reason = monotonic(), None
    beat = asyncio.create_task(_beat(db, running, lease))
    try:
        (end,) = await asyncio.gather(_attempt(db, handler, running), return_exceptions=True)
    finally:
        beat.cancel()
    if not isinstance(end, BaseException):
        outcome = "done"
    elif isinstance(end, LeaseLost):
        outcome = "lost"
    else:
        outcome, reason = "failed", reason_of(end)
        LOG.warning("job_failed", kind=running.kind, attempt=running.attempt, reason=reason)
    telemetry.metrics.job_seconds.labels(running.kind, outcome).observe(monotonic() - began)
    fence = (running.worker, [running.org_id], [running.id], [running.attempt])
    if reason is not None:
        due_at = utc_now() + pause_after(running.attempt, random.random())  # noqa: S311
        async with db.system() as tx:
            await store.FAIL_MANY.run(tx, *fence, [due_at], [reason])
    elif end is False:
        async with db.system() as tx:
            await store.COMPLETE_MANY.run(tx, *fence)
    return outcome == "done"


async def _attempt(db: Db, handler: Handler, running: Running) -> bool:
    with telemetry.job_span(running.kind, traceparent=running.trace, attempt=running.attempt):
        async with asyncio.timeout(handler.deadline.total_seconds()):
            return await handler.carry_out(db, running)


async def _beat(db: Db, running: Running, lease: timedelta) -> None:
    while True:
        await asyncio.sleep(lease.total_seconds() / 3)
        try:
            async with db.system() as tx:
                fence = (running.worker, [running.org_id], [running.id], [running.attempt])
                await store.EXTEND.run(tx, *fence, utc_now() + lease)
        except (Unavailable, OSError) as error:
            LOG.warning("lease_not_extended", kind=running.kind, error=type(error).__name__)
