"""The demo as it is told: a story for people, or one JSON object a step for machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from kontorhaus.kernel.money import Money

Write = Callable[[str], None]


class Step(Struct, frozen=True, omit_defaults=True):
    """One thing that happened. `kind` is stable and stands in docs/demo.md, `text` is for people."""

    step: int
    kind: str
    text: str
    sale: str | None = None
    data: Mapping[str, Any] = {}


HEADINGS: Final = frozenset({"sale", "books", "checks", "end"})
"""Kinds that begin a paragraph of the story."""


class Teller:
    """Writes each step at once, so that one can watch."""

    def __init__(self, write: Write, *, as_json: bool) -> None:
        self._write: Final = write
        self._as_json: Final = as_json
        self._steps = 0

    def __call__(self, kind: str, text: str, *, sale: str | None = None, **data: Any) -> None:
        self._steps += 1
        if self._as_json:
            self._write(msgspec.json.encode(Step(self._steps, kind, text, sale, data)).decode())
            return
        if kind in HEADINGS:
            self._write("")
            self._write(text)
        else:
            self._write(f"  {text}")


def amount(view: Mapping[str, Any]) -> str:
    """`{"amount": 1890000, "currency": "EUR"}` as people write it: `18,900.00 EUR`."""
    return written(Money(view["amount"], view["currency"]))


def written(money: Money) -> str:
    if money.minor < 0:
        return f"-{written(-money)}"
    whole, point, fraction = money.decimal_text().partition(".")
    return f"{int(whole):,}{point}{fraction} {money.currency}"
