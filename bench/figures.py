"""What a benchmark says: a value, its unit, and the limit it is held against."""

from __future__ import annotations

from msgspec import Struct, field


class Figure(Struct, frozen=True):
    """`limit` was measured in the same run, or is a stated bound; `ratio` is value / limit; `goal` bounds the ratio
    or, without a limit, is what the value should not exceed."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    ratio: float | None = None
    goal: str | None = None
    conditions: dict[str, str | int] = field(default_factory=dict)

    def line(self) -> str:
        parts = [f"{self.name:42} {self.value:12,.1f} {self.unit:8}"]
        if self.limit is not None and self.ratio is not None:
            parts.append(f"limit {self.limit:,.1f}  ratio {self.ratio:.2f}")
        if self.goal is not None:
            parts.append(f"goal {self.goal}")
        return "  ".join(parts)
