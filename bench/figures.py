"""What a benchmark says: a value, its unit, and the limit it is held against."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct, field


class Figure(Struct, frozen=True):
    """`limit` was measured in the same run, or is a stated bound; `ratio` is value / limit. `goal` says in words what
    is to be held, of the ratio or of the value itself."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    ratio: float | None = None
    goal: str | None = None
    conditions: dict[str, str | int] = field(default_factory=dict)

    def line(self) -> str:
        parts = [f"{self.name:42} {_number(self.value):>12} {self.unit:8}"]
        if self.limit is not None and self.ratio is not None:
            parts.append(f"limit {_number(self.limit)}  ratio {self.ratio:.2f}")
        if self.goal is not None:
            parts.append(f"goal {self.goal}")
        return "  ".join(parts)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"


def resident_megabytes(pid: int) -> float:
    """What a process holds in memory, as Linux counts it, shared libraries included."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_048_576
