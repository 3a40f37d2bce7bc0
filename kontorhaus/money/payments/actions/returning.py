"""The address that a payer comes back to from his bank: signed, public, and good for nothing but that."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.payments.actions import hearing
from kontorhaus.money.payments.actions.operating import Means
from kontorhaus.money.payments.errors import PaymentConflict, ReturnTokenInvalid
from kontorhaus.money.payments.model.ids import PAYMENT, PaymentId
from kontorhaus.money.payments.store import payments as store
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.outbound import NotSent, Unknown
from kontorhaus.platform.secrets import Keyring

PURPOSE: Final = "payments.return"

ORG_BYTES: Final = 16
TAG_BYTES: Final = 16
"""A guess is right once in 2^128, and what it shows is a payment's status."""


PATIENCE: Final = timedelta(seconds=5)
"""How long a payer who comes back from his bank waits for the provider before he is led on."""


async def address(keyring: Keyring, org_id: OrgId, payment_id: PaymentId, *, base: str) -> str:
    """The house's own address that a payer comes back to; it says whose payment it is, since nobody signs in there."""
    tag = await _tag(keyring, org_id, payment_id)
    token = urlsafe_b64encode(org_id.bytes + tag).rstrip(b"=").decode("ascii")
    return f"{base.rstrip('/')}/v1/payments/{PAYMENT.text(payment_id)}/return?token={token}"


async def come_back(means: Means, payment_id: PaymentId, token: str) -> Answer:
    """Ask the provider what became of it, then send the browser on to the address that the payment was given. If he
    cannot be asked, or does not answer soon, the payer is sent on all the same: a webhook, or a later question, brings
    the rest.

    Raises ReturnTokenInvalid, PaymentConflict for a payment without such an address.
    """
    org_id = await _organization(means.keyring, payment_id, token)
    with contextlib.suppress(NotSent, Unknown, TimeoutError):
        async with asyncio.timeout(PATIENCE.total_seconds()):
            await hearing.refresh(means, org_id, payment_id, hearing.nothing)
    async with means.db.org(org_id, read_only=True) as tx:
        found = await store.PAYMENT.one(tx, org_id, payment_id)
    if found.return_url is None:
        raise PaymentConflict("the payment has nowhere to return to", status=found.status)
    onward = urlsplit(found.return_url)
    query = [*parse_qsl(onward.query), ("payment", PAYMENT.text(payment_id)), ("status", found.status)]
    location = urlunsplit(onward._replace(query=urlencode(query)))
    return Answer(status=303, body=b"", headers=(("location", location), ("cache-control", "no-store")))


async def _organization(keyring: Keyring, payment_id: PaymentId, token: str) -> OrgId:
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except ValueError:
        raw = b""
    if len(raw) != ORG_BYTES + TAG_BYTES:
        raise ReturnTokenInvalid("the address is not whole")
    org_id = OrgId(UUID(bytes=raw[:ORG_BYTES]))
    if not hmac.compare_digest(raw[ORG_BYTES:], await _tag(keyring, org_id, payment_id)):
        raise ReturnTokenInvalid("the address was changed, or is another payment's")
    return org_id


async def _tag(keyring: Keyring, org_id: OrgId, payment_id: PaymentId) -> bytes:
    whole = await keyring.fingerprint(payment_id.bytes, org_id=org_id, purpose=PURPOSE)
    return whole[:TAG_BYTES]
