"""A notice, its attempts, and what becomes of it: values and pure decisions."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import Noun
from kontorhaus.people.notices.errors import NoticeConflict

NoticeId = NewType("NoticeId", UUID)

NOTICE: Final = Noun("ntc", NoticeId)


class Status(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Step(StrEnum):
    ACCEPT = "accept"
    FAIL = "fail"
    RETRY = "retry"
    CANCEL = "cancel"


TRANSITIONS: Final = {
    (Status.QUEUED, Step.ACCEPT): Status.SENT,
    (Status.QUEUED, Step.FAIL): Status.FAILED,
    (Status.QUEUED, Step.CANCEL): Status.CANCELLED,
    (Status.FAILED, Step.RETRY): Status.QUEUED,
    # Of an attempt that was given up as unknown the answer came after all.
    (Status.FAILED, Step.ACCEPT): Status.SENT,
}


class Notice(Struct, frozen=True):
    """One e-mail to one recipient, without a word of what it says and to whom.

    `attempts` counts all that were begun, `attempts_before` those before it was last retried by a person: patience is
    reckoned from there. `recipient_kind` and `recipient_id` name whom it is written to, such as a party.
    """

    id: NoticeId
    template: str
    template_version: int
    language: str
    recipient_kind: str | None
    recipient_id: UUID | None
    status: str
    reason: str | None
    attempts: int
    attempts_before: int
    version: int
    created_at: datetime
    next_attempt_at: datetime | None
    sent_at: datetime | None
    failed_at: datetime | None
    erased_at: datetime | None


def advance(notice: Notice, step: Step) -> Status:
    status = TRANSITIONS.get((Status(notice.status), step))
    if status is None:
        raise NoticeConflict(
            f"a notice that is {notice.status} takes no {step}", notice=NOTICE.text(notice.id)
        )
    return status


class Outcome(StrEnum):
    """How an attempt ended. After the first three the server surely does not have the message."""

    NOT_SENT = "not_sent"
    """The server could not be reached, or would not let us in: nothing about this message was judged."""

    DEFERRED = "deferred"
    """The server said to come again later (4xx)."""

    REFUSED = "refused"
    """The server refused this message for good (5xx)."""

    ACCEPTED = "accepted"
    """The server took over: it delivers, or tells the sender's address that it could not."""

    UNKNOWN = "unknown"
    """The connection was lost, or we were killed, while the server may have taken over."""


class Report(Struct, frozen=True):
    """What came of an attempt: the server's code (RFC 5321), and its enhanced one (RFC 3463), if it gave any. Never its
    words, which quote addresses."""

    outcome: Outcome
    code: int | None = None
    enhanced: str | None = None


LOST: Final = Report(Outcome.UNKNOWN)
"""What is known of an attempt whose worker was killed."""


class Attempt(Struct, frozen=True):
    """One try to hand the message over. `outcome` is None while it is under way."""

    number: int
    host: str
    began_at: datetime
    ended_at: datetime | None
    outcome: str | None
    code: int | None
    enhanced: str | None


class Verdict(Struct, frozen=True):
    """What an attempt's outcome means for its notice: a step, or another attempt after a pause."""

    step: Step | None = None
    reason: str | None = None
    pause: timedelta | None = None


PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240, 480, 960, 960))
"""Greylisting lets one in after 1 to 15 minutes, a server that restarts after a few. All together just under two
days: a weekend's outage is survived, and a dunning that comes later than that confuses more than it helps."""

UNKNOWN_MAX: Final = 3
"""Each unknown attempt may have been a delivery. Two copies of a receipt are a nuisance, none is a call to the hotline;
of a server that loses its answer three times nobody expects the fourth."""

JITTER: Final = 0.25
"""Up to a quarter longer, never shorter: letters that were put off together do not come back together."""


def judged(report: Report, *, tries: int, unknowns: int, chance: float) -> Verdict:
    """What becomes of a notice after an attempt. `tries` and `unknowns` count this run's attempts, this one included;
    `chance` in [0, 1) is drawn by the caller."""
    match report.outcome:
        case Outcome.ACCEPTED:
            return Verdict(step=Step.ACCEPT)
        case Outcome.REFUSED:
            return Verdict(step=Step.FAIL, reason="refused")
        case Outcome.UNKNOWN if unknowns >= UNKNOWN_MAX:
            return Verdict(step=Step.FAIL, reason="unknown")
        case _ if tries > len(PAUSES):
            return Verdict(step=Step.FAIL, reason="given_up")
        case _:
            return Verdict(pause=PAUSES[tries - 1] * (1 + JITTER * chance))
