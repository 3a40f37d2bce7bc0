"""Confirming, capturing and voiding a payment: each a call to the provider, claimed under the payment's lock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct, structs

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.money import Money
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.payments.actions import connecting, operating, taking
from kontorhaus.money.payments.actions.creating import end_unpaid
from kontorhaus.money.payments.actions.operating import Means
from kontorhaus.money.payments.errors import (
    PaymentAmountExceeded,
    PaymentConflict,
    PaymentConnectionUnfit,
    PaymentInvalid,
    PaymentOperationOpen,
)
from kontorhaus.money.payments.model.asks import Authorize, Capture
from kontorhaus.money.payments.model.connections import Status as ConnectionStatus
from kontorhaus.money.payments.model.deciding import intent_of
from kontorhaus.money.payments.model.ids import OPERATION, PAYMENT, OperationId, PaymentId
from kontorhaus.money.payments.model.operations import NewOperation
from kontorhaus.money.payments.model.payments import OpenKind, Payment, Status
from kontorhaus.money.payments.store import payments as store
from kontorhaus.money.payments.views.payments import payment_answer
from kontorhaus.people import access
from kontorhaus.platform import eventlog, idempotency
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.db import Tx
from kontorhaus.platform.failpoints import reach
from kontorhaus.platform.idempotency import Once, Resume

RESUMER: Final = "payments.operation"
"""Under this name `roles` registers `operating.finish`: it brings to its end what a process left open."""

PATIENCE: Final = timedelta(seconds=12)
"""How long a caller waits for a provider before he is told how it stands: a bank's answer takes two to four seconds,
and after `answer_seconds_max` the edge would give up."""


class Confirmation(Struct, frozen=True, kw_only=True):
    """How a payment shall be tried. `own_return` is the house's own address, to which the payer comes back first."""

    method: str
    off_session: bool = False
    return_url: str | None = None
    own_return: str | None = None


Begin = Callable[[Tx, OperationId], Awaitable[None]]


async def confirm(
    means: Means, actor: Actor, once: Once, payment_id: PaymentId, *, by: Confirmation, now: datetime
) -> Answer:
    """Try to collect a payment with a method. Raises PaymentNotFound, PaymentConflict, PaymentOperationOpen,
    PaymentConnectionUnfit."""
    org_id = actor.org_id

    async def begin(tx: Tx, operation_id: OperationId) -> None:
        payment = await taking.lock(tx, org_id, payment_id)
        await operating.refuse_open(tx, org_id, payment.id)
        _only(payment, Status.REQUIRES_PAYMENT_METHOD, Status.REQUIRES_ACTION)
        if payment.expires_at is not None and payment.expires_at <= now:
            raise _conflict(payment, "the time to pay is over")
        connection = await connecting.connection_in(tx, org_id, payment.connection_id)
        if connection.status != ConnectionStatus.ACTIVE:
            raise PaymentConnectionUnfit("the payment connection is closed", field="connection")
        ask = Authorize(
            id=operation_id,
            payment=payment.id,
            amount=payment.money,
            method=by.method,
            manual=payment.capture_method == "manual",
            return_url=by.own_return,
            off_session=by.off_session,
            description=payment.description,
            intent=payment.intent,
        )
        await operating.claim(tx, org_id, _of(payment, ask), now=utc_now())
        tried = structs.replace(
            payment,
            return_url=by.return_url or payment.return_url,
            error_code=None,
            error_provider_code=None,
            error_advice=None,
            updated_at=now,
        )
        await access.record(tx, actor, "payment.confirmed", PAYMENT.prefix, payment.id, ["status"])
        await _begun(tx, org_id, payment, tried, "authorize")

    return await _call(means, org_id, once, payment_id, "authorize", begin)


