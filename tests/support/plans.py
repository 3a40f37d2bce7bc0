"""Plans of statements over a filled database, with and without the values known to the planner."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg

from kontorhaus.platform.db.query import Statement

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]


@contextlib.asynccontextmanager
async def filled(url: str, fill: str, *, org: UUID | None = None) -> AsyncIterator[Connection]:
    """A connection to the database once `fill` is in it and counted; inside a request's transaction if `org` is
    given."""
    connection: Connection = await asyncpg.connect(url)
    try:
        await connection.execute(fill)
        await connection.execute("VACUUM ANALYZE")
        if org is not None:
            await connection.execute(f"BEGIN; SET LOCAL ROLE kontorhaus_app; SET LOCAL app.org = '{org}'")
        yield connection
    finally:
        await connection.close()


async def explained(
    connection: Connection, number: int, statement: Statement, values: str
) -> AsyncIterator[str]:
    """The plans of a statement that was carried out and undone, within the connection's transaction. `number` tells
    statements of one connection apart. PLANS_SHOWN=1 prints them."""
    await connection.execute(f"PREPARE planned_{number} AS {statement.text}")
    for mode in ("force_custom_plan", "force_generic_plan"):
        await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
        await connection.execute("SAVEPOINT before")
        rows = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) EXECUTE planned_{number}({values})")
        await connection.execute("ROLLBACK TO before")
        plan = "\n".join(row[0] for row in rows)
        if os.environ.get("PLANS_SHOWN"):
            sys.stdout.write(f"{mode}\n{statement.text.strip()}\n{plan}\n\n")
        yield plan


def rows_read(plan: str) -> int:
    """Of the node that gave the most."""
    return max(int(float(count)) for count in re.findall(r"actual time=\S+ rows=([\d.]+)", plan))
