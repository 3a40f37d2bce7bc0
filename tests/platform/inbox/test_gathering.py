"""What comes in together is kept together, and nobody pays for another one's fault."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform.db import Db
from kontorhaus.platform.inbox import ConnectionId
from kontorhaus.platform.inbox.gathering import AT_ONCE, Gathering, Row
from kontorhaus.platform.secrets import Keyring
from tests.platform.inbox.sender import opened

TOO_LONG = "e" * 256
"""No verifier lets it through; here it stands for a row that the database refuses."""


@pytest.fixture
async def connection_id(db: Db, keyring: Keyring, org: OrgId) -> ConnectionId:
    return await opened(db, keyring, org)


def row(connection_id: ConnectionId, event_id: str, *, version: int = 1, size: int = 10) -> Row:
    return Row(
        message_id=uuid7(),
        connection_id=connection_id,
        version=version,
        event_id=event_id,
        kind="demo.happened",
        subject=None,
        sequence=0,
        occurred_at=None,
        received_at=utc_now(),
        content=bytes(size),
        job_id=uuid7(),
        key=event_id[:100],
        args=b"x",
        trace=None,
    )


async def commits(db: Db) -> int:
    """Transactions that wrote messages: rows of one transaction share its id."""
    async with db.system() as tx:
        count: int = await tx.connection.fetchval("SELECT count(DISTINCT xmin::text) FROM inbox_message")
    return count


async def test_many_at_once_share_a_few_transactions(db: Db, org: OrgId, connection_id: ConnectionId) -> None:
    gathering = Gathering()
    kept = await asyncio.gather(*(gathering.keep(db, org, row(connection_id, f"evt_{n}")) for n in range(90)))

    assert all(one.known and one.fresh for one in kept)
    assert await commits(db) <= 2 * AT_ONCE


async def test_large_ones_do_not_pile_up_in_one_statement(
    db: Db, org: OrgId, connection_id: ConnectionId
) -> None:
    gathering = Gathering()
    rows = [row(connection_id, f"evt_{n}", size=400_000) for n in range(20)]
    await asyncio.gather(*(gathering.keep(db, org, one) for one in rows))

    assert await commits(db) >= 8, "two or three go together"


async def test_a_row_that_is_refused_is_refused_alone(
    db: Db, org: OrgId, connection_id: ConnectionId
) -> None:
    gathering = Gathering()
    rows = [row(connection_id, TOO_LONG if n % 7 == 3 else f"evt_{n}") for n in range(30)]
    found = await asyncio.gather(*(gathering.keep(db, org, one) for one in rows), return_exceptions=True)

    for one, outcome in zip(rows, found, strict=True):
        if one.event_id == TOO_LONG:
            assert isinstance(outcome, asyncpg.CheckViolationError)
        else:
            assert not isinstance(outcome, BaseException), outcome
            assert outcome.fresh


async def test_doubles_and_old_versions_in_one_statement(
    db: Db, org: OrgId, connection_id: ConnectionId
) -> None:
    gathering = Gathering()
    rows = [row(connection_id, "evt_1") for _ in range(20)]
    rows += [row(connection_id, f"evt_old_{n}", version=2) for n in range(20)]
    kept = await asyncio.gather(*(gathering.keep(db, org, one) for one in rows))

    assert [one.fresh for one in kept].count(True) == 1
    assert [one.known for one in kept] == [True] * 20 + [False] * 20


async def test_whoever_goes_away_takes_nobody_with_him(
    db: Db, org: OrgId, connection_id: ConnectionId
) -> None:
    gathering = Gathering()
    tasks = [asyncio.create_task(gathering.keep(db, org, row(connection_id, f"evt_{n}"))) for n in range(40)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    kept = await asyncio.gather(*tasks[1::2])

    assert all(one.fresh for one in kept)
    later = await gathering.keep(db, org, row(connection_id, "evt_later"))
    assert later.fresh
