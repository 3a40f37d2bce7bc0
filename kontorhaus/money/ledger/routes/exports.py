"""The API of exports of the journal."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from kontorhaus.money.ledger.actions import exporting
from kontorhaus.money.ledger.errors import (
    LedgerEntityNotFound,
    LedgerEntryInvalid,
    LedgerExportNotFound,
    LedgerExportPartNotFound,
    LedgerExportTooLarge,
    LedgerInstantInvalid,
)
from kontorhaus.money.ledger.model.exports import EXPORT, Format, NewExport
from kontorhaus.money.ledger.model.requests import instant
from kontorhaus.money.ledger.views.exports import ExportView, export
from kontorhaus.people.parties import PARTY
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.http import Call, Page, route

NAMES = {Format.CSV: "journal.csv.gz", Format.PARQUET: "journal.parquet"}


class PartQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    part: Annotated[int, Meta(ge=0, le=1_000_000, description="Which part, from 0.")] = 0


@route(
    "POST",
    "/v1/ledger/exports",
    scope="ledger:read",
    body=NewExport,
    answer=ExportView,
    status=201,
    errors=(LedgerEntityNotFound, LedgerEntryInvalid, LedgerInstantInvalid, LedgerExportTooLarge),
    idempotent=True,
    tag="Ledger",
)
async def export_ledger_journal(call: Call[NewExport, None]) -> Answer:
    """Export the journal of a period.

    Every transfer that was recorded in it, in the order of record, as CSV or Parquet. It is written in the
    background: read the export until it is `ready` or `failed`, or wait for its event. The same period gives the same
    bytes."""
    begin, end = instant(call.body.begin, "/begin"), instant(call.body.end, "/end")
    assert begin is not None, "the body has both"
    assert end is not None, "the body has both"
    return await exporting.ask(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        PARTY.parse(call.body.entity),
        call.body.format,
        begin,
        end,
    )


@route("GET", "/v1/ledger/exports", scope="ledger:read", query=Page, list_of=ExportView, tag="Ledger")
async def list_ledger_exports(call: Call[None, Page]) -> Answer:
    """List exports.

    The newest first; they are kept for a week."""
    found = await exporting.exports(
        call.db, call.actor.org_id, before=call.after(UUID), limit=call.query.limit + 1
    )
    return call.page(found, view=export, position=lambda one: one.id)


@route(
    "GET",
    "/v1/ledger/exports/{export_id}",
    scope="ledger:read",
    answer=ExportView,
    errors=(LedgerExportNotFound,),
    ids={"export_id": EXPORT},
    tag="Ledger",
)
async def get_ledger_export(call: Call[None, None]) -> Answer:
    """Read how far an export is."""
    found = await exporting.export(call.db, call.actor.org_id, call.id(EXPORT, "export_id"))
    return answer(export(found))


@route(
    "GET",
    "/v1/ledger/exports/{export_id}/content",
    scope="ledger:read",
    query=PartQuery,
    media_type="application/octet-stream",
    errors=(LedgerExportNotFound, LedgerExportPartNotFound),
    ids={"export_id": EXPORT},
    tag="Ledger",
)
async def download_ledger_export(call: Call[None, PartQuery]) -> Answer:
    """Download a part of an export.

    Parts of a megabyte, one after the other, are the file; a part that was lost is asked for again. `ETag` names its
    bytes."""
    found, content = await exporting.part(
        call.db, call.actor.org_id, call.id(EXPORT, "export_id"), call.query.part
    )
    named = (("content-disposition", f'attachment; filename="{NAMES[Format(found.format)]}"'),)
    return Answer(status=200, body=content, media_type="application/octet-stream", headers=named)


ROUTES = (export_ledger_journal, list_ledger_exports, get_ledger_export, download_ledger_export)
