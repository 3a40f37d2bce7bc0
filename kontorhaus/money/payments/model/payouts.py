"""A payout: money that a seller is owed, sent to his account at the provider. Values and pure decisions."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.money import Money
from kontorhaus.money.ledger import HoldId
from kontorhaus.money.payments.errors import PayoutConflict
from kontorhaus.money.payments.model import sellers
from kontorhaus.money.payments.model.allocations import Allocation
from kontorhaus.money.payments.model.ids import (
    PAYOUT,
    OperationId,
    PaymentConnectionId,
    PaymentId,
    PayoutId,
    Reference,
    SellerAccountId,
)
from kontorhaus.money.payments.model.observations import PayoutSeen, ProviderDeclined, RefusalCode
from kontorhaus.money.payments.model.sellers import SellerAccount
from kontorhaus.people.parties import PartyId


class Status(StrEnum):
    PLANNED = "planned"
    ON_HOLD = "on_hold"
    SENDING = "sending"
    PAID = "paid"
    RETURNED = "returned"
    FAILED = "failed"
    CANCELED = "canceled"


class Step(StrEnum):
    SEND = "send"
    HOLD = "hold"
    PLAN = "plan"
    PAY = "pay"
    FAIL = "fail"
    CANCEL = "cancel"
    RETURN = "return"


TRANSITIONS: Final = {
    (Status.PLANNED, Step.SEND): Status.SENDING,
    (Status.PLANNED, Step.HOLD): Status.ON_HOLD,
    (Status.PLANNED, Step.CANCEL): Status.CANCELED,
    (Status.ON_HOLD, Step.PLAN): Status.PLANNED,
    (Status.ON_HOLD, Step.SEND): Status.SENDING,
    (Status.ON_HOLD, Step.CANCEL): Status.CANCELED,
    (Status.SENDING, Step.PAY): Status.PAID,
    # The provider refused, and will not tomorrow: not yet enough on its balance, or something wanted of the seller.
    (Status.SENDING, Step.PLAN): Status.PLANNED,
    (Status.SENDING, Step.HOLD): Status.ON_HOLD,
    (Status.SENDING, Step.FAIL): Status.FAILED,
    # The provider shows a transfer where none was believed to be: it has moved the money, whatever was thought.
    (Status.PLANNED, Step.PAY): Status.PAID,
    (Status.ON_HOLD, Step.PAY): Status.PAID,
    (Status.FAILED, Step.PAY): Status.PAID,
    (Status.CANCELED, Step.PAY): Status.PAID,
    (Status.PAID, Step.RETURN): Status.RETURNED,
}

INITIAL: Final = frozenset({Status.PLANNED, Status.ON_HOLD, Status.SENDING})
"""How it begins hangs on the seller's standing."""

WAITING: Final = frozenset({Status.PLANNED, Status.ON_HOLD})
"""Those that may still go out, or be canceled. Their hold is open."""

HELD: Final = WAITING | {Status.SENDING}
"""Those whose amount is held on the seller's account in the books."""


class Payout(Struct, frozen=True):
    """An amount on its way from `payable:<seller>` to the seller's account at the provider.

    `amount`, `reversed` and `reversing` are minor units: what was sent, what of it came back, and what an open reversal
    has asked for. `transfer` is the provider's reference. `tries` counts the calls that were begun. `next_try_at`
    (machine time) is set while it waits. `operation_id` is the open call of it, to send or to reverse.
    """

    id: PayoutId
    entity: PartyId
    seller: PartyId
    connection_id: PaymentConnectionId
    amount: int
    currency: str
    status: str
    reason: str | None
    hold_id: HoldId
    seller_account_id: SellerAccountId | None
    source_payment: PaymentId | None
    reference: Reference | None
    transfer: str | None
    reversed: int
    reversing: int
    operation_id: OperationId | None
    tries: int
    waits: int
    version: int
    created_at: datetime
    next_try_at: datetime | None
    paid_at: datetime | None
    ended_at: datetime | None

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def left(self) -> int:
        """What the seller has of it, less what is being taken back."""
        return self.amount - self.reversed - self.reversing


def advance(payout: Payout, step: Step) -> Status:
    status = TRANSITIONS.get((Status(payout.status), step))
    if status is None:
        raise PayoutConflict(
            f"a payout that is {payout.status} takes no {step}", payout=PAYOUT.text(payout.id)
        )
    return status


