"""Parties are created once, changed by who has read the newest, and belong to one organization."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from kontorhaus.kernel.errors import DomainError
from kontorhaus.people.access import queries as access_queries
from kontorhaus.people.parties import queries
from kontorhaus.people.parties.errors import (
    PartyChanged,
    PartyExists,
    PartyInvalid,
    PartyNotFound,
    PartyReferenceTaken,
)
from kontorhaus.people.parties.model import PARTY
from tests.people.parties.desk import TODAY, Desk, Seen, address, id_of, seen

COMPANY: Seen = {
    "kind": "company",
    "name": "Müller & Söhne GmbH",
    "roles": ["customer", "payer"],
    "country": "DE",
    "reference": "C-1",
    "language": "de-AT",
    "addresses": [address(purpose="registered", postal_code="28195")],
    "contacts": [
        {"kind": "email", "value": "rechnung@example.com", "label": "bills"},
        {"kind": "phone", "value": "+494211234567"},
    ],
    "tax_ids": [{"kind": "eu_vat", "value": "DE 136 695 976"}],
    "bank_accounts": [{"iban": "DE89 3704 0044 0532 0130 00", "bic": "cobadeff"}],
}


async def test_a_created_party_reads_as_it_was_given(desk: Desk) -> None:
    created = await desk.create(**COMPANY)

    party = await desk.read(created)
    assert party == created
    assert {name: party[name] for name in ("kind", "name", "roles", "country", "reference", "language")} == {
        name: COMPANY[name] for name in ("kind", "name", "roles", "country", "reference", "language")
    }
    assert [contact["value"] for contact in party["contacts"]] == ["rechnung@example.com", "+494211234567"]
    assert party["addresses"][0]["valid_from"] == TODAY.isoformat()
    assert party["tax_ids"][0]["value"] == "DE136695976"
    assert (party["version"], party["erased_at"], party["as_of"]) == (1, None, TODAY.isoformat())


async def test_a_bank_account_shows_its_end_and_never_its_iban(desk: Desk) -> None:
    answer = await desk.answer_to_create(**COMPANY)

    account = seen(answer)["bank_accounts"][0]
    assert (account["hint"], account["country"], account["last_four"], account["bic"]) == (
        "DE…3000",
        "DE",
        "3000",
        "COBADEFF",
    )
    assert b"DE8937040044" not in answer.body


async def test_the_same_id_with_the_same_content_is_the_same_party(desk: Desk) -> None:
    chosen = PARTY.text(PARTY.new())
    first = await desk.answer_to_create(id=chosen, reference="C-1")

    again = await desk.at(date(2026, 7, 1)).answer_to_create(id=chosen, reference="C-1")

    assert again.status == first.status == 201
    assert seen(again)["id"] == seen(first)["id"] == chosen
    assert seen(again)["version"] == 1


async def test_the_same_id_with_other_content_is_refused(desk: Desk) -> None:
    party = await desk.create(id=PARTY.text(PARTY.new()))

    with pytest.raises(PartyExists):
        await desk.create(id=party["id"], name="Somebody Else")


async def test_twenty_creations_at_once_of_one_id_make_one_party(desk: Desk) -> None:
    chosen = PARTY.text(PARTY.new())

    answers = await asyncio.gather(
        *(desk.answer_to_create(id=chosen, reference="C-1", addresses=[address()]) for _ in range(20))
    )

    assert {seen(answer)["addresses"][0]["id"] for answer in answers} == {
        (await desk.read(seen(answers[0])))["addresses"][0]["id"]
    }
    assert len(await queries.parties(desk.db, desk.org_id, limit=50)) == 1


async def test_the_same_key_gives_the_same_bytes(desk: Desk) -> None:
    first = await desk.answer_to_create(key="k-1")

    again = await desk.answer_to_create(key="k-1")

    assert (again.body, again.headers, again.replayed) == (first.body, first.headers, True)


async def test_two_organizations_may_choose_the_same_id_and_reference(desk: Desk, other_desk: Desk) -> None:
    ours = await desk.create(id=PARTY.text(PARTY.new()), reference="C-1", name="Ours")

    theirs = await other_desk.create(id=ours["id"], reference="C-1", name="Theirs")

    assert (await desk.read(ours))["name"] == "Ours"
    assert (await other_desk.read(theirs))["name"] == "Theirs"


async def test_another_organization_sees_nothing(desk: Desk, other_desk: Desk) -> None:
    party = await desk.create(reference="C-1")

    with pytest.raises(PartyNotFound):
        await other_desk.read(party)
    with pytest.raises(PartyNotFound):
        await other_desk.change(party, name="Taken")
    assert await other_desk.search("Müller") == []
    assert await queries.parties(other_desk.db, other_desk.org_id, reference="C-1", limit=5) == []


async def test_a_reference_names_one_party(desk: Desk) -> None:
    await desk.create(reference="C-1")
    other = await desk.create(reference="C-2")

    with pytest.raises(PartyReferenceTaken):
        await desk.create(reference="C-1")
    with pytest.raises(PartyReferenceTaken):
        await desk.change(other, reference="C-1")


async def test_of_many_that_take_a_reference_at_once_one_gets_it(desk: Desk) -> None:
    parties = [await desk.create() for _ in range(5)]

    outcomes = await asyncio.gather(
        *(desk.change(party, reference="C-1") for party in parties),
        *(desk.create(reference="C-1") for _ in range(5)),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, dict) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, PartyReferenceTaken) for outcome in outcomes) == 9


async def test_a_party_keeps_its_reference_when_it_is_given_again(desk: Desk) -> None:
    party = await desk.create(reference="C-1")

    changed = await desk.change(party, reference="C-1")

    assert changed["reference"] == "C-1"


async def test_what_is_not_given_stays_and_null_clears(desk: Desk) -> None:
    party = await desk.create(**COMPANY)

    changed = await desk.change(party, name="Müller AG", reference=None, contacts=[], roles=["seller"])

    assert changed["name"] == "Müller AG"
    assert (changed["reference"], changed["contacts"], changed["roles"]) == (None, [], ["seller"])
    for untouched in ("kind", "country", "language", "addresses", "tax_ids", "bank_accounts"):
        assert changed[untouched] == party[untouched], untouched
    assert changed["version"] == 2


async def test_of_two_changes_of_the_same_version_one_wins(desk: Desk) -> None:
    party = await desk.create()

    outcomes = await asyncio.gather(
        desk.change(party, version=1, name="One"),
        desk.change(party, version=1, name="Two"),
        return_exceptions=True,
    )

    lost = [outcome for outcome in outcomes if isinstance(outcome, PartyChanged)]
    won = [outcome for outcome in outcomes if isinstance(outcome, dict)]
    assert (len(lost), len(won)) == (1, 1)
    assert await desk.read(party) == won[0]
    assert won[0]["version"] == 2
    assert lost[0].facts == {"version": 2}


async def test_changes_of_any_version_all_happen(desk: Desk) -> None:
    party = await desk.create()

    await asyncio.gather(*(desk.change(party, name=f"Name {number}") for number in range(8)))

    assert (await desk.read(party))["version"] == 9


async def test_a_change_of_nothing_is_refused(desk: Desk) -> None:
    party = await desk.create()

    with pytest.raises(PartyInvalid):
        await desk.change(party)


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ({"country": "XX"}, ["/country"]),
        ({"addresses": [address(), address(purpose="delivery", country="UK")]}, ["/addresses/1/country"]),
        ({"addresses": [address(), address()]}, ["/addresses"]),
        (
            {"addresses": [address(valid_to="2026-06-15")]},
            ["/addresses/0/valid_to"],
        ),
        ({"tax_ids": [{"kind": "eu_vat", "value": "DE136695977"}]}, ["/tax_ids/0/value"]),
        (
            {"bank_accounts": [{"iban": "DE88370400440532013000", "bic": "COBAZZFF"}]},
            ["/bank_accounts/0/iban", "/bank_accounts/0/bic"],
        ),
        (
            {"bank_accounts": [{"iban": "DE89370400440532013000"}, {"iban": "de89 3704 0044 0532 0130 00"}]},
            ["/bank_accounts"],
        ),
        (
            {"country": "XX", "tax_ids": [{"kind": "us_ein", "value": "00-0"}]},
            ["/country", "/tax_ids/0/value"],
        ),
    ],
)
async def test_every_wrong_field_is_named_and_none_is_repeated(
    desk: Desk, fields: Seen, pointers: list[str]
) -> None:
    with pytest.raises(PartyInvalid) as refused:
        await desk.create(**fields)

    assert [fault.pointer for fault in refused.value.faults] == pointers
    told = str(refused.value) + repr(refused.value.faults) + repr(refused.value.facts)
    assert not any(value in told for value in ("DE136695977", "DE8837", "COBAZZFF", "XX", "UK"))


async def test_every_change_leaves_the_names_of_its_fields(desk: Desk) -> None:
    party = await desk.create(**COMPANY)
    await desk.change(party, name="Müller AG", language=None)
    await desk.add_address(party, city="Kiel")

    entries = await access_queries.audit_entries(
        desk.db, desk.org_id, subject_id=id_of(party), before=None, limit=10
    )

    assert [(entry.action, entry.fields) for entry in entries] == [
        ("party.updated", ["addresses"]),
        ("party.updated", ["name", "language"]),
        ("party.created", list(COMPANY)),
    ]


async def test_a_refused_change_leaves_nothing(desk: Desk) -> None:
    party = await desk.create(reference="C-1")
    before = await desk.read(party)

    for refused in (
        desk.change(party, version=7, name="Late"),
        desk.change(party, country="XX"),
        desk.create(reference="C-1", name="Second"),
    ):
        with pytest.raises(DomainError):
            await refused

    assert await desk.read(party) == before
    assert await desk.search("Second") == []
    entries = await access_queries.audit_entries(
        desk.db, desk.org_id, subject_id=id_of(party), before=None, limit=10
    )
    assert len(entries) == 1
