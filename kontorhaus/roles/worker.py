"""The worker: works off jobs, ends open calls, and keeps the house clean. Any number may run, and share the work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from msgspec import Struct, structs

from kontorhaus.goods.orders import jobs as orders_jobs
from kontorhaus.kernel.errors import Unavailable
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import payments
from kontorhaus.money.ledger import jobs as ledger_jobs
from kontorhaus.money.payments import jobs as payments_jobs
from kontorhaus.people import notices
from kontorhaus.people.notices import jobs as notices_jobs
from kontorhaus.platform import clocks, eventlog, idempotency, inbox, telemetry
from kontorhaus.platform.db import Db
from kontorhaus.platform.eventlog import Subscriber
from kontorhaus.platform.idempotency import Resumer
from kontorhaus.platform.jobs import HOUSE, Every, Handler, Kind, Phases, Queue, Running, Timetable, Worker
from kontorhaus.platform.secrets import Keyring
from kontorhaus.roles import lone
from kontorhaus.roles.resources import Resources
from kontorhaus.roles.subscribers import every_subscriber

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
    """What a worker of this house carries out: queues and who works them, timetables, and the readers of the log that
    it catches up while it advances a test clock."""

    queues: Sequence[Queue]
    handlers: Sequence[Handler]
    timetables: Sequence[Timetable]
    subscribers: Sequence[Subscriber]


def crew(resources: Resources) -> Crew:
    """Everything that the rooms have for a worker to do."""
    mail_queues, mail_handlers = _mail(resources)
    kept = timedelta(days=resources.settings.inbox_days)
    return Crew(
        queues=(
            UPKEEP,
            *orders_jobs.QUEUES,
            *mail_queues,
            *ledger_jobs.QUEUES,
            payments_jobs.CONNECTION_QUEUE,
            *payments_jobs.QUEUES,
            inbox.INBOX,
        ),
        handlers=(
            *orders_jobs.handlers(),
            _forgetting(FORGET_ANSWERS, idempotency.forget_old),
            _forgetting(FORGET_NOTICES, lambda db: notices.forget_old(db, now=utc_now())),
            *mail_handlers,
            *ledger_jobs.handlers(),
            _connecting(resources),
            *payments_jobs.handlers(_means(resources)),
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
        subscribers=every_subscriber(),
    )


def _mail(resources: Resources) -> tuple[Sequence[Queue], Sequence[Handler]]:
    """Handing over mail, where a mail server is set. Elsewhere its jobs wait for a worker that has one."""
    mailer = notices.mailer(resources.settings.smtp_url, resources.settings.mail_from)
    if mailer is None:
        LOG.warning("mail_not_configured", hint="set KONTORHAUS_SMTP_URL and KONTORHAUS_MAIL_FROM")
        return (), ()
    return (notices_jobs.QUEUE,), (notices_jobs.deliveries(resources.keyring, mailer),)


def _connecting(resources: Resources) -> Handler:
    """Setting up what was connected to a payment provider."""
    return payments_jobs.setting_up(
        resources.keyring,
        resources.gateways,
        resources.inbox.sources,
        heard_at=resources.settings.webhook_url or resources.settings.public_url,
    )


def _means(resources: Resources) -> payments.Means:
    """What payments go to providers with."""
    return payments.Means(resources.db, resources.keyring, resources.gateways)


def with_clocks(hands: Crew, keyring: Keyring) -> Crew:
    """The same crew, which also advances test clocks: that carries out whatever the others do, in its order."""
    advancing = clocks.advancing(keyring, hands.handlers, hands.subscribers)
    return structs.replace(hands, queues=(*hands.queues, clocks.QUEUE), handlers=(*hands.handlers, advancing))


def resumers(resources: Resources) -> Mapping[str, Resumer]:
    """Who brings which kind of open call to its end."""
    means = _means(resources)
    return {payments.RESUMER: lambda org_id, subject: payments.finish(means, org_id, subject)}


async def work(resources: Resources, stop: asyncio.Event) -> None:
    """Run until `stop` is set; what has begun is ended first."""
    db, known = resources.db, resumers(resources)
    all_hands = with_clocks(crew(resources), resources.keyring)
    for subscriber in all_hands.subscribers:
        await eventlog.subscribe(db, subscriber.name)
    lease = timedelta(seconds=resources.settings.job_lease_seconds)
    jobs = Worker(db, all_hands.queues, all_hands.handlers, timetables=all_hands.timetables, lease=lease)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(jobs.run(stop))
        tasks.create_task(_repeat("inbox_gauge", lambda: inbox.gauge(db), GAUGE_SECONDS, stop))
        tasks.create_task(
            _repeat("resume", lambda: idempotency.resume_due(db, known), IDLE_SECONDS, stop),
        )


async def work_alone(
    resources: Resources, stop: asyncio.Event, *, listening: Callable[[str], None] | None = None
) -> None:
    """`work`, in a process of its own: with a port for metrics and health, where one is set."""
    port = resources.settings.worker_port
    await lone.beside_health(resources, port, work, stop, listening=listening)


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
