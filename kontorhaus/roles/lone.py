"""A role in a process that has no API: with a port of its own for health and metrics, where one is set."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from msgspec import structs

from kontorhaus.platform import http
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.http import Drain
from kontorhaus.roles.resources import Resources

Role = Callable[[Resources, asyncio.Event], Awaitable[None]]


async def beside_health(
    resources: Resources,
    port: int | None,
    role: Role,
    stop: asyncio.Event,
    *,
    listening: Callable[[str], None] | None = None,
) -> None:
    """Run the role until `stop` is set, beside /healthz, /readyz and /metrics on `port`; without one, alone."""
    if port is None:
        await role(resources, stop)
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
        tasks.create_task(_role(role, resources, stop))
        tasks.create_task(http.serve(application, settings, drain=drain, stop=stop, listening=listening))


async def _role(role: Role, resources: Resources, stop: asyncio.Event) -> None:
    await role(resources, stop)


async def _nobody(credential: str) -> Actor | None:
    del credential
    return None
