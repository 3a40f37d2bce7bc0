"""Posting inside a transaction: one call for each, its accounts locked in one order by one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from kontorhaus.kernel.errors import DomainError, Fault
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import instant_text
from kontorhaus.money.ledger.actions import finding, timing
from kontorhaus.money.ledger.actions.preparing import ended, prepare
from kontorhaus.money.ledger.errors import LedgerBusy, LedgerEntryInvalid, LedgerPeriodLocked
from kontorhaus.money.ledger.model.comparing import Before, instant_under, posted_before, reused
from kontorhaus.money.ledger.model.deciding import Plan, spill_id
from kontorhaus.money.ledger.model.entries import SET_ENTRIES_MAX, EntrySet, Recorded
from kontorhaus.money.ledger.model.lines import Kept, Lines, OpenHold
from kontorhaus.money.ledger.store import posting as store
from kontorhaus.platform.db import Tx

LOOKS_MAX: Final = 5
"""Each further look means that another posted one of the same ids in the millisecond between; he does so once."""


class Aside:
    """Stands for an entry set that was not tried, because others hold guards that it needs: these."""

    __slots__ = ("guards",)

    def __init__(self, guards: frozenset[int]) -> None:
        self.guards = guards


Outcome = Recorded | DomainError | Aside


async def post(tx: Tx, org_id: OrgId, *sets: EntrySet) -> tuple[Recorded, ...]:
    """Post entry sets in the caller's transaction, all or none; call it once in each, and last but for facts.

    The same ids with the same content give the answer of then and post nothing; other content raises LedgerIdReused.
    Guaranteed when it returns and `tx` commits: every set is whole, under one instant of record of its own that is
    later than any drawn before in the whole database; no guard was below what is held on it after any line.
    Not guaranteed: that instants are committed in their order.

    It waits for others that post to the same guards. Raises what the first set that is refused is refused for:
    LedgerRouteClosed, LedgerBalanceInsufficient, LedgerPeriodLocked, LedgerIdReused, LedgerHoldEnded,
    LedgerHoldExceeded; LedgerEntryInvalid, LedgerAccountInvalid, LedgerEntityNotFound, LedgerHoldNotFound. The
    transaction must then be rolled back, for accounts may have been opened.
    """
    outcomes = await post_each(tx, org_id, sets, whole=True)
    recorded = []
    for outcome in outcomes:
        if isinstance(outcome, DomainError):
            raise outcome
        assert isinstance(outcome, Recorded), "a patient call puts nothing aside"
        recorded.append(outcome)
    return tuple(recorded)


async def post_each(
    tx: Tx,
    org_id: OrgId,
    sets: Sequence[EntrySet],
    *,
    patient: bool = True,
    whole: bool = False,
    expired: bool = False,
) -> list[Outcome]:
    """Post entry sets one after the other, each for itself: what became of each, in their order.

    `patient` waits for guards that others hold; otherwise sets that need them are put aside. `whole`: as soon as one
    is refused nothing is posted, and the rest is not tried. `expired` says that holds are voided by their time.
    """
    if sum(len(one.entries) for one in sets) > SET_ENTRIES_MAX:
        raise LedgerEntryInvalid("a call takes up to 10,000 entries")
    for _ in range(LOOKS_MAX):
        try:
            outcomes = await _post_each(tx, org_id, sets, patient=patient, whole=whole, expired=expired)
            break
        except _Forgotten:
            # Nothing was written.
            finding.MEMORY.forget()
    else:
        raise LedgerBusy("others open the same accounts all the time")
    if len(outcomes) == len(sets):
        told = zip(sets, outcomes, strict=True)
        await timing.arm(tx, org_id, [s for s, o in told if isinstance(o, Recorded) and not o.repeated])
    return outcomes


class _Forgotten(Exception):
    """An account, or books, that were remembered are not there."""


async def _post_each(
    tx: Tx, org_id: OrgId, sets: Sequence[EntrySet], *, patient: bool, whole: bool, expired: bool
) -> list[Outcome]:
    found = await finding.find(tx, org_id, sets)
    prepared = [prepare(org_id, one, found, expired=expired) for one in sets]
    if any(isinstance(lines, DomainError) for lines in prepared):
        if not await finding.learn(tx, org_id, found):
            raise _Forgotten
        prepared = [prepare(org_id, one, found, expired=expired) for one in sets]
        if whole and any(isinstance(lines, DomainError) for lines in prepared):
            return [lines for lines in prepared if isinstance(lines, DomainError)]
    good = [lines for lines in prepared if isinstance(lines, Lines)]
    told = await _post(tx, org_id, good, patient=patient, whole=whole)
    if len(told) < len(good):
        return list(told)
    each = iter(told)
    return [next(each) if isinstance(lines, Lines) else lines for lines in prepared]


async def _post(
    tx: Tx, org_id: OrgId, sets: Sequence[Lines], *, patient: bool, whole: bool
) -> Sequence[Outcome]:
    """First on trust, in one statement; where that finds anything in the way, with a look at everything."""
    if not sets:
        return ()
    if not any(ended(lines, {}) for lines in sets) and (plan := trusted(sets)) is not None:
        posted = await store.post(tx, org_id, plan, patient=patient)
        if posted.outcome == "posted":
            assert posted.first is not None
            return [Recorded(posted.first + number * store.MICROSECOND) for number in range(len(sets))]
        if posted.outcome == "unknown":
            raise _Forgotten
    for _ in range(LOOKS_MAX):
        outcomes = await _looking(tx, org_id, sets, patient=patient, whole=whole)
        if outcomes is not None:
            return outcomes
    raise LedgerBusy("others post the same ids all the time")


def trusted(sets: Sequence[Lines]) -> Plan | None:
    """All sets as if nothing were in their way; None when they are in each other's."""
    plan = Plan()
    ids = [line.id for lines in sets for line in lines.lines]
    if len(set(ids)) < len(ids):
        return None
    if any(line.places or not line.amount for lines in sets for line in lines.lines):
        # Under their ids the statement does not look.
        return None
    for lines in sets:
        if plan.add(lines) is not None:
            return None
    return plan


