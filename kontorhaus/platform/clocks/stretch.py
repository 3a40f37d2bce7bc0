"""An advance: an organization's jobs of business time carried out one after the other, each at its own instant.

    step      hold the clock; of the organization, the first that there is of
                a ready job                              lease it
                a job running elsewhere, or failed       wait for it
                a job of business time that is due       lease it
                a fact that a reader has not carried out  publish it, and let the readers read
                a later instant with a job, or the end   move the clock
    between   carry out what was leased, in a transaction of its own

Nothing of it is kept in memory: whoever is killed, the next one goes on from the clock and the jobs as they stand.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from msgspec import Struct

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.kernel.time import monotonic, utc_now
from kontorhaus.platform import eventlog, idempotency, jobs
from kontorhaus.platform.answers import answer
from kontorhaus.platform.clocks import store, views
from kontorhaus.platform.clocks.events import TestClockAdvanced
from kontorhaus.platform.clocks.model import ADVANCE, Advance
from kontorhaus.platform.db import Db, Scope, Tx
from kontorhaus.platform.eventlog import SnapshotSequencer, Subscriber, Unread
from kontorhaus.platform.jobs import Busy, Handler, LeaseLost, Phases, Running
from kontorhaus.platform.secrets import Keyring

STRETCH_SECONDS: Final = 60.0
"""How long one worker stays at an advance: then another organization's has its turn."""

PATIENCE_SECONDS: Final = 5.0
"""How long to stay and wait for what others do. A failed job rests longer; until then the place is another's."""

TOLD_SECONDS: Final = 0.5
"""From when on a wait is worth telling: whoever reads the clock asks about once a second."""

PAUSE_SECONDS_MIN: Final = 0.002
PAUSE_SECONDS_MAX: Final = 0.1
"""Between two looks while others are at work: the first as long as a small transaction takes."""

AGAIN: Final = timedelta(seconds=1)
AGAIN_MAX: Final = timedelta(seconds=30)
"""When an advance that waits is looked at again: soon where somebody is at work; and not much after a failed job's next
try, which a person may bring forward."""

LEASE: Final = timedelta(seconds=60)
"""As any worker's."""

T = TypeVar("T")


class Wait(Struct, frozen=True):
    """What an advance is held up by: a kind of job, or a reader of the log."""

    name: str
    state: str
    reason: str | None = None
    until: datetime | None = None


def advancing(
    keyring: Keyring,
    handlers: Sequence[Handler],
    subscribers: Sequence[Subscriber],
    *,
    lease: timedelta = LEASE,
) -> Handler:
    """The handler that advances clocks, for a worker of the queue `QUEUE`.

    It carries out jobs of the kinds that `handlers` know; those of other kinds, and of queues with keys, it makes ready
    at their instant and waits until some worker has carried them out. `subscribers` are the readers of the log that
    must have carried out every fact of an instant before the next; others are not waited for.

    Guarantees: jobs of business time are carried out in the order of due time, priority and id, each once, with the
    clock at their due instant; at each instant everything that follows from them is done before the clock moves on.
    One jump does what many small ones do. A job that fails is waited for until it succeeds or is parked.
    Not guaranteed: an order among jobs of machine time, which ordinary workers take as well; that what waits for
    machine time, such as the next try of a delivery, has happened.
    """
    known = {handler.name: handler for handler in handlers}

    async def work(db: Db, args: Advance, running: Running) -> None:
        await _Stretch(db, keyring, known, subscribers, lease, args, running).run()

    return Phases(ADVANCE, work)


