"""Parties over HTTP: what a caller sends, and what he gets."""

from __future__ import annotations

import asyncio

import pytest

from kontorhaus.people.access import Founded
from tests.people.parties.desk import Seen, address, person
from tests.support.house import House, Reply

COMPANY: Seen = {
    "kind": "company",
    "name": "Müller & Söhne GmbH",
    "roles": ["customer"],
    "country": "DE",
    "contacts": [{"kind": "email", "value": "rechnung@example.com"}],
    "tax_ids": [{"kind": "fr_siret", "value": "732 829 320 00074"}],
    "bank_accounts": [{"iban": "DE89 3704 0044 0532 0130 00"}],
}


@pytest.fixture
def client(house: House, organization: Founded) -> House:
    return house.holding(organization.secret)


def problem(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.json["code"]


async def test_a_party_is_created_read_changed_and_erased(client: House) -> None:
    created = await client.post("/v1/parties", COMPANY)
    place = created.headers["location"]
    assert (created.status, place) == (201, f"/v1/parties/{created.json['id']}")

    read = await client.get(place)
    assert (read.status, read.json) == (200, created.json)

    changed = await client.patch(place, {"name": "Müller AG"}, **{"if-match": read.headers["etag"]})
    assert (changed.status, changed.json["name"], changed.json["version"]) == (200, "Müller AG", 2)

    stale = await client.patch(place, {"name": "Late"}, **{"if-match": read.headers["etag"]})
    assert problem(stale) == (412, "party_changed")

    erased = await client.post(f"{place}/erase")
    assert (erased.status, erased.json["name"], erased.json["contacts"]) == (200, None, [])
    assert problem(await client.post(f"{place}/erase")) == (409, "party_erased")


async def test_a_change_needs_to_know_what_it_changes(client: House) -> None:
    created = await client.post("/v1/parties", COMPANY)

    unconditional = await client.patch(created.headers["location"], {"name": "Blind"})

    assert unconditional.status == 428


async def test_of_two_changes_of_one_version_one_wins(client: House) -> None:
    place = (await client.post("/v1/parties", COMPANY)).headers["location"]
    tag = (await client.get(place)).headers["etag"]

    replies = await asyncio.gather(
        *(client.patch(place, {"name": name}, **{"if-match": tag}) for name in ("One", "Two"))
    )

    assert sorted(reply.status for reply in replies) == [200, 412]


async def test_what_was_read_is_not_sent_again(client: House) -> None:
    place = (await client.post("/v1/parties", COMPANY)).headers["location"]
    tag = (await client.get(place)).headers["etag"]

    again = await client.get(place, **{"if-none-match": tag})

    assert (again.status, again.body) == (304, b"")


async def test_the_same_key_gives_the_same_bytes(client: House) -> None:
    first = await client.post("/v1/parties", COMPANY, **{"idempotency-key": "k-1"})
    again = await client.post("/v1/parties", COMPANY, **{"idempotency-key": "k-1"})

    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["idempotency-replayed"] == "true"


async def test_parts_are_added_ended_and_shown_as_of_a_day(client: House) -> None:
    place = (await client.post("/v1/parties", COMPANY)).headers["location"]
    new = address(city="Bremen", valid_from="2020-01-01")

    added = await client.post(f"{place}/addresses", new)
    ended = await client.post(f"{place}/addresses/{added.json['id']}/end", {"valid_to": "2021-01-01"})

    assert (added.status, ended.status, ended.json["valid_to"]) == (201, 200, "2021-01-01")
    assert (await client.get(place)).json["addresses"] == []
    then = await client.get(f"{place}?as_of=2020-06-01")
    assert [shown["city"] for shown in then.json["addresses"]] == ["Bremen"]
    for part in ("tax_ids", "bank_accounts"):
        part_id = (await client.get(place)).json[part][0]["id"]
        assert (await client.post(f"{place}/{part}/{part_id}/end", {})).status == 200
    assert (await client.post(f"{place}/tax_ids", {"kind": "eu_vat", "value": "DE136695976"})).status == 201
    assert (await client.post(f"{place}/bank_accounts", {"iban": "NL91ABNA0417164300"})).status == 201


async def test_lists_go_on_where_they_stopped(client: House) -> None:
    for name in ("Anna Müller", "Bernd Mueller", "Clara Muller"):
        assert (await client.post("/v1/parties", person(name=name))).status == 201

    for filters in ("", "search=m%C3%BCller&", "role=customer&"):
        names, cursor = [], ""
        for _ in range(3):
            page = (await client.get(f"/v1/parties?{filters}limit=1{cursor}")).json
            names += [party["name"] for party in page["data"]]
            cursor = f"&cursor={page['next_cursor']}"
        assert sorted(names) == ["Anna Müller", "Bernd Mueller", "Clara Muller"], filters
        assert page["has_more"] is False


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (person(name=""), "/name"),
        (person(name=" Anna"), "/name"),
        (person(name="Anna\n"), "/name"),
        (person(country="XX"), "/country"),
        (person(country="de"), "/country"),
        (person(roles=[]), "/roles"),
        (person(roles=["king"]), "/roles/0"),
        (person(reference="a b"), "/reference"),
        (person(reference="anna@example.com"), "/reference"),
        (person(language="German"), "/language"),
        (person(id="cus_01h455vb4pex5vsknk084sn02q"), "/id"),
        (person(contacts=[{"kind": "email", "value": "nobody"}]), "/contacts/0/value"),
        (person(contacts=[{"kind": "phone", "value": "0421 1234"}]), "/contacts/0/value"),
        (person(tax_ids=[{"kind": "eu_vat", "value": "DE136695977"}]), "/tax_ids/0/value"),
        (person(bank_accounts=[{"iban": "DE88370400440532013000"}]), "/bank_accounts/0/iban"),
        (person(addresses=[address(valid_to="2020-01-01")]), "/addresses/0/valid_to"),
        (person(addresses=[address()] * 21), "/addresses"),
        (person(nickname="Anni"), "/nickname"),
    ],
)
async def test_a_wrong_field_is_named(client: House, body: Seen, pointer: str) -> None:
    refused = await client.post("/v1/parties", body)

    assert refused.status == 400, refused.body
    assert pointer in [fault["pointer"] for fault in refused.json["errors"]], refused.json


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("search=a", "search"), ("search=ab&tax_id=12", "tax_id"), ("role=king", "role"), ("name=x", "name")],
)
async def test_a_wrong_filter_is_named(client: House, query: str, pointer: str) -> None:
    refused = await client.get(f"/v1/parties?{query}")

    assert refused.status == 400, refused.body
    assert pointer in [fault["pointer"] for fault in refused.json["errors"]], refused.json


async def test_another_organization_sees_nothing(client: House, stranger: Founded, house: House) -> None:
    place = (await client.post("/v1/parties", COMPANY)).headers["location"]
    other = house.holding(stranger.secret)

    assert problem(await other.get(place)) == (404, "party_not_found")
    assert problem(await other.patch(place, {"name": "Mine"}, **{"if-match": "*"})) == (
        404,
        "party_not_found",
    )
    assert problem(await other.post(f"{place}/erase")) == (404, "party_not_found")
    assert problem(await other.post(f"{place}/addresses", address())) == (404, "party_not_found")
    assert (await other.get("/v1/parties")).json["data"] == []
