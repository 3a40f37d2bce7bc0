"""The API of books, their chart, accounts and periods."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from kontorhaus.kernel.money import CurrencyUnknown, Money
from kontorhaus.money.ledger import queries
from kontorhaus.money.ledger.actions import keeping, showing
from kontorhaus.money.ledger.errors import (
    LedgerAccountInvalid,
    LedgerAccountNotFound,
    LedgerEntityExists,
    LedgerEntityNotFound,
    LedgerEntityUnfit,
    LedgerEntryInvalid,
    LedgerInstantInvalid,
)
from kontorhaus.money.ledger.model.requests import (
    AccountName,
    ChartGrowth,
    Closing,
    ConnectionText,
    Currency,
    Instant,
    NewAccountBody,
    NewBooks,
    OrderText,
    PartyText,
    dimensions,
    instant,
    known_currency,
)
from kontorhaus.money.ledger.queries import Time
from kontorhaus.money.ledger.views import objects as views
from kontorhaus.money.ledger.views.objects import AccountView, BalanceView, BooksView, ChartView
from kontorhaus.people.parties import PARTY, PartyNotFound
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.http import Call, Page, route

IDS = {"entity_id": PARTY}


class AccountPage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    currency: Annotated[Currency | None, Meta(description="Only accounts of this currency.")] = None
    order: Annotated[OrderText | None, Meta(description="Only accounts that are kept for this order.")] = None
    party: Annotated[PartyText | None, Meta(description="Only accounts that are kept for this party.")] = None
    connection: Annotated[
        ConnectionText | None, Meta(description="Only accounts that are kept for this connection.")
    ] = None


class OneAccount(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    currency: Currency
    name: AccountName


class BalanceQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    currency: Currency
    name: AccountName
    at: Annotated[
        Instant | None,
        Meta(description="An instant that has passed, its own entries included; now if not given."),
    ] = None
    by: Annotated[
        Time,
        Meta(
            description="`record`: what the books said at that instant, which never changes. `effect`: what had taken "
            "effect until then, as is known now."
        ),
    ] = Time.RECORD


@route(
    "POST",
    "/v1/ledger/entities",
    scope="ledger:write",
    body=NewBooks,
    answer=BooksView,
    status=201,
    errors=(PartyNotFound, LedgerEntityUnfit, LedgerEntityExists, CurrencyUnknown),
    idempotent=True,
    tag="Ledger",
)
async def open_ledger_books(call: Call[NewBooks, None]) -> Answer:
    """Open the books of a legal entity.

    The party must have the role `legal_entity`. The books begin with the standard chart, which knows every posting
    of the house. Opening them again changes nothing."""
    return await keeping.open_books(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        PARTY.parse(call.body.entity),
        base_currency=known_currency(call.body.base_currency, "/base_currency"),
        now=call.now,
    )


@route("GET", "/v1/ledger/entities", scope="ledger:read", query=Page, list_of=BooksView, tag="Ledger")
async def list_ledger_books(call: Call[None, Page]) -> Answer:
    """List books.

    One for each of your legal entities that has any."""
    found = await showing.every_books(
        call.db, call.actor.org_id, after=call.after(UUID), limit=call.query.limit + 1
    )
    return call.page(found, view=views.books, position=lambda one: one.id)


@route(
    "GET",
    "/v1/ledger/entities/{entity_id}",
    scope="ledger:read",
    answer=BooksView,
    errors=(LedgerEntityNotFound,),
    ids=IDS,
    tag="Ledger",
)
async def get_ledger_books(call: Call[None, None]) -> Answer:
    """Read what books there are of a legal entity."""
    return answer(views.books(await showing.books(call.db, call.actor.org_id, call.id(PARTY, "entity_id"))))


@route(
    "POST",
    "/v1/ledger/entities/{entity_id}/close",
    scope="ledger:write",
    body=Closing,
    answer=BooksView,
    errors=(LedgerEntityNotFound, LedgerEntryInvalid, LedgerInstantInvalid),
    ids=IDS,
    idempotent=True,
    tag="Ledger",
)
async def close_ledger_period(call: Call[Closing, None]) -> Answer:
    """Close a period.

    Nothing takes effect before the instant any more. It is for good: what belongs into a closed period is posted
    into the open one. An instant before the one that holds already changes nothing."""
    before = instant(call.body.before, "/before")
    assert before is not None, "the body has an instant"
    return await keeping.close_period(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        call.id(PARTY, "entity_id"),
        before=before,
        now=call.now,
    )


@route(
    "GET",
    "/v1/ledger/entities/{entity_id}/chart",
    scope="ledger:read",
    answer=ChartView,
    errors=(LedgerEntityNotFound,),
    ids=IDS,
    tag="Ledger",
)
async def get_ledger_chart(call: Call[None, None]) -> Answer:
    """Read the chart of a legal entity.

    Which types of accounts there are, which of them guard their balance, and which may face each other."""
    return answer(views.chart(*await showing.chart(call.db, call.actor.org_id, call.id(PARTY, "entity_id"))))


@route(
    "POST",
    "/v1/ledger/entities/{entity_id}/chart",
    scope="ledger:write",
    body=ChartGrowth,
    answer=ChartView,
    errors=(LedgerEntityNotFound, LedgerAccountInvalid),
    ids=IDS,
    idempotent=True,
    tag="Ledger",
)
async def grow_ledger_chart(call: Call[ChartGrowth, None]) -> Answer:
    """Let the chart grow.

    By types of accounts and by which of them may face each other. Nothing is ever taken away: what was posted
    stands."""
    return await keeping.grow_chart(
        call.db, call.resources.keyring, call.actor, call.once, call.id(PARTY, "entity_id"), call.body
    )


@route(
    "POST",
    "/v1/ledger/entities/{entity_id}/accounts",
    scope="ledger:write",
    body=NewAccountBody,
    answer=AccountView,
    status=201,
    errors=(LedgerEntityNotFound, LedgerAccountInvalid, CurrencyUnknown, PartyNotFound),
    ids=IDS,
    idempotent=True,
    tag="Ledger",
)
async def open_ledger_account(call: Call[NewAccountBody, None]) -> Answer:
    """Open an account.

    Needed only to say what it is kept for: an account without that is opened by the first entry that names it, and is
    kept for the order, party and connection whose ids stand in its name between colons, as in `deposit:pty_…`. One
    that is there already stays as it was opened."""
    known_currency(call.body.currency, "/currency")
    return await keeping.open_account(
        call.db, call.resources.keyring, call.actor, call.once, call.id(PARTY, "entity_id"), call.body
    )


@route(
    "GET",
    "/v1/ledger/entities/{entity_id}/accounts",
    scope="ledger:read",
    query=AccountPage,
    list_of=AccountView,
    errors=(LedgerEntityNotFound,),
    ids=IDS,
    tag="Ledger",
)
async def list_ledger_accounts(call: Call[None, AccountPage]) -> Answer:
    """List the accounts of a legal entity.

    By currency and name, without balances: the trial balance has those."""
    found = await showing.accounts(
        call.db,
        call.actor.org_id,
        call.id(PARTY, "entity_id"),
        currency=call.query.currency,
        of=dimensions(call.query.order, call.query.party, call.query.connection),
        after=call.after(tuple[str, str]),
        limit=call.query.limit + 1,
    )
    return call.page(found, view=views.account, position=lambda one: (one.currency, one.name))


@route(
    "GET",
    "/v1/ledger/entities/{entity_id}/account",
    scope="ledger:read",
    query=OneAccount,
    answer=AccountView,
    errors=(LedgerAccountNotFound,),
    ids=IDS,
    tag="Ledger",
)
async def get_ledger_account(call: Call[None, OneAccount]) -> Answer:
    """Read an account.

    It is named by its currency and its name."""
    found = await showing.account(
        call.db, call.actor.org_id, call.id(PARTY, "entity_id"), call.query.currency, call.query.name
    )
    return answer(views.account(found))


@route(
    "GET",
    "/v1/ledger/entities/{entity_id}/balance",
    scope="ledger:read",
    query=BalanceQuery,
    answer=BalanceView,
    errors=(LedgerEntityNotFound, LedgerAccountNotFound, LedgerInstantInvalid, LedgerEntryInvalid),
    ids=IDS,
    tag="Ledger",
)
async def get_ledger_balance(call: Call[None, BalanceQuery]) -> Answer:
    """Read the balance of an account.

    Now, with what is held on it, or as it was at any instant that has passed, by either time."""
    org_id, entity, wanted = call.actor.org_id, call.id(PARTY, "entity_id"), call.query
    at = instant(wanted.at, "at")
    found, guard = await showing.guard(call.db, org_id, entity, wanted.currency, wanted.name)
    account = (call.db, org_id, entity, wanted.currency, wanted.name)
    stands = await (queries.balance(*account) if at is None else queries.balance_at(*account, at, wanted.by))
    now = guard if at is None else None
    view = views.balance(
        found,
        Money(stands.balance if now is None else now.balance, found.currency),
        Money(stands.base, (await showing.books(call.db, org_id, entity)).base_currency),
        None if now is None else now.held,
        at,
        wanted.by,
    )
    return answer(view)


ROUTES = (
    open_ledger_books,
    list_ledger_books,
    get_ledger_books,
    close_ledger_period,
    get_ledger_chart,
    grow_ledger_chart,
    open_ledger_account,
    list_ledger_accounts,
    get_ledger_account,
    get_ledger_balance,
)
