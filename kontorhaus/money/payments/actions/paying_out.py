"""Paying sellers out: asking for it in the transaction that owes it, sending it when the seller may be paid, calling it
off, and taking it back.

The amount is held on `payable:<seller>` from the request to the end, so that it is never spent twice. What the
provider then says is carried out by `paid_out`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import msgspec

from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.money import Money, MoneyView
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import ledger
from kontorhaus.money.payments import events
from kontorhaus.money.payments.actions import connecting, operating, payout_posting
from kontorhaus.money.payments.errors import (
    PaymentConnectionUnclear,
    PaymentConnectionUnfit,
    PaymentIdReused,
    PaymentNotFound,
    PayoutExceeded,
    PayoutInvalid,
    PayoutNotFound,
    PayoutOperationOpen,
)
from kontorhaus.money.payments.model.allocations import Allocation
from kontorhaus.money.payments.model.asks import ReversePayout, SendPayout
from kontorhaus.money.payments.model.connections import PaymentConnection
from kontorhaus.money.payments.model.ids import (
    OPERATION,
    PAYMENT,
    PAYOUT,
    OperationId,
    PaymentConnectionId,
    PayoutId,
)
from kontorhaus.money.payments.model.operations import NewOperation
from kontorhaus.money.payments.model.payouts import (
    WAITING,
    NewPayout,
    Payout,
    Status,
    Step,
    Verdict,
    advance,
    judged,
    wait_of,
)
from kontorhaus.money.payments.model.sellers import SellerAccount
from kontorhaus.money.payments.model.waiting import TRY, Try
from kontorhaus.money.payments.store import payments as payments_store
from kontorhaus.money.payments.store import payouts as store
from kontorhaus.money.payments.store import sellers as sellers_store
from kontorhaus.people import parties
from kontorhaus.platform import eventlog, jobs
from kontorhaus.platform.db import Tx


async def request_payout(tx: Tx, org_id: OrgId, new: NewPayout, *, now: datetime) -> Payout:
    """Pay a seller what is owed to him, in the transaction that owes it. `now` is the business instant.

    Guarantees: `release` is posted and the amount held together with the caller's work, in one posting, so the caller
    posts nothing himself; the money goes out once, after the commit, as soon as the seller's account is active and the
    provider's balance suffices. The same id with the same content is the same payout, as it stands; other content
    raises PaymentIdReused. Not guaranteed: when it goes out; a payout waits for its seller until it is canceled.

    Raises PayoutInvalid, PartyNotFound, PaymentConnectionNotFound, PaymentConnectionUnclear, PaymentConnectionUnfit,
    PaymentNotFound, and what the ledger refuses: LedgerEntityNotFound where no books are kept,
    LedgerBalanceInsufficient where `payable` does not suffice.
    """
    _check(new)
    before = await store.PAYOUT.maybe(tx, org_id, new.id)
    if before is not None:
        return await _same(tx, org_id, before, new)
    connection = await _connection(tx, org_id, new)
    source = await _source(tx, org_id, new, connection.id)
    account = await sellers_store.SHARE_OF_PARTY.maybe(tx, org_id, connection.id, new.seller)
    verdict, operation = judged(account), OPERATION.new()
    sends = verdict.step is Step.SEND
    payout = await store.INSERT.maybe(
        tx,
        org_id,
        new.id,
        new.entity,
        new.seller,
        connection.id,
        new.amount.minor,
        new.amount.currency,
        _BEGINNING[verdict.step],
        verdict.reason,
        payout_posting.hold_id(new.id),
        account.id if account else None,
        new.source_payment,
        new.reference,
        _packed(new.release),
        operation if sends else None,
        int(sends),
        now,
        None if sends else utc_now() + wait_of(verdict, 0),
    )
    if payout is None:
        return await _same(tx, org_id, await store.PAYOUT.one(tx, org_id, new.id), new)
    if sends:
        assert account is not None, "nobody is sent money without an account"
        await _claim(tx, org_id, payout, operation, account, source)
    else:
        await look_later(tx, org_id, payout)
    await payout_posting.open_accounts(tx, org_id, payout)
    await ledger.post(tx, org_id, payout_posting.requested(payout, new, now))
    await tell(tx, org_id, payout)
    return payout


_BEGINNING: Final = {Step.SEND: Status.SENDING, Step.PLAN: Status.PLANNED, Step.HOLD: Status.ON_HOLD}
"""The status in which a payout begins, by what is judged of its seller."""


def _check(new: NewPayout) -> None:
    if new.amount.minor <= 0:
        raise PayoutInvalid("nothing is paid out", faults=(Fault("/amount/amount", "expected at least 1"),))
    for part in new.release:
        if part.amount.currency != new.amount.currency or part.amount.minor <= 0:
            raise PayoutInvalid("what is released is of the payout's currency, and more than zero")


async def _same(tx: Tx, org_id: OrgId, before: Payout, new: NewPayout) -> Payout:
    """The payout that has the id already, if it is the one that is asked for."""
    release = await store.RELEASE.one(tx, org_id, new.id)
    asked = {
        "entity": before.entity == new.entity,
        "seller": before.seller == new.seller,
        "amount": before.money == new.amount,
        "connection": new.connection_id in (None, before.connection_id),
        "source_payment": before.source_payment == new.source_payment,
        "reference": before.reference == new.reference,
        "release": _unpacked(release.release) == new.release,
    }
    other = next((field for field, same in asked.items() if not same), None)
    if other is not None:
        raise PaymentIdReused("the id belongs to another payout", field=other)
    return before


async def _connection(tx: Tx, org_id: OrgId, new: NewPayout) -> PaymentConnection:
    """By which connection it goes out. A closed one that is named still pays: what it has collected is owed."""
    if new.connection_id is None:
        await parties.party_in(tx, org_id, new.entity)
        active = await connecting.active_of(tx, org_id, new.entity)
        if len(active) != 1:
            raise PaymentConnectionUnclear("name the connection")
        return active[0]
    found = await connecting.connection_in(tx, org_id, new.connection_id)
    if found.entity != new.entity:
        raise PaymentConnectionUnfit("the connection is another legal entity's")
    return found


async def _source(tx: Tx, org_id: OrgId, new: NewPayout, connection_id: PaymentConnectionId) -> str | None:
    """The provider's charge that the payout is tied to: its money may go out before it is on the free balance."""
    if new.source_payment is None:
        return None
    payment = await payments_store.PAYMENT.maybe(tx, org_id, new.source_payment)
    if payment is None:
        raise PaymentNotFound("there is no such payment")
    if payment.connection_id != connection_id or payment.currency != new.amount.currency:
        raise PaymentConnectionUnfit("the payment was collected elsewhere")
    return payment.charge