class _Stretch:
    """What one worker does of an advance. `_token` is its hold on the clock: who takes over writes another one."""

    def __init__(
        self,
        db: Db,
        keyring: Keyring,
        handlers: Mapping[str, Handler],
        subscribers: Sequence[Subscriber],
        lease: timedelta,
        args: Advance,
        running: Running,
    ) -> None:
        self._db, self._keyring, self._handlers = db, keyring, handlers
        self._subscribers, self._lease = subscribers, lease
        self._args, self._running = args, running
        self._org_id: Final = OrgId(running.org_id)
        self._token: Final = uuid7()
        self._sequencer: Final = SnapshotSequencer(db)
        self._names: Final = [subscriber.name for subscriber in subscribers]
        self._kinds: Final = list(handlers)
        # Jobs carried out and not yet noted beside the clock; and those of them that the transaction at work notes.
        self._done = self._noting = 0

    async def run(self) -> None:
        before = await self._db.system().run(self._take_over)
        if before is None:
            return  # the advance is over: this job was carried out again after its end
        try:
            await self._go_on(waited=before.waits_for is not None)
        except asyncio.CancelledError:
            # A worker that stops. If the database is away too, whoever takes over takes it back.
            with contextlib.suppress(Unavailable, OSError):
                async with self._db.system() as tx:
                    await jobs.give_back(tx, self._org_id, self._token)
            raise

    async def _go_on(self, *, waited: bool) -> None:
        own = self._db.org(self._org_id)
        began = moved_at = monotonic()
        pause, told = PAUSE_SECONDS_MIN, None
        while (step := await self._in_one(self._db.snapshot(), self._step)) is not None:
            wait = await self._do(step)
            now = monotonic()
            if wait is None:
                moved_at, pause = now, PAUSE_SECONDS_MIN
            if now - began > STRETCH_SECONDS or now - moved_at > PATIENCE_SECONDS:
                await self._in_one(own, partial(self._hand_over, wait))
                return
            if wait is None and waited:
                await self._in_one(own, partial(self._tell, None))
                waited, told = False, None
            if wait is not None:
                if now - moved_at > TOLD_SECONDS and wait != told:
                    await self._in_one(own, partial(self._tell, wait))
                    waited, told = True, wait
                await asyncio.sleep(pause)
                pause = min(2 * pause, PAUSE_SECONDS_MAX)
        await self._in_one(own, self._arrive)

    async def _in_one(self, scope: Scope, work: Callable[[Tx], Awaitable[T]]) -> T:
        """A transaction, tried again as ever; the jobs that it notes as done are noted when it is committed."""

        async def anew(tx: Tx) -> T:
            self._noting = 0
            return await work(tx)

        given = await scope.run(anew)
        self._done -= self._noting
        return given

    def _note_done(self) -> int:
        self._noting = self._done
        return self._done

    async def _take_over(self, tx: Tx) -> store.Before | None:
        before = await store.LOCK_RUNNER.maybe(tx, self._org_id, self._args.advance_id)
        if before is None:
            return None
        if not await jobs.held(tx, self._running):
            raise LeaseLost(ADVANCE.name)
        await store.TAKE_OVER.run(tx, self._org_id, self._token)
        if before.runner is not None:
            await jobs.take_back(tx, self._org_id, before.runner)
        return before

    async def _step(self, tx: Tx) -> Running | Busy | Unread | None:
        """What is to be done next, leased where it is a job; None at the end of the way.

        Its statements see one instant: between two of them a reader elsewhere could turn the fact that is still to be
        looked for into a job that was looked for already, and the clock would go on without it.
        """
        way = await store.HOLD.maybe(tx, self._org_id, self._token)
        if way is None:
            raise LeaseLost(ADVANCE.name)
        until = utc_now() + self._lease
        ready = await jobs.take_ready(tx, self._org_id, self._kinds, worker=self._token, lease_until=until)
        if ready is not None:
            return ready
        if (busy := await jobs.busy(tx, self._org_id, but=ADVANCE.name)) is not None:
            return busy
        now = way.now_at
        while True:
            taken = await jobs.take_due(
                tx, self._org_id, self._kinds, until=now, worker=self._token, lease_until=until
            )
            if taken is not None:
                return taken.running or Busy(kind=taken.kind, state="ready", reason=None, due_at=now)
            if (unread := await eventlog.unread(tx, self._org_id, self._names)) is not None:
                return unread
            due_at = await jobs.next_due(tx, self._org_id)
            if now == way.to_at and (due_at is None or due_at > now):
                return None
            # A job that is due by now, and was not taken, has only just appeared: another look.
            now = way.to_at if due_at is None else min(max(due_at, now), way.to_at)
            await store.MOVE.run(tx, self._org_id, self._token, now, self._note_done())

    async def _do(self, step: Running | Busy | Unread) -> Wait | None:
        """Do what the step found; what has to be waited for, if nothing could be done."""
        match step:
            case Running():
                handler = self._handlers[step.kind]
                self._done += await jobs.carry_out(self._db, handler, step, lease=self._lease)
                return None
            case Busy():
                late = step.state == "scheduled"
                return Wait(
                    step.kind, "failed" if late else step.state, step.reason, step.due_at if late else None
                )
            case Unread():
                if await self._read(step):
                    return None
                if step.subscriber is None:
                    return Wait("eventlog", "running")
                return Wait(step.subscriber, "failed", step.reason, step.next_try_at)

    async def _read(self, unread: Unread) -> bool:
        """Publish what is committed and let the readers read; whether anything came of it. Other processes may be at
        it too: then nothing does, and what they do is seen at the next step."""
        moved = unread.unpublished and await self._sequencer.tick() > 0
        for subscriber in self._subscribers:
            while True:
                step = await eventlog.advance(self._db, subscriber, now=utc_now())
                moved = moved or step.passed > 0
                if step.done < subscriber.batch:
                    break
            if step.due:
                again = await eventlog.retry(self._db, subscriber, now=utc_now())
                moved = moved or again.done > 0
        return moved

    async def _tell(self, wait: Wait | None, tx: Tx) -> None:
        """Note beside the clock what it waits for, or that it waits no longer."""
        told = (None,) * 4 if wait is None else (wait.name, wait.state, wait.reason, wait.until)
        await store.WAIT.run(tx, self._org_id, self._token, self._note_done(), *told)

    async def _hand_over(self, wait: Wait | None, tx: Tx) -> None:
        """Leave the rest to another job: at once when it was only long, later when there is nothing to do."""
        now = utc_now()
        due_at = now
        await self._tell(wait, tx)
        if wait is not None:
            due_at = min(max(wait.until or now, now + AGAIN), now + AGAIN_MAX)
        job = ADVANCE.job(self._org_id, self._args, due_at=due_at, priority=jobs.Priority.PERSON_WAITS)
        await jobs.enqueue(tx, job, now=now)
        await jobs.complete(tx, self._running)

    async def _arrive(self, tx: Tx) -> None:
        clock = await store.ARRIVE.maybe(tx, self._org_id, self._token, self._note_done())
        if clock is None or clock.from_at is None:
            raise LeaseLost(ADVANCE.name)
        fact = TestClockAdvanced(subject=clock.id, since=clock.from_at, now=clock.now_at)
        await eventlog.append(tx, fact, org_id=self._org_id)
        if self._args.answers:
            given = answer(views.view(clock))
            await idempotency.settle(tx, self._keyring, self._org_id, self._args.advance_id, given)
        await jobs.complete(tx, self._running)
