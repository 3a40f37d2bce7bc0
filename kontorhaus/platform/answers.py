"""What a caller is answered, as bytes: stored and replayed by idempotency, sent by the HTTP kit."""

from __future__ import annotations

import msgspec
from msgspec import Struct

_ENCODER = msgspec.json.Encoder(order=None)


class Answer(Struct, frozen=True):
    """One rendered answer. Two with equal fields are equal on the wire, but for `replayed`, `commit` and the date.

    `version` is the object's version, the first part of its ETag; None for lists and problems.
    `commit` is the token of the transaction that made it true, for callers who read what follows from their write; it
    is noted beside a stored answer and not in it.
    `secret` marks a body with a secret (a new API key) or with personal data: it is sealed before it is stored.
    """

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    version: int | None = None
    secret: bool = False
    replayed: bool = False
    commit: str | None = None


def answer(
    view: Struct | None,
    *,
    status: int = 200,
    version: int | None = None,
    location: str | None = None,
    secret: bool = False,
) -> Answer:
    """Render a view: compact JSON in the order of the struct's fields, so equal objects give equal bytes."""
    body = b"" if view is None else _ENCODER.encode(view)
    headers = () if location is None else (("location", location),)
    return Answer(status=status, body=body, headers=headers, version=version, secret=secret)
