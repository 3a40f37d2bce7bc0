"""What a caller asks of the feed, and the ids that events have outside. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final, NewType
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.ids import Noun
from kontorhaus.platform.eventlog import Cursor, Event, Wanted
from kontorhaus.wire.feed.errors import EventFilterInvalid

EventId = NewType("EventId", UUID)

EVENT: Final = Noun("evt", EventId)

EPOCH_BITS: Final = 12
POSITION_BITS: Final = 62
"""What a UUIDv7 (RFC 9562, 5.7) has beside its 48 bits of milliseconds, its version and its variant."""

UNIX_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Asked(Struct, frozen=True, kw_only=True):
    """One call of the feed. `after` None begins with the oldest fact that is kept, `from_now` at the present end.
    `xid` is a commit to be waited for first, for `commit_patience` at most; `patience` is how long to wait for a fact
    if there is none.
    """

    after: Cursor | None
    from_now: bool
    wanted: Wanted
    limit: int
    xid: int | None
    commit_patience: timedelta
    patience: timedelta
    expand: bool

    @property
    def waits(self) -> bool:
        return self.xid is not None or bool(self.patience)


def id_of(event: Event) -> EventId:
    """The id of an event: a UUIDv7 of its instant, whose other bits are its epoch and position. So it is the same for
    every reader at all times, sorts by time, and is found again without an index of its own."""
    milliseconds = (event.at - UNIX_EPOCH) // timedelta(milliseconds=1)
    high = (milliseconds << 16) | (0x7 << 12) | (event.epoch & (2**EPOCH_BITS - 1))
    return EventId(UUID(int=(high << 64) | (0b10 << POSITION_BITS) | event.position))


def place_of(event_id: EventId) -> int:
    """The position that an id of this form names; whether the event there has this id is to be seen."""
    return int(event_id.int & (2**POSITION_BITS - 1))


def wanted(
    types: Collection[str] | None,
    subject: tuple[str, UUID] | None,
    *,
    known_types: Collection[str],
    known_nouns: Collection[str],
) -> Wanted:
    """The filter, once it is sure that it can find something; else EventFilterInvalid."""
    faults = [
        Fault("types", _unknown(f"number {number} is no type of event", name, known_types))
        for number, name in enumerate(types or (), 1)
        if name not in known_types
    ]
    if subject is not None and subject[0] not in known_nouns:
        faults.append(
            Fault("subject", _unknown("no event speaks of such an object", subject[0], known_nouns))
        )
    if faults:
        raise EventFilterInvalid(f"{faults[0].pointer}: {faults[0].detail}", faults=tuple(faults))
    return Wanted(
        kinds=None if types is None else tuple(sorted(set(types))),
        subject_id=None if subject is None else subject[1],
    )


def _unknown(what: str, name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{what}{hint}"
