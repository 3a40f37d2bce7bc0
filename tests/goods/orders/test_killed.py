"""A relay that is killed between a fact and what follows from it: whoever comes after it does it once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.goods.orders.market import Market, at_work
from tests.support import databases


@pytest.fixture
async def vault_url(cluster_url: str) -> AsyncIterator[str]:
    """A database whose processes may be killed, with the administrator's login."""
    url = await databases.clone(cluster_url, "_faults")
    yield url
    await databases.drop(cluster_url, url)


@pytest.fixture
def database_url(vault_url: str) -> str:
    return databases.login_url(vault_url)


async def killed(url: str, trail: Path, time: int) -> None:
    """A relay carries facts out, and is killed when it has done so for the nth time, before it commits."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KONTORHAUS_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.goods.orders.mortal"),
        env={
            **kept,
            "KONTORHAUS_DATABASE_URL": url,
            "KONTORHAUS_FAILPOINTS": f"eventlog.follow.applied=kill@{time}",
            "KONTORHAUS_FAILPOINTS_TRAIL": str(trail),
        },
        cwd=Path(__file__).parents[3],
    )
    async with asyncio.timeout(60):
        assert await process.wait() == -signal.SIGKILL
    assert "eventlog.follow.applied" in trail.read_text()


async def test_a_relay_killed_between_fact_and_reaction_loses_nothing_and_does_nothing_twice(
    market: Market, database_url: str, vault_url: str, tmp_path: Path
) -> None:
    """Money comes for an order that was canceled: each of its facts meets a relay that dies at it, and one that
    goes on."""
    order = await market.shop.place()
    payment = await market.pay(order)
    await _believed_ended(vault_url, market)
    assert (await market.confirm(payment)).json["status"] == "captured"
    assert (await market.shop.act(order, "cancel")).json["status"] == "canceled"

    for number in range(1, 4):
        await killed(database_url, tmp_path / f"trail{number}", number)
    async with at_work(market), asyncio.timeout(30):
        while "refund.succeeded" not in await market.kinds(order):
            await asyncio.sleep(0.1)

    kinds = await market.kinds(order)
    once = ("order.collected", "order.overpaid", "refund.requested", "refund.succeeded", "payment.captured")
    assert {kind: kinds.count(kind) for kind in once} == dict.fromkeys(once, 1)
    books = await market.sandbox.books()
    assert [(one["taken"], one["refunded"]) for one in books["payments"].values()] == [(1_945_200, 1_945_200)]
    assert await market.held(order) == await market.deposit() == 0
    assert await market.refused() == []


async def _believed_ended(url: str, market: Market) -> None:
    vault = await asyncpg.connect(url)
    await vault.execute("UPDATE order_payment SET ended_at = now() WHERE org_id = $1", market.org_id)
    await vault.close()
