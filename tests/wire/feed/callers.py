"""What callers of the feed do, over HTTP: create a party, read a page, read on to the end."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from tests.support.house import House, Reply

COMMIT = "Kontorhaus-Commit"

PERSON = {"kind": "person", "name": "Anna Müller", "roles": ["customer"], "country": "DE"}

Seen = dict[str, Any]


async def create(house: House, **fields: Any) -> Reply:
    reply = await house.post("/v1/parties", PERSON | fields)
    assert reply.status == 201, reply.body
    return reply


async def ask(house: House, **query: Any) -> Reply:
    """One call of the feed, whatever it answers."""
    return await house.get(f"/v1/events?{urlencode(query)}")


async def read(house: House, **query: Any) -> Seen:
    """One page."""
    reply = await ask(house, **query)
    assert reply.status == 200, reply.body
    page: Seen = reply.json
    return page


async def read_all(house: House, **query: Any) -> list[Seen]:
    """Page after page, until there is no more."""
    events: list[Seen] = []
    while True:
        page = await read(house, **query)
        events += page["data"]
        query["cursor"] = page["next_cursor"]
        if not page["has_more"]:
            return events


def subjects(events: list[Seen], kind: str = "party.created") -> list[str]:
    """The ids of the objects that events of a type speak of, in the order of the events."""
    return [event["subject"]["id"] for event in events if event["type"] == kind]
