"""Time: instants in UTC, dates in a zone, and billing anchors that never drift.

Two times are kept apart. *Machine time* is what this module reads: leases, backoff, signatures, retention.
*Business time* is an organization's clock, handed in at the edge as an argument, so that a test clock can stand in
its place.
"""

from __future__ import annotations

import re
import time
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from kontorhaus.kernel.errors import Invalid


class ZoneInvalid(Invalid):
    """The time zone is not a name of the IANA database, such as Europe/Berlin."""

    code = "zone_invalid"
    title = "No such time zone"


class InstantInvalid(Invalid):
    """The text is not an RFC 3339 instant with an offset, such as 2026-11-20T09:30:00Z.

    Or the instant lies outside the years 1 to 9999, in UTC or in the zone in which its date is asked for.
    """

    code = "instant_invalid"
    title = "Not an instant"


def utc_now() -> datetime:
    """Machine time, aware, in UTC, to the microsecond. The only place that asks the machine for the date."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds from an arbitrary start, never backwards: for durations only."""
    return time.monotonic()


@cache
def zone_names() -> frozenset[str]:
    """The names of the pinned `tzdata` package, links such as Asia/Calcutta among them: the same on every machine.

    A machine's own folder of zones also holds `localtime` and `right/Europe/Berlin`, which counts leap seconds: an
    anchor in one of them would mean another day elsewhere. `Factory` is the database's word for no zone.
    """
    return frozenset((files("tzdata") / "zones").read_text("ascii").split()) - {"Factory"}


def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name; ZoneInvalid for anything else, paths, empty names and other cases included.

    Not guaranteed: that two machines know the same rules of a zone. A system's own database goes before the package.
    """
    if name not in zone_names():
        raise ZoneInvalid("expected a name of the IANA time zone database such as Europe/Berlin")
    return ZoneInfo(name)


def instant(day: date, place: ZoneInfo) -> datetime:
    """When a day begins in a zone, in UTC: the first moment at which the wall shows that date, or a later one.

    Where the clock jumps over midnight (Beirut, Santiago) that is the end of the jump; where midnight comes twice, the
    first of the two; where a zone skipped a whole day (Apia, 30 December 2011), the beginning of the next.
    InstantInvalid where that moment lies outside the years 1 to 9999 in UTC.
    """
    midnight = datetime(day.year, day.month, day.day, tzinfo=place)
    began = _moved(midnight, UTC)
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
    anchor's, or the month's last where the month is too short. A period ends where the next one begins.
    ZoneInvalid, when it is made, for a zone that does not exist.
    """

    day: date
    zone: str

    def __post_init__(self) -> None:
        assert type(self.day) is date, "an anchor is a date, not an instant"
        zone(self.zone)

    def date_of(self, number: int, unit: Unit, every: int = 1) -> date:
        """The date on which period `number` begins; number 0 begins on the anchor, number -1 one period before it.

        ValueError or OverflowError beyond the year 9999: who takes `every` from a caller sets it a limit.
        """
        assert every > 0, "a period has a length"
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


def days_between(first: date, last: date) -> int:
    """Calendar days from one date to another, negative when `last` is the earlier one.

    Dates, not instants: a day of 23 hours is a day. Take `local_date` of an instant first.
    """
    assert type(first) is date, "days are counted between dates"
    assert type(last) is date, "days are counted between dates"
    return (last - first).days


def local_date(moment: datetime, place: ZoneInfo) -> date:
    """What date is on the wall in a zone at an instant; InstantInvalid outside the years 1 to 9999."""
    return _moved(moment, place).date()


def in_utc(moment: datetime) -> datetime:
    """The same instant in UTC; InstantInvalid outside the years 1 to 9999. For what a caller sends with an offset."""
    return _moved(moment, UTC)


def instant_text(moment: datetime) -> str:
    """RFC 3339 in UTC with `Z`; microseconds only where there are any, so texts do not sort as their instants do."""
    return _moved(moment, UTC).isoformat().replace("+00:00", "Z")


_RFC_3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-9]{2})",
    re.IGNORECASE,
)
"""`datetime.fromisoformat` alone reads more: week dates, other separators, and from Python 3.13 on an hour 24."""


def parse_instant(text: str) -> datetime:
    """Read RFC 3339, in UTC; InstantInvalid for a text without an offset, since its zone would be a guess.

    What is finer than a microsecond is cut off. A leap second, `23:59:60`, is refused: no `datetime` can hold it.
    """
    if _RFC_3339.fullmatch(text) is None:
        raise InstantInvalid("expected an RFC 3339 instant with an offset such as 2026-11-20T09:30:00Z")
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise InstantInvalid("expected a date and a time of day that exist") from error
    return _moved(moment, UTC)


def _moved(moment: datetime, place: tzinfo) -> datetime:
    assert moment.tzinfo is not None, "an instant is aware"
    try:
        return moment.astimezone(place)
    except OverflowError as error:
        raise InstantInvalid("expected an instant within the years 1 to 9999") from error
