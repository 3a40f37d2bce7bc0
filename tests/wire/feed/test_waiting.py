"""Whoever waits is told at once, holds no connection meanwhile, and nobody is forgotten."""

from __future__ import annotations

import asyncio
import contextlib
import random
from datetime import timedelta
from uuid import UUID

import aiohttp
from msgspec import structs

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import monotonic, utc_now
from kontorhaus.people.access import Founded
from kontorhaus.platform import eventlog
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.db import Db
from kontorhaus.platform.eventlog import Tail, Wanted
from kontorhaus.platform.eventlog.tail import READERS_MAX
from kontorhaus.platform.settings import Settings
from kontorhaus.roles import api
from kontorhaus.roles.resources import Resources
from kontorhaus.wire.feed import queries
from kontorhaus.wire.feed.model import Asked
from tests.support.house import House, running_house
from tests.wire.feed.callers import COMMIT, ask, create, read, read_all, subjects


async def until_waiting(tail: Tail, count: int) -> None:
    """Until so many callers wait, ten seconds at most."""
    async with asyncio.timeout(10):
        while tail.waiting != count:
            await asyncio.sleep(0.005)


async def test_a_caller_who_waits_sees_the_next_fact(owner: House, resources: Resources) -> None:
    async def later() -> str:
        await until_waiting(resources.tail, 1)
        await asyncio.sleep(0.3)
        party: str = (await create(owner)).json["id"]
        return party

    began = monotonic()
    page, party = await asyncio.gather(read(owner, cursor="now", timeout=10), later())

    assert subjects(page["data"]) == [party]
    assert 0.3 <= monotonic() - began < 2
    assert resources.tail.waiting == 0


async def test_what_is_there_is_not_waited_for(owner: House) -> None:
    made = await create(owner)
    began = monotonic()
    page = await read(owner, timeout=10, wait=made.headers[COMMIT])

    assert made.json["id"] in subjects(page["data"])
    assert monotonic() - began < 2


async def test_an_empty_answer_has_moved_past_what_it_looked_through(
    owner: House, other: House, organization: Founded, resources: Resources
) -> None:
    start = await read(owner, cursor="now")
    waiting = asyncio.create_task(read(owner, cursor=start["next_cursor"], timeout=1, types="party.erased"))
    await until_waiting(resources.tail, 1)
    for house in (other, owner):
        await create(house)
    began = monotonic()
    page = await waiting

    assert (page["data"], page["has_more"]) == ([], False)
    assert monotonic() - began > 0.3, "what was not asked for ends no wait"
    before, after = (
        eventlog.cursor_of(organization.org_id, given["next_cursor"]).position for given in (start, page)
    )
    assert after >= before + 2
    assert await read_all(owner, cursor=page["next_cursor"]) == []


async def test_a_caller_who_goes_away_is_waited_for_no_longer(owner: House, resources: Resources) -> None:
    waiting = asyncio.create_task(read(owner, cursor="now", timeout=15))
    await until_waiting(resources.tail, 1)
    waiting.cancel()

    await until_waiting(resources.tail, 0)
    assert (await owner.get("/v1/organization")).status == 200


async def test_a_stop_ends_the_wait_with_an_answer(resources: Resources, organization: Founded) -> None:
    stop = asyncio.Event()
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(api.serve(resources, stop, listening=listening.set_result))
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        owner = House(address=await listening, session=session, key=organization.secret)
        waiting = asyncio.create_task(ask(owner, cursor="now", timeout=15, types="party.erased"))
        await until_waiting(resources.tail, 1)
        began = monotonic()
        stop.set()
        reply = await waiting

    await serving
    assert (reply.status, reply.json["data"]) == (200, [])
    assert reply.headers["Connection"] == "close"
    assert monotonic() - began < 3


async def test_five_hundred_wait_without_a_connection(
    database_url: str, resources: Resources, organization: Founded, sequencing: None
) -> None:
    del sequencing
    few = await Db.connect(database_url, connections=3)
    mine = structs.replace(resources, db=few, tail=Tail())
    async with (
        running_house(mine) as house,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), auto_decompress=False) as session,
    ):
        owner = structs.replace(house.holding(organization.secret), session=session)
        waiting = [
            asyncio.create_task(read(owner, cursor="now", timeout=15, types="party.created"))
            for _ in range(500)
        ]
        await until_waiting(mine.tail, 500)
        assert few.usage()["idle"] >= few.usage()["size"] - 1, "nobody who waits holds a connection"
        began = monotonic()
        party = (await create(owner)).json["id"]
        pages = await asyncio.gather(*waiting)
    await few.close()

    assert all(subjects(page["data"]) == [party] for page in pages)
    assert monotonic() - began < 10


