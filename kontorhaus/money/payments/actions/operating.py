"""Operations: claimed in the caller's transaction, driven over the network, and brought to their end exactly once.

    claim     the row and the job that looks after it, in the transaction of the decision
    drive     mark it sent | ask the provider, with no transaction open | take the answer over
    conclude  lock the object, then the operation; apply; post; tell; answer whoever called

Whoever is killed between two of these leaves a row from which the next one goes on: what was marked sent is asked for,
never sent anew under another id. A kind of object says how it takes news by a `Kind`, registered here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.payments import events
from kontorhaus.money.payments.actions.connecting import gateway_of
from kontorhaus.money.payments.errors import PaymentOperationOpen
from kontorhaus.money.payments.gateways import Gateways
from kontorhaus.money.payments.model.deciding import Ending
from kontorhaus.money.payments.model.ids import OPERATION, OperationId, PaymentConnectionId
from kontorhaus.money.payments.model.observations import Absent, Method, Notice, Outcome, PaymentSeen
from kontorhaus.money.payments.model.operations import (
    LEASE,
    NewOperation,
    Operation,
    Status,
    Step,
    advance,
    packed,
    pause_after,
    pause_at,
)
from kontorhaus.money.payments.store import operations as store
from kontorhaus.money.payments.views.operations import object_of
from kontorhaus.platform import clocks, eventlog, idempotency, jobs, telemetry
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.failpoints import reach
from kontorhaus.platform.jobs import Queue, Running
from kontorhaus.platform.outbound import NotSent, Unknown
from kontorhaus.platform.secrets import Keyring

LOG: Final = telemetry.get_logger(__name__)

QUEUE: Final = Queue("payments")
"""Jobs that ask providers. Most end at their first look, since the call that claimed the operation has ended it."""


class Operate(Struct, frozen=True):
    """Look after an operation until its end is known."""

    operation_id: UUID


OPERATE: Final = jobs.Kind("payments.operate", Operate, QUEUE, max_attempts=1_000)
"""It is never given up, since money may have moved: a thousand attempts that fail for reasons of our own span eight
months."""


class Means(Struct, frozen=True):
    """What it takes to go to a provider."""

    db: Db
    keyring: Keyring
    gateways: Gateways


class News(Struct, frozen=True):
    """A provider's word about an object that is locked. `operation` is the open one that it answers; None for a webhook
    or a question by the way. `fence` is the object's version when the provider was asked."""

    subject_id: UUID
    operation: Operation | None
    said: Outcome | Absent
    fence: int
    now: datetime


class Known(Struct, frozen=True):
    """An object of ours that a webhook speaks of: its version is the fence, the reference is what is asked for."""

    subject_id: UUID
    version: int
    reference: str


class Kind(Struct, frozen=True, eq=False):
    """How objects of one kind take news. All run in a transaction that is the caller's.

    `lock` locks the object, and whatever stands above it, before its operation. `version` reads the fence. `apply`
    writes the object, ends operations by `end`, then posts once, then appends facts; it returns the operations that it
    has ended. `answer` renders what the call of an operation is answered. `find` is for webhooks.
    """

    lock: Callable[[Tx, OrgId, UUID], Awaitable[None]]
    version: Callable[[Tx, OrgId, UUID], Awaitable[int]]
    apply: Callable[[Tx, OrgId, News], Awaitable[list[OperationId]]]
    answer: Callable[[Tx, OrgId, UUID], Awaitable[Answer]]
    find: Callable[[Tx, OrgId, PaymentConnectionId, Notice], Awaitable[Known | None]]


_KINDS: Final[dict[str, Kind]] = {}


def register(subject_kind: str, kind: Kind) -> None:
    """Enter how objects of a kind take news; once for each, when its module is imported."""
    assert subject_kind not in _KINDS, f"two modules take news of {subject_kind}"
    _KINDS[subject_kind] = kind


def kind_of(subject_kind: str) -> Kind:
    return _KINDS[subject_kind]


def find_kind(subject_kind: str) -> Kind | None:
    """The same; None where nobody takes such news."""
    return _KINDS.get(subject_kind)


