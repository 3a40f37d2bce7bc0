"""What a person decides of a payment or a refund that the house must not decide itself. Every decision is audited."""

from __future__ import annotations

import contextlib
from typing import Final, Literal
from uuid import UUID

from msgspec import structs

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.payments.actions import hearing, operating, refunding, taking
from kontorhaus.money.payments.actions.operating import Means
from kontorhaus.money.payments.errors import OperationConflict, OperationNotFound
from kontorhaus.money.payments.model.deciding import Ending
from kontorhaus.money.payments.model.ids import OPERATION, PAYMENT, REFUND, OperationId
from kontorhaus.money.payments.model.observations import Absent
from kontorhaus.money.payments.model.operations import Operation, Step, pause_after
from kontorhaus.money.payments.store import operations as store
from kontorhaus.people import access
from kontorhaus.platform import clocks, eventlog
from kontorhaus.platform.db import Tx
from kontorhaus.platform.outbound import NotSent, Unknown

RESOLVED: Final = "resolved"
"""The reason of an operation that a person has ended."""

Word = Literal["provider", "failed"]
"""`provider`: what the provider says when he is asked once more is taken over, if it can be ours. `failed`: a person
has made sure at the provider that nothing was done. That money has moved is never a person's word alone."""


async def resolve(means: Means, org_id: OrgId, operation_id: OperationId, word: Word) -> Operation:
    """End the review of an operation, and of the payment or refund that it acts on; how the operation stands then.

    With `provider` it may stand in review again: he still says what cannot be ours. Raises OperationNotFound,
    OperationConflict for one that is not in review; NotSent and Unknown if the provider could not be asked.
    """
    await means.keyring.make_ready(org_id)
    await means.db.org(org_id).run(lambda tx: _decide(tx, means, org_id, operation_id, word))
    if word == "provider":
        await operating.drive(means, org_id, operation_id)
    async with means.db.org(org_id, read_only=True) as tx:
        return await store.OPERATION.one(tx, org_id, operation_id)


async def _decide(tx: Tx, means: Means, org_id: OrgId, operation_id: OperationId, word: Word) -> None:
    found = await store.OPERATION.maybe(tx, org_id, operation_id)
    if found is None:
        raise OperationNotFound("there is no such operation")
    kind = operating.kind_of(found.subject_kind)
    await kind.lock(tx, org_id, found.subject_id)
    operation = await store.LOCK.one(tx, org_id, operation_id)
    if not operation.review:
        raise OperationConflict(
            "the operation is not in review", operation=OPERATION.text(operation_id), status=operation.status
        )
    await access.record_command(
        tx, org_id, f"operation.resolved_{word}", OPERATION.prefix, operation_id, ["review"]
    )
    if word == "provider":
        await store.REVIEWED.run(tx, org_id, operation_id)
        # The janitor left it when the review began; who asks now may be killed, or not reach the provider.
        asked_at = utc_now()
        at = asked_at + pause_after(1)
        await operating.look_later(tx, org_id, operation_id, at, now=asked_at)
    elif operation.subject_kind in ("payout", "seller_account"):
        # As if the provider had said so: a payout goes out anew, an account may be asked for again.
        now, version = await clocks.now(tx, org_id), await kind.version(tx, org_id, operation.subject_id)
        await kind.apply(tx, org_id, operating.News(operation.subject_id, operation, Absent(), version, now))
    else:
        await operating.end(tx, org_id, operation, Ending(Step.FAIL, RESOLVED), said=None)
    if operation.subject_kind == "payment":
        await _end_payment_review(tx, org_id, operation.subject_id)
    elif operation.subject_kind == "refund":
        await refunding.end_review(tx, org_id, operation.subject_id, failed=word == "failed")
    if word == "failed":
        await operating.settle(tx, means.keyring, org_id, kind, operation.subject_id, [operation_id])


async def _end_payment_review(tx: Tx, org_id: OrgId, payment_id: UUID) -> None:
    payment = await taking.lock(tx, org_id, payment_id)
    if payment.review is None:
        return
    changed = structs.replace(payment, review=None, updated_at=await clocks.now(tx, org_id))
    after = await taking.write(tx, org_id, payment, changed, await taking.still_open(tx, org_id, payment.id))
    for fact in taking.facts(payment, after):
        await eventlog.append(tx, fact, org_id=org_id)
    await taking.ask_soon(tx, org_id, after)
    await taking.expire_if_late(tx, org_id, after, changed.updated_at)


async def ask(means: Means, org_id: OrgId, operation_id: OperationId) -> Operation:
    """Ask the provider about an operation now. Raises OperationNotFound; what cannot be known yet stays as it is."""
    with contextlib.suppress(NotSent, Unknown):
        await operating.drive(means, org_id, operation_id)
    async with means.db.org(org_id, read_only=True) as tx:
        found = await store.OPERATION.maybe(tx, org_id, operation_id)
    if found is None:
        raise OperationNotFound("there is no such operation")
    return found


async def review(means: Means, org_id: OrgId, noun: str, object_id: UUID) -> None:
    """End the review of a payment or a refund (`noun` is the prefix of its ids) that no operation stands behind, since
    a webhook brought what cannot be ours: the provider is asked once more, and what he says is taken over if it can be.

    Raises PaymentNotFound, RefundNotFound; NotSent and Unknown if he could not be asked: a job does it then.
    """
    assert noun in (PAYMENT.prefix, REFUND.prefix), "nothing else is reviewed without an operation"
    of_payment = noun == PAYMENT.prefix

    async def end(tx: Tx) -> None:
        await access.record_command(
            tx,
            org_id,
            f"{'payment' if of_payment else 'refund'}.resolved_provider",
            noun,
            object_id,
            ["review"],
        )
        if of_payment:
            await _end_payment_review(tx, org_id, object_id)
        else:
            await operating.kind_of("refund").lock(tx, org_id, object_id)
            await refunding.end_review(tx, org_id, object_id, failed=False)

    await means.db.org(org_id).run(end)
    refresh = hearing.refresh if of_payment else hearing.refresh_refund
    await refresh(means, org_id, object_id, hearing.nothing)
