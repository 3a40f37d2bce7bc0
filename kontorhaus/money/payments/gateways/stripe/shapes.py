"""Stripe's objects as they stand in an answer, as far as they are read; what is not read may change.

Each says what the house sees in it. What cannot be read (an unknown status, a currency that there is not) raises
msgspec.ValidationError or one of the house's own Invalid errors: whoever asked then does not know.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from kontorhaus.kernel.money import Money
from kontorhaus.money.payments.gateways.stripe.declines import decline, failure, plain
from kontorhaus.money.payments.model.observations import (
    DisputeSeen,
    IntentStatus,
    LinkSeen,
    Method,
    PaymentSeen,
    PayoutSeen,
    RefundSeen,
    RefundStatus,
    SellerAccountSeen,
    SellerAccountStatus,
)

PAYMENT: Final = "kontorhaus_payment"
REFUND: Final = "kontorhaus_refund"
PAYOUT: Final = "kontorhaus_payout"
ACCOUNT: Final = "kontorhaus_account"
OPERATION: Final = "kontorhaus_operation"
"""Names in the metadata: the account may be used by others too, who have names of their own."""

Metadata = dict[str, str]


def id_in(metadata: Metadata, name: str) -> UUID | None:
    """One of our ids; None where there is none, or what somebody has made of it."""
    try:
        return UUID(metadata[name])
    except (KeyError, ValueError):
        return None


class BalanceTransaction(Struct, frozen=True):
    fee: int
    currency: str


class Card(Struct, frozen=True):
    brand: str | None = None
    last4: str | None = None
    fingerprint: str | None = None


class MethodDetails(Struct, frozen=True):
    type: str
    card: Card | None = None

    def seen(self) -> Method:
        card = self.card or Card()
        return Method(self.type, card.brand, card.last4, card.fingerprint)


class Charge(Struct, frozen=True, kw_only=True):
    id: str
    amount: int
    amount_captured: int = 0
    amount_refunded: int = 0
    captured: bool = False
    balance_transaction: BalanceTransaction | str | None = None
    payment_method_details: MethodDetails | None = None

    @property
    def refunded(self) -> int:
        """What was given back of the captured money: Stripe counts what a smaller capture released as refunded too."""
        released = self.amount - self.amount_captured
        return max(0, self.amount_refunded - released) if self.captured else 0

    @property
    def fee(self) -> Money | None:
        """In the currency in which Stripe settles, which need not be the payment's."""
        known = self.balance_transaction
        return Money(known.fee, known.currency.upper()) if isinstance(known, BalanceTransaction) else None


class LastError(Struct, frozen=True):
    code: str | None = None
    decline_code: str | None = None


class Redirect(Struct, frozen=True):
    url: str


class NextAction(Struct, frozen=True):
    redirect_to_url: Redirect | None = None


STATUSES: Final = {"requires_capture": IntentStatus.AUTHORIZED, "succeeded": IntentStatus.CAPTURED}
"""Those that the house calls otherwise."""


class Intent(Struct, frozen=True, kw_only=True):
    id: str
    status: str
    amount: int
    currency: str
    livemode: bool
    capture_method: str
    amount_capturable: int = 0
    amount_received: int = 0
    metadata: Metadata = {}
    latest_charge: Charge | str | None = None
    last_payment_error: LastError | None = None
    next_action: NextAction | None = None

    def seen(self) -> PaymentSeen:
        charge = self.latest_charge
        whole = charge if isinstance(charge, Charge) else None
        details = whole.payment_method_details if whole else None
        error, action = self.last_payment_error, self.next_action
        return PaymentSeen(
            reference=self.id,
            status=STATUSES.get(self.status) or _one_of(IntentStatus, self.status),
            amount=self._money(self.amount),
            capturable=self._money(self.amount_capturable),
            captured=self._money(self.amount_received),
            refunded=self._money(whole.refunded if whole else 0),
            live=self.livemode,
            payment=id_in(self.metadata, PAYMENT),
            operation=id_in(self.metadata, OPERATION),
            manual=self.capture_method == "manual",
            action_url=action.redirect_to_url.url if action and action.redirect_to_url else None,
            decline=decline(error.code, error.decline_code) if error else None,
            charge=whole.id if whole else charge if isinstance(charge, str) else None,
            method=details.seen() if details else None,
            fee=whole.fee if whole else None,
        )

    def _money(self, minor: int) -> Money:
        return Money(minor, self.currency.upper())


