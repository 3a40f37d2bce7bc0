"""The job that carries a message out: its queue, its kind, and how one is made."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform.inbox.model import key_of
from kontorhaus.platform.inbox.sources import DEADLINE_MAX, TRIES_MAX
from kontorhaus.platform.jobs import Job, Kind, Queue

INBOX: Final = Queue("inbox", per_key=1)
"""Of one subject one at a time, in all processes together."""


class Carry(Struct, frozen=True):
    message_id: UUID
    source: str


CARRY: Final = Kind(
    "inbox.carry",
    Carry,
    INBOX,
    # The source says how often and how long; the job must outlast it, since it is the message that is quarantined.
    max_attempts=TRIES_MAX + 10,
    deadline=DEADLINE_MAX + timedelta(minutes=1),
)


def job_of(org_id: OrgId, message_id: UUID, connection_id: UUID, subject: str | None, source: str) -> Job:
    """The job of a message; of one message one at the most is alive."""
    return CARRY.job(
        org_id,
        Carry(message_id, source),
        key=key_of(connection_id, subject, message_id),
        dedupe_key=str(message_id),
    )
