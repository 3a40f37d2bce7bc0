"""The API of notices."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from kontorhaus.people.notices import actions, queries
from kontorhaus.people.notices.errors import NoticeConflict, NoticeErased, NoticeInvalid, NoticeNotFound
from kontorhaus.people.notices.model import NOTICE, NoticeId, Status
from kontorhaus.people.notices.model.requests import NewNotice
from kontorhaus.people.notices.views.notice import (
    NoticeSummaryView,
    NoticeView,
    PreviewView,
    notice,
    preview,
    summary,
)
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.http import Call, Page, route


class NoticePage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    status: Annotated[Status | None, Meta(description="Only notices of this status.")] = None


@route(
    "POST",
    "/v1/notices",
    scope="notices:write",
    body=NewNotice,
    answer=NoticeSummaryView,
    status=201,
    errors=(NoticeInvalid,),
    idempotent=True,
    tag="Notices",
)
async def create_notice(call: Call[NewNotice, None]) -> Answer:
    """Send a test message.

    One e-mail to an address of your choice, to see whether mail arrives. It is queued here and handed to the mail
    server within a second; `GET /v1/notices/{notice_id}` shows what came of it.
    """
    return await actions.send_test(
        call.db, call.resources.keyring, call.actor, call.once, new=call.body, now=call.now
    )


@route(
    "GET",
    "/v1/notices",
    scope="notices:read",
    query=NoticePage,
    list_of=NoticeSummaryView,
    tag="Notices",
)
async def list_notices(call: Call[None, NoticePage]) -> Answer:
    """List notices, newest first.

    A list names no address; a single notice does.
    """
    found = await queries.notices(
        call.db,
        call.actor.org_id,
        status=call.query.status,
        before=call.after(NoticeId),
        limit=call.query.limit + 1,
    )
    return call.page(found, view=summary, position=lambda row: row.id)


@route(
    "GET",
    "/v1/notices/{notice_id}",
    scope="notices:read",
    answer=NoticeView,
    errors=(NoticeNotFound,),
    ids={"notice_id": NOTICE},
    tag="Notices",
)
async def get_notice(call: Call[None, None]) -> Answer:
    """Read a notice with its attempts.

    `sent` means that the mail server took it over, not that it was delivered or read.
    """
    found = await queries.notice(
        call.db, call.resources.keyring, call.actor.org_id, call.id(NOTICE, "notice_id")
    )
    return answer(notice(found.notice, found.attempts, found.content), version=found.notice.version)


@route(
    "GET",
    "/v1/notices/{notice_id}/preview",
    scope="notices:read",
    answer=PreviewView,
    errors=(NoticeNotFound, NoticeErased),
    ids={"notice_id": NOTICE},
    tag="Notices",
)
async def preview_notice(call: Call[None, None]) -> Answer:
    """Read what a notice says: subject, plain text and HTML, as the recipient gets them."""
    says = await queries.preview(
        call.db, call.resources.keyring, call.actor.org_id, call.id(NOTICE, "notice_id")
    )
    return answer(preview(says))


@route(
    "POST",
    "/v1/notices/{notice_id}/retry",
    scope="notices:write",
    answer=NoticeSummaryView,
    errors=(NoticeNotFound, NoticeConflict, NoticeErased),
    ids={"notice_id": NOTICE},
    idempotent=True,
    tag="Notices",
)
async def retry_notice(call: Call[None, None]) -> Answer:
    """Retry a failed notice.

    It gets all its attempts again, from now. Of one that failed as `unknown` the recipient may get another copy.
    """
    return await actions.retry(
        call.db, call.resources.keyring, call.actor, call.once, call.id(NOTICE, "notice_id")
    )


@route(
    "POST",
    "/v1/notices/{notice_id}/erase",
    scope="notices:write",
    answer=NoticeSummaryView,
    errors=(NoticeNotFound, NoticeErased),
    ids={"notice_id": NOTICE},
    idempotent=True,
    tag="Notices",
)
async def erase_notice(call: Call[None, None]) -> Answer:
    """Erase what a notice says, and to whom, for good.

    One that was not sent yet is cancelled. When it was written and sent, and what came of its attempts, stays.
    """
    return await actions.erase(
        call.db, call.resources.keyring, call.actor, call.once, call.id(NOTICE, "notice_id")
    )


ROUTES = (create_notice, list_notices, get_notice, preview_notice, retry_notice, erase_notice)
