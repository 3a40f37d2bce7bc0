"""The whole house in one process: its database, a demo organization, API and worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kontorhaus.platform.settings import Settings
from kontorhaus.roles import api, database, demo, sandbox, worker
from kontorhaus.roles.resources import Resources, opened

Tell = Callable[[str], None]


async def up(settings: Settings, stop: asyncio.Event, tell: Tell) -> None:
    """Run everything until `stop` is set. A second start finds what the first one made."""
    async with (
        sandbox.mail(settings) as (mailing, mail_page),
        database.migrated(mailing) as found,
        opened(found, role="all") as resources,
    ):
        await _run(resources, stop, tell, mail_page)
    tell("The house is closed.")


async def _run(resources: Resources, stop: asyncio.Event, tell: Tell, mail_page: str | None) -> None:
    key = await demo.found(resources)
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(api.serve(resources, stop, listening=listening.set_result))
        tasks.create_task(worker.work(resources, stop))
        address = await listening
        party = await demo.first_customer(resources, address, key) if key else None
        for line in demo.welcome(resources.settings, address, key, party, mail_page):
            tell(line)
