"""Handing a notice over: compose it, a transaction that begins the attempt, the network, a transaction that ends it.

What is under way is a row without an outcome. Who finds one that is not his own, since the lease of whoever began it
ran out, calls it unknown and plans the next; when the first comes back after all and knows better, that counts.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import monotonic
from kontorhaus.people.notices import store
from kontorhaus.people.notices.actions.writing import plan
from kontorhaus.people.notices.events import NoticeDeferred, NoticeFailed, NoticeSent
from kontorhaus.people.notices.gateways import Mailer, NotHandedOver
from kontorhaus.people.notices.model import (
    NOTICE,
    Attachment,
    Content,
    Language,
    Notice,
    NoticeId,
    Outcome,
    Report,
    Status,
    Step,
    advance,
    template,
)
from kontorhaus.people.notices.model.letter import FILE_PURPOSE, PURPOSE
from kontorhaus.people.notices.model.notice import LOST, TRANSITIONS, judged
from kontorhaus.people.notices.views.message import message, rendered
from kontorhaus.platform import eventlog, telemetry
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.secrets import Keyring

LOG: Final = telemetry.get_logger(__name__)

KEPT: Final = timedelta(days=90)
"""How long what a notice said is kept after it came to its end: a receipt or a reminder is asked about until the next
bills of the customer are settled, within two rounds of 30 days and a reminder. After that nobody needs it, and what
nobody needs is not to be kept (GDPR, article 5 (1) e). That it was sent, and when, stays."""


class Sealed(Struct, frozen=True):
    """A notice that is to be handed over, as it is read."""

    notice: Notice
    content: bytes
    attachments: list[bytes]


async def deliver(
    db: Db,
    keyring: Keyring,
    mailer: Mailer,
    org_id: OrgId,
    notice_id: NoticeId,
    number: int,
    *,
    now: Callable[[], datetime],
) -> None:
    """Make attempt `number` at a notice, if it is due; `now` is machine time.

    Guarantees: an attempt is begun once; the message leaves the house at most once an attempt; its outcome, the fact
    that tells it and the next attempt are one transaction. It may be called any number of times for the same attempt.
    """
    found = await _read(db, org_id, notice_id, number)
    if found is None:
        return
    composed, to = await _composed(keyring, mailer, org_id, found)
    begun = await db.org(org_id).run(
        lambda tx: _begin(tx, org_id, notice_id, number, host=mailer.place, now=now())
    )
    if not begun:
        return
    began = monotonic()
    try:
        with telemetry.span("SMTP", kind="client"):
            report = await mailer.deliver(composed, to=to)
    except NotHandedOver:
        # Else a server that hangs would make a few restarts of the house a notice that has failed as unknown.
        await _also_cancelled(_write_down(db, org_id, notice_id, number, Report(Outcome.NOT_SENT), now=now))
        raise
    telemetry.metrics.outbound_seconds.labels("smtp", report.outcome.value).observe(monotonic() - began)
    if report.outcome is not Outcome.ACCEPTED:
        LOG.warning(
            "mail_not_accepted",
            notice_id=NOTICE.text(notice_id),
            outcome=report.outcome,
            smtp_code=report.code,
            enhanced_code=report.enhanced,
        )
    await _also_cancelled(_write_down(db, org_id, notice_id, number, report, now=now))


CANCELLED_SECONDS: Final = 3.0
"""How long a worker that stops waits for what it alone knows to be written down: some hundred transactions long, and
short beside the 30 seconds after which most supervisors kill."""


async def _also_cancelled(writing: Coroutine[None, None, None]) -> None:
    """Bring it to its end also when the caller is cancelled meanwhile, within `CANCELLED_SECONDS`."""
    task = asyncio.create_task(writing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=CANCELLED_SECONDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise


END_PAUSES: Final = (1, 2, 4, 8, 15)
"""Seconds. What the server answered is known here alone: let the database restart before it is lost, since then the
recipient may get a copy."""


async def _write_down(
    db: Db, org_id: OrgId, notice_id: NoticeId, number: int, report: Report, *, now: Callable[[], datetime]
) -> None:
    for pause in (*END_PAUSES, None):
        try:
            await db.org(org_id).run(lambda tx: _end(tx, org_id, notice_id, number, report, now=now()))
        except Unavailable:
            # Whether it was committed is not known either; written down twice is as good as once.
            if pause is None:
                raise
            await asyncio.sleep(pause)
        else:
            return


async def _read(db: Db, org_id: OrgId, notice_id: NoticeId, number: int) -> Sealed | None:
    """None when there is nothing to send: sent, cancelled, or an attempt of another day."""
    async with db.org(org_id, read_only=True) as tx:
        notice = await store.NOTICE.maybe(tx, org_id, notice_id)
        if notice is None or notice.status != Status.QUEUED or notice.attempts > number:
            return None
        content = await store.CONTENT.one(tx, org_id, notice_id)
        files = await store.ATTACHMENTS.all(tx, org_id, notice_id)
    return Sealed(notice, content.sealed, [file.sealed for file in files])


async def _composed(keyring: Keyring, mailer: Mailer, org_id: OrgId, found: Sealed) -> tuple[bytes, str]:
    """The message, and whom it goes to."""
    notice = found.notice
    content = await opened(keyring, org_id, found.content)
    made = template(notice.template, notice.template_version)
    language = msgspec.convert(notice.language, Language)
    files = [
        msgspec.msgpack.decode(
            await keyring.open(sealed, org_id=org_id, purpose=FILE_PURPOSE), type=Attachment
        )
        for sealed in found.attachments
    ]
    says = rendered(made, language, made.decode(content.variables))
    composed = message(
        notice.id,
        notice.created_at,
        says,
        content=content,
        language=language,
        sender=mailer.sender,
        attachments=files,
    )
    return composed, content.to


async def opened(keyring: Keyring, org_id: OrgId, sealed: bytes) -> Content:
    """What is personal in a letter; not within a transaction, since a key service may be asked."""
    packed = await keyring.open(sealed, org_id=org_id, purpose=PURPOSE)
    return msgspec.msgpack.decode(packed, type=Content)


async def _begin(
    tx: Tx, org_id: OrgId, notice_id: NoticeId, number: int, *, host: str, now: datetime
) -> bool:
    notice = await store.LOCK.one(tx, org_id, notice_id)
    if notice.status != Status.QUEUED or notice.attempts > number:
        return False
    if notice.attempts == number:
        await _end(tx, org_id, notice_id, number, LOST, now=now)
        return False
    await store.INSERT_ATTEMPT.run(tx, org_id, notice_id, number, host, now)
    await store.COUNT_ATTEMPT.run(tx, org_id, notice_id, number)
    return True


async def _end(
    tx: Tx, org_id: OrgId, notice_id: NoticeId, number: int, report: Report, *, now: datetime
) -> None:
    """Write down how an attempt ended, and what that means for its notice."""
    notice = await store.LOCK.one(tx, org_id, notice_id)
    before = await store.ATTEMPT.one(tx, org_id, notice_id, number)
    if before.outcome not in (None, Outcome.UNKNOWN) or before.outcome == report.outcome:
        return
    await store.END_ATTEMPT.run(
        tx, org_id, notice_id, number, now, report.outcome, report.code, report.enhanced
    )
    if report.outcome is Outcome.ACCEPTED and (notice.status, Step.ACCEPT) in TRANSITIONS:
        await _close(tx, org_id, notice, Step.ACCEPT, None, report, now=now)
        return
    if notice.status != Status.QUEUED or before.outcome == Outcome.UNKNOWN:
        return  # it came to its end without us, or the next attempt is planned already
    tries = number - notice.attempts_before
    unknowns = await store.UNKNOWNS.one(tx, org_id, notice_id, notice.attempts_before)
    verdict = judged(report, tries=tries, unknowns=unknowns.found, chance=random.random())  # noqa: S311
    if verdict.step is None:
        assert verdict.pause is not None, "it goes on, or comes to its end"
        again = now + verdict.pause
        put_off = await store.PUT_OFF.one(tx, org_id, notice_id, again)
        await plan(tx, org_id, notice_id, number + 1, at=again)
        deferred = NoticeDeferred(
            subject=notice_id,
            attempts=notice.attempts,
            outcome=report.outcome,
            next_attempt_at=again,
            version=put_off.version,
        )
        await eventlog.append(tx, deferred, org_id=org_id)
        return
    await _close(tx, org_id, notice, verdict.step, verdict.reason, report, now=now)


async def _close(
    tx: Tx, org_id: OrgId, notice: Notice, step: Step, reason: str | None, report: Report, *, now: datetime
) -> None:
    moved = await store.MOVE.one(
        tx, org_id, notice.id, notice.status, advance(notice, step), reason, now, None
    )
    await store.KEEP_CONTENT_UNTIL.run(tx, org_id, notice.id, now + KEPT)
    if step is Step.ACCEPT:
        sent = NoticeSent(
            subject=notice.id, template=notice.template, attempts=notice.attempts, version=moved.version
        )
        await eventlog.append(tx, sent, org_id=org_id)
        return
    assert reason is not None, "a failure has its reason"
    failed = NoticeFailed(
        subject=notice.id,
        template=notice.template,
        attempts=notice.attempts,
        reason=reason,
        code=report.code,
        enhanced=report.enhanced,
        version=moved.version,
    )
    await eventlog.append(tx, failed, org_id=org_id)
