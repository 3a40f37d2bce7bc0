"""What goes wrong with a job beside its own work. No caller of the API sees these: they end in `reason` and the log."""

from __future__ import annotations


class LeaseLost(Exception):
    """The job is no longer this attempt's: its lease ran out and another worker has it, or a person has parked it.

    Raised by the completion inside the transaction of the effect, so that the effect is rolled back with it.
    """


class KindUnknown(Exception):
    """No handler of this process carries out jobs of that kind; another process's may, so the job is tried again."""
