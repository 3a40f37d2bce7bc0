"""Connections as the rest of the room needs them: the gateway with what opens it, and what a connection is.

Keys are sealed before a transaction begins and opened after it has ended, since a key service may be asked.
"""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.payments import events
from kontorhaus.money.payments.errors import (
    PaymentAccountDiffers,
    PaymentConnectionNotFound,
)
from kontorhaus.money.payments.gateways import Credentials, Gateway, Gateways, ProviderAccount
from kontorhaus.money.payments.model.connections import (
    PaymentConnection,
)
from kontorhaus.money.payments.model.ids import PaymentConnectionId
from kontorhaus.money.payments.store import connections as store
from kontorhaus.people.parties import PartyId
from kontorhaus.platform import eventlog, inbox
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.secrets import Keyring

FactT = TypeVar("FactT", bound=events.PaymentConnectionFact)

CREDENTIALS: Final = "payments.credentials"


class _Kept(Struct, frozen=True):
    """What is sealed. Fields are only added, with defaults."""

    secret_key: str

    def __repr__(self) -> str:
        return "_Kept(***)"


_KEPT: Final = msgspec.msgpack.Decoder(_Kept)


async def gateway_of(
    db: Db, keyring: Keyring, gateways: Gateways, org_id: OrgId, connection_id: PaymentConnectionId
) -> tuple[Gateway, Credentials]:
    """Whom to ask, and what to sign in with. Also of a closed connection: what was begun is brought to its end. Raises
    PaymentConnectionNotFound."""
    async with db.org(org_id, read_only=True) as tx:
        kept = await store.CREDENTIALS.maybe(tx, org_id, connection_id)
    if kept is None:
        raise PaymentConnectionNotFound("there is no such payment connection")
    packed = await keyring.open(kept.credentials, org_id=org_id, purpose=CREDENTIALS)
    return gateways[kept.gateway], Credentials(_KEPT.decode(packed).secret_key)


async def read(db: Db, org_id: OrgId, connection_id: PaymentConnectionId) -> PaymentConnection:
    """Raises PaymentConnectionNotFound."""
    async with db.org(org_id, read_only=True) as tx:
        return await connection_in(tx, org_id, connection_id)


async def connection_in(tx: Tx, org_id: OrgId, connection_id: PaymentConnectionId) -> PaymentConnection:
    """Raises PaymentConnectionNotFound."""
    found = await store.CONNECTION.maybe(tx, org_id, connection_id)
    if found is None:
        raise PaymentConnectionNotFound("there is no such payment connection")
    return found


async def active_of(tx: Tx, org_id: OrgId, entity: PartyId) -> list[PaymentConnection]:
    """The active connections of a legal entity; two at the most, for whoever wants the only one."""
    return await store.ACTIVE_OF_ENTITY.all(tx, org_id, entity)


async def connection_of_inbox(
    tx: Tx, org_id: OrgId, inbox_connection_id: inbox.ConnectionId
) -> PaymentConnectionId | None:
    """Which connection a webhook is for; None if its address is no connection's."""
    found = await store.OF_INBOX.maybe(tx, org_id, inbox_connection_id)
    return None if found is None else found.id


async def sealed(keyring: Keyring, org_id: OrgId, secret_key: str) -> bytes:
    packed = msgspec.msgpack.encode(_Kept(secret_key))
    return await keyring.seal(packed, org_id=org_id, purpose=CREDENTIALS)


async def locked(tx: Tx, org_id: OrgId, connection_id: PaymentConnectionId) -> PaymentConnection:
    found = await store.LOCK_CONNECTION.maybe(tx, org_id, connection_id)
    if found is None:
        raise PaymentConnectionNotFound("there is no such payment connection")
    return found


async def note(
    tx: Tx, org_id: OrgId, connection_id: PaymentConnectionId, account: ProviderAccount
) -> PaymentConnection:
    """Keep whose account it is. It is never another one's: the key is not believed then."""
    before = await locked(tx, org_id, connection_id)
    refuse_other(before.account, account.reference)
    await store.NOTE_ACCOUNT.run(tx, org_id, connection_id, account.reference, utc_now())
    noted = await connection_in(tx, org_id, connection_id)
    if before.account is None:
        learned = fact(events.PaymentConnectionUpdated, noted, fields=["account"])
        await eventlog.append(tx, learned, org_id=org_id)
    return noted


def refuse_other(known: str | None, account: str | None) -> None:
    if known is not None and known != account:
        raise PaymentAccountDiffers("the key opens another account than the connection's")


def fact(kind: type[FactT], found: PaymentConnection, **more: object) -> FactT:
    return kind(
        subject=found.id,
        entity=found.entity,
        gateway=found.gateway,
        status=found.status,
        version=found.version,
        **more,
    )
