"""The ledger under a test clock that stands still, with a real worker beside the API: what ends, ends by that clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kontorhaus.people.access import Founded
from kontorhaus.platform.db import Db
from kontorhaus.roles import worker
from kontorhaus.roles.resources import Resources
from tests.money.ledger.counter import Counter, eur, problem
from tests.support import databases
from tests.support.house import House


@pytest.fixture
async def db(fresh_database_url: str) -> AsyncIterator[Db]:
    """A database of one's own: the log's positions belong to a whole database."""
    opened = await Db.connect(databases.login_url(fresh_database_url))
    yield opened
    await opened.close()


@pytest.fixture
async def counter(house: House, organization: Founded, resources: Resources) -> AsyncIterator[Counter]:
    stop = asyncio.Event()
    working = asyncio.create_task(worker.work(resources, stop))
    owner = house.holding(organization.secret)
    made = await owner.post("/v1/test_clock", {"now": "2026-01-01T00:00:00Z"})
    assert made.status == 201, made.body
    yield await Counter.opened(owner)
    stop.set()
    await working


async def standing(counter: Counter, name: str) -> list[int]:
    found = (await counter.read("balance", currency="EUR", name=name)).json
    return [found[field]["amount"] for field in ("balance", "held", "available")]


async def advance(counter: Counter, to: str) -> None:
    moved = await counter.house.post("/v1/test_clock/advance", {"to": to})
    assert (moved.status, moved.json["now"]) == (200, to), moved.body


async def told(counter: Counter) -> list[dict[str, Any]]:
    query = "types=ledger_hold.placed,ledger_hold.expired&expand=subject"
    reply = await counter.house.get(f"/v1/events?{query}")
    assert reply.status == 200, reply.body
    return list(reply.json["data"])


async def test_a_hold_ends_by_a_clock_that_is_advanced(counter: Counter) -> None:
    """However late the machine thinks it is: on its instant of business time, told, and the guard is free again."""
    await counter.post("clearing:card", "deposit:anna", 100)
    held = await counter.hold("deposit:anna", "payable:b", 60, expires_at="2026-03-01T00:00:00Z")
    later = await counter.hold("deposit:anna", "payable:b", 10, expires_at="2026-03-01T00:00:00.000001Z")
    path = held.headers["location"]

    await advance(counter, "2026-02-28T23:59:59Z")
    assert (await counter.house.get(path)).json["status"] == "open"
    assert await standing(counter, "deposit:anna") == [100, 70, 30]
    assert problem(await counter.post("deposit:anna", "payable:b", 31)) == (
        422,
        "ledger_balance_insufficient",
    )

    await advance(counter, "2026-03-01T00:00:00Z")
    ended = (await counter.house.get(path)).json
    assert (ended["status"], (await counter.house.get(later.headers["location"])).json["status"]) == (
        "expired",
        "open",
    )
    assert await standing(counter, "deposit:anna") == [100, 10, 90]
    assert (await counter.post("deposit:anna", "payable:b", 90)).status == 201
    late = await counter.house.post(f"{path}/post", {"id": ended["ended_by"], "amount": eur(1)})
    assert late.status == 409

    events = await told(counter)
    assert [(one["type"], one["subject"]["id"]) for one in events] == [
        ("ledger_hold.placed", held.json["id"]),
        ("ledger_hold.placed", later.json["id"]),
        ("ledger_hold.expired", held.json["id"]),
    ]
    assert [one["subject"]["object"]["status"] for one in events] == ["expired", "open", "expired"]


async def test_a_period_is_not_closed_ahead_of_the_machine(counter: Counter) -> None:
    """A test clock may be in the future; what is posted takes effect by the machine's time, and must find it open."""
    await advance(counter, "2999-01-01T00:00:00Z")
    ahead = await counter.house.post(f"{counter.path}/close", {"before": "2998-01-01T00:00:00Z"})
    assert problem(ahead) == (400, "ledger_instant_invalid")
    closed = await counter.house.post(f"{counter.path}/close", {"before": "2026-01-01T00:00:00Z"})
    assert closed.status == 200
    assert (await counter.post("clearing:card", "deposit:anna", 1)).status == 201
