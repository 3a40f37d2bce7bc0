"""What payments tell the rest of the house: ids, states and amounts; never a card, a name or a provider's sentence."""

from __future__ import annotations

from typing import ClassVar

from kontorhaus.kernel.ids import Noun
from kontorhaus.kernel.money import MoneyView
from kontorhaus.money.payments.model.ids import (
    OPERATION,
    PAYMENT,
    PAYMENT_CONNECTION,
    PAYOUT,
    REFUND,
    SELLER_ACCOUNT,
    OperationId,
    PaymentConnectionId,
    PaymentId,
    PayoutId,
    Reference,
    RefundId,
    SellerAccountId,
)
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.eventlog import Fact, published


class PaymentFact(Fact, frozen=True, kw_only=True, tag="payment"):
    """What every fact of a payment says. `reference` is what it was collected for, such as an order; the sums are
    what they are after it."""

    NOUN: ClassVar[Noun[PaymentId]] = PAYMENT

    subject: PaymentId
    reference: Reference | None
    status: str
    amount: MoneyView
    version: int


@published
class PaymentCreated(PaymentFact, frozen=True, kw_only=True, tag="payment.created"):
    """A payment was created; nothing was collected yet."""


@published
class PaymentProcessing(PaymentFact, frozen=True, kw_only=True, tag="payment.processing"):
    """A try, a capture or a void is under way, or the provider does not know its end yet."""


@published
class PaymentActionRequired(PaymentFact, frozen=True, kw_only=True, tag="payment.action_required"):
    """The payer's bank asks him something; the payment shows where."""


@published
class PaymentAuthorized(PaymentFact, frozen=True, kw_only=True, tag="payment.authorized"):
    """The payer's bank holds the amount, to be captured."""

    authorized: MoneyView


@published
class PaymentCaptured(PaymentFact, frozen=True, kw_only=True, tag="payment.captured"):
    """The money was taken, and posted to the payment's allocations. There is one of these for a payment."""

    captured: MoneyView


@published
class PaymentFeeKnown(PaymentFact, frozen=True, kw_only=True, tag="payment.fee_known"):
    """The provider said what it keeps of a captured payment, and it was posted."""

    fee: MoneyView


@published
class PaymentDeclined(PaymentFact, frozen=True, kw_only=True, tag="payment.declined"):
    """A try did not succeed, and another may follow; `code` says why, the same for all providers."""

    code: str | None
    advice: str | None


@published
class PaymentCanceled(PaymentFact, frozen=True, kw_only=True, tag="payment.canceled"):
    """The payment ended unpaid: voided by us, or ended by the provider. `ending` says which."""

    ending: str


@published
class PaymentExpired(PaymentFact, frozen=True, kw_only=True, tag="payment.expired"):
    """Nobody had paid in time."""


@published
class PaymentInReview(PaymentFact, frozen=True, kw_only=True, tag="payment.in_review"):
    """The provider said what cannot be ours; `reason` says what. Nothing was posted, and a person decides."""

    reason: str


@published
class PaymentRefundChanged(PaymentFact, frozen=True, kw_only=True, tag="payment.refund_changed"):
    """How much of a payment is being given back, or was, has changed."""

    refunding: MoneyView
    refunded: MoneyView


class RefundFact(Fact, frozen=True, kw_only=True, tag="refund"):
    """What every fact of a refund says; `reference` is that of its payment."""

    NOUN: ClassVar[Noun[RefundId]] = REFUND

    subject: RefundId
    payment: PaymentId
    reference: Reference | None
    status: str
    amount: MoneyView
    version: int


@published
class RefundRequested(RefundFact, frozen=True, kw_only=True, tag="refund.requested"):
    """A refund was asked for, and its amount set apart."""


@published
class RefundPending(RefundFact, frozen=True, kw_only=True, tag="refund.pending"):
    """The provider has the refund; its end is open. The status may also say that the payer must act."""


@published
class RefundSucceeded(RefundFact, frozen=True, kw_only=True, tag="refund.succeeded"):
    """The money went back to the payer."""


@published
class RefundFailed(RefundFact, frozen=True, kw_only=True, tag="refund.failed"):
    """The refund did not arrive, or was canceled: the money is on the payer's deposit. `after_success`: it had seemed
    to arrive before."""

    failure: str | None
    after_success: bool


class SellerAccountFact(Fact, frozen=True, kw_only=True, tag="seller_account"):
    """What every fact of a seller account says."""

    NOUN: ClassVar[Noun[SellerAccountId]] = SELLER_ACCOUNT

    subject: SellerAccountId
    party: PartyId
    status: str
    version: int


@published
class SellerAccountCreated(SellerAccountFact, frozen=True, kw_only=True, tag="seller_account.created"):
    """A seller account was asked for; the provider is about to open it."""


