"""Time: the one place that asks the machine what time it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Machine time, aware, in UTC, to the microsecond."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds from an arbitrary start, never backwards: for durations only."""
    return time.monotonic()
