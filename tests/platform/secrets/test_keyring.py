"""What is sealed opens in its place and nowhere else."""

from __future__ import annotations

import hashlib
import pickle
import traceback
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kontorhaus.kernel.ids import ORG, OrgId
from kontorhaus.platform.secrets import Keyring, LocalKeyFile, SealedValueUnreadable, Secret, Wrapped, keyring

PURPOSE = "tests.iban"
ORG_A, ORG_B = OrgId(UUID(int=1)), OrgId(UUID(int=2))


class CountingKms:
    """A KMS that counts how often it is asked."""

    def __init__(self, path: Path) -> None:
        self.file = LocalKeyFile.opened(path)
        self.calls: list[str] = []
        self.contexts: list[bytes] = []

    async def newest(self) -> str:
        return await self.file.newest()

    async def wrap(self, data_key: bytes, context: bytes) -> Wrapped:
        self.calls.append("wrap")
        self.contexts.append(context)
        return await self.file.wrap(data_key, context)

    async def unwrap(self, wrapped: Wrapped, context: bytes) -> bytes:
        self.calls.append("unwrap")
        return await self.file.unwrap(wrapped, context)

    async def derive(self, context: bytes) -> bytes:
        self.calls.append("derive")
        return await self.file.derive(context)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "master.keys"


@pytest.fixture
def kms(path: Path) -> CountingKms:
    return CountingKms(path)


async def test_a_sealed_value_opens_also_in_another_process(path: Path) -> None:
    sealed = await Keyring(LocalKeyFile.opened(path)).seal(b"DE89", org_id=ORG_A, purpose=PURPOSE)

    assert b"DE89" not in sealed
    assert await Keyring(LocalKeyFile.opened(path)).open(sealed, org_id=ORG_A, purpose=PURPOSE) == b"DE89"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(plaintext=st.binary(max_size=200))
async def test_every_value_opens_as_it_was_and_no_two_seals_are_equal(plaintext: bytes, path: Path) -> None:
    ring = Keyring(LocalKeyFile.opened(path))
    one = await ring.seal(plaintext, org_id=ORG_A, purpose=PURPOSE)
    two = await ring.seal(plaintext, org_id=ORG_A, purpose=PURPOSE)

    assert one != two
    assert await ring.open(one, org_id=ORG_A, purpose=PURPOSE) == plaintext


@pytest.mark.parametrize("same_process", [True, False])
async def test_a_value_moved_to_another_organization_or_purpose_does_not_open(
    path: Path, same_process: bool
) -> None:
    ring = Keyring(LocalKeyFile.opened(path))
    sealed = await ring.seal(b"DE89", org_id=ORG_A, purpose=PURPOSE)
    reader = ring if same_process else Keyring(LocalKeyFile.opened(path))

    for org_id, purpose in ((ORG_B, PURPOSE), (ORG_A, "tests.bic"), (ORG_A, ""), (ORG_A, PURPOSE + "x")):
        with pytest.raises(SealedValueUnreadable):
            await reader.open(sealed, org_id=org_id, purpose=purpose)


@pytest.mark.parametrize("same_process", [True, False])
async def test_one_changed_bit_or_a_missing_byte_anywhere_is_noticed(path: Path, same_process: bool) -> None:
    ring = Keyring(LocalKeyFile.opened(path))
    sealed = await ring.seal(b"DE89", org_id=ORG_A, purpose=PURPOSE)
    reader = ring if same_process else Keyring(LocalKeyFile.opened(path))
    changed = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    changed += [sealed[:at] + bytes([sealed[at] ^ 0x80]) + sealed[at + 1 :] for at in range(len(sealed))]
    cut = [sealed[:at] for at in range(len(sealed))] + [sealed + b"\0", b"", b"\xff" * 300]

    for broken in (*changed, *cut):
        with pytest.raises(SealedValueUnreadable):
            await reader.open(broken, org_id=ORG_A, purpose=PURPOSE)


async def test_another_houses_keys_open_nothing_and_the_error_tells_nothing(
    path: Path, tmp_path: Path
) -> None:
    sealed = await Keyring(LocalKeyFile.opened(path)).seal(b"DE89 3704", org_id=ORG_A, purpose=PURPOSE)
    stranger = Keyring(LocalKeyFile.opened(tmp_path / "other.keys"))

    with pytest.raises(SealedValueUnreadable) as caught:
        await stranger.open(sealed, org_id=ORG_A, purpose=PURPOSE)
    told = "".join(traceback.format_exception(caught.value))
    assert str(caught.value) == "a sealed value does not open"
    assert "DE89" not in told


