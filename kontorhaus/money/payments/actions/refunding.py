"""Refunds: the amount is set apart in the caller's transaction, the provider is asked after it, and its word taken
over."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from msgspec import Struct, structs

from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.money import Money
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import ledger
from kontorhaus.money.ledger import EntrySet
from kontorhaus.money.payments import events
from kontorhaus.money.payments.actions import operating, posting, refund_looks, taking
from kontorhaus.money.payments.actions.operating import Kind, Known, News
from kontorhaus.money.payments.errors import (
    PaymentConflict,
    PaymentIdReused,
    PaymentInvalid,
    RefundAllocated,
    RefundExceeded,
    RefundNotFound,
)
from kontorhaus.money.payments.model import deciding
from kontorhaus.money.payments.model.allocations import Allocation, tax_row
from kontorhaus.money.payments.model.asks import RefundPayment
from kontorhaus.money.payments.model.deciding import NOT_DONE, Ending, intent_of
from kontorhaus.money.payments.model.ids import (
    OPERATION,
    PAYMENT,
    REFUND,
    OperationId,
    PaymentConnectionId,
    RefundId,
)
from kontorhaus.money.payments.model.observations import (
    Absent,
    Notice,
    ProviderDeclined,
    RefundSeen,
    RefusalCode,
)
from kontorhaus.money.payments.model.operations import NewOperation, Operation, Step, pause_after
from kontorhaus.money.payments.model.operations import Status as OperationStatus
from kontorhaus.money.payments.model.payments import Payment
from kontorhaus.money.payments.model.refunds import STEP_TO, NewRefund, Refund, Status, advance
from kontorhaus.money.payments.store import payments as payments_store
from kontorhaus.money.payments.store import refunds as store
from kontorhaus.money.payments.views.refunds import refund_answer
from kontorhaus.platform import clocks, eventlog, telemetry
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.db import Tx

LOG: Final = telemetry.get_logger(__name__)

LATER: Final = frozenset({RefusalCode.BALANCE, RefusalCode.CREDENTIALS})
"""Why a provider refuses what we owe to a payer, and will not for ever: the refund stays asked for, and is tried again
under an operation of its own."""

ENDED: Final = frozenset({Status.FAILED, Status.CANCELED})


async def request_refund(
    tx: Tx,
    org_id: OrgId,
    new: NewRefund,
    *,
    now: datetime,
    operation_id: OperationId | None = None,
    alone: bool = False,
) -> Refund:
    """Ask for a refund in the caller's transaction; the provider is asked after it, by a job or by who gives the id of
    the operation. `alone`: no other call for this payment may be open. It posts: let nothing be posted after it.

    The same id with the same content is the same refund, as it stands. Guaranteed when `tx` commits: the amount is set
    apart on the payer's deposit, after what `undo` took back from elsewhere. Raises PaymentNotFound, PaymentConflict,
    PaymentInvalid, PaymentIdReused, PaymentOperationOpen, RefundExceeded, LedgerBalanceInsufficient.
    """
    payment = await taking.lock(tx, org_id, new.payment)
    known = await store.REFUND.maybe(tx, org_id, new.id)
    if known is not None:
        return await _same(tx, org_id, known, new)
    _check(payment, new)
    if alone:
        await operating.refuse_open(tx, org_id, payment.id)
    made = await store.INSERT.one(
        tx,
        org_id,
        new.id,
        payment.id,
        payment.entity,
        payment.payer,
        payment.connection_id,
        new.amount.minor,
        new.amount.currency,
        new.reason,
        payment.reference,
        now,
    )
    rows = [
        (org_id, new.id, place, one.account, one.amount.minor, one.party, one.share, *tax_row(one))
        for place, one in enumerate(new.undo)
    ]
    await store.INSERT_UNDO.many(tx, rows)
    due_at = utc_now() if operation_id is None else None
    claimed = _operation(payment, made, operation_id, exclusive=payment.id if alone else made.id)
    await operating.claim(tx, org_id, claimed, now=utc_now(), due_at=due_at)
    await _move_sums(tx, org_id, payment, refunding=made.amount, refunded=0, now=now)
    await ledger.post(tx, org_id, posting.refund_requested(made, new.undo, now))
    await eventlog.append(tx, events.RefundRequested(**_common(made)), org_id=org_id)
    return made


def _check(payment: Payment, new: NewRefund) -> None:
    if new.amount.currency != payment.currency or new.amount.minor <= 0:
        fault = Fault("/amount", f"expected an amount above zero in {payment.currency}")
        raise PaymentInvalid("a field of the refund is wrong", faults=(fault,))
    if not payment.captured or payment.review is not None:
        raise PaymentConflict(
            "nothing was captured that could be given back",
            payment=PAYMENT.text(payment.id),
            status=payment.status,
        )
    if new.amount > payment.refundable:
        raise RefundExceeded(
            "more than can be given back", most=payment.refundable.minor, currency=payment.currency
        )
    for place, one in enumerate(new.undo):
        kind = one.account.partition(":")[0]
        if (
            one.amount.currency != payment.currency
            or one.amount.minor <= 0
            or kind not in posting.FACING_DEPOSIT
        ):
            fault = Fault(f"/undo/{place}", "expected an amount of an account that faces a deposit")
            raise PaymentInvalid("a field of the refund is wrong", faults=(fault,))


async def unallocated(tx: Tx, org_id: OrgId, payment: Payment) -> Money:
    """What a call of the API may give back of a locked payment, which cannot know from whose share it is: all that is
    left of one without allocations; else what a refund had taken back from them and then did not bring to the payer,
    so that it lies on his deposit. Raises RefundAllocated where that is nothing."""
    if not await taking.allocations_of(tx, org_id, payment):
        return payment.refundable
    undone = await store.UNDONE_OF_PAYMENT.one(tx, org_id, payment.id)
    free = undone.amount - payment.refunded - payment.refunding
    if free <= 0:
        raise RefundAllocated("refund it where it was sold", payment=PAYMENT.text(payment.id))
    return Money(free, payment.currency)


async def _same(tx: Tx, org_id: OrgId, known: Refund, new: NewRefund) -> Refund:
    pairs = {
        "payment": (known.payment_id, new.payment),
        "amount": (known.money, new.amount),
        "reason": (known.reason, new.reason),
        "undo": (await undone(tx, org_id, known), list(new.undo)),
    }
    for field, (old, given) in pairs.items():
        if old != given:
            raise PaymentIdReused(
                "the id belongs to another refund", refund=REFUND.text(known.id), field=field
            )
    return known


async def undone(tx: Tx, org_id: OrgId, refund: Refund) -> list[Allocation]:
    """What a refund took back, and from which accounts."""
    return [row.allocation(refund.currency) for row in await store.UNDONE.all(tx, org_id, refund.id)]


def _operation(
    payment: Payment, refund: Refund, operation_id: UUID | None, *, exclusive: UUID, tries: int = 0
) -> NewOperation:
    ask = RefundPayment(
        id=operation_id or OPERATION.new(),
        refund=refund.id,
        payment=payment.id,
        intent=intent_of(payment),
        amount=refund.money,
        reason=refund.reason,
    )
    return NewOperation(
        ask=ask,
        subject_kind="refund",
        subject_id=refund.id,
        connection_id=refund.connection_id,
        exclusive_id=exclusive,
        tries=tries,
    )


async def _move_sums(
    tx: Tx, org_id: OrgId, payment: Payment, *, refunding: int, refunded: int, now: datetime
) -> None:
    """Count a refund on its payment, which is locked."""
    if not refunding and not refunded:
        return
    changed = structs.replace(
        payment,
        refunding=payment.refunding + refunding,
        refunded=payment.refunded + refunded,
        updated_at=now,
    )
    after = await taking.write(tx, org_id, payment, changed, None)
    fact = events.PaymentRefundChanged(
        **taking.common(after),
        refunding=Money(after.refunding, after.currency).view(),
        refunded=Money(after.refunded, after.currency).view(),
    )
    await eventlog.append(tx, fact, org_id=org_id)


def _common(refund: Refund) -> dict[str, Any]:
    """What every fact of a refund says."""
    return {
        "subject": refund.id,
        "payment": refund.payment_id,
        "reference": refund.reference,
        "status": refund.status,
        "amount": refund.money.view(),
        "version": refund.version,
    }


class _Change(Struct, frozen=True):
    """What a refund becomes, and how its open operation ends."""

    status: Status
    failure: str | None = None
    doubt: str | None = None
    ends: Ending | None = None
    anew: bool = False


async def apply(tx: Tx, org_id: OrgId, news: News) -> list[OperationId]:
    """Take a provider's word about a refund over. Idempotent; its payment and the refund are locked by the caller."""
    refund = await store.REFUND.one(tx, org_id, news.subject_id)
    operation = news.operation or await _explained(tx, org_id, refund, news)
    payment = await payments_store.PAYMENT.one(tx, org_id, refund.payment_id)
    change = _changed(refund, payment, operation, news)
    if change is None or refund.review is not None:
        return []
    ended: list[OperationId] = []
    if operation is not None and change.doubt is not None:
        await operating.doubt(tx, org_id, operation, change.doubt)
    elif operation is not None and change.ends is not None:
        ended.append(await operating.end(tx, org_id, operation, change.ends, said=news.said))
        if change.anew:
            at = utc_now() + pause_after(operation.tries)
            exclusive = operation.exclusive_id
            again = _operation(payment, refund, None, exclusive=exclusive, tries=operation.tries)
            await operating.claim(tx, org_id, again, now=utc_now(), due_at=at)
    said = news.said if isinstance(news.said, RefundSeen) and change.doubt is None else None
    await _become(tx, org_id, refund, payment, change, said, news.now)
    return ended


