"""Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,… v1a,…` over `id.timestamp.body`.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md ; v1 is HMAC-SHA-256 under a
secret `whsec_…`, v1a is Ed25519 (RFC 8032) under a public key `whpk_…`. Strict where the official libraries
disagree: one blank between signatures, one comma in each.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from kontorhaus.platform.inbox.model import Accepted, Delivery, Reason, Refused, Verifier
from kontorhaus.platform.inbox.verifying.signing import SIGNATURES_MAX, is_signed, refused_time
from kontorhaus.platform.secrets import signed_by_ed25519

SECRET_BYTES_MIN: Final = 24
SECRET_BYTES_MAX: Final = 64
"""As the specification has them."""

PUBLIC_KEY_BYTES: Final = 32
"""Of Ed25519."""


def standard_secret_fits(secret: bytes) -> bool:
    """Whether it is a secret (`whsec_…`, 24 to 64 bytes) or a public key (`whpk_…`, 32 bytes), in base64."""
    shared, public = _shared(secret), _public(secret)
    return (shared is not None and SECRET_BYTES_MIN <= len(shared) <= SECRET_BYTES_MAX) or (
        public is not None and len(public) == PUBLIC_KEY_BYTES
    )


def _shared(secret: bytes) -> bytes | None:
    return _decoded(secret.removeprefix(b"whsec_")) if secret.startswith(b"whsec_") else None


def _public(secret: bytes) -> bytes | None:
    return _decoded(secret.removeprefix(b"whpk_")) if secret.startswith(b"whpk_") else None


def _decoded(text: bytes) -> bytes | None:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return None


def standard(read: Callable[[Delivery, str], Accepted | None], *, prefix: str = "webhook") -> Verifier:
    """Believes what was signed within five minutes, by any of the keys.

    `read` is given the value of `webhook-id`, which is the event's id. `prefix` is for senders that kept the fields'
    older names (`svix`).
    """

    def verify(delivery: Delivery, secrets: Sequence[bytes], now: datetime) -> Accepted | Refused:
        fields = [delivery.header(f"{prefix}-{name}") for name in ("id", "timestamp", "signature")]
        if any(not values for values in fields):
            return Refused(Reason.SIGNATURE_MISSING)
        (event_id, *more), (sent, *others), (signed, *rest) = fields
        signatures = _parsed(signed)
        # A dot in the id could be taken for the one behind it: two readings of one signed text.
        if more or others or rest or signatures is None or b"." in event_id or not event_id.isascii():
            return Refused(Reason.SIGNATURE_MALFORMED)
        message = b".".join((event_id, sent, delivery.body))
        if not _is_signed(message, signatures, secrets):
            return Refused(Reason.SIGNATURE_WRONG)
        if (reason := refused_time(sent, now)) is not None:
            return Refused(reason)
        return read(delivery, event_id.decode("ascii")) or Refused(Reason.BODY_UNREADABLE)

    return verify


def _parsed(field: bytes) -> list[tuple[bytes, bytes]] | None:
    """Version and signature of each; versions that are not ours are passed over."""
    items = field.split(b" ")
    if len(items) > SIGNATURES_MAX:
        return None
    found = []
    for item in items:
        version, mark, text = item.partition(b",")
        signature = _decoded(text)
        if not mark or signature is None:
            return None
        found.append((version, signature))
    return found


def _is_signed(message: bytes, signatures: Sequence[tuple[bytes, bytes]], secrets: Sequence[bytes]) -> bool:
    shared = [one for secret in secrets if (one := _shared(secret)) is not None]
    public = [one for secret in secrets if (one := _public(secret)) is not None]
    by_hmac = is_signed(message, [one for version, one in signatures if version == b"v1"], shared)
    by_key = [
        signed_by_ed25519(key, one, message)
        for version, one in signatures
        if version == b"v1a"
        for key in public
    ]
    return by_hmac or any(by_key)
