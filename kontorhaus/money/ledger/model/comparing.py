"""The same again, or something else under the same id? Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from kontorhaus.money.ledger.errors import LedgerIdReused
from kontorhaus.money.ledger.model.deciding import spill_id
from kontorhaus.money.ledger.model.entries import Recorded
from kontorhaus.money.ledger.model.lines import Kept, Line, Lines, OpenHold, Outcome


class Before(Struct, frozen=True):
    """What stands in the books under the ids of a call: transfers, holds, and holds by what ended them. `last` is the
    place of the last line of each instant."""

    transfers: Mapping[UUID, Kept]
    holds: Mapping[UUID, OpenHold]
    ends: Mapping[UUID, OpenHold]
    last: Mapping[tuple[int, datetime], int]


def posted_before(lines: Lines, before: Before) -> Recorded | LedgerIdReused | None:
    """None for a new set, the answer of then for the same, an error that names the field for another."""
    instants = [instant_under(line, before) for line in lines.lines]
    known = {at for at in instants if at is not None}
    if not known:
        return None
    for line, at in zip(lines.lines, instants, strict=True):
        if at is not None and (field := _difference(line, before)):
            return reused(field)
    spilled = sum(line.spill is not None and spill_id(line.id) in before.transfers for line in lines.lines)
    if None in instants or len(known) > 1:
        return reused("entries")
    at = known.pop()
    if before.last[lines.entity.number, at] != len(lines.lines) + spilled - 1:
        return reused("entries")
    return Recorded(at, repeated=True)


def reused(field: str) -> LedgerIdReused:
    return LedgerIdReused(f"the id stands for an entry with another {field}", field=field)


def instant_under(line: Line, before: Before) -> datetime | None:
    """When something was recorded under a line's id. Ids of holds are a kind of their own, and so are those of voids,
    which the statement that posts a transfer does not look up."""
    if line.places:
        return before.holds[line.id].recorded_at if line.id in before.holds else None
    if line.id in before.transfers and line.amount:
        return before.transfers[line.id].recorded_at
    if line.id in before.ends and line.ends is not None:
        return before.ends[line.id].end_recorded_at
    return None


def _difference(line: Line, before: Before) -> str | None:
    """The first field in which a line differs from what was recorded under its id; None if in none."""
    if line.places:
        return _of_hold(line, before.holds[line.id])
    ended = before.ends.get(line.id)
    if ended is not None and line.ends is None and ended.outcome != Outcome.POSTED:
        ended = None
    if line.outcome != (None if ended is None else ended.outcome):
        return "kind"
    if line.ends is not None and ended is not None and ended.id != line.ends.id:
        return "hold"
    return _of_transfer(line, before.transfers[line.id], before) if line.amount else None


def _of_hold(line: Line, placed: OpenHold) -> str | None:
    pairs = {
        "debit": (line.debit.id, placed.debit_id),
        "credit": (line.credit.id, placed.credit_id),
        "amount": (line.amount, placed.amount),
        "base": (line.base, placed.base_amount),
        "expires_at": (line.expires_at, placed.expires_at),
        "reference": (line.reference, placed.reference),
    }
    return _first(pairs)


def _of_transfer(line: Line, kept: Kept, before: Before) -> str | None:
    rest = before.transfers.get(spill_id(line.id)) if line.spill else None
    spill = () if line.spill is None else (line.spill.id,)
    pairs = {
        "debit": (kept.debit_id in (line.debit.id, *spill), True),
        "credit": (kept.credit_id in (line.credit.id, *spill), True),
        "amount": (line.amount, kept.amount + (rest.amount if rest else 0)),
        "base": (line.base, kept.base_amount + (rest.base_amount if rest else 0)),
        "effective_at": (line.effective_at, kept.effective_at),
        "reference": (line.reference, kept.reference),
        "tax": (
            (line.tax_rate, line.tax_category, line.tax_point),
            (kept.tax_rate, kept.tax_category, kept.tax_point),
        ),
    }
    return _first(pairs)


def _first(pairs: Mapping[str, tuple[object, object]]) -> str | None:
    return next((field for field, (given, kept) in pairs.items() if given != kept), None)
