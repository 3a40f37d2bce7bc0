"""How an export of the journal looks at the edge."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from kontorhaus.money.ledger.model import exports as model
from kontorhaus.money.ledger.model.exports import EXPORT, ExportId, LedgerExport
from kontorhaus.people.parties import PARTY, PartyId


class ExportView(Struct, frozen=True, kw_only=True):
    id: str
    entity: str
    format: str
    begin: datetime
    end: datetime
    status: Annotated[str, Meta(description="`pending`, `running`, `ready` or `failed`.")]
    reason: Annotated[
        str | None,
        Meta(description="What an export that has failed has failed of: the type and code of an error."),
    ]
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


def export(found: LedgerExport) -> ExportView:
    return ExportView(
        id=EXPORT.text(ExportId(found.id)),
        entity=PARTY.text(PartyId(found.entity_id)),
        format=found.format,
        begin=found.began,
        end=found.ended,
        status=status(found),
        reason=found.failure,
        entries=found.entries,
        entries_done=found.entries_done,
        parts=found.parts,
        bytes=found.bytes,
        created_at=found.created_at,
        finished_at=found.finished_at,
        expires_at=found.created_at + model.KEPT,
    )


def status(found: LedgerExport) -> str:
    if found.finished_at is not None:
        return "ready"
    if found.failed_at is not None:
        return "failed"
    return "running" if found.attempt else "pending"
