"""A test clock, and the job that advances it: values alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, NewType
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import Noun, OrgId
from kontorhaus.platform.jobs import Kind, Queue

TestClockId = NewType("TestClockId", UUID)

TEST_CLOCK: Final = Noun("tclk", TestClockId)


FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
AFTER_LAST: Final = datetime(3000, 1, 1, tzinfo=UTC)
"""Between these a clock may stand: years of business can be added to any such instant and still be a date. The database
holds the same."""


class TestClock(Struct, frozen=True):
    """An organization's clock as it stands at `now_at`, with its last advance, which is under way while `advancing`.

    `waits_for` is the kind of job, or the reader of the log, that holds the advance up; `waits_until` is when a failed
    one is tried again, in machine time.
    """

    org_id: OrgId
    id: TestClockId
    now_at: datetime
    created_at: datetime
    advancing: bool
    advance_id: UUID | None
    from_at: datetime | None
    to_at: datetime | None
    jobs_done: int
    waits_for: str | None
    waits_state: str | None
    waits_reason: str | None
    waits_until: datetime | None


class Advance(Struct, frozen=True):
    """The arguments of the job that advances a clock. `answers`: a call waits for its answer under the advance's id."""

    advance_id: UUID
    answers: bool


QUEUE: Final = Queue("clocks", slots=4)
"""Advances wait most of their time for the database: four at a time keep a worker's connections busy."""

ADVANCE: Final = Kind("clocks.advance", Advance, QUEUE, deadline=timedelta(days=1))
"""A stretch of an advance ends by itself after a minute and the job that it is at. Each of these has its own deadline:
this one only ends what no other has foreseen."""
