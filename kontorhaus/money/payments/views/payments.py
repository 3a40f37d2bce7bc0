"""How a payment looks at the edge. What a provider says in sentences is never shown, its codes are."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from kontorhaus.kernel.money import Money, MoneyView
from kontorhaus.money.payments.model.ids import PAYMENT, PAYMENT_CONNECTION
from kontorhaus.money.payments.model.payments import Payment, Status
from kontorhaus.people.parties import PARTY
from kontorhaus.platform.answers import Answer, answer


class PaymentErrorView(Struct, frozen=True):
    code: Annotated[
        str, Meta(description="Why the last try or call did not succeed; the same for all providers.")
    ]
    provider_code: Annotated[str | None, Meta(description="The provider's own word for it.")]
    advice: Annotated[
        str | None,
        Meta(description="`retry_same`, `retry_other`, `authenticate` or `give_up`: what may be tried next."),
    ]


class PaymentView(Struct, frozen=True):
    id: str
    status: Annotated[str, Meta(description="Of " + ", ".join(f"`{status}`" for status in Status) + ".")]
    entity: str
    payer: str
    connection: str
    amount: MoneyView
    capture_method: str
    authorized: Annotated[MoneyView, Meta(description="Held by the payer's bank, and not taken.")]
    captured: MoneyView
    refunding: Annotated[MoneyView, Meta(description="Asked to be given back, and not there yet.")]
    refunded: MoneyView
    fee: Annotated[MoneyView | None, Meta(description="What the provider keeps, once it says so.")]
    action_url: Annotated[
        str | None,
        Meta(description="Send the payer's browser here. Keep it out of logs: it is as good as a key."),
    ]
    return_url: str | None
    reference: UUID | None
    description: str | None
    error: PaymentErrorView | None
    review: Annotated[str | None, Meta(description="Why a person must look at it.")]
    ending: Annotated[
        str | None, Meta(description="Why it ended unpaid: `requested`, `expired`, `provider`.")
    ]
    version: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None


def payment(found: Payment, *, with_action: bool = True) -> PaymentView:
    """A payment; in lists and snapshots without the address of its action."""

    def money(minor: int) -> MoneyView:
        return Money(minor, found.currency).view()

    return PaymentView(
        id=PAYMENT.text(found.id),
        status=found.status,
        entity=PARTY.text(found.entity),
        payer=PARTY.text(found.payer),
        connection=PAYMENT_CONNECTION.text(found.connection_id),
        amount=found.money.view(),
        capture_method=found.capture_method,
        authorized=money(found.authorized),
        captured=money(found.captured),
        refunding=money(found.refunding),
        refunded=money(found.refunded),
        fee=None if found.fee is None else money(found.fee),
        action_url=found.action_url if with_action else None,
        return_url=found.return_url,
        reference=found.reference,
        description=found.description,
        error=_error(found),
        review=found.review,
        ending=found.ending,
        version=found.version,
        created_at=found.created_at,
        updated_at=found.updated_at,
        expires_at=found.expires_at,
    )


def _error(found: Payment) -> PaymentErrorView | None:
    if found.error_code is None:
        return None
    return PaymentErrorView(found.error_code, found.error_provider_code, found.error_advice)


def listed(found: Payment) -> PaymentView:
    return payment(found, with_action=False)


def payment_answer(found: Payment, *, status: int = 200) -> Answer:
    """The answer of whatever changed a payment; sealed where idempotency keeps it, for the address in it."""
    view = payment(found)
    location = f"/v1/payments/{view.id}" if status == 201 else None
    secret = found.action_url is not None
    return answer(view, status=status, version=found.version, location=location, secret=secret)
