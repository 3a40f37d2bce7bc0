"""What the log says of test clocks."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from kontorhaus.kernel.ids import Noun
from kontorhaus.platform.clocks.model import TEST_CLOCK, TestClockId
from kontorhaus.platform.eventlog import Fact, published


@published
class TestClockFrozen(Fact, frozen=True, kw_only=True, tag="test_clock.frozen"):
    """The organization's business time stands still at `now`."""

    NOUN: ClassVar[Noun[TestClockId]] = TEST_CLOCK

    subject: TestClockId
    now: datetime


@published
class TestClockAdvanced(Fact, frozen=True, kw_only=True, tag="test_clock.advanced"):
    """Business time has gone from `since` to `now`, and all jobs of business time between them were carried out or
    parked."""

    NOUN: ClassVar[Noun[TestClockId]] = TEST_CLOCK

    subject: TestClockId
    since: datetime
    now: datetime


@published
class TestClockRemoved(Fact, frozen=True, kw_only=True, tag="test_clock.removed"):
    """Business time is the machine's again; it stood at `now`."""

    NOUN: ClassVar[Noun[TestClockId]] = TEST_CLOCK

    subject: TestClockId
    now: datetime
