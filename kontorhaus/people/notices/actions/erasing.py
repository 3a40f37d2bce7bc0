"""Erasing what a notice says and to whom, for a person who asks; and forgetting it after its time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.people import access
from kontorhaus.people.notices import events, store
from kontorhaus.people.notices.actions.writing import locked
from kontorhaus.people.notices.errors import NoticeErased
from kontorhaus.people.notices.model import NOTICE, Notice, NoticeId, Status, Step, advance
from kontorhaus.people.notices.views.notice import summary
from kontorhaus.platform import eventlog
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.eventlog import Fact
from kontorhaus.platform.idempotency import Once, one_phase
from kontorhaus.platform.secrets import Keyring


async def erase(db: Db, keyring: Keyring, actor: Actor, once: Once, notice_id: NoticeId) -> Answer:
    """Erase one notice. Raises NoticeNotFound, NoticeErased."""

    async def effect(tx: Tx) -> Answer:
        notice = await locked(tx, actor.org_id, notice_id)
        if notice.erased_at is not None:
            raise NoticeErased("what the notice said is gone already", notice=NOTICE.text(notice_id))
        await _erase(tx, actor.org_id, notice, utc_now())
        await access.record(tx, actor, "notice.erased", NOTICE.prefix, notice_id, ["erased_at"])
        erased = await store.NOTICE.one(tx, actor.org_id, notice_id)
        return answer(summary(erased), version=erased.version)

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def erase_recipient(tx: Tx, org_id: OrgId, recipient_id: UUID) -> int:
    """Erase every notice to one of the house's people, in the transaction that erases him; says how many.

    What was not sent yet is cancelled. Not covered: a message that is under way at this instant, and those that the
    mail server has; letters to an address alone, which nobody can tell for his; and a letter that another transaction
    is writing at this instant, unless both have locked his row first.
    """
    now = utc_now()
    found = await store.OF_RECIPIENT.all(tx, org_id, recipient_id)
    for one in found:
        await _erase(tx, org_id, await store.LOCK.one(tx, org_id, one.id), now)
    return len(found)


async def _erase(tx: Tx, org_id: OrgId, notice: Notice, now: datetime) -> None:
    fact: Fact
    if notice.status == Status.QUEUED:
        status = advance(notice, Step.CANCEL)
        moved = await store.MOVE.one(tx, org_id, notice.id, notice.status, status, None, now, None)
        fact = events.NoticeCancelled(subject=notice.id, version=moved.version)
    else:
        noted = await store.NOTE_ERASURE.one(tx, org_id, notice.id, now)
        fact = events.NoticeErased(subject=notice.id, version=noted.version)
    for erasure in store.ERASURES:
        await erasure.run(tx, org_id, notice.id)
    await eventlog.append(tx, fact, org_id=org_id)


async def forget_old(db: Db, *, now: datetime) -> int:
    """Erase what notices said whose time is over, a batch at most, those of every organization; says how many."""

    async def work(tx: Tx) -> int:
        forgotten = await store.FORGET.all(tx, now)
        for one in forgotten:
            fact = events.NoticeErased(subject=NoticeId(one.notice_id), version=one.version)
            await eventlog.append(tx, fact, org_id=OrgId(one.org_id))
        return len(forgotten)

    return await db.system().run(work)
