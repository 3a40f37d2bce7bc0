"""The feed shows an organization's own facts, once each, in published order, and nobody else's."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import pytest
from msgspec import Struct, structs

from kontorhaus.kernel.ids import ORG
from kontorhaus.people import access
from kontorhaus.people.access import Founded
from kontorhaus.platform import eventlog
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.eventlog import Cursor, SnapshotSequencer
from kontorhaus.roles.resources import Resources
from kontorhaus.wire.feed import Snapshot
from tests.support import databases
from tests.support.house import House, running_house
from tests.wire.feed.callers import COMMIT, ask, create, read, read_all, subjects

TYPE_ID = re.compile(r"[a-z_]+_[0-7][0-9a-z]{25}")


async def key_with(owner: House, *scopes: str) -> House:
    made = await owner.post("/v1/api_keys", {"name": "reader", "scopes": list(scopes)})
    return owner.holding(made.json["secret"])


async def test_a_change_leaves_an_event_with_the_ids_of_the_api(owner: House, organization: Founded) -> None:
    made = await create(owner)
    page = await read(owner, wait=made.headers[COMMIT])
    founded, key, created = page["data"]

    assert (founded["type"], founded["version"]) == ("organization.created", 1)
    assert founded["subject"] == {"type": "org", "id": ORG.text(organization.org_id)}
    assert founded["data"]["account_id"].startswith("acct_")
    assert key["data"] == {"scopes": ["*"], "status": "active"}
    assert created["subject"] == {"type": "pty", "id": made.json["id"]}
    assert created["data"] == {
        "party_kind": "person",
        "roles": ["customer"],
        "country": "DE",
        "version": 1,
    }
    assert all(TYPE_ID.fullmatch(event["id"]) for event in page["data"])
    assert page["next_cursor"] == created["cursor"]
    assert not page["has_more"]


async def test_an_event_is_read_by_its_id(owner: House, other: House) -> None:
    made = await create(owner)
    *_, created = await read_all(owner, wait=made.headers[COMMIT])
    path = f"/v1/events/{created['id']}"

    again = await owner.get(path)
    assert again.json == created
    expanded = (await owner.get(f"{path}?expand=subject")).json
    assert expanded["subject"]["object"]["name"] == "Anna Müller"
    last = created["id"][-1]
    for nobody in (created["id"][:-1] + ("0" if last != "0" else "1"), created["id"][:10] + "0" * 20):
        assert (await owner.get(f"/v1/events/{nobody}")).status == 404
    assert (await other.get(path)).json["code"] == "event_not_found"
    assert (await owner.get("/v1/events/pty_01h455vb4pex5vsknk084sn02q")).json["code"] == "object_not_found"


async def test_pages_go_on_where_they_ended(owner: House) -> None:
    made = [(await create(owner)) for _ in range(7)]
    events = await read_all(owner, wait=made[-1].headers[COMMIT], limit=2)

    assert subjects(events) == [reply.json["id"] for reply in made]
    behind = await read_all(owner, cursor=events[4]["cursor"])
    assert behind == events[5:]
    now = await read(owner, cursor="now")
    assert (now["data"], now["has_more"]) == ([], False)
    assert (await read(owner, cursor=now["next_cursor"]))["next_cursor"] == now["next_cursor"]


async def test_filters_choose_types_and_one_object(owner: House) -> None:
    first, second = await create(owner), await create(owner)
    changed = await owner.patch(
        f"/v1/parties/{first.json['id']}", {"country": "AT"}, **{"if-match": first.headers["ETag"]}
    )
    wait = changed.headers[COMMIT]

    updated = await read_all(owner, types="party.updated,party.erased", wait=wait)
    assert [event["type"] for event in updated] == ["party.updated"]
    assert updated[0]["data"] == {"roles": ["customer"], "country": "AT", "version": 2, "fields": ["country"]}
    of_first = await read_all(owner, subject=first.json["id"], limit=1)
    assert [event["type"] for event in of_first] == ["party.created", "party.updated"]
    both = await read_all(owner, subject=second.json["id"], types="party.updated")
    assert both == []


async def test_expand_shows_the_object_as_it_is_now(owner: House) -> None:
    party, gone = await create(owner), await create(owner)
    await owner.patch(
        f"/v1/parties/{party.json['id']}", {"name": "Anna Meier"}, **{"if-match": party.headers["ETag"]}
    )
    erased = await owner.post(f"/v1/parties/{gone.json['id']}/erase")
    wait = erased.headers[COMMIT]

    events = await read_all(owner, expand="subject", wait=wait)
    shown = {event["subject"]["id"]: event["subject"]["object"] for event in events}
    assert shown[party.json["id"]] == (await owner.get(f"/v1/parties/{party.json['id']}")).json
    assert shown[gone.json["id"]] is None
    assert sum(event["subject"]["id"] == party.json["id"] for event in events) == 2
    organization = next(event for event in events if event["type"] == "organization.created")
    assert organization["subject"]["object"]["name"] == "Hanse Automobile"
    key = next(event for event in events if event["type"] == "api_key.created")
    assert key["subject"]["object"]["name"] == "first key"
    plain = await read_all(owner)
    assert all("object" not in event["subject"] for event in plain)


async def test_expand_shows_nothing_that_the_key_may_not_read(owner: House) -> None:
    made = await create(owner)
    blind = await key_with(owner, "events:read")
    events = await read_all(blind, expand="subject", wait=made.headers[COMMIT])

    assert made.json["id"] in subjects(events)
    assert {event["subject"]["type"] for event in events} == {"org", "key", "pty"}
    assert all(event["subject"]["object"] is None for event in events)
    refused = await ask(await key_with(owner, "parties:*"))
    assert (refused.status, refused.json["facts"]) == (403, {"scope": "events:read"})


async def test_a_page_asks_each_room_once(
    resources: Resources, organization: Founded, sequencing: None
) -> None:
    del sequencing
    asked: list[tuple[str, int]] = []

    def counting(noun: str) -> Snapshot:
        async def snapshot(
            tx: Tx, ids: Sequence[UUID], viewer: Actor, version: str, now: datetime
        ) -> Mapping[UUID, Struct]:
            asked.append((noun, len(ids)))
            return await resources.snapshots[noun](tx, ids, viewer, version, now)

        return snapshot

    counted = structs.replace(resources, snapshots={noun: counting(noun) for noun in resources.snapshots})
    async with running_house(counted) as house:
        owner = house.holding(organization.secret)
        for _ in range(5):
            made = await create(owner)
        page = await read(owner, wait=made.headers[COMMIT], expand="subject")

    assert len(page["data"]) == 7
    assert sorted(asked) == [("key", 1), ("org", 1), ("pty", 5)]


async def test_a_page_stays_below_a_hundred_kilobytes(owner: House) -> None:
    address = {"purpose": "delivery", "line1": "Kaistraße" * 20, "city": "Bremen", "country": "DE"}
    for _ in range(50):
        made = await create(owner, addresses=[address] * 10)
    wait, cursor, events, sizes = made.headers[COMMIT], "", [], []
    more = True
    while more:
        query = {"limit": 100, "expand": "subject", "wait": wait} | ({"cursor": cursor} if cursor else {})
        reply = await ask(owner, **query)
        sizes.append(len(reply.body))
        cursor, more = reply.json["next_cursor"], reply.json["has_more"]
        events += reply.json["data"]

    assert len(sizes) > 1
    assert max(sizes) < 100_000
    assert len(subjects(events)) == len(set(subjects(events))) == 50


async def test_organizations_are_walls(
    owner: House, other: House, organization: Founded, stranger: Founded
) -> None:
    mine, foreign = await create(owner), await create(other)
    read_foreign = await read(other, wait=foreign.headers[COMMIT])
    seen = await read_all(owner, wait=mine.headers[COMMIT])

    assert subjects(seen) == [mine.json["id"]]
    assert subjects(read_foreign["data"]) == [foreign.json["id"]]
    assert await read_all(owner, subject=foreign.json["id"]) == []
    with_cursor = await ask(owner, cursor=read_foreign["next_cursor"])
    assert (with_cursor.status, with_cursor.json["code"]) == (400, "log_cursor_invalid")
    with_token = await ask(owner, wait=foreign.headers[COMMIT])
    assert (with_token.status, with_token.json["code"]) == (400, "commit_token_invalid")
    # Even with a check of its own making it gets to see only what is its own.
    place = eventlog.cursor_of(stranger.org_id, read_foreign["next_cursor"])
    forged = eventlog.cursor_text(organization.org_id, Cursor(place.epoch, place.position - 1))
    assert foreign.json["id"] not in (await ask(owner, cursor=forged)).body.decode()


BAD = {
    "limit": [("limit=0", "query_invalid"), ("limit=101", "query_invalid"), ("limit=x", "query_invalid")],
    "cursor": [
        ("cursor=", "log_cursor_invalid"),
        ("cursor=NOW", "log_cursor_invalid"),
        ("cursor=AAAAAAAAAAAA", "log_cursor_invalid"),
        ("cursor=%C3%BC", "log_cursor_invalid"),
        (f"cursor={'A' * 5000}", "log_cursor_invalid"),
    ],
    "types": [
        ("types=", "query_invalid"),
        ("types=party.created,party.create", "event_filter_invalid"),
        ("types=,", "event_filter_invalid"),
    ],
    "subject": [
        ("subject=anna", "query_invalid"),
        ("subject=party_01h455vb4pex5vsknk084sn02q", "event_filter_invalid"),
    ],
    "timeout": [
        ("timeout=-1", "query_invalid"),
        ("timeout=61", "query_invalid"),
        ("timeout=1.5", "query_invalid"),
    ],
    "wait": [("wait=", "commit_token_invalid"), ("wait=AAAAAAAAAAAA", "commit_token_invalid")],
    "expand": [("expand=object", "query_invalid"), ("expand=subject,subject", "query_invalid")],
    "fields": [("fields=id", "query_invalid")],
}


@pytest.mark.parametrize(
    ("pointer", "query", "code"), [(pointer, *case) for pointer, cases in BAD.items() for case in cases]
)
async def test_a_wrong_parameter_is_named(owner: House, pointer: str, query: str, code: str) -> None:
    reply = await owner.get(f"/v1/events?{query}")

    assert (reply.status, reply.json["code"]) == (400, code), reply.body
    assert reply.json["errors"][0]["pointer"] == pointer


async def test_a_place_that_a_restore_has_undone_is_refused(
    fresh_database_url: str, resources: Resources
) -> None:
    db = await Db.connect(databases.login_url(fresh_database_url), connections=4)
    sequencer = SnapshotSequencer(db)
    async with running_house(structs.replace(resources, db=db)) as house:
        founded = (await access.found(db, "Hanse Automobile"))[1]
        owner, org_id = house.holding(founded.secret), founded.org_id
        await create(owner)
        await sequencer.tick()
        kept = await read(owner)
        undone = eventlog.cursor_text(
            org_id, Cursor(1, eventlog.cursor_of(org_id, kept["next_cursor"]).position + 1)
        )
        await eventlog.start_epoch(db)
        now = await read(owner, cursor="now")
        after = await create(owner)
        await sequencer.tick()

        stale = await ask(owner, cursor=undone)
        assert (stale.status, stale.json["code"]) == (409, "cursor_stale")
        for cursor in (kept["next_cursor"], now["next_cursor"]):
            assert subjects(await read_all(owner, cursor=cursor)) == [after.json["id"]]
    await db.close()


async def test_a_fact_of_a_newer_release_ends_the_page_before_it(
    fresh_database_url: str, resources: Resources
) -> None:
    db = await Db.connect(databases.login_url(fresh_database_url), connections=4)
    sequencer = SnapshotSequencer(db)
    async with running_house(structs.replace(resources, db=db)) as house:
        founded = (await access.found(db, "Hanse Automobile"))[1]
        owner = house.holding(founded.secret)
        async with db.org(founded.org_id) as tx:
            await tx.connection.execute(
                "INSERT INTO event (org_id, kind, version, subject_kind, subject_id, body)"
                " VALUES ($1, 'moon.reached', 1, 'org', $1, '{}')",
                founded.org_id,
            )
        await create(owner)
        await sequencer.tick()
        page = await read(owner)
        refused = await ask(owner, cursor=page["next_cursor"])
    await db.close()

    assert [event["type"] for event in page["data"]] == ["organization.created", "api_key.created"]
    assert page["has_more"]
    assert (refused.status, refused.json["code"]) == (503, "fact_unknown")


async def test_pages_skip_and_repeat_nothing_while_eight_write(owner: House, other: House) -> None:
    async def write(house: House, count: int) -> list[str]:
        return [(await create(house)).json["id"] for _ in range(count)]

    async def follow() -> list[str]:
        seen: list[str] = []
        cursor = (await read(owner, cursor="now"))["next_cursor"]
        ready.set()
        while len(seen) < 8 * 20:
            page = await read(owner, cursor=cursor, limit=7, timeout=5, types="party.created")
            seen += subjects(page["data"])
            cursor = page["next_cursor"]
        return seen

    ready = asyncio.Event()
    reading = asyncio.create_task(follow())
    await ready.wait()
    *written, _ = await asyncio.gather(*(write(owner, 20) for _ in range(8)), write(other, 20))
    seen = await asyncio.wait_for(reading, 30)

    assert sorted(seen) == sorted(party for parties in written for party in parties)
    for parties in written:
        assert [party for party in seen if party in parties] == parties
    assert sorted(subjects(await read_all(owner, limit=13))) == sorted(seen)
