"""Named places in the code at which a test may kill or stop this very process, to see that nothing is lost there.

In every process but one that was started for it `reach` does nothing. What shall happen is written as

    payments.capture.sent=kill@3      kill this process (SIGKILL) when it comes to the place for the third time
    payments.*=kill%0.5               in half a percent of the times that it comes to any place of the payments
    payments.refund.answered=pause:0.2    stand still for 0.2 seconds at each time: nothing else runs meanwhile

with commas between them. The first one that names a place decides. Nothing of this can reach a house at work by
mistake: a process refuses to start with `KONTORHAUS_FAILPOINTS` unless its database is named `…_faults` and the
file for the trail is named too.
"""

from __future__ import annotations

import os
import random
import re
import signal
import threading
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import Struct

from kontorhaus.kernel.time import utc_now
from kontorhaus.platform.settings import SettingInvalid, Settings

DATABASE_SUFFIX: Final = "_faults"
"""How the database of a house must be called that may be killed. No house at work has a database of this name unless
somebody gave it to it, and a setting that was copied from a test meets another one."""

RULE: Final = re.compile(
    r"(?P<place>[a-z_][a-z0-9_.]*(?:\*)?|\*)=(?:kill|pause:(?P<pause>[0-9]+(?:\.[0-9]+)?))"
    r"(?:@(?P<nth>[1-9][0-9]*)|%(?P<percent>[0-9]+(?:\.[0-9]+)?))?"
)
"""`place=kill` or `place=pause:seconds`, at each reach, at the nth one (`@3`) or in some of a hundred (`%0.5`)."""

PAUSE_SECONDS_MAX: Final = 60.0
"""Longer than any lease of the house lasts: whoever stands still for that long has lost what he held."""


class Rule(Struct, frozen=True):
    """What happens at a place. `place` may end in `*`; `pause_seconds` is None for a kill."""

    place: str
    pause_seconds: float | None = None
    nth: int | None = None
    percent: float | None = None

    def names(self, name: str) -> bool:
        return name.startswith(self.place[:-1]) if self.place.endswith("*") else name == self.place


class Acted(Struct, frozen=True):
    """A line of the trail: written before the process is killed, so that whoever did this knows where it was."""

    at: str
    pid: int
    place: str
    act: str
    reached: int


class _Plan:
    """The rules of this process, how often each place was reached, and the file that is told."""

    def __init__(self, rules: tuple[Rule, ...], trail: Path) -> None:
        self._rules = rules
        self._trail = trail
        self._reached: dict[str, int] = {}

    def reach(self, name: str) -> None:
        reached = self._reached[name] = self._reached.get(name, 0) + 1
        rule = next((rule for rule in self._rules if rule.names(name)), None)
        if rule is None or not _falls(rule, reached):
            return
        self._tell(name, "kill" if rule.pause_seconds is None else "pause", reached)
        if rule.pause_seconds is None:
            os.kill(os.getpid(), signal.SIGKILL)
        # The whole process stands still on purpose: so does one that the machine has stopped.
        threading.Event().wait(rule.pause_seconds)

    def _tell(self, name: str, act: str, reached: int) -> None:
        line = Acted(at=utc_now().isoformat(), pid=os.getpid(), place=name, act=act, reached=reached)
        trail = os.open(self._trail, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(trail, msgspec.json.encode(line) + b"\n")
        finally:
            os.close(trail)


_plan: _Plan | None = None


def reach(name: str) -> None:
    """Say that the code has come to this place. Does nothing, in the time of one comparison, unless this process was
    started to fail. Names are `<room>.<what>.<phase>`, such as `payments.capture.sent`."""
    if _plan is not None:
        _plan.reach(name)


def rules(text: str) -> tuple[Rule, ...]:
    """The rules as they are written in the setting. Raises SettingInvalid, which names the one that is wrong."""
    read = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = RULE.fullmatch(part)
        if found is None:
            raise SettingInvalid(
                f"KONTORHAUS_FAILPOINTS: {part!r} is no rule; write place=kill or place=pause:0.2, then @3 or %0.5"
            )
        pause, nth, percent = found["pause"], found["nth"], found["percent"]
        read.append(
            Rule(
                place=found["place"],
                pause_seconds=min(float(pause), PAUSE_SECONDS_MAX) if pause else None,
                nth=int(nth) if nth else None,
                percent=float(percent) if percent else None,
            )
        )
    return tuple(read)


def arm(settings: Settings) -> None:
    """Let this process fail as the settings say; without the setting nothing happens. Once, when a role starts.

    Raises SettingInvalid if a rule is wrong, if no trail is named, or if the database may not be of a house that is
    killed: it must be named by KONTORHAUS_DATABASE_URL and its name must end in `_faults`.
    """
    global _plan  # noqa: PLW0603  # a process has one plan, as it has one end
    if settings.failpoints is None:
        return
    address = urlsplit(settings.database_url or "")
    # A parameter of the address may name another database than its path does.
    elsewhere = {"dbname", "database"} & dict(parse_qsl(address.query)).keys()
    if elsewhere or not address.path.endswith(DATABASE_SUFFIX):
        raise SettingInvalid(
            f"KONTORHAUS_FAILPOINTS kills processes, so the database's name must end in {DATABASE_SUFFIX}"
        )
    if settings.failpoints_trail is None:
        raise SettingInvalid("KONTORHAUS_FAILPOINTS_TRAIL must name the file that is told of each kill")
    _plan = _Plan(rules(settings.failpoints), Path(settings.failpoints_trail))


def disarm() -> None:
    """Nothing fails any more in this process: for tests that arm their own."""
    global _plan  # noqa: PLW0603
    _plan = None


def _falls(rule: Rule, reached: int) -> bool:
    if rule.nth is not None:
        return reached == rule.nth
    return rule.percent is None or random.random() * 100 < rule.percent  # noqa: S311  # chance, no secret
