"""The API of parties."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from kontorhaus.people.parties import actions, queries, views
from kontorhaus.people.parties.errors import (
    PartyChanged,
    PartyDatesOverlap,
    PartyErased,
    PartyExists,
    PartyInvalid,
    PartyIsLegalEntity,
    PartyNotFound,
    PartyPartEnded,
    PartyPartLimit,
    PartyPartNotFound,
    PartyReferenceTaken,
    PartySearchInvalid,
)
from kontorhaus.people.parties.model import ADDRESS, BANK_ACCOUNT, PARTY, TAX_ID, Role
from kontorhaus.people.parties.model.requests import (
    End,
    NewAddress,
    NewBankAccount,
    NewParty,
    NewTaxId,
    PartyChange,
)
from kontorhaus.people.parties.queries import Place
from kontorhaus.people.parties.views import (
    AddressView,
    BankAccountView,
    PartySummaryView,
    PartyView,
    TaxIdView,
)
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.http import Call, Page, route

ADDING = (PartyInvalid, PartyNotFound, PartyErased, PartyDatesOverlap, PartyPartLimit)
ENDING = (PartyInvalid, PartyNotFound, PartyErased, PartyPartNotFound, PartyPartEnded)


class AsOf(Struct, frozen=True, forbid_unknown_fields=True):
    as_of: Annotated[
        date | None,
        Meta(description="Show the dated parts as they stand on this day; today (UTC) if not given."),
    ] = None


class PartyPage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    role: Annotated[
        Role | None, Meta(description="Only parties of this role; goes with every other filter.")
    ] = None
    search: (
        Annotated[
            str,
            Meta(
                max_length=200,
                description="One to five words. Finds parties that have, for each, a word that begins with it: in the "
                "name, reference, e-mail address, tax id or city. Case, accents and umlauts make no difference.",
                examples=["müller brem"],
            ),
        ]
        | None
    ) = None
    reference: (
        Annotated[str, Meta(max_length=100, description="Your own id of the party, exactly.")] | None
    ) = None
    tax_id: (
        Annotated[
            str,
            Meta(
                max_length=40,
                description="A tax id that the party has or had, with or without separators.",
                extra={"typed_id": True},
            ),
        ]
        | None
    ) = None


@route(
    "POST",
    "/v1/parties",
    scope="parties:write",
    body=NewParty,
    answer=PartyView,
    status=201,
    errors=(PartyInvalid, PartyExists, PartyErased, PartyReferenceTaken),
    idempotent=True,
    tag="Parties",
)
async def create_party(call: Call[NewParty, None]) -> Answer:
    """Create a party.

    A customer, seller, carrier or payer, or a legal entity of your own. You may choose its id: creating the
    same party under the same id again is no error and answers the party as it stands."""
    return await actions.create(
        call.db, call.resources.keyring, call.actor, call.once, new=call.body, now=call.now
    )


@route(
    "GET",
    "/v1/parties",
    scope="parties:read",
    query=PartyPage,
    list_of=PartySummaryView,
    errors=(PartySearchInvalid,),
    tag="Parties",
)
async def list_parties(call: Call[None, PartyPage]) -> Answer:
    """List or search parties.

    The newest first; a search in the order of the words that it finds. One of `search`, `reference` and
    `tax_id` can be given, and `role` beside it. The list has no addresses and the like: read a party for
    those."""
    found = await queries.parties(
        call.db,
        call.actor.org_id,
        role=call.query.role,
        search=call.query.search,
        reference=call.query.reference,
        tax_id=call.query.tax_id,
        after=call.after(Place),
        limit=call.query.limit + 1,
    )
    return call.page(found, view=lambda one: views.summary(one.party), position=lambda one: one.place)


@route(
    "GET",
    "/v1/parties/{party_id}",
    scope="parties:read",
    query=AsOf,
    answer=PartyView,
    errors=(PartyNotFound,),
    ids={"party_id": PARTY},
    tag="Parties",
)
async def get_party(call: Call[None, AsOf]) -> Answer:
    """Read a party.

    Addresses, tax ids and bank accounts are those that are valid today, or on the day that `as_of` names. An
    erased party is still there, without a name and without these."""
    party = await queries.party(call.db, call.actor.org_id, call.id(PARTY, "party_id"))
    day = call.query.as_of or call.now.date()
    return answer(views.party(party, day), version=party.summary.version)


@route(
    "PATCH",
    "/v1/parties/{party_id}",
    scope="parties:write",
    body=PartyChange,
    answer=PartyView,
    errors=(PartyInvalid, PartyNotFound, PartyErased, PartyChanged, PartyReferenceTaken),
    ids={"party_id": PARTY},
    idempotent=True,
    if_match=True,
    tag="Parties",
)
async def update_party(call: Call[PartyChange, None]) -> Answer:
    """Change a party.

    What is not given stays; `null` clears the reference or the language; `roles` and `contacts` replace those
    before. Addresses, tax ids and bank accounts have operations of their own, since their past is kept."""
    return await actions.change(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        call.id(PARTY, "party_id"),
        changed=call.body,
        version=call.if_match,
        now=call.now,
    )


@route(
    "POST",
    "/v1/parties/{party_id}/erase",
    scope="parties:erase",
    answer=PartyView,
    errors=(PartyNotFound, PartyErased, PartyIsLegalEntity),
    ids={"party_id": PARTY},
    idempotent=True,
    tag="Parties",
)
async def erase_party(call: Call[None, None]) -> Answer:
    """Erase a party's personal data, for good.

    Name, contacts, addresses, tax ids and bank accounts are deleted, and the party is no longer found by any
    word. Its id, kind, roles, country, language and reference stay, so that what refers to it still does."""
    return await actions.erase(
        call.db, call.resources.keyring, call.actor, call.once, call.id(PARTY, "party_id"), now=call.now
    )


@route(
    "POST",
    "/v1/parties/{party_id}/addresses",
    scope="parties:write",
    body=NewAddress,
    answer=AddressView,
    status=201,
    errors=ADDING,
    ids={"party_id": PARTY},
    idempotent=True,
    tag="Parties",
)
async def add_address(call: Call[NewAddress, None]) -> Answer:
    """Add an address to a party.

    A registered or a billing address ends the one before on the day on which it begins; there may be many for
    delivery and pickup. It cannot be changed afterwards: add the new one."""
    return await actions.add_address(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        call.id(PARTY, "party_id"),
        new=call.body,
        now=call.now,
    )


@route(
    "POST",
    "/v1/parties/{party_id}/addresses/{address_id}/end",
    scope="parties:write",
    body=End,
    answer=AddressView,
    errors=ENDING,
    ids={"party_id": PARTY, "address_id": ADDRESS},
    idempotent=True,
    tag="Parties",
)
async def end_address(call: Call[End, None]) -> Answer:
    """End an address of a party.

    From `valid_to` on it is no longer valid; today, if not given. An end can be brought forward, not put off.
    """
    return await actions.end_address(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        call.id(PARTY, "party_id"),
        address_id=call.id(ADDRESS, "address_id"),
        valid_to=call.body.valid_to,
        now=call.now,
    )


@route(
    "POST",
    "/v1/parties/{party_id}/tax_ids",
    scope="parties:write",
    body=NewTaxId,
    answer=TaxIdView,
    status=201,
    errors=ADDING,
    ids={"party_id": PARTY},
    idempotent=True,
    tag="Parties",
)
async def add_tax_id(call: Call[NewTaxId, None]) -> Answer:
    """Add a tax id to a party.

    Its check digits must fit; no authority is asked. It ends the one of the same kind and country before, on
    the day on which it begins."""
    return await actions.add_tax_id(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        call.id(PARTY, "party_id"),
        new=call.body,
        now=call.now,
    )


@route(
    "POST",
    "/v1/parties/{party_id}/tax_ids/{tax_id}/end",
    scope="parties:write",
    body=End,
    answer=TaxIdView,
    errors=ENDING,
    ids={"party_id": PARTY, "tax_id": TAX_ID},
    idempotent=True,
    tag="Parties",
)
async def end_tax_id(call: Call[End, None]) -> Answer:
    """End a tax id of a party.

    From `valid_to` on it is no longer valid; today, if not given. An end can be brought forward, not put off.
    """
    return await actions.end_tax_id(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        call.id(PARTY, "party_id"),
        tax_id=call.id(TAX_ID, "tax_id"),
        valid_to=call.body.valid_to,
        now=call.now,
    )


@route(
    "POST",
    "/v1/parties/{party_id}/bank_accounts",
    scope="parties:write",
    body=NewBankAccount,
    answer=BankAccountView,
    status=201,
    errors=ADDING,
    ids={"party_id": PARTY},
    idempotent=True,
    tag="Parties",
)
async def add_bank_account(call: Call[NewBankAccount, None]) -> Answer:
    """Add a bank account to a party.

    The IBAN is sealed at once: answers show its country and last four characters. The same account, given
    again, ends itself on the day on which the new entry begins."""
    return await actions.add_bank_account(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        call.id(PARTY, "party_id"),
        new=call.body,
        now=call.now,
    )


@route(
    "POST",
    "/v1/parties/{party_id}/bank_accounts/{bank_account_id}/end",
    scope="parties:write",
    body=End,
    answer=BankAccountView,
    errors=ENDING,
    ids={"party_id": PARTY, "bank_account_id": BANK_ACCOUNT},
    idempotent=True,
    tag="Parties",
)
async def end_bank_account(call: Call[End, None]) -> Answer:
    """End a bank account of a party.

    From `valid_to` on it is no longer valid; today, if not given. An end can be brought forward, not put off.
    """
    return await actions.end_bank_account(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        call.id(PARTY, "party_id"),
        bank_account_id=call.id(BANK_ACCOUNT, "bank_account_id"),
        valid_to=call.body.valid_to,
        now=call.now,
    )


ROUTES = (
    create_party,
    list_parties,
    get_party,
    update_party,
    erase_party,
    add_address,
    end_address,
    add_tax_id,
    end_tax_id,
    add_bank_account,
    end_bank_account,
)