async def _looking(
    tx: Tx, org_id: OrgId, sets: Sequence[Lines], *, patient: bool, whole: bool
) -> list[Outcome] | None:
    """Lock, read, decide about each set in its order, and write those that may be written. None, and nothing written,
    when another has just committed one of the ids: where no guard is needed nothing keeps him out."""
    for number in sorted({lines.entity.number for lines in sets}):
        await store.SHARE.one(tx, number)
    wanted = sorted({guard for lines in sets for guard in guards_of(lines)})
    rows = await store.LOCK.all(tx, org_id, wanted, patient) if wanted else []
    found = {r.account_id: (r.balance or 0, r.held or 0) for r in rows if r.account_id is not None}
    busy = frozenset(wanted) - found.keys()
    if patient and busy:
        # Who waits for all has all that there are.
        raise _Forgotten
    free = [lines for lines in sets if not guards_of(lines) & busy]
    before = await _before(tx, org_id, free)
    locked = await _locked(tx, org_id, free)
    plan = Plan(found)
    seen: dict[UUID, tuple[Lines, int]] = {}
    outcomes: list[Outcome | int] = []
    for lines in sets:
        if guards_of(lines) & busy:
            outcomes.append(Aside(guards_of(lines) & busy))
            continue
        outcome = _decide(lines, plan, before, locked[lines.entity.number], seen)
        outcomes.append(outcome)
        if whole and isinstance(outcome, DomainError):
            return [outcome]
    if plan.sets == 0:
        return [outcome for outcome in outcomes if not isinstance(outcome, int)]
    posted = await store.post(tx, org_id, plan, patient=True)
    if posted.outcome == "unknown":
        raise _Forgotten
    if posted.outcome == "repeated":
        return None
    assert posted.outcome == "posted", f"what was decided under locks was {posted.outcome}"
    assert posted.first is not None
    first = posted.first
    return [Recorded(first + o * store.MICROSECOND) if isinstance(o, int) else o for o in outcomes]


