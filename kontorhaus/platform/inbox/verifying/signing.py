"""What signature schemes have in common."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from kontorhaus.platform.inbox.model import Reason

TOLERANCE: Final = timedelta(minutes=5)
"""How far a signature's time may be from ours, before or after: what Stripe and Standard Webhooks advise. It is their
clocks' error and the way's length; that nothing is carried out twice is kept by the event's id, for ever."""

SECONDS: Final = re.compile(rb"[0-9]{1,11}")
"""Seconds since 1970, up to the year 5138: ASCII digits alone, since `int` would take blanks, signs and others."""

SIGNATURES_MAX: Final = 16
"""Of one delivery: one for each secret that its sender holds. More is no sender that rotates, but somebody's
attempt."""


def refused_time(sent: bytes, now: datetime) -> Reason | None:
    """Why a time that was signed along is no good; None if it is good."""
    if SECONDS.fullmatch(sent) is None:
        return Reason.TIMESTAMP_MALFORMED
    signed_at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(sent))
    return Reason.TIMESTAMP_OUTSIDE if abs(now - signed_at) > TOLERANCE else None


def is_signed(
    message: bytes, signatures: Sequence[bytes], secrets: Sequence[bytes], digest: str = "sha256"
) -> bool:
    """Whether one of the signatures is the HMAC (RFC 2104) of the message under one of the secrets.

    Every pair is compared, each in constant time, so that the time taken tells nothing of which was nearly right.
    """
    found = False
    for secret in secrets:
        expected = hmac.digest(secret, message, digest)
        for signature in signatures:
            found |= hmac.compare_digest(expected, signature)
    return found


def digest_bytes(digest: str) -> int:
    return hashlib.new(digest).digest_size
