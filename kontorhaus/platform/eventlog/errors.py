"""What may go wrong with the log and its readers."""

from __future__ import annotations

from kontorhaus.kernel.errors import Conflict, Invalid, NotFound, Refused, Unavailable


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


class LogCursorInvalid(Invalid):
    """The cursor is garbled, or belongs to another organization. Cursors are opaque: pass on the one of the page before
    as it came, `now` for the log's present end, or none to begin at its start."""

    code = "log_cursor_invalid"
    title = "Not a cursor of this log"


class CommitTokenInvalid(Invalid):
    """The commit token is garbled, or belongs to another organization. Pass on the `Kontorhaus-Commit` of your write
    as it came."""

    code = "commit_token_invalid"
    title = "Not a commit token"


class CommitUnknown(Conflict):
    """The log knows no such commit: the database was restored to an earlier state since, or taken over by a standby
    that had not heard of it. Read the object of your write; if it is not as you left it, repeat the write.
    """

    code = "commit_unknown"
    title = "The commit is gone"


class CommitNotPublished(Unavailable):
    """The facts of this commit are not published yet. They are kept and will be; ask again with the same token."""

    code = "commit_not_published"
    title = "The log has not come this far"


class TooManyWaiting(Unavailable):
    """As many calls wait for facts as this process, or your organization in it, may have waiting. Ask again after a
    moment, or without `timeout`: what is published already is answered at once."""

    code = "too_many_waiting"
    title = "Too many calls are waiting"
    retry_after_seconds = 5
