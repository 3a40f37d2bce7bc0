"""What the provider says of payouts, from answers, look-ups and webhooks alike: it is posted once, whoever tells it, in
whatever order.

A transfer at the provider is a fact from outside: it counts also where the payout was believed not to have gone out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.money import MoneyView
from kontorhaus.money import ledger
from kontorhaus.money.payments import events
from kontorhaus.money.payments.actions import operating, payout_posting
from kontorhaus.money.payments.actions.paying_out import fact_of, locked, put_off
from kontorhaus.money.payments.model import operations
from kontorhaus.money.payments.model.asks import SendPayout
from kontorhaus.money.payments.model.deciding import Ending
from kontorhaus.money.payments.model.ids import PAYOUT, OperationId, PaymentConnectionId, PayoutId
from kontorhaus.money.payments.model.observations import Absent, Notice, PayoutSeen, ProviderDeclined
from kontorhaus.money.payments.model.operations import Operation
from kontorhaus.money.payments.model.payouts import (
    Payout,
    Reason,
    Status,
    Step,
    Verdict,
    advance,
    mismatch,
    news,
    refused,
)
from kontorhaus.money.payments.model.sellers import SellerAccount
from kontorhaus.money.payments.store import payouts as store
from kontorhaus.money.payments.store import sellers as sellers_store
from kontorhaus.money.payments.views.payouts import payout as view
from kontorhaus.platform import eventlog, telemetry
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.db import Tx

LOG: Final = telemetry.get_logger(__name__)


async def lock(tx: Tx, org_id: OrgId, payout_id: UUID) -> None:
    await locked(tx, org_id, PayoutId(payout_id))


async def version(tx: Tx, org_id: OrgId, payout_id: UUID) -> int:
    return (await store.VERSION.one(tx, org_id, payout_id)).version


async def shown(tx: Tx, org_id: OrgId, payout_id: UUID) -> Answer:
    return rendered(await store.PAYOUT.one(tx, org_id, payout_id))


def rendered(payout: Payout, *, status: int = 200) -> Answer:
    shown = view(payout)
    location = f"/v1/payouts/{shown.id}" if status == 201 else None
    return answer(shown, status=status, version=payout.version, location=location)


async def find(
    tx: Tx, org_id: OrgId, connection_id: PaymentConnectionId, notice: Notice
) -> operating.Known | None:
    """The payout that a transfer is of: by what its metadata echo, or by its reference. None for one that was made by
    hand at the provider, and for one that another connection's provider shows."""
    if notice.object is not None:
        payout = await store.PAYOUT.maybe(tx, org_id, notice.object)
    else:
        payout = await store.BY_TRANSFER.maybe(tx, org_id, connection_id, notice.reference)
    if payout is None or payout.connection_id != connection_id:
        return None
    return operating.Known(payout.id, payout.version, notice.reference)


async def apply(tx: Tx, org_id: OrgId, heard: operating.News) -> list[OperationId]:
    """Carry out what the provider says of a payout. What is known already changes nothing."""
    payout = await locked(tx, org_id, PayoutId(heard.subject_id))
    operation = heard.operation
    match heard.said:
        case PayoutSeen():
            return await _seen(tx, org_id, payout, operation, heard.said, now=heard.now)
        case ProviderDeclined() if operation is not None:
            verdict, reason = refused(heard.said), heard.said.code.value
            return await _not_done(tx, org_id, payout, operation, heard.said, verdict, reason, now=heard.now)
        case Absent() if operation is not None:
            # Nothing came of the call, and nothing can any more: what was to go out is sent anew.
            verdict, reason = Verdict(Step.PLAN, Reason.NOT_DONE), Reason.NOT_DONE.value
            return await _not_done(tx, org_id, payout, operation, heard.said, verdict, reason, now=heard.now)
        case ProviderDeclined() | Absent():
            return []
        case _:
            raise AssertionError("of a payout its transfer is told")


