"""Keys open one organization, show themselves once, and leave an audit entry for whatever they do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontorhaus.kernel.ids import ORG
from kontorhaus.people.access import Founded, authenticate, model
from kontorhaus.platform.db import Db
from tests.support.house import House


@pytest.fixture
def owner(house: House, organization: Founded) -> House:
    return house.holding(organization.secret)


async def test_a_key_belongs_to_one_organization_in_one_mode(owner: House, organization: Founded) -> None:
    reply = await owner.get("/v1/organization")
    assert reply.status == 200
    assert reply.json["id"] == ORG.text(organization.org_id)
    assert (reply.json["mode"], reply.json["name"]) == ("test", "Hanse Automobile")


async def test_a_new_key_is_shown_once_and_kept_as_a_hash(
    owner: House, db: Db, organization: Founded
) -> None:
    made = await owner.post("/v1/api_keys", {"name": "shop", "scopes": ["parties:read"]})
    assert made.status == 201
    secret, key_id = made.json["secret"], made.json["id"]
    assert made.headers["Cache-Control"] == "no-store"
    read = await owner.get(f"/v1/api_keys/{key_id}")
    listed = await owner.get("/v1/api_keys")
    assert "secret" not in read.json
    assert secret not in read.body.decode() + listed.body.decode()
    assert read.json["hint"].startswith(secret[:10])
    async with db.org(organization.org_id) as tx:
        for table in ("api_key", "audit_entry", "idempotency_key"):
            rows = await tx.connection.fetch(f"SELECT t::text AS row FROM {table} t")
            assert not [row for row in rows if secret in row["row"]], table
        stored = await tx.connection.fetchval("SELECT answer FROM idempotency_key WHERE sealed")
    assert secret.encode() not in stored


async def test_the_same_creation_repeated_shows_the_same_key(owner: House) -> None:
    body = {"name": "shop", "scopes": ["parties:read"]}
    first = await owner.post("/v1/api_keys", body, **{"idempotency-key": "make-the-key"})
    second = await owner.post("/v1/api_keys", body, **{"idempotency-key": "make-the-key"})
    assert (first.status, first.body) == (second.status, second.body)
    assert (first.headers.get("Idempotency-Replayed"), second.headers["Idempotency-Replayed"]) == (
        None,
        "true",
    )
    assert len((await owner.get("/v1/api_keys")).json["data"]) == 2, "the first key and the shop's"


async def test_a_key_may_do_what_it_was_given_and_grant_no_more(owner: House) -> None:
    made = await owner.post("/v1/api_keys", {"name": "reader", "scopes": ["parties:read", "api_keys:write"]})
    reader = owner.holding(made.json["secret"])
    assert (await reader.get("/v1/parties")).status == 200
    for method, path in (("GET", "/v1/organization"), ("GET", "/v1/audit_entries")):
        refused = await reader.call(method, path)
        assert (refused.status, refused.json["code"]) == (403, "scope_missing")
    for scopes in (["*"], ["parties:*"], ["parties:read", "parties:write"]):
        refused = await reader.post("/v1/api_keys", {"name": "more", "scopes": scopes})
        assert (refused.status, refused.json["code"]) == (403, "scope_not_grantable")
    assert (await reader.post("/v1/api_keys", {"name": "same", "scopes": ["parties:read"]})).status == 201


async def test_a_revoked_key_opens_nothing_from_the_next_request_on(owner: House) -> None:
    made = await owner.post("/v1/api_keys", {"name": "lost", "scopes": ["*"]})
    lost = owner.holding(made.json["secret"])
    assert (await lost.get("/v1/organization")).status == 200
    revoked = await owner.post(f"/v1/api_keys/{made.json['id']}/revoke")
    assert (revoked.status, revoked.json["status"]) == (200, "revoked")
    refused = await lost.get("/v1/organization")
    assert (refused.status, refused.json["code"]) == (401, "credentials_invalid")
    again = await owner.post(f"/v1/api_keys/{made.json['id']}/revoke")
    assert (again.status, again.json["code"]) == (409, "api_key_conflict")


async def test_a_rotated_key_does_not_repeat_an_effect(owner: House) -> None:
    """The scope of an idempotency key is the organization and the kind of caller, never the credential."""
    other = owner.holding((await owner.post("/v1/api_keys", {"name": "new", "scopes": ["*"]})).json["secret"])
    body = {"kind": "company", "name": "Autohaus Müller GmbH", "roles": ["customer"], "country": "DE"}
    first = await owner.post("/v1/parties", body, **{"idempotency-key": "once"})
    second = await other.post("/v1/parties", body, **{"idempotency-key": "once"})
    assert (first.status, first.body) == (second.status, second.body)
    assert second.headers["Idempotency-Replayed"] == "true"


async def test_every_change_leaves_an_audit_entry_without_values(owner: House, organization: Founded) -> None:
    made = await owner.call(
        "POST",
        "/v1/api_keys",
        {"name": "Frau Beispiel", "scopes": ["parties:read"]},
        headers={"request-id": "abc-1"},
    )
    await owner.post(f"/v1/api_keys/{made.json['id']}/revoke")
    entries = (await owner.get(f"/v1/audit_entries?subject_id={made.json['id']}")).json["data"]
    assert [entry["action"] for entry in entries] == ["api_key.revoked", "api_key.created"]
    assert entries[1]["fields"] == ["name", "scopes"]
    assert entries[1]["request_id"] == "abc-1"
    assert "Beispiel" not in str(entries)


async def test_the_organization_is_renamed_by_whoever_has_seen_it_last(owner: House) -> None:
    seen = await owner.get("/v1/organization")
    blind = await owner.patch("/v1/organization", {"name": "A"})
    assert (blind.status, blind.json["code"]) == (428, "if_match_missing")
    renamed = await owner.patch("/v1/organization", {"name": "Neu"}, **{"if-match": seen.headers["ETag"]})
    assert (renamed.status, renamed.json["name"], renamed.json["version"]) == (200, "Neu", 2)
    late = await owner.patch("/v1/organization", {"name": "Alt"}, **{"if-match": seen.headers["ETag"]})
    assert (late.status, late.json["code"]) == (412, "organization_changed")


async def test_lists_are_paged_without_gap_or_repeat(owner: House) -> None:
    for number in range(5):
        await owner.post("/v1/api_keys", {"name": f"key {number}", "scopes": ["parties:read"]})
    names, path = [], "/v1/api_keys?limit=2"
    while True:
        page = (await owner.get(path)).json
        names += [key["name"] for key in page["data"]]
        if not page["has_more"]:
            break
        path = f"/v1/api_keys?limit=2&cursor={page['next_cursor']}"
    assert names == ["key 4", "key 3", "key 2", "key 1", "key 0", "first key"]


@pytest.mark.parametrize(
    "credential",
    ["", "sk_test_", "sk_test_" + "a" * 38, "Bearer", "sk_live_ÄÖÜ", "null", "x" * 5_000],
)
async def test_what_is_no_key_is_refused_without_a_query(db: Db, credential: str) -> None:
    assert await authenticate(db, credential) is None


@given(st.sampled_from(["live", "test"]), st.integers(8, 45), st.sampled_from(model.ALPHABET))
def test_a_mistyped_key_does_not_pass_its_checksum(mode: model.Mode, place: int, character: str) -> None:
    key = model.mint(mode)
    assert model.well_formed(key)
    mistyped = key[:place] + character + key[place + 1 :]
    assert model.well_formed(mistyped) == (mistyped == key)
