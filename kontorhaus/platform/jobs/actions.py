"""What one can do with jobs. What takes `tx` is part of the caller's transaction and is undone with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.platform import telemetry
from kontorhaus.platform.db import Tx
from kontorhaus.platform.jobs import store
from kontorhaus.platform.jobs.errors import LeaseLost
from kontorhaus.platform.jobs.model import Job, Running
from kontorhaus.platform.jobs.timetable import Timetable

PARKED_BY_A_PERSON: Final = "ParkedByAPerson"


async def enqueue(tx: Tx, job: Job, *, now: datetime) -> bool:
    """Enqueue a job in the transaction that decided it; False when a living twin (same `dedupe_key`) stands already.
    `now` is machine time, also for a job of business time.

    A twin that runs counts as alive: it may have looked before the caller wrote. A handler that works off what it
    finds must take the lock that writers take, or look once more before it completes.
    """
    return await store.ENQUEUE.run(tx, now, _trace(), *_row(job, now)) == 1


async def enqueue_many(tx: Tx, jobs: Sequence[Job], *, now: datetime) -> int:
    """Enqueue jobs in one statement and say how many were new. Thousands at a time are fine."""
    # Two transactions that enqueue the same keys wait for each other in one order.
    ordered = sorted(jobs, key=lambda job: job.dedupe_key or "")
    columns = zip(*(_row(job, now) for job in ordered), strict=True)
    return await store.ENQUEUE_MANY.run(tx, now, _trace(), *columns) if ordered else 0


def _trace() -> str | None:
    return telemetry.outgoing_headers().get("traceparent")


def _row(job: Job, now: datetime) -> tuple[object, ...]:
    due_at = job.due_at or now
    return (
        job.org_id,
        uuid7(),
        job.queue,
        job.kind,
        job.priority,
        due_at,
        job.clock,
        job.max_attempts,
        job.key,
        job.dedupe_key,
        job.args,
    )


async def complete(tx: Tx, running: Running) -> None:
    """End a job in the transaction of its effect, as its last statement: the effect is there exactly once.

    LeaseLost when the job is no longer this attempt's; the effect then rolls back. It comes last since whoever
    enqueues a twin waits for it: nothing may be waited for while it is held.
    """
    if await store.COMPLETE.run(tx, running.org_id, running.id, running.worker, running.attempt) == 0:
        raise LeaseLost(running.kind)


async def complete_many(tx: Tx, worker: UUID, jobs: Sequence[Running]) -> None:
    """End jobs of one worker whose effects are done; those that are no longer its attempts are left alone."""
    columns = [job.org_id for job in jobs], [job.id for job in jobs], [job.attempt for job in jobs]
    if await store.COMPLETE_MANY.run(tx, worker, *columns) < len(jobs):
        # Some are lost. Or their leases were just extended: then they are locked now, and seen by a second statement.
        await store.COMPLETE_MANY.run(tx, worker, *columns)


PROMOTE_BATCH: Final = 1_000
"""Some ten milliseconds of work and of locks at a time; the worker comes back at once while there is more."""


async def promote(tx: Tx, now: datetime) -> int:
    """Make ready what is due, earliest first, a batch at most of each of three looks; says how many the fullest moved.

    `now` is machine time. Jobs of business time wait for it only where no test clock stands; where one stands still,
    they are made ready when that clock has reached them; where one is being advanced, it carries them out itself.
    """
    apart = await store.SET_APART.run(tx, now, PROMOTE_BATCH)
    due = await store.PROMOTE.run(tx, now, PROMOTE_BATCH)
    return max(apart, due, await store.PROMOTE_BY_CLOCKS.run(tx, PROMOTE_BATCH))


async def sweep(tx: Tx, now: datetime) -> int:
    """Take back what workers that are gone have left running, a batch at most; says how many. The attempt counts: a
    job that kills its worker must not do so for ever."""
    expired = await store.SWEEP.run(tx, now, PROMOTE_BATCH)
    telemetry.metrics.job_leases_expired.inc(expired)
    return expired


async def fire(tx: Tx, timetable: Timetable, now: datetime) -> bool:
    """Enqueue a timetable's job for its latest fire time, unless some worker has; True for the one who did.

    Fire times that passed while no worker ran are made up for by one job. A new timetable fires at once.
    """
    if await store.FIRE.run(tx, timetable.name, timetable.schedule.latest(now)) == 0:
        return False
    return await enqueue(tx, timetable.job, now=now)


async def retry(tx: Tx, org_id: OrgId, job_id: UUID, *, now: datetime) -> bool:
    """Give a parked job all its attempts again; False if it is not parked, or has a living twin."""
    return await store.RETRY.run(tx, org_id, job_id, now) == 1


async def park(tx: Tx, org_id: OrgId, job_id: UUID) -> bool:
    """Take a job out of its queue until it is retried; False if it is parked or gone.

    One that runs loses its lease: what it does in its last transaction is rolled back, what it has sent is sent.
    """
    return await store.PARK.run(tx, org_id, job_id, PARKED_BY_A_PERSON) == 1
