"""Days begin where the wall says so, and billing anchors never drift."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontorhaus.kernel.time import (
    Anchor,
    InstantInvalid,
    Unit,
    ZoneUnknown,
    instant,
    instant_text,
    local_date,
    parse_instant,
    utc_now,
    zone,
)

ZONES = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
DAYS = st.dates(date(1990, 1, 1), date(2037, 12, 31))


@pytest.mark.parametrize(
    ("anchor", "number", "unit", "every", "expected"),
    [
        # 31 January, then the last day of shorter months, and back to the 31st
        ("2026-01-31", 0, Unit.MONTH, 1, "2026-01-31"),
        ("2026-01-31", 1, Unit.MONTH, 1, "2026-02-28"),
        ("2028-01-31", 1, Unit.MONTH, 1, "2028-02-29"),
        ("2026-01-31", 2, Unit.MONTH, 1, "2026-03-31"),
        ("2026-01-31", 3, Unit.MONTH, 1, "2026-04-30"),
        ("2026-01-31", 1, Unit.MONTH, 3, "2026-04-30"),
        ("2028-02-29", 1, Unit.YEAR, 1, "2029-02-28"),
        ("2028-02-29", 4, Unit.YEAR, 1, "2032-02-29"),
        ("2026-12-31", 1, Unit.MONTH, 1, "2027-01-31"),
        ("2026-03-15", -1, Unit.MONTH, 1, "2026-02-15"),
        ("2026-03-28", 1, Unit.WEEK, 2, "2026-04-11"),
        ("2026-03-28", 30, Unit.DAY, 1, "2026-04-27"),
    ],
)
def test_a_period_begins_on_the_anchors_day_or_the_months_last(
    anchor: str, number: int, unit: Unit, every: int, expected: str
) -> None:
    series = Anchor(date.fromisoformat(anchor), "Europe/Berlin")
    assert series.date_of(number, unit, every) == date.fromisoformat(expected)


@given(day=DAYS, months=st.integers(0, 600))
def test_counting_months_from_the_anchor_never_drifts(day: date, months: int) -> None:
    found = Anchor(day, "UTC").date_of(months, Unit.MONTH)
    assert found.year * 12 + found.month == day.year * 12 + day.month + months
    assert found.day == day.day or (found.day < day.day and (found + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("name", "day", "expected"),
    [
        ("Europe/Berlin", "2026-11-20", "2026-11-19T23:00:00Z"),
        ("Europe/Berlin", "2026-07-01", "2026-06-30T22:00:00Z"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),  # the clock went from 00:00 to 01:00
        ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"),  # midnight comes twice: the first
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),  # the day that Samoa skipped
    ],
)
def test_a_day_begins_at_the_first_moment_of_its_date(name: str, day: str, expected: str) -> None:
    assert instant_text(instant(date.fromisoformat(day), zone(name))) == expected


@given(name=ZONES, day=DAYS)
def test_the_moment_before_a_day_began_was_another_day(name: str, day: date) -> None:
    began = instant(day, zone(name))
    assert local_date(began, zone(name)) >= day
    assert local_date(began - timedelta(seconds=1), zone(name)) < day


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC)))
def test_instants_survive_being_written_and_read(moment: datetime) -> None:
    text = instant_text(moment)
    assert text.endswith("Z")
    assert parse_instant(text) == moment


@pytest.mark.parametrize(
    "text", ["", "2026-11-20", "2026-11-20T09:30:00", "2026-11-20 09:30", "tomorrow", "2026-13-01T00:00:00Z"]
)
def test_an_instant_without_an_offset_is_refused(text: str) -> None:
    with pytest.raises(InstantInvalid):
        parse_instant(text)


@pytest.mark.parametrize("name", ["", "Berlin", "../etc/passwd", "/etc/localtime", "Europe/berlin\0"])
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(ZoneUnknown):
        zone(name)


def test_now_is_aware() -> None:
    assert utc_now().tzinfo is UTC