async def claim(
    tx: Tx, org_id: OrgId, new: NewOperation, *, now: datetime, due_at: datetime | None = None
) -> OperationId:
    """Write an operation down, with the job that looks after it, in the transaction that decided it. The caller holds
    the lock of its subject; `now` and `due_at` are machine time.

    By default the job looks first after five seconds, when the call that claimed it has long driven it; who leaves it
    to the job gives `due_at=now`. Raises PaymentOperationOpen when one with the same `exclusive_id` is open.
    """
    exclusive = new.exclusive_id or new.subject_id
    await refuse_open(tx, org_id, exclusive)
    amount = getattr(new.ask, "amount", None)
    await store.INSERT.run(
        tx,
        org_id,
        new.id,
        str(type(new.ask).__struct_config__.tag),
        new.subject_kind,
        new.subject_id,
        exclusive,
        new.connection_id,
        amount.minor if amount is not None else None,
        amount.currency if amount is not None else None,
        packed(new.ask),
        new.tries,
        now,
    )
    await look_later(tx, org_id, new.id, due_at or now + pause_after(1), now=now)
    return new.id


async def refuse_open(tx: Tx, org_id: OrgId, exclusive_id: UUID) -> None:
    """Raises PaymentOperationOpen when an operation is open that must end before another one of its kind begins."""
    found = await store.OPEN_OF.maybe(tx, org_id, exclusive_id)
    if found is not None:
        raise PaymentOperationOpen(
            "the provider is being asked already, or it is not known yet what was done",
            operation=OPERATION.text(found.id),
            kind=found.kind,
            status=found.status,
        )


async def look_later(
    tx: Tx, org_id: OrgId, operation_id: OperationId, at: datetime, *, now: datetime
) -> None:
    """Have an open operation looked after at an instant of machine time, whatever becomes of this process."""
    await jobs.enqueue(tx, OPERATE.job(org_id, Operate(operation_id), due_at=at), now=now)


class _Taken(Struct, frozen=True):
    """An operation that this process may go to the provider with, until its lease ends. `first`: it was surely never
    sent. `too_late`: and shall not be any more."""

    operation: Operation
    fence: int
    first: bool
    too_late: bool = False


PATIENCE: Final = timedelta(minutes=10)
"""How long a try that could not be sent waits for the provider. A payer who left the checkout long ago must not be
charged when a line is mended at night; what we owe to others (captures, refunds, payouts) waits as long as it takes."""


async def drive(means: Means, org_id: OrgId, operation_id: OperationId) -> None:
    """Bring an operation to its end: send it, or ask what became of it. Safe to run at any time, by any number.

    Returns when it has ended, or is left to a person. NotSent: it was surely not done, and is tried again; Unknown:
    nobody knows yet, or another process is at it.
    """
    taken = await means.db.org(org_id).run(lambda tx: _take(tx, org_id, operation_id))
    if taken is None:
        return
    if taken.too_late:
        said: Outcome | Absent = Absent()
    else:
        async with _held(means.db, org_id, taken.operation):
            said = await _ask(means, org_id, taken)
    reach(f"payments.{taken.operation.kind}.answered")
    await means.keyring.make_ready(org_id)
    await means.db.org(org_id).run(lambda tx: _conclude(tx, means.keyring, org_id, taken, said))
    reach(f"payments.{taken.operation.kind}.applied")


async def _take(tx: Tx, org_id: OrgId, operation_id: OperationId) -> _Taken | None:
    """The operation with a lease on it. None when it has ended, or is left to a person; Unknown while another process
    is at the provider with it."""
    operation = await store.LOCK.maybe(tx, org_id, operation_id)
    if operation is None or not operation.is_open or operation.review:
        # There is none where the call was answered without the provider.
        return None
    now = utc_now()
    if operation.leased_until is not None and operation.leased_until > now:
        raise Unknown("another process is at it", operation=OPERATION.text(operation_id))
    fence = await _KINDS[operation.subject_kind].version(tx, org_id, operation.subject_id)
    if operation.status == Status.CLAIMED:
        if operation.kind == "authorize" and now - operation.created_at > PATIENCE:
            return _Taken(operation, fence, first=True, too_late=True)
        status = advance(operation, Step.SEND)
        sent = await store.SEND.one(tx, org_id, operation_id, operation.status, status, now + LEASE, now)
        return _Taken(sent, fence, first=True)
    await store.LEASE.run(tx, org_id, operation_id, operation.status, now + LEASE)
    return _Taken(await store.OPERATION.one(tx, org_id, operation_id), fence, first=False)


