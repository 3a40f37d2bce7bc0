"""The worker: brings to an end what requests left open, and forgets what is old."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.platform import idempotency, telemetry
from kontorhaus.platform.idempotency import Resumer
from kontorhaus.roles.resources import Resources

LOG: Final = telemetry.get_logger(__name__)

IDLE_SECONDS: Final = 1.0
"""How often an idle worker looks for open calls: a caller that was answered 202 polls about once a second."""

FORGET_SECONDS: Final = 60.0
"""Old keys are in nobody's way; a minute keeps each pass small."""


def resumers(resources: Resources) -> Mapping[str, Resumer]:
    """Who brings which kind of open call to its end. No room leaves for the network yet."""
    del resources
    return {}


async def work(resources: Resources, stop: asyncio.Event) -> None:
    """Run until `stop` is set; a pass that has begun is ended first."""
    known = resumers(resources)
    await asyncio.gather(
        _repeat("resume", lambda: idempotency.resume_due(resources.db, known), IDLE_SECONDS, stop),
        _repeat("forget", lambda: idempotency.forget_old(resources.db), FORGET_SECONDS, stop),
    )


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