async def end_review(tx: Tx, org_id: OrgId, refund_id: UUID, *, failed: bool) -> None:
    """Let a refund go on that was in review. `failed`: a person has made sure that nothing was given back."""
    before = await store.REFUND.one(tx, org_id, refund_id)
    if before.review is None:
        return
    now = await clocks.now(tx, org_id)
    refund = await _written(tx, org_id, before, Status(before.status), None, before.provider_reference, now)
    await refund_looks.ask_soon(tx, org_id, refund)
    if failed and refund.status not in ENDED:
        payment = await payments_store.PAYMENT.one(tx, org_id, refund.payment_id)
        change = _Change(Status.FAILED, failure=NOT_DONE)
        await _become(tx, org_id, refund, payment, change, None, now)


async def _explained(tx: Tx, org_id: OrgId, refund: Refund, news: News) -> Operation | None:
    """The open operation that a word which came by itself is the end of: that there is such a refund. One that was not
    sent yet ends with it, since what it would do is done."""
    said = news.said
    if not isinstance(said, RefundSeen):
        return None
    done = said.refund == refund.id and said.amount == refund.money
    for exclusive in (refund.id, refund.payment_id):
        found = await operating.open_of(tx, org_id, exclusive)
        if (
            found is not None
            and found.subject_id == refund.id
            and (done or found.status != OperationStatus.CLAIMED)
            and not found.review
        ):
            return found
    return None


