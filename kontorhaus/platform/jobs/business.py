"""Jobs of business time under a test clock: what the clock, and nobody else, does with them.

A job that failed is *late*: it waits for machine time, and its organization's clock waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform.db import Tx
from kontorhaus.platform.jobs import store
from kontorhaus.platform.jobs.model import Running
from kontorhaus.platform.jobs.store import Busy


async def take_ready(
    tx: Tx, org_id: OrgId, kinds: Sequence[str], *, worker: UUID, lease_until: datetime
) -> Running | None:
    """Lease the next ready job of an organization among these kinds, by priority, due time and id; None if there is
    none. Never one of a queue with keys, whose limit only a claim by queue keeps. Asked as system."""
    return await store.TAKE_READY.maybe(tx, org_id, list(kinds), worker, lease_until)


async def busy(tx: Tx, org_id: OrgId, *, but: str) -> Busy | None:
    """A job of the organization that is running, ready or late, whatever its clock; None when all is done that can
    be done now. `but` is the kind that does not count: the one that asks. Asked as system.

    Not looked at: what waits for machine time and is not late, such as the next try of a delivery.
    """
    return await store.BUSY.maybe(tx, org_id, but)


async def take_due(
    tx: Tx, org_id: OrgId, kinds: Sequence[str], *, until: datetime, worker: UUID, lease_until: datetime
) -> store.Taken | None:
    """Take the first job of business time that is due by `until`: by due time, priority and id.

    It is leased, `running`, if it is of these kinds and of a queue without keys; otherwise it was made ready, for a
    worker that knows its kind and keeps its key's limit. None if there is none, or a person has just parked it.
    """
    return await store.TAKE_DUE.maybe(tx, org_id, until, list(kinds), worker, lease_until)


async def next_due(tx: Tx, org_id: OrgId) -> datetime | None:
    """When the organization's next job of business time is due."""
    return (await store.NEXT_DUE.one(tx, org_id)).due_at


async def take_back(tx: Tx, org_id: OrgId, worker: UUID) -> int:
    """Take back at once what a worker that is gone has left running in an organization, and say how much. Its attempt
    counts, as with a lease that ran out; if it is still there, it completes nothing."""
    return await store.TAKE_BACK.run(tx, org_id, worker)


async def give_back(tx: Tx, org_id: OrgId, worker: UUID) -> int:
    """Give back what a worker that stops has running in an organization, and say how much; that was no attempt."""
    return await store.GIVE_BACK.run(tx, org_id, worker)


async def thaw(tx: Tx, org_id: OrgId) -> None:
    """Give an organization's jobs back to the machine's time, in the transaction that removes its test clock: those
    that are due by it are ready at once."""
    await store.THAW.run(tx, org_id)


async def held(tx: Tx, running: Running) -> bool:
    """Whether a job is still this attempt's."""
    fence = (running.org_id, running.id, running.worker, running.attempt)
    return await store.HELD.maybe(tx, *fence) is not None
