"""The cluster of a test run: one for all its processes, for as long as one of them lives."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

from tests.platform.postgres.conftest import fetch
from tests.platform.postgres.test_crashes import wait_until_gone

WORKER = """
import sys
from tests.support.cluster import shared_cluster
print(shared_cluster(), flush=True)
sys.stdin.read()
"""


class Worker:
    def __init__(self, run: str, temporary: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
            env=os.environ | {"PYTEST_XDIST_TESTRUNUID": run, "TMPDIR": str(temporary)},
        )

    def address(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def test_it_lives_as_long_as_one_of_its_processes(tmp_path: Path) -> None:
    run = uuid.uuid4().hex
    workers = [Worker(run, tmp_path) for _ in range(2)]
    addresses = {worker.address() for worker in workers}
    assert len(addresses) == 1

    workers[0].kill()
    assert fetch(addresses.pop(), "SELECT 1") == 1

    workers[1].kill()
    wait_until_gone(tmp_path / f"kontorhaus-tests-{os.getuid()}" / run / "postgres")


def test_the_last_one_clears_up_after_itself_and_after_killed_runs(tmp_path: Path) -> None:
    killed = Worker("killed", tmp_path)
    killed.address()
    killed.kill()
    runs = tmp_path / f"kontorhaus-tests-{os.getuid()}"
    wait_until_gone(runs / "killed" / "postgres")

    worker = Worker("clean", tmp_path)
    worker.address()
    worker.process.communicate()

    assert [path.name for path in runs.iterdir()] == ["lock"]
