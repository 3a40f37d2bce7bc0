"""Holds that end by themselves: each is due by its organization's clock, as a job of the transaction that placed it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.ledger.model.entries import EntrySet, Hold
from kontorhaus.platform import jobs
from kontorhaus.platform.db import Tx
from kontorhaus.platform.jobs import Clock, Kind, Queue

QUEUE: Final = Queue("ledger", slots=2)
"""Two at a time: what is due at one instant ends in one transaction after the other anyway, for it locks guards."""


class Due(Struct, frozen=True):
    """The instant of business time at which holds end."""

    at: datetime


EXPIRE: Final = Kind("ledger.expire", Due, QUEUE)


async def arm(tx: Tx, org_id: OrgId, placed: Iterable[EntrySet]) -> None:
    """Have holds that were just placed end when their time is over: one job for each instant of a call.

    Without a key that would make two calls share one: they would wait for each other's commit. A job that finds
    nothing due has cost a look.
    """
    instants = {
        entry.expires_at
        for one in placed
        for entry in one.entries
        if isinstance(entry, Hold) and entry.expires_at is not None
    }
    if instants:
        due = [EXPIRE.job(org_id, Due(at), due_at=at, clock=Clock.BUSINESS) for at in sorted(instants)]
        await jobs.enqueue_many(tx, due, now=utc_now())
