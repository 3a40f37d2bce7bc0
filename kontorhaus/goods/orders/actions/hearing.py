"""Hearing what became of a payment, a refund or a payout of an order."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from uuid import UUID

from kontorhaus.goods.orders.actions import refunding
from kontorhaus.goods.orders.actions.opening import opened
from kontorhaus.goods.orders.actions.telling import note
from kontorhaus.goods.orders.model.entries import Entry
from kontorhaus.goods.orders.model.order import LineId, OrderId
from kontorhaus.goods.orders.store import entries, money
from kontorhaus.goods.orders.store.money import Of
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.money import MoneyView
from kontorhaus.money.payments import PAYMENT, PAYOUT, REFUND, RefundFact
from kontorhaus.platform import clocks
from kontorhaus.platform.db import Query, Tx
from kontorhaus.platform.eventlog import Event, Fact

OWNERS: Final[dict[str, Query[Of]]] = {
    PAYMENT.prefix: money.OF_PAYMENT,
    REFUND.prefix: money.OF_REFUND,
    PAYOUT.prefix: money.OF_PAYOUT,
}

UNTOLD: Final = frozenset({"payment.created", "payment.processing", "payment.refund_changed"})
"""The order's own facts say it, or it says nothing to anybody who waits."""

AMOUNTS: Final = ("captured", "fee", "back", "amount")
"""Where a fact has its amount; the first that it has is what happened."""

REASONS: Final = ("code", "failure", "reason")

WORD: Final = re.compile(r"[a-z0-9_.-]{1,63}")


async def hear(tx: Tx, event: Event) -> None:
    """Take up what a payment has brought, and note what happened in the timeline of the order that it belongs to.

    What is taken up is read from the payment as it stands, so facts may come late, or again after an action has taken
    it up. What was collected for a line that is canceled, or paid already, goes back: a provider may have taken money
    for a payment that had ended. What belongs to no order is passed over. Runs under the fact's organization, in its
    reader's transaction.
    """
    org_id = OrgId(event.org_id)
    of = await OWNERS[event.subject_kind].maybe(tx, org_id, event.subject_id)
    if of is None and isinstance(fact := event.fact(), RefundFact):
        # Asked for by hand, of money that had come back: it is of its payment's order.
        of = await money.OF_PAYMENT.maybe(tx, org_id, fact.payment)
    if of is None:
        return
    now = await clocks.now(tx, org_id)
    whole = await opened(tx, org_id, OrderId(of.order_id), now=now, heard=event.subject_id)
    if event.kind not in UNTOLD:
        await _note(tx, org_id, event, of, now=now)
    await refunding.too_much(tx, org_id, whole, now=now)


async def _note(tx: Tx, org_id: OrgId, event: Event, of: Of, *, now: datetime) -> None:
    fact = event.fact()
    last = await entries.LAST_OF.maybe(tx, org_id, of.order_id, event.subject_kind, event.subject_id)
    await note(
        tx,
        org_id,
        of.order_id,
        event.kind,
        at=now if await clocks.find(tx, org_id) else event.at,
        line=None if of.line_id is None else LineId(of.line_id),
        about=(event.subject_kind, event.subject_id),
        amount=_amount(fact),
        word=_word(fact),
        entry_id=entry_id(event, last),
    )


def entry_id(event: Event, last: Entry | None) -> UUID:
    """A UUIDv7 of when the fact was told, not of when it is heard, and of its position in the log: so that entries are
    in the order in which things happened, however late their facts come. A fact has the time at which its transaction
    began, which may have waited for the `last` one of the same object: it comes after that all the same."""
    milliseconds = int(event.at.timestamp() * 1000)
    if last is not None:
        milliseconds = max(milliseconds, (last.id.int >> 80) + 1)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62) | event.position)


def _amount(fact: Fact) -> int | None:
    found = next((value for name in AMOUNTS if (value := getattr(fact, name, None)) is not None), None)
    return found.amount if isinstance(found, MoneyView) else None


def _word(fact: Fact) -> str | None:
    """Why it happened, as a word of the house; a sentence of anybody else's is not kept."""
    found = next((value for name in REASONS if (value := getattr(fact, name, None)) is not None), None)
    return found if isinstance(found, str) and WORD.fullmatch(found) else None
