"""The relay: publishes facts in the log, and carries out what follows from them.

Any number may run: of the sequencer and of each subscriber one process is at work, and the others stand by.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kontorhaus.platform import eventlog
from kontorhaus.platform.eventlog import SnapshotSequencer
from kontorhaus.roles import lone
from kontorhaus.roles.resources import Resources
from kontorhaus.roles.subscribers import every_subscriber


async def relay(resources: Resources, stop: asyncio.Event) -> None:
    """Run until `stop` is set; what has begun is ended first."""
    db, published = resources.db, resources.published
    subscribers = every_subscriber()
    for subscriber in subscribers:
        await eventlog.subscribe(db, subscriber.name)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(eventlog.sequence(SnapshotSequencer(db), stop=stop, published=published))
        for subscriber in subscribers:
            tasks.create_task(eventlog.follow(db, subscriber, stop=stop, published=published))
        tasks.create_task(eventlog.watch(db, stop=stop))


async def relay_alone(
    resources: Resources, stop: asyncio.Event, *, listening: Callable[[str], None] | None = None
) -> None:
    """`relay`, in a process of its own: with a port for metrics and health, where one is set."""
    port = resources.settings.relay_port
    await lone.beside_health(resources, port, relay, stop, listening=listening)
