"""One jump does what many small ones do: the same effects, at the same instants, in the same order.

A whole year of single days, and more calendars:

    CLOCKS_DAYS=365 CLOCKS_EXAMPLES=100 pytest tests/platform/clocks/test_jumps.py
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import monotonic
from kontorhaus.platform.db import Db
from kontorhaus.platform.jobs import Priority
from kontorhaus.platform.secrets import Keyring
from tests.platform.clocks import calendar
from tests.platform.clocks.calendar import DAY, START, Entry
from tests.platform.clocks.conftest import FrozenOrganization

YEAR: Final = timedelta(days=365)

DAYS: Final = int(os.environ.get("CLOCKS_DAYS", "92"))
assert DAYS % 7 == 1, "the last day is one of the weekly job's"

EXAMPLES: Final = int(os.environ.get("CLOCKS_EXAMPLES", "6"))

names = st.text("abcdef", min_size=1, max_size=3)
# Few different instants, so that several jobs meet at one; some between two days, and some at the very end of a jump.
moments = st.sampled_from([0, 1, DAY // 2, DAY, 3 * DAY, 30 * DAY, 364 * DAY, 365 * DAY, 366 * DAY])
priorities = st.sampled_from(list(Priority))
machine = st.builds(Entry, names, machine=st.just(True), priority=priorities)
leaves = st.builds(Entry, names, after=moments, priority=priorities)
bringing = st.lists(leaves | machine, max_size=2).map(tuple)
branches = st.builds(Entry, names, after=moments, priority=priorities, brings=bringing, told=bringing)
recurring = st.builds(
    Entry,
    names,
    after=moments,
    priority=priorities,
    every=st.sampled_from([13 * DAY, 30 * DAY, 90 * DAY]),
    brings=bringing,
    told=bringing,
)
calendars = st.lists(branches | recurring, min_size=1, max_size=4).map(tuple)
cuts = st.lists(st.integers(0, 365 * DAY), max_size=6)


async def live(
    db: Db, keyring: Keyring, org_id: OrgId, entries: tuple[Entry, ...], stops: list[datetime]
) -> None:
    async with db.org(org_id) as tx:
        await calendar.enter(tx, org_id, entries, START)
    worker = calendar.worker(db, keyring)
    for to in stops:
        await calendar.begin(db, org_id, to)
        await worker.drain()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=calendars, stops=cuts)
async def test_any_partition_of_a_year_does_what_one_jump_does(
    db: Db, keyring: Keyring, frozen: FrozenOrganization, entries: tuple[Entry, ...], stops: list[int]
) -> None:
    end = START + YEAR
    together, apart = await frozen(), await frozen()
    await live(db, keyring, together, entries, [end])
    await live(db, keyring, apart, entries, [*(START + timedelta(seconds=s) for s in sorted(stops)), end])

    lived = await calendar.diary(db, together)
    assert lived == await calendar.diary(db, apart)
    assert [at for _, at in lived] == sorted(at for _, at in lived), "time runs forward"
    assert all(at <= end for _, at in lived)


async def test_one_jump_does_what_single_days_do(
    db: Db, keyring: Keyring, frozen: FrozenOrganization
) -> None:
    """Recurring ones that meet, some that bring others at the same instant or later, and some that tell the log."""
    entries = (
        Entry("daily", after=DAY, every=DAY, told=(Entry("same instant"), Entry("by machine", machine=True))),
        Entry("weekly", after=DAY, every=7 * DAY, priority=Priority.PERSON_WAITS, brings=(Entry("now"),)),
        Entry("noon", after=DAY // 2, every=3 * DAY, brings=(Entry("day after", after=DAY + 1),)),
        Entry("end", after=DAYS * DAY),
        Entry("never", after=DAYS * DAY + 1),
    )
    together, apart, end = await frozen(), await frozen(), START + timedelta(days=DAYS)
    began = monotonic()
    await live(db, keyring, together, entries, [end])
    took = monotonic() - began
    await live(db, keyring, apart, entries, [START + timedelta(days=day) for day in range(1, DAYS + 1)])

    lived = await calendar.diary(db, together)
    assert lived == await calendar.diary(db, apart)
    weeks, noons = (DAYS + 6) // 7, (2 * DAYS - 1) // 6 + 1
    assert len(lived) == DAYS * 4 + weeks * 2 + noons * 2 + 1
    last = ["weekly", "end", "daily", "now", "read", "by machine", "same instant"]
    assert lived[-7:] == [(name, end) for name in last]
    assert took < 60, "a jump is a matter of seconds"
