"""Webhooks and questions by the way: what is so now is asked of the provider, and goes the way of every answer.

A webhook says only about what; events come late, twice and in any order, so their contents are not believed.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.payments.actions import operating
from kontorhaus.money.payments.actions.connecting import gateway_of
from kontorhaus.money.payments.actions.operating import Known, Means, News
from kontorhaus.money.payments.errors import PaymentNotFound, RefundNotFound
from kontorhaus.money.payments.model.ids import PaymentConnectionId
from kontorhaus.money.payments.model.observations import (
    Notice,
    SellerAccountSeen,
    SellerAccountStatus,
    Subject,
)
from kontorhaus.money.payments.store import payments as store
from kontorhaus.money.payments.store import refunds as refunds_store
from kontorhaus.platform import clocks, telemetry
from kontorhaus.platform.db import Tx
from kontorhaus.platform.inbox import Finish

LOG: Final = telemetry.get_logger(__name__)

HEARD: Final = frozenset({Subject.PAYMENT, Subject.REFUND, Subject.PAYOUT, Subject.SELLER_ACCOUNT})
"""Of what news is taken; a dispute is kept in the inbox and not carried out yet."""


async def hear(
    means: Means, org_id: OrgId, connection_id: PaymentConnectionId, notice: Notice, finish: Finish
) -> None:
    """Carry a believed webhook out: find what it is about, ask the provider how that stands, take it over.

    What is nothing of ours is over at once. NotSent and Unknown: the provider could not be asked; try again.
    """
    kind = operating.find_kind(str(notice.subject)) if notice.subject in HEARD else None
    known: Known | None = None
    if kind is not None:
        async with means.db.org(org_id, read_only=True) as tx:
            known = await kind.find(tx, org_id, connection_id, notice)
    if known is None:
        LOG.info("webhook_of_nothing_of_ours", subject=str(notice.subject))
        await means.db.org(org_id).run(finish)
        return
    await ask(means, org_id, connection_id, notice.subject, known, finish)


async def ask(
    means: Means,
    org_id: OrgId,
    connection_id: PaymentConnectionId,
    subject: Subject,
    known: Known,
    finish: Finish,
) -> None:
    """Ask the provider how an object stands, and take it over."""
    gateway, credentials = await gateway_of(means.db, means.keyring, means.gateways, org_id, connection_id)
    said = await gateway.retrieve(credentials, subject, known.reference)
    if said is None and subject is Subject.SELLER_ACCOUNT:
        # The seller has let go of the platform, or the provider has deleted him.
        said = SellerAccountSeen(reference=known.reference, status=SellerAccountStatus.CLOSED)
    await means.keyring.make_ready(org_id)

    async def take(tx: Tx) -> None:
        if said is None:
            LOG.warning("provider_does_not_know", subject=str(subject))
        else:
            kind = operating.kind_of(str(subject))
            await kind.lock(tx, org_id, known.subject_id)
            news = News(known.subject_id, None, said, known.version, await clocks.now(tx, org_id))
            ended = await kind.apply(tx, org_id, news)
            await operating.settle(tx, means.keyring, org_id, kind, known.subject_id, ended)
        await finish(tx)

    await means.db.org(org_id).run(take)


async def refresh(
    means: Means,
    org_id: OrgId,
    payment_id: UUID,
    finish: Finish,
    *,
    for_fee: bool = False,
    version: int | None = None,
) -> None:
    """Ask how a payment stands; `for_fee` does not if the fee is known, nor if it is not in `version` any more. One
    that the provider has never heard of stands as it is."""
    async with means.db.org(org_id, read_only=True) as tx:
        payment = await store.PAYMENT.maybe(tx, org_id, payment_id)
    if payment is None:
        raise PaymentNotFound("there is no such payment")
    needless = (for_fee and payment.fee is not None) or version not in (None, payment.version)
    if payment.intent is None or needless:
        await means.db.org(org_id).run(finish)
        return
    known = Known(payment.id, payment.version, payment.intent)
    await ask(means, org_id, payment.connection_id, Subject.PAYMENT, known, finish)


async def refresh_refund(
    means: Means, org_id: OrgId, refund_id: UUID, finish: Finish, *, version: int | None = None
) -> None:
    """The same for a refund."""
    async with means.db.org(org_id, read_only=True) as tx:
        refund = await refunds_store.REFUND.maybe(tx, org_id, refund_id)
    if refund is None:
        raise RefundNotFound("there is no such refund")
    if refund.provider_reference is None or version not in (None, refund.version):
        await means.db.org(org_id).run(finish)
        return
    known = Known(refund.id, refund.version, refund.provider_reference)
    await ask(means, org_id, refund.connection_id, Subject.REFUND, known, finish)


async def nothing(tx: Tx) -> None:
    """For a question that no webhook and no job waits for."""
    del tx
