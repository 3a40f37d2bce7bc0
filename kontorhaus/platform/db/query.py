"""One SQL statement, tied to the struct its rows fill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import fields

from kontorhaus.platform import telemetry
from kontorhaus.platform.db.database import Scope, Tx

Row = TypeVar("Row", bound=Struct)


class Statement:
    """A SQL literal of a `store.py`. Every one is prepared against the migrated schema by `tests/house`."""

    every: ClassVar[list[Statement]] = []

    def __init__(self, text: str) -> None:
        self.text: Final = text
        Statement.every.append(self)


class Query(Statement, Generic[Row]):
    """A statement that returns rows; columns stand in the order of the struct's fields, under the same names."""

    def __init__(self, row: type[Row], text: str) -> None:
        super().__init__(text)
        self.row: Final = row

    async def one(self, tx: Tx, *values: object) -> Row:
        """The one row there must be; its absence is a programmer's mistake."""
        found = await self.maybe(tx, *values)
        assert found is not None, self.text
        return found

    async def maybe(self, tx: Tx, *values: object) -> Row | None:
        with telemetry.sql_span(self.text):
            record = await tx.connection.fetchrow(self.text, *values)
        return None if record is None else self.row(*record)

    async def all(self, tx: Tx, *values: object) -> list[Row]:
        with telemetry.sql_span(self.text):
            records = await tx.connection.fetch(self.text, *values)
        return [self.row(*record) for record in records]

    async def alone(self, scope: Scope, *values: object) -> Row:
        """The one row of a call that is a whole transaction: its $1 and $2 are the scope's (see `Scope.alone`)."""
        record = await scope.alone(self.text, *values)
        assert record is not None, self.text
        return self.row(*record)

    def mismatch(self, columns: Sequence[str]) -> str | None:
        """How the statement's columns differ from the struct that they fill; None when they agree."""
        expected = [field.name for field in fields(self.row)]
        return None if list(columns) == expected else f"{self.row.__name__}{expected} filled from {columns}"


class Command(Statement):
    """A statement that returns no rows."""

    async def run(self, tx: Tx, *values: object) -> int:
        """Execute, and say how many rows were touched."""
        with telemetry.sql_span(self.text):
            status: str = await tx.connection.execute(self.text, *values)
        return _touched(status)

    async def many(self, tx: Tx, rows: Sequence[Sequence[Any]]) -> None:
        """Execute once per row, in one round trip; all or none, since it is inside `tx`."""
        if not rows:
            return
        with telemetry.sql_span(self.text):
            await tx.connection.executemany(self.text, rows)


class Ending(Statement):
    """A statement without rows that is carried out at its transaction's end, in the message of COMMIT.

    It is part of the transaction like any other and its errors are raised when the transaction ends. What the
    transaction itself reads before does not show it. One that was given within `attempt` ends with that, or is undone
    with it.
    """

    async def put(self, tx: Tx, *values: object) -> None:
        """Give it to the transaction. Values are ids, numbers, names and bytes: they are written into its text."""
        await tx.end_with(self.text, *values)


def _touched(status: str) -> int:
    count = status.rpartition(" ")[2]
    return int(count) if count.isdigit() else 0
