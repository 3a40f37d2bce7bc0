"""A backup is whole or not there; a restore is whole or has not happened."""

from __future__ import annotations

import asyncio
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from kontorhaus.platform.postgres import (
    BackupFailed,
    Binaries,
    DatabaseNotEmpty,
    RestoreFailed,
    backup,
    restore,
)
from kontorhaus.platform.postgres.programs import query
from tests.platform.postgres.conftest import fetch
from tests.support import databases
from tests.support.cluster import shared_cluster

CONTENT = """
    CREATE TABLE book (id int PRIMARY KEY, title text NOT NULL);
    ALTER TABLE book ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    INSERT INTO book SELECT i, 'Buch ä ' || i FROM generate_series(1, 1000) AS i;
    CREATE SCHEMA extra;
    CREATE VIEW extra.count AS SELECT count(*) FROM public.book
"""

COUNT = "SELECT count FROM extra.count"


def made() -> Iterator[str]:
    admin = shared_cluster()
    url = asyncio.run(databases.empty(admin))
    yield url
    asyncio.run(databases.drop(admin, url))


full = pytest.fixture(made, name="full_url")
target = pytest.fixture(made, name="target_url")


@pytest.fixture
def source(full_url: str, binaries: Binaries) -> str:
    query(binaries, full_url, CONTENT)
    return full_url


@pytest.fixture
def file(source: str, binaries: Binaries, tmp_path: Path) -> Path:
    """A backup of the source."""
    backup(source, tmp_path / "kontor.dump", binaries=binaries)
    return tmp_path / "kontor.dump"


def test_a_backup_restores_everything(file: Path, target_url: str, binaries: Binaries) -> None:
    restore(target_url, file, binaries=binaries)

    assert fetch(target_url, COUNT) == 1000
    assert fetch(target_url, "SELECT title FROM book WHERE id = 7") == "Buch ä 7"
    assert fetch(target_url, "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'book'") is True


def test_a_backup_is_for_its_owner_alone_and_replaces_an_older_one(
    source: str, binaries: Binaries, tmp_path: Path
) -> None:
    file = tmp_path / "kontor.dump"
    file.write_text("older")
    file.chmod(0o644)

    size = backup(source, file, binaries=binaries)

    assert size == file.stat().st_size > 1000
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_backup_that_fails_leaves_the_older_one(binaries: Binaries, tmp_path: Path) -> None:
    file = tmp_path / "kontor.dump"
    file.write_text("older")

    with pytest.raises(BackupFailed, match="does not exist"):
        backup(databases.on(shared_cluster(), "no_such_database"), file, binaries=binaries)

    assert file.read_text() == "older"
    assert list(tmp_path.iterdir()) == [file]


def test_a_backup_into_a_folder_that_is_not_there_says_so(binaries: Binaries, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="no file can be written in"):
        backup(shared_cluster(), tmp_path / "missing" / "kontor.dump", binaries=binaries)


def test_a_database_with_tables_is_left_alone(file: Path, target_url: str, binaries: Binaries) -> None:
    query(binaries, target_url, "CREATE TABLE mine AS SELECT 42 AS value")

    with pytest.raises(DatabaseNotEmpty, match=r"public\.mine.*--replace"):
        restore(target_url, file, binaries=binaries)

    assert fetch(target_url, "SELECT value FROM mine") == 42
    assert fetch(target_url, "SELECT to_regclass('book')") is None


def test_replace_removes_what_was_there(file: Path, target_url: str, binaries: Binaries) -> None:
    query(
        binaries,
        target_url,
        "CREATE TABLE mine (); CREATE SCHEMA more; CREATE TABLE more.mine (); CREATE TABLE book ()",
    )

    restore(target_url, file, binaries=binaries, replace=True)

    assert fetch(target_url, COUNT) == 1000
    assert fetch(target_url, "SELECT to_regclass('mine')") is None
    assert fetch(target_url, "SELECT to_regnamespace('more')") is None
    assert fetch(target_url, "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public'") == (
        "pg_database_owner"
    )


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_a_torn_file_changes_nothing(file: Path, target_url: str, binaries: Binaries, share: float) -> None:
    query(binaries, target_url, "CREATE TABLE mine AS SELECT 42 AS value")
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(RestoreFailed):
        restore(target_url, file, binaries=binaries, replace=True)

    assert fetch(target_url, "SELECT value FROM mine") == 42
    assert fetch(target_url, "SELECT to_regclass('book')") is None


def test_something_else_than_a_backup_is_refused(target_url: str, binaries: Binaries, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")

    with pytest.raises(RestoreFailed, match="cannot be read as a backup"):
        restore(target_url, tmp_path / "letter.txt", binaries=binaries)


def test_an_owner_that_is_not_known_here_is_replaced_by_the_login(
    source: str, target_url: str, binaries: Binaries, tmp_path: Path
) -> None:
    """As when a backup of the embedded cluster is restored on a server whose administrator has another name."""
    reader, owner = (f"{kind}_{uuid.uuid4().hex[:8]}" for kind in ("reader", "Owner"))
    query(binaries, source, f'CREATE ROLE "{owner}"; CREATE ROLE {reader}')
    query(binaries, source, f'ALTER TABLE book OWNER TO "{owner}"; GRANT SELECT ON book TO {reader}')
    backup(source, tmp_path / "kontor.dump", binaries=binaries)
    asyncio.run(databases.drop(shared_cluster(), source))
    query(binaries, target_url, f'DROP ROLE "{owner}"')

    restore(target_url, tmp_path / "kontor.dump", binaries=binaries)

    assert (
        fetch(target_url, "SELECT tableowner FROM pg_tables WHERE tablename = 'book'") == "kontorhaus_admin"
    )
    assert fetch(target_url, f"SELECT has_table_privilege('{reader}', 'book', 'SELECT')") is True
    assert fetch(target_url, f"SELECT count(*) FROM pg_roles WHERE rolname = '{owner}'") == 0


def test_a_password_never_stands_on_a_command_line(binaries: Binaries, tmp_path: Path) -> None:
    """Programs of our own in the place of PostgreSQL's, which tell what they were started with."""
    seen = tmp_path / "seen"
    for name in ("pg_dump", "pg_restore", "psql"):
        program = tmp_path / name
        program.write_text(
            f'#!/bin/sh\necho "$@" >>{seen}\necho "PGPASSWORD=$PGPASSWORD" >>{seen}.environment\nexit 1\n'
        )
        program.chmod(0o755)
    telling = Binaries(tmp_path, binaries.major, binaries.version)
    url = "postgresql://kontor:geheim@127.0.0.1:1/kontor?sslmode=disable"

    with pytest.raises(BackupFailed):
        backup(url, tmp_path / "kontor.dump", binaries=telling)

    assert "postgresql://kontor@127.0.0.1:1/kontor" in seen.read_text()
    assert "geheim" not in seen.read_text()
    assert "PGPASSWORD=geheim" in Path(f"{seen}.environment").read_text()