async def _claim(
    tx: Tx,
    org_id: OrgId,
    payout: Payout,
    operation: OperationId,
    account: SellerAccount,
    source: str | None,
) -> None:
    assert account.provider_account is not None, "an active account was opened"
    # A charge has one group: all payouts from it are of its payment's.
    group = PAYOUT.text(payout.id) if payout.source_payment is None else PAYMENT.text(payout.source_payment)
    ask = SendPayout(
        id=operation,
        payout=payout.id,
        provider_account=account.provider_account,
        amount=payout.money,
        group=group,
        source=source,
    )
    at = utc_now()
    await operating.claim(tx, org_id, _operation(ask, payout), now=at, due_at=at)


def _operation(ask: SendPayout | ReversePayout, payout: Payout) -> NewOperation:
    return NewOperation(
        ask=ask, subject_kind="payout", subject_id=payout.id, connection_id=payout.connection_id
    )


async def attempt(tx: Tx, org_id: OrgId, payout_id: PayoutId) -> Payout:
    """Send a payout that waits, if its seller may be paid by now; one that does not wait is left as it is.

    Raises PayoutNotFound."""
    payout = await locked(tx, org_id, payout_id)
    if payout.status not in WAITING:
        return payout
    account = await sellers_store.SHARE_OF_PARTY.maybe(tx, org_id, payout.connection_id, payout.seller)
    verdict = judged(account)
    if verdict.step is not Step.SEND:
        return await put_off(tx, org_id, payout, verdict, account)
    assert account is not None, "nobody is sent money without an account"
    operation = OPERATION.new()
    moved = await store.SEND.one(
        tx, org_id, payout.id, payout.status, advance(payout, Step.SEND), account.id, operation
    )
    source = None
    if payout.source_payment is not None:
        source = (await payments_store.PAYMENT.one(tx, org_id, payout.source_payment)).charge
    await _claim(tx, org_id, moved, operation, account, source)
    await tell(tx, org_id, moved)
    return moved


async def put_off(
    tx: Tx, org_id: OrgId, payout: Payout, verdict: Verdict, account: SellerAccount | None = None
) -> Payout:
    """Let a payout wait, and look at it again by and by."""
    step, status = verdict.step, Status(payout.status)
    stays = (status, step) in {(Status.PLANNED, Step.PLAN), (Status.ON_HOLD, Step.HOLD)}
    waiting = await store.PUT_OFF.one(
        tx,
        org_id,
        payout.id,
        status,
        status if stays else advance(payout, step),
        verdict.reason,
        utc_now() + wait_of(verdict, payout.waits),
        account.id if account else None,
    )
    await look_later(tx, org_id, waiting)
    if waiting.version != payout.version:
        await tell(tx, org_id, waiting)
    return waiting


