"""Who follows the log: the reactions of every room."""

from __future__ import annotations

from collections.abc import Sequence

from kontorhaus.goods.orders import reactions as orders_reactions
from kontorhaus.platform.eventlog import Subscriber


def every_subscriber() -> Sequence[Subscriber]:
    """The readers of the log, room by room: the relay follows them, and a worker catches them up while it advances a
    test clock."""
    return (*orders_reactions.subscribers(),)
