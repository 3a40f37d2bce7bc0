"""Parties are found by the beginnings of the words that they are known by, page by page, each once."""

from __future__ import annotations

from typing import Any

import pytest

from kontorhaus.people.parties import queries
from kontorhaus.people.parties.errors import PartySearchInvalid
from tests.people.parties.desk import Desk, Seen, address


@pytest.fixture
async def books(desk: Desk) -> Desk:
    """An organization that knows some people."""
    mail = [{"kind": "email", "value": "a.mueller@Example.com"}]
    await desk.create(name="Anna Müller", reference="C-1", contacts=mail, addresses=[address(city="Köln")])
    await desk.create(name="Bernd Mueller", roles=["carrier"], addresses=[address(city="Bremen")])
    await desk.create(name="Clara Muller", roles=["customer", "carrier"])
    await desk.create(name="Müller Müllerstein GmbH", kind="company", reference="C-4")
    await desk.create(
        name="Straßenbau O'Neill GmbH",
        kind="company",
        tax_ids=[{"kind": "eu_vat", "value": "DE 136 695 976"}],
    )
    return desk


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("Müller", {"Anna Müller", "Bernd Mueller", "Clara Muller", "Müller Müllerstein GmbH"}),
        ("mueller", {"Anna Müller", "Bernd Mueller", "Clara Muller", "Müller Müllerstein GmbH"}),
        ("MULLER", {"Anna Müller", "Bernd Mueller", "Clara Muller", "Müller Müllerstein GmbH"}),
        ("müllers", {"Müller Müllerstein GmbH"}),
        ("anna müll", {"Anna Müller"}),
        ("müll anna", {"Anna Müller"}),
        ("muller clara bernd", set()),
        ("gmbh", {"Müller Müllerstein GmbH", "Straßenbau O'Neill GmbH"}),
        ("gmbh strasse", {"Straßenbau O'Neill GmbH"}),
        ("o'neill", {"Straßenbau O'Neill GmbH"}),
        ("oneil", {"Straßenbau O'Neill GmbH"}),
        ("Koeln", {"Anna Müller"}),
        ("kol", {"Anna Müller"}),
        ("a.mueller@example.com", {"Anna Müller"}),
        ("A.Mueller@EX", {"Anna Müller"}),
        ("de136695976", {"Straßenbau O'Neill GmbH"}),
        ("example", set()),
        ("üller", set()),
        ("zz", set()),
    ],
)
async def test_a_search_finds(books: Desk, search: str, found: set[str]) -> None:
    names = await books.search(search)

    assert set(names) == found
    assert len(names) == len(found), "each once"


@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("search", ["mu", "muller", "muller gm", "gmbh mu"])
async def test_pages_leave_nobody_out_and_show_nobody_twice(books: Desk, search: str, limit: int) -> None:
    assert await books.search(search, limit=limit) == await books.search(search)


async def test_a_search_goes_with_a_role(books: Desk) -> None:
    assert await books.search("muller", role="carrier") == ["Bernd Mueller", "Clara Muller"]
    assert await books.search("muller gmbh", role="seller") == []


async def test_the_rarest_word_is_walked_and_the_pages_keep_to_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        await desk.create(name=f"Handelsgesellschaft Nord {number}")
    monkeypatch.setattr(queries, "COUNTED_MAX", 4)
    await desk.create(name="Handelsgesellschaft Süd Aa")
    await desk.create(name="Handelsgesellschaft Süd Ab")

    page = await queries.parties(desk.db, desk.org_id, search="handelsgesellschaft sud", limit=1)
    for number in range(6):
        await desk.create(name=f"Süd {number}")
    rest = await queries.parties(
        desk.db, desk.org_id, search="handelsgesellschaft sud", after=page[0].place, limit=5
    )

    assert [found.place.word for found in (*page, *rest)] == ["sud", "sud"]
    assert {found.party.name for found in (*page, *rest)} == {
        "Handelsgesellschaft Süd Aa",
        "Handelsgesellschaft Süd Ab",
    }


async def test_a_changed_name_is_found_and_the_old_one_is_not(desk: Desk) -> None:
    party = await desk.create(name="Anna Müller")
    await desk.change(party, name="Anna Schulz")

    assert await desk.search("schulz") == ["Anna Schulz"]
    assert await desk.search("müller") == []
    assert await desk.search("anna") == ["Anna Schulz"]


async def test_a_party_is_found_by_where_it_used_to_be(desk: Desk) -> None:
    party = await desk.create(name="Anna Müller")
    await desk.end(party, await desk.add_address(party, city="Emden"))

    assert await desk.search("emden") == ["Anna Müller"]


async def pages(desk: Desk, limit: int = 2, **filters: Any) -> list[str | None]:
    """The names of a list of parties, over all its pages."""
    names: list[str | None] = []
    place = None
    while page := await queries.parties(desk.db, desk.org_id, after=place, limit=limit, **filters):
        names += [found.party.name for found in page]
        place = page[-1].place
        assert len(names) <= 100, "the pages never end"
    return names


async def test_a_list_begins_with_the_newest(books: Desk) -> None:
    assert await pages(books) == [
        "Straßenbau O'Neill GmbH",
        "Müller Müllerstein GmbH",
        "Clara Muller",
        "Bernd Mueller",
        "Anna Müller",
    ]
    assert await pages(books, role="carrier") == ["Clara Muller", "Bernd Mueller"]
    assert await pages(books, role="seller") == []


async def test_a_party_is_found_by_its_reference(books: Desk) -> None:
    assert await pages(books, reference="C-1") == ["Anna Müller"]
    assert await pages(books, reference="C-1", role="customer") == ["Anna Müller"]
    assert await pages(books, reference="C-1", role="carrier") == []
    assert await pages(books, reference="c-1") == []
    assert await pages(books, reference="C") == []


async def test_parties_are_found_by_a_tax_id_however_it_is_written(desk: Desk) -> None:
    numbers: Seen = {"tax_ids": [{"kind": "eu_vat", "value": "DE136695976"}]}
    first = await desk.create(name="First", **numbers)
    await desk.create(name="Second", roles=["seller"], **numbers)
    await desk.end(first, first["tax_ids"][0])
    await desk.add_tax_id(first, kind="eu_vat", value="DE136695976")

    assert await pages(desk, tax_id="DE136695976") == ["Second", "First"]
    assert await pages(desk, tax_id="de 136.695.976", limit=1) == ["Second", "First"]
    assert await pages(desk, tax_id="DE136695976", role="seller") == ["Second"]
    assert await pages(desk, tax_id="DE136695977") == []


async def test_a_list_takes_one_way_to_look(desk: Desk) -> None:
    with pytest.raises(PartySearchInvalid) as refused:
        await pages(desk, search="anna", reference="C-1", tax_id="DE136695976")

    assert [fault.pointer for fault in refused.value.faults] == ["reference", "tax_id"]
