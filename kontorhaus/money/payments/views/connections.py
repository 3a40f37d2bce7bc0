"""A connection as the API shows it: never its key, nor what it signs with."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from kontorhaus.money.payments.model.connections import PaymentConnection, Status, Webhooks
from kontorhaus.money.payments.model.ids import PAYMENT_CONNECTION
from kontorhaus.people.parties import PARTY
from kontorhaus.platform import inbox


class PaymentConnectionView(Struct, frozen=True):
    id: str
    entity: str
    gateway: str
    name: str
    status: Annotated[Status, Meta(description="A closed one begins no payment; what was begun goes on.")]
    key_hint: Annotated[str, Meta(description="The last characters of the key.")]
    account: Annotated[str | None, Meta(description="The provider's name of the account, once he was asked.")]
    webhooks: Annotated[
        Webhooks,
        Meta(
            description="`given`: signed with the secret that you gave. `pending`, `open`, `refused`: the endpoint "
            "that the house makes at the provider. `none`: no endpoint; what happens there is asked for by and by."
        ),
    ]
    webhook_path: Annotated[
        str, Meta(description="Where the provider delivers, below the address of this API.")
    ]
    sellers_webhook_path: Annotated[
        str, Meta(description="The same for what concerns your sellers' accounts.")
    ]
    created_at: datetime
    updated_at: datetime
    tested_at: Annotated[datetime | None, Meta(description="When the key was last found to work.")]
    closed_at: datetime | None
    version: int


class ProviderAccountView(Struct, frozen=True):
    reference: str
    country: str | None
    currency: str | None
    ready: Annotated[bool, Meta(description="Whether the provider lets it collect money now.")]


class TestedConnectionView(Struct, frozen=True):
    connection: PaymentConnectionView
    account: ProviderAccountView


def connection(found: PaymentConnection) -> PaymentConnectionView:
    return PaymentConnectionView(
        id=PAYMENT_CONNECTION.text(found.id),
        entity=PARTY.text(found.entity),
        gateway=found.gateway,
        name=found.name,
        status=Status(found.status),
        key_hint=found.key_hint,
        account=found.account,
        webhooks=found.webhooks,
        webhook_path=path(found.inbox_connection_id),
        sellers_webhook_path=path(found.sellers_inbox_connection_id),
        created_at=found.created_at,
        updated_at=found.updated_at,
        tested_at=found.tested_at,
        closed_at=found.closed_at,
        version=found.version,
    )


def path(inbox_connection_id: inbox.ConnectionId) -> str:
    return f"/v1/inbox/{inbox.CONNECTION.text(inbox_connection_id)}"
