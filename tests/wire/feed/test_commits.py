"""A write's token: whoever waits for it sees the write, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import aiohttp
import asyncpg
import pytest
from msgspec import structs

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import monotonic
from kontorhaus.people import access
from kontorhaus.people.access import Founded
from kontorhaus.platform import eventlog
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.db import Db
from kontorhaus.platform.settings import Settings
from kontorhaus.roles import api
from kontorhaus.roles.resources import Resources
from tests.support.house import House, running_house
from tests.wire.feed.callers import COMMIT, PERSON, ask, create, read, read_all, subjects


async def test_a_write_is_seen_at_once_while_a_slow_one_is_open(
    owner: House, db: Db, organization: Founded
) -> None:
    async with db.org(organization.org_id) as tx:
        await access.record(tx, actor(organization.org_id), "slow.one", "org", organization.org_id, [])
        slow = await tx.connection.fetchval("SELECT pg_current_xact_id()::text::bigint")
        for _ in range(5):
            began = monotonic()
            made = await create(owner)
            events = await read_all(owner, wait=made.headers[COMMIT])
            assert subjects(events)[-1] == made.json["id"]
            assert monotonic() - began < 1
            assert eventlog.commit_of(organization.org_id, made.headers[COMMIT]) > slow


async def test_a_repeated_call_has_the_token_of_the_first(owner: House) -> None:
    key = {"idempotency-key": "one and the same".replace(" ", "-")}
    first = await owner.post("/v1/parties", PERSON, **key)
    again = await owner.post("/v1/parties", PERSON, **key)

    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers[COMMIT] == first.headers[COMMIT]
    refused = await owner.post("/v1/parties", PERSON | {"country": "XX"})
    assert refused.status == 400
    assert COMMIT not in refused.headers
    assert COMMIT not in (await owner.get("/v1/organization")).headers


async def test_a_commit_without_facts_is_not_waited_for(owner: House, db: Db, organization: Founded) -> None:
    async with db.org(organization.org_id) as tx:
        await access.record(tx, actor(organization.org_id), "silent.one", "org", organization.org_id, [])
        xid = await tx.connection.fetchval("SELECT pg_current_xact_id()::text::bigint")
    began = monotonic()
    await read(owner, wait=eventlog.commit_text(organization.org_id, xid))

    assert monotonic() - began < 1


@pytest.fixture
async def unpublished(resources: Resources, organization: Founded) -> AsyncIterator[House]:
    """A house without a sequencer, where an answer has three seconds."""
    hasty = structs.replace(resources, settings=Settings(port=0, answer_seconds_max=3))
    async with running_house(hasty) as house:
        yield house.holding(organization.secret)


async def test_without_a_sequencer_the_wait_ends_with_a_name(
    unpublished: House, resources: Resources
) -> None:
    made = await create(unpublished)
    began = monotonic()
    reply = await ask(unpublished, wait=made.headers[COMMIT])

    assert (reply.status, reply.json["code"]) == (503, "commit_not_published")
    assert reply.headers["Should-Retry"] == "true"
    assert 0.9 < monotonic() - began < 3
    assert resources.tail.waiting == 0


async def test_a_stop_ends_the_wait_for_a_commit(resources: Resources, organization: Founded) -> None:
    """The sequencer stops at the same time: nobody would come for as long as the call is patient."""
    stop = asyncio.Event()
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(api.serve(resources, stop, listening=listening.set_result))
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        house = House(address=await listening, session=session, key=organization.secret)
        made = await create(house)
        waiting = asyncio.create_task(ask(house, wait=made.headers[COMMIT]))
        async with asyncio.timeout(10):
            while not resources.tail.waiting:
                await asyncio.sleep(0.005)
        began = monotonic()
        stop.set()
        reply = await waiting
    await serving

    assert (reply.status, reply.json["code"]) == (503, "commit_not_published")
    assert monotonic() - began < 2


async def test_who_goes_away_waits_for_a_commit_no_longer(unpublished: House, resources: Resources) -> None:
    made = await create(unpublished)
    waiting = asyncio.create_task(ask(unpublished, wait=made.headers[COMMIT]))
    async with asyncio.timeout(10):
        while not resources.tail.waiting:
            await asyncio.sleep(0.005)
    waiting.cancel()
    began = monotonic()
    async with asyncio.timeout(10):
        while resources.tail.waiting:
            await asyncio.sleep(0.005)

    assert monotonic() - began < 0.5


async def test_a_token_of_another_server_is_refused_at_once(
    unpublished: House, organization: Founded
) -> None:
    for xid in (2**40, 2**63 - 1):
        began = monotonic()
        reply = await ask(unpublished, wait=eventlog.commit_text(organization.org_id, xid))
        assert (reply.status, reply.json["code"]) == (409, "commit_unknown")
        assert monotonic() - began < 1
    # One that is long over holds nobody up, whoever wrote it.
    assert (await ask(unpublished, wait=eventlog.commit_text(organization.org_id, 3))).status == 200


async def test_a_forged_token_of_a_running_transaction_harms_nobody(
    unpublished: House, admin_database_url: str, organization: Founded
) -> None:
    admin = await asyncpg.connect(admin_database_url)
    transaction = admin.transaction()
    await transaction.start()
    xid = await admin.fetchval("SELECT pg_current_xact_id()::text::bigint")
    # Another one after it, so that it lies inside the running ones and not at their end.
    await create(unpublished)
    token = eventlog.commit_text(organization.org_id, xid)
    reply, others = await asyncio.gather(ask(unpublished, wait=token), ask(unpublished, cursor="now"))
    await transaction.rollback()
    await admin.close()

    assert (reply.status, reply.json["code"]) == (503, "commit_not_published")
    assert others.status == 200


def actor(org_id: OrgId) -> Actor:
    return Actor(org_id=org_id, kind="house", id=UUID(int=0), scopes=frozenset({"*"}), mode="test")
