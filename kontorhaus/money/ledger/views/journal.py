"""The journal as a file, written piece by piece: as CSV, or as Parquet. The same entries give the same bytes."""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Sequence
from typing import Final, Protocol

from kontorhaus.kernel.money import Money
from kontorhaus.kernel.time import instant_text
from kontorhaus.money.ledger.model.entries import TRANSFER, TransferId
from kontorhaus.money.ledger.model.exports import Format
from kontorhaus.money.ledger.model.shown import ENTRY_SET, ShownTransfer, entry_set_id
from kontorhaus.money.ledger.views.parquet import Column, Kind, Writer

GZIP: Final = 31
"""A window of 32 kB with gzip's header and trailer (RFC 1952), without name and time, so that bytes do not differ."""

LEVEL: Final = 6

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""

COLUMNS: Final = (
    Column("recorded_at", Kind.INSTANT),
    Column("line", Kind.SMALL),
    Column("entry_set", Kind.TEXT),
    Column("id", Kind.TEXT),
    Column("effective_at", Kind.INSTANT),
    Column("debit", Kind.TEXT),
    Column("credit", Kind.TEXT),
    Column("amount", Kind.INTEGER),
    Column("currency", Kind.TEXT),
    Column("base_amount", Kind.INTEGER),
    Column("base_currency", Kind.TEXT),
    Column("reference", Kind.TEXT, optional=True),
    Column("tax_rate_ppm", Kind.SMALL, optional=True),
    Column("tax_category", Kind.TEXT, optional=True),
    Column("tax_point", Kind.DAY, optional=True),
)
"""Amounts are minor units in Parquet and decimals in CSV, which people open."""


class Encoder(Protocol):
    """Takes entries in their order, and gives the bytes of the file as they come."""

    def feed(self, rows: Sequence[ShownTransfer]) -> bytes: ...

    def finish(self) -> bytes: ...


def encoder(kind: Format) -> Encoder:
    return _Csv() if kind == Format.CSV else _Parquet()


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe stands before one that could be (OWASP, CSV
    injection)."""
    return f"'{text}" if text.startswith(FORMULA) else text


class _Csv:
    """RFC 4180 in UTF-8, compressed by gzip."""

    def __init__(self) -> None:
        self._gzip = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
        self._head = self._gzip.compress(_lines([[column.name for column in COLUMNS]]))

    def feed(self, rows: Sequence[ShownTransfer]) -> bytes:
        head, self._head = self._head, b""
        return head + self._gzip.compress(_lines([_texts(row) for row in rows]))

    def finish(self) -> bytes:
        return self._head + self._gzip.flush()


class _Parquet:
    def __init__(self) -> None:
        self._writer = Writer(COLUMNS)

    def feed(self, rows: Sequence[ShownTransfer]) -> bytes:
        return self._writer.feed([_values(row) for row in rows])

    def finish(self) -> bytes:
        return self._writer.finish()


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _texts(row: ShownTransfer) -> list[str]:
    return [
        instant_text(row.recorded_at),
        str(row.line),
        ENTRY_SET.text(entry_set_id(row.entity, row.recorded_at)),
        TRANSFER.text(TransferId(row.id)),
        instant_text(row.effective_at or row.recorded_at),
        safe(row.debit),
        safe(row.credit),
        Money(row.amount, row.currency).decimal_text(),
        row.currency,
        Money(row.base_amount, row.base_currency).decimal_text(),
        row.base_currency,
        "" if row.reference is None else str(row.reference),
        "" if row.tax_rate is None else str(row.tax_rate),
        safe(row.tax_category or ""),
        "" if row.tax_point is None else row.tax_point.isoformat(),
    ]


def _values(row: ShownTransfer) -> tuple[object, ...]:
    return (
        row.recorded_at,
        row.line,
        ENTRY_SET.text(entry_set_id(row.entity, row.recorded_at)),
        TRANSFER.text(TransferId(row.id)),
        row.effective_at or row.recorded_at,
        row.debit,
        row.credit,
        row.amount,
        row.currency,
        row.base_amount,
        row.base_currency,
        None if row.reference is None else str(row.reference),
        row.tax_rate,
        row.tax_category,
        row.tax_point,
    )
