"""Days begin where the wall says so, and billing anchors never drift."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontorhaus.kernel.time import (
    Anchor,
    InstantInvalid,
    Unit,
    ZoneInvalid,
    days_between,
    instant,
    instant_text,
    local_date,
    monotonic,
    parse_instant,
    utc_now,
    zone,
    zone_names,
)

ZONES = st.sampled_from(sorted(zone_names()))
DAYS = st.dates(date(1900, 1, 1), date(2037, 12, 31))


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
        ("2000-02-29", -100, Unit.YEAR, 1, "1900-02-28"),  # 1900 was no leap year
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


@given(day=DAYS, name=ZONES, unit=st.sampled_from(Unit), every=st.integers(1, 5), number=st.integers(-50, 50))
def test_periods_follow_each_other_without_overlap(
    day: date, name: str, unit: Unit, every: int, number: int
) -> None:
    series = Anchor(day, name)
    assert series.date_of(0, unit, every) == day
    assert series.date_of(number, unit, every) < series.date_of(number + 1, unit, every)
    assert series.instant_of(number, unit, every) <= series.instant_of(number + 1, unit, every)
    assert series.date_of(number, unit, every) == series.date_of(number * every, unit)


def test_an_anchor_is_a_date_in_a_zone_that_exists() -> None:
    with pytest.raises(ZoneInvalid):
        Anchor(date(2026, 1, 31), "Europe/Atlantis")
    with pytest.raises(AssertionError):
        Anchor(datetime(2026, 1, 31, tzinfo=UTC), "Europe/Berlin")
    with pytest.raises(AssertionError):
        Anchor(date(2026, 1, 31), "Europe/Berlin").date_of(1, Unit.MONTH, 0)


def test_periods_begin_at_local_midnight_on_both_sides_of_the_change_of_clocks() -> None:
    series = Anchor(date(2026, 3, 15), "Europe/Berlin")
    begins = [instant_text(series.instant_of(number, Unit.MONTH)) for number in range(2)]
    assert begins == ["2026-03-14T23:00:00Z", "2026-04-14T22:00:00Z"]


@given(DAYS, st.integers(-20_000, 20_000))
def test_days_between_counts_calendar_days(day: date, days: int) -> None:
    assert days_between(day, day + timedelta(days=days)) == days


def test_days_are_counted_between_dates_and_not_instants() -> None:
    berlin = zone("Europe/Berlin")
    # The night to 29 March 2026 lost an hour: 23 hours, and one day.
    begin, end = instant(date(2026, 3, 29), berlin), instant(date(2026, 3, 30), berlin)
    assert end - begin == timedelta(hours=23)
    assert days_between(local_date(begin, berlin), local_date(end, berlin)) == 1
    with pytest.raises(AssertionError):
        days_between(begin, end)


@pytest.mark.parametrize(
    ("name", "day", "expected"),
    [
        ("Europe/Berlin", "2026-11-20", "2026-11-19T23:00:00Z"),
        ("Europe/Berlin", "2026-07-01", "2026-06-30T22:00:00Z"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),  # the clock went from 00:00 to 01:00
        ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"),  # midnight comes twice: the first
        ("Asia/Beirut", "2022-03-27", "2022-03-26T22:00:00Z"),  # from 00:00 to 01:00
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z"),  # from 00:00 to 01:00
        ("Atlantic/Azores", "2026-10-25", "2026-10-25T00:00:00Z"),  # from 01:00 back to 00:00: the first
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),  # the day that Samoa skipped
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),  # and the day after it
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30:00Z"),  # from 23:30 to 00:30, across midnight
        ("America/St_Johns", "2006-10-29", "2006-10-29T02:30:00Z"),  # from 00:01 back to 23:01: the first
    ],
)
def test_a_day_begins_at_the_first_moment_of_its_date(name: str, day: str, expected: str) -> None:
    assert instant_text(instant(date.fromisoformat(day), zone(name))) == expected


@given(name=ZONES, day=DAYS)
def test_the_moment_before_a_day_began_was_another_day(name: str, day: date) -> None:
    began = instant(day, zone(name))
    assert local_date(began, zone(name)) >= day
    assert local_date(began - timedelta(seconds=1), zone(name)) < day


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_survive_being_written_and_read(moment: datetime) -> None:
    text = instant_text(moment)
    assert text.endswith("Z")
    assert parse_instant(text) == moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T09:30:00Z",            "2026-11-20T09:30:00Z"),
        ("2026-11-20t09:30:00z",            "2026-11-20T09:30:00Z"),  # RFC 3339, 5.6: either case
        ("2026-11-20T09:30:00.5Z",          "2026-11-20T09:30:00.500000Z"),
        ("2026-11-20T09:30:00.123456789Z",  "2026-11-20T09:30:00.123456Z"),
        ("2026-11-20T09:30:00+01:00",       "2026-11-20T08:30:00Z"),
        ("2026-11-20T09:30:00-00:00",       "2026-11-20T09:30:00Z"),
        ("2026-01-01T00:30:00+01:00",       "2025-12-31T23:30:00Z"),
    ],
)  # fmt: skip
def test_an_instant_is_read_as_rfc_3339_writes_it(text: str, expected: str) -> None:
    assert instant_text(parse_instant(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "tomorrow", "2026-11-20", "2026-11-20T09:30:00", "2026-11-20 09:30", "2026-11-20T09:30Z",
        "2026-11-20 09:30:00Z", "2026-11-20x09:30:00Z", "20261120T093000.000Z", "2026-W47-5T09:30:00Z",
        "2026-11-20T09:30:00,5Z", "2026-11-20T09:30:00.Z", "2026-11-20T09:30:00+01", "2026-11-20T09:30:00+01:00:30",
        "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-20T24:00:00Z", "2026-12-31T23:59:60Z",
        "2026-11-20T09:30:00+24:00", "2026-11-20T09:30:00Z\n", "٢٠٢٦-11-20T09:30:00Z", "2026-11-20T09:30:00\udc80Z",
        "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00",
    ],
)  # fmt: skip
def test_what_is_no_instant_with_an_offset_is_refused(text: str) -> None:
    with pytest.raises(InstantInvalid):
        parse_instant(text)


def test_the_ends_of_the_calendar_are_refused_and_not_a_crash() -> None:
    berlin = zone("Europe/Berlin")
    with pytest.raises(InstantInvalid):
        instant(date.min, berlin)
    with pytest.raises(InstantInvalid):
        local_date(datetime.max.replace(tzinfo=UTC), berlin)


def test_a_naive_instant_is_a_programmers_mistake() -> None:
    naive = utc_now().replace(tzinfo=None)
    with pytest.raises(AssertionError):
        instant_text(naive)
    with pytest.raises(AssertionError):
        local_date(naive, zone("Europe/Berlin"))


@pytest.mark.parametrize(
    "name",
    [
        "", "Berlin", "Europe", "europe/berlin", "Europe/Berlin\0", "Europe/Berlin\n", "../etc/passwd",
        "/etc/localtime", "localtime", "posixrules", "right/Europe/Berlin", "posix/Europe/Berlin", "Factory", "+01:00",
    ],
)  # fmt: skip
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(ZoneInvalid):
        zone(name)


def test_every_zone_of_the_package_can_be_loaded() -> None:
    assert {zone(name).key for name in zone_names()} == zone_names()
    assert {"Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC"} <= zone_names()


def test_the_machines_clocks() -> None:
    before, moment, after = monotonic(), utc_now(), monotonic()
    assert moment.tzinfo is UTC
    assert before <= after
