"""Exports of the journal: what is asked for, and how far it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, NewType
from uuid import UUID

from msgspec import Meta, Struct

from kontorhaus.kernel.ids import Noun
from kontorhaus.money.ledger.model.requests import EntityId, Instant

ExportId = NewType("ExportId", UUID)

EXPORT: Final = Noun("lexp", ExportId)


KEPT: Final = timedelta(days=7)
"""An export can be asked for anew, and gives the same bytes: a week outlasts holidays at a weekend."""


class Format(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"


class NewExport(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    entity: EntityId
    format: Annotated[
        Format, Meta(description="`csv` is compressed by gzip; `parquet` is compressed by itself.")
    ]
    begin: Annotated[
        Instant,
        Meta(description="The first instant of the period, of record.", examples=["2026-11-01T00:00:00Z"]),
    ]
    end: Annotated[
        Instant,
        Meta(
            description="The first instant behind the period; it has passed.",
            examples=["2026-12-01T00:00:00Z"],
        ),
    ]


class LedgerExport(Struct, frozen=True):
    """An export, made or being made."""

    id: UUID
    entity_id: UUID
    entity: int
    format: str
    began: datetime
    ended: datetime
    entries: int
    entries_done: int
    attempt: int
    parts: int
    bytes: int
    created_at: datetime
    finished_at: datetime | None
    failed_at: datetime | None
    failure: str | None
