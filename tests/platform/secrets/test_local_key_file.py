"""The key file is made once, whole, and for its owner alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kontorhaus.platform.secrets import (
    KeyFileBroken,
    KeyFileTooOpen,
    LocalKeyFile,
    MasterKeyInUse,
    SealedValueUnreadable,
    Wrapped,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "master.keys"


def test_it_is_made_at_the_first_start_for_its_owner_alone_and_found_at_the_second(path: Path) -> None:
    first = LocalKeyFile.opened(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["master.keys"]
    assert LocalKeyFile.opened(path).key_ids() == first.key_ids()


def test_of_many_that_make_it_at_once_all_get_the_same(path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        opened = list(threads.map(lambda _: LocalKeyFile.opened(path).key_ids()[0], range(16)))

    assert len(set(opened)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o610])
def test_it_is_refused_when_others_have_any_right_to_it(path: Path, mode: int) -> None:
    LocalKeyFile.opened(path)
    path.chmod(mode)

    with pytest.raises(KeyFileTooOpen, match="chmod 600"):
        LocalKeyFile.opened(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"secret words",
        b'{"version":1,"root":"c2hvcnQ=","keys":[]}',
        b'{"version":2,"root":"","keys":[{"id":"a","created_at":"2026-01-01T00:00:00Z","key":""}]}',
        b'{"version":1,"root":"!","keys":[{"id":"a","created_at":"2026-01-01T00:00:00Z","key":"c2VjcmV0"}]}',
    ],
)
def test_a_broken_one_is_refused_without_repeating_it_and_never_made_anew(path: Path, content: bytes) -> None:
    LocalKeyFile.opened(path)
    path.write_bytes(content)

    with pytest.raises(KeyFileBroken) as caught:
        LocalKeyFile.opened(path)
    assert "secret" not in str(caught.value)
    assert "c2VjcmV0" not in str(caught.value)
    assert path.read_bytes() == content


def test_a_rotation_adds_a_key_that_others_see(path: Path) -> None:
    file = LocalKeyFile.opened(path)
    added = file.rotate()

    assert file.key_ids()[-1] == added
    assert LocalKeyFile.opened(path).key_ids() == file.key_ids()
    assert path.stat().st_mode & 0o777 == 0o600


def test_rotations_at_once_lose_no_key(path: Path) -> None:
    LocalKeyFile.opened(path)
    with ThreadPoolExecutor(8) as threads:
        added = list(threads.map(lambda _: LocalKeyFile.opened(path).rotate(), range(24)))

    assert set(added) < set(LocalKeyFile.opened(path).key_ids())


async def test_a_data_key_unwraps_in_its_own_context_only(path: Path) -> None:
    file = LocalKeyFile.opened(path)
    wrapped = await file.wrap(b"k" * 32, b"one")

    assert await file.unwrap(wrapped, b"one") == b"k" * 32
    for broken, context in ((wrapped, b"two"), (Wrapped("local-other", wrapped.data_key), b"one")):
        with pytest.raises(SealedValueUnreadable):
            await file.unwrap(broken, context)


def test_the_newest_key_and_an_unknown_one_cannot_be_retired(path: Path) -> None:
    file = LocalKeyFile.opened(path)
    file.rotate()

    for key_id in (file.key_ids()[-1], "local-00000000x"):
        with pytest.raises(MasterKeyInUse):
            file.retire(key_id)
    file.retire(file.key_ids()[0])
    assert len(file.key_ids()) == 1


def test_no_key_is_shown_by_the_object_that_holds_them(path: Path) -> None:
    file = LocalKeyFile.opened(path)
    keys = [part for part in path.read_text(encoding="ascii").split('"') if part.endswith("=")]

    assert len(keys) == 2
    assert not [key for key in keys if key in repr(vars(file))]
