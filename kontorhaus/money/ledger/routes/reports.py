"""The API of what the books say: statements, trial balance, general ledger."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.money import MoneyView
from kontorhaus.money.ledger import queries
from kontorhaus.money.ledger.actions import showing
from kontorhaus.money.ledger.errors import (
    LedgerAccountNotFound,
    LedgerEntityNotFound,
    LedgerEntryInvalid,
    LedgerInstantInvalid,
)
from kontorhaus.money.ledger.model.dimensions import Dimension, GroupBy
from kontorhaus.money.ledger.model.entries import TRANSFER, TransferId
from kontorhaus.money.ledger.model.requests import (
    AccountName,
    ConnectionText,
    Currency,
    Instant,
    OrderText,
    PartyText,
    dimensions,
    instant,
)
from kontorhaus.money.ledger.model.shown import ENTRY_SET, entry_set_id
from kontorhaus.money.ledger.queries import Entry, GroupPlace, Place, Time
from kontorhaus.money.ledger.store.cutting import GroupRow
from kontorhaus.money.ledger.store.reading import PeriodRow
from kontorhaus.money.ledger.views import objects as views
from kontorhaus.money.ledger.views.objects import (
    GroupView,
    PeriodRowView,
    StatementEntryView,
    TrialRowView,
)
from kontorhaus.people.parties import PARTY
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.http import Call, Page, route

IDS = {"entity_id": PARTY}


class StatementPage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    currency: Currency
    name: AccountName


By = Annotated[
    Time,
    Meta(
        description="`record`: what the books learned by then, which never changes. `effect`: what took effect by "
        "then, as is known now."
    ),
]


class TrialPage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    at: Annotated[
        Instant | None,
        Meta(description="An instant that has passed; now if not given. With one, all pages agree."),
    ] = None
    begin: Annotated[
        Instant | None,
        Meta(
            description="The first instant of a period that ends with `at`: opening balances and what moved them are "
            "shown too.",
            examples=["2026-11-01T00:00:00Z"],
        ),
    ] = None
    by: By = Time.RECORD
    order: Annotated[OrderText | None, Meta(description="Only accounts that are kept for this order.")] = None
    party: Annotated[PartyText | None, Meta(description="Only accounts that are kept for this party.")] = None
    connection: Annotated[
        ConnectionText | None, Meta(description="Only accounts that are kept for this connection.")
    ] = None


class GroupPage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    group_by: Annotated[GroupBy, Meta(description="What balances are added up by.")]


class PeriodPage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    begin: Annotated[
        Instant, Meta(description="The first instant of the period.", examples=["2026-11-01T00:00:00Z"])
    ]
    end: Annotated[
        Instant,
        Meta(
            description="The first instant behind the period; it has passed.",
            examples=["2026-12-01T00:00:00Z"],
        ),
    ]
    by: By = Time.RECORD


@route(
    "GET",
    "/v1/ledger/entities/{entity_id}/statement",
    scope="ledger:read",
    query=StatementPage,
    list_of=StatementEntryView,
    errors=(LedgerEntityNotFound, LedgerAccountNotFound),
    ids=IDS,
    tag="Ledger",
)
async def list_ledger_statement(call: Call[None, StatementPage]) -> Answer:
    """Read the statement of an account.

    Its entries in the order of record, each with the balance right after it. A page never changes."""
    org_id, entity, wanted = call.actor.org_id, call.id(PARTY, "entity_id"), call.query
    found = await queries.statement(
        call.db,
        org_id,
        entity,
        wanted.currency,
        wanted.name,
        after=call.after(Place),
        limit=wanted.limit + 1,
    )
    books = await showing.books(call.db, org_id, entity)
    return call.page(
        found,
        view=lambda one: _entry(one, books.number, wanted.currency, books.base_currency),
        position=lambda one: one.place,
    )


@route(
    "GET",
    "/v1/ledger/entities/{entity_id}/trial_balance",
    scope="ledger:read",
    query=TrialPage,
    list_of=TrialRowView,
    errors=(LedgerEntityNotFound, LedgerInstantInvalid, LedgerEntryInvalid),
    ids=IDS,
    tag="Ledger",
)
async def list_ledger_trial_balance(call: Call[None, TrialPage]) -> Answer:
    """Read the trial balance of a legal entity.

    Every account with its balance on its own side, by currency and name; over a period with `begin`. Debits less
    credits are zero over all accounts of a currency, and in the base currency, by either time."""
    org_id, entity, wanted = call.actor.org_id, call.id(PARTY, "entity_id"), call.query
    begin, at = instant(wanted.begin, "begin"), instant(wanted.at, "at")
    if begin is not None and at is not None and begin > at:
        raise _backwards("at", "`begin`")
    found = await queries.trial_balance(
        call.db,
        org_id,
        entity,
        at,
        begin=begin,
        by=wanted.by,
        of=dimensions(wanted.order, wanted.party, wanted.connection),
        after=call.after(tuple[str, str]) or ("", ""),
        limit=wanted.limit + 1,
    )
    base = (await showing.books(call.db, org_id, entity)).base_currency
    return call.page(
        found,
        view=lambda one: _trial(one, base, period=begin is not None),
        position=lambda one: (one.currency, one.name),
    )


@route(
    "GET",
    "/v1/ledger/entities/{entity_id}/general_ledger",
    scope="ledger:read",
    query=PeriodPage,
    list_of=PeriodRowView,
    errors=(LedgerEntityNotFound, LedgerInstantInvalid, LedgerEntryInvalid),
    ids=IDS,
    tag="Ledger",
)
async def list_general_ledger(call: Call[None, PeriodPage]) -> Answer:
    """Read the general ledger of a period.

    The accounts that the period touched, by currency and name: how each stood, what was debited and credited to it,
    and how it stands then. The statement of an account has its entries. Each page reads every entry of the period,
    some 300,000 a second: for a long one export the journal."""
    org_id, entity, wanted = call.actor.org_id, call.id(PARTY, "entity_id"), call.query
    begin, end = instant(wanted.begin, "begin"), instant(wanted.end, "end")
    assert begin is not None, "the query has both"
    assert end is not None, "the query has both"
    if begin >= end:
        raise _backwards("end", "`begin`")
    rows = await queries.general_ledger(
        call.db,
        org_id,
        entity,
        begin,
        end,
        by=wanted.by,
        after=call.after(tuple[str, str]) or ("", ""),
        limit=wanted.limit + 1,
    )
    base = (await showing.books(call.db, org_id, entity)).base_currency
    return call.page(rows, view=lambda one: _period(one, base), position=lambda one: (one.currency, one.name))


@route(
    "GET",
    "/v1/ledger/entities/{entity_id}/balances",
    scope="ledger:read",
    query=GroupPage,
    list_of=GroupView,
    errors=(LedgerEntityNotFound,),
    ids=IDS,
    tag="Ledger",
)
async def list_ledger_balances(call: Call[None, GroupPage]) -> Answer:
    """Add balances up by order, party, connection or type.

    How the accounts stand now that are kept for the same, of each currency and type for itself, in the order of their
    ids. Accounts that are kept for nothing of that kind are left out. Each page is of its own moment; the trial balance
    of an order, party or connection has its accounts one by one, at any instant."""
    org_id, entity, by = call.actor.org_id, call.id(PARTY, "entity_id"), call.query.group_by
    found = await queries.balances(
        call.db, org_id, entity, by, after=call.after(GroupPlace), limit=call.query.limit + 1
    )
    base = (await showing.books(call.db, org_id, entity)).base_currency
    return call.page(
        found,
        view=lambda one: _group(one, by, base),
        position=lambda one: GroupPlace(one.key or queries.FIRST, one.currency, one.type),
    )


def _backwards(pointer: str, first: str) -> LedgerEntryInvalid:
    fault = Fault(pointer, f"expected an instant after {first}")
    return LedgerEntryInvalid("the period is empty", faults=(fault,))


def _entry(one: Entry, number: int, currency: str, base: str) -> StatementEntryView:
    row = one.row
    return StatementEntryView(
        id=TRANSFER.text(TransferId(row.id)),
        entry_set=ENTRY_SET.text(entry_set_id(number, row.recorded_at)),
        recorded_at=row.recorded_at,
        effective_at=row.effective_at or row.recorded_at,
        side=row.side,
        other=row.other,
        amount=views.money(row.amount, currency),
        base=views.money(row.base_amount, base),
        balance=views.money(one.balance, currency),
        reference=row.reference,
        tax=views.tax(row.tax_rate, row.tax_category, row.tax_point),
    )


def _trial(row: PeriodRow, base: str, *, period: bool) -> TrialRowView:
    def moved(minor: int, currency: str) -> MoneyView | None:
        return views.money(minor, currency) if period else None

    return TrialRowView(
        name=row.name,
        side=row.side,
        opening=moved(row.opening, row.currency),
        debits=moved(row.debits, row.currency),
        credits=moved(row.credits, row.currency),
        balance=views.money(row.balance, row.currency),
        base_opening=moved(row.base_opening, base),
        base_debits=moved(row.base_debits, base),
        base_credits=moved(row.base_credits, base),
        base=views.money(row.base, base),
    )


def _group(row: GroupRow, by: GroupBy, base: str) -> GroupView:
    return GroupView(
        key=None if by == GroupBy.TYPE else views.kept_for(Dimension(by), row.key),
        type=row.type,
        side=row.side,
        accounts=row.accounts,
        balance=views.money(row.balance, row.currency),
        base=views.money(row.base, base),
    )


def _period(row: PeriodRow, base: str) -> PeriodRowView:
    return PeriodRowView(
        name=row.name,
        side=row.side,
        opening=views.money(row.opening, row.currency),
        debits=views.money(row.debits, row.currency),
        credits=views.money(row.credits, row.currency),
        closing=views.money(row.balance, row.currency),
        base_opening=views.money(row.base_opening, base),
        base_debits=views.money(row.base_debits, base),
        base_credits=views.money(row.base_credits, base),
        base_closing=views.money(row.base, base),
    )


ROUTES = (list_ledger_statement, list_ledger_trial_balance, list_general_ledger, list_ledger_balances)
