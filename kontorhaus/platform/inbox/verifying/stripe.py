"""Stripe's scheme: `Stripe-Signature: t=1492774577,v1=5257a869…,v1=…`, HMAC-SHA-256 over `t.body`.

https://docs.stripe.com/webhooks/signature ; while a secret is rolled Stripe signs with both, for up to 24 hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from kontorhaus.platform.inbox.model import Accepted, Delivery, Reader, Reason, Refused, Verifier
from kontorhaus.platform.inbox.verifying.signing import SIGNATURES_MAX, is_signed, refused_time


def stripe_secret_fits(secret: bytes) -> bool:
    """Whether it looks like a signing secret: `whsec_` and more."""
    return secret.startswith(b"whsec_") and 20 <= len(secret) <= 200 and secret.isascii()


class _Object(Struct):
    id: str | None = None


class _Data(Struct):
    object: _Object


class _Event(Struct):
    id: str
    type: str
    created: int
    data: _Data
    account: str | None = None


_EVENT = msgspec.json.Decoder(_Event)

LATEST_SECOND = 253_402_300_799
"""The end of the year 9999: no `datetime` holds a later one."""


def stripe_event(delivery: Delivery) -> Accepted | None:
    """A snapshot event. Its subject is the object that it shows, of the connected account if there is one; its sequence
    the second at which Stripe made it, since Stripe delivers in any order."""
    try:
        found = _EVENT.decode(delivery.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not 0 <= found.created <= LATEST_SECOND:
        return None
    subject = found.data.object.id
    if subject is not None and found.account is not None:
        subject = f"{found.account} {subject}"
    return Accepted(
        event_id=found.id,
        kind=found.type,
        subject=subject,
        sequence=found.created,
        occurred_at=datetime.fromtimestamp(found.created, UTC),
    )


def stripe(read: Reader = stripe_event) -> Verifier:
    """Believes what was signed within five minutes, by any of the secrets, under any `v1`."""

    def verify(delivery: Delivery, secrets: Sequence[bytes], now: datetime) -> Accepted | Refused:
        fields = delivery.header("stripe-signature")
        if not fields:
            return Refused(Reason.SIGNATURE_MISSING)
        parsed = _parsed(fields[0]) if len(fields) == 1 else None
        if parsed is None:
            return Refused(Reason.SIGNATURE_MALFORMED)
        sent, signatures = parsed
        if not is_signed(sent + b"." + delivery.body, signatures, secrets):
            return Refused(Reason.SIGNATURE_WRONG)
        # Told only to who holds the secret.
        if (reason := refused_time(sent, now)) is not None:
            return Refused(reason)
        return read(delivery) or Refused(Reason.BODY_UNREADABLE)

    return verify


def _parsed(field: bytes) -> tuple[bytes, list[bytes]] | None:
    """The time as it was signed, and the signatures of scheme v1; other schemes are not ours to judge."""
    times, signatures = [], []
    for item in field.split(b","):
        name, mark, value = item.strip(b" ").partition(b"=")
        if not mark:
            return None
        if name == b"t":
            times.append(value)
        elif name == b"v1":
            signatures.append(value)
    if len(times) != 1 or not 1 <= len(signatures) <= SIGNATURES_MAX:
        return None
    try:
        return times[0], [bytes.fromhex(one.decode("ascii")) for one in signatures]
    except ValueError:
        return None
