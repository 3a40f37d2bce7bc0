"""Time: instants in UTC, dates in a zone, and billing anchors that never drift.

Two times are kept apart. *Machine time* is what this module reads: leases, backoff, signatures, retention.
*Business time* is an organization's clock, handed in at the edge as an argument, so that a test clock can stand in
its place.
"""

from __future__ import annotations

import time
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from kontorhaus.kernel.errors import Invalid


class ZoneUnknown(Invalid):
    """The time zone is not a name of the IANA database, such as Europe/Berlin."""

    code = "zone_unknown"
    title = "No such time zone"


class InstantInvalid(Invalid):
    """The text is not an RFC 3339 instant with an offset, such as 2026-11-20T09:30:00Z."""

    code = "instant_invalid"
    title = "Not an instant"


def utc_now() -> datetime:
    """Machine time, aware, in UTC, to the microsecond. The only place that asks the machine for the date."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds from an arbitrary start, never backwards: for durations only."""
    return time.monotonic()


def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name; ZoneUnknown for anything else, paths and empty names included."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ZoneUnknown("expected a name of the IANA time zone database such as Europe/Berlin") from error


def instant(day: date, place: ZoneInfo) -> datetime:
    """When a day begins in a zone, in UTC: the first moment at which the wall shows that date, or a later one.

    Where the clock jumps over midnight (Beirut, Santiago) that is the end of the jump; where midnight comes twice, the
    first of the two; where a zone skipped a whole day (Apia, 30 December 2011), the beginning of the next.
    """
    midnight = datetime(day.year, day.month, day.day, tzinfo=place)
    began = midnight.astimezone(UTC)
    if began.astimezone(place).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return began
    # This midnight is not on any clock. Offsets lie within a day of UTC, so the jump is between these two.
    before, after = 0, 2 * 26 * 3600
    start = began - timedelta(hours=26)
    while after - before > 1:
        middle = (before + after) // 2
        if (start + timedelta(seconds=middle)).astimezone(place).date() >= day:
            after = middle
        else:
            before = middle
    return start + timedelta(seconds=after)


class Unit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Anchor(Struct, frozen=True):
    """Where a series of billing periods hangs: a date in a zone.

    Periods are counted from the anchor, never from the last one: 31 January, 28 February, 31 March. The day is the
    anchor's, or the month's last where the month is too short.
    """

    day: date
    zone: str

    def date_of(self, number: int, unit: Unit, every: int = 1) -> date:
        """The date on which period `number` begins; number 0 begins on the anchor."""
        steps = number * every
        match unit:
            case Unit.DAY:
                return self.day + timedelta(days=steps)
            case Unit.WEEK:
                return self.day + timedelta(weeks=steps)
            case Unit.MONTH:
                return _add_months(self.day, steps)
            case Unit.YEAR:
                return _add_months(self.day, 12 * steps)

    def instant_of(self, number: int, unit: Unit, every: int = 1) -> datetime:
        """The instant at which period `number` begins, in UTC."""
        return instant(self.date_of(number, unit, every), zone(self.zone))


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def local_date(moment: datetime, place: ZoneInfo) -> date:
    """What date is on the wall in a zone at an instant."""
    assert moment.tzinfo is not None, "an instant is aware"
    return moment.astimezone(place).date()


def instant_text(moment: datetime) -> str:
    """RFC 3339 in UTC with `Z`; microseconds only where there are any."""
    assert moment.tzinfo is not None, "an instant is aware"
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_instant(text: str) -> datetime:
    """Read RFC 3339; InstantInvalid for a text without an offset, since its zone would be a guess."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InstantInvalid("expected an RFC 3339 instant such as 2026-11-20T09:30:00Z") from error
    if moment.tzinfo is None or len(text) < len("2026-11-20T09:30:00Z"):
        raise InstantInvalid("expected an RFC 3339 instant with an offset such as 2026-11-20T09:30:00Z")
    return moment.astimezone(UTC)
