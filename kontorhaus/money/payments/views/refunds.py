"""How a refund looks at the edge."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from kontorhaus.kernel.money import MoneyView
from kontorhaus.money.payments.model.ids import PAYMENT, REFUND
from kontorhaus.money.payments.model.refunds import Refund, Status
from kontorhaus.platform.answers import Answer, answer


class RefundView(Struct, frozen=True):
    id: str
    payment: str
    status: Annotated[str, Meta(description="Of " + ", ".join(f"`{status}`" for status in Status) + ".")]
    amount: MoneyView
    reason: str | None
    failure: Annotated[str | None, Meta(description="Why it did not arrive; the same for all providers.")]
    reference: Annotated[UUID | None, Meta(description="That of the payment.")]
    review: Annotated[str | None, Meta(description="Why a person must look at it.")]
    version: int
    created_at: datetime
    updated_at: datetime


def refund(found: Refund) -> RefundView:
    return RefundView(
        id=REFUND.text(found.id),
        payment=PAYMENT.text(found.payment_id),
        status=found.status,
        amount=found.money.view(),
        reason=found.reason,
        failure=found.failure,
        reference=found.reference,
        review=found.review,
        version=found.version,
        created_at=found.created_at,
        updated_at=found.updated_at,
    )


def refund_answer(found: Refund, *, status: int = 201) -> Answer:
    view = refund(found)
    location = f"/v1/refunds/{view.id}" if status in (201, 202) else None
    return answer(view, status=status, version=found.version, location=location)
