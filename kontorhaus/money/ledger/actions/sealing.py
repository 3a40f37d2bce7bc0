"""Seals: batches of entries closed, hashed in a chain and added up, beside those who post; and the whole replayed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import astuple

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import instant_text
from kontorhaus.money.ledger.errors import LedgerEntityNotFound
from kontorhaus.money.ledger.model.lines import Entity
from kontorhaus.money.ledger.model.replaying import DIGEST, NOTHING, Replay, false, said, seal_of
from kontorhaus.money.ledger.store import accounts, reading
from kontorhaus.money.ledger.store import sealing as store
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.db import Db, Tx

BATCH_ENTRIES: Final = 1_000
"""Entries of a closed batch, and so at most what a reading of the past adds up itself: well below a millisecond."""

SNAPSHOT_ENTRIES: Final = 500
"""Entries of an account from one snapshot to the next: reading the past adds up this many and a batch; a snapshot takes
some 150 bytes, so a third of a byte for each entry."""

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)

Row = store.TransferRow | store.HoldRow | store.EndRow

KINDS: Final = {store.TransferRow: "transfer", store.HoldRow: "hold", store.EndRow: "end"}


class Verified(Struct, frozen=True):
    """What a replay has found to be true."""

    seals: int
    sealed: int
    unsealed: int


async def seal(db: Db, org_id: OrgId, entity: PartyId, *, batches: int = 100) -> int:
    """Close up to so many batches of what has been posted; says how many entries they hold.

    Nobody who posts waits for it. Two at once do not hurt: of both that close the same batch one is undone.
    """
    async with db.org(org_id) as tx:
        books = await _books(tx, org_id, entity)
        upto = (await reading.SETTLE.one(tx, org_id, books.number, None)).at
    closed = 0
    for _ in range(batches):
        entries = await db.org(org_id).run(lambda tx: _close(tx, org_id, books, upto))
        closed += entries
        if entries < BATCH_ENTRIES:
            break
    return closed


async def _close(tx: Tx, org_id: OrgId, books: Entity, upto: datetime | None) -> int:
    await store.CLOSING.one(tx, books.number)
    last = await store.LAST_SEAL.maybe(tx, org_id, books.number)
    since = BEGINNING if last is None else last.upto
    end = await store.BATCH_END.maybe(tx, org_id, books.number, since, upto, BATCH_ENTRIES)
    if end is None:
        return 0
    rows = await _rows(tx, org_id, books, since, end.at)
    number = 1 if last is None else last.number + 1
    previous = NOTHING if last is None else last.hash
    digest, digests = seal_of(previous, books.id, number, map(_said, rows))
    await store.CLOSE.one(
        tx, org_id, books.number, number, end.at, len(rows), digest, digests, SNAPSHOT_ENTRIES
    )
    return len(rows)


async def verify(db: Db, org_id: OrgId, entity: PartyId) -> Verified:
    """Replay all books of an entity as they stand at one instant, and compare everything that was derived from them:
    seals, running balances, guards, holds, sums and snapshots. Raises LedgerBooksFalse with the first row that is
    false. It reads about 50,000 entries a second and disturbs nobody."""
    async with db.snapshot() as tx:
        books = await _books(tx, org_id, entity)
        known = await store.EVERY_ACCOUNT.all(tx, org_id, books.number)
        replay = Replay({a.id: a.side for a in known}, {a.id for a in known if a.guards})
        snapshots = await store.SNAPSHOTS.all(tx, org_id, books.number)
        seals = sealed = 0
        since, previous = BEGINNING, NOTHING
        while row := await store.NEXT_SEAL.maybe(tx, org_id, books.number, seals):
            rows = await _rows(tx, org_id, books, since, row.upto)
            _compare_seal(previous, books, seals + 1, row, rows)
            _tell(replay, rows)
            since, previous, seals, sealed = row.upto, row.hash, seals + 1, sealed + len(rows)
            _compare_snapshots(replay, snapshots, since)
        if snapshots:
            raise false("ledger_snapshot", snapshots[0].account_id, "belongs to no seal")
        _compare_folds(replay, await store.FOLDS.all(tx, org_id, books.number))
        _compare_effects(replay, await store.EFFECTS.all(tx, org_id, books.number))
        rest = await _rows(tx, org_id, books, since, FUTURE)
        _tell(replay, rest)
        _compare_guards(replay, known)
        return Verified(seals, sealed, len(rest))


FUTURE: Final = datetime(9999, 1, 1, tzinfo=UTC)


async def _books(tx: Tx, org_id: OrgId, entity: PartyId) -> Entity:
    found = await accounts.ENTITIES.all(tx, org_id, [entity])
    if not found:
        raise LedgerEntityNotFound("no books were opened for this legal entity")
    return found[0]


async def _rows(tx: Tx, org_id: OrgId, books: Entity, since: datetime, upto: datetime) -> list[Row]:
    rows: list[Row] = []
    for statement in (store.ENDS, store.HOLDS, store.TRANSFERS):
        rows += await statement.all(tx, org_id, books.number, since, upto)
    return sorted(rows, key=lambda row: (row.recorded_at, row.line))


def _said(row: Row) -> bytes:
    return said(KINDS[type(row)], astuple(row))


def _compare_seal(
    previous: bytes, books: Entity, number: int, row: store.SealRow, rows: Sequence[Row]
) -> None:
    digest, digests = seal_of(previous, books.id, number, map(_said, rows))
    if row.number == number and digest == row.hash and digests == row.digests:
        return
    for place, entry in enumerate(rows):
        part = slice(place * DIGEST, (place + 1) * DIGEST)
        if digests[part] != row.digests[part]:
            raise false(
                f"ledger_{_table(entry)}", entry.id, "is not what was sealed, or one before it is missing"
            )
    raise false("ledger_seal", row.number, "is not the seal of its entries")


def _table(row: Row) -> str:
    return {"transfer": "transfer", "hold": "hold", "end": "hold_end"}[KINDS[type(row)]]


def _tell(replay: Replay, rows: Sequence[Row]) -> None:
    for row in rows:
        replay.place(f"ledger_{_table(row)}", row.id, row.recorded_at, row.line)
        legs = (("debit", row.debit_id), ("credit", row.credit_id))
        if isinstance(row, store.TransferRow):
            shown = (row.debit_balance, row.credit_balance)
            replay.transfer(
                row.id,
                [(side, account, balance) for (side, account), balance in zip(legs, shown, strict=True)],
                row.amount,
                row.base_amount,
                row.effective_at,
            )
        else:
            replay.hold(legs, -row.amount if isinstance(row, store.EndRow) else row.amount)
        replay.guarded(row.id, (row.debit_id, row.credit_id))


def _compare_snapshots(replay: Replay, snapshots: list[store.SnapshotRow], upto: datetime) -> None:
    """Those of the batch that ends here; they are taken off the list."""
    while snapshots and snapshots[0].at <= upto:
        row = snapshots.pop(0)
        if (
            row.at != upto
            or (row.balance, row.base, row.dated, row.dated_base) != replay.tally(row.account_id).sums()
        ):
            raise false("ledger_snapshot", row.account_id, "is not the sum of its entries")


def _compare_folds(replay: Replay, folds: Sequence[store.FoldRow]) -> None:
    for row in folds:
        tally = replay.tally(row.account_id)
        if (row.balance, row.base, row.dated, row.dated_base, row.entries) != (*tally.sums(), tally.entries):
            raise false("ledger_fold", row.account_id, "is not the sum of its entries")
    missing = {account for account, tally in replay.accounts.items() if tally.entries} - {
        f.account_id for f in folds
    }
    if missing:
        raise false("ledger_fold", min(missing), "is missing")


def _compare_effects(replay: Replay, effects: Sequence[store.EffectRow]) -> None:
    """Row by row, and that none is missing; in the order of account, grain and time, so that the first is named."""
    found = {(row.account_id, row.grain, row.start): (row.balance, row.base) for row in effects}
    for place in sorted(found.keys() | replay.effects.keys()):
        if found.get(place) != replay.effects.get(place):
            account_id, grain, start = place
            raise false(
                "ledger_effect",
                f"{account_id} {grain} {instant_text(start)}",
                "is missing" if place not in found else "is not the sum of the entries that took effect then",
            )


def _compare_guards(replay: Replay, known: Sequence[store.AccountRow]) -> None:
    for row in known:
        tally = replay.tally(row.id)
        if row.guards and (row.balance, row.held) != (tally.balance, tally.held):
            raise false("ledger_guard", row.id, "is not what its entries and holds add up to")
