"""Group commit: single posts that come while a commit is in flight go together into the next one.

Nothing waits for company: a lone caller commits at once. A post that needs a guard which others hold is put aside and
waits for it apart; the others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final, TypeVar

from msgspec import Struct

from kontorhaus.kernel.errors import DomainError, Unavailable
from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.ledger.actions import alone, finding
from kontorhaus.money.ledger.actions.posting import Aside, Outcome, post_each
from kontorhaus.money.ledger.errors import LedgerBusy
from kontorhaus.money.ledger.model.entries import EntrySet, Recorded
from kontorhaus.money.ledger.model.lines import Lines
from kontorhaus.platform.db import DatabaseTooSlow, Db, Tx

GROUP_ENTRIES_MAX: Final = 1_000
"""Entries of one commit: some 25 ms of one core, which is what the next caller waits for."""

WAITING_MAX: Final = 2
"""Transactions of a process that wait for guards of others: each keeps a connection for as long."""


HALVED_MIN: Final = 16
"""Posts from which on a group is half of those that wait: while the database commits one half, this process serves the
other. Fewer go together, since a commit costs as much as ten of them."""


class _Post(Struct, frozen=True, eq=False):
    one: EntrySet
    lines: Lines | None
    """With its accounts, where they are remembered: prepared while the group before is in flight."""
    told: asyncio.Future[Outcome]


Answers = list[tuple[_Post, Outcome | Exception]]


T = TypeVar("T")


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
        self._tasks: set[asyncio.Task[Any]] = set()
        self._patience = asyncio.Semaphore(WAITING_MAX)

    async def post(self, org_id: OrgId, one: EntrySet) -> Recorded:
        """Post one entry set; raises as `post` does, and LedgerBusy when a guard was held by others for too long."""
        lines = alone.recalled(org_id, one)
        if lines is None and not finding.remembered(org_id, one):
            # Opened apart, so that no group waits for somebody who is opening the same.
            await self._db.org(org_id).run(lambda tx: _find(tx, org_id, one))
            lines = alone.recalled(org_id, one)
        lane = self._lanes.get(org_id)
        if lane is None:
            lane = self._lanes[org_id] = _Lane()
        post = _Post(one, lines, asyncio.get_running_loop().create_future())
        guards = finding.guards(org_id, one) if lane.aside else ()
        if (guard := next((g for g in guards if g in lane.aside), None)) is not None:
            outcome = await self._put_aside(org_id, lane, guard, post)
        elif lane.busy:
            lane.next.append(post)
            outcome = await post.told
        else:
            outcome = await self._lead(org_id, lane, post)
        if isinstance(outcome, Aside):
            again = _Post(one, lines, asyncio.get_running_loop().create_future())
            outcome = await self._put_aside(org_id, lane, min(outcome.guards), again)
        if isinstance(outcome, DomainError):
            raise outcome
        assert isinstance(outcome, Recorded), "who waits for guards is not put aside"
        return outcome

    async def close(self) -> None:
        """Wait until everything that was given is committed or refused."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _lead(self, org_id: OrgId, lane: _Lane, post: _Post) -> Outcome:
        """Nothing is in flight: post it here and now. Who comes meanwhile is the next group."""
        lane.busy = True
        try:
            return (await self._commit(org_id, [post], patient=False))[0]
        finally:
            # Handed over without a gap, in which the same caller could lead again before those who wait.
            lane.busy = bool(lane.next)
            if lane.busy:
                self._start(self._follow(org_id, lane))

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _follow(self, org_id: OrgId, lane: _Lane) -> None:
        """Commit group after group until nobody waits.

        Where many wait, those of a group are told when the next one is under way. Where few do, they are told first,
        and whoever posts again at once is in the next.
        """
        answers: Answers = []
        try:
            while lane.next:
                group = _taken(lane.next, half_of=len(lane.next) + len(answers))
                committing = self._start(self._group(org_id, group, patient=False))
                _tell(answers)  # they run when the group has been sent
                answers = await self._ended(committing, group)
                if len(lane.next) < HALVED_MIN:
                    _tell(answers)
                    answers = []
                    await asyncio.sleep(0)
        finally:
            _tell(answers)
            lane.busy = False

    async def _ended(self, committing: asyncio.Task[Answers], group: Sequence[_Post]) -> Answers:
        """The answers of a group. One that breaks must not keep the next from its turn, nor its callers waiting."""
        await asyncio.wait([committing])
        if committing.cancelled():
            for post in group:
                post.told.cancel()
            return []
        error = committing.exception()
        if isinstance(error, Exception):
            return [(post, error) for post in group]
        return committing.result()

    async def _put_aside(self, org_id: OrgId, lane: _Lane, guard: int, post: _Post) -> Outcome:
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
                    group = _taken(lane.aside[guard])
                    committing = self._start(self._group(org_id, group, patient=True))
                    _tell(await self._ended(committing, group))
        finally:
            del lane.aside[guard]

    async def _group(self, org_id: OrgId, posts: Sequence[_Post], *, patient: bool) -> Answers:
        """Commit posts together; what fails as a whole, and would fail again, is tried by halves."""
        (outcomes,) = await asyncio.gather(
            self._commit(org_id, posts, patient=patient), return_exceptions=True
        )
        if not isinstance(outcomes, BaseException):
            return list(zip(posts, outcomes, strict=True))
        if not isinstance(outcomes, Exception):
            raise outcomes
        if isinstance(outcomes, Unavailable) or len(posts) == 1:
            return [(post, outcomes) for post in posts]
        half = len(posts) // 2
        first = await self._group(org_id, posts[:half], patient=patient)
        return first + await self._group(org_id, posts[half:], patient=patient)

    async def _commit(self, org_id: OrgId, posts: Sequence[_Post], *, patient: bool) -> Sequence[Outcome]:
        scope = self._db.org(org_id)
        lines = [post.lines for post in posts if post.lines is not None]
        if not patient and len(lines) == len(posts) and (told := await alone.post(scope, lines)) is not None:
            return told
        sets = [post.one for post in posts]
        try:
            return await scope.run(lambda tx: post_each(tx, org_id, sets, patient=patient))
        except DatabaseTooSlow as error:
            if not patient:
                raise
            raise LedgerBusy("others hold the accounts for too long") from error


async def _find(tx: Tx, org_id: OrgId, one: EntrySet) -> None:
    await finding.find(tx, org_id, [one])


def _taken(posts: list[_Post], half_of: int = 0) -> list[_Post]:
    """The first posts of a list, as many as go into one commit; of many, half of so many."""
    most = max(HALVED_MIN, (half_of + 1) // 2) if half_of else len(posts)
    entries = 0
    for number, post in enumerate(posts[:most]):
        entries += len(post.one.entries)
        if number and entries > GROUP_ENTRIES_MAX:
            break
    else:
        number = min(most, len(posts))
    taken, posts[:] = posts[:number], posts[number:]
    return taken


def _tell(answers: Answers) -> None:
    for post, outcome in answers:
        if isinstance(outcome, DomainError) or not isinstance(outcome, Exception):
            if not post.told.done():
                post.told.set_result(outcome)
        elif not post.told.done():
            post.told.set_exception(outcome)
        else:
            # Its caller has gone, so that it is logged instead.
            told = {"message": "a post that nobody waits for has failed", "exception": outcome}
            asyncio.get_running_loop().call_exception_handler(told)
