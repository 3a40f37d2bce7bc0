"""Processes that post are killed in the middle of it: whoever sends the same sets again finds each posted once."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from kontorhaus.money import ledger
from kontorhaus.money.ledger import GroupCommit
from tests.money.ledger.books import Books
from tests.money.ledger.poster import numbered

SETS = 600
KILLS = 4


async def start(books: Books, url: str, first: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.money.ledger.poster",
        env={
            **os.environ,
            "KILLED_DATABASE": url,
            "KILLED_ORG": str(books.org_id),
            "KILLED_ENTITY": str(books.entity),
            "KILLED_FIRST": str(first),
            "KILLED_MANY": str(SETS),
        },
        cwd=Path(__file__).parents[3],
    )


async def kill_in_the_middle(books: Books, process: asyncio.subprocess.Process, before: int) -> int:
    """When some of its sets stand; how many entries there are then."""
    async with asyncio.timeout(60):
        while (count := await books.count()) < before + SETS // 4:
            await asyncio.sleep(0.002)
    process.kill()
    await process.wait()
    return count


async def resend(books: Books, numbers: Sequence[int]) -> int:
    """How many had been posted already."""
    group = GroupCommit(books.db)
    recorded = await asyncio.gather(*(group.post(books.org_id, numbered(books.entity, n)) for n in numbers))
    await group.close()
    return sum(r.repeated for r in recorded)


async def test_whoever_is_killed_each_set_is_posted_once(books: Books, database_url: str) -> None:
    count = 0
    for kill in range(KILLS):
        process = await start(books, database_url, kill * SETS)
        count = await kill_in_the_middle(books, process, count)

    repeated = await resend(books, range(KILLS * SETS))
    balances = [await books.guard(f"deposit:{number}") for number in range(7)]
    fees = await ledger.balance(books.db, books.org_id, books.entity, "EUR", "revenue:fees")
    await ledger.seal(books.db, books.org_id, books.entity)
    verified = await ledger.verify(books.db, books.org_id, books.entity)

    assert 0 < repeated < KILLS * SETS, "some were posted before, and some were not"
    assert sum(balance for balance, _ in balances) == KILLS * SETS
    assert fees.balance == KILLS * SETS
    assert verified.sealed == 2 * KILLS * SETS
