"""Every SQL statement of test clocks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from kontorhaus.platform.clocks.model import TestClock
from kontorhaus.platform.db import Command, Query


class Instant(Struct, frozen=True):
    now_at: datetime


class Way(Struct, frozen=True):
    """Where an advancing clock stands, and where it goes."""

    now_at: datetime
    to_at: datetime


class Runner(Struct, frozen=True):
    runner: UUID | None


class Before(Struct, frozen=True):
    """Who moved the clock before, and what he was waiting for."""

    runner: UUID | None
    waits_for: str | None


NOW = Query(Instant, "SELECT now_at FROM test_clock WHERE org_id = $1")

FIND = Query(
    TestClock,
    """
    SELECT org_id, id, now_at, created_at, advancing, advance_id, from_at, to_at, jobs_done,
           waits_for, waits_state, waits_reason, waits_until
    FROM test_clock WHERE org_id = $1
    """,
)

LOCK = Query(
    TestClock,
    """
    SELECT org_id, id, now_at, created_at, advancing, advance_id, from_at, to_at, jobs_done,
           waits_for, waits_state, waits_reason, waits_until
    FROM test_clock WHERE org_id = $1 FOR UPDATE
    """,
)

# Touches no row where a clock stands already.
FREEZE = Query(
    TestClock,
    """
    INSERT INTO test_clock (org_id, id, now_at, created_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (org_id, mode) DO NOTHING
    RETURNING org_id, id, now_at, created_at, advancing, advance_id, from_at, to_at, jobs_done,
              waits_for, waits_state, waits_reason, waits_until
    """,
)

BEGIN_ADVANCE = Query(
    TestClock,
    """
    UPDATE test_clock SET advancing = true, advance_id = $2, from_at = now_at, to_at = $3, jobs_done = 0
    WHERE org_id = $1 AND NOT advancing
    RETURNING org_id, id, now_at, created_at, advancing, advance_id, from_at, to_at, jobs_done,
              waits_for, waits_state, waits_reason, waits_until
    """,
)

RUNNER = Query(Runner, "SELECT runner FROM test_clock WHERE org_id = $1")

# An advance that a person ends: whoever is at it finds the clock no longer its own.
CUT_SHORT = Query(
    TestClock,
    """
    UPDATE test_clock SET advancing = false, runner = NULL,
                          waits_for = NULL, waits_state = NULL, waits_reason = NULL, waits_until = NULL
    WHERE org_id = $1
    RETURNING org_id, id, now_at, created_at, advancing, advance_id, from_at, to_at, jobs_done,
              waits_for, waits_state, waits_reason, waits_until
    """,
)

THAW = Command("DELETE FROM test_clock WHERE org_id = $1 AND NOT advancing")

# The statements below are an advance's. All but ARRIVE run as system; none touches the row of a clock that another has
# taken over.
LOCK_RUNNER = Query(
    Before,
    """
    SELECT runner, waits_for FROM test_clock WHERE org_id = $1 AND advance_id = $2 AND advancing
    FOR NO KEY UPDATE
    """,
)

TAKE_OVER = Command("UPDATE test_clock SET runner = $2 WHERE org_id = $1")

# Held by every step, so that nobody takes the clock over in the middle of one.
HOLD = Query(
    Way,
    "SELECT now_at, to_at FROM test_clock WHERE org_id = $1 AND runner = $2 FOR NO KEY UPDATE",
)

MOVE = Command(
    """
    UPDATE test_clock SET now_at = $3, jobs_done = jobs_done + $4,
                          waits_for = NULL, waits_state = NULL, waits_reason = NULL, waits_until = NULL
    WHERE org_id = $1 AND runner = $2
    """
)

WAIT = Command(
    """
    UPDATE test_clock SET jobs_done = jobs_done + $3,
                          waits_for = $4, waits_state = $5, waits_reason = $6, waits_until = $7
    WHERE org_id = $1 AND runner = $2
    """
)

ARRIVE = Query(
    TestClock,
    """
    UPDATE test_clock SET advancing = false, runner = NULL, jobs_done = jobs_done + $3,
                          waits_for = NULL, waits_state = NULL, waits_reason = NULL, waits_until = NULL
    WHERE org_id = $1 AND runner = $2
    RETURNING org_id, id, now_at, created_at, advancing, advance_id, from_at, to_at, jobs_done,
              waits_for, waits_state, waits_reason, waits_until
    """,
)
