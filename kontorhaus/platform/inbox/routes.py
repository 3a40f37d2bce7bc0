"""Where senders deliver."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from kontorhaus.kernel.time import utc_now
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.http import Call, RawBody, route
from kontorhaus.platform.inbox.errors import ConnectionNotFound, DeliveryRefused, SourceNotServed
from kontorhaus.platform.inbox.model import CONNECTION, Delivery


class Received(Struct, frozen=True):
    received: bool


@route(
    "POST",
    "/v1/inbox/{connection_id}",
    scope=None,
    body=RawBody,
    answer=Received,
    ids={"connection_id": CONNECTION},
    errors=(ConnectionNotFound, DeliveryRefused, SourceNotServed),
    tag="Inbox",
)
async def receive_delivery(call: Call[RawBody, None]) -> Answer:
    """Take a webhook in.

    For payment providers and other senders, at the address that they were given. The body is kept to the byte before
    the answer, and carried out once, however often it is delivered: a second one gets 200 too. No API key is asked
    for; the signature proves who sends, over the bytes as they are sent. Some senders get another body with 200, as
    they ask for.
    """
    delivery = Delivery(call.body.headers, call.body.content)
    connection_id = call.id(CONNECTION, "connection_id")
    # Signatures are a matter of machine time, whatever a test clock says.
    source = await call.resources.inbox.receive(
        call.db, call.resources.keyring, connection_id, delivery, now=utc_now()
    )
    return Answer(status=200, body=source.answer, media_type=source.answer_media_type)


ROUTES: Final = (receive_delivery,)
