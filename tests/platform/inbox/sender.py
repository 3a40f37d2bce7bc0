"""A demo sender and what the house does with his messages: a row each, in a table that tests count.

Run as a module it is a worker that can be killed: KILLED_DATABASE and KILLED_KEYS name the database and the key
file. It stops dead inside the transaction of an effect while KILLED_PAUSE names a file that exists.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import inbox
from kontorhaus.platform.db import Command, Db, Query, Tx
from kontorhaus.platform.inbox import (
    Accepted,
    ConnectionId,
    Delivery,
    Effect,
    Finish,
    Inbox,
    Message,
    Phases,
    Source,
)
from kontorhaus.platform.jobs import Worker
from kontorhaus.platform.secrets import Keyring, LocalKeyFile
from tests.support.house import House, Reply

SCHEMA = """
    CREATE TABLE demo_effect (
        org_id  uuid    NOT NULL,
        number  integer GENERATED ALWAYS AS IDENTITY,
        event   text    NOT NULL,
        subject text,
        attempt integer NOT NULL
    );
    CALL wall('demo_effect', 'SELECT, INSERT', 'SELECT, INSERT');
"""


class Done(Struct, frozen=True):
    org_id: UUID
    event: str
    subject: str | None
    attempt: int


INSERT = Command("INSERT INTO demo_effect (org_id, event, subject, attempt) VALUES ($1, $2, $3, $4)")
EFFECTS = Query(Done, "SELECT org_id, event, subject, attempt FROM demo_effect ORDER BY number")


class Body(Struct):
    id: str
    about: str | None = None
    number: int = 0
    poison: bool = False


class Poisoned(Exception):
    """What is wrong with a message may quote a person: the reason must not."""


def read(delivery: Delivery) -> Accepted | None:
    try:
        body = msgspec.json.decode(delivery.body, type=Body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return Accepted(body.id, "demo.happened", body.about, body.number)


cured = False
"""Whether what made messages poisonous has been repaired."""


def refuse_poison(message: Message) -> None:
    if msgspec.json.decode(message.delivery.body, type=Body).poison and not cured:
        raise Poisoned("Frau Müller, DE89370400440532013000")


async def write(tx: Tx, message: Message) -> None:
    refuse_poison(message)
    await INSERT.run(tx, (await org_of(tx)), message.event_id, message.subject, message.attempt)


class Org(Struct, frozen=True):
    org_id: UUID


CURRENT_ORG = Query(Org, "SELECT current_org() AS org_id")


async def org_of(tx: Tx) -> UUID:
    """The wall that the effect stands behind, as the database sees it."""
    return (await CURRENT_ORG.one(tx)).org_id


async def write_slowly(tx: Tx, message: Message) -> None:
    """As above, but stop between the effect and the commit for as long as the pause file is there."""
    await write(tx, message)
    while Path(os.environ["KILLED_PAUSE"]).exists():
        Path(os.environ["KILLED_PAUSE"]).write_text("here")
        await asyncio.sleep(0.02)


async def in_phases(db: Db, message: Message, finish: Finish) -> None:
    """Leaves for the network, as it were, before its one transaction."""
    await asyncio.sleep(0.01)
    refuse_poison(message)
    org_id = OrgId(UUID(hex=msgspec.json.decode(message.delivery.body, type=Body).id.split(" ")[1]))
    async with db.org(org_id) as tx:
        await INSERT.run(tx, org_id, message.event_id, message.subject, message.attempt)
        await finish(tx)


TRIES = 3

DEMO = Source(name="demo", verify=inbox.plain(read, header="X-Signature"), action=Effect(write), tries=TRIES)
SLOW = msgspec.structs.replace(DEMO, action=Effect(write_slowly), tries=20)
PHASED = msgspec.structs.replace(DEMO, name="phased", action=Phases(in_phases))
STRIPE = msgspec.structs.replace(DEMO, name="stripe", verify=inbox.stripe())

SECRET = b"whsec_of_the_demo_sender_0123"
OTHER_SECRET = b"whsec_of_somebody_else_0123456"


def signature(body: bytes, secret: bytes = SECRET) -> str:
    return hmac.digest(secret, body, "sha256").hex()


def stripe_signature(body: bytes, at: datetime, secret: bytes = SECRET) -> str:
    sent = str(int(at.timestamp()))
    return f"t={sent},v1={hmac.new(secret, sent.encode() + b'.' + body, hashlib.sha256).hexdigest()}"


async def opened(
    db: Db, keyring: Keyring, org_id: OrgId, source: Source = DEMO, secret: bytes = SECRET
) -> ConnectionId:
    await keyring.make_ready(org_id)
    async with db.org(org_id) as tx:
        return await inbox.connect(tx, keyring, source, org_id=org_id, secret=secret, now=utc_now())


class Sender(Struct, frozen=True):
    """A sender at his address."""

    house: House
    connection_id: ConnectionId
    secret: bytes = SECRET

    async def send(self, event_id: str, **body: Any) -> Reply:
        return await self.send_raw(msgspec.json.encode({"id": event_id, **body}))

    async def send_raw(self, raw: bytes, headers: Mapping[str, str] | None = None) -> Reply:
        signed = {"x-signature": signature(raw, self.secret)} if headers is None else headers
        path = f"/v1/inbox/{inbox.CONNECTION.text(self.connection_id)}"
        # No idempotency key: a stranger's server knows nothing of ours.
        return await self.house.call("POST", path, raw=raw, headers={"idempotency-key": "", **signed})


async def effects(db: Db) -> list[str]:
    """The sender's ids of what was carried out, in the order in which it was."""
    async with db.system() as tx:
        return [done.event for done in await EFFECTS.all(tx)]


class Worked(Struct, frozen=True):
    """A worker of simulated time: what has failed is tried again as soon as it is asked to work."""

    worker: Worker
    clock: list[datetime]

    async def drain(self, *, later: timedelta = timedelta(0)) -> int:
        self.clock[0] += later
        return await self.worker.drain()


def worker(db: Db, keyring: Keyring, *sources: Source) -> Worked:
    clock = [utc_now() + timedelta(seconds=1)]
    carrier = inbox.Carrier(sources or (DEMO,), keyring)
    return Worked(Worker(db, [inbox.INBOX], [carrier], now=lambda: clock[0]), clock)


def received_by(*sources: Source) -> Inbox:
    return Inbox(sources or (DEMO,))


async def work_until_killed() -> None:
    db = await Db.connect(os.environ["KILLED_DATABASE"], connections=4)
    keyring = Keyring(LocalKeyFile.opened(Path(os.environ["KILLED_KEYS"])))
    lease = timedelta(seconds=1)
    await Worker(db, [inbox.INBOX], [inbox.Carrier((SLOW,), keyring)], lease=lease).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(work_until_killed())
