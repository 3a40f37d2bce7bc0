"""How a worker comes by jobs: from the table itself, or one day from a broker that is told what was leased."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from kontorhaus.kernel.time import monotonic
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.jobs import store
from kontorhaus.platform.jobs.model import Priority, Queue, Running


class Dispatch(Protocol):
    """Whoever answers, the lease in the table stays the truth: what a broker loses is a lease that runs out."""

    async def take(
        self, queue: Queue, worker: UUID, limit: int, lease_until: datetime, *, thorough: bool = False
    ) -> Sequence[Running]:
        """Up to `limit` jobs of a queue, leased to the worker and held by no other; empty if there are none.

        One that is not `thorough` may pass over jobs that became ready later than others that were due after them,
        for `FULL_SECONDS` at the most.
        """
        ...


FULL_SECONDS: Final = 2.0
"""How often a claim begins at the very front all the same: for that long a job that came back from a dead worker may
wait where claims are slow."""

MARGIN: Final = timedelta(seconds=1)
"""By how much a job may become ready later than one that was due after it and still be found at once: transactions
that enqueue, the pass that makes due jobs ready, and the clocks of machines are within that."""

# What a claim takes where nothing is in its way: a few milliseconds, and a few hundredths of one for each job.
USUAL_SECONDS: Final = 0.003
USUAL_SECONDS_PER_JOB: Final = 0.0001

LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)


class _Front:
    """Where the next claim of a queue begins, for each priority.

    While somebody holds an old snapshot (a report, a backup) the rows that were claimed since cannot be swept, and lie
    in front of those that are ready: claims become slower by the second. So when they have become slow they begin
    where the last one found something.
    """

    def __init__(self) -> None:
        self.marks = dict.fromkeys(Priority, LONG_AGO)
        self.next_full = 0.0
        self.slow = False

    def begin(self, *, thorough: bool) -> tuple[bool, list[datetime]]:
        full = thorough or not self.slow or monotonic() >= self.next_full
        return full, [LONG_AGO if full else mark for mark in self.marks.values()]

    def note(self, taken: Sequence[store.Claimed], seconds: float, *, full: bool) -> None:
        if full:
            self.slow = seconds > USUAL_SECONDS + USUAL_SECONDS_PER_JOB * len(taken)
            self.next_full = monotonic() + FULL_SECONDS
        for priority in {job.priority for job in taken}:
            first = min(job.due_at for job in taken if job.priority == priority)
            self.marks[Priority(priority)] = first - MARGIN


class Table:
    """Claims from PostgreSQL by SKIP LOCKED."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._after: dict[str, str] = {}
        self._fronts: defaultdict[str, _Front] = defaultdict(_Front)

    async def take(
        self, queue: Queue, worker: UUID, limit: int, lease_until: datetime, *, thorough: bool = False
    ) -> Sequence[Running]:
        async with self._db.system() as tx:
            if queue.per_key is None:
                front, began = self._fronts[queue.name], monotonic()
                full, marks = front.begin(thorough=thorough)
                taken = await store.CLAIM.all(tx, queue.name, limit, worker, lease_until, marks)
                front.note(taken, monotonic() - began, full=full)
                return taken
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