def _changed(refund: Refund, payment: Payment, operation: Operation | None, news: News) -> _Change | None:
    status = Status(refund.status)
    match news.said:
        case RefundSeen() as said:
            heard = deciding.refund_heard(refund, said, payment.intent, fresh=refund.version == news.fence)
            return _Change(heard.status, heard.failure, heard.doubt, Ending(Step.SUCCEED))
        case ProviderDeclined() as said if operation is not None:
            if said.code in LATER:
                return _Change(status, ends=Ending(Step.FAIL, said.code), anew=True)
            return _Change(Status.FAILED, failure=said.code, ends=Ending(Step.FAIL, said.code))
        case Absent() if operation is not None:
            # It is owed: surely not done under this operation, it is asked for under the next one.
            return _Change(status, ends=Ending(Step.FAIL, NOT_DONE), anew=True)
        case _:
            return None


async def _become(
    tx: Tx,
    org_id: OrgId,
    before: Refund,
    payment: Payment,
    change: _Change,
    said: RefundSeen | None,
    now: datetime,
) -> None:
    """Write the refund and its payment's sums, post, tell."""
    reference = said.reference if said is not None else before.provider_reference
    same = change.status == before.status and reference == before.provider_reference
    if same and change.doubt is None:
        return
    changed = structs.replace(before, failure=change.failure, review=change.doubt)
    after = await _written(tx, org_id, changed, change.status, change.doubt, reference, now)
    if change.doubt is not None:
        LOG.error("refund_contradicted", refund=REFUND.text(before.id), what=change.doubt)
    refunding, refunded = _moved(before, after)
    await _move_sums(tx, org_id, payment, refunding=refunding, refunded=refunded, now=now)
    entries = _entries(before, after, now)
    if entries is not None:
        await ledger.post(tx, org_id, entries)
    if after.status != before.status:
        await eventlog.append(tx, _fact(before, after), org_id=org_id)
    await refund_looks.look_again(tx, org_id, after, 0)


