"""What shall go wrong, when and how often. Kept in memory: a restart is a mended Stripe."""

from __future__ import annotations

import fnmatch
from random import Random
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, structs

CallKind = Literal[
    "decline",
    "error_after",
    "error_before",
    "lock_timeout",
    "missing",
    "rate_limit",
    "slow",
    "timeout_after",
    "timeout_before",
    "wrong_amount",
    "wrong_currency",
]

WebhookKind = Literal[
    "webhook_bad_signature", "webhook_delayed", "webhook_doubled", "webhook_lost", "webhook_reordered"
]


class Fault(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A fault of calls, found by method and path, or of webhooks, found by the event's type; `*` stands for anything.

    It strikes the next `times` that fit, or with None all, each with the probability of `percent`. `delay_ms` is how
    long a slow answer, a time-out or a delayed webhook takes; `code` is the decline code.
    """

    kind: CallKind | WebhookKind
    method: str = "*"
    path: Annotated[str, Meta(max_length=200)] = "*"
    event: Annotated[str, Meta(max_length=100)] = "*"
    times: Annotated[int, Meta(ge=1)] | None = 1
    percent: Annotated[int, Meta(ge=1, le=100)] = 100
    delay_ms: Annotated[int, Meta(ge=0, le=600_000)] = 0
    code: Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,60}$")] = "generic_decline"
    copies: Annotated[int, Meta(ge=2, le=10)] = 2
    """How often a doubled webhook is sent."""

    @property
    def is_webhook(self) -> bool:
        return self.kind.startswith("webhook_")


class Standing(Struct, frozen=True):
    """A fault with its number and how often it has struck."""

    id: int
    fault: Fault
    struck: int = 0


class Faults:
    """All faults that stand, in the order in which they were asked for."""

    def __init__(self, random: Random) -> None:
        self._random: Final = random
        self._standing: list[Standing] = []
        self._done: list[Standing] = []
        self._next = 1

    @property
    def all(self) -> list[Standing]:
        """Those used up too, so that a test can see that its fault has struck."""
        return [*self._standing, *self._done]

    def add(self, fault: Fault) -> Standing:
        found = Standing(self._next, fault)
        self._next += 1
        self._standing.append(found)
        return found

    def clear(self, number: int | None = None) -> None:
        keep = (lambda _: False) if number is None else (lambda s: s.id != number)
        self._standing = [standing for standing in self._standing if keep(standing)]
        self._done = [standing for standing in self._done if keep(standing)]

    def for_call(self, method: str, path: str) -> Fault | None:
        """The first one that fits this call and strikes; it is counted."""
        for standing in self._standing:
            fault = standing.fault
            fits = fault.method in {"*", method} and fnmatch.fnmatchcase(path, fault.path)
            if fits and not fault.is_webhook and self._strikes(standing):
                return fault
        return None

    def for_webhook(self, kind: str) -> Fault | None:
        for standing in self._standing:
            fits = standing.fault.is_webhook and fnmatch.fnmatchcase(kind, standing.fault.event)
            if fits and self._strikes(standing):
                return standing.fault
        return None

    def _strikes(self, standing: Standing) -> bool:
        fault = standing.fault
        if fault.percent < 100 and self._random.randrange(100) >= fault.percent:
            return False
        left = None if fault.times is None else fault.times - 1
        place = self._standing.index(standing)
        counted = Standing(
            standing.id, structs.replace(fault, times=left or fault.times), standing.struck + 1
        )
        if left == 0:
            del self._standing[place]
            self._done.append(counted)
        else:
            self._standing[place] = counted
        return True
