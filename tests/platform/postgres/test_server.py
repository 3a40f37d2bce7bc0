"""A server starts where it is told, keeps what it was given, and lets in whom it should."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import tempfile
from pathlib import Path

import asyncpg
import pytest

from kontorhaus.platform.postgres import (
    Binaries,
    FolderUnusable,
    MajorVersionDiffers,
    PortTaken,
    Server,
    ServerFailed,
)
from tests.platform.postgres.conftest import Start, fetch


def test_a_second_start_finds_what_the_first_kept(start: Start) -> None:
    first = start()
    first.ensure_database("kontorhaus")
    first.ensure_database("kontorhaus")
    fetch(first.url_for("kontorhaus"), "CREATE TABLE kept AS SELECT 42 AS value")
    first.stop()

    assert fetch(start().url_for("kontorhaus"), "SELECT value FROM kept") == 42


def test_a_new_cluster_is_durable_checked_and_the_same_on_every_machine(
    binaries: Binaries, tmp_path: Path
) -> None:
    with Server.start(tmp_path / "deeper" / "pg", binaries=binaries) as server:
        for setting, value in {
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "data_checksums": "on",
            "server_encoding": "UTF8",
            "TimeZone": "UTC",
            "listen_addresses": "",
        }.items():
            assert fetch(server.admin_url, f"SHOW {setting}") == value, setting
        assert fetch(server.admin_url, "SELECT current_user") == "kontorhaus_admin"
        assert fetch(server.admin_url, "SELECT upper('ä') || ('Z' < 'a')::text") == "Ätrue"


def test_parameters_win_over_the_house_s_own(start: Start) -> None:
    server = start(parameters={"max_connections": "17", "application_name": "it's \\ here"})

    assert fetch(server.admin_url, "SHOW max_connections") == "17"
    assert fetch(server.admin_url, "SELECT reset_val FROM pg_settings WHERE name = 'application_name'") == (
        "it's \\ here"
    )


def test_stopping_twice_is_once(start: Start) -> None:
    server = start()
    server.stop()
    server.stop()

    assert not (server.folder / "data" / "postmaster.pid").exists()
    assert not (server.folder / "socket").exists()


def test_the_socket_is_for_this_account_alone(start: Start) -> None:
    server = start()

    folder = str(fetch(server.admin_url, "SHOW unix_socket_directories"))
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert os.path.realpath(server.folder / "socket") == folder


def test_a_long_path_gets_a_short_socket_that_is_removed_again(folder: Path, start: Start) -> None:
    long = folder.parent / ("x" * 80) / ("y" * 80) / "pg"
    shutil.move(folder, long)
    server = start(long)
    short = (long / "socket").readlink()

    assert fetch(server.admin_url, "SELECT 1") == 1
    assert stat.S_IMODE(short.stat().st_mode) == 0o700
    server.stop()
    assert not short.exists()


def test_a_port_is_for_passwords_only(start: Start) -> None:
    server = start(port=0)

    assert server.port
    assert server.admin_url.startswith("postgresql://kontorhaus_admin:")
    assert fetch(server.admin_url, "SELECT inet_server_addr()::text") == "127.0.0.1/32"
    for password in (None, "guessed"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            fetch(
                f"postgresql://kontorhaus_admin:{password or ''}@127.0.0.1:{server.port}/postgres", "SELECT 1"
            )


def test_a_taken_port_is_named(start: Start, folder: Path, tmp_path: Path) -> None:
    port = start(port=0).port
    other = Path(
        shutil.copytree(folder, tmp_path / "other", ignore=shutil.ignore_patterns("postmaster.pid", "socket"))
    )

    with pytest.raises(PortTaken, match=f"127.0.0.1:{port}"):
        start(other, port=port)


async def test_it_outlives_the_thread_that_started_it(start: Start) -> None:
    """The kernel's own signal for the death of a parent would come here: it means the parent's thread."""
    server = await asyncio.to_thread(start)
    await asyncio.get_running_loop().shutdown_default_executor()

    connection = await asyncpg.connect(server.admin_url)
    assert await connection.fetchval("SELECT 1") == 1
    await connection.close()


def test_a_folder_of_another_version_says_how_to_dump_and_restore(start: Start, folder: Path) -> None:
    (folder / "data" / "PG_VERSION").write_text("17\n")

    with pytest.raises(MajorVersionDiffers, match=r"made by PostgreSQL 17.*db backup.*db restore"):
        start()


def test_a_folder_that_holds_something_else_is_left_alone(start: Start, tmp_path: Path) -> None:
    (tmp_path / "pg2" / "data").mkdir(parents=True)
    (tmp_path / "pg2" / "data" / "letter.txt").write_text("dear")

    with pytest.raises(FolderUnusable, match="is not a PostgreSQL data folder"):
        start(tmp_path / "pg2")
    assert (tmp_path / "pg2" / "data" / "letter.txt").read_text() == "dear"


def test_a_file_in_the_folder_s_place_is_named(start: Start, tmp_path: Path) -> None:
    (tmp_path / "pg2").write_text("a file")

    with pytest.raises(FolderUnusable, match="pg2 cannot be used"):
        start(tmp_path / "pg2")


def test_a_cluster_that_was_half_made_is_made_anew(start: Start, tmp_path: Path) -> None:
    (tmp_path / "pg2" / "data.new" / "base").mkdir(parents=True)

    assert fetch(start(tmp_path / "pg2").admin_url, "SELECT 1") == 1
    assert not (tmp_path / "pg2" / "data.new").exists()


def test_a_start_that_fails_tells_postgresql_s_words_and_holds_nothing(start: Start) -> None:
    with pytest.raises(ServerFailed, match="unrecognized configuration parameter"):
        start(parameters={"no_such_parameter": "1"})

    assert fetch(start().admin_url, "SELECT 1") == 1


def test_the_environment_of_the_house_does_not_reach_the_server(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("KONTORHAUS_SECRET_FOR_TEST", "geheim")
    server = start()
    server.ensure_database("kontorhaus")

    assert fetch(server.admin_url, "SELECT 1") == 1
    pid = (server.folder / "data" / "postmaster.pid").read_text().split(maxsplit=1)[0]
    if os.path.exists("/proc"):
        assert b"geheim" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_temporary_folders_do_not_pile_up(
    start: Start, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When house and keeper were killed nobody removed the short socket folder; the next start does."""
    long = folder.parent / ("x" * 90) / "pg"
    shutil.move(folder, long)
    left = Path(tempfile.mkdtemp(prefix="kontorhaus-"))
    (long / "socket").symlink_to(left)

    start(long)

    assert not left.exists()
