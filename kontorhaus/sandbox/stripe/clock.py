"""The simulator's time: the machine's, until someone moves or stops it. The one place that looks at a clock."""

from __future__ import annotations

import time

from msgspec import Struct


class Setting(Struct, frozen=True):
    """How the simulated time follows from the machine's, in milliseconds. `frozen_at` wins over `offset`."""

    offset: int = 0
    frozen_at: int | None = None


def machine_ms() -> int:
    """Milliseconds since 1970 by the machine: for signatures, backoff and how long something took."""
    return time.time_ns() // 1_000_000


def now_ms(setting: Setting) -> int:
    """Milliseconds since 1970 as the simulator has them."""
    return machine_ms() + setting.offset if setting.frozen_at is None else setting.frozen_at


def moved(setting: Setting, to: int) -> Setting:
    """The same kind of clock, showing `to` now."""
    if setting.frozen_at is not None:
        return Setting(frozen_at=to)
    return Setting(offset=to - machine_ms())


def written(seconds: int) -> str:
    """For people: `2026-11-21 15:04:05`, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))