async def test_the_kms_is_asked_per_organization_and_not_per_value(kms: CountingKms) -> None:
    ring = Keyring(kms)
    sealed = [await ring.seal(b"x", org_id=org, purpose=PURPOSE) for org in (ORG_A, ORG_B) for _ in range(50)]
    assert kms.calls == ["wrap", "wrap"]
    assert len(set(kms.contexts)) == 2

    reader = Keyring(kms)
    for value in sealed[:50]:
        await reader.open(value, org_id=ORG_A, purpose=PURPOSE)
        await reader.fingerprint(b"x", org_id=ORG_A, purpose=PURPOSE)
    assert kms.calls[2:] == ["unwrap", "derive"]


async def test_a_data_key_ends_after_its_uses_and_after_its_time(
    kms: CountingKms, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(keyring, "monotonic", lambda: now)
    monkeypatch.setattr(keyring, "USES_MAX", 3)
    ring = Keyring(kms)
    for _ in range(7):
        await ring.seal(b"x", org_id=ORG_A, purpose=PURPOSE)
    assert kms.calls == ["wrap"] * 3

    now = keyring.SECONDS_MAX + 1
    await ring.seal(b"x", org_id=ORG_A, purpose=PURPOSE)
    assert kms.calls == ["wrap"] * 4


async def test_what_is_held_in_memory_is_bounded(kms: CountingKms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "ORGANIZATIONS_MAX", 2)
    ring = Keyring(kms)
    for org_id in (ORG_A, ORG_B, ORG.new(), ORG_A):
        await ring.seal(b"x", org_id=org_id, purpose=PURPOSE)

    assert kms.calls == ["wrap"] * 4


async def test_after_a_rotation_old_values_open_and_move_to_the_new_key(path: Path) -> None:
    file = LocalKeyFile.opened(path)
    ring = Keyring(file)
    old = await ring.seal(b"DE89", org_id=ORG_A, purpose=PURPOSE)
    assert not await ring.needs_reseal(old)
    before = file.key_ids()[-1]

    file.rotate()
    assert await ring.needs_reseal(old)
    assert await ring.open(old, org_id=ORG_A, purpose=PURPOSE) == b"DE89"
    new = await ring.reseal(old, org_id=ORG_A, purpose=PURPOSE)
    assert not await ring.needs_reseal(new)

    file.retire(before)
    later = Keyring(LocalKeyFile.opened(path))
    assert await later.open(new, org_id=ORG_A, purpose=PURPOSE) == b"DE89"
    with pytest.raises(SealedValueUnreadable):
        await later.open(old, org_id=ORG_A, purpose=PURPOSE)


async def test_a_running_process_opens_what_another_one_sealed_after_a_rotation(path: Path) -> None:
    running = Keyring(LocalKeyFile.opened(path))
    LocalKeyFile.opened(path).rotate()
    sealed = await Keyring(LocalKeyFile.opened(path)).seal(b"DE89", org_id=ORG_A, purpose=PURPOSE)

    assert await running.open(sealed, org_id=ORG_A, purpose=PURPOSE) == b"DE89"


async def test_a_fingerprint_is_equal_for_equal_values_of_one_place_only(path: Path) -> None:
    ring = Keyring(LocalKeyFile.opened(path))
    one = await ring.fingerprint(b"DE89", org_id=ORG_A, purpose=PURPOSE)

    assert len(one) == 32
    assert one == await Keyring(LocalKeyFile.opened(path)).fingerprint(b"DE89", org_id=ORG_A, purpose=PURPOSE)
    others = [
        await ring.fingerprint(b"DE88", org_id=ORG_A, purpose=PURPOSE),
        await ring.fingerprint(b"DE89", org_id=ORG_B, purpose=PURPOSE),
        await ring.fingerprint(b"DE89", org_id=ORG_A, purpose="tests.bic"),
        hashlib.sha256(b"DE89").digest(),
    ]
    assert one not in others


async def test_a_fingerprint_outlives_rotation_and_retirement(path: Path) -> None:
    file = LocalKeyFile.opened(path)
    before = await Keyring(file).fingerprint(b"DE89", org_id=ORG_A, purpose=PURPOSE)
    file.rotate()
    file.retire(file.key_ids()[0])

    after = await Keyring(LocalKeyFile.opened(path)).fingerprint(b"DE89", org_id=ORG_A, purpose=PURPOSE)
    assert after == before


def test_a_secret_is_never_shown() -> None:
    secret = Secret(b"planted")

    assert {str(secret), repr(secret), f"{secret}", f"{secret!r:>3}"} == {"***"}
    assert secret.reveal() == b"planted"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
