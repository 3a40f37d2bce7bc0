"""From what callers post to lines with their accounts: shape, amounts and routes are checked here."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from kontorhaus.kernel.errors import DomainError, Fault
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.money import Money
from kontorhaus.money.ledger.actions.finding import Found, Routes
from kontorhaus.money.ledger.errors import (
    LedgerAccountInvalid,
    LedgerEntityNotFound,
    LedgerEntryInvalid,
    LedgerHoldEnded,
    LedgerHoldExceeded,
    LedgerHoldNotFound,
    LedgerRouteClosed,
)
from kontorhaus.money.ledger.model.deciding import spilling_leg
from kontorhaus.money.ledger.model.entries import (
    SET_ENTRIES_MAX,
    Entry,
    EntrySet,
    Hold,
    PostHold,
    Transfer,
    VoidHold,
)
from kontorhaus.money.ledger.model.lines import Account, Entity, Line, Lines, OpenHold, Outcome


def prepare(org_id: OrgId, one: EntrySet, found: Found, *, expired: bool = False) -> Lines | DomainError:
    """An entry set with its accounts, or why it cannot be posted, whatever the balances."""
    entity = found.entities.get(one.entity)
    if entity is None:
        return LedgerEntityNotFound("no books were opened for this legal entity")
    if not 1 <= len(one.entries) <= SET_ENTRIES_MAX:
        return LedgerEntryInvalid("an entry set has 1 to 10,000 entries")
    if len({entry.id for entry in one.entries}) < len(one.entries):
        return LedgerEntryInvalid("two entries of a set share an id")
    lines = []
    for number, entry in enumerate(one.entries):
        line = _line(entity, entry, found, f"/entries/{number}", expired)
        if isinstance(line, DomainError):
            return line
        lines.append(line)
    return Lines(org_id, entity, tuple(lines))


def _line(entity: Entity, entry: Entry, found: Found, at: str, expired: bool) -> Line | DomainError:
    if isinstance(entry, PostHold | VoidHold):
        return _ending(entity, entry, found, at, expired)
    spill = getattr(entry, "spill", None)
    legs = [
        found.account(entity, entry.amount.currency, name)
        for name in (entry.debit, entry.credit, spill)
        if name is not None
    ]
    if None in legs:
        leg = ("debit", "credit", "spill")[legs.index(None)]
        fault = Fault(f"{at}/{leg}", "expected a type of the chart, or type:name in visible ASCII")
        return LedgerAccountInvalid("the chart has no such account", faults=(fault,))
    debit, credit, *rest = (account for account in legs if account is not None)
    if (refusal := _refusal(found, entity, entry, debit, credit, at)) is not None:
        return refusal
    base = entry.amount.minor if entry.base is None else entry.base.minor
    if isinstance(entry, Hold):
        return Line(
            id=entry.id,
            debit=debit,
            credit=credit,
            amount=entry.amount.minor,
            base=base,
            reference=entry.reference,
            places=True,
            expires_at=entry.expires_at,
        )
    line = Line(
        id=entry.id,
        debit=debit,
        credit=credit,
        amount=entry.amount.minor,
        base=base,
        effective_at=entry.effective_at,
        reference=entry.reference,
        tax_rate=None if entry.tax is None else entry.tax.rate_ppm,
        tax_category=None if entry.tax is None else entry.tax.category,
        tax_point=None if entry.tax is None else entry.tax.point,
        spill=rest[0] if rest else None,
    )
    return line if line.spill is None else _with_spill(found.routes[entity.number], line, at)


def _refusal(
    found: Found, entity: Entity, entry: Transfer | Hold, debit: Account, credit: Account, at: str
) -> DomainError | None:
    if entry.amount.minor < 1:
        return _invalid(
            f"{at}/amount", "an amount is at least one minor unit; swap the sides to go the other way"
        )
    if debit.id == credit.id:
        return _invalid(f"{at}/credit", "debit and credit are the same account")
    if (refusal := _base(entity, entry.amount, entry.base, at)) is not None:
        return refusal
    return _route(found.routes[entity.number], debit, credit)


def _base(entity: Entity, amount: Money, base: Money | None, at: str) -> DomainError | None:
    if amount.currency == entity.base_currency:
        if base not in (None, amount):
            return _invalid(f"{at}/base", "the amount in base currency is another one")
    elif base is None:
        return _invalid(f"{at}/base", f"give the amount in {entity.base_currency}")
    elif base.currency != entity.base_currency or base.minor < 0:
        return _invalid(f"{at}/base", f"expected an amount in {entity.base_currency}, not below zero")
    return None


def _route(routes: Routes, debit: Account, credit: Account) -> LedgerRouteClosed | None:
    if (debit.type, credit.type) in routes:
        return None
    return LedgerRouteClosed(
        "the chart does not let these accounts face each other", debit=debit.type, credit=credit.type
    )


def _with_spill(routes: Routes, line: Line, at: str) -> Line | DomainError:
    """The account that takes what a guard would refuse must be allowed in that guard's place, and take anything."""
    leg = spilling_leg(line)
    assert line.spill is not None
    if leg is None:
        return line
    debit, credit = (line.spill, line.credit) if leg == "debit" else (line.debit, line.spill)
    if line.spill.id in (line.debit.id, line.credit.id) or (
        line.spill.guards and line.spill.change(leg, 1) < 0
    ):
        return _invalid(f"{at}/spill", "this account cannot take what another refuses")
    return _route(routes, debit, credit) or line


