"""Records what the API really answers, in a form that is the same at every run: the examples of the document."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from kontorhaus.kernel.ids import text_of
from kontorhaus.platform.http import Route
from kontorhaus.roles import api
from tests.support.house import House, Reply

FILE: Final = Path(api.__file__).parent / "examples.json"

TYPE_ID: Final = re.compile(r"\b([a-z]+)_([0-7][0-9a-hjkmnp-tv-z]{25})\b")
INSTANT: Final = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
TODAY_OR_LATER: Final = re.compile(r'"(valid_from|valid_to)": ?"20(?:2[6-9]|[3-9]\d)-\d\d-\d\d"')
SECRET: Final = re.compile(r"\bsk_(live|test)_[0-9A-Za-z]{38}\b")
HINT: Final = re.compile(r"\bsk_(live|test)_..…....")
PERIOD: Final = {
    "begin": "2026-01-01T00:00:00Z",
    "end": "2026-02-01T00:00:00Z",
    "before": "2026-01-01T00:00:00Z",
}
"""Bounds of periods: one after the other, and passed whenever an example is tried."""

PROVIDERS: Final = re.compile(r"\b(pi|re|ch|py|acct|tr)_[0-9A-Za-z]{12,}\b")
"""References of a provider, which are other ones at each run."""

LINK: Final = re.compile(r'"http://[^" ]+/onboarding/[^"]+"')
"""A page of the simulator's."""

BYTES: Final = re.compile(r'"bytes": ?\d+')
CURSOR: Final = re.compile(r'"(next_cursor|cursor)": ?"[^"]+"')

FIRST_ID: Final = UUID("01934f3c-8a00-7000-8000-000000000000").int
"""The ids of examples count up from a UUIDv7 of 21 November 2024; only their form is real."""


class Recorder:
    """Calls a house and remembers the first successful request and answer of every operation."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._patterns = [(route, re.compile(_pattern(route.path))) for route in api.routes()]
        self._ids: dict[str, str] = {}
        self.recorded: dict[str, Any] = {}

    async def call(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        reply = await self._house.call(method, path, body, headers=headers)
        assert reply.status < 400, (method, path, reply.body)
        route = self._route(method, path.partition("?")[0])
        if route.operation_id not in self.recorded:
            example: dict[str, Any] = {} if body is None else {"request": self._steady(body)}
            if route.media_type == "application/json" and reply.body:
                example["response"] = self._steady(reply.json)
            self.recorded[route.operation_id] = example
        return reply

    def at(self, house: House) -> Recorder:
        """The same record, of calls to another house."""
        beside = Recorder(house)
        beside._ids, beside.recorded = self._ids, self.recorded
        return beside

    async def ask(self, path: str) -> Reply:
        """A request that is not recorded: for what is waited for."""
        return await self._house.get(path)

    def _route(self, method: str, path: str) -> Route:
        found = [
            route for route, pattern in self._patterns if route.method == method and pattern.fullmatch(path)
        ]
        # A word that stands in the path goes before a parameter that would take it.
        return min(found, key=lambda route: len(route.parameters))

    def _steady(self, value: object) -> Any:
        text = json.dumps(value, ensure_ascii=False)
        text = TYPE_ID.sub(self._steady_id, text)
        text = INSTANT.sub("2026-11-20T09:30:00Z", text)
        text = TODAY_OR_LATER.sub(r'"\1": "2026-11-20"', text)
        # Shorter than a real key, so that nobody's secret scanner takes an example for one.
        text = SECRET.sub(r"sk_\1_shown_once", text)
        text = HINT.sub(r"sk_\1_ab…wxyz", text)
        text = PROVIDERS.sub(r"\1_3RgQ8xLkdIwHu7ix", text)
        for name, instant in PERIOD.items():
            text = re.sub(rf'"{name}": ?"[^"]+"', f'"{name}": "{instant}"', text)
        text = LINK.sub('"https://connect.stripe.com/setup/e/shown_once"', text)
        # Ids are random, and compress accordingly.
        text = BYTES.sub('"bytes": 1874', text)
        return json.loads(CURSOR.sub(r'"\1": "c2hvcnRlbmVk"', text))

    def _steady_id(self, found: re.Match[str]) -> str:
        return self._ids.setdefault(found[0], text_of(found[1], UUID(int=FIRST_ID + len(self._ids))))


def _pattern(path: str) -> str:
    return re.sub(r"\{[a-z_0-9]+\}", "[^/]+", path)


def text(recorded: Mapping[str, Any]) -> str:
    """Operations by name; fields stay in the order in which the API has them."""
    return json.dumps(dict(sorted(recorded.items())), ensure_ascii=False, indent=1) + "\n"
