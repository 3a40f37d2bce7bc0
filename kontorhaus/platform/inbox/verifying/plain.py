"""An HMAC of the body in a header field, as many providers have it: hexadecimal or base64, with or without a prefix.

No time is signed, so an old delivery can be sent again for ever; that it has one effect is kept by the event's id.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from kontorhaus.platform.inbox.model import Accepted, Delivery, Reader, Reason, Refused, Verifier
from kontorhaus.platform.inbox.verifying.signing import digest_bytes, is_signed


def plain(
    read: Reader,
    *,
    header: str,
    digest: Literal["sha256", "sha384", "sha512"] = "sha256",
    encoding: Literal["hex", "base64"] = "hex",
    prefix: str = "",
) -> Verifier:
    """Believes what carries `header: <prefix><HMAC of the body>` under any of the secrets."""
    name, beginning, size = header.lower(), prefix.encode("ascii"), digest_bytes(digest)

    def verify(delivery: Delivery, secrets: Sequence[bytes], now: datetime) -> Accepted | Refused:
        del now
        fields = delivery.header(name)
        if not fields:
            return Refused(Reason.SIGNATURE_MISSING)
        signature = _decoded(fields[0].removeprefix(beginning), encoding) if len(fields) == 1 else None
        if signature is None or len(signature) != size or not fields[0].startswith(beginning):
            return Refused(Reason.SIGNATURE_MALFORMED)
        if not is_signed(delivery.body, (signature,), secrets, digest):
            return Refused(Reason.SIGNATURE_WRONG)
        return read(delivery) or Refused(Reason.BODY_UNREADABLE)

    return verify


def _decoded(text: bytes, encoding: str) -> bytes | None:
    try:
        return bytes.fromhex(text.decode("ascii")) if encoding == "hex" else b64decode(text, validate=True)
    except ValueError:
        return None
