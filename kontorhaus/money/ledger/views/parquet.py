"""A writer of Parquet files for flat rows, group after group, so that no file is ever held in memory.

The format is that of https://parquet.apache.org/docs/file-format/: data pages of version 1, plain values, compressed
by gzip, their descriptions in Thrift's compact protocol. Not written: dictionaries, statistics, nested or repeated
columns.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

MAGIC: Final = b"PAR1"

GROUP_ROWS: Final = 50_000
"""Rows of a group: some 15 MB before they are compressed. Readers like groups to be larger, and memory does not."""

LEVEL: Final = 6

GZIP: Final = 31
"""A window of 32 kB with gzip's header (RFC 1952), without a time."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

EPOCH_DAY: Final = date(1970, 1, 1)

CREATED_BY: Final = "kontorhaus"

# Numbers of the format's enums (parquet.thrift).
INT32, INT64, BYTE_ARRAY = 1, 2, 6
REQUIRED, OPTIONAL = 0, 1
UTF8, DATE, TIMESTAMP_MICROS = 0, 6, 10
PLAIN, RLE = 0, 3
CODEC_GZIP = 2
DATA_PAGE = 0


class Kind(StrEnum):
    """What a column holds: `SMALL` is an integer of 32 bits, `INSTANT` microseconds in UTC."""

    TEXT = "text"
    INTEGER = "integer"
    SMALL = "small"
    INSTANT = "instant"
    DAY = "day"


PHYSICAL: Final = {
    Kind.TEXT: (BYTE_ARRAY, UTF8),
    Kind.INTEGER: (INT64, None),
    Kind.SMALL: (INT32, None),
    Kind.INSTANT: (INT64, TIMESTAMP_MICROS),
    Kind.DAY: (INT32, DATE),
}


class Column(Struct, frozen=True):
    name: str
    kind: Kind
    optional: bool = False


class Writer:
    """Takes rows in their order, each with a value for every column, and gives the bytes of the file as they come."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = tuple(columns)
        self._waiting: list[Sequence[object]] = []
        self._groups: list[bytes] = []
        self._rows = 0
        self._place = 0

    def feed(self, rows: Sequence[Sequence[object]]) -> bytes:
        self._waiting += rows
        out = self._begun()
        while len(self._waiting) >= GROUP_ROWS:
            group, self._waiting = self._waiting[:GROUP_ROWS], self._waiting[GROUP_ROWS:]
            out += self._group(group)
        return out

    def finish(self) -> bytes:
        out = self._begun()
        if self._waiting:
            out += self._group(self._waiting)
        footer = _struct(
            (1, _integer(1)),
            (2, _list(STRUCT, [_root(len(self._columns)), *map(_described, self._columns)])),
            (3, _long(self._rows)),
            (4, _list(STRUCT, self._groups)),
            (6, _text(CREATED_BY)),
        )
        return out + footer + len(footer).to_bytes(4, "little") + MAGIC

    def _begun(self) -> bytes:
        if self._place:
            return b""
        self._place = len(MAGIC)
        return MAGIC

    def _group(self, rows: Sequence[Sequence[object]]) -> bytes:
        out, chunks, size = b"", [], 0
        for column, values in zip(self._columns, zip(*rows, strict=True), strict=True):
            page, plain = _page(column, values)
            chunks.append(_chunk(column, self._place, len(rows), plain, len(page)))
            self._place += len(page)
            size += plain
            out += page
        self._groups.append(_struct((1, _list(STRUCT, chunks)), (2, _long(size)), (3, _long(len(rows)))))
        self._rows += len(rows)
        return out


def _page(column: Column, values: Sequence[object]) -> tuple[bytes, int]:
    """A page with its header, and how long it would be if it were not compressed."""
    levels = _levels([value is not None for value in values]) if column.optional else b""
    plain = levels + _plain(column.kind, [value for value in values if value is not None])
    gzip = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    packed = gzip.compress(plain) + gzip.flush()
    described = _struct(
        (1, _integer(len(values))), (2, _integer(PLAIN)), (3, _integer(RLE)), (4, _integer(RLE))
    )
    header = _struct(
        (1, _integer(DATA_PAGE)),
        (2, _integer(len(plain))),
        (3, _integer(len(packed))),
        (5, (STRUCT, described)),
    )
    return header + packed, len(header) + len(plain)


def _levels(present: Sequence[bool]) -> bytes:
    """Which rows have a value: one bit-packed run, the lowest bit first, behind its length."""
    groups = -(-len(present) // 8)
    bits = int("".join("01"[there] for there in reversed(present)), 2)
    run = _varint(groups << 1 | 1) + bits.to_bytes(groups, "little")
    return len(run).to_bytes(4, "little") + run


def _plain(kind: Kind, values: Sequence[Any]) -> bytes:
    match kind:
        case Kind.TEXT:
            texts = [value.encode() for value in values]
            return b"".join(len(text).to_bytes(4, "little") + text for text in texts)
        case Kind.INSTANT:
            return struct.pack(
                f"<{len(values)}q", *((v - EPOCH) // timedelta(microseconds=1) for v in values)
            )
        case Kind.DAY:
            return struct.pack(f"<{len(values)}i", *((v - EPOCH_DAY).days for v in values))
        case Kind.INTEGER:
            return struct.pack(f"<{len(values)}q", *values)
        case Kind.SMALL:
            return struct.pack(f"<{len(values)}i", *values)


def _chunk(column: Column, place: int, rows: int, plain: int, packed: int) -> bytes:
    physical, _ = PHYSICAL[column.kind]
    described = _struct(
        (1, _integer(physical)),
        (2, _list(I32, [_varint(_zigzag(PLAIN)), _varint(_zigzag(RLE))])),
        (3, _list(BINARY, [_bytes(column.name)])),
        (4, _integer(CODEC_GZIP)),
        (5, _long(rows)),
        (6, _long(plain)),
        (7, _long(packed)),
        (9, _long(place)),
    )
    return _struct((2, _long(place)), (3, (STRUCT, described)))


def _root(columns: int) -> bytes:
    return _struct((4, _text("journal")), (5, _integer(columns)))


def _described(column: Column) -> bytes:
    physical, meaning = PHYSICAL[column.kind]
    fields = [(1, _integer(physical)), (3, _integer(OPTIONAL if column.optional else REQUIRED))]
    fields.append((4, _text(column.name)))
    if meaning is not None:
        fields.append((6, _integer(meaning)))
    return _struct(*fields)


# Thrift's compact protocol (thrift/doc/specs/thrift-compact-protocol.md): a value is its type and its bytes.
I32, I64, BINARY, LIST, STRUCT = 5, 6, 8, 9, 12

Value = tuple[int, bytes]


def _struct(*fields: tuple[int, Value]) -> bytes:
    out, last = b"", 0
    for number, (kind, content) in fields:
        out += bytes([(number - last) << 4 | kind]) + content
        last = number
    return out + b"\x00"


def _list(kind: int, items: Sequence[bytes]) -> Value:
    head = bytes([len(items) << 4 | kind]) if len(items) < 15 else bytes([0xF0 | kind]) + _varint(len(items))
    return LIST, head + b"".join(items)


def _integer(value: int) -> Value:
    return I32, _varint(_zigzag(value))


def _long(value: int) -> Value:
    return I64, _varint(_zigzag(value))


def _text(value: str) -> Value:
    return BINARY, _bytes(value)


def _bytes(value: str) -> bytes:
    raw = value.encode()
    return _varint(len(raw)) + raw


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