async def _seen(
    tx: Tx, org_id: OrgId, payout: Payout, answered: Operation | None, seen: PayoutSeen, *, now: datetime
) -> list[OperationId]:
    operation = answered or await operating.open_of(tx, org_id, payout.id)
    account = await _account(tx, org_id, payout)
    wrong = mismatch(payout, seen, account)
    if wrong is not None:
        LOG.error("transfer_in_doubt", payout=PAYOUT.text(payout.id), field=wrong)
        if operation is not None and not operation.review and operation.sent_at is not None:
            await operating.doubt(tx, org_id, operation, f"mismatch_{wrong}")
        return []
    assert account is not None, "the transfer went to the seller's account"
    new, ended = news(payout, seen), list[OperationId]()
    posted = payout_posting.moved(payout, new, now)
    facts: list[eventlog.Fact] = []
    if new.pays:
        status = advance(payout, Step.PAY)
        payout = await store.PAY.one(
            tx, org_id, payout.id, payout.status, status, seen.reference, now, account.id
        )
        facts.append(fact_of(payout))
    if new.returned:
        ours = answered is not None and answered.id == payout.operation_id
        payout = await _return(tx, org_id, payout, new.returned, ours=ours, now=now)
        facts += _came_back(payout, new.returned)
    if answered is not None and answered.id == payout.operation_id:
        await store.CLOSE.run(tx, org_id, payout.id, answered.id)
    # That the transfer is there ends the call that makes it, whoever tells it.
    if operation is not None and (answered is not None or operation.kind == SENDS):
        ended.append(await operating.end(tx, org_id, operation, Ending(operations.Step.SUCCEED), said=seen))
    if posted.entries:
        await ledger.post(tx, org_id, posted)
    for fact in facts:
        await eventlog.append(tx, fact, org_id=org_id)
    return ended


async def _account(tx: Tx, org_id: OrgId, payout: Payout) -> SellerAccount | None:
    """The account that it went to: he may have another one since."""
    if payout.seller_account_id is not None:
        return await sellers_store.ACCOUNT.maybe(tx, org_id, payout.seller_account_id)
    return await sellers_store.OF_PARTY.maybe(tx, org_id, payout.connection_id, payout.seller)


SENDS: Final = str(SendPayout.__struct_config__.tag)
"""The kind of the operations that send a payout."""


async def _return(
    tx: Tx, org_id: OrgId, payout: Payout, returned: int, *, ours: bool, now: datetime
) -> Payout:
    """Count what came back. Told by a webhook, it is taken for what an open reversal has asked for, whose own answer
    then brings nothing more."""
    back = payout.reversed + returned
    asked = 0 if ours else min(max(0, payout.reversing - returned), payout.amount - back)
    status = advance(payout, Step.RETURN) if back == payout.amount else Status(payout.status)
    return await store.RETURN.one(tx, org_id, payout.id, payout.status, status, back, asked, now)


def _came_back(payout: Payout, returned: int) -> list[eventlog.Fact]:
    facts: list[eventlog.Fact] = [
        events.PayoutReversed(
            subject=payout.id,
            seller=payout.seller,
            reference=payout.reference,
            status=payout.status,
            amount=payout.money.view(),
            back=MoneyView(returned, payout.currency),
            reversed=MoneyView(payout.reversed, payout.currency),
            version=payout.version,
        )
    ]
    if payout.status == Status.RETURNED:
        facts.append(fact_of(payout))
    return facts


async def _not_done(
    tx: Tx,
    org_id: OrgId,
    payout: Payout,
    operation: Operation,
    said: ProviderDeclined | Absent,
    verdict: Verdict,
    reason: str,
    *,
    now: datetime,
) -> list[OperationId]:
    """The provider surely did not do it: what was to go out waits or has failed, what was to be taken back stays with
    the seller."""
    ended = await operating.end(tx, org_id, operation, Ending(operations.Step.FAIL, reason), said=said)
    if payout.operation_id != operation.id:
        return [ended]  # the provider has shown meanwhile what it did
    if payout.status != Status.SENDING:
        kept = await store.KEEP.one(tx, org_id, payout.id, operation.id)
        fact: eventlog.Fact = events.PayoutReversalRefused(
            subject=kept.id,
            seller=kept.seller,
            reference=kept.reference,
            status=kept.status,
            amount=kept.money.view(),
            reason=reason,
            version=kept.version,
        )
        await eventlog.append(tx, fact, org_id=org_id)
    elif verdict.step is Step.FAIL:
        status = advance(payout, Step.FAIL)
        failed = await store.END.one(tx, org_id, payout.id, payout.status, status, verdict.reason, now)
        await ledger.post(tx, org_id, payout_posting.given_up(payout))
        await eventlog.append(tx, fact_of(failed), org_id=org_id)
    else:
        await put_off(tx, org_id, payout, verdict)
    return [ended]


operating.register("payout", operating.Kind(lock=lock, version=version, apply=apply, answer=shown, find=find))