class NewPayout(Struct, frozen=True, kw_only=True):
    """What another room wants paid to a seller. `release` says from which accounts the money comes to his `payable`
    before it is held there: it is posted together with the payout's hold. `source_payment` ties it to the funds of a
    captured payment. `connection_id` may be left out where the entity has one active connection."""

    id: PayoutId
    entity: PartyId
    seller: PartyId
    amount: Money
    connection_id: PaymentConnectionId | None = None
    source_payment: PaymentId | None = None
    reference: UUID | None = None
    release: tuple[Allocation, ...] = ()


class Reason(StrEnum):
    """Why a payout waits, or has failed."""

    NO_SELLER_ACCOUNT = "no_seller_account"
    SELLER_ACCOUNT_PENDING = "seller_account_pending"
    SELLER_ACCOUNT_RESTRICTED = "seller_account_restricted"
    SELLER_ACCOUNT_CLOSED = "seller_account_closed"
    BALANCE_INSUFFICIENT = "balance_insufficient"
    CREDENTIALS_REFUSED = "credentials_refused"
    NOT_DONE = "not_done"
    REFUSED = "refused"


class Verdict(Struct, frozen=True):
    """What becomes of a payout that is not on its way: a step, and why."""

    step: Step
    reason: Reason | None = None


def judged(account: SellerAccount | None) -> Verdict:
    """Whether a payout may go out, by its seller's standing."""
    if account is None:
        return Verdict(Step.PLAN, Reason.NO_SELLER_ACCOUNT)
    match sellers.Status(account.status):
        case sellers.Status.ACTIVE:
            return Verdict(Step.SEND)
        case sellers.Status.PENDING:
            return Verdict(Step.PLAN, Reason.SELLER_ACCOUNT_PENDING)
        case sellers.Status.RESTRICTED:
            return Verdict(Step.HOLD, Reason.SELLER_ACCOUNT_RESTRICTED)
        case sellers.Status.CLOSED:
            return Verdict(Step.HOLD, Reason.SELLER_ACCOUNT_CLOSED)


def refused(declined: ProviderDeclined) -> Verdict:
    """What becomes of a payout that the provider surely did not send."""
    match declined.code:
        case RefusalCode.BALANCE:
            return Verdict(Step.PLAN, Reason.BALANCE_INSUFFICIENT)
        case RefusalCode.CREDENTIALS:
            return Verdict(Step.PLAN, Reason.CREDENTIALS_REFUSED)
        case RefusalCode.STATE:
            return Verdict(Step.HOLD, Reason.SELLER_ACCOUNT_RESTRICTED)
        case _:
            return Verdict(Step.FAIL, Reason.REFUSED)


WAITS: Final = tuple(timedelta(hours=hours) for hours in (1, 4, 12, 24))
"""Card payments become available at the provider at midnight, two to seven days after the sale: after the first hours
nothing is lost by looking once a day, for as long as it takes. A payout that waits for its seller is sent when he is
activated; the daily look is for a webhook that was lost."""


def wait_of(verdict: Verdict, waits: int) -> timedelta:
    """How long a payout rests that has been put off `waits` times before. A call that did not arrive is made again at
    once, the first time."""
    if verdict.reason is Reason.NOT_DONE and waits == 0:
        return timedelta(0)
    return WAITS[min(waits, len(WAITS) - 1)]


class News(Struct, frozen=True):
    """What a transfer at the provider says that was not known: that it is there, and how much more came back."""

    pays: bool
    returned: int


def news(payout: Payout, seen: PayoutSeen) -> News:
    """Sums only grow: what says less than what stands is older, and says nothing."""
    pays = (Status(payout.status), Step.PAY) in TRANSITIONS
    return News(pays, max(0, seen.reversed.minor - payout.reversed))


def mismatch(payout: Payout, seen: PayoutSeen, account: SellerAccount | None) -> str | None:
    """The first field in which the provider's transfer is not what this payout is; None if it is the same."""
    if seen.payout is not None and seen.payout != payout.id:
        return "payout"
    if seen.amount.currency != payout.currency or seen.reversed.currency != payout.currency:
        return "currency"
    if seen.amount.minor != payout.amount or not 0 <= seen.reversed.minor <= payout.amount:
        return "amount"
    if payout.transfer is not None and seen.reference != payout.transfer:
        return "reference"
    if account is None or seen.destination != account.provider_account:
        return "destination"
    return None
