"""How payments take a provider's word: as an answer, after a question, by a webhook. One way for all three."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.money import Money, MoneyView
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import ledger
from kontorhaus.money.payments import events
from kontorhaus.money.payments.actions import operating, posting
from kontorhaus.money.payments.actions.operating import QUEUE, Kind, Known, News
from kontorhaus.money.payments.errors import PaymentNotFound
from kontorhaus.money.payments.model import deciding
from kontorhaus.money.payments.model.allocations import Allocation
from kontorhaus.money.payments.model.deciding import NOT_DONE, Ending, PaymentVerdict
from kontorhaus.money.payments.model.ids import PAYMENT, OperationId, PaymentConnectionId, PaymentId
from kontorhaus.money.payments.model.observations import Absent, Notice, PaymentSeen, ProviderDeclined
from kontorhaus.money.payments.model.operations import Operation, Step
from kontorhaus.money.payments.model.payments import (
    STEP_TO,
    TRANSITIONS,
    OpenKind,
    Payment,
    Status,
    advance,
    status_of,
)
from kontorhaus.money.payments.store import payments as store
from kontorhaus.money.payments.views.payments import payment_answer
from kontorhaus.platform import eventlog, jobs, telemetry
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.db import Tx

LOG: Final = telemetry.get_logger(__name__)


class Refresh(Struct, frozen=True):
    """Ask the provider how a payment stands; `fee_tries` counts how often he was asked for his fee alone, `looks` how
    often since the payment waits as it did in `version`."""

    payment_id: UUID
    fee_tries: int = 0
    looks: int = 0
    version: int | None = None


REFRESH: Final = jobs.Kind("payments.refresh", Refresh, QUEUE)
"""Enqueued where news came that was older than what is known: the provider is asked once more, with no call between."""


class Expire(Struct, frozen=True):
    """End a payment that nobody has paid in time."""

    payment_id: UUID


EXPIRE: Final = jobs.Kind("payments.expire", Expire, QUEUE)

FEE_PAUSES: Final = (timedelta(seconds=20), timedelta(minutes=5), timedelta(hours=2))
"""When a provider who did not name his fee at the capture is asked for it. A webhook is mostly earlier; a fee that is
still not known after these is in his settlement."""

LOOKS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
)
"""When a payment that waits for the payer or his bank is asked for without a webhook, which may be lost, or not be set
up at all: the payer may have paid at his bank and closed the window. Later on daily."""

LOOKS_MAX: Final = 12
"""A bank's page is no longer open after a week. What is `processing` is asked for until it ends: a debit takes up to
fourteen days, and nothing else can be done with it meanwhile."""


async def lock(tx: Tx, org_id: OrgId, payment_id: UUID) -> Payment:
    """The payment, locked; PaymentNotFound."""
    found = await store.LOCK.maybe(tx, org_id, payment_id)
    if found is None:
        raise PaymentNotFound("there is no such payment")
    return found


async def write(
    tx: Tx, org_id: OrgId, before: Payment, after: Payment, open_kind: OpenKind | None
) -> Payment:
    """Write what has become of a locked payment, its status with it. The only place where a payment is changed.

    A status that does not follow from the one before is left to a person: whatever the provider said, it is not lost.
    """
    status = status_of(deciding.standing(after, open_kind))
    if status != before.status:
        if (Status(before.status), STEP_TO[status]) not in TRANSITIONS:
            after = structs.replace(deciding.doubted(before, "unexpected"), updated_at=after.updated_at)
            status = Status.IN_REVIEW
        status = advance(before, STEP_TO[status])
    action = after.action_url if status is Status.REQUIRES_ACTION else None
    ending = after.ending if not after.captured else None
    if status in (Status.CANCELED, Status.EXPIRED):
        ending = ending or "provider"
    return await store.WRITE.one(
        tx,
        org_id,
        before.id,
        before.status,
        before.version,
        status,
        after.seen,
        after.intent,
        after.charge,
        after.authorized if not after.captured else 0,
        after.captured,
        after.refunding,
        after.refunded,
        after.fee,
        action,
        after.return_url,
        after.error_code,
        after.error_provider_code,
        after.error_advice,
        after.review,
        ending,
        after.updated_at,
    )


async def allocations_of(tx: Tx, org_id: OrgId, payment: Payment) -> list[Allocation]:
    rows = await store.ALLOCATIONS.all(tx, org_id, payment.id)
    return [row.allocation(payment.currency) for row in rows]


async def apply(tx: Tx, org_id: OrgId, news: News) -> list[OperationId]:
    """Take a provider's word over: decide, write, post, tell. Idempotent; the payment is locked by the caller."""
    payment = await store.PAYMENT.one(tx, org_id, news.subject_id)
    operation = news.operation or await _explained(tx, org_id, payment, news)
    verdict = _verdict(payment, operation, news)
    if verdict is None:
        return []
    return await take(tx, org_id, payment, operation, verdict, news)


