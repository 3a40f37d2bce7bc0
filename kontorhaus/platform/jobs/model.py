"""What a job is, and when it is tried again: values and pure decisions.

scheduled ──due──▶ ready ──claimed──▶ running ──done──▶ (deleted)
    ▲                ▲                  │ │
    │                └──lease ran out───┤ └──failed for the last time──▶ parked ──retried by a person──▶ ready
    └──────failed, and tried again──────┘
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final, Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

from kontorhaus.kernel.errors import DomainError
from kontorhaus.kernel.ids import OrgId

HOUSE: Final = OrgId(UUID(int=0))
"""Stands for "no organization" in the wall of a job of the house itself; its handler gets a system transaction."""


class Priority(IntEnum):
    """Classes rather than numbers: of many fine steps nobody knows what they mean together."""

    PERSON_WAITS = 0
    NORMAL = 1
    BULK = 2


class Clock(StrEnum):
    """Whose time a job is due by."""

    MACHINE = "machine"
    BUSINESS = "business"


class Queue(Struct, frozen=True):
    """Jobs that share workers. `slots`: how many of it one process runs at a time. `per_key`: how many of one key run
    at a time in all processes together; then every job of the queue has a key.

    Eight slots by default: about as many transactions as a process has connections for.
    """

    name: str
    slots: int = 8
    per_key: int | None = None


Args = TypeVar("Args", bound=Struct)


class Job(Struct, frozen=True):
    """A job that is to be enqueued; made by `Kind.job`."""

    org_id: OrgId
    queue: str
    kind: str
    args: bytes
    max_attempts: int
    due_at: datetime | None = None
    priority: Priority = Priority.NORMAL
    clock: Clock = Clock.MACHINE
    key: str | None = None
    dedupe_key: str | None = None


class Running(Struct, frozen=True):
    """One attempt at a job, as its worker holds it. `worker` and `attempt` are the fence: who was overtaken, by a
    lease that ran out, completes nothing."""

    org_id: UUID
    id: UUID
    kind: str
    attempt: int
    max_attempts: int
    worker: UUID
    args: bytes
    trace: str | None


class Kind(Generic[Args]):
    """What kind of work a job is: the name in its row, the type of its arguments, and how patiently it is tried.

    Arguments travel as msgpack of a frozen struct: old workers meet those of new code, so fields are only added, with
    defaults. `deadline` ends an attempt that hangs; five minutes are ample for anything but reports. Twenty attempts
    with the pauses of `pause_after` span two days: a provider's bad weekend.
    """

    def __init__(
        self,
        name: str,
        args: type[Args],
        queue: Queue,
        *,
        max_attempts: int = 20,
        deadline: timedelta = timedelta(minutes=5),
    ) -> None:
        self.name: Final = name
        self.queue: Final = queue
        self.max_attempts: Final = max_attempts
        self.deadline: Final = deadline
        self._decoder: Final = msgspec.msgpack.Decoder(args)

    def job(
        self,
        org_id: OrgId,
        args: Args,
        *,
        due_at: datetime | None = None,
        priority: Priority = Priority.NORMAL,
        clock: Clock = Clock.MACHINE,
        key: str | None = None,
        dedupe_key: str | None = None,
    ) -> Job:
        """A job of this kind, due at once unless `due_at` says later.

        `key` is one for all organizations: put the organization into it where the limit is one for each. `dedupe_key`
        is compared within organization and kind.
        """
        assert (key is not None) == (self.queue.per_key is not None), (
            "a queue with keys, and no other, takes one"
        )
        assert clock is Clock.MACHINE or due_at is not None, "a job of business time says when it is due"
        return Job(
            org_id=org_id,
            queue=self.queue.name,
            kind=self.name,
            args=_ENCODER.encode(args),
            max_attempts=self.max_attempts,
            due_at=due_at,
            priority=priority,
            clock=clock,
            key=key,
            dedupe_key=dedupe_key,
        )

    def args_of(self, running: Running) -> Args:
        """The arguments of a job of this kind."""
        return self._decoder.decode(running.args)


_ENCODER: Final = msgspec.msgpack.Encoder()

# A hiccup is over after five seconds; of a longer trouble nobody wants to hear oftener than every six hours.
PAUSE_SECONDS_MIN: Final = 5
PAUSE_SECONDS_MAX: Final = 6 * 3600

JITTER: Final = 0.25
"""Up to a quarter longer, never shorter: jobs that failed together must not come back together, and a provider that
asked for a pause gets the whole of it."""


def pause_after(attempt: int, chance: float) -> timedelta:
    """How long a job rests after its n-th attempt has failed; `chance` in [0, 1) is drawn by the caller."""
    assert attempt >= 1, "the first attempt has number 1"
    doubled = PAUSE_SECONDS_MIN * 2 ** min(attempt - 1, 30)  # beyond 30 the number grows for nothing
    return timedelta(seconds=min(doubled, PAUSE_SECONDS_MAX) * (1 + JITTER * chance))


def reason_of(error: BaseException) -> str:
    """What a failure is called in the job's row: type and code of the error, never its message, which may quote a
    person."""
    name = type(error).__name__
    return f"{name} {error.code}"[:200] if isinstance(error, DomainError) else name[:200]
