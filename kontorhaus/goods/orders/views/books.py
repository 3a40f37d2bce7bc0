"""What stands in the books for an order, each transfer with its reason."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta, Struct

from kontorhaus.goods.orders.model.order import ORDER, SalesOrder
from kontorhaus.kernel.money import MoneyView
from kontorhaus.money.ledger import (
    ENTRY_SET,
    HOLD,
    TRANSFER,
    Followed,
    HoldId,
    ShownHold,
    ShownTransfer,
    TransferId,
    entry_set_id,
)
from kontorhaus.people.parties import PARTY


class MovementView(Struct, frozen=True, kw_only=True):
    id: str
    kind: Annotated[str, Meta(description="`transfer`, or `hold`: set apart, and not moved yet.")]
    at: Annotated[datetime, Meta(description="When the books learned of it.")]
    entry_set: Annotated[str, Meta(description="What it was posted together with.")]
    debit: str
    credit: str
    amount: MoneyView
    reason: Annotated[str, Meta(description="Why, as a code.", examples=["released"])]
    text: str


class OrderBooksView(Struct, frozen=True, kw_only=True):
    order: str
    entity: str
    movements: Annotated[list[MovementView], Meta(description="In the order of record.")]
    more: Annotated[bool, Meta(description="Whether there are more than the 100 transfers shown.")]
    drawing: Annotated[str, Meta(description="The same transfers as a drawing (SVG).")]


REASONS: Final = {
    ("clearing", "deposit"): ("captured", "Taken from the buyer by the provider."),
    ("deposit", "held"): ("held", "Set aside as the seller's share."),
    ("deposit", "prepaid"): ("prepaid", "Paid in advance for our own supply, without tax."),
    ("deposit", "tax"): ("tax", "The tax within the price of our own supply."),
    ("fees", "clearing"): ("fee", "What the provider keeps."),
    ("clearing", "fees"): ("fee_returned", "What the provider gives back of its fee."),
    ("held", "deposit"): ("share_undone", "Taken back from the seller's share."),
    ("prepaid", "deposit"): ("prepayment_undone", "Our own supply is not paid any more."),
    ("tax", "deposit"): ("tax_undone", "The tax on it falls away."),
    ("deposit", "clearing"): ("refunded", "Sent back to the buyer by the provider."),
    ("held", "payable"): ("released", "Released to the seller: it is owed to him now."),
    ("payable", "clearing"): ("paid_out", "Sent to the seller by the provider."),
    ("clearing", "payable"): ("payout_returned", "The payout came back."),
}
"""By the types of the debited and the credited account: a pair has one meaning in a sale."""

OTHER: Final = ("other", "Posted together with the others.")


def books(order: SalesOrder, moved: Followed) -> OrderBooksView:
    movements = [_movement(one) for one in moved.transfers] + [_movement(one) for one in moved.open]
    movements.sort(key=lambda one: one.at)
    path = f"/v1/orders/{ORDER.text(order.id)}/books/drawing"
    return OrderBooksView(
        order=ORDER.text(order.id),
        entity=PARTY.text(order.entity),
        movements=movements,
        more=moved.more,
        drawing=path,
    )


def _movement(one: ShownTransfer | ShownHold) -> MovementView:
    pair = one.debit.partition(":")[0], one.credit.partition(":")[0]
    reason, text = REASONS.get(pair, OTHER)
    held = isinstance(one, ShownHold)
    return MovementView(
        id=HOLD.text(HoldId(one.id)) if held else TRANSFER.text(TransferId(one.id)),
        kind="hold" if held else "transfer",
        at=one.recorded_at,
        entry_set=ENTRY_SET.text(entry_set_id(one.entity, one.recorded_at)),
        debit=one.debit,
        credit=one.credit,
        amount=MoneyView(one.amount, one.currency),
        reason=reason,
        text=text,
    )
