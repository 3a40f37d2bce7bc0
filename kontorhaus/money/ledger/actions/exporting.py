"""Exports of the journal: asked for, written by a job a piece at a time, kept for a week."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.ledger.actions import showing, timing
from kontorhaus.money.ledger.errors import (
    LedgerEntryInvalid,
    LedgerExportNotFound,
    LedgerExportPartNotFound,
    LedgerExportTooLarge,
    LedgerInstantInvalid,
)
from kontorhaus.money.ledger.events import ExportFailed, ExportFinished
from kontorhaus.money.ledger.model import exports as model
from kontorhaus.money.ledger.model.exports import ExportId, Format, LedgerExport
from kontorhaus.money.ledger.model.shown import ShownTransfer
from kontorhaus.money.ledger.store import exporting as store
from kontorhaus.money.ledger.store import reading
from kontorhaus.money.ledger.views import exports as views
from kontorhaus.money.ledger.views.journal import encoder
from kontorhaus.people import access
from kontorhaus.people.parties import PartyId
from kontorhaus.platform import eventlog, jobs
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.idempotency import Once, one_phase
from kontorhaus.platform.jobs import HOUSE, Kind, LeaseLost, Priority, Queue, Running
from kontorhaus.platform.secrets import Keyring

QUEUE: Final = Queue("ledger_exports", slots=1)
"""One at a time in a process: each keeps a core busy."""

ENTRIES_MAX: Final = 1_000_000
"""Transfers of one export: they are counted while the caller waits, which takes up to a second for so many, and are
written in about a minute of a core. A longer time is asked for in several."""

PAGE: Final = 5_000
"""Transfers read and written in one go: some 100 ms, and a few megabytes of memory."""

PART_BYTES: Final = 1_048_576
"""What is downloaded in one answer, and lost at most when a connection breaks."""

LAST: Final = UUID(int=2**128 - 1)

BEFORE_ALL: Final = -1


class Export(Struct, frozen=True):
    """The arguments of the job that writes an export."""

    export_id: UUID


class Nothing(Struct, frozen=True):
    """The arguments of a job that takes none."""


EXPORT: Final = Kind("ledger.export", Export, QUEUE, max_attempts=8, deadline=timedelta(hours=1))
"""Eight attempts rest for eleven minutes in all: longer than a database changes over. Who waits for a file should hear
within a quarter of an hour that it will not come."""

LOOKED_AFTER: Final = 100
"""Exports that are being made, looked after in one go."""

GIVE_UP: Final = Kind("ledger.failed_exports", Nothing, timing.QUEUE)

FORGET: Final = Kind("ledger.forget_exports", Nothing, QUEUE)


async def ask(
    db: Db,
    keyring: Keyring,
    actor: Actor,
    once: Once,
    entity: PartyId,
    kind: Format,
    begin: datetime,
    end: datetime,
) -> Answer:
    """Ask for an export of what was recorded from `begin` up to and without `end`.

    Raises LedgerEntityNotFound, LedgerInstantInvalid for a period that has not ended, LedgerExportTooLarge.
    """
    if begin >= end:
        fault = Fault("/end", "expected an instant after `begin`")
        raise LedgerEntryInvalid("the period is empty", faults=(fault,))
    org_id = actor.org_id

    async def effect(tx: Tx) -> Answer:
        number = (await showing.books_in(tx, org_id, entity)).number
        # Nothing that was recorded before `end` can appear later: the export is the same whenever it is made.
        if (await reading.SETTLE.one(tx, org_id, number, end)).at is None:
            raise LedgerInstantInvalid("a period is exported when it has ended")
        entries = (await store.COUNT.one(tx, org_id, number, begin, end, ENTRIES_MAX + 1)).entries
        if entries > ENTRIES_MAX:
            raise LedgerExportTooLarge("ask for a shorter period", entries_max=ENTRIES_MAX)
        export_id, now = model.EXPORT.new(), utc_now()
        await store.INSERT.run(tx, org_id, export_id, number, kind, begin, end, entries, now)
        await access.record(
            tx, actor, "ledger.journal_exported", model.EXPORT.prefix, export_id, ["begin", "end"]
        )
        job = EXPORT.job(org_id, Export(export_id), priority=Priority.BULK, dedupe_key=str(export_id))
        await jobs.enqueue(tx, job, now=now)
        view = views.export(await _export(tx, org_id, export_id))
        return answer(view, status=201, location=f"/v1/ledger/exports/{view.id}")

    return await one_phase(db.org(org_id), keyring, once, effect)


async def export(db: Db, org_id: OrgId, export_id: ExportId) -> LedgerExport:
    async with db.org(org_id, read_only=True) as tx:
        return await _export(tx, org_id, export_id)


async def exports(db: Db, org_id: OrgId, *, before: UUID | None, limit: int) -> list[LedgerExport]:
    """Newest first."""
    async with db.org(org_id, read_only=True) as tx:
        return await store.EXPORTS.all(tx, org_id, before or LAST, limit)


async def part(db: Db, org_id: OrgId, export_id: ExportId, number: int) -> tuple[LedgerExport, bytes]:
    """A part of a finished export. Raises LedgerExportNotFound, LedgerExportPartNotFound."""
    async with db.org(org_id, read_only=True) as tx:
        found = await _export(tx, org_id, export_id)
        row = None if found.finished_at is None else await store.PART.maybe(tx, org_id, export_id, number)
    if row is None:
        raise LedgerExportPartNotFound("there is no such part, or it is not written yet", parts=found.parts)
    return found, row.content


async def write(db: Db, args: Export, running: Running) -> None:
    """Write an export, page after page; one that was begun by an attempt before is begun anew. Parts, progress and the
    end of the job stand in transactions that only the latest attempt can commit."""
    org_id = OrgId(running.org_id)
    wanted = await db.org(org_id).run(lambda tx: _begin(tx, org_id, args.export_id))
    if wanted is None:
        return
    writing = _Writing(wanted)
    rows: Sequence[ShownTransfer] = ()
    while rows := await writing.page(db, org_id):
        await writing.put(db, org_id, rows)
    await writing.end(db, org_id, running)


class _Writing:
    """One attempt at an export: what was read, what is written, and what waits to fill a part."""

    def __init__(self, wanted: LedgerExport) -> None:
        self._wanted = wanted
        self._encoder = encoder(Format(wanted.format))
        self._after = (wanted.began, BEFORE_ALL)
        self._waiting = b""
        self._done = self._parts = self._bytes = 0

    async def page(self, db: Db, org_id: OrgId) -> list[ShownTransfer]:
        async with db.org(org_id, read_only=True) as tx:
            wanted = self._wanted
            return await store.JOURNAL.all(tx, org_id, wanted.entity, *self._after, wanted.ended, PAGE)

    async def put(self, db: Db, org_id: OrgId, rows: Sequence[ShownTransfer]) -> None:
        # Compressing takes longer than reading: meanwhile leases are extended and other jobs go on.
        self._waiting += await asyncio.to_thread(self._encoder.feed, rows)
        self._after = (rows[-1].recorded_at, rows[-1].line)
        self._done += len(rows)
        whole = len(self._waiting) // PART_BYTES * PART_BYTES
        parts, self._waiting = self._waiting[:whole], self._waiting[whole:]
        await db.org(org_id).run(lambda tx: self._keep(tx, org_id, parts, None))
        self._count(parts)

    async def end(self, db: Db, org_id: OrgId, running: Running) -> None:
        self._waiting += await asyncio.to_thread(self._encoder.finish)
        assert self._done == self._wanted.entries, (
            "what was recorded in a period that has ended does not change"
        )

        async def work(tx: Tx) -> None:
            await self._keep(tx, org_id, self._waiting, utc_now())
            fact = ExportFinished(subject=ExportId(self._wanted.id), entity=PartyId(self._wanted.entity_id))
            await eventlog.append(tx, fact, org_id=org_id)
            await jobs.complete(tx, running)

        await db.org(org_id).run(work)

    async def _keep(self, tx: Tx, org_id: OrgId, content: bytes, finished_at: datetime | None) -> None:
        pieces = _pieces(content)
        size = self._bytes + len(content)
        progress = (self._done, self._parts + len(pieces), size, finished_at)
        if await store.ADVANCE.run(tx, org_id, self._wanted.id, self._wanted.attempt, *progress) == 0:
            raise LeaseLost(EXPORT.name)
        for number, piece in enumerate(pieces, self._parts):
            await store.INSERT_PART.run(tx, org_id, self._wanted.id, number, piece)

    def _count(self, content: bytes) -> None:
        self._parts += len(_pieces(content))
        self._bytes += len(content)


def _pieces(content: bytes) -> list[bytes]:
    return [content[place : place + PART_BYTES] for place in range(0, len(content), PART_BYTES)]


async def give_up(db: Db) -> None:
    """Mark the exports as failed whose jobs are parked, however they came to be: failed for the last time, killed with
    every worker that took them, or by a person. Who lets the job be tried again has the export begun anew."""
    after: tuple[UUID, UUID] = (HOUSE, HOUSE)
    while True:
        async with db.system(read_only=True) as tx:
            page = await store.UNFINISHED.all(tx, *after, LOOKED_AFTER)
        for one in page:
            await _give_up(db, OrgId(one.org_id), ExportId(one.id))
        if len(page) < LOOKED_AFTER:
            return
        after = (page[-1].org_id, page[-1].id)


async def _give_up(db: Db, org_id: OrgId, export_id: ExportId) -> None:
    async def work(tx: Tx) -> None:
        reason = await jobs.parked(tx, org_id, EXPORT.name, str(export_id))
        if reason is None or await store.FAIL.run(tx, org_id, export_id, utc_now(), reason) == 0:
            return
        entity = (await _export(tx, org_id, export_id)).entity_id
        fact = ExportFailed(subject=export_id, entity=PartyId(entity), reason=reason)
        await eventlog.append(tx, fact, org_id=org_id)

    await db.org(org_id).run(work)


async def forget_old(db: Db) -> bool:
    """Delete the oldest export whose time is over; False if there is none."""

    async def work(tx: Tx) -> bool:
        old = await store.OLD.maybe(tx, utc_now() - model.KEPT)
        if old is None:
            return False
        await store.DROP_PARTS.run(tx, old.org_id, old.id)
        await store.DROP.run(tx, old.org_id, old.id)
        return True

    return await db.system().run(work)


async def _begin(tx: Tx, org_id: OrgId, export_id: UUID) -> LedgerExport | None:
    """Take an export over from whoever was at it; None when it is finished or gone."""
    if await store.BEGIN_ATTEMPT.run(tx, org_id, export_id) == 0:
        return None
    await store.DROP_PARTS.run(tx, org_id, export_id)
    return await store.EXPORT.one(tx, org_id, export_id)


async def _export(tx: Tx, org_id: OrgId, export_id: UUID) -> LedgerExport:
    found = await store.EXPORT.maybe(tx, org_id, export_id)
    if found is None:
        raise LedgerExportNotFound("there is no such export")
    return found
