"""How a statement's columns fit the struct that they fill: PostgreSQL's types against Python's
annotations."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Final, Literal, NewType, Union, get_args, get_origin
from uuid import UUID

import asyncpg
from msgspec import Struct

TYPES: Final = {
    bool: {"bool"},
    int: {"int2", "int4", "int8"},
    str: {"text", "varchar", "jsonb"},
    bytes: {"bytea"},
    datetime: {"timestamptz"},
    date: {"date"},
    time: {"time"},
    timedelta: {"interval"},
    UUID: {"uuid"},
    Decimal: {"numeric"},
}
"""What asyncpg makes of a column, the other way round. `float` is missing on purpose; jsonb arrives as
text."""


class Field(Struct, frozen=True):
    """A struct's field as the database must fill it."""

    name: str
    types: frozenset[str]
    optional: bool


def fields_of(row: type[Struct]) -> list[Field]:
    hints = typing.get_type_hints(row, include_extras=True)
    return [Field(name, *_wanted(hints[name])) for name in row.__struct_fields__]


def _wanted(annotation: Any) -> tuple[frozenset[str], bool]:
    """The PostgreSQL types that fit an annotation, and whether it takes NULL."""
    if isinstance(annotation, NewType):
        return _wanted(annotation.__supertype__)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _wanted(arguments[0])
    if origin is Literal:
        return _wanted(type(arguments[0]))
    if origin in {Union, types.UnionType}:
        kinds = [_wanted(argument)[0] for argument in arguments if argument is not types.NoneType]
        return frozenset().union(*kinds), types.NoneType in arguments
    if origin in {list, tuple, Sequence}:
        return frozenset(f"{kind}[]" for kind in _wanted(arguments[0])[0]), False
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        # A row is filled without conversion: an enum's field would hold a plain str. Only str itself fits.
        return frozenset(), False
    return frozenset(TYPES.get(annotation, ())), False


def differences(
    row: type[Struct], columns: Sequence[asyncpg.Attribute], nullable: Sequence[bool | None]
) -> list[str]:
    """Every way in which columns, taken in order, do not fit the struct. `nullable` is None where nobody
    knows."""
    found = []
    for field, column, may_be_null in zip(fields_of(row), columns, nullable, strict=False):
        kind = column.type.name
        if kind not in field.types:
            wanted = " or ".join(sorted(field.types)) or "a type that the database knows"
            found.append(f"{row.__name__}.{field.name} wants {wanted} and is filled with {kind}")
        if may_be_null and not field.optional:
            found.append(f"{row.__name__}.{field.name} takes no None, and its column may be NULL")
    return found


PROBE: Final = "kontorhaus_house_probe"


async def nullable_columns(
    connection: Any, text: str, parameters: Sequence[asyncpg.Type]
) -> list[bool | None]:
    """For each column of a statement: may it be NULL? None for an expression, whose origin nobody knows.

    The protocol's description of a row keeps a column's origin, but asyncpg does not hand it out. So the
    statement becomes the body of an SQL function, which PostgreSQL stores as a parse tree with `resorigtbl`
    and `resorigcol`. Nullable by an outer join alone is not noticed. Must run in a transaction that is rolled
    back.
    """
    arguments = ", ".join(f"{kind.schema}.{_plain(kind)}" for kind in parameters)
    statement = text.rstrip().rstrip(";")
    await connection.execute(
        f"CREATE FUNCTION pg_temp.{PROBE}({arguments}) RETURNS SETOF record BEGIN ATOMIC {statement}; END"
    )
    body = await connection.fetchval("SELECT prosqlbody::text FROM pg_proc WHERE proname = $1", PROBE)
    known = {
        (row["attrelid"], row["attnum"]): not row["attnotnull"]
        for row in await connection.fetch(
            "SELECT attrelid, attnum, attnotnull FROM pg_attribute WHERE attnum > 0"
        )
    }
    await connection.execute(f"DROP FUNCTION pg_temp.{PROBE}({arguments})")
    return [known.get(origin) for origin in origins(body)]


def _plain(kind: asyncpg.Type) -> str:
    return f"{kind.name[:-2]}[]" if kind.name.endswith("[]") else kind.name


def origins(body: str) -> list[tuple[int, int]]:
    """Table and number of each result column in a stored parse tree; (0, 0) for an expression."""
    own = "".join(_at_depth(body, 1))
    command = int(re.findall(r":commandType (\d)", own)[0])
    # 1 is SELECT; what an INSERT, UPDATE or DELETE returns stands in a list of its own.
    wanted = ":targetList" if command == 1 else ":returningList"
    entries = _list_after(body, wanted)
    found = re.findall(r":resorigtbl (\d+) :resorigcol (\d+) :resjunk false", "".join(_at_depth(entries, 1)))
    return [(int(table), int(number)) for table, number in found]


def _at_depth(tree: str, wanted: int) -> typing.Iterator[str]:
    """The characters of a node tree that stand in exactly so many braces; backslash escapes the next
    character."""
    depth, escaped = 0, False
    for character in tree:
        if escaped:
            escaped = False
            continue
        if character == "\\":
            escaped = True
            continue
        depth += (character == "{") - (character == "}")
        if depth == wanted:
            yield character


def _list_after(tree: str, label: str) -> str:
    """The text from a label of the outermost node to the next label of that node."""
    depth, escaped = 0, False
    start: int | None = None
    for position, character in enumerate(tree):
        if escaped or character == "\\":
            escaped = not escaped
            continue
        depth += (character == "{") - (character == "}")
        if depth != 1 or character != ":":
            continue
        if start is not None:
            return tree[start:position]
        if tree.startswith(f"{label} ", position):
            start = position
    return ""
