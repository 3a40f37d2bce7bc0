"""What a worker does for orders: let money go when its time has come, and ask for refunds and payouts that follow."""

from __future__ import annotations

from typing import Final

from kontorhaus.goods.orders.actions import delivering, refunding
from kontorhaus.goods.orders.model.work import GIVE_BACK, PASS_ON, QUEUE, RELEASE, GiveBack, PassOn, Release
from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform import clocks
from kontorhaus.platform.db import Tx
from kontorhaus.platform.jobs import Effect, Handler, Running

QUEUES: Final = (QUEUE,)


async def _release(tx: Tx, due: Release, running: Running) -> None:
    org_id = OrgId(running.org_id)
    now = await clocks.now(tx, org_id)
    await delivering.release(tx, org_id, due.order_id, due.line_id, now=now)


async def _give_back(tx: Tx, due: GiveBack, running: Running) -> None:
    org_id = OrgId(running.org_id)
    now = await clocks.now(tx, org_id)
    await refunding.request(tx, org_id, due.refund_id, due.currency, now=now)


async def _pass_on(tx: Tx, due: PassOn, running: Running) -> None:
    org_id = OrgId(running.org_id)
    now = await clocks.now(tx, org_id)
    await delivering.pass_on(tx, org_id, due.payout_id, now=now)


def handlers() -> tuple[Handler, ...]:
    return Effect(RELEASE, _release), Effect(GIVE_BACK, _give_back), Effect(PASS_ON, _pass_on)
