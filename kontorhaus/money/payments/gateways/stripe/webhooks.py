"""Stripe's events: what they are about, and in which order they are carried out. Their content is not believed beyond
that: what is so now is asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from kontorhaus.money.payments.gateways.stripe import shapes
from kontorhaus.money.payments.model.observations import Notice, Subject
from kontorhaus.platform.inbox import Accepted, Delivery, stripe_event

EVENTS: Final = (
    "charge.captured",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.expired",
    "charge.refunded",
    "charge.updated",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "refund.created",
    "refund.failed",
    "refund.updated",
    "transfer.created",
    "transfer.reversed",
    "transfer.updated",
)
"""What is asked for of the account itself; `charge.updated` brings the fee."""

SELLER_EVENTS: Final = ("account.application.deauthorized", "account.updated", "capability.updated")
"""What is asked for of connected accounts. Their payments and payouts are the sellers' own."""


class Object(Struct, frozen=True, kw_only=True):
    object: str = ""
    id: str | None = None
    payment_intent: str | None = None
    metadata: shapes.Metadata = {}


class Data(Struct, frozen=True):
    object: Object


class Event(Struct, frozen=True, kw_only=True):
    id: str
    type: str
    created: int
    data: Data
    livemode: bool | None = None
    account: str | None = None


_EVENT: Final = msgspec.json.Decoder(Event)


def read(body: bytes) -> Notice | None:
    """What an event is about; None for one that no action of ours follows from."""
    try:
        event = _EVENT.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return _of_seller(event) if event.account is not None else _of_account(event)


def _of_seller(event: Event) -> Notice | None:
    """Of a connected account only how it stands is ours. Once it has let go of us the event's object is the
    application, so the account is taken from the event itself."""
    if event.type not in SELLER_EVENTS or event.account is None:
        return None
    found = event.data.object
    ours = shapes.id_in(found.metadata, shapes.ACCOUNT) if found.id == event.account else None
    return Notice(subject=Subject.SELLER_ACCOUNT, reference=event.account, object=ours, live=event.livemode)


KINDS: Final = {
    "payment_intent": (Subject.PAYMENT, shapes.PAYMENT),
    "charge": (Subject.PAYMENT, shapes.PAYMENT),
    "refund": (Subject.REFUND, shapes.REFUND),
    "transfer": (Subject.PAYOUT, shapes.PAYOUT),
    "dispute": (Subject.DISPUTE, None),
}
"""By the object's kind: what it is to us, and under which name it carries our id. A charge is news of its payment."""


def _of_account(event: Event) -> Notice | None:
    found = event.data.object
    kind = KINDS.get(found.object)
    reference = found.payment_intent if found.object == "charge" else found.id
    if kind is None or reference is None:
        return None
    subject, name = kind
    ours: UUID | None = shapes.id_in(found.metadata, name) if name else None
    return Notice(
        subject=subject,
        reference=reference,
        intent=reference if subject is Subject.PAYMENT else found.payment_intent,
        object=ours,
        payment=shapes.id_in(found.metadata, shapes.PAYMENT),
        live=event.livemode,
    )


def stripe_accepted(delivery: Delivery) -> Accepted | None:
    """The event for the inbox. Whatever is news of one payment has the payment as its subject, so that refunds,
    disputes and charges of it are carried out one after the other; that of a seller has his account."""
    plain = stripe_event(delivery)
    notice = read(delivery.body)
    if plain is None or notice is None:
        return plain
    return Accepted(
        event_id=plain.event_id,
        kind=plain.kind,
        subject=notice.intent or notice.reference,
        sequence=plain.sequence,
        occurred_at=datetime.fromtimestamp(plain.sequence, UTC),
    )
