"""Sealing and opening: envelope encryption with AES-256-GCM, bound to an organization and a purpose.

    sealed value = 01 | key id length, key id | wrapped length (2), wrapped data key | nonce (12) | ciphertext and tag
                   \\___________________ header ___________________/
    additional authenticated data = header | organization (16) | purpose

A data key serves one organization in one process, for a bounded number of values and time, and travels wrapped in
each value that it sealed. So a KMS is asked about once an hour per organization instead of once per value; a value
opens without any table beside it; and a data key that leaks opens one organization's values of one hour.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import monotonic
from kontorhaus.platform.secrets.errors import SealedValueUnreadable
from kontorhaus.platform.secrets.kms import Kms, Secret, Wrapped

VERSION: Final = 1

KEY_BYTES: Final = 32
"""AES-256."""

NONCE_BYTES: Final = 12
"""NIST SP 800-38D, 5.2.1.1: 96 bits."""

TAG_BYTES: Final = 16
"""The whole tag: a shorter one would only save bytes."""

USES_MAX: Final = 2**20
"""Random nonces meet with a chance of 2**-57 among a million under one key; NIST allows 2**-32 (SP 800-38D, 8)."""

SECONDS_MAX: Final = 3600.0
"""How long a data key seals: after a rotation every new value is under the new master key within the hour."""

ORGANIZATIONS_MAX: Final = 1_000
"""Data keys held for sealing: one organization each, about 200 bytes."""

OPENED_MAX: Final = 4_000
"""Unwrapped data keys held for opening; past it a KMS is asked again for those not used for longest."""


class _DataKey(Struct):
    cipher: AESGCM
    header: bytes
    until: float
    uses_left: int


class Signature(Struct, frozen=True):
    """A signature, and the public half of the key that it was made with."""

    public_key: bytes
    signature: bytes


class Keyring:
    """Seals and opens secrets at rest, and makes fingerprints by which sealed values are found."""

    def __init__(self, kms: Kms) -> None:
        self._kms: Final = kms
        self._sealing: _Recent[OrgId, _DataKey] = _Recent(ORGANIZATIONS_MAX)
        self._opening: _Recent[tuple[OrgId, bytes], AESGCM] = _Recent(OPENED_MAX)
        self._fingerprints: _Recent[tuple[OrgId, str], Secret] = _Recent(ORGANIZATIONS_MAX)

    async def seal(self, plaintext: bytes, *, org_id: OrgId, purpose: str) -> bytes:
        """Encrypt a value that opens for the same organization and purpose only; about 110 bytes longer than it.

        `purpose` names the place (`parties.iban`), so that a value which is copied into another column does not open.
        Two seals of one value differ. Not guaranteed: that a value stays in its row; a copy within the same
        organization and purpose opens.
        """
        key = self._usable_key(org_id) or await self._new_data_key(org_id)
        key.uses_left -= 1
        nonce = secrets.token_bytes(NONCE_BYTES)
        return (
            key.header + nonce + key.cipher.encrypt(nonce, plaintext, _bound_to(key.header, org_id, purpose))
        )

    async def make_ready(self, org_id: OrgId) -> None:
        """Fetch what the next `seal` for this organization needs, so that it does not leave for the network inside a
        transaction. Costs nothing while a data key is at hand; one that runs out in between is fetched all the same."""
        if self._usable_key(org_id) is None:
            await self._new_data_key(org_id)

    def _usable_key(self, org_id: OrgId) -> _DataKey | None:
        key = self._sealing.get(org_id)
        return None if key is None or key.uses_left == 0 or monotonic() > key.until else key

    async def proof(self) -> bytes:
        """32 bytes that two processes share exactly when they share their keys. They tell nothing of the keys."""
        return await self._kms.derive(b"proof of the root")

    async def open(self, sealed: bytes, *, org_id: OrgId, purpose: str) -> bytes:
        """What was sealed. SealedValueUnreadable for any reason, with no hint at which."""
        wrapped, header, body = _parsed(sealed)
        cipher = self._opening.get((org_id, header))
        if cipher is None:
            cipher = AESGCM(await self._kms.unwrap(wrapped, _context(org_id)))
            self._opening.put((org_id, header), cipher)
        nonce, ciphertext = body[:NONCE_BYTES], body[NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, ciphertext, _bound_to(header, org_id, purpose))
        except InvalidTag:
            # `from None`: the cause adds nothing, and what it holds should not travel.
            raise SealedValueUnreadable from None

    async def needs_reseal(self, sealed: bytes) -> bool:
        """Whether the value hangs on an older master key than the newest. Opens nothing."""
        return _parsed(sealed)[0].key_id != await self._kms.newest()

    async def reseal(self, sealed: bytes, *, org_id: OrgId, purpose: str) -> bytes:
        """The same value under the newest master key. The old bytes go on opening until that key is retired."""
        key, newest = self._sealing.get(org_id), await self._kms.newest()
        if key is not None and _parsed(key.header + bytes(NONCE_BYTES + TAG_BYTES))[0].key_id != newest:
            self._sealing.drop(org_id)
        plaintext = await self.open(sealed, org_id=org_id, purpose=purpose)
        return await self.seal(plaintext, org_id=org_id, purpose=purpose)

    async def fingerprint(self, value: bytes, *, org_id: OrgId, purpose: str) -> bytes:
        """32 bytes by which a sealed value is found: equal for equal values of one organization and purpose, and
        unrelated in any other.

        A keyed hash, HMAC-SHA-256, so that without the key nobody can try all IBANs. Its key is derived from a root
        that a rotation leaves alone, so fingerprints stay valid. Bring the value to its normal form first. Whoever
        reads the table sees which rows are equal; that is the price of a search.
        """
        key = self._fingerprints.get((org_id, purpose))
        if key is None:
            key = Secret(await self._kms.derive(b"fingerprint\0" + org_id.bytes + purpose.encode()))
            self._fingerprints.put((org_id, purpose), key)
        return hmac.digest(key.reveal(), value, hashlib.sha256)

    async def sign(self, content: bytes, *, org_id: OrgId, purpose: str) -> Signature:
        """Sign a text that leaves the house, with the organization's Ed25519 key (RFC 8032) for this purpose.

        The key is derived from the root, so it stays the same over rotations and is kept nowhere.
        """
        seed = await self._kms.derive(b"signature\0" + org_id.bytes + purpose.encode())
        key = Ed25519PrivateKey.from_private_bytes(seed)
        return Signature(key.public_key().public_bytes_raw(), key.sign(content))

    async def _new_data_key(self, org_id: OrgId) -> _DataKey:
        plain = secrets.token_bytes(KEY_BYTES)
        header = _header(await self._kms.wrap(plain, _context(org_id)))
        key = _DataKey(AESGCM(plain), header, monotonic() + SECONDS_MAX, USES_MAX)
        self._sealing.put(org_id, key)
        self._opening.put((org_id, header), key.cipher)
        return key


def _context(org_id: OrgId) -> bytes:
    return b"kontorhaus.data_key.v1\0" + org_id.bytes


def _bound_to(header: bytes, org_id: OrgId, purpose: str) -> bytes:
    # Unambiguous: the header tells its own length, the organization has 16 bytes, the purpose is the rest.
    return header + org_id.bytes + purpose.encode()


def _header(wrapped: Wrapped) -> bytes:
    key_id = wrapped.key_id.encode("ascii")
    assert 1 <= len(key_id) <= 255, "ids of master keys are 1 to 255 characters"
    size = len(wrapped.data_key).to_bytes(2, "big")
    return bytes((VERSION, len(key_id))) + key_id + size + wrapped.data_key


def _parsed(sealed: bytes) -> tuple[Wrapped, bytes, bytes]:
    """The wrapped data key, the header as it stands, and the rest; SealedValueUnreadable if it is too short."""
    if len(sealed) < 2 or sealed[0] != VERSION:
        raise SealedValueUnreadable
    size_at = 2 + sealed[1]
    wrapped_at = size_at + 2
    body_at = wrapped_at + int.from_bytes(sealed[size_at:wrapped_at], "big")
    if len(sealed) < body_at + NONCE_BYTES + TAG_BYTES or not sealed[2:size_at].isascii():
        raise SealedValueUnreadable
    wrapped = Wrapped(sealed[2:size_at].decode("ascii"), sealed[wrapped_at:body_at])
    return wrapped, sealed[:body_at], sealed[body_at:]


KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")


class _Recent(Generic[KeyT, ValueT]):
    """A bounded memory that forgets what was not used for longest."""

    def __init__(self, size: int) -> None:
        self._size: Final = size
        self._held: OrderedDict[KeyT, ValueT] = OrderedDict()

    def get(self, key: KeyT) -> ValueT | None:
        value = self._held.get(key)
        if value is not None:
            self._held.move_to_end(key)
        return value

    def put(self, key: KeyT, value: ValueT) -> None:
        self._held[key] = value
        self._held.move_to_end(key)
        if len(self._held) > self._size:
            self._held.popitem(last=False)

    def drop(self, key: KeyT) -> None:
        self._held.pop(key, None)