class Refund(Struct, frozen=True, kw_only=True):
    id: str
    amount: int
    currency: str
    status: str | None
    payment_intent: str | None = None
    charge: str | None = None
    failure_reason: str | None = None
    metadata: Metadata = {}

    def seen(self) -> RefundSeen:
        return RefundSeen(
            reference=self.id,
            intent=self.payment_intent,
            status=_one_of(RefundStatus, self.status or "pending"),
            amount=Money(self.amount, self.currency.upper()),
            charge=self.charge,
            payment=id_in(self.metadata, PAYMENT),
            refund=id_in(self.metadata, REFUND),
            operation=id_in(self.metadata, OPERATION),
            failure=failure(self.failure_reason),
        )


class Transfer(Struct, frozen=True, kw_only=True):
    id: str
    amount: int
    amount_reversed: int
    currency: str
    destination: str
    livemode: bool
    metadata: Metadata = {}

    def seen(self, operation: UUID | None = None) -> PayoutSeen:
        """`operation` is another one than its own: that of the reversal that was asked for."""
        currency = self.currency.upper()
        return PayoutSeen(
            reference=self.id,
            destination=self.destination,
            amount=Money(self.amount, currency),
            reversed=Money(self.amount_reversed, currency),
            payout=id_in(self.metadata, PAYOUT),
            operation=operation or id_in(self.metadata, OPERATION),
            live=self.livemode,
        )


class Reversal(Struct, frozen=True, kw_only=True):
    id: str
    transfer: Transfer | str
    metadata: Metadata = {}

    def seen(self) -> PayoutSeen:
        if not isinstance(self.transfer, Transfer):
            raise msgspec.ValidationError("the transfer was not expanded")
        return self.transfer.seen(id_in(self.metadata, OPERATION))


class Requirements(Struct, frozen=True):
    currently_due: list[str] = []
    disabled_reason: str | None = None


class Account(Struct, frozen=True, kw_only=True):
    id: str
    country: str | None = None
    default_currency: str | None = None
    details_submitted: bool = False
    charges_enabled: bool = False
    payouts_enabled: bool = False
    deleted: bool = False
    capabilities: dict[str, str] = {}
    requirements: Requirements | None = None
    metadata: Metadata = {}

    def seen(self) -> SellerAccountSeen:
        needs = self.requirements or Requirements()
        return SellerAccountSeen(
            reference=self.id,
            status=self._status(needs),
            due=tuple(plain(name) for name in needs.currently_due[:DUE_MAX] if plain(name)),
            account=id_in(self.metadata, ACCOUNT),
            operation=id_in(self.metadata, OPERATION),
        )

    def _status(self, needs: Requirements) -> SellerAccountStatus:
        """Active is who can be sent money (`transfers`) and gets it on his bank account (`payouts_enabled`)."""
        if self.deleted:
            return SellerAccountStatus.CLOSED
        if self.payouts_enabled and self.capabilities.get("transfers") == "active":
            return SellerAccountStatus.ACTIVE
        if not self.details_submitted or needs.disabled_reason == "requirements.pending_verification":
            return SellerAccountStatus.PENDING
        return SellerAccountStatus.RESTRICTED


DUE_MAX: Final = 50
"""More than Stripe ever names at once; what is shown and kept has an end."""


class Link(Struct, frozen=True):
    url: str
    expires_at: int

    def seen(self) -> LinkSeen:
        return LinkSeen(url=self.url, expires_at=datetime.fromtimestamp(self.expires_at, UTC))


class EvidenceDetails(Struct, frozen=True):
    due_by: int | None = None


class Dispute(Struct, frozen=True, kw_only=True):
    id: str
    amount: int
    currency: str
    status: str
    reason: str
    charge: str | None = None
    payment_intent: str | None = None
    evidence_details: EvidenceDetails | None = None

    def seen(self) -> DisputeSeen:
        due = self.evidence_details.due_by if self.evidence_details else None
        return DisputeSeen(
            reference=self.id,
            intent=self.payment_intent,
            charge=self.charge,
            status=plain(self.status),
            reason=plain(self.reason),
            amount=Money(self.amount, self.currency.upper()),
            respond_by=None if due is None else datetime.fromtimestamp(due, UTC),
        )


class Endpoint(Struct, frozen=True):
    id: str
    secret: str


class Error(Struct, frozen=True, kw_only=True):
    type: str = ""
    code: str | None = None
    decline_code: str | None = None
    param: str | None = None
    payment_intent: Intent | None = None


class Refusal(Struct, frozen=True):
    error: Error


def _one_of(kind: type[Any], text: str) -> Any:
    try:
        return kind(text)
    except ValueError as error:
        raise msgspec.ValidationError("a status that the house does not know") from error