async def look_later(tx: Tx, org_id: OrgId, payout: Payout) -> None:
    job = TRY.job(org_id, Try(payout.id, payout.waits), due_at=payout.next_try_at)
    await jobs.enqueue(tx, job, now=utc_now())


async def locked(tx: Tx, org_id: OrgId, payout_id: PayoutId) -> Payout:
    found = await store.LOCK.maybe(tx, org_id, payout_id)
    if found is None:
        raise PayoutNotFound("there is no such payout")
    return found


async def tell(tx: Tx, org_id: OrgId, payout: Payout) -> None:
    await eventlog.append(tx, fact_of(payout), org_id=org_id)


def fact_of(payout: Payout) -> eventlog.Fact:
    """The fact of the status that a payout has come to."""
    told: dict[str, Any] = {
        "subject": payout.id,
        "seller": payout.seller,
        "reference": payout.reference,
        "status": payout.status,
        "amount": payout.money.view(),
        "version": payout.version,
    }
    status = Status(payout.status)
    if status in _REASONED:
        assert payout.reason is not None, "what waits or has failed says why"
        return _REASONED[status](**told, reason=payout.reason)
    return _PLAIN[status](**told)


_REASONED: Final[dict[Status, Callable[..., eventlog.Fact]]] = {
    Status.PLANNED: events.PayoutPlanned,
    Status.ON_HOLD: events.PayoutOnHold,
    Status.FAILED: events.PayoutFailed,
}
"""The facts that say why."""

_PLAIN: Final[dict[Status, Callable[..., eventlog.Fact]]] = {
    Status.SENDING: events.PayoutSending,
    Status.PAID: events.PayoutPaid,
    Status.RETURNED: events.PayoutReturned,
    Status.CANCELED: events.PayoutCanceled,
}


async def cancel_payout(tx: Tx, org_id: OrgId, payout_id: PayoutId, *, now: datetime) -> Payout:
    """Call off a payout that waits; its amount is the seller's balance again.

    Raises PayoutNotFound, PayoutOperationOpen, PayoutConflict.
    """
    payout = await locked(tx, org_id, payout_id)
    _no_call(payout)
    ended = await store.END.one(tx, org_id, payout.id, payout.status, advance(payout, Step.CANCEL), None, now)
    await ledger.post(tx, org_id, payout_posting.given_up(payout))
    await tell(tx, org_id, ended)
    return ended


async def reverse_payout(tx: Tx, org_id: OrgId, payout_id: PayoutId, amount: Money | None) -> Payout:
    """Take back a payout that was paid, or a part of it; None: what is left of it. Nothing is posted until the provider
    has done it.

    Raises PayoutNotFound, PayoutOperationOpen, PayoutConflict, PayoutExceeded, PayoutInvalid.
    """
    payout = await locked(tx, org_id, payout_id)
    if amount is not None and amount.currency != payout.currency:
        fault = Fault("/amount/currency", f"expected {payout.currency}")
        raise PayoutInvalid("the payout is of another currency", faults=(fault,))
    _no_call(payout)
    advance(payout, Step.RETURN)  # refused of one that was never paid
    minor = payout.left if amount is None else amount.minor
    if minor <= 0:
        raise PayoutInvalid("nothing is taken back", faults=(Fault("/amount/amount", "expected at least 1"),))
    if minor > payout.left:
        raise PayoutExceeded("the seller has less of it", most=payout.left)
    assert payout.transfer is not None, "what was paid has a transfer"
    operation = OPERATION.new()
    taken = await store.TAKE_BACK.one(tx, org_id, payout.id, minor, operation)
    ask = ReversePayout(
        id=operation, payout=payout.id, transfer=payout.transfer, amount=Money(minor, payout.currency)
    )
    at = utc_now()
    await operating.claim(tx, org_id, _operation(ask, payout), now=at, due_at=at)
    fact = events.PayoutReversing(
        subject=payout.id,
        seller=payout.seller,
        reference=payout.reference,
        status=taken.status,
        amount=payout.money.view(),
        reversing=MoneyView(minor, payout.currency),
        version=taken.version,
    )
    await eventlog.append(tx, fact, org_id=org_id)
    return taken


def _no_call(payout: Payout) -> None:
    if payout.operation_id is not None:
        raise PayoutOperationOpen(
            "the provider is being asked about this payout",
            payout=PAYOUT.text(payout.id),
            operation=OPERATION.text(payout.operation_id),
        )


_ENCODER: Final = msgspec.msgpack.Encoder()

_DECODER: Final = msgspec.msgpack.Decoder(tuple[Allocation, ...])


def _packed(release: tuple[Allocation, ...]) -> bytes:
    return _ENCODER.encode(release)


def _unpacked(packed: bytes) -> tuple[Allocation, ...]:
    return _DECODER.decode(packed)
