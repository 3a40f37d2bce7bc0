"""The whole house in one process: its database, simulators, a demo organization with its first sale, and all roles."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from kontorhaus.platform.settings import Settings
from kontorhaus.roles import database, founding, sandbox, together
from kontorhaus.roles.demo import first
from kontorhaus.roles.resources import Resources, opened

Tell = Callable[[str], None]


async def up(settings: Settings, stop: asyncio.Event, tell: Tell) -> None:
    """Run everything until `stop` is set. A second start finds what the first one made."""
    async with (
        sandbox.mail(settings) as (mailing, mail_page),
        sandbox.stripe(mailing) as (paying, stripe_page),
        database.migrated(paying) as found,
        opened(found, role="all") as resources,
    ):
        await _run(resources, stop, tell, {"Mail": mail_page, "Stripe": stripe_page})
    tell("The house is closed.")


async def _run(
    resources: Resources, stop: asyncio.Event, tell: Tell, pages: Mapping[str, str | None]
) -> None:
    key = await founding.found(resources)
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(together.run(resources, stop, listening=listening.set_result))
        address = await listening
        party = await first.customer(resources, address, key) if key else None
        for line in founding.welcome(resources.settings, address, key, party, pages):
            tell(line)
        if key is not None and pages["Stripe"] is not None:
            tasks.create_task(_first_sale(resources, stop, tell, address, key))


async def _first_sale(resources: Resources, stop: asyncio.Event, tell: Tell, address: str, key: str) -> None:
    """Beside everything else: the house is open before its first sale is over, and closes without waiting for it."""
    playing = asyncio.create_task(first.sale(resources, address, key))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if playing.done():
        for line in playing.result():
            tell(line)
        return
    playing.cancel()
    await asyncio.wait({playing})
