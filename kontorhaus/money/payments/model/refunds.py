"""A refund, and what becomes of it: values and pure decisions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.money import Money
from kontorhaus.money.payments.errors import RefundConflict
from kontorhaus.money.payments.model.allocations import Allocation
from kontorhaus.money.payments.model.ids import REFUND, PaymentConnectionId, PaymentId, RefundId
from kontorhaus.money.payments.model.observations import RefundStatus
from kontorhaus.people.parties import PartyId


class Status(StrEnum):
    REQUESTED = "requested"
    """The amount is set apart, and the provider is being asked."""

    PENDING = "pending"
    """The provider has it; the payer's bank has not answered."""

    REQUIRES_ACTION = "requires_action"
    """The payer must tell the provider where the money shall go."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """It did not arrive, perhaps after it had seemed to: the money is on the payer's deposit again."""

    CANCELED = "canceled"


class Step(StrEnum):
    ACCEPT = "accept"
    REQUIRE_ACTION = "require_action"
    SUCCEED = "succeed"
    FAIL = "fail"
    CANCEL = "cancel"


STEP_TO: Final = {
    Status.PENDING: Step.ACCEPT,
    Status.REQUIRES_ACTION: Step.REQUIRE_ACTION,
    Status.SUCCEEDED: Step.SUCCEED,
    Status.FAILED: Step.FAIL,
    Status.CANCELED: Step.CANCEL,
}

TRANSITIONS: Final = {
    (Status.REQUESTED, Step.ACCEPT): Status.PENDING,
    (Status.REQUESTED, Step.REQUIRE_ACTION): Status.REQUIRES_ACTION,
    (Status.REQUESTED, Step.SUCCEED): Status.SUCCEEDED,
    (Status.REQUESTED, Step.FAIL): Status.FAILED,
    (Status.REQUESTED, Step.CANCEL): Status.CANCELED,
    (Status.PENDING, Step.REQUIRE_ACTION): Status.REQUIRES_ACTION,
    (Status.PENDING, Step.SUCCEED): Status.SUCCEEDED,
    (Status.PENDING, Step.FAIL): Status.FAILED,
    (Status.PENDING, Step.CANCEL): Status.CANCELED,
    (Status.REQUIRES_ACTION, Step.ACCEPT): Status.PENDING,
    (Status.REQUIRES_ACTION, Step.SUCCEED): Status.SUCCEEDED,
    (Status.REQUIRES_ACTION, Step.FAIL): Status.FAILED,
    (Status.REQUIRES_ACTION, Step.CANCEL): Status.CANCELED,
    # A bank sends it back days later.
    (Status.SUCCEEDED, Step.FAIL): Status.FAILED,
}

STATUS_OF: Final = {
    RefundStatus.PENDING: Status.PENDING,
    RefundStatus.REQUIRES_ACTION: Status.REQUIRES_ACTION,
    RefundStatus.SUCCEEDED: Status.SUCCEEDED,
    RefundStatus.FAILED: Status.FAILED,
    RefundStatus.CANCELED: Status.CANCELED,
}


RefundReason = Literal["duplicate", "fraudulent", "requested_by_customer"]


class Refund(Struct, frozen=True):
    """A captured amount, or a part of it, on its way back to the payer. `posted`: it has left the payer's deposit;
    before that it is held there."""

    id: RefundId
    payment_id: PaymentId
    entity: PartyId
    payer: PartyId
    connection_id: PaymentConnectionId
    amount: int
    currency: str
    status: str
    reason: RefundReason | None
    failure: str | None
    reference: UUID | None
    provider_reference: str | None
    posted: bool
    review: str | None
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


def advance(refund: Refund, step: Step) -> Status:
    status = TRANSITIONS.get((Status(refund.status), step))
    if status is None:
        raise RefundConflict(
            f"a refund that is {refund.status} takes no {step}",
            refund=REFUND.text(refund.id),
            status=refund.status,
        )
    return status


class NewRefund(Struct, frozen=True, kw_only=True):
    """What another room wants given back. `undo` says what it takes back from which account before the money leaves
    the payer's deposit: it is posted together with the refund's hold."""

    id: RefundId
    payment: PaymentId
    amount: Money
    reason: RefundReason | None = None
    undo: tuple[Allocation, ...] = ()
