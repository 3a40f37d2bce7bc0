"""An order told in words: what happened, and what it waits for. English for now; names of people are left out, since
what they are called may be erased."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct

from kontorhaus.goods.orders.model import sums
from kontorhaus.goods.orders.model.entries import Entry
from kontorhaus.goods.orders.model.flows import OrderPayout, OrderRefund
from kontorhaus.goods.orders.model.order import LINE, ORDER, Line, LineId, Model, Status
from kontorhaus.goods.orders.model.sums import Delivery
from kontorhaus.goods.orders.views.objects import Found
from kontorhaus.kernel.ids import text_of
from kontorhaus.kernel.money import Money, MoneyView
from kontorhaus.money.payments import PAYMENT, PAYOUT, REFUND, Payment, RefundId


class Story(Struct, frozen=True):
    """Everything that a timeline is told from. `more`: there were earlier entries than these. `ends` is what was said
    last of each refund and payout."""

    found: Found
    entries: list[Entry]
    more: bool
    open: Payment | None
    refunds: list[OrderRefund]
    payouts: list[OrderPayout]
    ends: Mapping[UUID, Entry]


class EntryView(Struct, frozen=True, kw_only=True):
    at: Annotated[datetime, Meta(description="By your organization's clock.")]
    kind: Annotated[str, Meta(description="The fact that told it.")]
    text: str
    line: str | None
    about: Annotated[str | None, Meta(description="The payment, refund or payout that it speaks of.")]
    amount: MoneyView | None


class WaitingView(Struct, frozen=True, kw_only=True):
    what: Annotated[
        str,
        Meta(
            description="`payment`, `payment_method`, `payer`, `provider`, `capture`, `review`, `hand_over`, "
            "`inspection`, `seller`, `payout`, `refund`, `refund_again` or `books`."
        ),
    ]
    since: datetime
    until: Annotated[
        datetime | None, Meta(description="When it ends by itself, or must have ended; null: open.")
    ]
    text: str
    line: str | None
    about: str | None


class TimelineView(Struct, frozen=True, kw_only=True):
    order: str
    status: str
    entries: Annotated[list[EntryView], Meta(description="In the order in which they happened.")]
    more: Annotated[bool, Meta(description="Whether there were earlier entries than the 500 shown.")]
    waiting_for: list[WaitingView]


SENTENCES: Final[Mapping[str, str]] = {
    "order.placed": "The order was placed.",
    "order.payment_begun": "A payment of {amount} was begun.",
    "order.collected": "The payment has ended; {amount} of it is in the books for the lines of this order.",
    "order.confirmed": "Everything is paid: the order is confirmed.",
    "order.handed_over": "{line} was handed over.",
    "order.released": "The time for objections to {line} is over: {amount} is the seller's.",
    "order.line_canceled": "{line} was canceled; {amount} goes back to the buyer.",
    "order.overpaid": "{amount} more was taken than the order costs; it goes back to the buyer.",
    "order.price_cut": "The price of {line} was lowered by {amount}.",
    "order.completed": "Everything is done: the order is completed.",
    "order.canceled": "The order was canceled.",
    "payment.action_required": "The buyer's bank asks the buyer to confirm the payment (3-D Secure).",
    "payment.authorized": "The buyer's bank holds {amount}; it is taken when you capture it.",
    "payment.captured": "{amount} was taken from the buyer.",
    "payment.fee_known": "The provider keeps {amount} of the payment.",
    "payment.declined": "The buyer's bank did not pay{why}.",
    "payment.canceled": "The payment ended without money.",
    "payment.expired": "Nobody paid in time: the payment ended.",
    "payment.in_review": "What the provider says does not fit the payment{why}; a person must look at it.",
    "refund.requested": "A refund of {amount} was asked for.",
    "refund.pending": "The provider has the refund of {amount}; the buyer's bank has not answered.",
    "refund.succeeded": "{amount} went back to the buyer.",
    "refund.failed": "The refund of {amount} did not arrive{why}; the money is on the buyer's deposit.",
    "payout.planned": "{amount} is set apart for the seller and waits{why}.",
    "payout.on_hold": "The payout of {amount} is on hold{why}.",
    "payout.sending": "The provider was asked to pay {amount} to the seller.",
    "payout.paid": "{amount} was paid out to the seller.",
    "payout.failed": "The payout of {amount} failed{why}; the money is the seller's balance.",
    "payout.canceled": "The payout of {amount} was called off; the money is the seller's balance.",
    "payout.reversing": "The provider was asked to take the payout back.",
    "payout.reversal_refused": "The provider did not take the payout back{why}.",
    "payout.reversed": "{amount} of the payout came back.",
    "payout.returned": "The whole payout came back.",
}
"""One sentence for each kind of entry; what newer code has written is told by its kind alone."""


def timeline(story: Story) -> TimelineView:
    lines = {line.id: line for line in story.found.lines}
    currency = story.found.order.currency
    return TimelineView(
        order=ORDER.text(story.found.order.id),
        status=story.found.order.status,
        entries=[_entry(one, lines, currency) for one in story.entries],
        more=story.more,
        waiting_for=list(_waiting(story)),
    )


def _entry(one: Entry, lines: Mapping[LineId, Line], currency: str) -> EntryView:
    about = None
    if one.subject_kind is not None and one.subject_id is not None:
        about = text_of(one.subject_kind, one.subject_id)
    return EntryView(
        at=one.at,
        kind=one.kind,
        text=sentence(one, lines, currency),
        line=None if one.line_id is None else LINE.text(one.line_id),
        about=about,
        amount=None if one.amount is None else MoneyView(one.amount, currency),
    )


def sentence(one: Entry, lines: Mapping[LineId, Line], currency: str) -> str:
    """An entry in words. What a line describes is put in as it is: the reader of JSON sees to what his page allows."""
    line = None if one.line_id is None else lines.get(one.line_id)
    form = SENTENCES.get(one.kind, one.kind.replace(".", " ").replace("_", " ") + ".")
    return form.format(
        amount="" if one.amount is None else words(one.amount, currency),
        line="the line" if line is None else f'"{line.description}"',
        why="" if one.word is None else f": {one.word.replace('_', ' ')}",
    )


def words(amount: int, currency: str) -> str:
    return f"{Money(amount, currency).decimal_text()} {currency}"


def _waiting(story: Story) -> Iterator[WaitingView]:
    order = story.found.order
    if order.status != Status.CANCELED:
        yield from _for_payment(story)
        for line in story.found.lines:
            yield from _for_line(line, story)
    for payout in story.payouts:
        yield from _for_payout(payout, story)
    for refund in story.refunds:
        yield from _for_refund(refund, story)
    yield from _for_deposit(story)


PAYMENT_WAITS: Final[Mapping[str, tuple[str, str]]] = {
    "requires_payment_method": (
        "payment_method",
        "The buyer has to choose how to pay, and confirm the payment.",
    ),
    "requires_action": ("payer", "The buyer has to confirm the payment with the bank (3-D Secure)."),
    "processing": ("provider", "The provider has to say what became of the payment."),
    "authorized": ("capture", "You have to capture the payment, or void it."),
    "capturing": ("provider", "The provider has to say whether the money was taken."),
    "voiding": ("provider", "The provider has to say whether the payment was voided."),
    "in_review": ("review", "A person has to decide about the provider's answer."),
    "captured": ("books", "The books are about to take up what was captured."),
}


def _for_payment(story: Story) -> Iterator[WaitingView]:
    payment = story.open
    if payment is not None:
        what, text = PAYMENT_WAITS.get(payment.status, ("provider", "The payment is under way."))
        yield WaitingView(
            what=what,
            since=payment.updated_at,
            until=payment.expires_at,
            text=text,
            line=None,
            about=PAYMENT.text(payment.id),
        )
        return
    found = story.found
    owed = sum(sums.unpaid(line, sums.sums(line.id, found.parts)) for line in found.lines)
    if owed:
        yield WaitingView(
            what="payment",
            since=found.order.updated_at,
            until=None,
            text=f"The buyer has to pay {words(owed, found.order.currency)}.",
            line=None,
            about=None,
        )


def _for_line(line: Line, story: Story) -> Iterator[WaitingView]:
    parts = sums.of_line(line.id, story.found.parts)
    if sums.delivery(line, sums.sums(line.id, parts)) is Delivery.CLEARED:
        since = max(
            (part.collected_at for part in parts if part.collected_at), default=story.found.order.created_at
        )
        yield WaitingView(
            what="hand_over",
            since=since,
            until=sums.release_by(parts) if line.model == Model.AGENT else None,
            text=f'"{line.description}" has to be handed over.',
            line=LINE.text(line.id),
            about=None,
        )
    elif line.inspect_until is not None and line.released_at is None:
        assert line.handed_over_at is not None, "what is inspected was handed over"
        yield WaitingView(
            what="inspection",
            since=line.handed_over_at,
            until=line.inspect_until,
            text=f'The buyer may object to "{line.description}"; then the money goes to the seller.',
            line=LINE.text(line.id),
            about=None,
        )


PAYOUT_ENDS: Final = frozenset({"payout.paid", "payout.failed", "payout.canceled", "payout.returned"})

SELLER_WAITS: Final = frozenset(
    {
        "no_seller_account",
        "seller_account_pending",
        "seller_account_restricted",
        "seller_account_closed",
    }
)


def _for_payout(payout: OrderPayout, story: Story) -> Iterator[WaitingView]:
    last = story.ends.get(payout.payout_id)
    if last is not None and (last.kind in PAYOUT_ENDS or last.kind.startswith("payout.revers")):
        return
    of_seller = last is not None and last.word in SELLER_WAITS
    text = (
        "The seller has to show the provider who he is."
        if of_seller
        else "The provider has to pay the seller."
    )
    yield WaitingView(
        what="seller" if of_seller else "payout",
        since=payout.created_at if last is None else last.at,
        until=None,
        text=text,
        line=LINE.text(payout.line_id),
        about=PAYOUT.text(payout.payout_id),
    )


def _for_deposit(story: Story) -> Iterator[WaitingView]:
    """What did not arrive lies on the buyer's deposit until somebody sends it again, by a refund of the payment."""
    known = {refund.refund_id: refund.amount for refund in story.refunds}
    failed = [entry for entry in story.ends.values() if entry.kind == "refund.failed"]
    back = sum(known.get(RefundId(entry.subject_id), 0) for entry in failed if entry.subject_id is not None)
    again = sum(
        entry.amount or 0
        for entry in story.ends.values()
        if entry.subject_kind == REFUND.prefix and entry.subject_id not in known and entry not in failed
    )
    if back <= again:
        return
    yield WaitingView(
        what="refund_again",
        since=max(entry.at for entry in failed),
        until=None,
        text=f"{words(back - again, story.found.order.currency)} did not arrive and lies on the buyer's deposit; "
        "refund the payment to send it again.",
        line=None,
        about=None,
    )


REFUND_ENDS: Final = frozenset({"refund.succeeded", "refund.failed"})


def _for_refund(refund: OrderRefund, story: Story) -> Iterator[WaitingView]:
    last = story.ends.get(refund.refund_id)
    if last is not None and last.kind in REFUND_ENDS:
        return
    currency = story.found.order.currency
    yield WaitingView(
        what="refund",
        since=refund.created_at if last is None else last.at,
        until=None,
        text=f"The provider has to give {words(refund.amount, currency)} back to the buyer.",
        line=None,
        about=REFUND.text(refund.refund_id),
    )
