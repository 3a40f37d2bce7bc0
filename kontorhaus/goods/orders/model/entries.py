"""What happened to an order, as its timeline keeps it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from kontorhaus.goods.orders.model.order import LineId


class Entry(Struct, frozen=True):
    """One thing that happened, by the organization's clock. `kind` is that of the fact that told it; `subject` is the
    payment, refund or payout that it is about; `word` a word of the house, such as the code of a decline."""

    id: UUID
    at: datetime
    kind: str
    line_id: LineId | None
    subject_kind: str | None
    subject_id: UUID | None
    amount: int | None
    word: str | None
