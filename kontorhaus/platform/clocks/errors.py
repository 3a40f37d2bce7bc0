"""What may be in the way of a test clock."""

from __future__ import annotations

from kontorhaus.kernel.errors import Conflict, NotFound, Refused


class TestClockNotFound(NotFound):
    """Your organization has no test clock: its time is the machine's. Create one to stop its time."""

    code = "test_clock_not_found"
    title = "No test clock"


class TestClockInLiveMode(Refused):
    """A live organization's time is everybody's. Use a key of your test organization."""

    code = "test_clock_in_live_mode"
    title = "Live time does not stop"


class TestClockExists(Conflict):
    """Your organization has a test clock already. Advance it, or delete it first."""

    code = "test_clock_exists"
    title = "There is a test clock"


class TestClockAdvancing(Conflict):
    """The test clock is being advanced, and the jobs on its way are being carried out. Read it to see how far it has
    come; when its status is `ready` again, repeat the call."""

    code = "test_clock_advancing"
    title = "The test clock is on its way"


class TestClockAhead(Refused):
    """A test clock begins now or in the past. Begun in the future it would pass over jobs that are due before: create
    it at the present, and advance it."""

    code = "test_clock_ahead"
    title = "A test clock does not begin in the future"


class TestClockOutOfRange(Refused):
    """A test clock goes from the year 1970 to the year 2999, so that whatever is reckoned from it is still a date."""

    code = "test_clock_out_of_range"
    title = "The instant is out of a clock's range"


class TimeRunsForward(Refused):
    """A test clock goes forward only: what was done at its instant cannot be undone. `now` says where it stands.

    To begin anew at an earlier instant, delete the test clock and create another one.
    """

    code = "time_runs_forward"
    title = "Time runs forward"
