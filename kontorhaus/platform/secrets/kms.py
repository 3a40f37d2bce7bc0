"""The plug for whoever keeps the master keys: a local key file here, a cloud's KMS elsewhere."""

from __future__ import annotations

from typing import Final, NoReturn, Protocol

from msgspec import Struct


class Wrapped(Struct, frozen=True):
    """A data key, encrypted under the master key `key_id`. It may lie beside what it encrypts."""

    key_id: str
    data_key: bytes


class Kms(Protocol):
    """Keeps master keys and lets nobody see them.

    `context` is bound to what is wrapped and must be the same for unwrapping; it is no secret. All three may go to
    the network and raise Unavailable; they are called once per data key, not per record. A key service of a cloud
    fits: AWS has Encrypt, Decrypt with an encryption context and GenerateMac; Google has the same three.
    """

    async def newest(self) -> str:
        """The id of the master key that wraps now. An id is 1 to 255 ASCII characters."""

    async def wrap(self, data_key: bytes, context: bytes) -> Wrapped:
        """Encrypt a data key of 32 bytes under the newest master key."""

    async def unwrap(self, wrapped: Wrapped, context: bytes) -> bytes:
        """SealedValueUnreadable if the key was retired, the bytes were changed or the context is another one."""

    async def derive(self, context: bytes) -> bytes:
        """32 secret bytes that belong to `context`: always the same ones, also after a rotation."""


class Secret:
    """Key material in memory: not shown by print, logs, tracebacks or debuggers' summaries, and never pickled.

    Not guaranteed: that the bytes leave memory with the object. Python may have copied them.
    """

    __slots__ = ("_bytes",)

    def __init__(self, value: bytes) -> None:
        self._bytes: Final = value

    def reveal(self) -> bytes:
        return self._bytes

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, _: str) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret stays in its process")
