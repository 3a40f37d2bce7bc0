"""The feed over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from kontorhaus.kernel.ids import ANY_ID, parse_any
from kontorhaus.platform import eventlog
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.eventlog import (
    CommitNotPublished,
    CommitTokenInvalid,
    CommitUnknown,
    CursorStale,
    FactUnknown,
    LogCursorInvalid,
    TooManyWaiting,
)
from kontorhaus.platform.http import API_VERSION, Call, route
from kontorhaus.wire.feed import queries
from kontorhaus.wire.feed.errors import EventFilterInvalid, EventNotFound
from kontorhaus.wire.feed.model import EVENT, Asked, wanted
from kontorhaus.wire.feed.queries import Feed, Looker
from kontorhaus.wire.feed.views import EventPageView, EventView

NOW: Final = "now"
"""The cursor of the log's present end. No cursor of ours is so short."""

MARGIN: Final = timedelta(seconds=2)
"""What a call that has waited keeps of its deadline, for the reading and the answer."""

COMMIT_PATIENCE: Final = timedelta(seconds=5)
"""How long a call waits for a commit. It is published after some hundredths of a second, unless no sequencer runs."""

Expand = Annotated[
    tuple[Literal["subject"], ...],
    Meta(description="`subject`: show the object that the event speaks of, as it is now.", max_length=1),
]


class EventsQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters may change from page to page: a cursor is a place in the log, whatever is looked for."""

    limit: Annotated[int, Meta(ge=1, le=100, description="How many events a page has at most.")] = 20
    cursor: Annotated[
        str | None,
        Meta(
            description="`next_cursor` of the page before, or the `cursor` of an event. `now` begins at the log's "
            "present end; without one the page begins with the oldest event that is kept."
        ),
    ] = None
    types: (
        Annotated[
            tuple[Annotated[str, Meta(max_length=100)], ...],
            Meta(
                description="Only events of these types.",
                min_length=1,
                max_length=100,
                examples=[["party.created", "party.updated"]],
            ),
        ]
        | None
    ) = None
    subject: (
        Annotated[
            str,
            Meta(
                pattern=ANY_ID,
                description="Only events that speak of this object: its id.",
                examples=["pty_01h455vb4pex5vsknk084sn02q"],
            ),
        ]
        | None
    ) = None
    timeout: Annotated[
        int,
        Meta(
            ge=0,
            le=60,
            description="Seconds to wait for an event when there is none yet. The answer may come earlier than that, "
            "with an empty page: 18 seconds are the longest wait unless the server is set otherwise.",
        ),
    ] = 0
    wait: Annotated[
        str | None,
        Meta(description="`Kontorhaus-Commit` of a write: its events are there before the page is read."),
    ] = None
    expand: Expand = ()


class EventQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    expand: Expand = ()


@route(
    "GET",
    "/v1/events",
    scope="events:read",
    query=EventsQuery,
    answer=EventPageView,
    errors=(
        LogCursorInvalid,
        EventFilterInvalid,
        CommitTokenInvalid,
        CursorStale,
        CommitUnknown,
        CommitNotPublished,
        TooManyWaiting,
        FactUnknown,
    ),
    tag="Events",
)
async def list_events(call: Call[None, EventsQuery]) -> Answer:
    """List what became true, in the order in which it was published.

    Every change leaves an event. Go on with `next_cursor`, which is there also when the page is empty: no event is
    skipped or comes twice, whoever writes meanwhile. Events of one object stand in the order in which they happened;
    between objects there is no such order. With `timeout` the call waits for the next event and answers as soon as
    there is one.
    """
    asked = _asked(call)
    found = await queries.page(_feed(call), _looker(call), asked, call.interrupted)
    return answer(found)


@route(
    "GET",
    "/v1/events/{event_id}",
    scope="events:read",
    query=EventQuery,
    answer=EventView,
    errors=(EventNotFound, FactUnknown),
    ids={"event_id": EVENT},
    tag="Events",
)
async def get_event(call: Call[None, EventQuery]) -> Answer:
    """Read an event."""
    found = await queries.event(
        _feed(call), _looker(call), call.id(EVENT, "event_id"), expand=bool(call.query.expand)
    )
    return answer(found)


def _feed(call: Call[Any, Any]) -> Feed:
    return Feed(db=call.db, tail=call.resources.tail, snapshots=call.resources.snapshots)


def _looker(call: Call[Any, Any]) -> Looker:
    return Looker(viewer=call.actor, version=API_VERSION, now=call.now)


def _asked(call: Call[None, EventsQuery]) -> Asked:
    query, org_id = call.query, call.actor.org_id
    subject = (query.subject.rpartition("_")[0], parse_any(query.subject)) if query.subject else None
    facts = eventlog.published_types()
    longest = max(timedelta(), timedelta(seconds=call.resources.settings.answer_seconds_max) - MARGIN)
    after = eventlog.cursor_of(org_id, query.cursor) if query.cursor not in (None, NOW) else None
    return Asked(
        after=after,
        from_now=query.cursor == NOW,
        wanted=wanted(
            query.types,
            subject,
            known_types={str(fact.__struct_config__.tag) for fact in facts},
            known_nouns={fact.NOUN.prefix for fact in facts},
        ),
        limit=query.limit,
        xid=eventlog.commit_of(org_id, query.wait) if query.wait is not None else None,
        commit_patience=min(COMMIT_PATIENCE, longest),
        patience=min(timedelta(seconds=query.timeout), longest),
        expand=bool(query.expand),
    )


ROUTES = (list_events, get_event)
