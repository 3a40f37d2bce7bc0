"""How events look at the edge: the fact's body with the ids of the API, and on demand the object as it is now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from kontorhaus.kernel.ids import OrgId, prefix_of, text_of
from kontorhaus.kernel.money import Money
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.db import Tx
from kontorhaus.platform.eventlog import Event, Fact, FactUnknown, Stretch, cursor_text
from kontorhaus.wire.feed.model import EVENT, id_of

Snapshot = Callable[[Tx, Sequence[UUID], Actor, str, datetime], Awaitable[Mapping[UUID, Struct]]]
"""A room's objects of one noun as they are now, as the API shows them to this caller in this version at this instant:
one query for all, in which those are missing that are gone, erased, or out of his sight."""

Objects = Mapping[tuple[str, UUID], Struct]

PAGE_BYTES_MAX: Final = 95_000
"""Events of one page: with what stands round them the answer stays below 100 kB, which a phone on a bad network gets in
some seconds. One that is larger by itself comes alone."""


class SubjectView(Struct, frozen=True):
    type: Annotated[str, Meta(description="What kind of object: the prefix of its id.", examples=["pty"])]
    id: str
    object: Annotated[
        dict[str, Any] | UnsetType | None,
        Meta(
            description="With `expand=subject`: the object as it is now, not as it was then. Null when it is gone or "
            "erased, and when the key may not read it."
        ),
    ] = UNSET


class EventView(Struct, frozen=True):
    id: Annotated[str, Meta(description="The same for every reader at all times.")]
    type: Annotated[str, Meta(examples=["party.created"])]
    version: Annotated[int, Meta(description="Of the form of `data`, for this type.")]
    created_at: datetime
    subject: SubjectView
    data: Annotated[dict[str, Any], Meta(description="What became true: ids, states, amounts, versions.")]
    cursor: Annotated[str, Meta(description="The place of this event; to go on behind it.")]


class EventPageView(Struct, frozen=True):
    data: list[EventView]
    has_more: Annotated[bool, Meta(description="Whether more can be read at once.")]
    next_cursor: Annotated[str, Meta(description="Where to go on: always there, also behind an empty page.")]


def event(org_id: OrgId, found: Event, objects: Objects | None) -> EventView:
    """One event; with its object, or the null in its place, if there are `objects`. FactUnknown for a newer one."""
    shown: Any = UNSET
    if objects is not None:
        current = objects.get((found.subject_kind, found.subject_id))
        shown = None if current is None else msgspec.to_builtins(current, builtin_types=(datetime,))
    return EventView(
        id=EVENT.text(id_of(found)),
        type=found.kind,
        version=found.version,
        created_at=found.at,
        subject=SubjectView(found.subject_kind, text_of(found.subject_kind, found.subject_id), shown),
        data=data(found.fact()),
        cursor=cursor_text(org_id, found.cursor),
    )


def page(org_id: OrgId, stretch: Stretch, objects: Objects | None) -> EventPageView:
    """As many events as fit; the page ends before the first that does not, and before a fact of a newer release, so
    that FactUnknown is raised only where there is nothing else to show."""
    shown: list[EventView] = []
    size = 0
    for found in stretch.events:
        try:
            view = event(org_id, found, objects)
        except FactUnknown:
            if not shown:
                raise
            break
        size += len(msgspec.json.encode(view))
        if shown and size > PAGE_BYTES_MAX:
            break
        shown.append(view)
    else:
        return EventPageView(
            data=shown, has_more=stretch.more, next_cursor=cursor_text(org_id, stretch.until)
        )
    return EventPageView(data=shown, has_more=True, next_cursor=shown[-1].cursor)


Render = Callable[[Any], Any]


def data(fact: Fact) -> dict[str, Any]:
    """The body of a fact as the API shows it, without its subject, which is shown apart."""
    return {name: render(getattr(fact, name)) for name, render in renders(type(fact)).items()}


@cache
def renders(fact: type[Struct]) -> Mapping[str, Render]:
    """How each field of a struct is shown, by its type. An id without a noun is a programmer's mistake."""
    hints = get_type_hints(fact)
    names = [name for name in fact.__struct_fields__ if not (issubclass(fact, Fact) and name == "subject")]
    return {name: _render(hints[name], f"{fact.__name__}.{name}") for name in names}


def _render(kind: Any, where: str) -> Render:
    prefix = prefix_of(kind)
    if prefix is not None:
        return lambda value: None if value is None else text_of(prefix, value)
    assert kind is not UUID, f"{where} is an id of no noun"
    if kind is Money:
        return lambda value: {"amount": value.minor, "currency": value.currency}
    if isinstance(kind, type) and issubclass(kind, Struct):
        fields = renders(kind)
        return lambda value: {name: render(getattr(value, name)) for name, render in fields.items()}
    inner = [_render(one, where) for one in get_args(kind) if one is not type(None)]
    if get_origin(kind) in (list, tuple, Sequence):
        return lambda values: [inner[0](value) for value in values]
    if get_origin(kind) is dict:
        return lambda values: {inner[0](key): inner[1](value) for key, value in values.items()}
    return _optional(inner[0]) if len(inner) == 1 and type(None) in get_args(kind) else _plain


def _optional(inner: Render) -> Render:
    return lambda value: None if value is None else inner(value)


def _plain(value: Any) -> Any:
    return value
