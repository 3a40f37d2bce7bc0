"""Processes that are killed at the provider: whoever comes after them finds what was done, and does the rest once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.money.payments.selling.market import Market
from tests.support import databases

PLACES = ("sent", "answered", "applied")
"""Before the provider is asked, before its answer is written down, and after."""


@pytest.fixture
async def database_url(cluster_url: str) -> AsyncIterator[str]:
    """A database whose processes may be killed."""
    url = await databases.clone(cluster_url, "_faults")
    yield databases.login_url(url)
    await databases.drop(cluster_url, url)


async def killed(market: Market, subject: str, place: str, *, url: str, folder: Path) -> None:
    """A process takes the newest call of an object, and dies at a place."""
    operation = (await market.operations(subject))[0]
    trail = folder / "trail"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KONTORHAUS_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.money.payments.selling.mortal"),
        env={
            **kept,
            "KONTORHAUS_DATABASE_URL": url,
            "KONTORHAUS_FAILPOINTS": f"payments.{operation.kind}.{place}=kill",
            "KONTORHAUS_FAILPOINTS_TRAIL": str(trail),
            "MORTAL_KEYS": str(folder / "master.keys"),
            "MORTAL_STRIPE": market.sandbox.url,
            "MORTAL_ORG": str(market.org_id),
            "MORTAL_OPERATION": str(operation.id),
        },
        cwd=Path(__file__).parents[4],
    )
    async with asyncio.timeout(60):
        assert await process.wait() == -signal.SIGKILL
    assert f"payments.{operation.kind}.{place}" in trail.read_text()
    if place != "applied":
        assert (await market.operations(subject))[0].status == "sent", "nobody knows, and it can be seen"
        await market.drive(subject)
        assert (await market.operations(subject))[0].status == "sent", "its lease has not run out"
        await market.lease_over(subject)
    await market.drive(subject)


@pytest.mark.parametrize("place", PLACES)
async def test_killed_while_a_payout_is_sent(
    market: Market, place: str, database_url: str, tmp_path: Path
) -> None:
    await market.active()
    await market.owed(10_00)
    await market.funded(10_00)
    made = await market.payout(10_00)

    await killed(market, made["id"], place, url=database_url, folder=tmp_path)

    assert (await market.now(made["id"]))["status"] == "paid"
    assert await market.transfers() == [10_00]
    assert (await market.payable(), await market.held(), await market.clearing()) == (0, 0, -10_00)
    assert (await market.facts("payout")) == ["payout.sending", "payout.paid"]
    assert len(await market.operations(made["id"])) == 1


@pytest.mark.parametrize("place", PLACES)
async def test_killed_while_a_payout_is_taken_back(
    market: Market, place: str, database_url: str, tmp_path: Path
) -> None:
    paid = await market.paid(10_00)
    asked = await market.house.post(
        f"/v1/payouts/{paid['id']}/reverse", {"amount": {"amount": 4_00, "currency": "EUR"}}
    )
    assert asked.status == 200, asked.body

    await killed(market, paid["id"], place, url=database_url, folder=tmp_path)

    back = await market.now(paid["id"])
    assert (back["status"], back["reversed"]["amount"], back["reversing"]["amount"]) == ("paid", 4_00, 0)
    assert await market.transfers() == [6_00]
    assert (await market.payable(), await market.clearing()) == (4_00, -6_00)
    assert (await market.facts("payout")).count("payout.reversed") == 1


@pytest.mark.parametrize("place", PLACES)
async def test_killed_while_an_account_is_opened(
    market: Market, place: str, database_url: str, tmp_path: Path
) -> None:
    await market.sandbox.fault("rate_limit", method="POST", path="/v1/accounts", times=1)
    body = {"party": market.seller, "connection": market.connection}
    made = await market.house.post("/v1/seller_accounts", body)
    assert (made.status, made.json["provider_account"]) == (202, None)

    await killed(market, made.json["id"], place, url=database_url, folder=tmp_path)

    opened = await market.account(made.json["id"])
    assert opened["provider_account"].startswith("acct_")
    listed = await market.sandbox.client().v1.accounts.list_async({"limit": 10})
    assert [one.id for one in listed.data] == [opened["provider_account"]]
    assert await market.facts("seller_account") == ["seller_account.created", "seller_account.opened"]
