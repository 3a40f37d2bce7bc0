"""The worker: publishes facts, carries out what follows from them, works off jobs, and keeps the house clean.

Any number may run. Of sequencers and subscribers one process is at work and the others stand by; jobs are shared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from msgspec import Struct, structs

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.ledger import jobs as ledger_jobs
from kontorhaus.people import notices
from kontorhaus.people.notices import jobs as notices_jobs
from kontorhaus.platform import clocks, eventlog, http, idempotency, inbox, telemetry
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.db import Db
from kontorhaus.platform.eventlog import SnapshotSequencer, Subscriber
from kontorhaus.platform.http import Drain
from kontorhaus.platform.idempotency import Resumer
from kontorhaus.platform.jobs import HOUSE, Every, Handler, Kind, Phases, Queue, Running, Timetable, Worker
from kontorhaus.platform.secrets import Keyring
from kontorhaus.roles.resources import Resources

LOG: Final = telemetry.get_logger(__name__)

IDLE_SECONDS: Final = 1.0
"""How often an idle worker looks for open calls: a caller that was answered 202 polls about once a second."""

GAUGE_SECONDS: Final = 15.0
"""How often backlogs are counted: about as often as a collector asks."""

UPKEEP: Final = Queue("upkeep", slots=2)
"""The house's own cleaning: two at a time, so that a long one does not hold up the rest."""


class Nothing(Struct, frozen=True):
    """The arguments of a job that takes none."""


FORGET_ANSWERS: Final = Kind("idempotency.forget", Nothing, UPKEEP)
FORGET_NOTICES: Final = Kind("notices.forget", Nothing, UPKEEP)
KEEP_MONTHS: Final = Kind("eventlog.months", Nothing, UPKEEP)
FORGET_MESSAGES: Final = Kind("inbox.forget", Nothing, UPKEEP)


class Crew(Struct, frozen=True):
    """What a worker of this house carries out: queues and who works them, timetables, and the readers of the log."""

    queues: Sequence[Queue]
    handlers: Sequence[Handler]
    timetables: Sequence[Timetable]
    subscribers: Sequence[Subscriber]


def crew(resources: Resources) -> Crew:
    """Everything that the rooms have for a worker to do."""
    mail_queues, mail_handlers = _mail(resources)
    kept = timedelta(days=resources.settings.inbox_days)
    return Crew(
        queues=(UPKEEP, *mail_queues, *ledger_jobs.QUEUES, inbox.INBOX),
        handlers=(
            _forgetting(FORGET_ANSWERS, idempotency.forget_old),
            _forgetting(FORGET_NOTICES, lambda db: notices.forget_old(db, now=utc_now())),
            *mail_handlers,
            *ledger_jobs.handlers(),
            Phases(KEEP_MONTHS, _keep_months(timedelta(days=resources.settings.event_days))),
            _forgetting(FORGET_MESSAGES, lambda db: inbox.forget_old(db, now=utc_now(), keep=kept)),
            inbox.Carrier(tuple(resources.inbox.sources.values()), resources.keyring),
        ),
        timetables=(
            Timetable(
                "idempotency.forget", Every(timedelta(minutes=1)), FORGET_ANSWERS.job(HOUSE, Nothing())
            ),
            Timetable("notices.forget", Every(timedelta(hours=1)), FORGET_NOTICES.job(HOUSE, Nothing())),
            *ledger_jobs.timetables(),
            Timetable("eventlog.months", Every(timedelta(days=1)), KEEP_MONTHS.job(HOUSE, Nothing())),
            Timetable("inbox.forget", Every(timedelta(hours=1)), FORGET_MESSAGES.job(HOUSE, Nothing())),
        ),
        subscribers=(),
    )


def _mail(resources: Resources) -> tuple[Sequence[Queue], Sequence[Handler]]:
    """Handing over mail, where a mail server is set. Elsewhere its jobs wait for a worker that has one."""
    mailer = notices.mailer(resources.settings.smtp_url, resources.settings.mail_from)
    if mailer is None:
        LOG.warning("mail_not_configured", hint="set KONTORHAUS_SMTP_URL and KONTORHAUS_MAIL_FROM")
        return (), ()
    return (notices_jobs.QUEUE,), (notices_jobs.deliveries(resources.keyring, mailer),)


def with_clocks(hands: Crew, keyring: Keyring) -> Crew:
    """The same crew, which also advances test clocks: that carries out whatever the others do, in its order."""
    advancing = clocks.advancing(keyring, hands.handlers, hands.subscribers)
    return structs.replace(hands, queues=(*hands.queues, clocks.QUEUE), handlers=(*hands.handlers, advancing))


def resumers(resources: Resources) -> Mapping[str, Resumer]:
    """Who brings which kind of open call to its end. No room leaves for the network yet."""
    del resources
    return {}


async def work(resources: Resources, stop: asyncio.Event) -> None:
    """Run until `stop` is set; what has begun is ended first."""
    db, published, known, all_hands = (
        resources.db,
        resources.published,
        resumers(resources),
        with_clocks(crew(resources), resources.keyring),
    )
    for subscriber in all_hands.subscribers:
        await eventlog.subscribe(db, subscriber.name)
    jobs = Worker(db, all_hands.queues, all_hands.handlers, timetables=all_hands.timetables)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(eventlog.sequence(SnapshotSequencer(db), stop=stop, published=published))
        for subscriber in all_hands.subscribers:
            tasks.create_task(eventlog.follow(db, subscriber, stop=stop, published=published))
        tasks.create_task(eventlog.watch(db, stop=stop))
        tasks.create_task(jobs.run(stop))
        tasks.create_task(_repeat("inbox_gauge", lambda: inbox.gauge(db), GAUGE_SECONDS, stop))
        tasks.create_task(
            _repeat("resume", lambda: idempotency.resume_due(db, known), IDLE_SECONDS, stop),
        )


async def work_alone(
    resources: Resources, stop: asyncio.Event, *, listening: Callable[[str], None] | None = None
) -> None:
    """`work`, in a process that has no API: with a port of its own for metrics and health, where one is set."""
    port = resources.settings.worker_port
    if port is None:
        await work(resources, stop)
        return
    drain = Drain()
    settings = structs.replace(resources.settings, port=port)
    application = http.application(
        (),
        resources=resources,
        authenticate=_nobody,
        settings=settings,
        drain=drain,
        ready=resources.db.reachable,
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(work(resources, stop))
        tasks.create_task(http.serve(application, settings, drain=drain, stop=stop, listening=listening))


async def _nobody(credential: str) -> Actor | None:
    del credential
    return None


def _forgetting(kind: Kind[Nothing], batch: Callable[[Db], Awaitable[int]]) -> Handler:
    """A job that forgets what is old, a batch at a time until none is left."""

    async def work(db: Db, _: Nothing, running: Running) -> None:
        del running
        while await batch(db):
            pass

    return Phases(kind, work)


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
