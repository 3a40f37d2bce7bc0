"""The shop's desk: calls to the API, and a hand on the simulated provider, over HTTP as anybody's would be."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from msgspec import Struct

from kontorhaus.kernel.time import monotonic
from kontorhaus.platform.outbound import Method, Outbound

View = dict[str, Any]
"""An object as the API shows it."""

SECRET_KEY: Final = "sk_test_kontorhaus"  # noqa: S105  # of the simulator
"""The shop's key. The simulator takes any of this form."""

CALL_SECONDS_MAX: Final = 30.0
"""More than the house takes to answer by itself, 202 at the latest."""

WAIT_SECONDS_MAX: Final = 30.0
"""How long what must follow may take: it is a matter of milliseconds, unless an answer was lost."""

LOOK_SECONDS: Final = 0.05
"""How often one looks whether it has."""


class CallRefused(Exception):
    """The API, or the simulator, said no: what a story that goes as it should does not meet. `faults` are JSON pointers
    into the body that was sent, each with a sentence."""

    def __init__(self, call: str, status: int, problem: View) -> None:
        self.call, self.status = call, status
        self.code = str(problem.get("code", status))
        self.detail = str(problem.get("detail") or problem.get("title") or f"answer {status}")
        self.faults = [(str(one["pointer"]), str(one["detail"])) for one in problem.get("errors", ())]
        super().__init__(f"{call}: {status} {self.code}: {self.detail}")


class NotSoInTime(Exception):
    """What must follow by itself did not. The house, or its story, has a fault."""


class Desk(Struct, frozen=True):
    """Calls as the holder of `key`. `once` begins every idempotency key: the same again is the same call."""

    outbound: Outbound
    address: str
    key: str
    once: str

    async def get(self, path: str, **query: str | None) -> View:
        """Raises CallRefused, and as `platform.outbound` says NotSent and Unknown."""
        given = {name: value for name, value in query.items() if value is not None}
        status, found = await self._call("GET", f"{path}?{urlencode(given)}" if given else path)
        return _accepted(f"GET {path}", status, found)

    async def every(self, path: str, **query: str | None) -> list[View]:
        """All pages of a list."""
        rows: list[View] = []
        cursor: str | None = None
        while True:
            page = await self.get(path, **query, limit="100", cursor=cursor)
            rows += page["data"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return rows

    async def post(self, path: str, body: object, *, once: str) -> View:
        """The answer, whatever it took: repeated under the same idempotency key while the end is not known."""
        began = monotonic()
        while True:
            status, found = await self.ask(path, body, once=once)
            if status not in (202, 503) or monotonic() - began > WAIT_SECONDS_MAX:
                return _accepted(f"POST {path}", status, found)
            await asyncio.sleep(LOOK_SECONDS)

    async def ask(self, path: str, body: object, *, once: str) -> tuple[int, View]:
        """The first answer: 202 with the object as it stands where the end is not known yet. Raises CallRefused."""
        status, found = await self._call("POST", path, body, once=f"{self.once}-{once}")
        return status, _accepted(f"POST {path}", status, found) if status != 503 else found

    async def delete(self, path: str, *, once: str) -> None:
        status, found = await self._call("DELETE", path, once=f"{self.once}-{once}")
        _accepted(f"DELETE {path}", status, found)

    async def follow(self, url: str) -> str | None:
        """Open a page of the house as a browser does; where it leads on to, if it does."""
        page = _standing_at(self.address, url)
        reply = await self.outbound.request("GET", page, timeout_seconds=CALL_SECONDS_MAX)
        if reply.status >= 400:
            raise CallRefused("GET of the page", reply.status, _read(reply.body))
        return reply.headers.get("location")

    async def _call(
        self, method: Method, path: str, body: object = None, *, once: str | None = None
    ) -> tuple[int, View]:
        headers = {"authorization": f"Bearer {self.key}"}
        if once is not None:
            headers["idempotency-key"] = quote(once, safe="")
        if body is not None:
            headers["content-type"] = "application/json"
        reply = await self.outbound.request(
            method,
            self.address + path,
            headers=headers,
            body=None if body is None else msgspec.json.encode(body),
            timeout_seconds=CALL_SECONDS_MAX,
        )
        return reply.status, _read(reply.body)


class Provider(Struct, frozen=True):
    """The simulated Stripe: what a buyer, his bank, a seller or fate does there. `key` is the shop's secret key."""

    outbound: Outbound
    address: str
    key: str

    async def books(self) -> View:
        """What it has taken, given back and sent, by its own postings."""
        return await self._call("GET", f"/sandbox/books?{urlencode({'key': self.key})}")

    async def fail(self, **fault: Any) -> None:
        """Let something go wrong: a fault of docs/rooms/sandbox-stripe.md."""
        await self._call("POST", "/sandbox/faults", fault)

    async def mend(self) -> None:
        """Nothing goes wrong any more."""
        await self._call("DELETE", "/sandbox/faults")

    async def delivered(self) -> View:
        """How often each of its webhooks was taken, by the event's id, of the last thousand."""
        rows = (await self._call("GET", "/sandbox/deliveries"))["data"]
        return dict(Counter(row["event"] for row in rows if row["outcome"] == "delivered"))

    async def press(self, page: str, form: Mapping[str, str]) -> str | None:
        """Somebody presses the button of a page of the provider, or of a bank. Says where his browser is led next."""
        reply = await self.outbound.request(
            "POST",
            _standing_at(self.address, page),
            headers={"content-type": "application/x-www-form-urlencoded"},
            body=urlencode(form).encode(),
            timeout_seconds=CALL_SECONDS_MAX,
        )
        if reply.status >= 400:
            raise CallRefused("POST of the page", reply.status, _read(reply.body))
        return reply.headers.get("location")

    async def _call(self, method: Method, path: str, body: object = None) -> View:
        reply = await self.outbound.request(
            method,
            self.address + path,
            headers={} if body is None else {"content-type": "application/json"},
            body=None if body is None else msgspec.json.encode(body),
            timeout_seconds=CALL_SECONDS_MAX,
        )
        return _accepted(f"{method} {path.partition('?')[0]}", reply.status, _read(reply.body))


def _standing_at(address: str, url: str) -> str:
    """The same page where its server listens now: one from before a restart names the port of that time."""
    wanted, now = urlsplit(url), urlsplit(address)
    return wanted._replace(scheme=now.scheme, netloc=now.netloc).geturl()


def _accepted(call: str, status: int, found: View) -> View:
    if status >= 400:
        raise CallRefused(call, status, found)
    return found


def _read(body: bytes) -> View:
    try:
        found = msgspec.json.decode(body) if body else {}
    except msgspec.MsgspecError:
        return {}
    return found if isinstance(found, dict) else {}


async def until(what: str, look: Callable[[], Awaitable[View]], so: Callable[[View], bool]) -> View:
    """Look until it is so. Raises NotSoInTime."""
    began = monotonic()
    while True:
        found = await look()
        if so(found):
            return found
        if monotonic() - began > WAIT_SECONDS_MAX:
            raise NotSoInTime(f"{what} did not come about within {WAIT_SECONDS_MAX:.0f} s")
        await asyncio.sleep(LOOK_SECONDS)
