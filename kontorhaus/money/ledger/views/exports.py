"""How an export of the journal looks at the edge."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from kontorhaus.money.ledger.model.exports import EXPORT, ExportId, LedgerExport
from kontorhaus.people.parties import PARTY, PartyId


class ExportView(Struct, frozen=True, kw_only=True):
    id: str
    entity: str
    format: str
    begin: datetime
    end: datetime
    status: Annotated[str, Meta(description="`pending`, `running` or `ready`.")]
    entries: Annotated[int, Meta(description="How many transfers it has when it is ready.")]
    entries_done: Annotated[int, Meta(description="How many are written.")]
    parts: Annotated[
        int, Meta(description="How many parts there are so far; in their order they are the file.")
    ]
    bytes: int
    created_at: datetime
    finished_at: datetime | None
    expires_at: Annotated[
        datetime, Meta(description="When it is deleted; asked for anew it has the same bytes.")
    ]


def export(found: LedgerExport, kept: timedelta) -> ExportView:
    begun = "running" if found.attempt else "pending"
    return ExportView(
        id=EXPORT.text(ExportId(found.id)),
        entity=PARTY.text(PartyId(found.entity_id)),
        format=found.format,
        begin=found.began,
        end=found.ended,
        status=begun if found.finished_at is None else "ready",
        entries=found.entries,
        entries_done=found.entries_done,
        parts=found.parts,
        bytes=found.bytes,
        created_at=found.created_at,
        finished_at=found.finished_at,
        expires_at=found.created_at + kept,
    )
