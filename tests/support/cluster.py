"""One PostgreSQL for a whole test run, shared by all its processes, gone when the last of them is gone."""

from __future__ import annotations

import atexit
import fcntl
import functools
import os
import shutil
import tempfile
from pathlib import Path

from filelock import FileLock

from kontorhaus.platform import postgres
from kontorhaus.platform.postgres.locks import Lock


@functools.cache
def shared_cluster() -> str:
    """The superuser's address of this run's PostgreSQL, which is started by whichever worker asks first.

    Every process that asked holds the writing end of a named pipe, and the server ends when the last one has let go of
    it, however it ended: also after kill -9 of pytest. It is not durable, and its data are thrown away.
    """
    runs = Path(tempfile.gettempdir()) / f"kontorhaus-tests-{os.getuid()}"
    runs.mkdir(mode=0o700, exist_ok=True)
    run = runs / os.environ.get("PYTEST_XDIST_TESTRUNUID", f"process-{os.getpid()}")
    with FileLock(runs / "lock"):
        _sweep(runs, but=run)
        run.mkdir(exist_ok=True)
        user = os.open(run / "users", os.O_RDWR | os.O_CREAT)
        fcntl.flock(user, fcntl.LOCK_SH)
        pipe = run / "lifeline"
        if not pipe.exists():
            os.mkfifo(pipe)
        # For reading and writing, since opening one end alone waits for the other.
        lifeline = os.open(pipe, os.O_RDWR)
        atexit.register(_leave, runs, run, user, lifeline)
        return _running(run) or _started(run)


def _running(run: Path) -> str | None:
    address = run / "address"
    return address.read_text() if address.exists() and not _free(run / "postgres" / "server.lock") else None


def _started(run: Path) -> str:
    reading_end = os.open(run / "lifeline", os.O_RDONLY)
    try:
        server = postgres.Server.start(
            run / "postgres",
            binaries=postgres.find(os.environ.get("KONTORHAUS_POSTGRES_BIN")),
            durable=False,
            parameters={"max_connections": "300"},  # each worker's houses have pools of their own
            lifeline=reading_end,
        )
    finally:
        os.close(reading_end)
    (run / "address").write_text(server.admin_url)
    _keep.append(server)
    return server.admin_url


_keep: list[postgres.Server] = []
"""Servers that this process started; never stopped by it, since other workers may still use them."""


def _leave(runs: Path, run: Path, user: int, lifeline: int) -> None:
    """Let go of the cluster; the last one waits for its end and clears up."""
    with FileLock(runs / "lock"):
        try:
            fcntl.flock(user, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            last = False
        else:
            last = True
        os.close(lifeline)
        if last:
            stopped = Lock.take(run / "postgres" / "server.lock", patience_seconds=60)
            assert stopped is not None, f"the server in {run} goes on, although nobody uses it"
            shutil.rmtree(run)
            stopped.release()
        os.close(user)


def _sweep(runs: Path, *, but: Path) -> None:
    """Clear up after runs that were killed."""
    for run in runs.iterdir():
        if run.is_dir() and run != but and _free(run / "users") and _free(run / "postgres" / "server.lock"):
            shutil.rmtree(run)


def _free(lock: Path) -> bool:
    try:
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True
