"""What an endpoint works with: the books, the instant, and the account that it acts for."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import Struct

from kontorhaus.sandbox.stripe import identifiers
from kontorhaus.sandbox.stripe.clock import Setting, now_ms
from kontorhaus.sandbox.stripe.errors import Object, missing
from kontorhaus.sandbox.stripe.store import Filter, Store

API_VERSION: Final = "2026-10-28.endive"
"""The version whose shapes all answers and events have: the one of the SDK that tests drive the simulator with."""

DAY: Final = 86_400


class Options(Struct, frozen=True, kw_only=True):
    """How the simulator was started. Instants are seconds of the simulated clock."""

    settle_days: int = 2
    """Business days until a charge's money is available; most accounts in Europe have two or three."""
    verify_seconds: int = 0
    """How long Stripe looks at a connected account's papers."""
    refund_seconds: int = 0
    """How long a pending refund or one that will fail stays so, beyond the answer itself."""
    payout_seconds: int = DAY
    """From a payout's creation to `in_transit`; the arrival is a business day after."""
    retry_ms: int = 1_000
    """The pause before a webhook is tried again; doubled with each try."""
    retries: int = 10
    """With one second at first: 17 minutes. Stripe goes on for three days in live mode."""
    latency_ms: int = 0
    """Waited before each call to the API is executed."""
    rate_limit: int = 0
    """Requests per second and key; 0 is none."""
    seed: int | None = None
    """For faults by rate."""


class Books:
    """The store with its clock, and those who want to know of each event."""

    def __init__(self, store: Store, options: Options) -> None:
        self.store: Final = store
        self.options: Final = options
        self.origin = ""
        self.random: Final = random.Random(options.seed)  # noqa: S311  # faults by rate, to be repeated
        saved = store.setting("clock")
        self._clock = Setting() if saved is None else msgspec.json.decode(saved, type=Setting)
        self.told: list[Callable[[Call, Object], None]] = []

    @property
    def now_ms(self) -> int:
        return now_ms(self._clock)

    @property
    def clock(self) -> Setting:
        return self._clock

    def set_clock(self, setting: Setting) -> None:
        self._clock = setting
        self.store.set("clock", msgspec.json.encode(setting).decode())


class Call:
    """One request, or one thing that happens by itself. All of it is one transaction of the books.

    `account` is whose objects are meant: the platform itself, or the connected account that `Stripe-Account` names.
    """

    def __init__(
        self,
        books: Books,
        *,
        platform: str,
        account: str,
        request: str | None = None,
        key: str | None = None,
        forced: str | None = None,
        at: int | None = None,
    ) -> None:
        self.books: Final = books
        self.store: Final = books.store
        self.options: Final = books.options
        self.platform: Final = platform
        self.account: Final = account
        self.request: Final = request
        self.key: Final = key
        self.forced: Final = forced
        """The decline code that a fault asks for, whatever the card is."""
        self.now: Final = books.now_ms // 1000 if at is None else at

    def acting_for(self, account: str) -> Call:
        """The same call, for objects of another account."""
        return Call(
            self.books,
            platform=self.platform,
            account=account,
            request=self.request,
            key=self.key,
            forced=self.forced,
            at=self.now,
        )

    def new(self, kind: str, body: Object) -> Object:
        """Fill in what every object has. It is not in the books before `insert`."""
        return {"id": identifiers.new(kind), "created": self.now, "livemode": False, **body}

    def insert(self, body: Object) -> Object:
        self.store.insert(self.account, body)
        return body

    def save(self, body: Object) -> Object:
        self.store.save(body)
        return body

    def get(self, kind: str, wanted: str, *, param: str | None = None) -> Object:
        """The object; raises what Stripe answers when there is none, with 400 when a parameter named it."""
        found = self.store.get(wanted, kind, self.account)
        if found is None:
            noun = {"payment_method": "PaymentMethod"}.get(kind, kind)
            raise missing(noun, wanted, param=param, status=404 if param is None else 400)
        return found

    def linked(self, kind: str, **links: str) -> list[Object]:
        """All objects of a kind whose fields have these values, newest first."""
        return self.store.select(Filter(account=self.account, kind=kind, links=links, limit=-1))

    def later(self, seconds: int, action: str, subject: str) -> None:
        """Let something happen by itself; with 0 seconds right after this call."""
        self.store.plan(self.now + seconds, self.account, action, subject)

    def emit(self, kind: str, body: Object, previous: Object | None = None) -> Object:
        """Tell what has happened, with the object as it is now and, of an update, what its fields were before."""
        data: Object = {"object": shown(body)}
        if previous:
            data["previous_attributes"] = shown(previous)
        event = self.new(
            "event",
            {
                "object": "event",
                "api_version": API_VERSION,
                "data": data,
                "pending_webhooks": 0,
                "request": {"id": self.request, "idempotency_key": self.key},
                "type": kind,
            },
        )
        if self.account != self.platform:
            event["account"] = self.account
        self.insert(event)
        for told in self.books.told:
            told(self, event)
        return event


def shown(body: Any) -> Any:
    """An object as the API shows it: without what only the simulator knows, at any depth."""
    if isinstance(body, list):
        return [shown(item) for item in body]
    if not isinstance(body, dict):
        return body
    hidden = "object" in body
    return {
        name: value if name == "metadata" else shown(value)
        for name, value in body.items()
        if not (hidden and name.startswith("_"))
    }


def changes(before: Object, after: Object) -> Object:
    """The old values of those fields that an update has changed."""
    return {
        name: before.get(name)
        for name in after
        if not name.startswith("_") and before.get(name) != after[name]
    }
