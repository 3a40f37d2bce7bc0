"""Master keys in a local file: the default where there is no KMS.

The file is JSON: a root for derived keys that never changes, and the master keys, the newest last. It belongs in the
backup, but not in the same one as the database.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, Self

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct, structs

from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import telemetry
from kontorhaus.platform.secrets.errors import (
    KeyFileBroken,
    KeyFileTooOpen,
    MasterKeyInUse,
    SealedValueUnreadable,
)
from kontorhaus.platform.secrets.kms import Secret, Wrapped

KEY_BYTES: Final = 32
"""AES-256."""

NONCE_BYTES: Final = 12
"""NIST SP 800-38D, 5.2.1.1: 96 bits, the length for which GCM is made."""

READABLE_BY_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


LOG: Final = telemetry.get_logger(__name__)


class _KeyLine(Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    created_at: datetime
    key: str


class _Content(Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    root: str
    keys: list[_KeyLine]


class _Keys(Struct, frozen=True):
    root: Secret
    masters: Mapping[str, Secret]
    newest: str


class LocalKeyFile:
    """A `Kms` whose keys lie in a file that its owner alone can read.

    A rotation by another process is noticed at the next data key that is wrapped, and at the first value that the
    other one has sealed. If the file is lost while the process runs, it goes on with the keys it has.
    """

    def __init__(self, path: Path, keys: _Keys) -> None:
        self._path, self._keys = path, keys

    @classmethod
    def opened(cls, path: Path) -> Self:
        """Read the file; make it, with a first master key, where there is none.

        Of two processes that make it at once one wins and both read that one's. KeyFileTooOpen, KeyFileBroken.
        """
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_new(path, _Content(version=1, root=_fresh(), keys=[_key_line()]))
        return cls(path, _read(path))

    def rotate(self) -> str:
        """Add a master key, which wraps from now on; returns its id. What older ones wrapped still opens."""
        added = _key_line()
        self._change(lambda content: structs.replace(content, keys=[*content.keys, added]))
        return added.id

    def retire(self, key_id: str) -> None:
        """Forget an old master key for good: what it wrapped opens no more, so reseal all of that first.

        MasterKeyInUse for the newest one, and for an id that there is not.
        """

        def without(content: _Content) -> _Content:
            if key_id not in {key.id for key in content.keys[:-1]}:
                raise MasterKeyInUse("only an older master key can be retired", key_id=key_id)
            return structs.replace(content, keys=[key for key in content.keys if key.id != key_id])

        self._change(without)

    def key_ids(self) -> list[str]:
        """The ids of the master keys, the newest last."""
        return list(self._keys.masters)

    async def newest(self) -> str:
        self._read_again()
        return self._keys.newest

    async def wrap(self, data_key: bytes, context: bytes) -> Wrapped:
        self._read_again()
        nonce = secrets.token_bytes(NONCE_BYTES)
        master = AESGCM(self._keys.masters[self._keys.newest].reveal())
        return Wrapped(self._keys.newest, nonce + master.encrypt(nonce, data_key, context))

    async def unwrap(self, wrapped: Wrapped, context: bytes) -> bytes:
        if wrapped.key_id not in self._keys.masters:
            self._read_again()
        master = self._keys.masters.get(wrapped.key_id)
        nonce, encrypted = wrapped.data_key[:NONCE_BYTES], wrapped.data_key[NONCE_BYTES:]
        try:
            if master is not None:
                return AESGCM(master.reveal()).decrypt(nonce, encrypted, context)
        except (InvalidTag, ValueError):
            pass  # ValueError: too few bytes to be a nonce
        raise SealedValueUnreadable

    async def derive(self, context: bytes) -> bytes:
        # The root is uniformly random, so one HMAC is a sound derivation (NIST SP 800-108, 4.1, one block).
        return hmac.digest(self._keys.root.reveal(), b"kontorhaus.derive.v1\0" + context, hashlib.sha256)

    def _read_again(self) -> None:
        try:
            self._keys = _read(self._path)
        except (OSError, KeyFileTooOpen, KeyFileBroken) as error:
            # At the start this refuses; a house that runs goes on with the keys it has, and says so.
            LOG.error("key_file_not_read_again", error=type(error).__name__)

    def _change(self, change: Callable[[_Content], _Content]) -> None:
        with _alone(self._path):
            _replace(self._path, change(_content(self._path)))
            self._keys = _read(self._path)


def _fresh() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")


def _key_line() -> _KeyLine:
    return _KeyLine(id=f"local-{secrets.token_hex(4)}", created_at=utc_now(), key=_fresh())


def _content(path: Path) -> _Content:
    with path.open("rb") as file:
        # Of the open file, not of the path: nobody can put another one there in between.
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & READABLE_BY_OTHERS:
            raise KeyFileTooOpen(f"{path} is readable by others; run: chmod 600 {path}")
        raw = file.read()
    try:
        content = msgspec.json.decode(raw, type=_Content)
    except msgspec.MsgspecError:
        # `from None`: the decoder's complaint may quote what it read.
        raise KeyFileBroken(f"{path} is not a key file") from None
    if content.version != 1 or not content.keys:
        raise KeyFileBroken(f"{path} is of a form that this version does not know, or holds no key")
    return content


def _read(path: Path) -> _Keys:
    content = _content(path)
    try:
        masters = {line.id: _decoded(line.key) for line in content.keys}
        root = _decoded(content.root)
    except ValueError:
        raise KeyFileBroken(f"a key in {path} is damaged") from None
    return _Keys(root=root, masters=masters, newest=content.keys[-1].id)


def _decoded(key: str) -> Secret:
    value = base64.b64decode(key, validate=True)
    if len(value) != KEY_BYTES:
        raise ValueError
    return Secret(value)


def _write_new(path: Path, content: _Content) -> None:
    """Put a complete file in place, unless another process has been quicker."""
    draft = _draft(path, content)
    try:
        # A link fails where a rename would replace: the keys of the quicker one may be in use already.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    _sync_folder(path)


def _replace(path: Path, content: _Content) -> None:
    _draft(path, content).replace(path)
    _sync_folder(path)


def _draft(path: Path, content: _Content) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if path.exists() and os.getuid() == 0:
            # An operator who rotates as root must not take the file away from the account that the house runs as.
            os.fchown(file.fileno(), path.stat().st_uid, path.stat().st_gid)
        file.write(msgspec.json.format(msgspec.json.encode(content)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync_folder(path: Path) -> None:
    """So that the name survives a power cut, too: a lost key file is a lost database."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Of two rotations at once the second sees the first one's key: the lock is beside the file, which is replaced."""
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
