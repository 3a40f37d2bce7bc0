"""What may go wrong with the log and its readers."""

from __future__ import annotations

from kontorhaus.kernel.errors import Conflict, NotFound, Refused, Unavailable


class FactUnknown(Unavailable):
    """The log holds a fact of a kind or version that this code does not know: a newer release has written it, as
    happens while a deploy rolls. It is read again later; finish the deploy.
    """

    code = "fact_unknown"
    title = "A fact of a newer release"


class SubscriberUnknown(NotFound):
    """No subscriber of the event log has this name. One gets its cursor when a process that runs it starts."""

    code = "subscriber_unknown"
    title = "No such subscriber"


class ReplayAhead(Refused):
    """A replay goes back in the log, never ahead: facts between the subscriber's place and this one would be lost."""

    code = "replay_ahead"
    title = "A replay cannot skip facts"


class CursorStale(Conflict):
    """The place in the log does not exist: it was given out before the database was restored to an earlier state, or
    what it names is older than what the log keeps. Read the objects anew, and go on from the log's present end.
    """

    code = "cursor_stale"
    title = "The place in the log is gone"
