"""The test clock as its callers see it, with a real worker beside the API."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import pytest
from msgspec import Struct, structs

from kontorhaus.kernel.time import parse_instant, utc_now
from kontorhaus.people import access
from kontorhaus.people.access import Founded
from kontorhaus.platform.db import Db
from kontorhaus.platform.jobs import Kind, Queue, enqueue, list_jobs
from kontorhaus.platform.settings import Settings
from kontorhaus.roles import worker
from kontorhaus.roles.resources import Resources
from tests.support.house import House, running_house


@pytest.fixture
def owner(house: House, organization: Founded) -> House:
    return house.holding(organization.secret)


@pytest.fixture
async def at_work(resources: Resources) -> AsyncIterator[None]:
    stop = asyncio.Event()
    working = asyncio.create_task(worker.work(resources, stop))
    yield
    stop.set()
    await working


@pytest.mark.usefixtures("at_work")
async def test_time_is_stopped_advanced_and_let_go(owner: House) -> None:
    assert (await owner.get("/v1/test_clock")).json["code"] == "test_clock_not_found"
    made = await owner.post("/v1/test_clock", {"now": "2026-01-01T01:00:00+01:00"})
    assert (made.status, made.headers["Location"]) == (201, "/v1/test_clock")
    assert made.json["now"] == "2026-01-01T00:00:00Z"
    assert made.json["status"] == "ready"
    assert made.json["advance"] is None

    moved = await owner.post("/v1/test_clock/advance", {"to": "2027-01-01T00:00:00Z"})
    assert moved.status == 200
    assert moved.json["status"] == "ready"
    assert moved.json["now"] == "2027-01-01T00:00:00Z"
    assert moved.json["advance"] == {
        "since": "2026-01-01T00:00:00Z",
        "to": "2027-01-01T00:00:00Z",
        "jobs_done": 0,
        "waiting_for": None,
    }
    assert (await owner.get("/v1/test_clock")).json == moved.json

    gone = await owner.call("DELETE", "/v1/test_clock")
    assert gone.status == 200
    assert (await owner.get("/v1/test_clock")).status == 404
    actions = [entry["action"] for entry in (await owner.get("/v1/audit_entries")).json["data"]]
    assert actions[:3] == ["test_clock.removed", "test_clock.advanced", "test_clock.frozen"]


async def test_a_call_is_made_at_business_time(owner: House) -> None:
    await owner.post("/v1/test_clock", {"now": "2020-02-29T12:00:00Z"})
    address = {"purpose": "delivery", "line1": "Am Kai 7", "city": "Bremen", "country": "DE"}
    body = {
        "kind": "company",
        "name": "Reederei",
        "roles": ["customer"],
        "country": "DE",
        "addresses": [address],
    }
    made = await owner.post("/v1/parties", body)
    assert made.json["addresses"][0]["valid_from"] == "2020-02-29"

    await owner.call("DELETE", "/v1/test_clock")
    made = await owner.post("/v1/parties", body)
    assert made.json["addresses"][0]["valid_from"] == utc_now().date().isoformat()


async def test_an_advance_that_takes_longer_is_answered_with_its_progress(
    resources: Resources, organization: Founded
) -> None:
    """Nobody is at work for as long as the caller waits; whoever repeats the call hears its end."""
    hasty = structs.replace(resources, settings=Settings(port=0, answer_seconds_max=2))
    async with running_house(hasty) as house:
        owner = house.holding(organization.secret)
        await owner.post("/v1/test_clock", {"now": "2026-01-01T00:00:00Z"})
        advance = ("/v1/test_clock/advance", {"to": "2026-02-01T00:00:00Z"})
        begun = await owner.post(*advance, **{"idempotency-key": "february"})
        assert (begun.status, begun.json["status"]) == (202, "advancing")
        assert begun.json["now"] == "2026-01-01T00:00:00Z"
        assert begun.json["advance"]["to"] == "2026-02-01T00:00:00Z"
        again = await owner.post(*advance, **{"idempotency-key": "february"})
        assert (again.status, again.json["status"]) == (202, "advancing")
        second = await owner.post(*advance)
        assert (second.status, second.json["code"]) == (409, "test_clock_advancing")

        stop = asyncio.Event()
        working = asyncio.create_task(worker.work(resources, stop))
        async with asyncio.timeout(20):
            while (await owner.get("/v1/test_clock")).json["status"] != "ready":
                await asyncio.sleep(0.05)
        stop.set()
        await working
        heard = await owner.post(*advance, **{"idempotency-key": "february"})
        assert (heard.status, heard.headers["Idempotency-Replayed"]) == (200, "true")
        assert heard.json == (await owner.get("/v1/test_clock")).json


@pytest.mark.usefixtures("at_work")
async def test_what_time_does_not_do(owner: House, house: House, db: Db) -> None:
    live = house.holding((await access.found(db, "Hanse Automobile"))[0].secret)
    refusals = [
        (live, "/v1/test_clock", {}, 422, "test_clock_in_live_mode"),
        (live, "/v1/test_clock/advance", {"to": "2030-01-01T00:00:00Z"}, 404, "test_clock_not_found"),
        (owner, "/v1/test_clock", {"now": "1969-12-31T23:59:59Z"}, 422, "test_clock_out_of_range"),
        (owner, "/v1/test_clock", {"now": "2999-01-01T00:00:00Z"}, 422, "test_clock_ahead"),
        (owner, "/v1/test_clock", {"now": "2026-01-01T00:00:00"}, 400, "body_invalid"),
        (owner, "/v1/test_clock", {"now": "9999-12-31T23:59:59-12:00"}, 400, "instant_invalid"),
        (owner, "/v1/test_clock/advance", {"to": "2030-01-01T00:00:00Z"}, 404, "test_clock_not_found"),
    ]
    for caller, path, body, status, code in refusals:
        refused = await caller.post(path, body)
        assert (refused.status, refused.json["code"]) == (status, code)
    made = await owner.post("/v1/test_clock", {})
    assert abs(parse_instant(made.json["now"]) - utc_now()) < timedelta(minutes=1), "the present"
    back = await owner.post("/v1/test_clock/advance", {"to": "2026-01-01T00:00:00Z"})
    assert (back.status, back.json["code"], back.json["facts"]["now"]) == (
        422,
        "time_runs_forward",
        made.json["now"],
    )
    twice = await owner.post("/v1/test_clock", {})
    assert (twice.status, twice.json["code"]) == (409, "test_clock_exists")
    never = await owner.post("/v1/test_clock/advance", {"to": "9999-12-31T23:59:59.999999Z"})
    assert (never.status, never.json["code"]) == (422, "test_clock_out_of_range")
    far = await owner.post("/v1/test_clock/advance", {"to": "2999-12-31T23:59:59.999999Z"})
    assert (far.status, far.json["now"]) == (200, "2999-12-31T23:59:59.999999Z")


class Nothing(Struct, frozen=True):
    pass


UNKNOWN: Final = Kind("demo.nobody_knows_it", Nothing, Queue("nobody_works_it"))


async def test_an_advance_that_waits_for_ever_is_ended_by_deleting_the_clock(
    resources: Resources, organization: Founded
) -> None:
    """Which tells its caller how far it came, and leaves what was waited for to itself."""
    hasty = structs.replace(resources, settings=Settings(port=0, answer_seconds_max=2))
    async with running_house(hasty) as house, worker_beside(resources):
        owner, org_id = house.holding(organization.secret), organization.org_id
        await owner.post("/v1/test_clock", {"now": "2026-01-01T00:00:00Z"})
        async with resources.db.org(org_id) as tx:
            await enqueue(tx, UNKNOWN.job(org_id, Nothing()), now=utc_now())
        advance = ("/v1/test_clock/advance", {"to": "2026-02-01T00:00:00Z"})
        begun = await owner.post(*advance, **{"idempotency-key": "february"})
        assert (begun.status, begun.json["status"]) == (202, "advancing")

        removed = await owner.call("DELETE", "/v1/test_clock")
        assert (removed.status, removed.json["now"]) == (200, "2026-01-01T00:00:00Z")
        heard = await owner.post(*advance, **{"idempotency-key": "february"})
        assert (heard.status, heard.json["status"], heard.json["now"]) == (
            200,
            "ready",
            "2026-01-01T00:00:00Z",
        )
        assert heard.json["advance"]["to"] == "2026-02-01T00:00:00Z", "and it did not come so far"
        assert (await owner.get("/v1/test_clock")).status == 404

        again = await owner.post("/v1/test_clock", {"now": "2026-01-01T00:00:00Z"})
        assert again.status == 201
    async with resources.db.system() as tx:
        left = await list_jobs(tx, "ready", limit=10_000)
    assert [job.kind for job in left if job.org_id == org_id] == [UNKNOWN.name]


@contextlib.asynccontextmanager
async def worker_beside(resources: Resources) -> AsyncIterator[None]:
    stop = asyncio.Event()
    working = asyncio.create_task(worker.work(resources, stop))
    yield
    stop.set()
    await working
