"""How the log stands, for Prometheus: asked by a worker, since it is the same for all processes."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime
from typing import Final

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import telemetry
from kontorhaus.platform.db import Db
from kontorhaus.platform.eventlog import store

LOG: Final = telemetry.get_logger(__name__)

GAUGE_SECONDS: Final = 15.0
"""As often as Prometheus asks by default."""


async def watch(db: Db, *, stop: asyncio.Event) -> None:
    """Set the gauges of the log again and again until `stop` is set. Ages are by this machine's clock, and begin with
    the fact's transaction, not with its commit."""
    while not stop.is_set():
        try:
            await gauge(db, now=utc_now())
        except (Unavailable, OSError) as error:
            LOG.warning("log_not_gauged", error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), GAUGE_SECONDS)


async def gauge(db: Db, *, now: datetime) -> None:
    """Set them once: what has no position yet (10,000 are counted at the most), and how far each reader is."""
    async with db.system(read_only=True) as tx:
        unpublished = await store.UNPUBLISHED.one(tx)
        distances = await store.DISTANCES.all(tx)
    metrics = telemetry.metrics
    metrics.log_unpublished.set(unpublished.facts)
    metrics.log_unpublished_seconds.set(_age(unpublished.oldest, now))
    for labelled in (metrics.log_behind, metrics.log_behind_seconds, metrics.log_aside):
        labelled.clear()  # a reader that is gone has no distance
    for reader in distances:
        metrics.log_behind.labels(reader.name).set(reader.behind)
        metrics.log_behind_seconds.labels(reader.name).set(_age(reader.oldest, now))
        metrics.log_aside.labels(reader.name, "waiting").set(reader.waiting)
        metrics.log_aside.labels(reader.name, "parked").set(reader.parked)


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
