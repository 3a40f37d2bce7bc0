"""No server outlives its house, no folder is used by two, and no crash keeps the next start from working."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest

from kontorhaus.kernel.time import monotonic
from kontorhaus.platform.postgres import Binaries, FolderHeld, Server, ServerFailed, keeper
from kontorhaus.platform.postgres.locks import Lock
from tests.platform.postgres.conftest import OtherHouse, Start, fetch

Begin = Callable[..., OtherHouse]


def wait_until_gone(folder: Path, *, patience_seconds: float = 60) -> None:
    """Returns when no process of the folder's server is left: each of them holds this lock."""
    lock = Lock.take(folder / "server.lock", patience_seconds=patience_seconds)
    assert lock is not None, "the server goes on"
    lock.release()


def postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split(maxsplit=1)[0])


def told(number: int, field: str) -> str:
    """What the machine knows of a process."""
    return subprocess.run(
        ["ps", "-o", f"{field}=", "-p", str(number)], check=True, capture_output=True, text=True
    ).stdout


def test_the_server_ends_with_a_house_that_is_killed(other_house: Begin, folder: Path) -> None:
    house = other_house()
    assert house.says().startswith("started")

    house.kill()
    wait_until_gone(folder)

    assert not (folder / "data" / "postmaster.pid").exists(), "it was shut down, not killed"
    assert not (folder / "socket").exists(), "a temporary folder would stay for ever"


KILLED_AT_THE_START = """
import os, signal, sys
from pathlib import Path
from kontorhaus.platform import postgres
from kontorhaus.platform.postgres import keeper

start = keeper.keep

def killed(*given, **named):
    start(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)

keeper.keep = killed
postgres.Server.start(Path(sys.argv[1]), binaries=postgres.find(), durable=False)
"""


def test_the_server_ends_with_a_house_that_is_killed_while_it_starts(folder: Path) -> None:
    """Before it has set itself up it hears no signal: the first one is lost."""
    for _ in range(3):
        house = subprocess.run([sys.executable, "-c", KILLED_AT_THE_START, str(folder)], check=False)
        assert house.returncode == -signal.SIGKILL
        wait_until_gone(folder, patience_seconds=10)


def test_the_next_house_starts_at_once_and_finds_what_was_committed(
    other_house: Begin, folder: Path, start: Start
) -> None:
    house = other_house()
    url = house.says().removeprefix("started ")
    fetch(url, "CREATE TABLE kept AS SELECT 42 AS value")

    house.kill()

    assert fetch(start().admin_url, "SELECT value FROM kept") == 42


@pytest.mark.skipif(not Path("/proc").exists(), reason="a server learns of its keeper's death on Linux alone")
def test_the_server_ends_with_a_keeper_that_is_killed(start: Start, folder: Path) -> None:
    start()

    os.kill(int(told(postmaster(folder), "ppid")), signal.SIGKILL)

    wait_until_gone(folder)


def test_a_server_that_was_killed_recovers(start: Start, folder: Path, binaries: Binaries) -> None:
    server = start(durable=True)
    fetch(server.admin_url, "CREATE TABLE kept AS SELECT 42 AS value")
    os.kill(postmaster(folder), signal.SIGKILL)
    wait_until_gone(folder)
    assert (folder / "data" / "postmaster.pid").exists()
    server.stop()

    assert fetch(start(durable=True).admin_url, "SELECT value FROM kept") == 42


def test_a_server_that_was_killed_is_revived_at_the_same_addresses(start: Start, folder: Path) -> None:
    server = start(durable=True, port=0)
    fetch(server.admin_url, "CREATE TABLE kept AS SELECT 42 AS value")
    address = server.admin_url
    assert not server.revive(), "it lives"
    os.kill(postmaster(folder), signal.SIGKILL)
    wait_until_gone(folder)

    assert server.revive()
    assert (server.admin_url, fetch(address, "SELECT value FROM kept")) == (address, 42)
    assert not server.revive()
    server.stop()
    assert not server.revive(), "it was stopped, and has not died"