def _ending(
    entity: Entity, entry: PostHold | VoidHold, found: Found, at: str, expired: bool
) -> Line | DomainError:
    hold = found.holds.get(entry.hold)
    if hold is None:
        return LedgerHoldNotFound("there is no hold with this id")
    debit, credit = found.legs[hold.debit_id], found.legs[hold.credit_id]
    if hold.entity != entity.number:
        return _invalid(f"{at}/hold", "the hold belongs to another legal entity")
    if isinstance(entry, VoidHold):
        outcome = Outcome.EXPIRED if expired else Outcome.VOIDED
        return Line(id=entry.id, debit=debit, credit=credit, amount=0, base=0, ends=hold, outcome=outcome)
    return _posting(entity, entry, hold, debit, credit, at)


def _posting(
    entity: Entity, entry: PostHold, hold: OpenHold, debit: Account, credit: Account, at: str
) -> Line | DomainError:
    amount = entry.amount or Money(hold.amount, debit.currency)
    if amount.currency != debit.currency:
        return _invalid(f"{at}/amount", f"the hold is in {debit.currency}")
    if amount.minor < 1:
        return _invalid(f"{at}/amount", "an amount is at least one minor unit; void the hold to post nothing")
    if amount.minor > hold.amount:
        return LedgerHoldExceeded("more than was held cannot be posted", held=hold.amount)
    base = entry.base
    if base is None and (debit.currency == entity.base_currency or amount.minor == hold.amount):
        base = Money(
            amount.minor if debit.currency == entity.base_currency else hold.base_amount, entity.base_currency
        )
    if (refusal := _base(entity, amount, base, at)) is not None or base is None:
        return refusal or _invalid(f"{at}/base", f"give the amount in {entity.base_currency}")
    return Line(
        id=entry.id,
        debit=debit,
        credit=credit,
        amount=amount.minor,
        base=base.minor,
        effective_at=entry.effective_at,
        reference=hold.reference,
        ends=hold,
        outcome=Outcome.POSTED,
    )


def ended(lines: Lines, newer: Mapping[UUID, OpenHold]) -> LedgerHoldEnded | None:
    """Whether one of the holds that a set is to end has ended already, as read before or in `newer`."""
    for line in lines.lines:
        if line.ends is None:
            continue
        hold = newer.get(line.ends.id, line.ends)
        if hold.outcome is not None:
            return LedgerHoldEnded("the hold has ended", outcome=hold.outcome)
    return None


def _invalid(pointer: str, detail: str) -> LedgerEntryInvalid:
    return LedgerEntryInvalid("an entry is wrong", faults=(Fault(pointer, detail),))
