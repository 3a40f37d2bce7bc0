"""Addresses, tax ids and bank accounts have their days; what was valid on a day stays so."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import asyncpg
import pytest

from kontorhaus.people.access import queries as access_queries
from kontorhaus.people.parties import actions
from kontorhaus.people.parties.actions import parts
from kontorhaus.people.parties.errors import (
    PartyDatesOverlap,
    PartyInvalid,
    PartyNotFound,
    PartyPartEnded,
    PartyPartLimit,
    PartyPartNotFound,
)
from kontorhaus.people.parties.model import BANK_ACCOUNT, PARTY
from kontorhaus.platform.db import Db
from tests.people.parties.desk import TODAY, Desk, Seen, id_of

MAY, JULY, AUGUST = date(2026, 5, 1), date(2026, 7, 1), date(2026, 8, 1)

IBAN, OTHER_IBAN = "DE89370400440532013000", "NL91ABNA0417164300"


async def cities(desk: Desk, party: Seen, day: date, purpose: str = "billing") -> list[str]:
    shown = await desk.read(party, day)
    return [address["city"] for address in shown["addresses"] if address["purpose"] == purpose]


async def test_a_new_billing_address_ends_the_one_before(desk: Desk) -> None:
    party = await desk.create()
    await desk.add_address(party, city="Bremen", valid_from="2026-05-01")
    await desk.add_address(party, city="Kiel", valid_from="2026-07-01")

    assert await cities(desk, party, date(2026, 4, 30)) == []
    assert await cities(desk, party, MAY) == ["Bremen"]
    assert await cities(desk, party, date(2026, 6, 30)) == ["Bremen"]
    assert await cities(desk, party, JULY) == ["Kiel"]


async def test_goods_may_go_to_many_places(desk: Desk) -> None:
    party = await desk.create()
    for city in ("Bremen", "Kiel"):
        await desk.add_address(party, purpose="delivery", city=city)

    assert await cities(desk, party, TODAY, "delivery") == ["Bremen", "Kiel"]


async def test_one_that_begins_on_the_same_day_replaces_it(desk: Desk) -> None:
    party = await desk.create()
    await desk.add_address(party, city="Bremn")
    await desk.add_address(party, city="Bremen")

    assert await cities(desk, party, TODAY) == ["Bremen"]


async def test_a_later_one_is_not_cut_short(desk: Desk) -> None:
    party = await desk.create()
    await desk.add_address(party, city="Kiel", valid_from="2026-07-01")

    with pytest.raises(PartyDatesOverlap):
        await desk.add_address(party, city="Bremen")
    await desk.add_address(party, city="Bremen", valid_to="2026-07-01")

    assert await cities(desk, party, TODAY) == ["Bremen"]
    assert await cities(desk, party, JULY) == ["Kiel"]


async def test_of_two_at_once_the_second_follows_the_first(desk: Desk) -> None:
    party = await desk.create()

    await asyncio.gather(*(desk.add_address(party, city=city) for city in ("Bremen", "Kiel", "Emden")))

    assert len(await cities(desk, party, TODAY)) == 1
    assert (await desk.read(party))["version"] == 4


async def test_a_tax_id_follows_one_of_its_kind_and_country(desk: Desk) -> None:
    party = await desk.create()
    await desk.add_tax_id(party, kind="eu_vat", value="DE136695976")
    await desk.add_tax_id(party, kind="eu_vat", value="EL094259216")
    await desk.add_tax_id(party, kind="de_tax_number", value="181/815/08155")
    await desk.at(JULY).add_tax_id(party, kind="eu_vat", value="DE 129 273 398")

    assert await numbers(desk, party, TODAY) == {"DE136695976", "EL094259216", "18181508155"}
    assert await numbers(desk, party, JULY) == {"DE129273398", "EL094259216", "18181508155"}


async def numbers(desk: Desk, party: Seen, day: date) -> set[str]:
    return {tax_id["value"] for tax_id in (await desk.read(party, day))["tax_ids"]}


async def test_the_same_account_given_again_replaces_itself(desk: Desk) -> None:
    party = await desk.create(bank_accounts=[{"iban": IBAN, "holder": "A. Müller"}])
    await desk.add_bank_account(party, iban=OTHER_IBAN)
    await desk.at(JULY).add_bank_account(party, iban=IBAN, holder="Anna Müller")

    shown = await desk.read(party, JULY)
    assert {(account["hint"], account["holder"]) for account in shown["bank_accounts"]} == {
        ("DE…3000", "Anna Müller"),
        ("NL…4300", None),
    }


async def test_a_part_ends_on_a_day(desk: Desk) -> None:
    party = await desk.create()
    address = await desk.add_address(party, valid_from="2026-05-01")

    ended = await desk.end(party, address, JULY)

    assert ended == address | {"valid_to": "2026-07-01"}
    assert await cities(desk, party, date(2026, 6, 30)) == ["Bremen"]
    assert await cities(desk, party, JULY) == []


async def test_an_end_is_brought_forward_and_never_put_off(desk: Desk) -> None:
    party = await desk.create()
    address = await desk.add_address(party, valid_from="2026-05-01", valid_to="2026-08-01")

    with pytest.raises(PartyPartEnded):
        await desk.end(party, address, AUGUST)
    assert (await desk.end(party, address, JULY))["valid_to"] == "2026-07-01"
    assert (await desk.end(party, address))["valid_to"] == TODAY.isoformat()
    assert (await desk.end(party, address, MAY))["valid_to"] == "2026-05-01"
    with pytest.raises(PartyInvalid):
        await desk.end(party, address, date(2026, 4, 30))


async def test_every_kind_of_part_can_end(desk: Desk) -> None:
    party = await desk.create(
        tax_ids=[{"kind": "eu_vat", "value": "DE136695976", "valid_from": "2026-05-01"}],
        bank_accounts=[{"iban": IBAN, "valid_from": "2026-05-01"}],
    )

    for part in (party["tax_ids"][0], party["bank_accounts"][0]):
        await desk.end(party, part)

    shown = await desk.read(party)
    assert (shown["tax_ids"], shown["bank_accounts"]) == ([], [])


async def test_only_what_is_there_can_end_or_be_added_to(desk: Desk, other_desk: Desk) -> None:
    party, other = await desk.create(), await desk.create()
    address = await desk.add_address(party)

    with pytest.raises(PartyPartNotFound):
        await desk.end(other, address)
    with pytest.raises(PartyNotFound):
        await other_desk.end(party, address)
    with pytest.raises(PartyNotFound):
        await desk.add_address({"id": PARTY.text(PARTY.new())})


async def test_a_party_keeps_so_many_and_no_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PARTS_MAX", 2)
    party = await desk.create()
    for city in ("Bremen", "Kiel"):
        await desk.add_address(party, city=city)

    with pytest.raises(PartyPartLimit):
        await desk.add_address(party, city="Emden")


async def test_the_house_opens_an_iban_and_notes_it(desk: Desk, other_desk: Desk) -> None:
    party = await desk.create(bank_accounts=[{"iban": IBAN}])
    account_id = BANK_ACCOUNT.parse(party["bank_accounts"][0]["id"])

    opened = await actions.iban_of(desk.db, desk.keyring, desk.actor, id_of(party), account_id)

    assert opened == IBAN
    noted = await access_queries.audit_entries(
        desk.db, desk.org_id, subject_id=account_id, before=None, limit=5
    )
    assert [entry.action for entry in noted] == ["bank_account.opened"]
    with pytest.raises(PartyPartNotFound):
        await actions.iban_of(other_desk.db, desk.keyring, other_desk.actor, id_of(party), account_id)


ADDRESS_ROW = """
    INSERT INTO party_address (org_id, party_id, id, purpose, line1, city, country, valid_from, valid_to)
    VALUES ($1, $2, gen_random_uuid(), $3, 'Kai 1', 'Bremen', 'DE', $4, $5)
