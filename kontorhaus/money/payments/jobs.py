"""What a worker does for payments: it looks after operations, asks how payments stand, ends those that nobody has paid,
sends the payouts that wait, and sets up what was connected."""

from __future__ import annotations

from typing import Final

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.payments.actions import (
    creating,
    hearing,
    opening,
    operating,
    payout_calls,
    refund_looks,
    taking,
)
from kontorhaus.money.payments.actions.operating import Means, Operate
from kontorhaus.money.payments.actions.setting_up import Sources, set_up
from kontorhaus.money.payments.gateways import Gateways
from kontorhaus.money.payments.model.connections import CONNECTIONS, SET_UP, SetUp
from kontorhaus.money.payments.model.ids import OperationId, PaymentConnectionId, PaymentId
from kontorhaus.money.payments.model.waiting import (
    ACTIVATED,
    PAYOUTS,
    REFRESH,
    TRY,
    Activated,
    Refresh,
    Try,
)
from kontorhaus.platform import clocks
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.jobs import Effect, Handler, Phases, Queue, Running, complete
from kontorhaus.platform.secrets import Keyring

CONNECTION_QUEUE: Final[Queue] = CONNECTIONS

QUEUES: Final[tuple[Queue, ...]] = (operating.QUEUE, PAYOUTS)


def setting_up(keyring: Keyring, gateways: Gateways, sources: Sources, *, heard_at: str | None) -> Handler:
    """Learns whose account a new connection is, and has its provider deliver to `heard_at`."""

    async def work(db: Db, args: SetUp, running: Running) -> None:
        await set_up(
            db,
            keyring,
            gateways,
            sources,
            OrgId(running.org_id),
            PaymentConnectionId(args.connection_id),
            heard_at=heard_at,
        )

    return Phases(SET_UP, work)


def handlers(means: Means) -> tuple[Handler, ...]:
    """Who works off what payments enqueue."""

    async def operate(db: Db, args: Operate, running: Running) -> None:
        del db
        await operating.look_after(means, running, OperationId(args.operation_id))

    async def refresh(db: Db, args: taking.Refresh, running: Running) -> None:
        del db
        org_id = OrgId(running.org_id)

        async def finish(tx: Tx) -> None:
            payment = await taking.lock(tx, org_id, args.payment_id)
            if args.fee_tries:
                await taking.ask_for_fee(tx, org_id, payment, args.fee_tries)
            if args.looks and args.version == payment.version:
                await taking.look_again(tx, org_id, payment, args.looks)
            await complete(tx, running)

        await hearing.refresh(
            means,
            org_id,
            args.payment_id,
            finish,
            for_fee=args.fee_tries > 0,
            version=args.version,
        )

    async def refresh_refund(db: Db, args: refund_looks.RefreshRefund, running: Running) -> None:
        del db
        org_id = OrgId(running.org_id)

        async def finish(tx: Tx) -> None:
            await refund_looks.looked(tx, org_id, args)
            await complete(tx, running)

        await hearing.refresh_refund(means, org_id, args.refund_id, finish, version=args.version)

    return (
        Phases(operating.OPERATE, operate),
        Phases(taking.REFRESH, refresh),
        Phases(refund_looks.REFRESH, refresh_refund),
        Effect(taking.EXPIRE, _expire),
        *_payouts(means),
    )


async def _expire(tx: Tx, args: taking.Expire, running: Running) -> None:
    org_id = OrgId(running.org_id)
    await creating.expire(tx, org_id, PaymentId(args.payment_id), now=await clocks.now(tx, org_id))


def _payouts(means: Means) -> tuple[Handler, ...]:
    """Who looks after payouts that wait, and after the sellers for whom they do."""

    async def send_waiting(db: Db, args: Activated, running: Running) -> None:
        await payout_calls.send_waiting(db, OrgId(running.org_id), args.account_id)

    async def refresh(db: Db, args: Refresh, running: Running) -> None:
        del db
        await opening.refresh_seller_account(means, OrgId(running.org_id), args.account_id)

    return Effect(TRY, _look), Phases(ACTIVATED, send_waiting), Phases(REFRESH, refresh)


async def _look(tx: Tx, args: Try, running: Running) -> None:
    await payout_calls.look(tx, OrgId(running.org_id), args)
