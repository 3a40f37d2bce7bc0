"""Statements that post, and those that look up what stands under the ids of a call."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.ledger.model.deciding import Plan, Step
from kontorhaus.money.ledger.model.lines import Kept, Line, OpenHold
from kontorhaus.platform.db import Query, Tx


class Posted(Struct, frozen=True):
    """What `ledger_post` and its like answer: the first instant of those that were given to the sets."""

    outcome: str | None
    first: datetime | None


class GuardRow(Struct, frozen=True):
    account_id: int | None
    balance: int | None
    held: int | None


class Shared(Struct, frozen=True):
    locked: bool | None


class LastLine(Struct, frozen=True):
    entity: int
    recorded_at: datetime
    last: int


class Locked(Struct, frozen=True):
    number: int
    locked_before: datetime | None
    now: datetime
    accounts: int


class Noted(Struct, frozen=True):
    noted: int | None


class DueRow(Struct, frozen=True):
    hold_id: UUID
    entity_id: UUID


POST = Query(
    Posted,
    """
    SELECT outcome, first
    FROM ledger_post($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                     $22, $23, $24, $25)
    """,
)

POST_ALONE = Query(
    Posted,
    """
    SELECT outcome, first
    FROM ledger_post_alone($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                           $21, $22, $23, $24, $25, $26)
    """,
)

POST_TRANSFER = Query(
    Posted,
    """
    SELECT outcome, first FROM ledger_post_transfer($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    """,
)

POST_TRANSFER_ALONE = Query(
    Posted,
    """
    SELECT outcome, first FROM ledger_post_transfer_alone($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    """,
)

NOTE_HOLDS = Query(
    Noted,
    "SELECT ledger_note_holds($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) AS noted",
)

# Before anything is read: who closes a period waits for us, or we for him.
SHARE = Query(
    Shared,
    "SELECT pg_advisory_xact_lock_shared('ledger_entity'::regclass::oid::integer, $1)::text = '' AS locked",
)

LOCK = Query(GuardRow, "SELECT account_id, balance, held FROM ledger_lock($1, $2, $3)")

TRANSFERS = Query(
    Kept,
    """
    SELECT id, recorded_at, debit_id, credit_id, amount, base_amount, line, tax_point, tax_rate, effective_at,
           reference, tax_category
    FROM ledger_transfer WHERE org_id = $1 AND id = ANY ($2::uuid[])
    """,
)

HOLDS = Query(
    OpenHold,
    """
    SELECT h.id, h.recorded_at, h.debit_id, h.credit_id, h.amount, h.base_amount, h.entity, h.line, h.expires_at,
           h.reference, e.id AS end_id, e.recorded_at AS end_recorded_at, e.outcome
    FROM ledger_hold h LEFT JOIN ledger_hold_end e ON e.org_id = h.org_id AND e.hold_id = h.id
    WHERE h.org_id = $1 AND h.id = ANY ($2::uuid[])
    """,
)

HOLDS_BY_END = Query(
    OpenHold,
    """
    SELECT h.id, h.recorded_at, h.debit_id, h.credit_id, h.amount, h.base_amount, h.entity, h.line, h.expires_at,
           h.reference, e.id AS end_id, e.recorded_at AS end_recorded_at, e.outcome
    FROM ledger_hold_end e JOIN ledger_hold h ON h.org_id = e.org_id AND h.id = e.hold_id
    WHERE e.org_id = $1 AND e.id = ANY ($2::uuid[])
    """,
)

# One entry set is one instant, so its last line says how many it has.
LAST_LINES = Query(
    LastLine,
    """
    SELECT s.entity, s.recorded_at, greatest(
        coalesce((SELECT t.line FROM ledger_transfer t
                  WHERE t.org_id = $1 AND t.entity = s.entity AND t.recorded_at = s.recorded_at
                  ORDER BY t.line DESC LIMIT 1), -1),
        coalesce((SELECT h.line FROM ledger_hold h
                  WHERE h.org_id = $1 AND h.entity = s.entity AND h.recorded_at = s.recorded_at
                  ORDER BY h.line DESC LIMIT 1), -1),
        coalesce((SELECT e.line FROM ledger_hold_end e
                  WHERE e.org_id = $1 AND e.entity = s.entity AND e.recorded_at = s.recorded_at
                  ORDER BY e.line DESC LIMIT 1), -1)) AS last
    FROM unnest($2::integer[], $3::timestamptz[]) AS s (entity, recorded_at)
    """,
)

# With how many of some accounts belong to the entity.
LOCKED = Query(
    Locked,
    """
    SELECT e.number, e.locked_before, clock_timestamp() AS now,
           (SELECT count(*) FROM ledger_account a
            WHERE a.org_id = $1 AND a.id = ANY ($3::bigint[]) AND a.entity = e.number) AS accounts
    FROM ledger_entity e WHERE e.org_id = $1 AND e.number = ANY ($2::integer[])
    """,
)

DUE = Query(
    DueRow,
    """
    SELECT d.hold_id, e.id AS entity_id
    FROM ledger_hold_due d
    JOIN ledger_hold h ON h.org_id = d.org_id AND h.id = d.hold_id
    JOIN ledger_entity e ON e.org_id = h.org_id AND e.number = h.entity
    WHERE d.org_id = $1 AND d.expires_at <= $2 ORDER BY d.expires_at, d.hold_id LIMIT $3
    """,
)

MICROSECOND: Final = timedelta(microseconds=1)


async def post(tx: Tx, org_id: OrgId, plan: Plan, *, patient: bool) -> Posted:
    """Write a plan, or learn why nothing of it was written.

    Two calls with the same id at the same instant are left to the unique key: the later one is tried again as the
    victim of serialization, and finds the other's.
    """
    try:
        if (line := _one_transfer(plan)) is not None:
            return await POST_TRANSFER.one(tx, org_id, patient, *columns(line))
        posted = await POST.one(tx, org_id, *arrays(plan), patient)
        if posted.outcome == "posted" and posted.first is not None:
            await _note_holds(tx, org_id, plan.steps, posted.first)
    except asyncpg.UniqueViolationError as error:
        raise asyncpg.SerializationError("another call posts the same ids now") from error
    return posted


async def unless_repeated(posting: Awaitable[Posted]) -> Posted:
    """What a transaction by itself was answered, also where another has just committed one of its ids."""
    try:
        return await posting
    except asyncpg.UniqueViolationError:
        return Posted("repeated", None)


def _one_transfer(plan: Plan) -> Line | None:
    """The line of a plan that is one transfer and nothing else."""
    if len(plan.steps) != 1:
        return None
    line = plan.steps[0].line
    return line if line.amount and not line.places and line.ends is None else None


def columns(line: Line) -> tuple[object, ...]:
    """A transfer in the order of the parameters of `ledger_post_transfer`."""
    return (
        line.id,
        line.debit.entity,
        line.debit.id,
        line.credit.id,
        line.amount,
        line.base,
        line.effective_at,
        line.reference,
        line.tax_rate,
        line.tax_category,
        line.tax_point,
    )


def arrays(plan: Plan) -> tuple[object, ...]:
    """A plan in the order of the parameters of `ledger_post`."""
    guards = sorted(plan.guards)
    place = {account_id: number for number, account_id in enumerate(guards, 1)}
    standings = [plan.guards[account_id] for account_id in guards]
    return (
        *_transfers([step for step in plan.steps if step.line.amount and not step.line.places], place),
        guards,
        [standing.balance for standing in standings],
        [standing.held for standing in standings],
        [standing.lowest for standing in standings],
        sorted({step.line.debit.entity for step in plan.steps}),
        plan.sets,
    )


def _transfers(steps: Sequence[Step], place: dict[int, int]) -> tuple[Sequence[object] | None, ...]:
    """The columns of `ledger_post`, in the order of its parameters."""
    rows = [
        (
            step.line.id,
            step.set,
            step.number,
            step.line.debit.entity,
            step.line.debit.id,
            step.line.credit.id,
            step.line.amount,
            step.line.base,
            step.line.effective_at,
            step.line.reference,
            step.line.tax_rate,
            step.line.tax_category,
            step.line.tax_point,
            None if step.debit_change is None else place[step.line.debit.id],
            step.debit_change,
            None if step.credit_change is None else place[step.line.credit.id],
            step.credit_change,
        )
        for step in steps
    ]
    if not rows:
        return ((),) * 17
    # What none has is sent as NULL: each array costs as much as a transfer.
    return tuple(
        column if number < REQUIRED or any(value is not None for value in column) else None
        for number, column in enumerate(zip(*rows, strict=True))
    )


REQUIRED: Final = 8
"""Columns that every transfer has, and by which the statement counts them."""


async def _note_holds(tx: Tx, org_id: OrgId, steps: Sequence[Step], first: datetime) -> None:
    placed = [
        (
            s.line.id,
            first + s.set * MICROSECOND,
            s.line.debit.entity,
            s.number,
            s.line.debit.id,
            s.line.credit.id,
            s.line.amount,
            s.line.base,
            s.line.expires_at,
            s.line.reference,
        )
        for s in steps
        if s.line.places
    ]
    ended = [
        (
            s.line.ends.id,
            s.line.id,
            first + s.set * MICROSECOND,
            s.line.debit.entity,
            s.number,
            s.line.outcome,
        )
        for s in steps
        if s.line.ends is not None
    ]
    if placed or ended:
        await NOTE_HOLDS.one(
            tx,
            org_id,
            *(zip(*placed, strict=True) if placed else ((),) * 10),
            *(zip(*ended, strict=True) if ended else ((),) * 6),
        )
