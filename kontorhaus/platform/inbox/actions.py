"""What one can do with the inbox: give out an address, rotate its secret, close it; replay messages, or give them
up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform import jobs
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.inbox import store
from kontorhaus.platform.inbox.errors import ConnectionNotFound, MessageNotFound, MessageOver, SecretUnfit
from kontorhaus.platform.inbox.model import CONNECTION, ConnectionId, HeldSecret, MessageId, rotated
from kontorhaus.platform.inbox.sources import Source
from kontorhaus.platform.inbox.work import job_of
from kontorhaus.platform.secrets import Keyring

SECRETS: Final = "inbox.secrets"

_HELD: Final = msgspec.msgpack.Decoder(list[HeldSecret])


async def connect(
    tx: Tx, keyring: Keyring, source: Source, *, org_id: OrgId, secret: bytes, now: datetime
) -> ConnectionId:
    """Give out an address for one sender of an organization: `/v1/inbox/<id>`. SecretUnfit for a secret of another
    form.

    Call `keyring.make_ready(org_id)` before the transaction. Audit is the caller's, who knows by whom it is done.
    """
    _refuse_unfit(source, secret)
    connection_id = CONNECTION.new()
    sealed = await _sealed(keyring, org_id, [HeldSecret(secret)])
    await store.INSERT_CONNECTION.run(tx, org_id, connection_id, source.name, sealed, now)
    return connection_id


OVERLAP: Final = timedelta(hours=24)
"""Stripe signs with both for up to 24 hours while a secret is rolled, and a day is long enough to change it by hand."""


async def rotate(
    tx: Tx,
    keyring: Keyring,
    source: Source,
    *,
    org_id: OrgId,
    connection_id: ConnectionId,
    secret: bytes,
    now: datetime,
    overlap: timedelta = OVERLAP,
) -> None:
    """Let a new secret verify from now on, and the present one for `overlap` longer; none at all if it was stolen."""
    _refuse_unfit(source, secret)
    row = await store.LOCK_CONNECTION.maybe(tx, org_id, connection_id)
    if row is None or row.status != "open" or row.source != source.name:
        raise ConnectionNotFound("there is no such open connection")
    held = await opened(keyring, org_id, row.secrets)
    sealed = await _sealed(keyring, org_id, rotated(held, secret, now=now, until=now + overlap))
    await store.ROTATE.run(tx, org_id, connection_id, sealed)


async def close(tx: Tx, *, org_id: OrgId, connection_id: ConnectionId, now: datetime) -> None:
    """Receive nothing more at an address. What was received is carried out all the same."""
    if await store.CLOSE.run(tx, org_id, connection_id, now) == 0:
        raise ConnectionNotFound("there is no such open connection")


async def opened(keyring: Keyring, org_id: OrgId, sealed: bytes) -> list[HeldSecret]:
    return _HELD.decode(await keyring.open(sealed, org_id=org_id, purpose=SECRETS))


async def _sealed(keyring: Keyring, org_id: OrgId, held: Sequence[HeldSecret]) -> bytes:
    return await keyring.seal(msgspec.msgpack.encode(held), org_id=org_id, purpose=SECRETS)


def _refuse_unfit(source: Source, secret: bytes) -> None:
    if not source.fits(secret):
        raise SecretUnfit("the secret is not of the form that this sender gives out", source=source.name)


REPLAY_BATCH: Final = 500
"""Messages that are let go in one transaction: some ten milliseconds of locks."""


async def replay(
    db: Db,
    *,
    now: datetime,
    org_id: OrgId | None = None,
    message_id: MessageId | None = None,
    connection_id: ConnectionId | None = None,
    subject: str | None = None,
    reason: str | None = None,
) -> int:
    """Let quarantined messages be carried out anew, with all their tries; says how many. All that fit what is given:
    one, those of a subject, those of a reason. `now` is machine time. They keep their order: one that another of its
    subject stands before goes when that one has gone."""
    replayed = 0
    while True:
        async with db.org(org_id) if org_id is not None else db.system() as tx:
            found = await store.REPLAY.all(
                tx, org_id, message_id, connection_id, subject, reason, REPLAY_BATCH
            )
            await jobs.enqueue_many(
                tx,
                [job_of(OrgId(m.org_id), m.id, m.connection_id, m.subject, m.source) for m in found],
                now=now,
            )
        replayed += len(found)
        if len(found) < REPLAY_BATCH:
            return replayed


async def discard(db: Db, *, org_id: OrgId, message_id: MessageId, now: datetime) -> None:
    """Give a message up, waiting or quarantined: it is never carried out, and the next one of its subject goes."""

    async def work(tx: Tx) -> None:
        found = await store.WHICH.maybe(tx, org_id, message_id)
        if found is None:
            raise MessageNotFound("there is no such message")
        # Whoever waits behind it looks a second time under this lock before he lies down.
        await store.LOCK_CONNECTION.one(tx, org_id, found.connection_id)
        ended = await store.DISCARD.maybe(tx, org_id, message_id, now)
        if ended is None:
            raise MessageOver("the message is over already")
        await release(tx, ended, org_id, found.connection_id, found.source, now)

    await db.org(org_id).run(work)


async def release(
    tx: Tx, ended: store.Ended, org_id: OrgId, connection_id: UUID, source: str, now: datetime
) -> None:
    """Enqueue what stands first in a subject now, unless it is quarantined or has its job."""
    if ended.next_id is not None and ended.next_status == "waiting":
        job = job_of(org_id, ended.next_id, connection_id, ended.next_subject, source)
        await jobs.enqueue(tx, job, now=now)


FORGET_BATCH: Final = 500
"""Some ten milliseconds of locks: each row's content lies beside it in pieces, which are deleted too."""


async def forget_old(db: Db, *, now: datetime, keep: timedelta) -> int:
    """Delete messages that were over longer ago than `keep`, a batch at most; says how many. That they were received is
    remembered for ever, so none of them is taken for new. What is not over is never forgotten."""
    async with db.system() as tx:
        return await store.FORGET.run(tx, now - keep, FORGET_BATCH)
