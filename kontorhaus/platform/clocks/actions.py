"""What one can do with a test clock: stop time, begin an advance, wait for its end, give time back to the machine."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import instant_text, utc_now
from kontorhaus.platform import eventlog, idempotency, jobs
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.clocks import store, views
from kontorhaus.platform.clocks.errors import (
    TestClockAdvancing,
    TestClockAhead,
    TestClockExists,
    TestClockInLiveMode,
    TestClockNotFound,
    TestClockOutOfRange,
    TimeRunsForward,
)
from kontorhaus.platform.clocks.events import TestClockAdvanced, TestClockFrozen, TestClockRemoved
from kontorhaus.platform.clocks.model import ADVANCE, AFTER_LAST, FIRST, TEST_CLOCK, Advance, TestClock
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.secrets import Keyring

POLL_SECONDS_MIN: Final = 0.01
POLL_SECONDS_MAX: Final = 0.1
"""Between two looks for the end of an advance: a short one is answered at once, a long one costs ten looks a second."""


async def freeze(
    tx: Tx, org_id: OrgId, *, mode: Literal["live", "test"], at: datetime | None = None
) -> TestClock:
    """Stop an organization's business time at an instant, the present one if none is named.

    Its jobs that are ready already go on; those that are due between the instant and the present, and have not begun,
    wait for the clock. Raises TestClockInLiveMode (`mode` is the organization's, and the database holds it too),
    TestClockOutOfRange, TestClockAhead for a later instant, TestClockExists.
    """
    if mode != "test":
        raise TestClockInLiveMode("a live organization has no test clock")
    present = utc_now()
    if at is not None and at < FIRST:
        raise TestClockOutOfRange("a test clock begins in 1970 or later")
    if at is not None and at > present:
        raise TestClockAhead("a test clock begins now or in the past", present=instant_text(present))
    clock = await store.FREEZE.maybe(tx, org_id, TEST_CLOCK.new(), at or present, present)
    if clock is None:
        raise TestClockExists("this organization has a test clock")
    await eventlog.append(tx, TestClockFrozen(subject=clock.id, now=clock.now_at), org_id=org_id)
    return clock


async def begin(tx: Tx, org_id: OrgId, advance_id: UUID, *, to: datetime, answers: bool = False) -> TestClock:
    """Begin to advance a clock; a worker does the rest, whoever is killed meanwhile.

    To the instant at which it stands is allowed: that carries out what is due by it. `answers` says that the call which
    was claimed under `advance_id` gets its answer in the advance's last transaction.

    Raises TestClockOutOfRange, TestClockNotFound, TestClockAdvancing, TimeRunsForward.
    """
    if to >= AFTER_LAST:
        raise TestClockOutOfRange("a test clock goes to the end of the year 2999")
    clock = await _locked(tx, org_id)
    if clock.advancing:
        raise TestClockAdvancing("the test clock is being advanced", now=instant_text(clock.now_at))
    if to < clock.now_at:
        raise TimeRunsForward("the test clock stands later than that", now=instant_text(clock.now_at))
    begun = await store.BEGIN_ADVANCE.one(tx, org_id, advance_id, to)
    job = ADVANCE.job(org_id, Advance(advance_id, answers), priority=jobs.Priority.PERSON_WAITS)
    await jobs.enqueue(tx, job, now=utc_now())
    return begun


async def arrival(db: Db, keyring: Keyring, org_id: OrgId, advance_id: UUID) -> Answer:
    """Wait until an advance is done, and return its call's answer. It may wait for ever: whoever calls sets a limit."""
    pause = POLL_SECONDS_MIN
    while True:
        async with db.org(org_id, read_only=True) as tx:
            clock = await store.FIND.maybe(tx, org_id)
        if clock is None or clock.advance_id != advance_id or not clock.advancing:
            break
        await asyncio.sleep(pause)
        pause = min(1.5 * pause, POLL_SECONDS_MAX)
    async with db.org(org_id) as tx:
        given = await idempotency.settled(tx, keyring, org_id, advance_id)
    assert given is not None, "an advance ends with its answer"
    return given


async def thaw(tx: Tx, keyring: Keyring, org_id: OrgId) -> TestClock:
    """Remove an organization's clock: its business time is the machine's again. Raises TestClockNotFound.

    A clock that stood behind: what is due meanwhile becomes due at once, side by side, as after a stop of all workers;
    whoever wants it in its order advances to the present first. One that stood ahead: business time goes back, what
    was done stays done, and jobs wait for the machine to come to them. An advance that is under way ends where it
    stands, and its call is answered with that: so that nobody waits for ever for a job that no worker knows. The job
    at work is undone, and carried out by an ordinary worker.
    """
    clock = await _locked(tx, org_id)
    if clock.advancing:
        clock = await _cut_short(tx, keyring, clock)
    removed = await store.THAW.run(tx, org_id)
    assert removed == 1, "it was locked, and stood still"
    await jobs.thaw(tx, org_id)
    await eventlog.append(tx, TestClockRemoved(subject=clock.id, now=clock.now_at), org_id=org_id)
    return clock


async def _cut_short(tx: Tx, keyring: Keyring, clock: TestClock) -> TestClock:
    org_id = clock.org_id
    assert clock.advance_id is not None, "an advance has its id"
    assert clock.from_at is not None, "an advance has its beginning"
    at_it = await store.RUNNER.one(tx, org_id)
    if at_it.runner is not None:
        await jobs.take_back(tx, org_id, at_it.runner)
    stopped = await store.CUT_SHORT.one(tx, org_id)
    fact = TestClockAdvanced(subject=clock.id, since=clock.from_at, now=clock.now_at)
    await eventlog.append(tx, fact, org_id=org_id)
    await idempotency.settle_if_open(tx, keyring, org_id, clock.advance_id, answer(views.view(stopped)))
    return stopped


async def _locked(tx: Tx, org_id: OrgId) -> TestClock:
    """The clock, held until the transaction ends. TestClockNotFound."""
    clock = await store.LOCK.maybe(tx, org_id)
    if clock is None:
        raise TestClockNotFound("this organization has no test clock")
    return clock
