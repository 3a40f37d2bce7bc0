"""What a provider says of an object, always in the same shape: in an answer, when it is asked, after a webhook.

Amounts are as the provider told them. Whether they are ours is judged by who asked.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.money import Money


class IntentStatus(StrEnum):
    """Where a payment stands at the provider."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"  # never tried, or the last try was declined
    REQUIRES_CONFIRMATION = "requires_confirmation"  # it has a method and has not been tried with it
    REQUIRES_ACTION = "requires_action"  # the payer must go to `action_url`
    PROCESSING = "processing"  # the provider does not know yet
    AUTHORIZED = "authorized"  # held by the payer's bank, to be captured
    CAPTURED = "captured"  # taken; for good, as far as the intent goes
    CANCELED = "canceled"  # ended, for good


class Advice(StrEnum):
    """What may be tried after a decline."""

    RETRY_SAME = "retry_same"  # the same method may work later
    RETRY_OTHER = "retry_other"  # another method may work
    AUTHENTICATE = "authenticate"  # the same method, with the payer there to authenticate
    GIVE_UP = "give_up"  # asking again, in whatever way, would be refused, or must not be done


class DeclineCode(StrEnum):
    """Why money was not given, the same for all providers. What a payer may be told is less: see `advice`."""

    DECLINED = "declined"  # the bank gives no reason
    INSUFFICIENT_FUNDS = "insufficient_funds"
    LIMIT_EXCEEDED = "limit_exceeded"
    DETAILS_WRONG = "details_wrong"  # number, date or check digits
    EXPIRED = "expired"  # the card or other method
    NOT_SUPPORTED = "not_supported"  # this method cannot pay this amount, currency or seller
    AUTHENTICATION_REQUIRED = "authentication_required"
    AUTHENTICATION_FAILED = "authentication_failed"
    LOST_OR_STOLEN = "lost_or_stolen"
    SUSPECTED_FRAUD = "suspected_fraud"
    REVOKED = "revoked"  # the payer has told his bank not to pay
    TEMPORARY = "temporary"  # trouble at the bank or on the way to it


class Decline(Struct, frozen=True):
    """The last refusal of a payer's bank. `provider_code` is the provider's own word, for support and reports."""

    code: DeclineCode
    provider_code: str
    advice: Advice


class Method(Struct, frozen=True):
    """The payment method of a try, as far as it may be shown. `fingerprint` is the provider's: the same card has the
    same one, and nothing of the card can be learned from it."""

    kind: str
    brand: str | None = None
    last4: str | None = None
    fingerprint: str | None = None


class PaymentSeen(Struct, frozen=True, tag="payment", kw_only=True):
    """A payment at the provider. `payment` and `operation` are our ids as its metadata echo them; `operation` is the
    one that made or changed it last.

    `amount` was asked for, `capturable` is held and not yet taken, `captured` was taken (refunds do not lower it).
    `refunded` is what was given back of it so far. `fee` is known some time after the capture, and None until then.
    `charge` is the provider's reference of the try that took the money. `live` says which of its two worlds it is of.
    """

    reference: str
    status: IntentStatus
    amount: Money
    capturable: Money
    captured: Money
    refunded: Money
    live: bool
    payment: UUID | None = None
    operation: UUID | None = None
    manual: bool = False
    action_url: str | None = None
    decline: Decline | None = None
    charge: str | None = None
    method: Method | None = None
    fee: Money | None = None

    def __repr__(self) -> str:
        return f"PaymentSeen({self.reference}, {self.status})"  # the action's address is as good as a key


class RefundStatus(StrEnum):
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"  # the payer must say where the money shall go
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # it may have succeeded before: the money is back at the provider
    CANCELED = "canceled"


class RefundFailure(StrEnum):
    """Why a refund came back, the same for all providers."""

    METHOD_CLOSED = "method_closed"  # the card or account that had paid is no more
    DECLINED = "declined"
    EXPIRED = "expired"  # the payer did not say where the money shall go
    DISPUTED = "disputed"  # the payer has taken the money back through his bank
    BALANCE_INSUFFICIENT = "balance_insufficient"
    OTHER = "other"