async def capture(
    means: Means, actor: Actor, once: Once, payment_id: PaymentId, *, amount: Money | None, now: datetime
) -> Answer:
    """Take what is authorized, or a part; the rest is released. Raises PaymentNotFound, PaymentConflict,
    PaymentOperationOpen, PaymentAmountExceeded, PaymentInvalid."""
    org_id = actor.org_id

    async def begin(tx: Tx, operation_id: OperationId) -> None:
        payment = await taking.lock(tx, org_id, payment_id)
        await operating.refuse_open(tx, org_id, payment.id)
        _only(payment, Status.AUTHORIZED)
        wanted = payment.money if amount is None else amount
        if wanted.currency != payment.currency or wanted.minor <= 0:
            raise PaymentInvalid(f"expected an amount above zero in {payment.currency}")
        if wanted.minor > payment.authorized:
            raise PaymentAmountExceeded("more than was authorized", most=payment.authorized)
        ask = Capture(id=operation_id, payment=payment.id, intent=intent_of(payment), amount=wanted)
        await operating.claim(tx, org_id, _of(payment, ask), now=utc_now())
        await access.record(tx, actor, "payment.captured", PAYMENT.prefix, payment.id, ["captured"])
        await _begun(tx, org_id, payment, structs.replace(payment, updated_at=now), "capture")

    return await _call(means, org_id, once, payment_id, "capture", begin)


async def void(means: Means, actor: Actor, once: Once, payment_id: PaymentId, *, now: datetime) -> Answer:
    """End a payment that nothing was taken of. Raises PaymentNotFound, PaymentConflict, PaymentOperationOpen."""
    org_id = actor.org_id

    async def begin(tx: Tx, operation_id: OperationId) -> None:
        payment = await taking.lock(tx, org_id, payment_id)
        await operating.refuse_open(tx, org_id, payment.id)
        _only(payment, Status.REQUIRES_PAYMENT_METHOD, Status.REQUIRES_ACTION, Status.AUTHORIZED)
        await access.record(tx, actor, "payment.voided", PAYMENT.prefix, payment.id, ["status"])
        ended = await end_unpaid(tx, org_id, payment, "requested", now=now, operation_id=operation_id)
        if ended.intent is None:
            # The provider has never heard of it: there is nobody to ask.
            await idempotency.settle(tx, means.keyring, org_id, operation_id, payment_answer(ended))

    return await _call(means, org_id, once, payment_id, "void", begin)


def _of(payment: Payment, ask: Authorize | Capture) -> NewOperation:
    return NewOperation(
        ask=ask, subject_kind="payment", subject_id=payment.id, connection_id=payment.connection_id
    )


async def _begun(tx: Tx, org_id: OrgId, before: Payment, changed: Payment, kind: OpenKind) -> None:
    after = await taking.write(tx, org_id, before, changed, kind)
    for fact in taking.facts(before, after):
        await eventlog.append(tx, fact, org_id=org_id)


def _only(payment: Payment, *statuses: Status) -> None:
    if Status(payment.status) not in statuses:
        raise _conflict(payment, f"a payment that is {payment.status} does not allow this")


def _conflict(payment: Payment, detail: str) -> PaymentConflict:
    return PaymentConflict(
        detail,
        payment=PAYMENT.text(payment.id),
        status=payment.status,
        captured=payment.captured,
        currency=payment.currency,
    )


async def _call(
    means: Means, org_id: OrgId, once: Once, payment_id: PaymentId, kind: str, begin: Begin
) -> Answer:
    """Two transactions with the network between. What stands in the way and is not known is asked about first, once."""
    try:
        return await _once(means, org_id, once, payment_id, kind, begin)
    except PaymentOperationOpen:
        if not await operating.clear_the_way(means, org_id, payment_id):
            raise
    return await _once(means, org_id, once, payment_id, kind, begin)


async def _once(
    means: Means, org_id: OrgId, once: Once, payment_id: PaymentId, kind: str, begin: Begin
) -> Answer:
    await means.keyring.make_ready(org_id)
    operation_id = OPERATION.new()

    async def finish(subject: UUID) -> Answer:
        reach(f"payments.{kind}.claimed")
        return await operating.finish(means, org_id, subject)

    async def interim(tx: Tx, subject: UUID) -> Answer:
        del subject
        return payment_answer(await store.PAYMENT.one(tx, org_id, payment_id), status=202)

    return await idempotency.two_phase(
        means.db,
        means.keyring,
        once,
        resume=Resume(RESUMER, operation_id),
        begin=lambda tx: begin(tx, operation_id),
        finish=finish,
        interim=interim,
        patience=PATIENCE,
    )
