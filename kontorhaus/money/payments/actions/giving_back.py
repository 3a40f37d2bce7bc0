"""A refund as one call of the API: asked for, sent, and answered as it stands."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.money import Money
from kontorhaus.money.payments.actions import operating, taking
from kontorhaus.money.payments.actions.collecting import PATIENCE, RESUMER
from kontorhaus.money.payments.actions.operating import Means
from kontorhaus.money.payments.actions.refunding import (
    ENDED,
    maybe_refund,
    maybe_refund_of,
    refund_of,
    request_refund,
    unallocated,
)
from kontorhaus.money.payments.errors import PaymentConflict, PaymentOperationOpen, RefundExceeded
from kontorhaus.money.payments.model.ids import OPERATION, PAYMENT, REFUND, OperationId, PaymentId, RefundId
from kontorhaus.money.payments.model.refunds import NewRefund, RefundReason
from kontorhaus.money.payments.store import payments as store
from kontorhaus.money.payments.views.refunds import refund_answer
from kontorhaus.people import access
from kontorhaus.platform import idempotency
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.db import Tx
from kontorhaus.platform.failpoints import reach
from kontorhaus.platform.idempotency import Once, Resume


async def refund(
    means: Means,
    actor: Actor,
    once: Once,
    payment_id: PaymentId,
    *,
    refund_id: RefundId,
    amount: Money | None,
    reason: RefundReason | None,
    now: datetime,
) -> Answer:
    """Give a captured amount back, or what is left of it; of a payment with allocations, what a failed refund has left
    on the payer's deposit. Raises what `request_refund` does, and RefundAllocated.

    Of two that come at once one is carried out, and the other is told of it, in a way that no client tries again by
    itself: the same amount twice is more often one refund that two people ask for than two.
    """
    try:
        return await _once(means, actor, once, payment_id, refund_id, amount, reason, now)
    except PaymentOperationOpen as blocked:
        open_id = OPERATION.parse(str(blocked.facts["operation"]))
        ended = await operating.clear_the_way(means, actor.org_id, payment_id)
        await _refuse_overtaken(means, actor.org_id, payment_id, open_id)
        if not ended:
            raise
    return await _once(means, actor, once, payment_id, refund_id, amount, reason, now)


async def _refuse_overtaken(
    means: Means, org_id: OrgId, payment_id: PaymentId, operation_id: OperationId
) -> None:
    """Raises PaymentConflict if the call that was in the way gives something back."""
    async with means.db.org(org_id, read_only=True) as tx:
        other = await maybe_refund_of(tx, org_id, operation_id)
        if other is None or other.status in ENDED:
            return
        payment = await store.PAYMENT.one(tx, org_id, payment_id)
    raise PaymentConflict(
        "another refund of the payment was asked for just before; read it, and ask again if you want one more",
        payment=PAYMENT.text(payment.id),
        status=payment.status,
        refund=REFUND.text(other.id),
        refunded=payment.refunded + payment.refunding,
        currency=payment.currency,
    )


async def _once(
    means: Means,
    actor: Actor,
    once: Once,
    payment_id: PaymentId,
    refund_id: RefundId,
    amount: Money | None,
    reason: RefundReason | None,
    now: datetime,
) -> Answer:
    org_id, operation_id = actor.org_id, OPERATION.new()
    await means.keyring.make_ready(org_id)

    async def begin(tx: Tx) -> None:
        payment = await taking.lock(tx, org_id, payment_id)
        known = await maybe_refund(tx, org_id, refund_id)
        if known is None:
            most = await unallocated(tx, org_id, payment)
            wanted = amount or most
            if payment.captured and wanted.currency == most.currency:
                if amount is None and most.is_zero:
                    raise RefundExceeded(
                        "all of it was given back, or is on its way", most=0, currency=payment.currency
                    )
                if wanted > most:
                    raise RefundExceeded(
                        "more than can be given back", most=most.minor, currency=payment.currency
                    )
        else:
            wanted = amount or known.money
        new = NewRefund(id=refund_id, payment=payment_id, amount=wanted, reason=reason)
        made = await request_refund(tx, org_id, new, now=now, operation_id=operation_id, alone=True)
        if known is not None:
            # The caller's own id, sent before: there is nothing to send again.
            await idempotency.settle(tx, means.keyring, org_id, operation_id, refund_answer(made))
            return
        await access.record(tx, actor, "refund.created", REFUND.prefix, made.id, ["amount", "reason"])

    async def finish(subject: UUID) -> Answer:
        reach("payments.refund.claimed")
        return await operating.finish(means, org_id, subject)

    async def interim(tx: Tx, subject: UUID) -> Answer:
        # Of a repeated call it is the operation that knows which refund was begun.
        return refund_answer(await refund_of(tx, org_id, OperationId(subject)), status=202)

    return await idempotency.two_phase(
        means.db,
        means.keyring,
        once,
        resume=Resume(RESUMER, operation_id),
        begin=begin,
        finish=finish,
        interim=interim,
        patience=PATIENCE,
    )
