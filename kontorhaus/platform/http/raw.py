"""A body that is taken as it comes: for deliveries whose signature covers their bytes."""

from __future__ import annotations

from msgspec import Struct


class RawBody(Struct, frozen=True):
    """The `body` of a route that decodes nothing: the bytes, and every header field with its name in small letters.
    Size and time are bounded as everywhere; media type and coding are whatever the sender says."""

    content: bytes
    headers: tuple[tuple[bytes, bytes], ...]
