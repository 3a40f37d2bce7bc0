"""How a call is carried out once: in one transaction, or in two with the network between them.

    one_phase   do the work, keep key and answer; undo it if the key was there: one transaction.
    two_phase   tx 1: claim the key, insert the operation, note who resumes it
                      then the network, with no transaction open
                tx 2: advance, post, append, store the answer
    resume_due  brings to their end the calls that a process left open between the two

A domain error rolls the claim back with everything else: nothing happened, so the same key may try again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
from msgspec import structs

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import failpoints, telemetry
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.db import Db, Scope, Tx
from kontorhaus.platform.eventlog import commit_text
from kontorhaus.platform.idempotency import store
from kontorhaus.platform.idempotency.errors import IdempotencyKeyInFlight, IdempotencyKeyReused
from kontorhaus.platform.idempotency.model import KEPT, NO_DEVICE, Once, Resume
from kontorhaus.platform.outbound import NotSent, Unknown
from kontorhaus.platform.secrets import Keyring

PURPOSE: Final = "idempotency.answer"

LOG: Final = telemetry.get_logger(__name__)

Resumer = Callable[[OrgId, UUID], Awaitable[Answer]]


class _DoneBefore(Exception):
    """The key has its answer: from an earlier call, or from one that was faster."""


async def one_phase(
    scope: Scope, keyring: Keyring, once: Once, effect: Callable[[Tx], Awaitable[Answer]]
) -> Answer:
    """Run `effect` once for this key; a repeated call gets the first one's answer, byte for byte.

    Guarantees: the effect and the stored answer commit together or not at all. Not guaranteed: that `effect` runs
    only once. A repeated call runs it and is rolled back whole, since first calls are many and repeated ones are few,
    so `effect` has no effect but those in its transaction.
    """

    async def work(tx: Tx) -> Answer:
        given = await effect(tx)
        sealed, stored = await _pack(keyring, once.org_id, given)
        # Last of all, and in one write: nothing waits behind it but the commit, and no row is written twice.
        kept = await store.KEEP.maybe(
            tx, *_scope(once), once.body_hash, once.version, utc_now(), given.status, stored, sealed
        )
        if kept is None:
            raise _DoneBefore
        return _committed(given, once.org_id, kept.xid)

    # Sealing may ask a key service for a data key: before the transaction, for it is the network.
    await keyring.make_ready(once.org_id)
    try:
        return await scope.run(work)
    except Exception as reason:
        # What stands in the way, whatever it is, may be the effect of this very call.
        known = await _known(scope, once, reason)
        if known is None:
            raise
    return await _replay(keyring, once, known)


async def _known(scope: Scope, once: Once, reason: Exception) -> store.Stored | None:
    """What is kept of a call that failed for this reason. If that cannot be read, the first reason is the truer one."""
    try:
        return await scope.run(lambda tx: _stored(tx, once))
    except Unavailable:
        raise reason from None


async def _stored(tx: Tx, once: Once) -> store.Stored | None:
    """What is kept of this call, if it was carried out before. IdempotencyKeyReused for another body."""
    stored = await store.FIND.maybe(tx, *_scope(once))
    if stored is not None and stored.body_hash != once.body_hash:
        raise IdempotencyKeyReused("this idempotency key was used with another body")
    return stored


async def _replay(keyring: Keyring, once: Once, stored: store.Stored) -> Answer:
    assert stored.answer is not None, "only a call with a network phase commits without its answer"
    given = await _unpack(keyring, once.org_id, stored.answer, sealed=stored.sealed)
    return _committed(structs.replace(given, replayed=True), once.org_id, stored.xid)


def _committed(given: Answer, org_id: OrgId, xid: int) -> Answer:
    """The answer with the token of the transaction that it stands for."""
    return structs.replace(given, commit=commit_text(org_id, xid))


async def two_phase(
    db: Db,
    keyring: Keyring,
    once: Once,
    *,
    resume: Resume,
    begin: Callable[[Tx], Awaitable[None]],
    finish: Callable[[UUID], Awaitable[Answer]],
    interim: Callable[[Tx, UUID], Awaitable[Answer]],
    patience: timedelta,
) -> Answer:
    """Run a call that leaves for the network, once for this key.

    `begin` writes the operation `resume.subject`. `finish` goes to the network under that id and ends in a
    transaction that calls `settle`; it must be safe to run again, also at the same time, for the resumer runs it
    too. If it has not ended within `patience`, or does not know what the other side did, the resumer takes it over and
    the caller gets `interim`: the object as it stands, with 202. Repeated calls get the same, until the end is known.
    """

    async def claim_and_begin(tx: Tx) -> store.Stored | store.Committing:
        found = await claim(tx, once, resume=resume, patience=patience)
        if isinstance(found, store.Committing):
            await begin(tx)
        return found

    scope, subject = db.org(once.org_id), resume.subject
    found = await scope.run(claim_and_begin)
    if isinstance(found, store.Committing):
        failpoints.reach("idempotency.call.claimed")
        try:
            return await asyncio.wait_for(finish(subject), patience.total_seconds())
        except (TimeoutError, NotSent, Unknown):
            LOG.info("call_left_to_the_resumer", kind=resume.kind)
    elif found.answer is not None:
        return await _replay(keyring, once, found)
    else:
        assert found.subject is not None, "a call with a network phase has an operation"
        subject = found.subject

    async def as_it_stands(tx: Tx) -> Answer | store.Stored:
        stored = await _stored(tx, once)
        return await interim(tx, subject) if stored is None or stored.answer is None else stored

    given = await scope.run(as_it_stands)
    if isinstance(given, store.Stored):
        return await _replay(keyring, once, given)  # its end came at the last moment
    # Of what is still open, the beginning is committed.
    return _committed(given, once.org_id, found.xid)


async def claim(
    tx: Tx, once: Once, *, resume: Resume, patience: timedelta
) -> store.Stored | store.Committing:
    """Take the key for this transaction: `Committing` means that it is ours and the work may begin.

    Otherwise what is kept of the call: its answer, or that it is unfinished. A claim that meets another one waits
    for that one's transaction to end. Raises IdempotencyKeyReused when the key came with another body, and
    IdempotencyKeyInFlight while the process that began the call still has time.
    """
    now = utc_now()
    claimed = await store.CLAIM.maybe(
        tx, *_scope(once), once.body_hash, once.version, now, resume.kind, resume.subject, now + patience
    )
    if claimed is not None:
        return claimed
    stored = await _stored(tx, once)
    if stored is None:
        # It stood in the way and is gone: forgotten after its 72 hours, at this very moment.
        raise IdempotencyKeyInFlight("the key is being forgotten right now")
    begun_lately = stored.resumes == 0 and stored.resume_at is not None and now < stored.resume_at
    if stored.answer is None and begun_lately:
        raise IdempotencyKeyInFlight("the same call is being carried out right now")
    return stored


async def settled(tx: Tx, keyring: Keyring, org_id: OrgId, subject: UUID) -> Answer | None:
    """Lock the call of an operation and return its answer if it has one: the first line of a transaction that ends
    it, so that of two that run at once the second finds the first one's answer."""
    stored = await store.LOCK_SUBJECT.one(tx, org_id, subject)
    if stored.answer is None:
        return None
    given = await _unpack(keyring, org_id, stored.answer, sealed=stored.sealed)
    return _committed(given, org_id, stored.xid)


