"""A connection: an organization's account at a provider, and what may happen to it. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct

from kontorhaus.money.payments.errors import PaymentConnectionClosed
from kontorhaus.money.payments.model.ids import PAYMENT_CONNECTION, PaymentConnectionId
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.inbox import ConnectionId
from kontorhaus.platform.jobs import Kind, Queue

Webhooks = Literal["given", "pending", "open", "refused", "none"]
"""How it is heard. `given`: the caller gave the secret. `pending`: an endpoint is being made at the provider, then
`open`, or `refused` by him. `none`: the house has no public address; what happens at the provider is asked for."""


class Status(StrEnum):
    ACTIVE = "active"
    CLOSED = "closed"


class Step(StrEnum):
    CLOSE = "close"


TRANSITIONS: Final = {
    (Status.ACTIVE, Step.CLOSE): Status.CLOSED,
}


class PaymentConnection(Struct, frozen=True):
    """A connection as it is kept, without its key. A closed one begins nothing; what was begun is still asked for and
    heard of, and refunds and disputes of its payments go on."""

    id: PaymentConnectionId
    entity: PartyId
    gateway: str
    name: str
    status: str
    key_hint: str
    account: str | None
    webhooks: Webhooks
    inbox_connection_id: ConnectionId
    sellers_inbox_connection_id: ConnectionId
    version: int
    created_at: datetime
    updated_at: datetime
    tested_at: datetime | None
    closed_at: datetime | None

    def __repr__(self) -> str:
        return f"PaymentConnection({PAYMENT_CONNECTION.text(self.id)})"


def advance(connection: PaymentConnection, step: Step) -> Status:
    """Raises PaymentConnectionClosed."""
    status = TRANSITIONS.get((Status(connection.status), step))
    if status is None:
        raise PaymentConnectionClosed(
            "the connection is closed", connection=PAYMENT_CONNECTION.text(connection.id)
        )
    return status


CONNECTIONS: Final = Queue("payments.connections", slots=1)
"""What is made at a provider once for each connection: nobody waits for it."""


class SetUp(Struct, frozen=True):
    connection_id: UUID


SET_UP: Final = Kind("payments.set_up_connection", SetUp, CONNECTIONS)
