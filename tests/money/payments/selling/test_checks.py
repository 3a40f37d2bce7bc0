"""What `kontorhaus check` asks of payouts: true of those that were kept, and false of each that was tampered with."""

from __future__ import annotations

import asyncpg
import pytest

from kontorhaus.money.payments import PAYOUT_CHECKS
from kontorhaus.money.payments.model.ids import PAYOUT
from kontorhaus.platform.db import Db
from tests.money.payments.selling.market import Market, eur
from tests.support import databases


@pytest.fixture
def database_url(fresh_database_url: str) -> str:
    return databases.login_url(fresh_database_url)


async def false_ones(db: Db) -> dict[str, list[str]]:
    found = {one.name: [str(row.detail) for row in await one.broken(db)] for one in PAYOUT_CHECKS}
    return {name: rows for name, rows in found.items() if rows}


async def mixed(market: Market) -> dict[str, str]:
    """Payouts in every state, by what became of them."""
    paid = await market.paid(20_00)
    part = {"amount": eur(5_00)}
    await market.house.post(f"/v1/payouts/{paid['id']}/reverse", part)
    await market.drive(paid["id"])
    await market.house.post(f"/v1/payouts/{paid['id']}/reverse", part)
    await market.owed(30_00)
    sending = await market.payout(1_00)
    await market.sandbox.fault("missing", method="POST", path="/v1/transfers", times=1)
    failed = await market.payout(2_00)
    await market.drive(failed["id"])
    account = (await market.house.get("/v1/seller_accounts")).json["data"][0]
    await market.judged(account, "failed")
    await market.refreshed(account["id"])
    held = await market.payout(3_00)
    canceled = await market.payout(4_00)
    await market.house.post(f"/v1/payouts/{canceled['id']}/cancel")
    statuses = {
        name: (await market.now(one["id"]))["status"]
        for name, one in {
            "paid": paid,
            "sending": sending,
            "failed": failed,
            "on_hold": held,
            "canceled": canceled,
        }.items()
    }
    assert {name: name for name in statuses} == statuses
    return {"sending": sending["id"], "on_hold": held["id"], "paid": paid["id"]}


async def test_payouts_that_were_kept_are_true_and_others_are_found(
    market: Market, fresh_database_url: str
) -> None:
    ids = {name: PAYOUT.parse(text) for name, text in (await mixed(market)).items()}
    assert await false_ones(market.db) == {}

    admin = await asyncpg.connect(fresh_database_url)
    for tampering, names in (
        (f"UPDATE payout SET reversed = reversed - 1 WHERE id = '{ids['paid']}'", {"payouts.clearing"}),
        (f"UPDATE payout SET amount = amount + 1 WHERE id = '{ids['on_hold']}'", {"payouts.held"}),
        (
            "DELETE FROM ledger_hold_end WHERE hold_id ="
            f" (SELECT hold_id FROM payout WHERE id = '{ids['paid']}')",
            {"payouts.held"},
        ),
        (
            "UPDATE operation SET status = 'failed', ended_at = now(), ask = NULL"
            f" WHERE subject_id = '{ids['sending']}'",
            {"payouts.operations"},
        ),
        (
            f"UPDATE payout SET operation_id = NULL, reversing = 0 WHERE id = '{ids['paid']}'",
            {"payouts.operations"},
        ),
        ("DELETE FROM job WHERE kind = 'payouts.try'", {"payouts.waiting"}),
    ):
        transaction = admin.transaction()
        await transaction.start()
        await admin.execute(f"SET LOCAL session_replication_role = replica; {tampering}")
        await transaction.commit()
        assert set(await false_ones(market.db)) >= names, tampering
    await admin.close()
