"""The tail of the log: one look for all who wait in this process, however many they are."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Final

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform import telemetry
from kontorhaus.platform.db import Db
from kontorhaus.platform.eventlog import store
from kontorhaus.platform.eventlog.errors import TooManyWaiting
from kontorhaus.platform.eventlog.loops import AWAY_SECONDS_MAX, IDLE_SECONDS_MAX, TICK_SECONDS, Bell
from kontorhaus.platform.eventlog.model import MAX_POSITION, Appeared, Cursor, Head
from kontorhaus.platform.eventlog.own import STRETCH_MAX, Wanted

LOG: Final = telemetry.get_logger(__name__)

WAITING_MAX: Final = 5_000
"""Waiting calls of one process: some 30 KiB each, most of it the connection's, so 150 MiB in all."""

WAITING_OF_ONE_MAX: Final = 1_000
"""Of one organization: so that the clients of one, all gone wild, leave room for the others."""

READERS_MAX: Final = 4
"""Of those who were woken read at once, under `turn`: a fact that a thousand wait for must not take all connections
from the calls that write."""


class Waiter:
    """One who waits for facts of his organization, or for a commit to be published."""

    __slots__ = ("_woken", "looks", "wanted", "xid")

    def __init__(self, wanted: Wanted | None, xid: int | None, looks: int) -> None:
        self.wanted = wanted
        self.xid = xid
        self.looks = looks
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    @property
    def woken(self) -> bool:
        return self._woken.is_set()

    async def wait(self, seconds: float) -> bool:
        """Until what is waited for is there, `seconds` at most; whether it is. It may say so without need."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)
        return self.woken


class Tail:
    """Looks where the log ends while somebody waits, and wakes those for whom something has come.

    A waiter costs memory and no connection, and a look costs the same for one and for thousands: up to a hundred
    looks a second while facts come in, ten when none do, none when nobody waits. Each process has its own.
    """

    def __init__(
        self, *, waiting_max: int = WAITING_MAX, waiting_of_one_max: int = WAITING_OF_ONE_MAX
    ) -> None:
        self._waiting_max = waiting_max
        self._of_one_max = waiting_of_one_max
        self._waiters: dict[OrgId, set[Waiter]] = {}
        self._commits: set[Waiter] = set()
        self._count = 0
        # Everybody who waits has seen the log up to here, or further.
        self._low = MAX_POSITION
        self._somebody = asyncio.Event()
        self._bell = Bell()
        # How many looks were begun, and which of them has seen `head`.
        self._begun = 0
        self._ended = 0
        self.head: Head | None = None
        self.turn: Final = asyncio.Semaphore(READERS_MAX)

    @property
    def waiting(self) -> int:
        return self._count

    @contextlib.contextmanager
    def facts(self, org_id: OrgId, wanted: Wanted, seen: Cursor) -> Iterator[Waiter]:
        """Wait for a fact of the organization behind `seen`, up to where the caller has read. TooManyWaiting."""
        self._low = min(self._low, seen.position)
        with self._joined(org_id, Waiter(wanted, None, self._begun)) as waiter:
            yield waiter

    def looked_through(self, waiter: Waiter) -> Cursor | None:
        """How far the log is known to hold nothing for a waiter who was not woken; None if nobody has looked yet."""
        return self.head.cursor if self.head is not None and waiter.looks < self._ended else None

    @contextlib.contextmanager
    def commit(self, org_id: OrgId, xid: int) -> Iterator[Waiter]:
        """Wait until what this transaction wrote is published. TooManyWaiting."""
        with self._joined(org_id, Waiter(None, xid, self._begun)) as waiter:
            self._commits.add(waiter)
            # Who has just written does not want to wait until the next look of an idle house.
            self._bell.ring()
            try:
                yield waiter
            finally:
                self._commits.discard(waiter)

    @contextlib.contextmanager
    def _joined(self, org_id: OrgId, waiter: Waiter) -> Iterator[Waiter]:
        mates = self._waiters.get(org_id, set())
        if self._count >= self._waiting_max or len(mates) >= self._of_one_max:
            raise TooManyWaiting("too many calls are waiting")
        self._waiters.setdefault(org_id, mates).add(waiter)
        self._count += 1
        self._somebody.set()
        try:
            yield waiter
        finally:
            self._count -= 1
            mates.discard(waiter)
            if not mates:
                self._waiters.pop(org_id, None)
            if not self._count:
                self._somebody.clear()
                self._low = MAX_POSITION

    async def watch(self, db: Db, published: Bell) -> None:
        """Look, again and again, until cancelled: run by the process beside whoever lets callers wait. `published` may
        ring when this very process has published something."""
        pause = TICK_SECONDS
        while True:
            await self._somebody.wait()
            try:
                moved = await self._look(db)
            except Unavailable as error:
                LOG.warning("tail_waits", reason=error.code)
                pause = min(max(pause * 2, IDLE_SECONDS_MAX), AWAY_SECONDS_MAX)
            else:
                pause = TICK_SECONDS if moved else min(pause * 2, IDLE_SECONDS_MAX)
            await self._rest(published, pause)

    async def _rest(self, published: Bell, seconds: float) -> None:
        """Until one of the bells rings, or the time is over."""
        rings = [asyncio.ensure_future(bell.wait(seconds)) for bell in (published, self._bell)]
        try:
            await asyncio.wait(rings, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for ring in rings:
                ring.cancel()

    async def _look(self, db: Db) -> bool:
        """Wake whoever has something to read now; says whether the log has grown."""
        # Who joins from here on says anew how far he has seen, and is looked after the next time.
        low, self._low = self._low, MAX_POSITION
        before = self.head
        self._begun += 1
        try:
            async with db.system(read_only=True) as tx:
                head = await store.LOOK.one(tx)
                fresh: list[Appeared] | None = []
                if head.position > low + STRETCH_MAX or (before and head.position < before.position):
                    fresh = None
                elif head.position > low:
                    fresh = await store.APPEARED.all(tx, low, head.position, list(self._waiters))
        except BaseException:
            self._low = min(self._low, low)
            raise
        self.head, self._ended = head, self._begun
        self._low = min(self._low, head.position)
        self._wake(head, fresh)
        return before is None or head.position != before.position

    def _wake(self, head: Head, fresh: list[Appeared] | None) -> None:
        """Wake those for whom a fact or a commit has come; all of them if it is not known for whom."""
        for fact in fresh or ():
            for waiter in self._waiters.get(OrgId(fact.org_id), ()):
                if waiter.wanted is not None and waiter.wanted.takes(fact):
                    waiter.wake()
        for waiter in self._commits:
            if waiter.xid is not None and head.holds(waiter.xid):
                waiter.wake()
        if fresh is None:
            for mates in self._waiters.values():
                for waiter in mates:
                    waiter.wake()
