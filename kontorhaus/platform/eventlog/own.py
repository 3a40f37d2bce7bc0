"""Reading one organization's part of the log: what a caller outside sees of it, stretch by stretch."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform.db import Tx
from kontorhaus.platform.eventlog import store
from kontorhaus.platform.eventlog.model import Appeared, Cursor, Event

STRETCH_MAX: Final = 5_000
"""Facts looked through in one statement where a filter finds none: some milliseconds."""


class Wanted(Struct, frozen=True):
    """Which facts a reader asks for: of some kinds, of one object, or of both; None asks for all."""

    kinds: tuple[str, ...] | None = None
    subject_id: UUID | None = None

    @property
    def everything(self) -> bool:
        return self.kinds is None and self.subject_id is None

    def takes(self, fact: Appeared) -> bool:
        of_kind = self.kinds is None or fact.kind in self.kinds
        return of_kind and (self.subject_id is None or fact.subject_id == self.subject_id)


class Stretch(Struct, frozen=True):
    """What a look found: every fact that was wanted up to and including `until`, and whether more of the log lies
    behind."""

    events: list[Event]
    until: Cursor
    more: bool


async def read_own(tx: Tx, org_id: OrgId, after: Cursor, head: Cursor, wanted: Wanted, limit: int) -> Stretch:
    """The next facts of an organization behind `after`, `limit` at most and none behind `head`, in their order.

    A filter that finds nothing looks through `STRETCH_MAX` of the organization's facts and says how far it came. What
    is returned never changes, and nothing will ever be published before `until`.
    """
    end, looked_at = None, limit + 1
    if not wanted.everything:
        looked_at = STRETCH_MAX
        end = await store.OWN_STRETCH.maybe(tx, org_id, after.position, STRETCH_MAX - 1)
    # What was published since the head was looked at is left for the next time.
    until = end if end is not None and end.position < head.position else head
    kinds = None if wanted.kinds is None else list(wanted.kinds)
    events = await store.READ_OWN.all(
        tx, org_id, after.position, until.position, kinds, wanted.subject_id, looked_at, limit + 1
    )
    if len(events) > limit:
        return Stretch(events=events[:limit], until=events[limit - 1].cursor, more=True)
    # A head that is behind the cursor is of an instant before: nobody is sent back.
    until = until if until.position > after.position else after
    return Stretch(events=events, until=until, more=until == end)


async def find_own(tx: Tx, org_id: OrgId, position: int) -> Event | None:
    """The fact of an organization at this very place; None if there is none, or if it is another's."""
    return await store.ONE_OWN.maybe(tx, org_id, position)
