"""A process fails where it was told to, says so before, and no house at work can be told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from kontorhaus.kernel.time import monotonic
from kontorhaus.platform import failpoints
from kontorhaus.platform.failpoints import Acted, Rule
from kontorhaus.platform.settings import SettingInvalid, Settings

RUN = """
import os
from kontorhaus.platform import failpoints
from kontorhaus.platform.settings import load
failpoints.arm(load(os.environ))
for time in range(5):
    failpoints.reach("payments.capture.sent")
    os.write(1, b"%d" % time)
"""


def running(tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[bytes]:
    named = {f"KONTORHAUS_{name.upper()}": value for name, value in settings.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KONTORHAUS_")}
    return subprocess.run(
        [sys.executable, "-c", RUN], env={**kept, **named}, capture_output=True, check=False, cwd=tmp_path
    )


def told(trail: Path) -> list[Acted]:
    return [msgspec.json.decode(line, type=Acted) for line in trail.read_bytes().splitlines()]


def test_the_third_time_at_a_place_is_the_last_and_the_trail_says_so(tmp_path: Path) -> None:
    trail = tmp_path / "trail"

    ended = running(
        tmp_path,
        failpoints="payments.refund.*=kill,payments.capture.sent=kill@3",
        failpoints_trail=str(trail),
        database_url="postgresql://kontorhaus@localhost/some_faults",
    )

    assert ended.returncode == -signal.SIGKILL
    assert ended.stdout == b"01"
    assert [(line.place, line.act, line.reached) for line in told(trail)] == [
        ("payments.capture.sent", "kill", 3)
    ]


def test_a_pause_stops_the_process_and_ends(tmp_path: Path) -> None:
    trail = tmp_path / "trail"
    began = monotonic()

    ended = running(
        tmp_path,
        failpoints="*=pause:0.1",
        failpoints_trail=str(trail),
        database_url="postgresql://kontorhaus@/some_faults?host=/tmp/sockets",
    )

    assert ended.returncode == 0
    assert ended.stdout == b"01234"
    assert monotonic() - began >= 0.5
    assert [line.reached for line in told(trail)] == [1, 2, 3, 4, 5]


def test_without_the_setting_nothing_happens(tmp_path: Path) -> None:
    ended = running(tmp_path, database_url="postgresql://kontorhaus@localhost/some_faults")

    assert ended.returncode == 0
    assert ended.stdout == b"01234"


@pytest.mark.parametrize(
    "url",
    [
        None,
        "postgresql://kontorhaus@localhost/kontorhaus",
        "postgresql://kontorhaus@localhost/kontorhaus?x=_faults",
        "postgresql://kontorhaus_faults@localhost",
        "postgresql://kontorhaus@localhost/some_faults?dbname=kontorhaus",
    ],
)
def test_a_house_at_work_refuses_to_start_with_it(url: str | None, tmp_path: Path) -> None:
    settings = Settings(failpoints="*=kill", failpoints_trail=str(tmp_path / "trail"), database_url=url)

    with pytest.raises(SettingInvalid, match="_faults"):
        failpoints.arm(settings)


def test_without_a_trail_it_is_refused() -> None:
    settings = Settings(failpoints="*=kill", database_url="postgresql://kontorhaus@localhost/some_faults")

    with pytest.raises(SettingInvalid, match="FAILPOINTS_TRAIL"):
        failpoints.arm(settings)


def test_rules_are_read_as_they_are_written() -> None:
    assert failpoints.rules("a.b=kill@3, *=kill%0.5,c=pause:0.2") == (
        Rule("a.b", nth=3),
        Rule("*", percent=0.5),
        Rule("c", pause_seconds=0.2),
    )


@pytest.mark.parametrize("text", ["a.b", "a=die", "a=kill@0", "a=pause", "a=kill@3%1", "a b=kill", "a=kill%"])
def test_a_rule_that_is_none_is_named(text: str) -> None:
    with pytest.raises(SettingInvalid, match="is no rule"):
        failpoints.rules(text)


@pytest.mark.parametrize(("percent", "falls"), [(0.0, 0), (100.0, 200)])
def test_chance_is_in_percent(
    percent: float, falls: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    killed: list[int] = []
    monkeypatch.setattr(os, "kill", lambda _pid, number: killed.append(number))
    monkeypatch.setattr(threading.Event, "wait", lambda *_: True)
    failpoints.arm(
        Settings(
            failpoints=f"a.*=kill%{percent}",
            failpoints_trail=str(tmp_path / "trail"),
            database_url="postgresql://kontorhaus@localhost/some_faults",
        )
    )
    try:
        for _ in range(200):
            failpoints.reach("a.b")
    finally:
        failpoints.disarm()

    assert killed == [signal.SIGKILL] * falls