@pytest.mark.parametrize("pause_seconds", [0.0, 0.201, 0.22])
def test_a_stop_while_it_is_being_revived_leaves_nothing_running(
    start: Start, folder: Path, monkeypatch: pytest.MonkeyPatch, pause_seconds: float
) -> None:
    """The two come from different threads: who looks after the server, and who ends the house."""
    server = start(durable=True)
    os.kill(postmaster(folder), signal.SIGKILL)
    wait_until_gone(folder)
    begun, start_process = threading.Event(), keeper.keep

    def slowly(*given: object, **named: object) -> object:
        begun.set()
        threading.Event().wait(0.2)
        return start_process(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(keeper, "keep", slowly)
    with ThreadPoolExecutor(1) as other:
        reviving = other.submit(server.revive)
        assert begun.wait(10)
        threading.Event().wait(pause_seconds)
        began = monotonic()
        server.stop()
        assert monotonic() - began < 20, "a server that has just begun to start does not hear the first word"
        reviving.result(10)

    left = Lock.take(folder / "server.lock")
    assert left is not None, "a server goes on that nobody stops any more"
    left.release()
    assert not (folder / "socket").exists()


def test_a_machine_that_has_no_memory_left_is_tried_again(
    start: Start, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What killed the server, most likely, keeps it from being started for a while, too."""
    server = start(durable=True)
    os.kill(postmaster(folder), signal.SIGKILL)
    wait_until_gone(folder)

    def no_memory(*_: object, **__: object) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    with monkeypatch.context() as patched:
        patched.setattr(keeper, "keep", no_memory)
        with pytest.raises(ServerFailed, match="Cannot allocate memory"):
            server.revive()

    assert server.revive()
    assert fetch(server.admin_url, "SELECT 42") == 42


def test_a_socket_in_a_temporary_folder_comes_back_where_it_was(start: Start, folder: Path) -> None:
    deep = folder.parent / ("long" * 30)
    folder.rename(deep)
    server = start(deep, durable=True)
    address = server.admin_url
    os.kill(postmaster(deep), signal.SIGKILL)
    wait_until_gone(deep)
    assert server.revive()
    assert fetch(address, "SELECT 42") == 42


def test_a_stale_number_that_is_somebody_else_s_now_is_no_hindrance(start: Start, folder: Path) -> None:
    stranger = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE)
    (folder / "data" / "postmaster.pid").write_text(
        f"{stranger.pid}\n{folder}/data\n1\n5432\n/tmp\n\n\nready\n"
    )
    try:
        assert fetch(start().admin_url, "SELECT 1") == 1
    finally:
        stranger.communicate()


def test_a_folder_that_is_in_use_names_its_holder(other_house: Begin, start: Start, folder: Path) -> None:
    house = other_house()
    url = house.says().removeprefix("started ")

    with pytest.raises(FolderHeld) as refused:
        start()

    assert f"process {house.process.pid} since" in refused.value.detail
    assert url in refused.value.detail
    assert str(folder) in refused.value.detail


def test_a_holder_s_password_is_not_told(start: Start, folder: Path) -> None:
    start(port=0)

    with pytest.raises(FolderHeld) as refused:
        start()

    assert "127.0.0.1" in refused.value.detail
    assert (folder / "admin.password").read_text().strip() not in refused.value.detail


def test_of_many_that_start_at_once_one_wins_and_the_others_say_why(
    other_house: Begin, tmp_path: Path
) -> None:
    """On an empty folder, so that they meet while the cluster is being made."""
    houses = [other_house(where=tmp_path / "empty") for _ in range(4)]

    said = sorted(house.says().split(maxsplit=1)[0] for house in houses)

    assert said == [*["postgres_folder_held"] * 3, "started"]


def test_a_server_that_was_started_by_hand_is_left_alone(start: Start, folder: Path) -> None:
    first = start()
    command = [first.binaries.program("postgres"), "-D", str(folder / "data")]
    first.stop()
    (folder / "socket").mkdir(mode=0o700)
    if os.geteuid() == 0:
        command = ["unshare", "--user", "--map-user=65534", "--map-group=65534", *command]
    by_hand = subprocess.Popen(command, env={"LC_ALL": "C"}, stderr=subprocess.PIPE)
    try:
        assert by_hand.stderr is not None
        assert any(b"ready to accept connections" in line for line in by_hand.stderr)

        with pytest.raises(FolderHeld, match=f"did not start, process {by_hand.pid}"):
            start()
    finally:
        by_hand.send_signal(signal.SIGINT)
        by_hand.communicate()


async def test_stopping_rolls_open_transactions_back_and_waits_for_nobody(start: Start, folder: Path) -> None:
    server = start()
    connection = await asyncpg.connect(server.admin_url)
    await connection.execute("CREATE TABLE lost (value int)")
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("INSERT INTO lost VALUES (1)")

    await asyncio.to_thread(server.stop)

    connection.terminate()
    again = await asyncio.to_thread(start)
    connection = await asyncpg.connect(again.admin_url)
    assert await connection.fetchval("SELECT count(*) FROM lost") == 0
    await connection.close()


def test_a_server_that_does_not_end_is_aborted(
    start: Start, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    """A backend that is stopped by a debugger answers no signal; patience is shortened, the steps are the real ones."""
    server = start()
    process = fetch(server.admin_url, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
    os.kill(int(str(process)), signal.SIGSTOP)
    monkeypatch.setattr("kontorhaus.platform.postgres.server.STOP_SECONDS", 0.1)

    server.stop()

    wait_until_gone(folder)


def test_the_keeper_is_small(start: Start, folder: Path) -> None:
    start()

    keeper = int(told(postmaster(folder), "ppid"))

    assert int(told(keeper, "rss")) < 5_000, "kB: a shell, not a Python"


def test_a_block_stops_its_server_when_it_fails(binaries: Binaries, folder: Path) -> None:
    with pytest.raises(ZeroDivisionError), Server.start(folder, binaries=binaries, durable=False):
        raise ZeroDivisionError

    wait_until_gone(folder)