async def _written(
    tx: Tx,
    org_id: OrgId,
    before: Refund,
    status: Status,
    review: str | None,
    reference: str | None,
    now: datetime,
) -> Refund:
    """Write a locked refund with what has become of it. The only place where one is changed."""
    if status is not Status(before.status):
        status = advance(before, STEP_TO[status])
    return await store.WRITE.one(
        tx,
        org_id,
        before.id,
        before.status,
        before.version,
        status,
        before.failure if status in ENDED else None,
        reference,
        before.posted or status in (Status.PENDING, Status.SUCCEEDED),
        review,
        now,
    )


def _counted(refund: Refund) -> tuple[int, int]:
    """What a refund counts as on its payment: being given back, given back."""
    if refund.status == Status.SUCCEEDED:
        return 0, refund.amount
    return (0, 0) if refund.status in ENDED else (refund.amount, 0)


def _moved(before: Refund, after: Refund) -> tuple[int, int]:
    (old_open, old_done), (new_open, new_done) = _counted(before), _counted(after)
    return new_open - old_open, new_done - old_done


def _entries(before: Refund, after: Refund, now: datetime) -> EntrySet | None:
    """What a change of a refund posts: its hold, the hold's end, or the money's way back."""
    if after.status in ENDED and before.status not in ENDED:
        return posting.refund_came_back(after, now) if before.posted else posting.refund_given_up(after)
    return posting.refund_sent(after, now) if after.posted and not before.posted else None


def _fact(before: Refund, after: Refund) -> events.RefundFact:
    if after.status == Status.SUCCEEDED:
        return events.RefundSucceeded(**_common(after))
    if after.status in ENDED:
        late = before.status == Status.SUCCEEDED
        return events.RefundFailed(**_common(after), failure=after.failure, after_success=late)
    return events.RefundPending(**_common(after))


async def _lock(tx: Tx, org_id: OrgId, refund_id: UUID) -> None:
    """Its payment first: that is the order in which whoever asks for another refund locks."""
    found = await refund_in(tx, org_id, refund_id)
    await taking.lock(tx, org_id, found.payment_id)
    await store.LOCK.one(tx, org_id, refund_id)


async def refund_in(tx: Tx, org_id: OrgId, refund_id: UUID) -> Refund:
    """Raises RefundNotFound."""
    found = await store.REFUND.maybe(tx, org_id, refund_id)
    if found is None:
        raise RefundNotFound("there is no such refund")
    return found


async def maybe_refund(tx: Tx, org_id: OrgId, refund_id: RefundId) -> Refund | None:
    return await store.REFUND.maybe(tx, org_id, refund_id)


async def refund_of(tx: Tx, org_id: OrgId, operation_id: OperationId) -> Refund:
    """The refund that an operation was claimed for."""
    return await store.OF_OPERATION.one(tx, org_id, operation_id)


async def maybe_refund_of(tx: Tx, org_id: OrgId, operation_id: OperationId) -> Refund | None:
    """The same; None for an operation of something else."""
    return await store.OF_OPERATION.maybe(tx, org_id, operation_id)


async def _version(tx: Tx, org_id: OrgId, refund_id: UUID) -> int:
    return (await store.REFUND.one(tx, org_id, refund_id)).version


async def _answer(tx: Tx, org_id: OrgId, refund_id: UUID) -> Answer:
    return refund_answer(await store.REFUND.one(tx, org_id, refund_id))


async def _find(tx: Tx, org_id: OrgId, connection_id: PaymentConnectionId, notice: Notice) -> Known | None:
    found = await store.BY_PROVIDER_REFERENCE.maybe(tx, org_id, connection_id, notice.reference)
    if found is None and notice.object is not None:
        found = await store.REFUND.maybe(tx, org_id, RefundId(notice.object))
    if found is None or found.connection_id != connection_id:
        return None
    return Known(found.id, found.version, notice.reference)


KIND: Final = Kind(lock=_lock, version=_version, apply=apply, answer=_answer, find=_find)

operating.register("refund", KIND)