async def test_there_is_a_bound_to_those_who_wait(resources: Resources, organization: Founded) -> None:
    small = structs.replace(resources, tail=Tail(waiting_of_one_max=1))
    async with running_house(small) as house:
        owner = house.holding(organization.secret)
        first = asyncio.create_task(ask(owner, cursor="now", timeout=2))
        await until_waiting(small.tail, 1)
        second = await ask(owner, cursor="now", timeout=2)
        at_once = await ask(owner, cursor="now")
        await first

    assert (second.status, second.json["code"]) == (503, "too_many_waiting")
    assert (second.headers["Should-Retry"], second.headers["Retry-After"]) == ("true", "5")
    assert at_once.status == 200
    assert first.result().status == 200


async def test_the_wait_ends_before_the_deadline_of_the_answer(
    resources: Resources, organization: Founded
) -> None:
    hasty = structs.replace(resources, settings=Settings(port=0, answer_seconds_max=3))
    async with running_house(hasty) as house:
        began = monotonic()
        reply = await ask(house.holding(organization.secret), cursor="now", timeout=60)

    assert (reply.status, reply.json["data"]) == (200, [])
    assert 0.9 < monotonic() - began < 3


async def test_who_is_woken_last_of_many_still_has_an_answer_in_time(
    owner: House, resources: Resources, organization: Founded
) -> None:
    """Others are reading for longer than his time: an empty page, from where he asks again, and no deadline."""
    hasty = structs.replace(resources, settings=Settings(port=0, answer_seconds_max=4))
    start = await read(owner, cursor="now")
    async with contextlib.AsyncExitStack() as others, running_house(hasty) as house:
        late = house.holding(organization.secret)
        waiting = asyncio.create_task(ask(late, cursor=start["next_cursor"], timeout=60))
        await until_waiting(resources.tail, 1)
        for _ in range(READERS_MAX):
            await others.enter_async_context(resources.tail.turn)
        made = await create(owner)
        reply = await waiting

    assert (reply.status, reply.json["data"]) == (200, [])
    assert subjects(await read_all(owner, cursor=reply.json["next_cursor"])) == [made.json["id"]]


async def test_waits_of_every_length_lose_nothing(
    owner: House, resources: Resources, organization: Founded
) -> None:
    """The instant at which a wait ends falls before, into and behind the looks of the tail, hundreds of times."""
    feed = queries.Feed(db=resources.db, tail=resources.tail, snapshots={})
    looker = queries.Looker(viewer=actor(organization.org_id), version="", now=utc_now())
    done = asyncio.Event()

    async def write() -> list[str]:
        made = []
        for _ in range(60):
            made.append((await create(owner)).json["id"])
            await asyncio.sleep(random.uniform(0, 0.02))
        return made

    async def follow(chance: random.Random) -> list[str]:
        cursor, seen = (await read(owner, cursor="now"))["next_cursor"], list[str]()
        ready.release()
        quiet = 0
        while quiet < 3:
            asked = Asked(
                after=eventlog.cursor_of(organization.org_id, cursor),
                from_now=False,
                wanted=Wanted(kinds=("party.created",)),
                limit=3,
                xid=None,
                commit_patience=timedelta(),
                patience=timedelta(seconds=0.5 if done.is_set() else chance.uniform(0, 0.03)),
                expand=False,
            )
            page = await queries.page(feed, looker, asked, for_ever)
            cursor = page.next_cursor
            seen += [event.subject.id for event in page.data]
            quiet = quiet + 1 if done.is_set() and not page.data else 0
        return seen

    ready = asyncio.Semaphore(0)
    followers = [asyncio.create_task(follow(random.Random(number))) for number in range(6)]
    for _ in followers:
        await ready.acquire()
    written = await asyncio.gather(write(), write())
    done.set()

    everything = sorted(written[0] + written[1])
    for seen in await asyncio.gather(*followers):
        assert sorted(seen) == everything


async def for_ever() -> None:
    await asyncio.Event().wait()


def actor(org_id: OrgId) -> Actor:
    return Actor(org_id=org_id, kind="api_key", id=UUID(int=1), scopes=frozenset({"*"}), mode="test")
