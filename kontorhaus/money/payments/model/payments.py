"""A payment, and what becomes of it: values and pure decisions.

The status is a pure function of what was taken, of what the provider said last, and of the open operation
(`status_of`); `advance` says whether it may become that from what it was.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.money import Money
from kontorhaus.money.payments.errors import PaymentConflict
from kontorhaus.money.payments.model.allocations import Allocation
from kontorhaus.money.payments.model.ids import PAYMENT, PaymentConnectionId, PaymentId
from kontorhaus.money.payments.model.observations import IntentStatus
from kontorhaus.people.parties import PartyId


class Status(StrEnum):
    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    """Nothing was tried, or the last try was declined: confirm it with a method."""

    REQUIRES_ACTION = "requires_action"
    """The payer must go to `action_url`, where his bank asks him."""

    PROCESSING = "processing"
    """A try is under way, or its end is not known yet. No second one is made."""

    AUTHORIZED = "authorized"
    """The payer's bank holds the amount: capture it or void it."""

    CAPTURING = "capturing"
    CAPTURED = "captured"
    """The money was taken and is in the books; refunds are sums, not states."""

    VOIDING = "voiding"
    CANCELED = "canceled"
    EXPIRED = "expired"
    """Ended since nobody had paid by `expires_at`."""

    IN_REVIEW = "in_review"
    """The provider said what cannot be ours: another amount, currency or reference. Nothing was posted, and a person
    decides."""


class Step(StrEnum):
    """What happened to it. Each leads to one status, whatever it was before."""

    SUBMIT = "submit"
    REQUIRE_ACTION = "require_action"
    AUTHORIZE = "authorize"
    BEGIN_CAPTURE = "begin_capture"
    CAPTURE = "capture"
    BEGIN_VOID = "begin_void"
    CANCEL = "cancel"
    EXPIRE = "expire"
    DECLINE = "decline"
    DOUBT = "doubt"


STEP_TO: Final = {
    Status.PROCESSING: Step.SUBMIT,
    Status.REQUIRES_ACTION: Step.REQUIRE_ACTION,
    Status.AUTHORIZED: Step.AUTHORIZE,
    Status.CAPTURING: Step.BEGIN_CAPTURE,
    Status.CAPTURED: Step.CAPTURE,
    Status.VOIDING: Step.BEGIN_VOID,
    Status.CANCELED: Step.CANCEL,
    Status.EXPIRED: Step.EXPIRE,
    Status.REQUIRES_PAYMENT_METHOD: Step.DECLINE,
    Status.IN_REVIEW: Step.DOUBT,
}

_UNPAID: Final = (Status.REQUIRES_PAYMENT_METHOD, Status.REQUIRES_ACTION, Status.PROCESSING)

_TO: Final = (*_UNPAID, Status.AUTHORIZED, Status.CAPTURED, Status.CANCELED, Status.EXPIRED, Status.IN_REVIEW)

_FROM: Final[dict[Status, tuple[Status, ...]]] = {
    # A webhook may bring any of these before the call that caused it is answered.
    **dict.fromkeys(_UNPAID, (*_TO, Status.VOIDING)),
    Status.AUTHORIZED: (*_TO, Status.CAPTURING, Status.VOIDING),
    Status.CAPTURING: _TO,
    Status.VOIDING: _TO,
    # Of what had ended the provider took the money after all.
    Status.CANCELED: (Status.IN_REVIEW,),
    Status.EXPIRED: (Status.IN_REVIEW,),
    Status.IN_REVIEW: _TO,
}

TRANSITIONS: Final = {
    (old, STEP_TO[new]): new for old in Status for new in _FROM.get(old, ()) if new is not old
}


class Payment(Struct, frozen=True):
    """The intent to collect one amount from one payer. Sums are in minor units of `currency`.

    `seen` is the provider's last word. `authorized` is held by the payer's bank and not taken; `captured` was taken and
    never shrinks; of it `refunding` is asked to be given back and `refunded` was. `fee` is the provider's, once known.
    `error_…` is why the last try, or call, did not succeed. `review` is why a person must look.
    """

    id: PaymentId
    entity: PartyId
    payer: PartyId
    connection_id: PaymentConnectionId
    amount: int
    currency: str
    capture_method: str
    status: str
    seen: str | None
    intent: str | None
    charge: str | None
    authorized: int
    captured: int
    refunding: int
    refunded: int
    fee: int | None
    action_url: str | None
    return_url: str | None
    reference: UUID | None
    description: str | None
    error_code: str | None
    error_provider_code: str | None
    error_advice: str | None
    review: str | None
    ending: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def captured_money(self) -> Money:
        return Money(self.captured, self.currency)

    @property
    def refundable(self) -> Money:
        """What can still be given back."""
        return Money(self.captured - self.refunded - self.refunding, self.currency)

    def __repr__(self) -> str:
        return f"Payment({PAYMENT.text(self.id)}, {self.status})"


def advance(payment: Payment, step: Step) -> Status:
    status = TRANSITIONS.get((Status(payment.status), step))
    if status is None:
        raise PaymentConflict(
            f"a payment that is {payment.status} takes no {step}",
            payment=PAYMENT.text(payment.id),
            status=payment.status,
        )
    return status


OpenKind = Literal["authorize", "capture", "void"]
"""The operations that a payment has one of at a time."""


class Standing(Struct, frozen=True):
    """Everything that the status hangs on."""

    captured: int
    seen: str | None
    open: OpenKind | None
    review: bool
    expiring: bool


def status_of(standing: Standing) -> Status:
    """The status of a payment: what a person must decide first, then money that was taken, then what is under way,
    then the provider's last word."""
    if standing.review:
        return Status.IN_REVIEW
    if standing.captured:
        return Status.CAPTURED
    if standing.open is not None:
        return _UNDER_WAY[standing.open]
    return _SEEN[IntentStatus(standing.seen)] if standing.seen and not standing.expiring else _ended(standing)


def _ended(standing: Standing) -> Status:
    if standing.seen is None:
        return Status.REQUIRES_PAYMENT_METHOD
    status = _SEEN[IntentStatus(standing.seen)]
    return Status.EXPIRED if status is Status.CANCELED else status


_UNDER_WAY: Final[dict[OpenKind, Status]] = {
    "authorize": Status.PROCESSING,
    "capture": Status.CAPTURING,
    "void": Status.VOIDING,
}

_SEEN: Final = {
    IntentStatus.REQUIRES_PAYMENT_METHOD: Status.REQUIRES_PAYMENT_METHOD,
    IntentStatus.REQUIRES_CONFIRMATION: Status.REQUIRES_PAYMENT_METHOD,
    IntentStatus.REQUIRES_ACTION: Status.REQUIRES_ACTION,
    IntentStatus.PROCESSING: Status.PROCESSING,
    IntentStatus.AUTHORIZED: Status.AUTHORIZED,
    IntentStatus.CAPTURED: Status.CAPTURED,
    IntentStatus.CANCELED: Status.CANCELED,
}


class NewPayment(Struct, frozen=True, kw_only=True):
    """What another room wants collected. `allocations` sum to the amount, or are none: it then stays on the payer's
    deposit. `connection_id` may be left out where the entity has one active connection. The payment ends unpaid at
    `expires_at`, by the organization's clock."""

    id: PaymentId
    entity: PartyId
    payer: PartyId
    amount: Money
    connection_id: PaymentConnectionId | None = None
    manual: bool = False
    allocations: tuple[Allocation, ...] = ()
    return_url: str | None = None
    reference: UUID | None = None
    description: str | None = None
    expires_at: datetime | None = None