"""


@pytest.mark.parametrize(
    ("purpose", "begins", "ends", "refusal"),
    [
        ("billing", JULY, None, asyncpg.ExclusionViolationError),
        ("billing", MAY, JULY, asyncpg.ExclusionViolationError),
        ("delivery", JULY, None, None),
        ("billing", MAY, TODAY, None),
        ("delivery", JULY, MAY, asyncpg.CheckViolationError),
        ("office", JULY, None, asyncpg.CheckViolationError),
    ],
)
async def test_the_database_itself_refuses_two_at_a_time(
    desk: Desk, db: Db, purpose: str, begins: date, ends: date | None, refusal: type[Exception] | None
) -> None:
    party = await desk.create()
    await desk.add_address(party)

    async def insert(*values: Any) -> None:
        async with db.org(desk.org_id) as tx:
            await tx.connection.execute(ADDRESS_ROW, desk.org_id, id_of(party), *values)

    if refusal is None:
        await insert(purpose, begins, ends)
    else:
        with pytest.raises(refusal):
            await insert(purpose, begins, ends)


async def test_what_a_part_says_cannot_be_changed(desk: Desk, db: Db) -> None:
    party = await desk.create()
    await desk.add_address(party)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.org(desk.org_id) as tx:
            await tx.connection.execute(
                "UPDATE party_address SET city = 'Kiel' WHERE org_id = $1", desk.org_id
            )