@contextlib.asynccontextmanager
async def _held(db: Db, org_id: OrgId, operation: Operation) -> AsyncIterator[None]:
    """Keep the lease while this process is at the provider; a call may take longer than it lasts."""

    async def hold() -> None:
        while True:
            await asyncio.sleep(HELD_ON_EVERY.total_seconds())
            with contextlib.suppress(Unavailable):
                async with db.org(org_id) as tx:
                    until = utc_now() + LEASE
                    await store.HOLD_ON.run(tx, org_id, operation.id, operation.tries, until)

    holding = asyncio.create_task(hold())
    try:
        yield
    finally:
        holding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await holding


HELD_ON_EVERY: Final = timedelta(seconds=4)
"""A lease is prolonged three times before it ends: one lost connection to the database does not lose it."""


async def _ask(means: Means, org_id: OrgId, taken: _Taken) -> Outcome | Absent:
    """Over the network. What stays open is written down as such before the error goes on."""
    operation = taken.operation
    assert operation.sent_at is not None, "what is asked for was sent"
    try:
        gateway, credentials = await gateway_of(
            means.db, means.keyring, means.gateways, org_id, operation.connection_id
        )
        reach(f"payments.{operation.kind}.sent")
        if taken.first:
            return await gateway.send(credentials, operation.asked())
        return await gateway.find(
            credentials,
            operation.asked(),
            reference=operation.provider_reference,
            age=utc_now() - operation.sent_at,
        )
    except (NotSent, Unknown) as error:
        # That it could not be asked about says nothing of what was sent before.
        surely_not = taken.first and isinstance(error, NotSent)
        step, reason = Step.RETURN if surely_not else Step.LOSE, error.code
        await means.db.org(org_id).run(lambda tx: _put_back(tx, org_id, operation, step, reason))
        raise


async def _put_back(tx: Tx, org_id: OrgId, operation: Operation, step: Step, reason: str) -> None:
    """Give the lease back and write down how it stands: surely not sent, or unknown."""
    known = operation.status == Status.UNKNOWN
    status = Status.UNKNOWN if known else advance(operation, step)
    touched = await store.PUT.run(
        tx, org_id, operation.id, operation.status, operation.tries, status, reason, False, None
    )
    if touched and status is Status.UNKNOWN and not known:
        LOG.warning("operation_unknown", kind=operation.kind, operation=OPERATION.text(operation.id))
        fact = events.OperationUnknown(
            subject=operation.id, operation=operation.kind, object=object_of(operation)
        )
        await eventlog.append(tx, fact, org_id=org_id)


async def _conclude(tx: Tx, keyring: Keyring, org_id: OrgId, taken: _Taken, said: Outcome | Absent) -> None:
    subject = taken.operation.subject_id
    kind = _KINDS[taken.operation.subject_kind]
    await kind.lock(tx, org_id, subject)
    operation = await store.LOCK.one(tx, org_id, taken.operation.id)
    # A webhook may have been faster, or another process after a lease that ran out: it is then news like any other.
    answered = operation if operation.is_open and not operation.review else None
    now = await clocks.now(tx, org_id)
    news = News(subject, answered, said, taken.fence, now)
    await settle(tx, keyring, org_id, kind, subject, await kind.apply(tx, org_id, news))


async def settle(
    tx: Tx, keyring: Keyring, org_id: OrgId, kind: Kind, subject: UUID, ended: list[OperationId]
) -> None:
    """Answer the calls of operations that this transaction has ended: the last thing in it."""
    for operation_id in ended:
        given = await kind.answer(tx, org_id, subject)
        await idempotency.settle_if_open(tx, keyring, org_id, operation_id, given)


async def end(
    tx: Tx, org_id: OrgId, operation: Operation, ending: Ending, *, said: Outcome | Absent | None
) -> OperationId:
    """Write an operation's end down, with what may be shown of the method that was tried."""
    status = advance(operation, ending.step)
    seen = said if isinstance(said, PaymentSeen) else None
    method = seen.method if seen is not None and operation.kind == "authorize" else None
    shown = method or Method(kind="")
    await store.END.run(
        tx,
        org_id,
        operation.id,
        operation.status,
        status,
        ending.reason,
        getattr(said, "reference", None),
        shown.kind or None,
        shown.brand,
        shown.last4,
        shown.fingerprint,
        utc_now(),
    )
    if operation.status == Status.UNKNOWN:
        LOG.info(
            "operation_known", kind=operation.kind, operation=OPERATION.text(operation.id), status=status
        )
        fact = events.OperationResolved(
            subject=operation.id, operation=operation.kind, object=object_of(operation), status=status
        )
        await eventlog.append(tx, fact, org_id=org_id)
    return operation.id


