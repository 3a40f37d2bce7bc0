"""Every change of state has its fact in the log, and folding an object's facts gives the object as it stands."""

from __future__ import annotations

from typing import Any

import msgspec

from kontorhaus.kernel.ids import OrgId
from kontorhaus.people.access import Founded
from kontorhaus.people.access.model import API_KEY
from kontorhaus.people.parties import PARTY
from kontorhaus.platform.db import Db
from kontorhaus.platform.eventlog import START, Event, SnapshotSequencer, read
from tests.support.house import House

PERSONAL = ("Elbe-Werkstatt", "werkstatt@example.com", "Kaistraße", "DE89370400440532013000", "Hafen")


async def told(db: Db, org_id: OrgId) -> list[Event]:
    """The organization's facts, in their order."""
    await SnapshotSequencer(db).tick()
    async with db.org(org_id, read_only=True) as tx:
        return await read(tx, START)


def folded(events: list[Event]) -> dict[str, Any]:
    """An object as its facts tell it: later ones over earlier ones."""
    state: dict[str, Any] = {}
    for event in events:
        state |= msgspec.json.decode(event.body)
    return state


async def test_the_facts_of_a_party_fold_into_the_party(house: House, db: Db, organization: Founded) -> None:
    caller = house.holding(organization.secret)
    new = {
        "kind": "company",
        "name": "Elbe-Werkstatt",
        "roles": ["customer"],
        "country": "DE",
        "contacts": [{"kind": "email", "value": "werkstatt@example.com"}],
    }
    path = "/v1/parties/" + (await caller.post("/v1/parties", new)).json["id"]
    await caller.patch(path, {"roles": ["seller", "customer"], "country": "AT"}, **{"if-match": "*"})
    await caller.post(
        f"{path}/addresses",
        {"purpose": "registered", "line1": "Kaistraße 1", "city": "Hafen", "country": "DE"},
    )
    await caller.post(f"{path}/bank_accounts", {"iban": "DE89370400440532013000"})
    party = (await caller.get(path)).json

    facts = await told(db, organization.org_id)
    mine = [event for event in facts if event.subject_kind == PARTY.prefix]
    state = folded(mine)

    assert [event.kind for event in mine] == ["party.created", *["party.updated"] * 3]
    assert {name: state[name] for name in ("version", "country", "party_kind")} == {
        "version": party["version"],
        "country": party["country"],
        "party_kind": party["kind"],
    }
    assert sorted(state["roles"]) == sorted(party["roles"])
    assert [folded([event])["version"] for event in mine] == [1, 2, 3, 4]


async def test_an_erasure_is_a_fact_and_nothing_personal_ever_was_one(
    house: House, db: Db, organization: Founded
) -> None:
    caller = house.holding(organization.secret)
    new = {
        "kind": "person",
        "name": PERSONAL[0],
        "roles": ["customer"],
        "country": "DE",
        "contacts": [{"kind": "email", "value": PERSONAL[1]}],
    }
    path = "/v1/parties/" + (await caller.post("/v1/parties", new)).json["id"]
    await caller.patch(path, {"name": PERSONAL[2]}, **{"if-match": "*"})
    erased = await caller.post(f"{path}/erase")

    facts = [event for event in await told(db, organization.org_id) if event.subject_kind == PARTY.prefix]
    assert [event.kind for event in facts] == ["party.created", "party.updated", "party.erased"]
    assert folded(facts)["version"] == erased.json["version"]
    assert not [text for text in PERSONAL for event in facts if text.encode() in event.body]


async def test_a_refused_change_leaves_no_fact(house: House, db: Db, organization: Founded) -> None:
    caller = house.holding(organization.secret)
    new = {"kind": "company", "name": "X", "roles": ["payer"], "country": "DE", "reference": "one-only"}
    assert (await caller.post("/v1/parties", new)).status == 201
    before = len(await told(db, organization.org_id))
    assert (await caller.post("/v1/parties", new)).json["code"] == "party_reference_taken"
    assert len(await told(db, organization.org_id)) == before


async def test_a_repeated_call_leaves_one_fact(house: House, db: Db, organization: Founded) -> None:
    caller = house.holding(organization.secret)
    before = len(await told(db, organization.org_id))
    new = {"kind": "company", "name": "Elbe-Werkstatt", "roles": ["seller"], "country": "DE"}
    first = await caller.post("/v1/parties", new, **{"idempotency-key": "once-for-all"})
    again = await caller.post("/v1/parties", new, **{"idempotency-key": "once-for-all"})
    assert (first.status, again.body) == (201, first.body)
    assert len(await told(db, organization.org_id)) == before + 1


async def test_organizations_and_keys_tell_what_becomes_of_them(
    house: House, db: Db, organization: Founded
) -> None:
    caller = house.holding(organization.secret)
    key = (await caller.post("/v1/api_keys", {"name": "till", "scopes": ["parties:read"]})).json
    await caller.post(f"/v1/api_keys/{key['id']}/revoke")
    await caller.patch("/v1/organization", {"name": "Hanse Mobile"}, **{"if-match": "*"})
    organized = (await caller.get("/v1/organization")).json

    facts = await told(db, organization.org_id)
    of_key = [event for event in facts if event.subject_id == API_KEY.parse(key["id"])]
    assert [event.kind for event in of_key] == ["api_key.created", "api_key.revoked"]
    assert folded(of_key)["status"] == "revoked"
    of_org = [event for event in facts if event.subject_kind == "org"]
    assert [event.kind for event in of_org] == ["organization.created", "organization.renamed"]
    assert folded(of_org)["version"] == organized["version"]
    assert key["secret"].encode() not in b"".join(event.body for event in facts)
