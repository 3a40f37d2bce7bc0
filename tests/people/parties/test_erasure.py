"""After an erasure nothing personal is left in the organization's rows, and nothing can bring it back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import asyncpg
import pytest

from kontorhaus.people.parties import queries, store
from kontorhaus.people.parties.errors import PartyErased, PartyIsLegalEntity
from kontorhaus.people.parties.model import PARTY
from tests.people.parties.desk import Desk, Seen, address, person, seen

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

IBAN = "DE89370400440532013000"

PERSONAL: Seen = {
    "name": "Zacharias Quendel",
    "contacts": [
        {"kind": "email", "value": "zq@quendel.example", "label": "Privatpost"},
        {"kind": "phone", "value": "+4942198765432"},
    ],
    "addresses": [
        address(recipient="Frau Quendel", line1="Ulmenhof 77", postal_code="28195", city="Worpswede")
    ],
    "tax_ids": [{"kind": "de_tax_id", "value": "36574261809"}],
    "bank_accounts": [{"iban": IBAN, "holder": "Zacharias Quendel"}],
}

TRACES = (
    "zacharias",
    "quendel",
    "privatpost",
    "4942198765432",
    "ulmenhof",
    "28195",
    "worpswede",
    "36574261809",
    IBAN.lower(),
    "0532013000",
)

NOT_PERSONAL = {
    "party": "id, kind, country, language, the client's own reference, and when",
    "party_role": "what the party is to the organization",
}


@pytest.fixture
async def vault(admin_database_url: str) -> AsyncIterator[Connection]:
    """The database as its owner sees it, past every wall."""
    connection: Connection = await asyncpg.connect(admin_database_url)
    yield connection
    await connection.close()


async def kept(vault: Connection, desk: Desk) -> str:
    """Every row that any table keeps of an organization, as text, and its bytes read as text too."""
    tables = await vault.fetch(
        """
        SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'org_id'
        """
    )
    rows = [
        row
        for table in tables
        for row in await vault.fetch(f"SELECT t FROM {table['name']} t WHERE org_id = $1", desk.org_id)
    ]
    values = [value for row in rows for value in row["t"].values()]
    texts = [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values]
    return "\n".join(texts).lower()


async def test_an_erasure_leaves_no_personal_byte(desk: Desk, vault: Connection) -> None:
    party = await desk.create(reference="C-1", **PERSONAL)
    await desk.change(party, name="Zacharias Quendel-Meyer")
    assert [trace for trace in TRACES if trace in await kept(vault, desk)] == [
        trace for trace in TRACES if trace not in {IBAN.lower(), "0532013000"}
    ], "the test would see what it looks for"

    await desk.erase(party)

    assert [trace for trace in TRACES if trace in await kept(vault, desk)] == []


async def test_an_iban_is_sealed_at_rest(desk: Desk, vault: Connection) -> None:
    party = await desk.create(bank_accounts=[{"iban": IBAN}])
    await desk.add_bank_account(party, iban="NL91ABNA0417164300")

    everything = await kept(vault, desk)

    assert not any(part in everything for part in (IBAN.lower(), "37040044", "nl91abna", "0417164300"))


async def test_what_refers_to_the_party_still_does(desk: Desk) -> None:
    party = await desk.create(reference="C-1", language="de", **PERSONAL)

    erased = await desk.erase(party)

    assert await desk.read(party) == erased
    assert {name: erased[name] for name in ("id", "kind", "roles", "country", "reference", "language")} == {
        name: party[name] for name in ("id", "kind", "roles", "country", "reference", "language")
    }
    assert erased["name"] is None
    assert erased["erased_at"] is not None
    assert erased["version"] == 2
    assert not any(erased[part] for part in ("addresses", "contacts", "tax_ids", "bank_accounts"))


async def test_an_erased_party_is_listed_and_not_found_by_words(desk: Desk) -> None:
    party = await desk.create(**PERSONAL)
    await desk.erase(party)

    listed = await queries.parties(desk.db, desk.org_id, role="customer", limit=5)
    by_tax_id = await queries.parties(desk.db, desk.org_id, tax_id="36574261809", limit=5)

    assert [found.party.name for found in listed] == [None]
    assert by_tax_id == []
    assert await desk.search("quendel") == []


async def test_an_erased_party_stays_as_it_is(desk: Desk) -> None:
    chosen = PARTY.text(PARTY.new())
    party = await desk.create(id=chosen, **PERSONAL)
    await desk.erase(party)

    for refused in (
        desk.erase(party),
        desk.change(party, name="Back Again"),
        desk.change(party, version=2, name="Back Again"),
        desk.add_address(party),
        desk.create(id=chosen, **PERSONAL),
    ):
        with pytest.raises(PartyErased):
            await refused


async def test_a_legal_entity_is_not_erased(desk: Desk) -> None:
    party = await desk.create(**PERSONAL, roles=["legal_entity", "seller"])

    with pytest.raises(PartyIsLegalEntity):
        await desk.erase(party)

    assert (await desk.read(party))["name"] == "Zacharias Quendel"


async def test_another_party_is_left_alone(desk: Desk) -> None:
    one, other = await desk.create(**PERSONAL), await desk.create(**PERSONAL)

    await desk.erase(one)

    assert await desk.read(other) == other
    assert await desk.search("quendel") == ["Zacharias Quendel"]


async def test_every_table_of_parties_is_erased_or_says_why_not(vault: Connection) -> None:
    tables = await vault.fetch(
        "SELECT relname::text AS name FROM pg_class WHERE relname LIKE 'party%' AND relkind IN ('r', 'p')"
    )
    erased = {erasure.text.split()[2] for erasure in store.ERASURES}

    assert {table["name"] for table in tables} == erased | NOT_PERSONAL.keys()


async def test_stored_answers_are_sealed(desk: Desk) -> None:
    answer = await desk.answer_to_create(**PERSONAL)

    assert answer.secret
    assert seen(answer)["name"] == person(**PERSONAL)["name"]