async def settle(tx: Tx, keyring: Keyring, org_id: OrgId, subject: UUID, given: Answer) -> Answer:
    """Store the answer of the call that began operation `subject`, in the transaction of its effect."""
    committed = await settle_if_open(tx, keyring, org_id, subject, given)
    assert committed is not None, "an operation's call is answered once; ask `settled` first"
    return committed


async def settle_if_open(
    tx: Tx, keyring: Keyring, org_id: OrgId, subject: UUID, given: Answer
) -> Answer | None:
    """The same for an operation that may have been begun by no call, or whose call has its answer: None then."""
    sealed, stored = await _pack(keyring, org_id, given)
    settled = await store.SETTLE.maybe(tx, org_id, subject, given.status, stored, sealed)
    return None if settled is None else _committed(given, org_id, settled.xid)


RESUME_BATCH: Final = 20
RESUME_PAUSES: Final = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(hours=1),
    timedelta(days=1),
)
"""When an operation whose end is unknown is asked for again: soon, since most providers answer at the second try;
then ever later, and daily for as long as it takes. It is never given up: money may have moved."""


async def resume_due(db: Db, resumers: Mapping[str, Resumer]) -> int:
    """Take up to a batch of calls that a process left open and bring them to their end; says how many were taken.

    Kinds that no resumer is given for are left to a worker that knows them. One that fails again is put off by the
    next pause and stays in the table. Any number of processes may run this.
    """
    now = utc_now()
    async with db.system() as tx:
        due = await store.TAKE_DUE.all(tx, now, RESUME_BATCH, now + RESUME_PAUSES[0], list(resumers))
    outcomes = await asyncio.gather(
        *(resumers[call.resume_kind](OrgId(call.org_id), call.subject) for call in due),
        return_exceptions=True,
    )
    for call, outcome in zip(due, outcomes, strict=True):
        if isinstance(outcome, BaseException):
            await _put_off(db, call, outcome)
    return len(due)


async def _put_off(db: Db, call: store.Due, error: BaseException) -> None:
    pause = RESUME_PAUSES[min(call.resumes, len(RESUME_PAUSES) - 1)]
    async with db.org(OrgId(call.org_id)) as tx:
        await store.POSTPONE.run(tx, call.org_id, call.subject, utc_now() + pause)
    LOG.warning("call_not_resumed", kind=call.resume_kind, tries=call.resumes, error=type(error).__name__)


FORGET_BATCH: Final = 1_000
"""A few milliseconds of work and of locks at a time; the worker comes back at once while there is more."""


async def forget_old(db: Db) -> int:
    """Delete a batch of keys older than `KEPT`; says how many went. Keys of unfinished calls stay."""
    async with db.system() as tx:
        return len(await store.FORGET.all(tx, utc_now() - KEPT, FORGET_BATCH))


def _scope(once: Once) -> tuple[UUID, str, str, str, UUID]:
    return once.org_id, once.operation, once.key, once.actor_kind, once.device_id or NO_DEVICE


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Answer)


async def _pack(keyring: Keyring, org_id: OrgId, given: Answer) -> tuple[bool, bytes]:
    packed = _ENCODER.encode(given)
    if not given.secret:
        return False, packed
    return True, await keyring.seal(packed, org_id=org_id, purpose=PURPOSE)


async def _unpack(keyring: Keyring, org_id: OrgId, stored: bytes, *, sealed: bool) -> Answer:
    if sealed:
        stored = await keyring.open(stored, org_id=org_id, purpose=PURPOSE)
    return _DECODER.decode(stored)
