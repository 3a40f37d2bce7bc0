"""Writing a notice: in the transaction of what it tells, or for trying the mail out; and retrying one that failed.

The answers name no address, since idempotency keeps them for a time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.people import access
from kontorhaus.people.notices import store
from kontorhaus.people.notices.errors import NoticeErased, NoticeNotFound
from kontorhaus.people.notices.events import NoticeQueued
from kontorhaus.people.notices.model import (
    NOTICE,
    TEST_MESSAGE,
    Letter,
    Notice,
    NoticeId,
    Step,
    TestMessage,
    advance,
)
from kontorhaus.people.notices.model.delivery import DELIVER, Delivery
from kontorhaus.people.notices.model.letter import FILE_PURPOSE, PURPOSE, content_of, language_of
from kontorhaus.people.notices.model.requests import NewNotice
from kontorhaus.people.notices.views.message import rendered
from kontorhaus.people.notices.views.notice import summary
from kontorhaus.platform import eventlog, jobs
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.idempotency import Once, one_phase
from kontorhaus.platform.secrets import Keyring


async def send(tx: Tx, keyring: Keyring, org_id: OrgId, letter: Letter, *, now: datetime) -> NoticeId:
    """Write a notice in the caller's transaction; it is handed over to the mail server after the commit.

    `now` is the business instant, which the message shows as its date. The notice that has the letter's `dedupe_key`
    already is returned as it stands, whatever it says. Call `keyring.make_ready(org_id)` before the transaction, as
    `one_phase` does: sealing may ask a key service.

    Guarantees: sent if and only if `tx` commits; the same occasion never twice. Not guaranteed: that a recipient sees
    one copy. SMTP cannot tell an answer that was lost from a message that was; see docs/decisions/0014-notices.md.
    """
    # Whoever writes what cannot be rendered is told so, in his transaction, and not the operator at night.
    language = language_of(letter.language)
    rendered(letter.template, language, letter.variables)
    notice_id, recipient = NOTICE.new(), letter.recipient
    inserted = await store.INSERT.maybe(
        tx,
        org_id,
        notice_id,
        letter.template.name,
        letter.template.version,
        language,
        recipient.kind if recipient else None,
        recipient.id if recipient else None,
        letter.dedupe_key,
        now,
        utc_now(),
    )
    if inserted is None:
        return (await store.BY_DEDUPE_KEY.one(tx, org_id, letter.dedupe_key)).id
    sealed = await keyring.seal(_packed(content_of(letter)), org_id=org_id, purpose=PURPOSE)
    await store.INSERT_CONTENT.run(tx, org_id, notice_id, sealed)
    for position, file in enumerate(letter.attachments):
        sealed = await keyring.seal(_packed(file), org_id=org_id, purpose=FILE_PURPOSE)
        await store.INSERT_ATTACHMENT.run(tx, org_id, notice_id, position, sealed)
    await plan(tx, org_id, notice_id, 1, at=utc_now())
    fact = NoticeQueued(subject=notice_id, template=letter.template.name, attempts=0, version=1)
    await eventlog.append(tx, fact, org_id=org_id)
    return notice_id


async def plan(tx: Tx, org_id: OrgId, notice_id: NoticeId, number: int, *, at: datetime) -> None:
    """Enqueue an attempt."""
    job = DELIVER.job(org_id, Delivery(notice_id, number), due_at=at, key=str(org_id))
    await jobs.enqueue(tx, job, now=utc_now())


async def send_test(
    db: Db, keyring: Keyring, actor: Actor, once: Once, *, new: NewNotice, now: datetime
) -> Answer:
    """Send the test message to an address. Raises NoticeInvalid."""
    letter = Letter(
        template=TEST_MESSAGE,
        variables=TestMessage(mode=actor.mode, note=new.note),
        to=new.to,
        name=new.name,
        language=new.language,
    )

    async def effect(tx: Tx) -> Answer:
        notice_id = await send(tx, keyring, actor.org_id, letter, now=now)
        await access.record(tx, actor, "notice.created", NOTICE.prefix, notice_id, ["template", "to"])
        made = await store.NOTICE.one(tx, actor.org_id, notice_id)
        view = summary(made)
        return answer(view, status=201, version=made.version, location=f"/v1/notices/{view.id}")

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def retry(db: Db, keyring: Keyring, actor: Actor, once: Once, notice_id: NoticeId) -> Answer:
    """Give a failed notice all its attempts again, from now. Raises NoticeNotFound, NoticeConflict, NoticeErased."""

    async def effect(tx: Tx) -> Answer:
        notice = await locked(tx, actor.org_id, notice_id)
        status = advance(notice, Step.RETRY)
        if notice.erased_at is not None:
            raise NoticeErased("what the notice said is gone", notice=NOTICE.text(notice_id))
        now = utc_now()
        moved = await store.MOVE.one(tx, actor.org_id, notice_id, notice.status, status, None, now, now)
        await store.KEEP_CONTENT_UNTIL.run(tx, actor.org_id, notice_id, None)
        await plan(tx, actor.org_id, notice_id, notice.attempts + 1, at=now)
        await access.record(tx, actor, "notice.retried", NOTICE.prefix, notice_id, ["status"])
        fact = NoticeQueued(
            subject=notice_id, template=moved.template, attempts=moved.attempts, version=moved.version
        )
        await eventlog.append(tx, fact, org_id=actor.org_id)
        return answer(summary(moved), version=moved.version)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def locked(tx: Tx, org_id: OrgId, notice_id: NoticeId) -> Notice:
    notice = await store.LOCK.maybe(tx, org_id, notice_id)
    if notice is None:
        raise NoticeNotFound("there is no such notice")
    return notice


_ENCODER: Final = msgspec.msgpack.Encoder()


def _packed(value: msgspec.Struct) -> bytes:
    return _ENCODER.encode(value)
