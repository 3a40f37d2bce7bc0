"""What a worker runs: the sequencer's tick and a subscriber's steps, again and again until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.kernel.time import monotonic, utc_now
from kontorhaus.platform import telemetry
from kontorhaus.platform.db import Db
from kontorhaus.platform.eventlog import readers
from kontorhaus.platform.eventlog.model import Step
from kontorhaus.platform.eventlog.readers import Subscriber
from kontorhaus.platform.eventlog.sequencer import Sequencer

LOG: Final = telemetry.get_logger(__name__)

TICK_SECONDS: Final = 0.01
"""While facts come in. A tick costs most of a millisecond, be it of one fact or of twenty: more often would take from
the writers what it gives to the readers."""

REST: Final = 5
"""After a tick of so long the sequencer rests five times as long, and so takes a sixth of a core at the most: a tick of
many facts costs less for each, and a database that has become slow is not asked oftener."""

IDLE_SECONDS_MAX: Final = 0.1
"""What the pause doubles up to when nothing comes: ten looks a second are under a hundredth of a core, and a lone
fact waits a tenth of a second at the most."""

AWAY_SECONDS_MAX: Final = 5.0
"""What it doubles up to while the database is away: soon there again when it is back, and no crowd at its door."""


class Bell:
    """Wakes the loops of this process before their pause is over: rung after a commit, never inside a transaction.

    Only a hint. Nothing is lost when it is not rung, or rung in another process: every loop looks by itself.
    """

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()

    async def wait(self, seconds: float) -> None:
        """Until it rings, or the time is over."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)


async def sequence(sequencer: Sequencer, *, stop: asyncio.Event, published: Bell) -> None:
    """Publish what is committed until `stop` is set; `published` rings with every tick that found something."""
    pause = TICK_SECONDS
    while not stop.is_set():
        began = monotonic()
        try:
            fresh = await sequencer.tick()
        except Unavailable as error:
            LOG.warning("sequencer_waits", reason=error.code)
            pause = min(max(pause * 2, IDLE_SECONDS_MAX), AWAY_SECONDS_MAX)
        else:
            took = monotonic() - began
            telemetry.metrics.log_tick_seconds.observe(took)
            resting = min(max(TICK_SECONDS, REST * took), IDLE_SECONDS_MAX)
            pause = resting if fresh else min(pause * 2, IDLE_SECONDS_MAX)
            if fresh:
                telemetry.metrics.log_published.inc(fresh)
                published.ring()
        await _pause(stop, pause)


async def follow(db: Db, subscriber: Subscriber, *, stop: asyncio.Event, published: Bell) -> None:
    """Carry out facts as they are published, and those set aside when they are due, until `stop` is set. Any number of
    processes may follow under one name: one reads, the others stand by. SubscriberUnknown before `subscribe`."""
    await readers.refuse_unknown(db, subscriber.name)
    pause = TICK_SECONDS
    while not stop.is_set():
        try:
            step = await readers.advance(db, subscriber, now=utc_now())
            again = await readers.retry(db, subscriber, now=utc_now()) if step.due else Step()
        except Unavailable as error:
            LOG.warning("subscriber_waits", subscriber=subscriber.name, reason=error.code)
            pause = min(max(pause * 2, IDLE_SECONDS_MAX), AWAY_SECONDS_MAX)
        else:
            if step.passed or again.done:
                pause = TICK_SECONDS
                continue
            pause = min(pause * 2, IDLE_SECONDS_MAX)
        await published.wait(pause)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