async def _explained(tx: Tx, org_id: OrgId, payment: Payment, news: News) -> Operation | None:
    """The open operation of which a word that came by itself tells the end."""
    found = await operating.open_of(tx, org_id, payment.id)
    if found is None or found.subject_kind != "payment" or found.review:
        return None
    said = news.said
    return found if isinstance(said, PaymentSeen) and deciding.explains(found, said) else None


def _verdict(payment: Payment, operation: Operation | None, news: News) -> PaymentVerdict | None:
    if isinstance(news.said, Absent):
        return None if operation is None else _never_done(payment)
    if isinstance(news.said, ProviderDeclined) and operation is None:
        return None
    return deciding.heard(payment, operation, news.said, fresh=payment.version == news.fence)


def _never_done(payment: Payment) -> PaymentVerdict:
    failed = structs.replace(payment, error_code=NOT_DONE, error_provider_code=None, error_advice=None)
    return PaymentVerdict(failed, ends=Ending(Step.FAIL, NOT_DONE), stale=payment.intent is not None)


async def take(
    tx: Tx, org_id: OrgId, before: Payment, operation: Operation | None, verdict: PaymentVerdict, news: News
) -> list[OperationId]:
    """Carry a verdict out: the payment, its operation, the ledger, the facts."""
    ended: list[OperationId] = []
    if verdict.ignored is not None:
        LOG.error("payment_contradicted", payment=PAYMENT.text(before.id), what=verdict.ignored)
    in_doubt = verdict.payment.review is not None and before.review is None
    if operation is not None and verdict.ends is not None and not in_doubt:
        ended.append(await operating.end(tx, org_id, operation, verdict.ends, said=news.said))
    elif operation is not None and in_doubt:
        await operating.doubt(tx, org_id, operation, verdict.payment.review or "")
    open_kind = await still_open(tx, org_id, before.id)
    changed = structs.replace(verdict.payment, updated_at=news.now)
    if verdict.ends is not None and verdict.ends.step is Step.FAIL and operation and operation.kind == "void":
        changed = structs.replace(changed, ending=None)
    same = structs.replace(changed, updated_at=before.updated_at) == before
    if same and status_of(deciding.standing(changed, open_kind)) == before.status:
        return ended
    after = await write(tx, org_id, before, changed, open_kind)
    if after.review is None:
        await _post(tx, org_id, after, verdict, news)
    for fact in facts(before, after):
        await eventlog.append(tx, fact, org_id=org_id)
    if verdict.stale:
        await ask_soon(tx, org_id, after)
    await expire_if_late(tx, org_id, after, news.now)
    if verdict.taken is not None and after.fee is None:
        await ask_for_fee(tx, org_id, after, 0)
    if open_kind is None:
        await look_again(tx, org_id, after, 0)
    return ended


async def look_again(tx: Tx, org_id: OrgId, payment: Payment, looks: int) -> None:
    """Have the provider asked about a payment that waits for him with no call open, the next time after `looks`. Each
    change of the payment begins anew."""
    status = Status(payment.status)
    waits = status is Status.PROCESSING or (status is Status.REQUIRES_ACTION and looks < LOOKS_MAX)
    if not waits:
        return
    now = utc_now()
    again = Refresh(payment.id, looks=looks + 1, version=payment.version)
    await jobs.enqueue(
        tx, REFRESH.job(org_id, again, due_at=now + LOOKS[min(looks, len(LOOKS) - 1)]), now=now
    )


async def ask_soon(tx: Tx, org_id: OrgId, payment: Payment) -> None:
    """Have the provider asked how a payment stands, if he knows it."""
    if payment.intent is not None:
        await jobs.enqueue(tx, REFRESH.job(org_id, Refresh(payment.id)), now=utc_now())


async def expire_if_late(tx: Tx, org_id: OrgId, payment: Payment, now: datetime) -> None:
    """Have an unpaid payment ended whose time ran out while a call was under way, or a person had to look."""
    unpaid = payment.status in (Status.REQUIRES_PAYMENT_METHOD, Status.REQUIRES_ACTION)
    if unpaid and payment.expires_at is not None and payment.expires_at <= now:
        await expire_at(tx, org_id, payment.id, now)


async def expire_at(tx: Tx, org_id: OrgId, payment_id: PaymentId, at: datetime) -> None:
    """Have a payment ended at an instant of the organization's clock, if it is unpaid then."""
    job = EXPIRE.job(org_id, Expire(payment_id), due_at=at, clock=jobs.Clock.BUSINESS)
    await jobs.enqueue(tx, job, now=utc_now())


