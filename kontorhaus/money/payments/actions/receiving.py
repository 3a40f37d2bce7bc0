"""A kept webhook, from the address it came to to the object it is about."""

from __future__ import annotations

from kontorhaus.money.payments.actions.connecting import connection_of_inbox
from kontorhaus.money.payments.actions.hearing import hear
from kontorhaus.money.payments.actions.operating import Means
from kontorhaus.platform.inbox import Finish, Message


async def receive(means: Means, message: Message, finish: Finish) -> None:
    """Carry out a webhook of a provider: the message of an inbox whose source is a gateway's, under its name. What is
    nothing of ours is over at once. NotSent and Unknown: the provider could not be asked; try again."""
    async with means.db.org(message.org_id, read_only=True) as tx:
        connection_id = await connection_of_inbox(tx, message.org_id, message.connection_id)
    notice = means.gateways[message.source].read(message.delivery.body)
    if connection_id is None or notice is None:
        await means.db.org(message.org_id).run(finish)
        return
    await hear(means, message.org_id, connection_id, notice, finish)
