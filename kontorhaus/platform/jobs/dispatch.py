"""How a worker comes by jobs: from the table itself, or one day from a broker that is told what was leased."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.jobs import store
from kontorhaus.platform.jobs.model import Queue, Running


class Dispatch(Protocol):
    """Whoever answers, the lease in the table stays the truth: what a broker loses is a lease that runs out."""

    async def take(self, queue: Queue, worker: UUID, limit: int, lease_until: datetime) -> list[Running]:
        """Up to `limit` jobs of a queue, leased to the worker and held by no other; empty if there are none."""


class Table:
    """Claims from PostgreSQL by SKIP LOCKED."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._after: dict[str, str] = {}

    async def take(self, queue: Queue, worker: UUID, limit: int, lease_until: datetime) -> list[Running]:
        async with self._db.system() as tx:
            if queue.per_key is None:
                return await store.CLAIM.all(tx, queue.name, limit, worker, lease_until)
            keys = await self._lock_keys(tx, queue, queue.per_key, limit)
            return await store.CLAIM_OF_KEYS.all(
                tx, queue.name, limit, worker, lease_until, keys, queue.per_key
            )

    async def _lock_keys(self, tx: Tx, queue: Queue, per_key: int, limit: int) -> list[str]:
        """Keys that may have another job, locked. Goes round, so that none waits for ever behind busy ones."""
        after = self._after.get(queue.name, "")
        found = await store.LOCK_KEYS.all(tx, queue.name, after, limit, per_key)
        if len(found) < limit and after:
            # Both looks may meet the same key: a lock that is ours is granted again.
            found += await store.LOCK_KEYS.all(tx, queue.name, "", limit - len(found), per_key)
        self._after[queue.name] = found[-1].key if len(found) == limit else ""
        return list(dict.fromkeys(one.key for one in found))
