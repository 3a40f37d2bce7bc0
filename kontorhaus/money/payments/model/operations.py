"""An operation: one call to a provider, written down before it is made. Its id is the provider's idempotency key.

claimed ──sent──▶ succeeded | failed
   ▲       │ ▲        ▲
   └───────┘ └─unknown┘      unknown: asked for under the same id, until it is known
 surely not sent
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from kontorhaus.money.payments.errors import OperationConflict
from kontorhaus.money.payments.model.asks import Ask
from kontorhaus.money.payments.model.ids import OPERATION, OperationId, PaymentConnectionId


class Status(StrEnum):
    CLAIMED = "claimed"
    """It is decided and was surely not sent."""

    SENT = "sent"
    """It is on its way, or was when its process ended."""

    SUCCEEDED = "succeeded"
    """The provider did what it was asked for."""

    FAILED = "failed"
    """It surely did not, or the payer's bank said no."""

    UNKNOWN = "unknown"
    """Nobody knows. It is asked for until it is known, and blocks whatever would repeat it."""


class Step(StrEnum):
    SEND = "send"
    RETURN = "return"
    LOSE = "lose"
    SUCCEED = "succeed"
    FAIL = "fail"


TRANSITIONS: Final = {
    (Status.CLAIMED, Step.SEND): Status.SENT,
    (Status.CLAIMED, Step.FAIL): Status.FAILED,
    (Status.CLAIMED, Step.SUCCEED): Status.SUCCEEDED,
    (Status.SENT, Step.RETURN): Status.CLAIMED,
    (Status.SENT, Step.LOSE): Status.UNKNOWN,
    (Status.SENT, Step.SUCCEED): Status.SUCCEEDED,
    (Status.SENT, Step.FAIL): Status.FAILED,
    (Status.UNKNOWN, Step.SUCCEED): Status.SUCCEEDED,
    (Status.UNKNOWN, Step.FAIL): Status.FAILED,
}

OPEN: Final = frozenset({Status.CLAIMED, Status.SENT, Status.UNKNOWN})


class Operation(Struct, frozen=True):
    """`kind` is the tag of the ask. `subject_kind` and `subject_id` name what it acts on; of the same `exclusive_id`
    one operation at a time is open. `method_…` is what was tried, as far as it may be shown. `leased_until` is machine
    time: until then a process is at the provider with it."""

    id: OperationId
    kind: str
    subject_kind: str
    subject_id: UUID
    exclusive_id: UUID
    connection_id: PaymentConnectionId
    status: str
    amount: int | None
    currency: str | None
    ask: bytes | None
    provider_reference: str | None
    tries: int
    reason: str | None
    review: bool
    method_kind: str | None
    method_brand: str | None
    method_last4: str | None
    method_fingerprint: str | None
    created_at: datetime
    sent_at: datetime | None
    leased_until: datetime | None
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        return Status(self.status) in OPEN

    def asked(self) -> Ask:
        """What the provider is asked for; it is kept until the end is known."""
        assert self.ask is not None, "an operation that has ended asks for nothing"
        asked: Ask = _DECODER.decode(self.ask)
        return asked

    def __repr__(self) -> str:
        return f"Operation({OPERATION.text(self.id)}, {self.kind}, {self.status})"


def advance(operation: Operation, step: Step) -> Status:
    status = TRANSITIONS.get((Status(operation.status), step))
    if status is None:
        raise OperationConflict(
            f"an operation that is {operation.status} takes no {step}",
            operation=OPERATION.text(operation.id),
            status=operation.status,
        )
    return status


class NewOperation(Struct, frozen=True, kw_only=True):
    """An operation that is to be claimed; `ask.id` is its id. `exclusive_id` is the subject's if not given; `tries` are
    those of operations before it for the same thing."""

    ask: Ask
    subject_kind: str
    subject_id: UUID
    connection_id: PaymentConnectionId
    exclusive_id: UUID | None = None
    tries: int = 0

    @property
    def id(self) -> OperationId:
        return OperationId(self.ask.id)


LEASE: Final = timedelta(seconds=15)
"""How long an operation whose process was killed is held up: longer than a process stands still for a moment, and
prolonged while one is at the provider. Two that ask at the same time do no harm, since they ask under one key."""

PAUSES: Final = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(hours=1),
    timedelta(days=1),
)
"""How long it is until an open operation is looked after again, by machine time: short at first, since most providers
answer at the second try; then ever longer, and a day for as long as it takes. It is never given up: money may have
moved."""


def pause_after(tries: int) -> timedelta:
    return PAUSES[min(max(tries, 1), len(PAUSES)) - 1]


def pause_at(age: timedelta) -> timedelta:
    """The pause of an operation of this age: the longest that is no longer than it has been open. Not by its tries,
    which callers who come again, and processes that are killed, make many of within seconds."""
    return max((pause for pause in PAUSES if pause <= age), default=PAUSES[0])


_DECODER: Final = msgspec.msgpack.Decoder(Ask)
_ENCODER: Final = msgspec.msgpack.Encoder()


def packed(ask: Ask) -> bytes:
    return _ENCODER.encode(ask)
