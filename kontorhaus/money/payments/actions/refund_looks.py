"""Asking about refunds that are on their way, since a webhook that tells of their end may be lost, or not be set up."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.payments.actions.operating import QUEUE
from kontorhaus.money.payments.model.ids import RefundId
from kontorhaus.money.payments.model.refunds import Refund, Status
from kontorhaus.money.payments.store import refunds as store
from kontorhaus.platform import jobs
from kontorhaus.platform.db import Tx


class RefreshRefund(Struct, frozen=True):
    """Ask the provider how a refund stands; `looks` counts how often since it waits as it did in `version`."""

    refund_id: RefundId
    looks: int
    version: int


REFRESH: Final = jobs.Kind("payments.refund_refresh", RefreshRefund, QUEUE)

LOOKS: Final = (timedelta(hours=1), timedelta(days=1))
"""When a refund on its way is asked for without a webhook; later on daily."""

LOOKS_MAX: Final = 31
"""Banks take ten working days, and a payer who must say where the money shall go is asked for a month."""


async def look_again(tx: Tx, org_id: OrgId, refund: Refund, looks: int) -> None:
    """Have the provider asked about a refund that is on its way, the next time after `looks`. Each change of it begins
    anew."""
    if Status(refund.status) not in (Status.PENDING, Status.REQUIRES_ACTION) or looks >= LOOKS_MAX:
        return
    now = utc_now()
    again = RefreshRefund(refund.id, looks + 1, refund.version)
    at = now + LOOKS[min(looks, len(LOOKS) - 1)]
    await jobs.enqueue(tx, REFRESH.job(org_id, again, due_at=at), now=now)


async def ask_soon(tx: Tx, org_id: OrgId, refund: Refund) -> None:
    """Have the provider asked how a refund stands, if he knows it."""
    if refund.provider_reference is not None:
        now = utc_now()
        again = RefreshRefund(refund.id, 0, refund.version)
        await jobs.enqueue(tx, REFRESH.job(org_id, again), now=now)


async def looked(tx: Tx, org_id: OrgId, args: RefreshRefund) -> None:
    """After a look: the next one, if the refund stands as it did."""
    refund = await store.REFUND.maybe(tx, org_id, args.refund_id)
    if refund is not None and refund.version == args.version:
        await look_again(tx, org_id, refund, args.looks)
