"""What one can read of notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.people.notices import store
from kontorhaus.people.notices.errors import NoticeErased, NoticeNotFound
from kontorhaus.people.notices.model import (
    NOTICE,
    Attempt,
    Content,
    Language,
    Notice,
    NoticeId,
    Status,
    template,
)
from kontorhaus.people.notices.model.letter import PURPOSE
from kontorhaus.people.notices.views.message import Rendered, rendered
from kontorhaus.people.notices.views.notice import NoticeSummaryView, summary
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.secrets import Keyring

LAST: Final = UUID(int=2**128 - 1)
"""Where a list that shows the newest first begins."""


class Found(Struct, frozen=True):
    """A notice with its attempts and, unless it was erased, what it says and to whom."""

    notice: Notice
    attempts: list[Attempt]
    content: Content | None


async def notice(db: Db, keyring: Keyring, org_id: OrgId, notice_id: NoticeId) -> Found:
    """Raises NoticeNotFound."""
    async with db.org(org_id, read_only=True) as tx:
        found = await store.NOTICE.maybe(tx, org_id, notice_id)
        if found is None:
            raise NoticeNotFound("there is no such notice")
        attempts = await store.ATTEMPTS.all(tx, org_id, notice_id)
        kept = await store.CONTENT.maybe(tx, org_id, notice_id)
    # After the transaction: a key service may be asked.
    content = None
    if kept is not None:
        packed = await keyring.open(kept.sealed, org_id=org_id, purpose=PURPOSE)
        content = msgspec.msgpack.decode(packed, type=Content)
    return Found(found, attempts, content)


async def notices(
    db: Db, org_id: OrgId, *, status: Status | None, before: NoticeId | None, limit: int
) -> list[Notice]:
    """Newest first; of one status, if asked."""
    async with db.org(org_id, read_only=True) as tx:
        if status is None:
            return await store.NOTICES.all(tx, org_id, before or LAST, limit)
        return await store.NOTICES_OF_STATUS.all(tx, org_id, before or LAST, limit, status)


async def notice_snapshots(
    tx: Tx, ids: Sequence[UUID], viewer: Actor, version: str, now: datetime
) -> Mapping[UUID, NoticeSummaryView]:
    """Snapshots of notices, as lists show them; none without the right to read them."""
    del version, now
    if not viewer.may("notices:read"):
        return {}
    found = await store.NOTICES_NOW.all(tx, viewer.org_id, list(ids))
    return {one.id: summary(one) for one in found}


async def preview(db: Db, keyring: Keyring, org_id: OrgId, notice_id: NoticeId) -> Rendered:
    """What the message says. Raises NoticeNotFound, NoticeErased."""
    found = await notice(db, keyring, org_id, notice_id)
    if found.content is None:
        raise NoticeErased("what the notice said is gone", notice=NOTICE.text(notice_id))
    made = template(found.notice.template, found.notice.template_version)
    language = msgspec.convert(found.notice.language, Language)
    return rendered(made, language, made.decode(found.content.variables))
