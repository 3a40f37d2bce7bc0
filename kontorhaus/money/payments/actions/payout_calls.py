"""What one can do with payouts over the API, each in one transaction; the provider is asked by a job after it. And what
the house does by itself for those that wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.money import Money
from kontorhaus.money.payments.actions import paying_out
from kontorhaus.money.payments.actions.paid_out import rendered
from kontorhaus.money.payments.model.ids import (
    PAYMENT,
    PAYMENT_CONNECTION,
    PAYOUT,
    PayoutId,
    SellerAccountId,
)
from kontorhaus.money.payments.model.payouts import (
    WAITING,
    NewPayout,
    Payout,
    Status,
    Step,
    advance,
)
from kontorhaus.money.payments.model.seller_requests import NewPayoutRequest
from kontorhaus.money.payments.model.waiting import Try
from kontorhaus.money.payments.store import payouts as store
from kontorhaus.money.payments.store import sellers as sellers_store
from kontorhaus.people import access
from kontorhaus.people.parties import PARTY
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.idempotency import Once, one_phase
from kontorhaus.platform.secrets import Keyring


async def create(
    db: Db, keyring: Keyring, actor: Actor, once: Once, *, new: NewPayoutRequest, now: datetime
) -> Answer:
    """Pay a seller what the books owe him. Raises what `paying_out.request_payout` does."""
    wanted = NewPayout(
        id=PAYOUT.new() if new.id is None else PAYOUT.parse(new.id),
        entity=PARTY.parse(new.entity),
        seller=PARTY.parse(new.seller),
        amount=new.amount.money("/amount"),
        connection_id=None if new.connection is None else PAYMENT_CONNECTION.parse(new.connection),
        source_payment=None if new.source_payment is None else PAYMENT.parse(new.source_payment),
    )

    async def effect(tx: Tx) -> Answer:
        # A payout without its legal entity's books would be refused by the ledger in other words.
        payout = await paying_out.request_payout(tx, actor.org_id, wanted, now=now)
        await access.record(tx, actor, "payout.created", PAYOUT.prefix, payout.id, ["seller", "amount"])
        return rendered(payout, status=201)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def send(db: Db, keyring: Keyring, actor: Actor, once: Once, payout_id: PayoutId) -> Answer:
    """Look at a payout that waits at once; one that is on its way, or was paid, is answered as it stands.

    Raises PayoutNotFound, PayoutConflict.
    """

    async def effect(tx: Tx) -> Answer:
        payout = await paying_out.locked(tx, actor.org_id, payout_id)
        if payout.status not in WAITING and payout.status not in (Status.SENDING, Status.PAID):
            advance(payout, Step.SEND)  # refuses, and says why
        tried = await paying_out.attempt(tx, actor.org_id, payout_id)
        if tried.status != payout.status:
            await access.record(tx, actor, "payout.sent", PAYOUT.prefix, payout_id, ["status"])
        return rendered(tried)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def cancel(
    db: Db, keyring: Keyring, actor: Actor, once: Once, payout_id: PayoutId, *, now: datetime
) -> Answer:
    """Call off a payout that waits. Raises PayoutNotFound, PayoutOperationOpen, PayoutConflict."""
    return await _change(
        db,
        keyring,
        actor,
        once,
        payout_id,
        "payout.canceled",
        lambda tx: paying_out.cancel_payout(tx, actor.org_id, payout_id, now=now),
    )


async def reverse(
    db: Db, keyring: Keyring, actor: Actor, once: Once, payout_id: PayoutId, *, amount: Money | None
) -> Answer:
    """Take back a payout that was paid, or a part of it.

    Raises PayoutNotFound, PayoutOperationOpen, PayoutConflict, PayoutExceeded, PayoutInvalid.
    """
    return await _change(
        db,
        keyring,
        actor,
        once,
        payout_id,
        "payout.reversed",
        lambda tx: paying_out.reverse_payout(tx, actor.org_id, payout_id, amount),
    )


async def _change(
    db: Db,
    keyring: Keyring,
    actor: Actor,
    once: Once,
    payout_id: PayoutId,
    action: str,
    change: Callable[[Tx], Awaitable[Payout]],
) -> Answer:
    async def effect(tx: Tx) -> Answer:
        payout = await change(tx)
        await access.record(tx, actor, action, PAYOUT.prefix, payout_id, ["status"])
        return rendered(payout)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def look(tx: Tx, org_id: OrgId, args: Try) -> None:
    """Look again at a payout that was put off, unless another look was planned since."""
    payout = await paying_out.locked(tx, org_id, args.payout_id)
    if payout.status in WAITING and payout.waits == args.waits:
        await paying_out.attempt(tx, org_id, args.payout_id)


PAGE: Final = 100
"""Payouts that are sent one after the other for a seller who was activated: each in a transaction of its own, so that a
page holds nothing up."""


async def send_waiting(db: Db, org_id: OrgId, account_id: SellerAccountId) -> int:
    """Send what waited for a seller who may now be paid; says how many payouts were looked at. May run any number of
    times: what is sent waits no more."""
    async with db.org(org_id, read_only=True) as tx:
        account = await sellers_store.ACCOUNT.one(tx, org_id, account_id)
    after, looked = UUID(int=0), 0
    while True:
        async with db.org(org_id, read_only=True) as tx:
            waiting = await store.WAITING.all(tx, org_id, account.connection_id, account.party, after, PAGE)
        for one in waiting:
            await db.org(org_id).run(lambda tx, one=one: paying_out.attempt(tx, org_id, one.id))  # type: ignore[misc]
        looked += len(waiting)
        if len(waiting) < PAGE:
            return looked
        after = waiting[-1].id
