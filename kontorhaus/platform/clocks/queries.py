"""What time it is for an organization."""

from __future__ import annotations

from datetime import datetime

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform.clocks import store
from kontorhaus.platform.clocks.errors import TestClockNotFound
from kontorhaus.platform.clocks.model import TestClock
from kontorhaus.platform.db import Tx


async def now(tx: Tx, org_id: OrgId) -> datetime:
    """An organization's business time: that of its test clock, or the machine's. For jobs and reactions; a route has it
    as `call.now`.

    While a clock is advanced, a job of business time that the advance carries out sees its own due instant, and so do
    the jobs and reactions that follow from it. Not guaranteed: that it stands still for anybody else.
    """
    found = await store.NOW.maybe(tx, org_id)
    return utc_now() if found is None else found.now_at


async def find(tx: Tx, org_id: OrgId) -> TestClock | None:
    """The organization's test clock, if it has one."""
    return await store.FIND.maybe(tx, org_id)


async def test_clock(tx: Tx, org_id: OrgId) -> TestClock:
    """The organization's test clock; TestClockNotFound if its time is the machine's."""
    found = await find(tx, org_id)
    if found is None:
        raise TestClockNotFound("this organization has no test clock")
    return found
