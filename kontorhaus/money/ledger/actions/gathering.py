"""Group commit: single posts that come while a commit is in flight go together into the next one.

Nothing waits for company: a lone caller commits at once. A post that needs a guard which others hold is put aside and
waits for it apart; the others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Final

from msgspec import Struct

from kontorhaus.kernel.errors import DomainError, Unavailable
from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.ledger.actions import finding
from kontorhaus.money.ledger.actions.posting import Aside, Outcome, post_each
from kontorhaus.money.ledger.errors import LedgerBusy
from kontorhaus.money.ledger.model.entries import SET_ENTRIES_MAX, EntrySet, Recorded
from kontorhaus.platform.db import DatabaseTooSlow, Db, Tx

GROUP_ENTRIES_MAX: Final = 1_000
"""Entries of one commit: some 25 ms of one core, which is what the next caller waits for."""

WAITING_MAX: Final = 2
"""Transactions of a process that wait for guards of others: each keeps a connection for as long."""


class _Post(Struct, frozen=True, eq=False):
    one: EntrySet
    told: asyncio.Future[Outcome]


class _Lane:
    """One organization's posts: those that wait for the next commit, and those put aside, by the guard they need."""

    __slots__ = ("aside", "busy", "next")

    def __init__(self) -> None:
        self.next: list[_Post] = []
        self.busy = False
        self.aside: dict[int, list[_Post]] = {}


class GroupCommit:
    """Posts entry sets for any number of callers of this process; `close` waits for what is in flight.

    The same guarantees as `post`, each set for itself: when it returns, the set is committed. A caller that is
    cancelled may leave it posted or not; sending it again tells.
    """

    def __init__(self, db: Db) -> None:
        self._db = db
        self._lanes: dict[OrgId, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._patience = asyncio.Semaphore(WAITING_MAX)

    async def post(self, org_id: OrgId, one: EntrySet) -> Recorded:
        """Post one entry set; raises as `post` does, and LedgerBusy when a guard was held by others for too long."""
        if len(one.entries) > SET_ENTRIES_MAX or not finding.remembered(org_id, one):
            # Opened apart, so that no group waits for somebody who is opening the same.
            await self._db.org(org_id).run(lambda tx: _find(tx, org_id, one))
        lane = self._lanes.get(org_id)
        if lane is None:
            lane = self._lanes[org_id] = _Lane()
        if lane.aside and (guard := next((g for g in _guards(one) if g in lane.aside), None)) is not None:
            outcome = await self._put_aside(org_id, lane, guard, one)
        elif lane.busy:
            outcome = await self._join(lane, one)
        else:
            outcome = await self._lead(org_id, lane, one)
        if isinstance(outcome, Aside):
            outcome = await self._put_aside(org_id, lane, min(outcome.guards), one)
        if isinstance(outcome, DomainError):
            raise outcome
        assert isinstance(outcome, Recorded), "who waits for guards is not put aside"
        return outcome

    async def close(self) -> None:
        """Wait until everything that was given is committed or refused."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _lead(self, org_id: OrgId, lane: _Lane, one: EntrySet) -> Outcome:
        """Nothing is in flight: post it here and now. Who comes meanwhile is the next group."""
        lane.busy = True
        try:
            return (await self._commit(org_id, [one], patient=False))[0]
        finally:
            # Handed over without a gap, in which the same caller could lead again before those who wait.
            lane.busy = bool(lane.next)
            if lane.busy:
                self._start(self._follow(org_id, lane))

    async def _join(self, lane: _Lane, one: EntrySet) -> Outcome:
        post = _Post(one, asyncio.get_running_loop().create_future())
        lane.next.append(post)
        return await post.told

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _apart(self, work: Coroutine[None, None, None]) -> None:
        """A group that breaks must not keep the next one from its turn."""
        await asyncio.wait([self._start(work)])

    async def _follow(self, org_id: OrgId, lane: _Lane) -> None:
        """Commit group after group until nobody waits."""
        try:
            while lane.next:
                await self._apart(self._group(org_id, _taken(lane.next), patient=False))
        finally:
            lane.busy = False

    async def _put_aside(self, org_id: OrgId, lane: _Lane, guard: int, one: EntrySet) -> Outcome:
        post = _Post(one, asyncio.get_running_loop().create_future())
        if guard in lane.aside:
            lane.aside[guard].append(post)
        else:
            lane.aside[guard] = [post]
            self._start(self._wait_for(org_id, lane, guard))
        return await post.told

    async def _wait_for(self, org_id: OrgId, lane: _Lane, guard: int) -> None:
        try:
            while lane.aside[guard]:
                async with self._patience:
                    await self._apart(self._group(org_id, _taken(lane.aside[guard]), patient=True))
        finally:
            del lane.aside[guard]

    async def _group(self, org_id: OrgId, posts: Sequence[_Post], *, patient: bool) -> None:
        """Commit posts together and tell each; what fails as a whole, and would fail again, is tried by halves."""
        try:
            outcomes = await self._commit(org_id, [post.one for post in posts], patient=patient)
        except Unavailable as error:
            outcomes = [error] * len(posts)
        except Exception as error:
            if len(posts) == 1:
                if posts[0].told.done():
                    raise  # nobody is there to be told
                _tell(posts[0], error)
                return
            half = len(posts) // 2
            await self._group(org_id, posts[:half], patient=patient)
            await self._group(org_id, posts[half:], patient=patient)
            return
        for post, outcome in zip(posts, outcomes, strict=True):
            _tell(post, outcome)

    async def _commit(self, org_id: OrgId, sets: Sequence[EntrySet], *, patient: bool) -> list[Outcome]:
        async def work(tx: Tx) -> list[Outcome]:
            return await post_each(tx, org_id, sets, patient=patient)

        try:
            return await self._db.org(org_id).run(work)
        except DatabaseTooSlow as error:
            if not patient:
                raise
            raise LedgerBusy("others hold the accounts for too long") from error


async def _find(tx: Tx, org_id: OrgId, one: EntrySet) -> None:
    await finding.find(tx, org_id, [one])


def _guards(one: EntrySet) -> list[int]:
    """The guards that a set names, as far as they are remembered; those of its holds are not."""
    accounts = (finding.MEMORY.accounts.get(name) for name in finding.names([one]))
    return [account.id for account in accounts if account is not None and account.guards]


def _taken(posts: list[_Post]) -> list[_Post]:
    """The first posts of a list, as many as go into one commit."""
    entries = 0
    for number, post in enumerate(posts):
        entries += len(post.one.entries)
        if number and entries > GROUP_ENTRIES_MAX:
            break
    else:
        number = len(posts)
    taken, posts[:] = posts[:number], posts[number:]
    return taken


def _tell(post: _Post, outcome: Outcome | Exception) -> None:
    if post.told.done():
        return  # its caller has gone
    if isinstance(outcome, Exception) and not isinstance(outcome, DomainError):
        post.told.set_exception(outcome)
    else:
        post.told.set_result(outcome)
