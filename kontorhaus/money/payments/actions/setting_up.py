"""What is done at the provider for a new connection, in the background."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.payments import events
from kontorhaus.money.payments.actions.connecting import connection_in, fact, gateway_of, locked, note, read
from kontorhaus.money.payments.errors import (
    CredentialsRefused,
    PaymentAccountDiffers,
    ProviderRefused,
)
from kontorhaus.money.payments.gateways import Gateways
from kontorhaus.money.payments.model.connections import (
    Webhooks,
)
from kontorhaus.money.payments.model.ids import PaymentConnectionId
from kontorhaus.money.payments.store import connections as store
from kontorhaus.money.payments.views.connections import (
    path,
)
from kontorhaus.platform import eventlog, inbox
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.inbox import Source
from kontorhaus.platform.secrets import Keyring

Sources = Mapping[str, Source]
"""Who delivers to the inbox, by name: that of a gateway is the gateway's."""


async def set_up(
    db: Db,
    keyring: Keyring,
    gateways: Gateways,
    sources: Sources,
    org_id: OrgId,
    connection_id: PaymentConnectionId,
    *,
    heard_at: str | None,
) -> None:
    """What is done in the background for a new connection: learn whose account it is, and have the provider deliver to
    the house. May run any number of times. Raises NotSent and Unknown, to be tried again."""
    gateway, credentials = await gateway_of(db, keyring, gateways, org_id, connection_id)
    scope, before = db.org(org_id), await read(db, org_id, connection_id)
    made: list[tuple[inbox.ConnectionId, str]] = []
    try:
        account = await gateway.test(credentials)
        await scope.run(lambda tx: note(tx, org_id, connection_id, account))
        if before.webhooks != "pending":
            return
        both = ((False, before.inbox_connection_id), (True, before.sellers_inbox_connection_id))
        for sellers, address in both if heard_at is not None else ():
            url = (heard_at or "").rstrip("/") + path(address)
            key = f"{connection_id}:{'sellers_' if sellers else ''}webhooks"
            endpoint = await gateway.open_webhooks(credentials, url, sellers=sellers, key=key)
            made.append((address, endpoint.secret))
    except (CredentialsRefused, ProviderRefused, PaymentAccountDiffers):
        # It is the caller's to mend, and his answer of `test` says why.
        made = []

    async def effect(tx: Tx) -> None:
        held = await locked(tx, org_id, connection_id)
        if held.webhooks != "pending":
            return  # a secret was given meanwhile
        for address, secret in made:
            await rotate_inbox(
                tx, keyring, sources[held.gateway], org_id, address, secret, overlap=timedelta(0)
            )
        heard: Webhooks = "open" if made else "refused" if heard_at is not None else "none"
        await store.SET_WEBHOOKS.run(tx, org_id, connection_id, heard, utc_now())
        now = await connection_in(tx, org_id, connection_id)
        await eventlog.append(
            tx, fact(events.PaymentConnectionUpdated, now, fields=["webhooks"]), org_id=org_id
        )

    await keyring.make_ready(org_id)
    await scope.run(effect)


async def rotate_inbox(
    tx: Tx,
    keyring: Keyring,
    source: Source,
    org_id: OrgId,
    address: inbox.ConnectionId,
    secret: str,
    *,
    overlap: timedelta = inbox.OVERLAP,
) -> None:
    await inbox.rotate(
        tx,
        keyring,
        source,
        org_id=org_id,
        connection_id=address,
        secret=secret.encode(),
        now=utc_now(),
        overlap=overlap,
    )