async def _locked(tx: Tx, org_id: OrgId, sets: Sequence[Lines]) -> dict[int, store.Locked]:
    """How the books of these sets stand, if they are there. So must be the accounts of holds, at which no other
    statement looks."""
    numbers = {lines.entity.number for lines in sets}
    placed = [line for lines in sets for line in lines.lines if line.places]
    legs = {account.id for line in placed for account in (line.debit, line.credit)}
    rows = await store.LOCKED.all(tx, org_id, list(numbers), list(legs))
    if len(rows) < len(numbers) or sum(row.accounts for row in rows) < len(legs):
        raise _Forgotten
    return {row.number: row for row in rows}


def _decide(
    lines: Lines, plan: Plan, before: Before, locked: store.Locked, seen: dict[UUID, tuple[Lines, int]]
) -> Outcome | int:
    """Posted before, refused, or its number among the sets of the plan. The same set twice in a call is one."""
    if (known := posted_before(lines, before)) is not None:
        return known
    twin = next((seen[line.id] for line in lines.lines if line.id in seen), None)
    if twin is not None:
        return twin[1] if twin[0] == lines else reused("entries")
    number = plan.sets
    refusal = ended(lines, before.holds) or _too_early(lines, locked) or plan.add(lines)
    if refusal is not None:
        return refusal
    seen.update((line.id, (lines, number)) for line in lines.lines)
    return number


def _too_early(lines: Lines, locked: store.Locked) -> LedgerPeriodLocked | None:
    """Whether a set takes effect in a closed period. What takes effect when it is recorded is judged by a clock read a
    moment before; the statement that posts looks once more."""
    before = locked.locked_before
    if before is None:
        return None
    for number, line in enumerate(lines.lines):
        if line.amount and not line.places and (line.effective_at or locked.now) < before:
            fault = Fault(f"/entries/{number}/effective_at", f"expected {instant_text(before)} or later")
            return LedgerPeriodLocked(
                "the period is closed", faults=(fault,), locked_before=instant_text(before)
            )
    return None


def guards_of(lines: Lines) -> frozenset[int]:
    """The accounts that a set must lock."""
    every = {account for line in lines.lines for account in (line.debit, line.credit, line.spill)}
    return frozenset(account.id for account in every if account is not None and account.guards)


async def _before(tx: Tx, org_id: OrgId, sets: Sequence[Lines]) -> Before:
    """What stands under the ids of these sets, read when their guards are locked."""
    lines = [line for one in sets for line in one.lines]
    moved = [line.id for line in lines if not line.places]
    moved += [spill_id(line.id) for line in lines if line.spill is not None]
    transfers = {row.id: row for row in await store.TRANSFERS.all(tx, org_id, moved)}
    held = [line.id for line in lines if line.places] + [line.ends.id for line in lines if line.ends]
    holds = {row.id: row for row in await store.HOLDS.all(tx, org_id, held)} if held else {}
    ends = {row.end_id: row for row in await store.HOLDS_BY_END.all(tx, org_id, moved) if row.end_id}
    instants = {(one.entity.number, at) for one in sets for at in _instants(one, transfers, holds, ends)}
    last = await store.LAST_LINES.all(tx, org_id, *zip(*instants, strict=True)) if instants else []
    return Before(transfers, holds, ends, {(row.entity, row.recorded_at): row.last for row in last})


def _instants(
    lines: Lines,
    transfers: Mapping[UUID, Kept],
    holds: Mapping[UUID, OpenHold],
    ends: Mapping[UUID, OpenHold],
) -> set[datetime]:
    none = Before(transfers, holds, ends, {})
    return {at for line in lines.lines if (at := instant_under(line, none)) is not None}
