"""What readers of the log hold: an event with its place, a cursor, and how a failing fact is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.errors import DomainError
from kontorhaus.platform.eventlog import facts

Subject = tuple[UUID, str, UUID]
"""An object of the log: organization, kind, id."""


class Cursor(Struct, frozen=True):
    """A place in the log: everything up to `position` was read. `epoch` tells it from the same number of a log that
    was restored and went another way."""

    epoch: int
    position: int


MAX_POSITION: Final = 2**63 - 1
"""Whatever is published; the largest bigint."""

MAX_XID: Final = 2**63 - 1
"""Transaction ids have 64 bits; a server that began a million a second would need 290,000 years for 63."""

START: Final = Cursor(epoch=1, position=0)


class Head(Struct, frozen=True):
    """The end of the published log, and the transactions whose facts stand before it, as PostgreSQL writes a snapshot
    (`xmin:xmax:those,between,that,ran`); "" when nobody can say."""

    epoch: int
    position: int
    snapshot: str

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.epoch, self.position)

    def holds(self, xid: int) -> bool:
        """Whether all that this transaction wrote is published, if it was committed."""
        if not self.snapshot:
            return False
        xmin, xmax, running = self.snapshot.split(":")
        return xid < int(xmin) or (xid < int(xmax) and str(xid) not in running.split(","))


class Appeared(Struct, frozen=True):
    """That a fact was published, without the fact."""

    org_id: UUID
    position: int
    kind: str
    subject_id: UUID


class Event(Struct, frozen=True):
    """A published fact as it stands in the log."""

    epoch: int
    position: int
    org_id: UUID
    at: datetime
    kind: str
    version: int
    subject_kind: str
    subject_id: UUID
    body: bytes

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.epoch, self.position)

    @property
    def subject(self) -> Subject:
        """The object it speaks of: facts of one object are seen in their order."""
        return self.org_id, self.subject_kind, self.subject_id

    def fact(self) -> facts.Fact:
        """The value that was appended; FactUnknown when newer code has written it."""
        return facts.decode(self.kind, self.version, self.body)


PAUSES: Final = (
    timedelta(seconds=2),
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(minutes=30),
)
"""Between the tries of a fact that fails: a lock or a restart is gone in seconds, a deploy in minutes. After half an
hour more tries would only hide that somebody must look."""


def next_try(failures: int, now: datetime, pauses: tuple[timedelta, ...]) -> datetime | None:
    """When a fact that failed so often is tried again; None when it is parked."""
    return now + pauses[failures - 1] if failures <= len(pauses) else None


def reason(error: Exception) -> str:
    """Why a fact was set aside, in words that hold nothing of its content: an error's text might."""
    name = type(error).__name__
    return f"{name}: {error.code}" if isinstance(error, DomainError) else name


class Step(Struct, frozen=True):
    """What one transaction of a subscriber did. `done` were carried out, `aside` were set aside; `passed` is how far
    the cursor moved, over facts of no interest too. `due` says that facts set aside wait to be tried again now."""

    done: int = 0
    aside: int = 0
    passed: int = 0
    due: bool = False
