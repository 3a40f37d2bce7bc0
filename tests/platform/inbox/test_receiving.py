"""A delivery is kept before it is answered, once; what is not the sender's is not kept at all."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import inbox
from kontorhaus.platform.db import Db, Query
from kontorhaus.platform.inbox import CONNECTION, SecretUnfit
from kontorhaus.platform.secrets import Keyring
from kontorhaus.roles.resources import Resources
from tests.platform.inbox.sender import (
    DEMO,
    OTHER_SECRET,
    SECRET,
    Sender,
    Worked,
    effects,
    opened,
    received_by,
    signature,
    stripe_signature,
)
from tests.support.house import House, running_house


class Counts(Struct, frozen=True):
    seen: int
    messages: int
    jobs: int


COUNTS = Query(
    Counts,
    "SELECT (SELECT count(*) FROM inbox_seen), (SELECT count(*) FROM inbox_message), (SELECT count(*) FROM job)",
)


async def counts(db: Db) -> tuple[int, int, int]:
    async with db.system() as tx:
        found = await COUNTS.one(tx)
    return found.seen, found.messages, found.jobs


async def test_fifty_deliveries_of_one_event_have_one_effect(demo: Sender, db: Db, worked: Worked) -> None:
    replies = await asyncio.gather(*(demo.send("evt_1", about="pay_1") for _ in range(50)))

    assert {(reply.status, reply.body) for reply in replies} == {(200, b'{"received":true}')}
    assert await counts(db) == (1, 1, 1)
    await worked.drain()
    assert (await demo.send("evt_1", about="pay_1")).status == 200
    await worked.drain()
    assert await effects(db) == ["evt_1"]
    assert await counts(db) == (1, 1, 0)


async def test_equal_ids_at_two_addresses_are_two_events(
    demo: Sender, house: House, db: Db, keyring: Keyring, org: OrgId, worked: Worked
) -> None:
    other = Sender(house, await opened(db, keyring, org))
    await demo.send("evt_1")
    await other.send("evt_1")
    await worked.drain()

    assert await effects(db) == ["evt_1", "evt_1"]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "signature_missing"),
        ({"x-signature": "00" * 32}, "signature_wrong"),
        ({"x-signature": "00"}, "signature_malformed"),
        ({"x-signature": "é" * 64}, "signature_malformed"),
        ({"x-signature": signature(b'{"id":"evt_1"}', OTHER_SECRET)}, "signature_wrong"),
    ],
)
async def test_what_is_not_signed_by_its_sender_is_not_kept(
    demo: Sender, db: Db, headers: dict[str, str], reason: str
) -> None:
    reply = await demo.send_raw(b'{"id":"evt_1"}', headers)

    assert (reply.status, reply.json["code"]) == (403, "delivery_refused")
    assert reply.json["facts"] == {"reason": reason}
    assert reply.headers["Should-Retry"] == "false"
    assert await counts(db) == (0, 0, 0)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b'{"id": 7}',
        b'{"id": ""}',
        b'{"id": "a\\u0000b"}',
        b'{"id": "\\ud800"}',
        msgspec.json.encode({"id": "e" * 256}),
        msgspec.json.encode({"id": "evt_1", "about": "s" * 151}),
        b"[" * 10_000,
    ],
)
async def test_what_is_signed_and_cannot_be_read_is_refused(demo: Sender, db: Db, raw: bytes) -> None:
    reply = await demo.send_raw(raw)

    assert (reply.status, reply.json["facts"]) == (403, {"reason": "body_unreadable"})
    assert await counts(db) == (0, 0, 0)


async def test_refusals_are_counted_and_do_not_fill_the_table(demo: Sender, db: Db) -> None:
    for _ in range(30):
        await demo.send_raw(b"x", {"x-signature": "00" * 32})
    async with db.system() as tx:
        (found,) = await inbox.connections(tx)

    assert (found.reason, found.refusals) == ("signature_wrong", 1), "one write in ten seconds"


async def test_a_body_is_kept_to_the_byte_and_sealed(
    demo: Sender, db: Db, keyring: Keyring, org: OrgId
) -> None:
    from kontorhaus.platform.inbox.receiving import unsealed

    raw = b'{ "id":\t"evt_1", "about": "pay_1", "name": "M\xc3\xbcller" }\n'
    headers = {"x-signature": signature(raw), "content-type": "text/plain", "authorization": "Basic c2VjcmV0"}
    assert (await demo.send_raw(raw, headers)).status == 200

    class Content(Struct, frozen=True):
        org_id: UUID
        content: bytes

    async with db.org(org) as tx:
        kept = await Query(Content, "SELECT org_id, content FROM inbox_message").one(tx)
    assert b"ller" not in kept.content
    delivery = await unsealed(keyring, org, kept.content)
    assert delivery.body == raw
    assert delivery.header("content-type") == [b"text/plain"]
    assert delivery.header("authorization") == [], "a password is not kept"


async def test_strange_addresses_and_too_large_bodies(demo: Sender, db: Db) -> None:
    nobody = Sender(demo.house, CONNECTION.new())
    assert (await nobody.send("evt_1")).json["code"] == "inbox_connection_not_found"
    assert (await demo.house.post("/v1/inbox/inb_x", {"id": "evt_1"})).status == 404
    assert (await demo.house.get(f"/v1/inbox/{CONNECTION.text(demo.connection_id)}")).status == 405
    too_large = await demo.send("evt_1", filling="x" * 65_536)
    assert (too_large.status, too_large.json["code"]) == (413, "body_too_large")
    assert (await demo.send("evt_1", filling="x" * 60_000)).status == 200
    assert await counts(db) == (1, 1, 1)


async def test_another_senders_signature_is_none_at_this_address(
    demo: Sender, house: House, db: Db, keyring: Keyring, org: OrgId
) -> None:
    other = await opened(db, keyring, org, secret=OTHER_SECRET)

    assert (await Sender(house, other).send("evt_1")).status == 403
    assert (await Sender(house, other, OTHER_SECRET).send("evt_1")).status == 200


async def test_two_secrets_hold_while_one_is_rotated(
    demo: Sender, db: Db, keyring: Keyring, org: OrgId, resources: Resources
) -> None:
    """Seen by two processes, of which each has met the connection before."""
    new = msgspec.structs.replace(demo, secret=OTHER_SECRET)
    async with running_house(msgspec.structs.replace(resources, inbox=received_by())) as second:
        there, new_there = (msgspec.structs.replace(one, house=second) for one in (demo, new))
        assert [(await one.send("evt_0")).status for one in (demo, there)] == [200, 200]
        async with db.org(org) as tx:
            await inbox.rotate(
                tx,
                keyring,
                DEMO,
                org_id=org,
                connection_id=demo.connection_id,
                secret=OTHER_SECRET,
                now=utc_now(),
                overlap=timedelta(hours=1),
            )
        for number, one in enumerate((demo, new, there, new_there)):
            assert (await one.send(f"evt_1{number}")).status == 200

        async with db.org(org) as tx:
            await inbox.rotate(
                tx,
                keyring,
                DEMO,
                org_id=org,
                connection_id=demo.connection_id,
                secret=b"whsec_a_third_one_0123456789",
                now=utc_now() - timedelta(seconds=1),
                overlap=timedelta(0),
            )
        for number, one in enumerate((demo, new, there, new_there)):
            assert (await one.send(f"evt_2{number}")).status == 403, (
                "stolen: no overlap, at once and everywhere"
            )
        third = msgspec.structs.replace(there, secret=b"whsec_a_third_one_0123456789")
        assert (await third.send("evt_3")).status == 200


async def test_a_closed_address_receives_nothing_more(
    demo: Sender, db: Db, org: OrgId, worked: Worked
) -> None:
    await demo.send("evt_1")
    async with db.org(org) as tx:
        await inbox.close(tx, org_id=org, connection_id=demo.connection_id, now=utc_now())

    assert (await demo.send("evt_2")).status == 404
    await worked.drain()
    assert await effects(db) == ["evt_1"], "what was received before is carried out"


async def test_a_secret_that_the_sender_cannot_have_is_refused(db: Db, keyring: Keyring, org: OrgId) -> None:
    with pytest.raises(SecretUnfit):
        await opened(db, keyring, org, secret=b"short")


async def test_a_sender_that_this_process_does_not_know_comes_again(
    demo: Sender, resources: Resources
) -> None:
    async with running_house(msgspec.structs.replace(resources, inbox=received_by(DEMO_2))) as older:
        reply = await msgspec.structs.replace(demo, house=older).send("evt_1")

    assert (reply.status, reply.json["code"]) == (503, "source_not_served")
    assert reply.headers["Should-Retry"] == "true"


DEMO_2 = msgspec.structs.replace(DEMO, name="another")


@pytest.mark.parametrize(
    ("off", "status"),
    [
        (timedelta(minutes=4), 200),
        (timedelta(minutes=-4), 200),
        (timedelta(minutes=6), 403),
        (timedelta(minutes=-6), 403),
    ],
)
async def test_a_senders_clock_may_be_five_minutes_off(
    stripe_like: Sender, off: timedelta, status: int
) -> None:
    raw = b'{"id":"evt_1","type":"charge.captured","created":1700000000,"data":{"object":{"id":"ch_1"}}}'
    signed = stripe_signature(raw, utc_now() + off, SECRET)
    reply = await stripe_like.send_raw(raw, {"stripe-signature": signed})

    assert reply.status == status
    if status == 403:
        assert reply.json["facts"] == {"reason": "timestamp_outside"}
