"""How notices look at the edge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from kontorhaus.kernel.ids import text_of
from kontorhaus.people.notices.model import NOTICE, Attempt, Content, Notice
from kontorhaus.people.notices.views.message import Rendered


class NoticeSummaryView(Struct, frozen=True):
    id: str
    template: str
    language: str
    status: Annotated[
        str, Meta(description="`queued`, `sent` (the mail server took it over), `failed` or `cancelled`.")
    ]
    reason: Annotated[
        str | None, Meta(description="Of a failed one: `refused`, `given_up` or `unknown`; see its attempts.")
    ]
    recipient: Annotated[
        str | None,
        Meta(description="Whom it is written to, such as a party's id; null for an address alone."),
    ]
    attempts: Annotated[int, Meta(description="How many were begun.")]
    next_attempt_at: datetime | None
    created_at: datetime
    sent_at: datetime | None
    failed_at: datetime | None
    erased_at: Annotated[
        datetime | None, Meta(description="When what it said, and to whom, was erased or forgotten.")
    ]
    version: int


class AttemptView(Struct, frozen=True):
    number: int
    host: Annotated[str, Meta(description="The mail server that was asked.")]
    began_at: datetime
    ended_at: datetime | None
    outcome: Annotated[
        str | None,
        Meta(
            description="`accepted`, `deferred` (4xx), `refused` (5xx), `not_sent` (the server could not be reached, "
            "or let nobody in) or `unknown` (the connection was lost when the server may have taken over); null while "
            "it is under way."
        ),
    ]
    code: Annotated[int | None, Meta(description="The server's reply code (RFC 5321).")]
    enhanced_code: Annotated[str | None, Meta(description="Its enhanced status code (RFC 3463).")]


class NoticeView(NoticeSummaryView, frozen=True):
    to: Annotated[str | None, Meta(description="The address; null once it is erased.")]
    name: str | None
    attempt_list: list[AttemptView]


class PreviewView(Struct, frozen=True):
    subject: str
    text: str
    html: Annotated[str, Meta(description="What is filled in is escaped. Show it in a sandboxed frame.")]


def summary(notice: Notice) -> NoticeSummaryView:
    kind, recipient = notice.recipient_kind, notice.recipient_id
    return NoticeSummaryView(
        id=NOTICE.text(notice.id),
        template=notice.template,
        language=notice.language,
        status=notice.status,
        reason=notice.reason,
        recipient=None if kind is None or recipient is None else text_of(kind, recipient),
        attempts=notice.attempts,
        next_attempt_at=notice.next_attempt_at,
        created_at=notice.created_at,
        sent_at=notice.sent_at,
        failed_at=notice.failed_at,
        erased_at=notice.erased_at,
        version=notice.version,
    )


def notice(found: Notice, attempts: Sequence[Attempt], content: Content | None) -> NoticeView:
    seen = summary(found)
    return NoticeView(
        **{name: getattr(seen, name) for name in seen.__struct_fields__},
        to=None if content is None else content.to,
        name=None if content is None else content.name,
        attempt_list=[
            AttemptView(
                number=attempt.number,
                host=attempt.host,
                began_at=attempt.began_at,
                ended_at=attempt.ended_at,
                outcome=attempt.outcome,
                code=attempt.code,
                enhanced_code=attempt.enhanced,
            )
            for attempt in attempts
        ],
    )


def preview(says: Rendered) -> PreviewView:
    return PreviewView(subject=says.subject, text=says.text, html=says.html)
