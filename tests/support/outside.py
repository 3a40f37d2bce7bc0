"""A sender of webhooks outside the house: what he sends is believed, kept, and nothing is done with it."""

from __future__ import annotations

import hmac
import json

import msgspec
from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import inbox
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.inbox import Accepted, Delivery, Effect, Message, Source
from kontorhaus.platform.secrets import Keyring

SECRET = b"whsec_of_a_sender_outside"


class Body(Struct):
    id: str
    type: str


def read(delivery: Delivery) -> Accepted | None:
    try:
        body = msgspec.json.decode(delivery.body, type=Body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return Accepted(body.id, body.type)


async def nothing(_: Tx, __: Message) -> None:
    return None


OUTSIDE = Source(name="outside", verify=inbox.plain(read, header="X-Signature"), action=Effect(nothing))


async def address(db: Db, keyring: Keyring, org_id: OrgId) -> str:
    """The id of a new connection of an organization."""
    await keyring.make_ready(org_id)
    async with db.org(org_id) as tx:
        made = await inbox.connect(tx, keyring, OUTSIDE, org_id=org_id, secret=SECRET, now=utc_now())
    return inbox.CONNECTION.text(made)


def signature(body: object) -> str:
    """Of a body as `House.call` sends it."""
    return hmac.digest(SECRET, json.dumps(body).encode(), "sha256").hex()
