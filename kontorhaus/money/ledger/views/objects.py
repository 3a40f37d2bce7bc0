"""How the ledger looks at the edge."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from kontorhaus.kernel.errors import DomainError, Fault
from kontorhaus.kernel.errors import Fact as ErrorFact
from kontorhaus.kernel.ids import text_of
from kontorhaus.kernel.money import Money, MoneyView
from kontorhaus.money.ledger.model.dimensions import PREFIXES, Dimension
from kontorhaus.money.ledger.model.entries import HOLD, TRANSFER, HoldId, TransferId
from kontorhaus.money.ledger.model.shown import (
    ENTRY_SET,
    ShownAccount,
    ShownBooks,
    ShownEnd,
    ShownHold,
    ShownRoute,
    ShownTransfer,
    ShownType,
    entry_set_id,
)
from kontorhaus.people.parties import PARTY, PartyId


class TaxView(Struct, frozen=True):
    rate_ppm: Annotated[int, Meta(description="In parts per million: 190000 is 19 %.")]
    category: str
    point: date | None


class TransferView(Struct, frozen=True, kw_only=True):
    id: str
    entity: str
    entry_set: Annotated[str, Meta(description="What it was posted together with.")]
    recorded_at: Annotated[datetime, Meta(description="When the books learned of it; strictly increasing.")]
    effective_at: Annotated[
        datetime, Meta(description="When it takes effect; the instant of record if not given.")
    ]
    debit: str
    credit: str
    amount: MoneyView
    base: Annotated[MoneyView, Meta(description="The amount in the base currency of the books.")]
    reference: UUID | None
    tax: TaxView | None
    spilled: Annotated[
        str | None, Meta(description="The part that a guard would have refused, as a transfer of its own.")
    ]


class TransferEntryView(TransferView, frozen=True, kw_only=True, tag_field="kind", tag="transfer"):
    """A transfer within its entry set."""


class HoldView(Struct, frozen=True, kw_only=True):
    id: str
    entity: str
    entry_set: str
    recorded_at: datetime
    debit: str
    credit: str
    amount: MoneyView
    base: MoneyView
    expires_at: datetime | None
    reference: UUID | None
    status: Annotated[str, Meta(description="`open`, `posted`, `voided` or `expired`; it ends once.")]
    ended_at: datetime | None
    ended_by: Annotated[
        str | None, Meta(description="The posting that ended it: where it was posted, its transfer.")
    ]


class HoldEntryView(HoldView, frozen=True, kw_only=True, tag_field="kind", tag="hold"):
    """A hold within the entry set that placed it, as it stands now."""


class HoldEndView(Struct, frozen=True, kw_only=True, tag_field="kind", tag="hold_end"):
    """That a hold ended in this entry set. Where it was posted, its transfer stands beside it under the same id."""

    id: str
    hold: str
    outcome: Annotated[str, Meta(description="`posted`, `voided` or `expired`.")]


EntryView = TransferEntryView | HoldEntryView | HoldEndView


class EntrySetView(Struct, frozen=True, kw_only=True):
    id: str
    entity: str
    recorded_at: datetime
    entries: Annotated[int, Meta(description="How many entries it was given.")]


class RefusalView(Struct, frozen=True, kw_only=True):
    """A transfer of a bulk call that was refused, as its problem would have said by itself."""

    index: Annotated[int, Meta(description="Its place in the call, from 0.")]
    id: str
    code: str
    detail: str
    facts: dict[str, ErrorFact]
    errors: list[Fault]


class BulkView(Struct, frozen=True, kw_only=True):
    posted: Annotated[int, Meta(description="How many were posted by this call.")]
    repeated: Annotated[int, Meta(description="How many stood in the books already, with the same content.")]
    refused: int
    refusals: list[RefusalView]


class BooksView(Struct, frozen=True, kw_only=True):
    entity: str
    base_currency: str
    opened_at: datetime
    locked_before: Annotated[
        datetime | None,
        Meta(description="Nothing takes effect before this instant any more; null: no period is closed."),
    ]


class TypeView(Struct, frozen=True, kw_only=True):
    name: str
    side: str
    guards: bool


class RouteView(Struct, frozen=True, kw_only=True):
    debit: str
    credit: str


class ChartView(Struct, frozen=True, kw_only=True):
    types: list[TypeView]
    routes: Annotated[list[RouteView], Meta(description="Which types may face each other in a transfer.")]


class AccountView(Struct, frozen=True, kw_only=True):
    entity: str
    currency: str
    name: str
    type: str
    side: Annotated[str, Meta(description="Where its balance grows.")]
    guards: Annotated[bool, Meta(description="Whether it never falls below what is held on it.")]
    order: Annotated[str | None, Meta(description="The order that it is kept for.")]
    party: Annotated[str | None, Meta(description="Whom it is kept for.")]
    connection: Annotated[str | None, Meta(description="The connection to a provider that it is kept for.")]
    opened_at: datetime


class BalanceView(Struct, frozen=True, kw_only=True):
    entity: str
    name: str
    side: Annotated[str, Meta(description="A balance is reckoned on the side where it grows.")]
    balance: MoneyView
    base: MoneyView
    held: Annotated[
        MoneyView | None,
        Meta(description="What is held on it now; null for an account that only sums, and in the past."),
    ]
    available: Annotated[MoneyView | None, Meta(description="The balance less what is held on it.")]
    at: Annotated[datetime | None, Meta(description="The instant that was asked for; null: now.")]
    by: str


class StatementEntryView(Struct, frozen=True, kw_only=True):
    id: str
    entry_set: str
    recorded_at: datetime
    effective_at: datetime
    side: Annotated[str, Meta(description="Whether the account was debited or credited.")]
    other: Annotated[str, Meta(description="The account on the other side.")]
    amount: MoneyView
    base: MoneyView
    balance: Annotated[MoneyView, Meta(description="The balance of the account right after this entry.")]
    reference: UUID | None
    tax: TaxView | None


class TrialRowView(Struct, frozen=True, kw_only=True):
    name: str
    side: Annotated[str, Meta(description="Balances are reckoned on this side.")]
    opening: Annotated[
        MoneyView | None, Meta(description="The balance right before `begin`; null if none was given.")
    ]
    debits: Annotated[MoneyView | None, Meta(description="What was debited in the period.")]
    credits: Annotated[MoneyView | None, Meta(description="What was credited in the period.")]
    balance: Annotated[MoneyView, Meta(description="The balance at `at`, its own entries included.")]
    base_opening: MoneyView | None
    base_debits: MoneyView | None
    base_credits: MoneyView | None
    base: Annotated[MoneyView, Meta(description="The balance in the base currency of the books.")]


class PeriodRowView(Struct, frozen=True, kw_only=True):
    name: str
    side: Annotated[str, Meta(description="Balances are reckoned on this side.")]
    opening: Annotated[MoneyView, Meta(description="The balance right before the period.")]
    debits: MoneyView
    credits: MoneyView
    closing: Annotated[MoneyView, Meta(description="The balance at the end of the period.")]
    base_opening: MoneyView
    base_debits: MoneyView
    base_credits: MoneyView
    base_closing: MoneyView


class GroupView(Struct, frozen=True, kw_only=True):
    key: Annotated[
        str | None,
        Meta(description="The order, party or connection; null where balances are added up by type."),
    ]
    type: Annotated[str, Meta(description="The type of the accounts.")]
    side: Annotated[str, Meta(description="Balances are reckoned on this side.")]
    accounts: Annotated[int, Meta(description="How many there are.")]
    balance: MoneyView
    base: Annotated[MoneyView, Meta(description="The balance in the base currency of the books.")]


def kept_for(kind: Dimension, value: UUID | None) -> str | None:
    return None if value is None else text_of(PREFIXES[kind], value)


def money(minor: int, currency: str) -> MoneyView:
    return MoneyView(minor, currency)


def tax(rate: int | None, category: str | None, point: date | None) -> TaxView | None:
    return None if rate is None or category is None else TaxView(rate, category, point)


def transfer(found: ShownTransfer, spilled: UUID | None) -> TransferView:
    return TransferView(
        **_transfer(found), spilled=None if spilled is None else TRANSFER.text(TransferId(spilled))
    )


def hold(found: ShownHold) -> HoldView:
    return HoldView(**_hold(found))


def entry(found: ShownTransfer | ShownHold | ShownEnd) -> EntryView:
    if isinstance(found, ShownTransfer):
        # Its other part, if it has one, is the next entry.
        return TransferEntryView(**_transfer(found), spilled=None)
    if isinstance(found, ShownHold):
        return HoldEntryView(**_hold(found))
    return HoldEndView(
        id=TRANSFER.text(TransferId(found.id)), hold=HOLD.text(HoldId(found.hold_id)), outcome=found.outcome
    )


def entry_set(entity: UUID, number: int, recorded_at: datetime, entries: int) -> EntrySetView:
    return EntrySetView(
        id=ENTRY_SET.text(entry_set_id(number, recorded_at)),
        entity=PARTY.text(PartyId(entity)),
        recorded_at=recorded_at,
        entries=entries,
    )


def books(found: ShownBooks) -> BooksView:
    return BooksView(
        entity=PARTY.text(PartyId(found.id)),
        base_currency=found.base_currency,
        opened_at=found.opened_at,
        locked_before=found.locked_before,
    )


def chart(types: list[ShownType], routes: list[ShownRoute]) -> ChartView:
    return ChartView(
        types=[TypeView(name=one.name, side=one.side, guards=one.guards) for one in types],
        routes=[RouteView(debit=one.debit, credit=one.credit) for one in routes],
    )


def account(found: ShownAccount) -> AccountView:
    return AccountView(
        entity=PARTY.text(PartyId(found.entity_id)),
        currency=found.currency,
        name=found.name,
        type=found.type,
        side=found.side,
        guards=found.guards,
        order=kept_for(Dimension.ORDER, found.order_id),
        party=kept_for(Dimension.PARTY, found.party_id),
        connection=kept_for(Dimension.CONNECTION, found.connection_id),
        opened_at=found.opened_at,
    )


def balance(
    found: ShownAccount, stands: Money, base: Money, held: int | None, at: datetime | None, by: str
) -> BalanceView:
    free = None if held is None else Money(stands.minor - held, stands.currency).view()
    return BalanceView(
        entity=PARTY.text(PartyId(found.entity_id)),
        name=found.name,
        side=found.side,
        balance=stands.view(),
        base=base.view(),
        held=None if held is None else money(held, stands.currency),
        available=free,
        at=at,
        by=by,
    )


def _transfer(found: ShownTransfer) -> dict[str, Any]:
    return {
        "id": TRANSFER.text(TransferId(found.id)),
        "entity": PARTY.text(PartyId(found.entity_id)),
        "entry_set": ENTRY_SET.text(entry_set_id(found.entity, found.recorded_at)),
        "recorded_at": found.recorded_at,
        "effective_at": found.effective_at or found.recorded_at,
        "debit": found.debit,
        "credit": found.credit,
        "amount": money(found.amount, found.currency),
        "base": money(found.base_amount, found.base_currency),
        "reference": found.reference,
        "tax": tax(found.tax_rate, found.tax_category, found.tax_point),
    }


def _hold(found: ShownHold) -> dict[str, Any]:
    return {
        "id": HOLD.text(HoldId(found.id)),
        "entity": PARTY.text(PartyId(found.entity_id)),
        "entry_set": ENTRY_SET.text(entry_set_id(found.entity, found.recorded_at)),
        "recorded_at": found.recorded_at,
        "debit": found.debit,
        "credit": found.credit,
        "amount": money(found.amount, found.currency),
        "base": money(found.base_amount, found.base_currency),
        "expires_at": found.expires_at,
        "reference": found.reference,
        "status": found.outcome or "open",
        "ended_at": found.end_recorded_at,
        "ended_by": None if found.end_id is None else TRANSFER.text(TransferId(found.end_id)),
    }


def refusal(index: int, transfer_id: str, error: DomainError) -> RefusalView:
    """Of a transfer in a bulk call, what its own problem would have said."""
    return RefusalView(
        index=index,
        id=transfer_id,
        code=error.code,
        detail=error.detail,
        facts=error.facts,
        errors=list(error.faults),
    )
