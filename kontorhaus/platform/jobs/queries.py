"""What stands in the queues."""

from __future__ import annotations

from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform.db import Tx
from kontorhaus.platform.jobs import store
from kontorhaus.platform.jobs.model import HOUSE
from kontorhaus.platform.jobs.store import DeadRows, Depth, Stood


async def list_jobs(
    tx: Tx, state: str, *, after: tuple[UUID, UUID] = (HOUSE, HOUSE), limit: int = 100
) -> list[Stood]:
    """Jobs in a state by organization and id, from behind `after` on; of one organization in its own transaction, of
    all in the system's."""
    return await store.LIST.all(tx, state, *after, limit)


async def parked(tx: Tx, org_id: OrgId, kind: str, dedupe_key: str) -> str | None:
    """Why the job of a kind and `dedupe_key` is parked; None if it is not, or has a living twin. Whoever retries it
    waits until `tx` ends. It looks through the organization's parked jobs, which are few."""
    found = await store.PARKED.maybe(tx, org_id, kind, dedupe_key)
    return None if found is None else found.reason


async def depths(tx: Tx) -> list[Depth]:
    """How many jobs are ready, running and parked in each queue, and since when the oldest is due."""
    return await store.DEPTHS.all(tx)


async def dead_rows(tx: Tx) -> list[DeadRows]:
    """Row versions that wait to be swept, of the tables whose rows change oftenest; an estimate of PostgreSQL's."""
    return await store.DEAD_ROWS.all(tx)


async def snapshot_age(tx: Tx) -> int:
    """How many transactions have begun since the oldest snapshot that somebody holds, on this server or behind a
    replication slot: what has died since cannot be swept. Needs no right beyond the system role's."""
    return (await store.SNAPSHOT_AGE.one(tx)).transactions