async def doubt(tx: Tx, org_id: OrgId, operation: Operation, reason: str) -> None:
    """Leave an operation to a person: what the provider said of it cannot be ours, and nobody asks any more."""
    status = operation.status if operation.status == Status.UNKNOWN else advance(operation, Step.LOSE)
    await store.PUT.run(
        tx, org_id, operation.id, operation.status, operation.tries, status, reason, True, None
    )
    LOG.error(
        "operation_in_doubt", kind=operation.kind, operation=OPERATION.text(operation.id), reason=reason
    )
    fact = events.OperationUnknown(
        subject=operation.id, operation=operation.kind, object=object_of(operation)
    )
    await eventlog.append(tx, fact, org_id=org_id)


async def open_of(tx: Tx, org_id: OrgId, exclusive_id: UUID) -> Operation | None:
    """The open operation of what takes one at a time, locked; the caller holds the lock of its object."""
    found = await store.OPEN_OF.maybe(tx, org_id, exclusive_id)
    return None if found is None else await store.LOCK.one(tx, org_id, found.id)


async def succeed_by(
    tx: Tx, org_id: OrgId, operation: Operation, new: NewOperation, *, reason: str, due_at: datetime
) -> OperationId:
    """End an operation that surely was not done, and claim the next one for the same thing under an id of its own."""
    ended = await end(tx, org_id, operation, Ending(Step.FAIL, reason), said=None)
    await claim(tx, org_id, new, now=utc_now(), due_at=due_at)
    return ended


async def finish(means: Means, org_id: OrgId, operation_id: UUID) -> Answer:
    """Drive the operation of a call and give its answer. A caller who loses patience does not take the call with him:
    it goes on in this process, and if that ends, in another one."""
    await _going_on(drive(means, org_id, OperationId(operation_id)))
    async with means.db.org(org_id) as tx:
        given = await idempotency.settled(tx, means.keyring, org_id, operation_id)
    if given is None:
        raise Unknown(
            "the end of the operation is not known yet", operation=OPERATION.text(OperationId(operation_id))
        )
    return given


_under_way: Final[set[asyncio.Task[None]]] = set()
"""Drives whose callers may have gone; kept here, since the loop holds tasks weakly."""


async def _going_on(work: Coroutine[None, None, None]) -> None:
    task = asyncio.create_task(work)
    _under_way.add(task)
    task.add_done_callback(_gone)
    await asyncio.shield(task)


def _gone(task: asyncio.Task[None]) -> None:
    _under_way.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        LOG.info("drive_ended", error=type(error).__name__)


async def look_after(means: Means, running: Running, operation_id: OperationId) -> None:
    """One look of the janitor at an operation, and the next one's job if its end is not known after it."""
    org_id = OrgId(running.org_id)
    with contextlib.suppress(NotSent, Unknown):
        await drive(means, org_id, operation_id)

    async def again(tx: Tx) -> None:
        operation = await store.LOCK.one(tx, org_id, operation_id)
        now = utc_now()
        if operation.is_open and not operation.review:
            pause = pause_at(now - operation.created_at)
            at = max(now + pause, operation.leased_until or now)
            await look_later(tx, org_id, operation_id, at, now=now)
        await jobs.complete(tx, running)

    await means.db.org(org_id).run(again)


async def clear_the_way(means: Means, org_id: OrgId, exclusive_id: UUID) -> bool:
    """Ask about the open operation that stands in the way of another one; True if it has ended."""
    async with means.db.org(org_id) as tx:
        found = await store.OPEN_OF.maybe(tx, org_id, exclusive_id)
    if found is None:
        return True
    with contextlib.suppress(NotSent, Unknown, TimeoutError):
        await asyncio.wait_for(_going_on(drive(means, org_id, found.id)), CLEARING.total_seconds())
        return not found.review
    return False


CLEARING: Final = timedelta(seconds=5)
"""How long a caller waits for news of the call that is in his way, before he is told that it is."""