@published
class SellerAccountOpened(SellerAccountFact, frozen=True, kw_only=True, tag="seller_account.opened"):
    """The provider has opened it, and waits for the seller to show who he is."""


@published
class SellerAccountRefused(SellerAccountFact, frozen=True, kw_only=True, tag="seller_account.refused"):
    """The provider did not open it; `reason` says why. It can be asked for again."""

    reason: str


@published
class SellerAccountDueChanged(SellerAccountFact, frozen=True, kw_only=True, tag="seller_account.due_changed"):
    """The provider wants more, or less, of the seller than before; the account says what."""

    due: int


@published
class SellerAccountActivated(SellerAccountFact, frozen=True, kw_only=True, tag="seller_account.activated"):
    """The seller can be paid; what waited for that goes out."""


@published
class SellerAccountRestricted(SellerAccountFact, frozen=True, kw_only=True, tag="seller_account.restricted"):
    """The provider does not pay the seller for now; new payouts wait."""


@published
class SellerAccountClosed(SellerAccountFact, frozen=True, kw_only=True, tag="seller_account.closed"):
    """The provider has shut the seller out for good."""


class PayoutFact(Fact, frozen=True, kw_only=True, tag="payout"):
    """What every fact of a payout says. `reference` is what it is paid for, such as an order."""

    NOUN: ClassVar[Noun[PayoutId]] = PAYOUT

    subject: PayoutId
    seller: PartyId
    reference: Reference | None
    status: str
    amount: MoneyView
    version: int


@published
class PayoutPlanned(PayoutFact, frozen=True, kw_only=True, tag="payout.planned"):
    """The payout is decided and its amount set apart; it waits, and `reason` says for what."""

    reason: str


@published
class PayoutOnHold(PayoutFact, frozen=True, kw_only=True, tag="payout.on_hold"):
    """The payout waits for its seller, whom the provider does not pay for now; `reason` says why."""

    reason: str


@published
class PayoutSending(PayoutFact, frozen=True, kw_only=True, tag="payout.sending"):
    """The payout goes out: the provider is asked to move the money."""


@published
class PayoutPaid(PayoutFact, frozen=True, kw_only=True, tag="payout.paid"):
    """The money is on the seller's account at the provider, and posted."""


@published
class PayoutReversing(PayoutFact, frozen=True, kw_only=True, tag="payout.reversing"):
    """The provider is asked to take money of the payout back."""

    reversing: MoneyView


@published
class PayoutReversalRefused(PayoutFact, frozen=True, kw_only=True, tag="payout.reversal_refused"):
    """The provider did not take the money back; `reason` says why. The seller keeps it."""

    reason: str


@published
class PayoutReversed(PayoutFact, frozen=True, kw_only=True, tag="payout.reversed"):
    """Money of the payout came back, and is owed to the seller again: `back` now, `reversed` of it so far."""

    back: MoneyView
    reversed: MoneyView


@published
class PayoutReturned(PayoutFact, frozen=True, kw_only=True, tag="payout.returned"):
    """All of the payout has come back."""


@published
class PayoutFailed(PayoutFact, frozen=True, kw_only=True, tag="payout.failed"):
    """The provider does not do it; the amount is the seller's balance again."""

    reason: str


@published
class PayoutCanceled(PayoutFact, frozen=True, kw_only=True, tag="payout.canceled"):
    """The payout was called off before it went out; the amount is the seller's balance again."""


@published
class OperationUnknown(Fact, frozen=True, kw_only=True, tag="operation.unknown"):
    """It is not known whether the provider did what it was asked for. The house keeps asking."""

    NOUN: ClassVar[Noun[OperationId]] = OPERATION

    subject: OperationId
    operation: str
    object: str


@published
class OperationResolved(Fact, frozen=True, kw_only=True, tag="operation.resolved"):
    """What was unknown is known: by asking, by a webhook or by a person."""

    NOUN: ClassVar[Noun[OperationId]] = OPERATION

    subject: OperationId
    operation: str
    object: str
    status: str


class PaymentConnectionFact(Fact, frozen=True, kw_only=True, tag="payment_connection"):
    """What every fact of a connection says; never a key."""

    NOUN: ClassVar[Noun[PaymentConnectionId]] = PAYMENT_CONNECTION

    subject: PaymentConnectionId
    entity: PartyId
    gateway: str
    status: str
    version: int


@published
class PaymentConnectionCreated(
    PaymentConnectionFact, frozen=True, kw_only=True, tag="payment_connection.created"
):
    """An account at a provider was connected."""


@published
class PaymentConnectionUpdated(
    PaymentConnectionFact, frozen=True, kw_only=True, tag="payment_connection.updated"
):
    """A connection has another name, other secrets, or is heard in another way; `fields` says which of these."""

    fields: list[str]


@published
class PaymentConnectionClosed(
    PaymentConnectionFact, frozen=True, kw_only=True, tag="payment_connection.closed"
):
    """A connection begins no payment any more."""
