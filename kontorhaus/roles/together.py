"""Every role side by side in one process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kontorhaus.roles import api, relay, worker
from kontorhaus.roles.resources import Resources


async def run(resources: Resources, stop: asyncio.Event, *, listening: Callable[[str], None]) -> None:
    """API, worker and relay until `stop` is set. `listening` is told the address once the API is open."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(api.serve(resources, stop, listening=listening))
        tasks.create_task(worker.work(resources, stop))
        tasks.create_task(relay.relay(resources, stop))