class RefundSeen(Struct, frozen=True, tag="refund", kw_only=True):
    """A refund at the provider, and the payment it is of."""

    reference: str
    intent: str | None
    status: RefundStatus
    amount: Money
    charge: str | None = None
    payment: UUID | None = None
    refund: UUID | None = None
    operation: UUID | None = None
    failure: RefundFailure | None = None


class PayoutSeen(Struct, frozen=True, tag="payout", kw_only=True):
    """A transfer to a seller's account. `reversed` is how much of it was taken back; `operation` the one that made
    it. It exists or does not: the provider gives it no other states."""

    reference: str
    destination: str
    amount: Money
    reversed: Money
    payout: UUID | None = None
    operation: UUID | None = None
    live: bool = False


class SellerAccountStatus(StrEnum):
    PENDING = "pending"  # the seller has not shown yet who he is
    ACTIVE = "active"  # he can be sent money, and it reaches his bank
    RESTRICTED = "restricted"  # the provider wants more of him, or has shut him out for now
    CLOSED = "closed"  # for good


class SellerAccountSeen(Struct, frozen=True, tag="seller_account", kw_only=True):
    """A seller's account at the provider. `due` names what he still has to show, in the provider's words."""

    reference: str
    status: SellerAccountStatus
    due: tuple[str, ...] = ()
    account: UUID | None = None
    operation: UUID | None = None


class LinkSeen(Struct, frozen=True, tag="link", kw_only=True):
    """A page that opens once, before `expires_at` (machine time). Whoever holds its address can act as the seller."""

    url: str
    expires_at: datetime

    def __repr__(self) -> str:
        return "LinkSeen(***)"


class DisputeSeen(Struct, frozen=True, tag="dispute", kw_only=True):
    """A payer's complaint with his bank. `status` and `reason` are the provider's words."""

    reference: str
    intent: str | None
    charge: str | None
    status: str
    reason: str
    amount: Money
    respond_by: datetime | None = None


Seen = PaymentSeen | RefundSeen | PayoutSeen | SellerAccountSeen | LinkSeen | DisputeSeen


class RefusalCode(StrEnum):
    """Why a provider did not do what it was asked for, the same for all providers."""

    CREDENTIALS = "credentials"  # it does not know the key, or the key may not do this
    STATE = "state"  # the object is in a state in which this cannot be; `seen` says in which, if it was told
    AMOUNT = "amount"  # too small, too large, more than there is
    METHOD = "method"  # the payment method cannot be used: unknown, used up, somebody else's
    MISSING = "missing"  # the object that the call names is not there
    BALANCE = "balance"  # not enough on the provider's balance
    REQUEST = "request"  # anything else that the provider finds wrong with the call


class ProviderDeclined(Struct, frozen=True, tag="declined", kw_only=True):
    """The provider surely did not do it, and said why: a value, since it is an ordinary end of an operation.

    A payer's bank that says no is not this but a PaymentSeen with a `decline`: the try has left its trace there.
    `provider_code` is the provider's word, empty where it has none; its sentence is not kept. `seen` is the object as
    it stands, where the refusal shows it.
    """

    code: RefusalCode
    provider_code: str = ""
    advice: Advice = Advice.GIVE_UP
    seen: PaymentSeen | None = None


class Absent(Struct, frozen=True, tag="absent"):
    """Nothing was done under this operation, surely, and nothing can come of it any more: its key must not be sent
    again, and the same thing may be asked for under a new operation."""


Outcome = Seen | ProviderDeclined


class Subject(StrEnum):
    """The kinds of object that a provider tells about."""

    PAYMENT = "payment"
    REFUND = "refund"
    PAYOUT = "payout"
    SELLER_ACCOUNT = "seller_account"
    DISPUTE = "dispute"


class Notice(Struct, frozen=True, kw_only=True):
    """What a webhook is about; what is so now is asked of the provider, since webhooks come in any order.

    `object` is our own id of it, as its metadata echo it. `intent` is the payment that a refund or dispute is of.
    `live` is None where the provider does not say.
    """

    subject: Subject
    reference: str
    intent: str | None = None
    object: UUID | None = None
    payment: UUID | None = None
    live: bool | None = None
