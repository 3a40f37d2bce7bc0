"""What notices tell the rest of the house: never an address or a word of the letter, since the log is kept."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from kontorhaus.kernel.ids import Noun
from kontorhaus.people.notices.model import NOTICE, NoticeId
from kontorhaus.platform.eventlog import Fact, published


@published
class NoticeQueued(Fact, frozen=True, kw_only=True, tag="notice.queued"):
    """A notice was written, or a person has it tried again: it will be sent."""

    NOUN: ClassVar[Noun[NoticeId]] = NOTICE

    subject: NoticeId
    template: str
    attempts: int
    version: int


@published
class NoticeDeferred(Fact, frozen=True, kw_only=True, tag="notice.deferred"):
    """An attempt did not succeed, and another follows."""

    NOUN: ClassVar[Noun[NoticeId]] = NOTICE

    subject: NoticeId
    attempts: int
    outcome: str
    next_attempt_at: datetime
    version: int


@published
class NoticeSent(Fact, frozen=True, kw_only=True, tag="notice.sent"):
    """The mail server took the message over. That it was delivered, or read, nobody knows."""

    NOUN: ClassVar[Noun[NoticeId]] = NOTICE

    subject: NoticeId
    template: str
    attempts: int
    version: int


@published
class NoticeFailed(Fact, frozen=True, kw_only=True, tag="notice.failed"):
    """The notice will not be sent unless a person retries it. `reason` is `refused`, `given_up` or `unknown`; the codes
    are those of the last attempt's answer, if there was one."""

    NOUN: ClassVar[Noun[NoticeId]] = NOTICE

    subject: NoticeId
    template: str
    attempts: int
    reason: str
    code: int | None
    enhanced: str | None
    version: int


@published
class NoticeCancelled(Fact, frozen=True, kw_only=True, tag="notice.cancelled"):
    """What the notice says was erased before it was sent; it never will be."""

    NOUN: ClassVar[Noun[NoticeId]] = NOTICE

    subject: NoticeId
    version: int


@published
class NoticeErased(Fact, frozen=True, kw_only=True, tag="notice.erased"):
    """What the notice said, and to whom, is gone: since a person asked for it, or its time was over."""

    NOUN: ClassVar[Noun[NoticeId]] = NOTICE

    subject: NoticeId
    version: int
