"""What orders have a worker do: kinds of jobs and their arguments."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from kontorhaus.goods.orders.model.order import LineId, OrderId
from kontorhaus.money.payments import PayoutId, RefundId
from kontorhaus.platform.jobs import Kind, Queue

QUEUE: Final = Queue("orders")


class Release(Struct, frozen=True):
    """A line whose time for objections is over."""

    order_id: OrderId
    line_id: LineId


class GiveBack(Struct, frozen=True):
    """A refund that was noted and is to be asked for."""

    refund_id: RefundId
    currency: str


class PassOn(Struct, frozen=True):
    """A payout that was noted and is to be asked for."""

    payout_id: PayoutId


RELEASE: Final = Kind("orders.release", Release, QUEUE)
GIVE_BACK: Final = Kind("orders.give_back", GiveBack, QUEUE)
PASS_ON: Final = Kind("orders.pass_on", PassOn, QUEUE)
