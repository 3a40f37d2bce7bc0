"""The worker: publishes facts, carries out what follows from them, works off jobs, and keeps the house clean.

Any number may run. Of sequencers and subscribers one process is at work and the others stand by; jobs are shared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from msgspec import Struct

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.ledger import jobs as ledger_jobs
from kontorhaus.platform import eventlog, idempotency, telemetry
from kontorhaus.platform.db import Db
from kontorhaus.platform.eventlog import SnapshotSequencer, Subscriber
from kontorhaus.platform.idempotency import Resumer
from kontorhaus.platform.jobs import HOUSE, Every, Handler, Kind, Phases, Queue, Running, Timetable, Worker
from kontorhaus.roles.resources import Resources

LOG: Final = telemetry.get_logger(__name__)

IDLE_SECONDS: Final = 1.0
"""How often an idle worker looks for open calls: a caller that was answered 202 polls about once a second."""

UPKEEP: Final = Queue("upkeep", slots=2)
"""The house's own cleaning: two at a time, so that a long one does not hold up the rest."""


class Nothing(Struct, frozen=True):
    """The arguments of a job that takes none."""


FORGET_ANSWERS: Final = Kind("idempotency.forget", Nothing, UPKEEP)
KEEP_MONTHS: Final = Kind("eventlog.months", Nothing, UPKEEP)


class Crew(Struct, frozen=True):
    """What a worker of this house carries out: queues and who works them, timetables, and the readers of the log."""

    queues: Sequence[Queue]
    handlers: Sequence[Handler]
    timetables: Sequence[Timetable]
    subscribers: Sequence[Subscriber]


def crew(resources: Resources) -> Crew:
    """Everything that the rooms have for a worker to do."""
    return Crew(
        queues=(UPKEEP, *ledger_jobs.QUEUES),
        handlers=(
            Phases(FORGET_ANSWERS, _forget_answers),
            *ledger_jobs.handlers(),
            Phases(KEEP_MONTHS, _keep_months(timedelta(days=resources.settings.event_days))),
        ),
        timetables=(
            Timetable(
                "idempotency.forget", Every(timedelta(minutes=1)), FORGET_ANSWERS.job(HOUSE, Nothing())
            ),
            *ledger_jobs.timetables(),
            Timetable("eventlog.months", Every(timedelta(days=1)), KEEP_MONTHS.job(HOUSE, Nothing())),
        ),
        subscribers=(),
    )


def resumers(resources: Resources) -> Mapping[str, Resumer]:
    """Who brings which kind of open call to its end. No room leaves for the network yet."""
    del resources
    return {}


async def work(resources: Resources, stop: asyncio.Event) -> None:
    """Run until `stop` is set; what has begun is ended first."""
    db, published, known, all_hands = resources.db, resources.published, resumers(resources), crew(resources)
    for subscriber in all_hands.subscribers:
        await eventlog.subscribe(db, subscriber.name)
    jobs = Worker(db, all_hands.queues, all_hands.handlers, timetables=all_hands.timetables)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(eventlog.sequence(SnapshotSequencer(db), stop=stop, published=published))
        for subscriber in all_hands.subscribers:
            tasks.create_task(eventlog.follow(db, subscriber, stop=stop, published=published))
        tasks.create_task(jobs.run(stop))
        tasks.create_task(
            _repeat("resume", lambda: idempotency.resume_due(db, known), IDLE_SECONDS, stop),
        )


async def _forget_answers(db: Db, _: Nothing, running: Running) -> None:
    """Delete idempotent answers that nobody can ask for any more, a batch at a time until none is left."""
    del running
    while await idempotency.forget_old(db):
        pass


def _keep_months(keep: timedelta) -> Callable[[Db, Nothing, Running], Awaitable[None]]:
    async def work(db: Db, _: Nothing, running: Running) -> None:
        """Make the log's next months, and drop those that are old and read."""
        del running
        await eventlog.ensure_partitions(db, now=utc_now())
        dropped = await eventlog.drop_old(db, now=utc_now(), keep=keep)
        if dropped:
            LOG.info("event_months_dropped", months=[month.isoformat() for month in dropped])

    return work


async def _repeat(
    name: str, once: Callable[[], Awaitable[int]], idle_seconds: float, stop: asyncio.Event
) -> None:
    """Call again at once while there is something to do, and after a pause when there is nothing."""
    while not stop.is_set():
        try:
            with telemetry.job_span(name):
                done = await once()
        except (Unavailable, OSError) as error:
            LOG.warning("worker_pass_failed", error=type(error).__name__)
            done = 0
        if done == 0:
            await _pause(stop, idle_seconds)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
