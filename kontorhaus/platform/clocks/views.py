"""A test clock as the API shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from kontorhaus.platform.clocks.model import TEST_CLOCK, TestClock


class WaitView(Struct, frozen=True):
    """What an advance waits for."""

    kind: Annotated[str, Meta(description="A kind of job, or the name of a reader of the log.")]
    state: Annotated[str, Meta(description="`ready` or `running` elsewhere, or `failed`: it is tried again.")]
    reason: Annotated[str | None, Meta(description="Why it failed: the type and code of an error.")]
    next_try_at: Annotated[
        datetime | None, Meta(description="When it is tried again, in the machine's time.")
    ]


class AdvanceView(Struct, frozen=True):
    """The last advance."""

    since: datetime
    to: datetime
    jobs_done: Annotated[
        int, Meta(description="Jobs that it has carried out itself; a crash may leave some uncounted.")
    ]
    waiting_for: WaitView | None


class TestClockView(Struct, frozen=True):
    id: str
    status: Annotated[
        Literal["ready", "advancing"], Meta(description="`ready`: it stands still, and may be advanced.")
    ]
    now: Annotated[datetime, Meta(description="The organization's business time.")]
    created_at: datetime
    advance: Annotated[AdvanceView | None, Meta(description="The last advance; under way while `advancing`.")]


def view(clock: TestClock) -> TestClockView:
    return TestClockView(
        id=TEST_CLOCK.text(clock.id),
        status="advancing" if clock.advancing else "ready",
        now=clock.now_at,
        created_at=clock.created_at,
        advance=_advance(clock),
    )


def _advance(clock: TestClock) -> AdvanceView | None:
    if clock.from_at is None or clock.to_at is None:
        return None
    waits = None
    if clock.waits_for is not None and clock.waits_state is not None:
        waits = WaitView(
            kind=clock.waits_for,
            state=clock.waits_state,
            reason=clock.waits_reason,
            next_try_at=clock.waits_until,
        )
    return AdvanceView(since=clock.from_at, to=clock.to_at, jobs_done=clock.jobs_done, waiting_for=waits)
