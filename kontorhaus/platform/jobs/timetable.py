"""When jobs come by themselves: pure reckoning of fire times."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final, Protocol

from msgspec import Struct

from kontorhaus.kernel.time import local_date, zone
from kontorhaus.platform.jobs.model import Job

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Schedule(Protocol):
    def latest(self, now: datetime) -> datetime:
        """The last fire time that is not after `now`; the same for every worker that asks."""


class Every(Struct, frozen=True):
    """At every multiple of a period since 1970, so that all processes mean the same instants."""

    period: timedelta

    def latest(self, now: datetime) -> datetime:
        return now - (now - EPOCH) % self.period


class Daily(Struct, frozen=True):
    """Every day at a time on the wall of a zone. Where the clock jumps over that time, as much later as it jumps; where
    the time comes twice, the first of the two."""

    at: time
    zone: str

    def latest(self, now: datetime) -> datetime:
        place = zone(self.zone)
        today = local_date(now, place)
        fires = [datetime.combine(today - timedelta(days=n), self.at, place).astimezone(UTC) for n in (0, 1)]
        return next(fire for fire in fires if fire <= now)


class Timetable(Struct, frozen=True):
    """A job that is enqueued at fire times. `name` is what its last fire time is kept under: never rename it."""

    name: str
    schedule: Schedule
    job: Job
