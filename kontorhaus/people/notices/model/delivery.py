"""The job that hands a notice over: one job an attempt."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from kontorhaus.platform.jobs import Kind, Queue


class Delivery(Struct, frozen=True):
    """Attempt `number` at a notice. It is carried out once at the most: whoever comes second finds it begun."""

    notice_id: UUID
    number: int


MAIL: Final = Queue("mail", slots=8, per_key=4)
"""The key is the organization: its mass mailing must not stand before another one's receipt. How fast each recipient's
domain may be written to is known by the mail server, through which all of it goes."""

DELIVER: Final = Kind("notices.deliver", Delivery, MAIL, deadline=timedelta(minutes=6))
"""The deadline is beyond all time-outs of an attempt together: who is cancelled knows nothing."""
