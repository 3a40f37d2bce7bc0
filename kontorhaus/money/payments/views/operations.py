"""How an operation looks at the edge: what was asked for, how it stands, and never a token or a provider's sentence."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from kontorhaus.kernel.ids import text_of
from kontorhaus.kernel.money import Money, MoneyView
from kontorhaus.money.payments.model.ids import (
    OPERATION,
    PAYMENT,
    PAYMENT_CONNECTION,
    PAYOUT,
    REFUND,
    SELLER_ACCOUNT,
)
from kontorhaus.money.payments.model.operations import Operation, Status

PREFIXES = {
    "payment": PAYMENT.prefix,
    "refund": REFUND.prefix,
    "payout": PAYOUT.prefix,
    "seller_account": SELLER_ACCOUNT.prefix,
}
"""How the ids of subjects begin, by the kind that stands in an operation's row."""


class MethodView(Struct, frozen=True):
    kind: str
    brand: str | None
    last4: str | None


class OperationView(Struct, frozen=True):
    id: str
    kind: str
    object: Annotated[str, Meta(description="The id of what it acts on.")]
    connection: str
    status: Annotated[str, Meta(description="Of " + ", ".join(f"`{status}`" for status in Status) + ".")]
    amount: MoneyView | None
    reason: Annotated[str | None, Meta(description="A code: why it failed, or why its end is not known.")]
    review: Annotated[bool, Meta(description="A person must decide; nobody asks the provider any more.")]
    method: Annotated[MethodView | None, Meta(description="What was tried, of a try to collect.")]
    provider_reference: str | None
    tries: int
    created_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None


def object_of(found: Operation) -> str:
    """The TypeID of what an operation acts on."""
    return text_of(PREFIXES[found.subject_kind], found.subject_id)


def operation(found: Operation) -> OperationView:
    amount, currency = found.amount, found.currency
    kind = found.method_kind
    return OperationView(
        id=OPERATION.text(found.id),
        kind=found.kind,
        object=object_of(found),
        connection=PAYMENT_CONNECTION.text(found.connection_id),
        status=found.status,
        amount=None if amount is None or currency is None else Money(amount, currency).view(),
        reason=found.reason,
        review=found.review,
        method=None if kind is None else MethodView(kind, found.method_brand, found.method_last4),
        provider_reference=found.provider_reference,
        tries=found.tries,
        created_at=found.created_at,
        sent_at=found.sent_at,
        ended_at=found.ended_at,
    )


def operation_view(found: Operation) -> OperationView:
    """The same for the commands of the house."""
    return operation(found)
