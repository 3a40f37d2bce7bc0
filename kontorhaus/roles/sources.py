"""Who delivers to the house's inbox: the sources of every room."""

from __future__ import annotations

from kontorhaus.money import payments
from kontorhaus.money.payments import Gateways
from kontorhaus.platform import inbox
from kontorhaus.platform.db import Db
from kontorhaus.platform.inbox import Finish, Message, Phases, Source
from kontorhaus.platform.secrets import Keyring


def every_source(keyring: Keyring, gateways: Gateways) -> tuple[Source, ...]:
    """Every kind of sender, room by room. A gateway's has the gateway's name."""

    async def hear(db: Db, message: Message, finish: Finish) -> None:
        await payments.receive(payments.Means(db, keyring, gateways), message, finish)

    return (
        Source(
            name="stripe",
            verify=inbox.stripe(payments.stripe_accepted),
            action=Phases(hear),
            fits=inbox.stripe_secret_fits,
        ),
    )
