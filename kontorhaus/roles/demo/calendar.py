"""The demo's time: a test clock that begins in the past, so that all its days have gone by in truth."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from kontorhaus.kernel.time import instant_text, parse_instant, utc_now
from kontorhaus.roles.demo.desk import CallRefused, Desk

MARGIN: Final = timedelta(hours=1)
"""How much longer than the buyer may object each wait is."""


class Calendar:
    """Lets days pass for one test organization."""

    def __init__(self, desk: Desk) -> None:
        self._desk: Final = desk
        self._now = utc_now()

    async def open(self, days: int) -> None:
        """Stop time, so long ago that `days` can pass; a clock that stands already is left where it is."""
        try:
            found = await self._desk.get("/v1/test_clock")
        except CallRefused as refused:
            if refused.status != 404:
                raise
            began = utc_now() - timedelta(days=days) - MARGIN
            found = await self._desk.post(
                "/v1/test_clock", {"now": instant_text(began)}, once=f"clock-{instant_text(began)}"
            )
        self._now = parse_instant(found["now"])

    async def pass_days(self, days: int) -> datetime:
        """Let `days` and a margin pass, with everything that falls due on the way done. Says what day it is."""
        text = instant_text(self._now + timedelta(days=days) + MARGIN)
        found = await self._desk.post("/v1/test_clock/advance", {"to": text}, once=f"clock-{text}")
        self._now = parse_instant(found["now"])
        return self._now

    async def close(self) -> None:
        """Let time run by itself, at the present. What fell due since where it stood is done at once."""
        await self._desk.delete("/v1/test_clock", once=f"clock-{instant_text(self._now)}-over")
