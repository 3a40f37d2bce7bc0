"""The API of payment connections."""

from __future__ import annotations

from kontorhaus.money.payments.actions import connections as actions
from kontorhaus.money.payments.errors import (
    CredentialsRefused,
    PaymentAccountDiffers,
    PaymentConnectionChanged,
    PaymentConnectionClosed,
    PaymentConnectionExists,
    PaymentConnectionInvalid,
    PaymentConnectionNotFound,
    ProviderUnavailable,
)
from kontorhaus.money.payments.model.connecting import ConnectionChange, NewConnection, Rotation
from kontorhaus.money.payments.model.ids import PAYMENT_CONNECTION, PaymentConnectionId
from kontorhaus.money.payments.queries import connections as queries
from kontorhaus.money.payments.views.connections import (
    PaymentConnectionView,
    TestedConnectionView,
    connection,
)
from kontorhaus.people.parties import PartyNotFound
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.http import Call, Page, route

ASKING = (CredentialsRefused, PaymentAccountDiffers, ProviderUnavailable)
"""What may come of asking the provider whose a key is."""


@route(
    "POST",
    "/v1/payment_connections",
    scope="payment_connections:write",
    body=NewConnection,
    answer=PaymentConnectionView,
    status=201,
    errors=(PaymentConnectionInvalid, PaymentConnectionExists, PartyNotFound),
    idempotent=True,
    tag="Payments",
)
async def create_payment_connection(call: Call[NewConnection, None]) -> Answer:
    """Connect an account at a payment provider.

    Payments can be collected with it at once. The key is kept sealed and never shown; whether the provider takes it is
    told by `test`. Without a webhook secret the house makes the endpoint at the provider itself.
    """
    return await actions.create(
        call.db,
        call.resources.keyring,
        call.resources.gateways,
        call.resources.inbox.sources,
        call.actor,
        call.once,
        new=call.body,
        heard_at=call.resources.settings.webhook_url or call.resources.settings.public_url,
        now=call.now,
    )


@route(
    "GET",
    "/v1/payment_connections",
    scope="payment_connections:read",
    query=Page,
    list_of=PaymentConnectionView,
    tag="Payments",
)
async def list_payment_connections(call: Call[None, Page]) -> Answer:
    """List payment connections, newest first, closed ones included."""
    found = await queries.connections(
        call.db, call.actor.org_id, before=call.after(PaymentConnectionId), limit=call.query.limit + 1
    )
    return call.page(found, view=connection, position=lambda row: row.id)


@route(
    "GET",
    "/v1/payment_connections/{payment_connection_id}",
    scope="payment_connections:read",
    answer=PaymentConnectionView,
    errors=(PaymentConnectionNotFound,),
    ids={"payment_connection_id": PAYMENT_CONNECTION},
    tag="Payments",
)
async def get_payment_connection(call: Call[None, None]) -> Answer:
    """Read a payment connection: the end of its key, never the key."""
    found = await queries.connection(
        call.db, call.actor.org_id, call.id(PAYMENT_CONNECTION, "payment_connection_id")
    )
    return answer(connection(found), version=found.version)


@route(
    "PATCH",
    "/v1/payment_connections/{payment_connection_id}",
    scope="payment_connections:write",
    body=ConnectionChange,
    answer=PaymentConnectionView,
    errors=(PaymentConnectionNotFound, PaymentConnectionChanged),
    ids={"payment_connection_id": PAYMENT_CONNECTION},
    idempotent=True,
    if_match=True,
    tag="Payments",
)
async def update_payment_connection(call: Call[ConnectionChange, None]) -> Answer:
    """Rename a payment connection."""
    return await actions.change(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        call.id(PAYMENT_CONNECTION, "payment_connection_id"),
        changed=call.body,
        version=call.if_match,
        now=call.now,
    )


@route(
    "POST",
    "/v1/payment_connections/{payment_connection_id}/test",
    scope="payment_connections:write",
    answer=TestedConnectionView,
    errors=(PaymentConnectionNotFound, *ASKING),
    ids={"payment_connection_id": PAYMENT_CONNECTION},
    idempotent=True,
    tag="Payments",
)
async def test_payment_connection(call: Call[None, None]) -> Answer:
    """Test a payment connection.

    Asks the provider whose account the key opens, and whether it may collect money now. Nothing is moved.
    """
    return await actions.test(
        call.db,
        call.resources.keyring,
        call.resources.gateways,
        call.once,
        call.id(PAYMENT_CONNECTION, "payment_connection_id"),
    )


@route(
    "POST",
    "/v1/payment_connections/{payment_connection_id}/rotate",
    scope="payment_connections:write",
    body=Rotation,
    answer=PaymentConnectionView,
    errors=(PaymentConnectionInvalid, PaymentConnectionNotFound, *ASKING),
    ids={"payment_connection_id": PAYMENT_CONNECTION},
    idempotent=True,
    tag="Payments",
)
async def rotate_payment_connection(call: Call[Rotation, None]) -> Answer:
    """Replace a payment connection's key, or its webhook secrets.

    A new key is tried at the provider first and must open the same account; payments under way go on with it and are
    never charged twice. A replaced webhook secret is believed for a day longer.
    """
    return await actions.rotate(
        call.db,
        call.resources.keyring,
        call.resources.gateways,
        call.resources.inbox.sources,
        call.actor,
        call.once,
        call.id(PAYMENT_CONNECTION, "payment_connection_id"),
        given=call.body,
        now=call.now,
    )


@route(
    "POST",
    "/v1/payment_connections/{payment_connection_id}/close",
    scope="payment_connections:write",
    answer=PaymentConnectionView,
    errors=(PaymentConnectionNotFound, PaymentConnectionClosed),
    ids={"payment_connection_id": PAYMENT_CONNECTION},
    idempotent=True,
    tag="Payments",
)
async def close_payment_connection(call: Call[None, None]) -> Answer:
    """Close a payment connection.

    It begins no payment any more and cannot be opened again. What was begun is brought to its end, and refunds of its
    payments stay possible; so its key must go on working at the provider until then.
    """
    return await actions.close(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        call.id(PAYMENT_CONNECTION, "payment_connection_id"),
        now=call.now,
    )


ROUTES = (
    create_payment_connection,
    list_payment_connections,
    get_payment_connection,
    update_payment_connection,
    test_payment_connection,
    rotate_payment_connection,
    close_payment_connection,
)
