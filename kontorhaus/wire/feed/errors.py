"""What may go wrong with reading events."""

from __future__ import annotations

from kontorhaus.kernel.errors import Invalid, NotFound


class EventNotFound(NotFound):
    """There is no event with this id in your organization, or it is older than what the log keeps."""

    code = "event_not_found"
    title = "No such event"


class EventFilterInvalid(Invalid):
    """A filter names a type of event, or a kind of object, that no event has. It would never find anything, so it is
    taken for a slip of the pen. `errors` says which and what is near."""

    code = "event_filter_invalid"
    title = "No event is of this kind"
