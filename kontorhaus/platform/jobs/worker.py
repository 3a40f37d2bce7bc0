"""The worker: claims jobs, carries them out side by side, and keeps their leases.

    pump (one a queue)   claim as many as there is room for, start a task for each; pause longer while there is none
    settle               write what has ended, all that gathered while the last write was under way in one transaction
    beat                 extend the leases of what is being carried out
    keep house           make due jobs ready, take back expired leases, fire timetables, gauge the queues

Any number of workers share the queues, none leads. One that is killed leaves leases, which run out.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.kernel.ids import uuid7
from kontorhaus.kernel.time import monotonic, utc_now
from kontorhaus.platform import failpoints, telemetry
from kontorhaus.platform.db import Db
from kontorhaus.platform.jobs import actions, queries, store
from kontorhaus.platform.jobs.dispatch import Dispatch, Table
from kontorhaus.platform.jobs.errors import KindUnknown, LeaseLost
from kontorhaus.platform.jobs.handlers import Handler
from kontorhaus.platform.jobs.model import Queue, Running, pause_after, reason_of
from kontorhaus.platform.jobs.timetable import Timetable

LOG: Final = telemetry.get_logger(__name__)

# An empty look costs 0.3 ms: at the longest pause an idle queue takes 0.1 % of a core, and who enqueues waits a
# quarter of a second for it at the most.
POLL_SECONDS_MIN: Final = 0.02
POLL_SECONDS_MAX: Final = 0.25

LEASE: Final = timedelta(seconds=60)
"""After how long a killed worker's jobs are another's: far above the seconds by which clocks of machines differ, and
the longest stand-still of a process that is still alive."""

AHEAD: Final = 4
SHORT_SECONDS: Final = 0.05
"""Of jobs that take less than this, four times as many are held as are at work: the last of them then waits for three
others, about as long as until the next look of an idle worker."""

OVERDUE_SECONDS: Final = 0.25
"""How late an attempt may be ended: deadlines are minutes."""

GAUGE_SECONDS: Final = 15.0
"""As often as Prometheus asks by default."""

AWAY_SECONDS: Final = 1.0
"""How long to let a database be that was not reachable: a restart takes a few seconds."""


class _Ended(Struct, frozen=True):
    """How an attempt ended, for the table: failed for a reason, given back, or (neither) done."""

    running: Running
    reason: str | None = None
    released: bool = False


class _Attempt:
    """What is known of a task that carries out a job."""

    __slots__ = ("began", "overdue", "running", "until")

    def __init__(self, running: Running, began: float) -> None:
        self.running, self.began = running, began
        self.until = math.inf  # the deadline counts from when it is at work
        self.overdue = False


class _Lane:
    """A queue and what this process is carrying out of it."""

    def __init__(self, queue: Queue) -> None:
        self.queue: Final = queue
        self.tasks: Final[dict[asyncio.Task[bool], _Attempt]] = {}
        self.nudge: Final = asyncio.Event()
        self.room: Final = asyncio.Semaphore(queue.slots)
        self.busy = False
        self.usual_seconds = 1.0

    @property
    def hold(self) -> int:
        """How many jobs to hold, those at work included. A claim costs a transaction, so of short jobs some more are
        taken than can be at work; of long ones none, since another worker may have room for them at once."""
        return self.queue.slots * (AHEAD if self.usual_seconds < SHORT_SECONDS else 1)

    @property
    def worth_a_look(self) -> bool:
        """Whether the end of a job is a reason to claim now: in a busy queue when half of what may be held is gone,
        in one with keys always, since some other job may have been held up by this one."""
        return self.queue.per_key is not None or (self.busy and 2 * len(self.tasks) <= self.hold)

    def took(self, seconds: float) -> None:
        self.usual_seconds += (seconds - self.usual_seconds) * 0.1  # of the last ten or so


class Worker:
    """Carries out the jobs of some queues until it is told to stop. `now` is machine time; tests hand in their own.

    Guarantees: no two attempts at a job complete; a key's limit holds among leases. Not guaranteed: that no two
    attempts *run*: one whose lease ran out may still be at work while the next one is.
    """

    def __init__(
        self,
        db: Db,
        queues: Sequence[Queue],
        handlers: Sequence[Handler],
        *,
        timetables: Sequence[Timetable] = (),
        now: Callable[[], datetime] = utc_now,
        lease: timedelta = LEASE,
        dispatch: Dispatch | None = None,
    ) -> None:
        self.id: Final = uuid7()
        self._db, self._now, self._lease, self._timetables = db, now, lease, timetables
        self._dispatch = dispatch or Table(db)
        self._handlers: Final = {handler.name: handler for handler in handlers}
        self._lanes: Final = [_Lane(queue) for queue in queues]
        self._fired: Final[dict[str, datetime]] = {}
        self._ended: list[_Ended] = []
        self._something_ended: Final = asyncio.Event()
        self._stopping = self._closed = False

    def wake(self) -> None:
        """Look at once: for whoever has just committed a job in this process."""
        for lane in self._lanes:
            lane.nudge.set()

    async def run(self, stop: asyncio.Event, *, patience: timedelta = timedelta(seconds=20)) -> None:
        """Work until `stop` is set. Then claim nothing more, wait up to `patience` for what runs, and give back the
        rest; giving back counts as no attempt."""
        try:
            async with asyncio.TaskGroup() as group:
                pumps = [group.create_task(self._pump(lane)) for lane in self._lanes]
                settler = group.create_task(self._settle())
                keepers = [
                    group.create_task(self._repeat(self._beat, self._lease.total_seconds() / 3)),
                    group.create_task(self._repeat(self._end_overdue, OVERDUE_SECONDS)),
                    group.create_task(self._repeat(self._keep_house, POLL_SECONDS_MAX)),
                    group.create_task(self._repeat(self._gauge, GAUGE_SECONDS)),
                ]
                await stop.wait()
                self._stopping = True
                self.wake()
                await asyncio.gather(*pumps)
                await self._let_end(patience)
                for keeper in keepers:
                    keeper.cancel()
                self._closed = True
                self._something_ended.set()
                await settler
        finally:
            for task in self._tasks():
                task.cancel()

    async def drain(self) -> int:
        """Carry out all that is ready, and all that is due by `now` or becomes so, until nothing is left; says how many
        attempts that took. For simulated time: nothing here waits for a clock."""
        attempts = 0
        overdue = asyncio.create_task(self._repeat(self._end_overdue, OVERDUE_SECONDS))
        try:
            while True:
                await self._keep_house()
                before = attempts
                for lane in self._lanes:
                    attempts += await self._start_some(lane, lane.queue.slots, thorough=True)
                    await asyncio.gather(*self._tasks(), return_exceptions=True)
                    await self._write(self._take_ended())
                if attempts == before:
                    return attempts
        finally:
            overdue.cancel()

    async def _pump(self, lane: _Lane) -> None:
        pause = POLL_SECONDS_MIN
        while not self._stopping:
            lane.nudge.clear()
            wanted = lane.hold - len(lane.tasks)
            started = await self._start_some(lane, wanted) if wanted > 0 else 0
            lane.busy = started >= wanted
            if started:
                pause = POLL_SECONDS_MIN
            if lane.busy or not started:
                await _wait(lane.nudge, POLL_SECONDS_MIN if lane.busy else pause)
            if not started:
                pause = min(2 * pause, POLL_SECONDS_MAX)

    async def _start_some(self, lane: _Lane, wanted: int, *, thorough: bool = False) -> int:
        began, lease_until = monotonic(), self._now() + self._lease
        try:
            taken = await self._dispatch.take(lane.queue, self.id, wanted, lease_until, thorough=thorough)
        except (Unavailable, OSError) as error:
            LOG.warning("jobs_not_claimed", queue=lane.queue.name, error=type(error).__name__)
            return 0
        claimed = monotonic()
        telemetry.metrics.observe_claim(lane.queue.name, claimed - began)
        create_task, note_end = asyncio.get_running_loop().create_task, partial(self._note_end, lane)
        for running in taken:
            attempt = _Attempt(running, claimed)
            task = create_task(self._carry_out(lane, attempt))
            lane.tasks[task] = attempt
            task.add_done_callback(note_end)
        return len(taken)

    async def _carry_out(self, lane: _Lane, attempt: _Attempt) -> bool:
        running = attempt.running
        handler = self._handlers.get(running.kind)
        if handler is None:
            raise KindUnknown(running.kind)
        async with lane.room:
            began = monotonic()
            attempt.until = began + handler.deadline.total_seconds()
            try:
                with telemetry.job_span(running.kind, traceparent=running.trace, attempt=running.attempt):
                    failpoints.reach("jobs.job.claimed")
                    done = await handler.carry_out(self._db, running)
                    failpoints.reach("jobs.job.carried_out")
                    return done
            finally:
                lane.took(monotonic() - began)

    async def _end_overdue(self) -> None:
        """One look at all of them: a timer for each would be a tenth of what a short job costs."""
        now = monotonic()
        for lane in self._lanes:
            for task, attempt in lane.tasks.items():
                if attempt.until < now and not attempt.overdue:
                    attempt.overdue = True
                    task.cancel()

    def _note_end(self, lane: _Lane, task: asyncio.Task[bool]) -> None:
        attempt = lane.tasks.pop(task)
        running = attempt.running
        if lane.worth_a_look:
            lane.nudge.set()
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if attempt.overdue and task.cancelled():
            error = TimeoutError()
        if error is None:
            outcome = "done"
            if not task.result():
                self._ended.append(_Ended(running))
        elif isinstance(error, LeaseLost):
            outcome = "lost"
        elif isinstance(error, asyncio.CancelledError) and self._stopping:
            outcome = "released"
            self._ended.append(_Ended(running, released=True))
        else:
            outcome, reason = "failed", reason_of(error)
            self._ended.append(_Ended(running, reason=reason))
            LOG.warning("job_failed", kind=running.kind, attempt=running.attempt, reason=reason)
        telemetry.metrics.observe_job(running.kind, outcome, monotonic() - attempt.began)
        self._something_ended.set()

    async def _settle(self) -> None:
        while not (self._closed and not self._ended):
            await self._something_ended.wait()
            self._something_ended.clear()
            ended = self._take_ended()
            try:
                await self._write(ended)
            except (Unavailable, OSError) as error:
                LOG.warning("jobs_not_settled", jobs=len(ended), error=type(error).__name__)
                if self._closed:
                    return  # their leases run out, and they are carried out again
                self._ended += ended
                await asyncio.sleep(AWAY_SECONDS)
                self._something_ended.set()

    def _take_ended(self) -> list[_Ended]:
        ended, self._ended = self._ended, []
        return ended

    async def _write(self, ended: Sequence[_Ended]) -> None:
        done = [e.running for e in ended if e.reason is None and not e.released]
        released = [e.running for e in ended if e.released]
        failed = [e for e in ended if e.reason is not None]
        if not ended:
            return
        now = self._now()
        async with self._db.system() as tx:
            if done:
                await actions.complete_many(tx, self.id, done)
            if released:
                await store.RELEASE_MANY.run(tx, self.id, *_columns(released))
            if failed:
                jobs = [e.running for e in failed]
                dues = [now + pause_after(job.attempt, random.random()) for job in jobs]  # noqa: S311
                await store.FAIL_MANY.run(tx, self.id, *_columns(jobs), dues, [e.reason for e in failed])

    async def _beat(self) -> None:
        held = [attempt.running for lane in self._lanes for attempt in lane.tasks.values()]
        if held:
            async with self._db.system() as tx:
                await store.EXTEND.run(tx, self.id, *_columns(held), self._now() + self._lease)

    async def _keep_house(self) -> None:
        now = self._now()
        moved, more = 0, True
        while more:
            async with self._db.system() as tx:
                expired, due = await actions.sweep(tx, now), await actions.promote(tx, now)
            moved += expired + due
            more = max(expired, due) == actions.PROMOTE_BATCH
        for timetable in self._timetables:
            moved += await self._fire(timetable, now)
        if moved:
            self.wake()

    async def _fire(self, timetable: Timetable, now: datetime) -> bool:
        latest = timetable.schedule.latest(now)
        if self._fired.get(timetable.name) == latest:
            return False  # nothing is asked of the database between two fire times
        async with self._db.system() as tx:
            fired = await actions.fire(tx, timetable, now)
        self._fired[timetable.name] = latest
        return fired

    async def _gauge(self) -> None:
        async with self._db.system(read_only=True) as tx:
            found = await queries.depths(tx)
            dead, held = await queries.dead_rows(tx), await queries.snapshot_age(tx)
        telemetry.metrics.snapshot_age.set(held)
        for table in dead:
            telemetry.metrics.dead_rows.labels(table.table).set(table.rows)
        now = self._now()
        telemetry.metrics.jobs_waiting.clear()
        telemetry.metrics.job_oldest_seconds.clear()
        for depth in found:
            telemetry.metrics.jobs_waiting.labels(depth.queue, depth.state).set(depth.jobs)
            age = (now - depth.oldest).total_seconds()
            telemetry.metrics.job_oldest_seconds.labels(depth.queue, depth.state).set(age)

    async def _repeat(self, work: Callable[[], Awaitable[None]], seconds: float) -> None:
        while True:
            try:
                await work()
            except (Unavailable, OSError) as error:
                LOG.warning("worker_pass_failed", error=type(error).__name__)
            await asyncio.sleep(seconds)

    async def _let_end(self, patience: timedelta) -> None:
        if tasks := self._tasks():
            _, late = await asyncio.wait(tasks, timeout=patience.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _tasks(self) -> list[asyncio.Task[bool]]:
        return [task for lane in self._lanes for task in lane.tasks]


def _columns(jobs: Sequence[Running]) -> tuple[list[UUID], list[UUID], list[int]]:
    return [job.org_id for job in jobs], [job.id for job in jobs], [job.attempt for job in jobs]


async def _wait(event: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
