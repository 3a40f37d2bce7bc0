"""An order and its lines, as they are kept."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from msgspec import Struct

from kontorhaus.goods.orders.errors import OrderConflict
from kontorhaus.kernel.ids import Noun
from kontorhaus.people.parties import PartyId

OrderId = NewType("OrderId", UUID)
LineId = NewType("LineId", UUID)

ORDER: Final = Noun("ord", OrderId)
LINE: Final = Noun("line", LineId)

LINES_MAX: Final = 40
"""Lines of an order: each is up to two allocations of one payment, and its release locks the order for all of them."""


class Status(StrEnum):
    PLACED = "placed"  # agreed; to be paid
    CONFIRMED = "confirmed"  # every line that stands is paid
    COMPLETED = "completed"  # everything was handed over, and the sellers' money is released
    CANCELED = "canceled"  # every line was canceled, and what had been paid goes back


class Step(StrEnum):
    CONFIRM = "confirm"
    COMPLETE = "complete"
    CANCEL = "cancel"


TRANSITIONS: Final = {
    (Status.PLACED, Step.CONFIRM): Status.CONFIRMED,
    (Status.PLACED, Step.CANCEL): Status.CANCELED,
    (Status.CONFIRMED, Step.COMPLETE): Status.COMPLETED,
    (Status.CONFIRMED, Step.CANCEL): Status.CANCELED,
}


class Model(StrEnum):
    """In whose name a line is sold."""

    AGENT = "agent"  # in the seller's; the money is held for him
    OWN = "own"  # in our own: a fee, a service


class Capture(StrEnum):
    """Whether the money is taken when the buyer confirms, or when we say so."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class SalesOrder(Struct, frozen=True):
    """A sale to one buyer, in one currency. Times are of the organization's clock."""

    id: OrderId
    entity: PartyId
    buyer: PartyId
    currency: str
    connection_id: UUID | None
    capture: str
    inspection_days: int
    reference: str | None
    status: str
    version: int
    created_at: datetime
    updated_at: datetime
    confirmed_at: datetime | None
    completed_at: datetime | None
    canceled_at: datetime | None


class Line(Struct, frozen=True):
    """One thing that is sold. `ordered` is its gross price as agreed, `amount` as it is after price cuts, in minor
    units of the order's currency."""

    id: LineId
    order_id: OrderId
    position: int
    model: str
    seller: PartyId | None
    description: str
    quantity: int
    ordered: int
    amount: int
    tax_rate: int | None
    tax_category: str | None
    tax_country: str | None
    handed_over_at: datetime | None
    inspect_until: datetime | None
    released_at: datetime | None
    canceled_at: datetime | None

    @property
    def stands(self) -> bool:
        return self.canceled_at is None

    @property
    def done(self) -> bool:
        """Whether nothing more is to happen to it. An agent's line is done when its money is the seller's."""
        if self.model == Model.AGENT:
            return not self.stands or self.released_at is not None
        return not self.stands or self.handed_over_at is not None


def advance(order: SalesOrder, step: Step) -> Status:
    status = TRANSITIONS.get((Status(order.status), step))
    if status is None:
        raise OrderConflict(
            f"an order that is {order.status} takes no {step}",
            order=ORDER.text(order.id),
            status=order.status,
        )
    return status
