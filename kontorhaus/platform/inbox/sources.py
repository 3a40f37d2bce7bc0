"""A source: one kind of sender, as a room registers it. How its deliveries are believed, and what is done with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from msgspec import Struct

from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.inbox.model import Message, Verifier

Finish = Callable[[Tx], Awaitable[None]]


class Effect(Struct, frozen=True, tag=True):
    """An action whose whole effect is one transaction, under the connection's organization. It is there exactly once;
    the function itself may run more than once, so it must touch nothing but `tx`."""

    work: Callable[[Tx, Message], Awaitable[None]]


class Phases(Struct, frozen=True, tag=True):
    """An action that leaves for the network, between transactions of its own. It calls `finish(tx)` as the last
    thing in its last one, whose effect is then there exactly once; if it never does, its effects are there at least
    once."""

    work: Callable[[Db, Message, Finish], Awaitable[None]]


ANSWER: Final = b'{"received":true}'

TRIES_MAX: Final = 90
"""More than enough: with the pauses of jobs, 90 tries are three weeks. Above it the job itself would give up first."""


def any_secret(secret: bytes) -> bool:
    """Whether it is long enough for HMAC-SHA-256 to be worth something: 128 bits (RFC 2104, 3)."""
    return 16 <= len(secret) <= 1_000


class Source(Struct, frozen=True, kw_only=True):
    """`name` stands in the rows of connections: never rename it. `fits` says whether a secret is of the sender's form.

    A message is tried `tries` times, twenty by default, which span two days with the pauses of jobs; one attempt may
    take as long as `deadline`. `answer` is the body of 200, for senders that ask for a certain one.
    """

    name: str
    verify: Verifier
    action: Effect | Phases
    fits: Callable[[bytes], bool] = any_secret
    tries: int = 20
    deadline: timedelta = timedelta(minutes=5)
    answer: bytes = ANSWER
    answer_media_type: str = "application/json"

    def __post_init__(self) -> None:
        assert 1 <= self.tries <= TRIES_MAX, f"a message is tried 1 to {TRIES_MAX} times"
        assert timedelta(0) < self.deadline <= DEADLINE_MAX, f"an attempt ends within {DEADLINE_MAX}"


DEADLINE_MAX: Final = timedelta(minutes=30)
"""Six times the usual one: whatever takes longer is a job of its own, which a message may enqueue."""
