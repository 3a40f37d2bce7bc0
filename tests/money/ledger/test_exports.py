"""Exports of the journal: the whole of it, in order, the same bytes whenever they are made, and never half."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import gzip
import io
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import arro3.io
import pytest

from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.ledger import jobs
from kontorhaus.money.ledger.actions import exporting
from kontorhaus.money.ledger.model import exports as model
from kontorhaus.money.ledger.model.exports import EXPORT
from kontorhaus.money.ledger.views import parquet
from kontorhaus.money.ledger.views.journal import safe
from kontorhaus.money.ledger.views.parquet import Column, Kind, Writer
from kontorhaus.people.access import Founded
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.jobs import LeaseLost, Worker, list_jobs, park, retry
from tests.money.ledger.counter import Counter, Seen, eur, problem, transfer
from tests.support.house import House


@pytest.fixture
async def counter(house: House, organization: Founded) -> Counter:
    return await Counter.opened(house.holding(organization.secret))


@contextlib.asynccontextmanager
async def working(db: Db) -> AsyncIterator[None]:
    stop = asyncio.Event()
    worker = asyncio.create_task(Worker(db, jobs.QUEUES, jobs.handlers()).run(stop))
    try:
        yield
    finally:
        stop.set()
        await worker


@pytest.fixture
async def worker(db: Db) -> AsyncIterator[None]:
    async with working(db):
        yield


async def export(counter: Counter, form: str, begin: str, end: str) -> Seen:
    body = {"entity": counter.entity, "format": form, "begin": begin, "end": end}
    asked = await counter.house.post("/v1/ledger/exports", body)
    assert (asked.status, asked.json["status"]) == (201, "pending"), asked.body
    async with asyncio.timeout(20):
        while True:
            made: Seen = (await counter.house.get(asked.headers["location"])).json
            if made["status"] == "ready":
                return made
            await asyncio.sleep(0.05)


async def content(counter: Counter, made: Seen) -> bytes:
    parts = [
        await counter.house.get(f"/v1/ledger/exports/{made['id']}/content?part={number}")
        for number in range(made["parts"])
    ]
    assert {part.status for part in parts} == {200}
    return b"".join(part.body for part in parts)


async def posted(counter: Counter, many: int) -> tuple[str, str]:
    """So many transfers, and the period in which they were recorded."""
    tax = {"rate_ppm": 190_000, "category": "S", "point": "2026-11-20"}
    odd = transfer("clearing:card", 'revenue:a,"b"', 5, tax=tax, reference=str(uuid7()))
    first = await counter.send(odd)
    begin = datetime.fromisoformat(first.json["recorded_at"])
    rest = [transfer("clearing:card", "revenue:fees", n) for n in range(1, many)]
    assert (await counter.ask("transfers/bulk", {"entity": counter.entity, "transfers": rest})).status == 200
    return begin.isoformat().replace("+00:00", "Z"), utc_now().isoformat().replace("+00:00", "Z")


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("form", ["csv", "parquet"])
async def test_an_export_has_every_transfer_in_order(
    counter: Counter, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PAGE", 7)
    monkeypatch.setattr(exporting, "PART_BYTES", 1_000)
    monkeypatch.setattr(parquet, "GROUP_ROWS", 40)
    begin, end = await posted(counter, 101)

    made = await export(counter, form, begin, end)
    raw = await content(counter, made)
    again = await export(counter, form, begin, end)

    assert (made["entries"], made["entries_done"], made["bytes"]) == (101, 101, len(raw))
    assert made["parts"] == -(-len(raw) // 1_000) > 1
    assert await content(counter, again) == raw
    rows = read(form, raw)
    assert [row["recorded_at"] for row in rows] == sorted(row["recorded_at"] for row in rows)
    assert [row["amount"] for row in rows[1:]] == list(range(1, 101))
    odd = rows[0]
    assert (odd["credit"], odd["amount"], odd["tax_rate_ppm"]) == ('revenue:a,"b"', 5, 190_000)
    assert (odd["tax_point"], rows[1]["tax_point"], rows[1]["reference"]) == (date(2026, 11, 20), None, None)
    read_back = await counter.house.get(f"/v1/ledger/transfers/{odd['id']}")
    assert read_back.json["entry_set"] == odd["entry_set"]
    missing = await counter.house.get(f"/v1/ledger/exports/{made['id']}/content?part={made['parts']}")
    assert problem(missing) == (404, "ledger_export_part_not_found")


def read(form: str, raw: bytes) -> list[dict[str, Any]]:
    if form == "parquet":
        table = arro3.io.read_parquet(io.BytesIO(raw)).read_all()
        columns = {name: table.column(name).to_pylist() for name in table.column_names}
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    rows = []
    for row in csv.DictReader(io.StringIO(gzip.decompress(raw).decode(), newline="")):
        whole, cents = row["amount"].split(".")
        typed: dict[str, Any] = {name: value or None for name, value in row.items()}
        typed["amount"] = int(whole) * 100 + int(cents)
        typed["recorded_at"] = datetime.fromisoformat(row["recorded_at"])
        typed["tax_rate_ppm"] = int(row["tax_rate_ppm"]) if row["tax_rate_ppm"] else None
        typed["tax_point"] = date.fromisoformat(row["tax_point"]) if row["tax_point"] else None
        rows.append(typed)
    return rows


@pytest.mark.usefixtures("worker")
async def test_an_empty_period_is_an_empty_file(counter: Counter) -> None:
    for form in ("csv", "parquet"):
        made = await export(counter, form, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
        assert read(form, await content(counter, made)) == []


async def test_what_cannot_be_exported(counter: Counter, house: House, stranger: Founded) -> None:
    async def ask(
        begin: str, end: str, entity: str = counter.entity, by: House | None = None
    ) -> tuple[int, str]:
        body = {"entity": entity, "format": "csv", "begin": begin, "end": end}
        return problem(await (by or counter.house).post("/v1/ledger/exports", body))

    assert await ask("2026-01-01T00:00:00Z", "2999-01-01T00:00:00Z") == (400, "ledger_instant_invalid")
    assert await ask("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z") == (400, "ledger_entry_invalid")
    other = house.holding(stranger.secret)
    assert await ask("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", by=other) == (
        404,
        "ledger_entity_not_found",
    )


async def test_more_than_an_export_may_have(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    begin, end = await posted(counter, 5)
    monkeypatch.setattr(exporting, "ENTRIES_MAX", 4)

    body = {"entity": counter.entity, "format": "csv", "begin": begin, "end": end}
    assert problem(await counter.house.post("/v1/ledger/exports", body)) == (422, "ledger_export_too_large")


async def test_an_attempt_that_was_overtaken_writes_nothing_more(
    db: Db, counter: Counter, organization: Founded, stranger: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PAGE", 10)
    monkeypatch.setattr(exporting, "PART_BYTES", 100)
    begin, end = await posted(counter, 30)
    body = {"entity": counter.entity, "format": "csv", "begin": begin, "end": end}
    asked = (await counter.house.post("/v1/ledger/exports", body)).json
    export_id, org_id = EXPORT.parse(asked["id"]), organization.org_id
    first = await _begun(db, org_id, export_id)
    await first.put(db, org_id, await first.page(db, org_id))
    second = await _begun(db, org_id, export_id)
    await second.put(db, org_id, await second.page(db, org_id))

    with pytest.raises(LeaseLost):
        await first.put(db, org_id, await first.page(db, org_id))

    running = (await counter.house.get(f"/v1/ledger/exports/{asked['id']}")).json
    assert (running["status"], running["entries_done"]) == ("running", 10)
    early = await counter.house.get(f"/v1/ledger/exports/{asked['id']}/content")
    assert problem(early) == (404, "ledger_export_part_not_found")


async def _begun(db: Db, org_id: OrgId, export_id: Any) -> Any:
    async def work(tx: Tx) -> Any:
        return await exporting._begin(tx, org_id, export_id)

    return exporting._Writing(await db.org(org_id).run(work))


@pytest.mark.usefixtures("worker")
async def test_exports_are_forgotten_after_a_week(
    db: Db, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await export(counter, "csv", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    while await exporting.forget_old(db):
        pass
    assert (await counter.house.get(f"/v1/ledger/exports/{made['id']}")).status == 200
    assert [one["id"] for one in (await counter.house.get("/v1/ledger/exports")).json["data"]] == [made["id"]]

    monkeypatch.setattr(model, "KEPT", timedelta(0))
    while await exporting.forget_old(db):
        pass

    assert problem(await counter.house.get(f"/v1/ledger/exports/{made['id']}")) == (
        404,
        "ledger_export_not_found",
    )


async def failing(db: Db, organization: Founded, counter: Counter) -> tuple[str, Any]:
    """An export whose job has been given up by a worker that could not write it."""
    begin, end = await posted(counter, 5)
    body = {"entity": counter.entity, "format": "csv", "begin": begin, "end": end}
    asked = (await counter.house.post("/v1/ledger/exports", body)).json["id"]
    key = str(EXPORT.parse(asked))
    scope = db.org(organization.org_id)
    async with scope as tx:
        await tx.connection.execute("UPDATE job SET max_attempts = 1 WHERE dedupe_key = $1", key)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "encoder", lambda form: object())
        async with asyncio.timeout(20), working(db):
            while not [job for job in await _parked(db, organization.org_id) if job.kind == "ledger.export"]:
                await asyncio.sleep(0.02)
    (job,) = await _parked(db, organization.org_id)
    return asked, job


async def _parked(db: Db, org_id: OrgId) -> list[Any]:
    async with db.org(org_id, read_only=True) as tx:
        return list(await list_jobs(tx, "parked"))


async def test_an_export_that_is_given_up_has_failed_and_says_why(
    db: Db, counter: Counter, organization: Founded
) -> None:
    """Once for each time that it is given up; a person may have it tried again, and then it is the same file."""
    asked, job = await failing(db, organization, counter)
    path = f"/v1/ledger/exports/{asked}"
    assert (await counter.house.get(path)).json["status"] == "running"

    for _ in range(2):
        await exporting.give_up(db)
    failed = (await counter.house.get(path)).json
    assert (failed["status"], failed["reason"], failed["finished_at"]) == ("failed", "AttributeError", None)
    assert problem(await counter.house.get(f"{path}/content")) == (404, "ledger_export_part_not_found")
    async with db.org(organization.org_id) as tx:
        told = await tx.connection.fetch("SELECT kind FROM event WHERE kind LIKE 'ledger_export.%'")
        assert [row["kind"] for row in told] == ["ledger_export.failed"]
        assert await retry(tx, organization.org_id, job.id, now=utc_now())
    await exporting.give_up(db)

    async with asyncio.timeout(20), working(db):
        while (made := (await counter.house.get(path)).json)["status"] != "ready":
            await asyncio.sleep(0.05)
    assert (made["reason"], made["entries_done"]) == (None, 5)
    assert len(read("csv", await content(counter, made))) == 5


async def test_an_export_that_a_person_parks_has_failed(
    db: Db, counter: Counter, organization: Founded
) -> None:
    begin, end = await posted(counter, 5)
    body = {"entity": counter.entity, "format": "csv", "begin": begin, "end": end}
    asked = (await counter.house.post("/v1/ledger/exports", body)).json["id"]
    await exporting.give_up(db)
    assert (await counter.house.get(f"/v1/ledger/exports/{asked}")).json["status"] == "pending"
    async with db.org(organization.org_id) as tx:
        job_id = await tx.connection.fetchval("SELECT id FROM job WHERE kind = 'ledger.export'")
        assert await park(tx, organization.org_id, job_id)

    await exporting.give_up(db)

    found = (await counter.house.get("/v1/ledger/exports")).json["data"][0]
    assert (found["status"], found["reason"]) == ("failed", "ParkedByAPerson")


@pytest.mark.usefixtures("worker")
async def test_a_hold_ends_when_its_time_is_over(db: Db, counter: Counter, organization: Founded) -> None:
    await counter.post("clearing:card", "deposit:anna", 100)
    soon = (utc_now() + timedelta(milliseconds=300)).isoformat()
    held = await counter.hold("deposit:anna", "payable:b", 60, expires_at=soon)
    later = await counter.hold("deposit:anna", "payable:b", 10, expires_at="2999-01-01T00:00:00Z")

    async with asyncio.timeout(20):
        while (found := (await counter.house.get(held.headers["location"])).json)["status"] == "open":
            await asyncio.sleep(0.05)

    assert (found["status"], (await counter.house.get(later.headers["location"])).json["status"]) == (
        "expired",
        "open",
    )
    standing = (await counter.read("balance", currency="EUR", name="deposit:anna")).json
    assert (standing["held"], standing["available"]) == (eur(10), eur(90))
    async with db.org(organization.org_id) as tx:
        kinds = await tx.connection.fetch(
            "SELECT kind FROM event WHERE kind LIKE 'ledger_hold.%' ORDER BY id"
        )
    assert [row["kind"] for row in kinds] == [
        "ledger_hold.placed",
        "ledger_hold.placed",
        "ledger_hold.expired",
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_is_a_formula(text: str) -> None:
    assert safe(text) == f"'{text}"
    assert safe(f"a{text}") == f"a{text}"


def test_parquet_as_another_reader_sees_it() -> None:
    """Of every kind, with and without values, over several groups, and with the largest numbers."""
    columns = [
        Column("text", Kind.TEXT),
        Column("maybe", Kind.TEXT, optional=True),
        Column("integer", Kind.INTEGER),
        Column("small", Kind.SMALL, optional=True),
        Column("instant", Kind.INSTANT),
        Column("day", Kind.DAY, optional=True),
    ]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        (
            f"ä{n}",
            None if n % 3 else "x" * n,
            (-1) ** n * (2**53 - 1 - n),
            n if n % 2 else None,
            at + timedelta(microseconds=n),
            date(1969, 12, 31) if n % 5 else None,
        )
        for n in range(1_003)
    ]
    for size in (1, 7, 8, 400, 5_000):
        writer = Writer(columns)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(parquet, "GROUP_ROWS", size)
            raw = b"".join(writer.feed(rows[n : n + 300]) for n in range(0, len(rows), 300)) + writer.finish()
        table = arro3.io.read_parquet(io.BytesIO(raw)).read_all()
        assert list(zip(*(table.column(c.name).to_pylist() for c in columns), strict=True)) == rows
