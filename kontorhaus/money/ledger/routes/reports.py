"""The API of what the books say: statements, trial balance, general ledger."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from kontorhaus.money.ledger import queries
from kontorhaus.money.ledger.actions import showing
from kontorhaus.money.ledger.errors import (
    LedgerAccountNotFound,
    LedgerEntityNotFound,
    LedgerEntryInvalid,
    LedgerInstantInvalid,
)
from kontorhaus.money.ledger.model.entries import TRANSFER, TransferId
from kontorhaus.money.ledger.model.requests import AccountName, Currency, Instant, instant
from kontorhaus.money.ledger.model.shown import ENTRY_SET, entry_set_id
from kontorhaus.money.ledger.queries import Entry, Place
from kontorhaus.money.ledger.store.reading import PeriodRow, TrialRow
from kontorhaus.money.ledger.views import objects as views
from kontorhaus.money.ledger.views.objects import (
    GeneralLedgerView,
    PeriodRowView,
    StatementEntryView,
    TrialRowView,
)
from kontorhaus.people.parties import PARTY
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.http import Call, Page, route

IDS = {"entity_id": PARTY}


class StatementPage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    currency: Currency
    name: AccountName


class TrialPage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    at: Annotated[
        Instant | None,
        Meta(
            description="An instant of record that has passed; now if not given. With one, all pages agree."
        ),
    ] = None


class Period(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    begin: Annotated[
        Instant,
        Meta(description="The first instant of the period, of record.", examples=["2026-11-01T00:00:00Z"]),
    ]
    end: Annotated[
        Instant, Meta(description="The first instant behind the period.", examples=["2026-12-01T00:00:00Z"])
    ]


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

    Every account with its balance on its own side, by currency and name. Debits less credits are zero over all
    accounts of a currency, and in the base currency."""
    org_id, entity = call.actor.org_id, call.id(PARTY, "entity_id")
    found = await queries.trial_balance(
        call.db,
        org_id,
        entity,
        instant(call.query.at, "at"),
        after=call.after(tuple[str, str]) or ("", ""),
        limit=call.query.limit + 1,
    )
    base = (await showing.books(call.db, org_id, entity)).base_currency
    return call.page(found, view=lambda one: _trial(one, base), position=lambda one: (one.currency, one.name))


@route(
    "GET",
    "/v1/ledger/entities/{entity_id}/general_ledger",
    scope="ledger:read",
    query=Period,
    answer=GeneralLedgerView,
    errors=(LedgerEntityNotFound, LedgerInstantInvalid, LedgerEntryInvalid),
    ids=IDS,
    tag="Ledger",
)
async def get_general_ledger(call: Call[None, Period]) -> Answer:
    """Read the general ledger of a period.

    What was debited and credited to each account that the period touched, by instants of record. It reads every
    entry of the period, some 300,000 a second: for a long one export the journal."""
    org_id, entity = call.actor.org_id, call.id(PARTY, "entity_id")
    begin, end = instant(call.query.begin, "begin"), instant(call.query.end, "end")
    assert begin is not None, "the query has both"
    assert end is not None, "the query has both"
    rows = await queries.general_ledger(call.db, org_id, entity, begin, end)
    base = (await showing.books(call.db, org_id, entity)).base_currency
    return answer(GeneralLedgerView(begin=begin, end=end, accounts=[_period(row, base) for row in rows]))


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


def _trial(row: TrialRow, base: str) -> TrialRowView:
    return TrialRowView(
        name=row.name,
        side=row.side,
        balance=views.money(row.balance, row.currency),
        base=views.money(row.base, base),
    )


def _period(row: PeriodRow, base: str) -> PeriodRowView:
    return PeriodRowView(
        name=row.name,
        side=row.side,
        debits=views.money(row.debits, row.currency),
        credits=views.money(row.credits, row.currency),
        base_debits=views.money(row.base_debits, base),
        base_credits=views.money(row.base_credits, base),
    )


ROUTES = (list_ledger_statement, list_ledger_trial_balance, get_general_ledger)