async def ask_for_fee(tx: Tx, org_id: OrgId, payment: Payment, tries: int) -> None:
    """Have the provider asked for his fee, the next time after `tries`; never again after the last."""
    if payment.fee is not None or not payment.captured or tries >= len(FEE_PAUSES):
        return
    now = utc_now()
    job = REFRESH.job(org_id, Refresh(payment.id, tries + 1), due_at=now + FEE_PAUSES[tries])
    await jobs.enqueue(tx, job, now=now)


async def still_open(tx: Tx, org_id: OrgId, payment_id: PaymentId) -> OpenKind | None:
    """What kind of call is open on a payment; a refund's is not one of its own."""
    found = await operating.open_of(tx, org_id, payment_id)
    if found is None or found.subject_kind != "payment":
        return None
    kind: OpenKind = msgspec.convert(found.kind, OpenKind)
    return kind


async def _post(tx: Tx, org_id: OrgId, payment: Payment, verdict: PaymentVerdict, news: News) -> None:
    if verdict.taken is None and verdict.fee is None:
        return
    allocations = await allocations_of(tx, org_id, payment) if verdict.taken is not None else []
    entries = posting.taken(payment, allocations, verdict.taken, verdict.fee, news.now)
    await ledger.post(tx, org_id, entries)


def facts(before: Payment, after: Payment) -> list[events.PaymentFact]:
    """What a change of a payment tells: its new status, and what came to be known without one."""
    told: list[events.PaymentFact] = []
    if after.status != before.status:
        told.append(_TOLD[Status(after.status)](after))
    elif after.error_code is not None and after.error_code != before.error_code:
        told.append(_declined(after))
    if after.fee is not None and before.fee is None:
        told.append(events.PaymentFeeKnown(**common(after), fee=_money(after.fee, after)))
    return told


def common(payment: Payment) -> dict[str, Any]:
    """What every fact of a payment says."""
    return {
        "subject": payment.id,
        "reference": payment.reference,
        "status": payment.status,
        "amount": payment.money.view(),
        "version": payment.version,
    }


def _money(minor: int, payment: Payment) -> MoneyView:
    return Money(minor, payment.currency).view()


def _processing(payment: Payment) -> events.PaymentFact:
    return events.PaymentProcessing(**common(payment))


def _declined(payment: Payment) -> events.PaymentFact:
    return events.PaymentDeclined(**common(payment), code=payment.error_code, advice=payment.error_advice)


_TOLD: Final[dict[Status, Callable[[Payment], events.PaymentFact]]] = {
    Status.REQUIRES_PAYMENT_METHOD: _declined,
    Status.REQUIRES_ACTION: lambda payment: events.PaymentActionRequired(**common(payment)),
    Status.PROCESSING: _processing,
    Status.AUTHORIZED: lambda payment: events.PaymentAuthorized(
        **common(payment), authorized=_money(payment.authorized, payment)
    ),
    Status.CAPTURING: _processing,
    Status.CAPTURED: lambda payment: events.PaymentCaptured(
        **common(payment), captured=_money(payment.captured, payment)
    ),
    Status.VOIDING: _processing,
    Status.CANCELED: lambda payment: events.PaymentCanceled(**common(payment), ending=payment.ending or ""),
    Status.EXPIRED: lambda payment: events.PaymentExpired(**common(payment)),
    Status.IN_REVIEW: lambda payment: events.PaymentInReview(**common(payment), reason=payment.review or ""),
}
"""Which fact tells of a status."""


async def _lock(tx: Tx, org_id: OrgId, payment_id: UUID) -> None:
    await lock(tx, org_id, payment_id)


async def _version(tx: Tx, org_id: OrgId, payment_id: UUID) -> int:
    return (await store.PAYMENT.one(tx, org_id, payment_id)).version


async def _answer(tx: Tx, org_id: OrgId, payment_id: UUID) -> Answer:
    return payment_answer(await store.PAYMENT.one(tx, org_id, payment_id))


async def _find(tx: Tx, org_id: OrgId, connection_id: PaymentConnectionId, notice: Notice) -> Known | None:
    found = await store.BY_INTENT.maybe(tx, org_id, connection_id, notice.reference)
    if found is None and notice.object is not None:
        found = await store.PAYMENT.maybe(tx, org_id, notice.object)
    if found is None or found.connection_id != connection_id:
        return None
    return Known(found.id, found.version, notice.reference)


KIND: Final = Kind(lock=_lock, version=_version, apply=apply, answer=_answer, find=_find)

operating.register("payment", KIND)
