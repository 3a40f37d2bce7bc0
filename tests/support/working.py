"""Roles of the house at work within a test's own process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform.jobs import HOUSE
from kontorhaus.roles import relay, worker
from kontorhaus.roles.resources import Resources


@contextlib.asynccontextmanager
async def at_work(resources: Resources, org_id: OrgId) -> AsyncIterator[None]:
    """A worker and a relay for the jobs of one organization and of the house, until the block ends.

    The tests of one process share a database. What earlier ones left to be done is put off: it was sealed with keys
    that are gone, and its providers listen no more.
    """
    async with resources.db.system() as tx:
        await tx.connection.execute(
            "UPDATE job SET state = 'scheduled', due_at = now() + interval '1 day'"
            " WHERE org_id <> $1 AND org_id <> $2 AND state IN ('ready', 'scheduled') AND clock = 'machine'",
            org_id,
            HOUSE,
        )
    stop = asyncio.Event()
    roles = [asyncio.create_task(role(resources, stop)) for role in (worker.work, relay.relay)]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*roles)
