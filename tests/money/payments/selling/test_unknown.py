"""Payouts whose answer was lost, or cannot be ours: one transfer, one posting, whoever tells it, in whatever order."""

from __future__ import annotations

import asyncio

import pytest

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.money.payments.actions.resolving import resolve
from kontorhaus.money.payments.model.ids import PAYOUT
from kontorhaus.money.payments.model.observations import Subject
from tests.money.payments.selling.market import Market


async def ready(market: Market, amount: int = 10_00) -> None:
    await market.active()
    await market.owed(amount)
    await market.funded(amount)


async def reference(market: Market) -> str:
    """The provider's only transfer."""
    (found,) = (await market.sandbox.client().v1.transfers.list_async({"limit": 2})).data
    return str(found.id)


@pytest.mark.parametrize("fault", ["timeout_after", "error_after"])
async def test_sent_and_the_answer_lost_is_found(market: Market, fault: str) -> None:
    await ready(market)
    await market.sandbox.fault(fault, method="POST", path="/v1/transfers", times=1)
    made = await market.payout(10_00)

    await market.drive(made["id"])

    assert [one.status for one in await market.operations(made["id"])] == ["unknown"]
    assert ((await market.now(made["id"]))["status"], await market.held()) == ("sending", 10_00)
    for verb in ("cancel", "reverse"):
        refused = await market.house.post(
            f"/v1/payouts/{made['id']}/{verb}", {} if verb == "reverse" else None
        )
        assert (refused.status, refused.json["code"]) == (409, "payout_operation_open"), verb
    await market.drive(made["id"])
    assert (await market.now(made["id"]))["status"] == "paid"
    assert await market.transfers() == [10_00]
    assert (await market.payable(), await market.held(), await market.clearing()) == (0, 0, -10_00)
    assert len(await market.operations(made["id"])) == 1
    assert await market.facts("payout") == ["payout.sending", "payout.paid"]
    assert await market.facts("operation") == ["operation.unknown", "operation.resolved"]


@pytest.mark.parametrize("fault", ["timeout_before", "error_before"])
async def test_never_arrived_is_sent_once(market: Market, fault: str) -> None:
    await ready(market)
    await market.sandbox.fault(fault, method="POST", path="/v1/transfers", times=1)
    made = await market.payout(10_00)

    await market.drive(made["id"])
    assert await market.transfers() == []
    async with market.working():
        await market.drive(made["id"])
        await market.until(made["id"], ["paid"])

    assert await market.transfers() == [10_00]
    assert (await market.payable(), await market.held(), await market.clearing()) == (0, 0, -10_00)


async def test_the_webhook_is_faster_than_the_answer_and_comes_three_times(market: Market) -> None:
    await ready(market)
    await market.sandbox.fault("timeout_after", method="POST", path="/v1/transfers", times=1)
    made = await market.payout(10_00)
    await market.drive(made["id"])
    transfer, payout = await reference(market), PAYOUT.parse(made["id"])

    await asyncio.gather(*(market.hear(Subject.PAYOUT, transfer, payout) for _ in range(3)))

    assert (await market.now(made["id"]))["status"] == "paid"
    assert [one.status for one in await market.operations(made["id"])] == ["succeeded"]
    await market.drive(made["id"])
    assert (await market.payable(), await market.held(), await market.clearing()) == (0, 0, -10_00)
    assert await market.facts("payout") == ["payout.sending", "payout.paid"]


async def test_answer_and_webhooks_race(market: Market) -> None:
    await ready(market)
    await market.sandbox.fault("slow", method="POST", path="/v1/transfers", times=1)
    made = await market.payout(10_00)
    payout = PAYOUT.parse(made["id"])

    async def told() -> None:
        async with asyncio.timeout(10):
            while not await market.transfers():
                await asyncio.sleep(0.01)
        await market.hear(Subject.PAYOUT, await reference(market), payout)

    await asyncio.gather(market.drive(made["id"]), told(), told())

    assert (await market.now(made["id"]))["status"] == "paid"
    assert (await market.payable(), await market.held(), await market.clearing()) == (0, 0, -10_00)
    assert await market.facts("payout") == ["payout.sending", "payout.paid"]


@pytest.mark.parametrize("fault", ["wrong_amount", "wrong_currency"])
async def test_an_answer_that_cannot_be_ours_is_left_to_a_person(market: Market, fault: str) -> None:
    await ready(market)
    await market.sandbox.fault(fault, method="POST", path="/v1/transfers", times=1)
    made = await market.payout(10_00)

    await market.drive(made["id"])

    (doubted,) = await market.operations(made["id"])
    assert (doubted.status, doubted.review) == ("unknown", True)
    assert doubted.reason == f"mismatch_{fault.removeprefix('wrong_')}"
    assert ((await market.now(made["id"]))["status"], await market.held()) == ("sending", 10_00)
    assert (await market.payable(), await market.clearing()) == (10_00, 0)
    # Asked once more, the provider tells the truth.
    await market.hear(Subject.PAYOUT, await reference(market), PAYOUT.parse(made["id"]))
    assert (await market.now(made["id"]))["status"] == "paid"
    assert [one.review for one in await market.operations(made["id"])] == [False]
    assert await market.transfers() == [10_00]
    assert (await market.payable(), await market.clearing()) == (0, -10_00)


async def test_a_person_has_the_provider_asked_once_more(market: Market) -> None:
    await ready(market)
    await market.sandbox.fault("wrong_amount", method="POST", path="/v1/transfers", times=1)
    made = await market.payout(10_00)
    await market.drive(made["id"])
    (doubted,) = await market.operations(made["id"])

    await resolve(market.means, market.org_id, doubted.id, "provider")

    assert (await market.now(made["id"]))["status"] == "paid"
    assert (await market.payable(), await market.held(), await market.clearing()) == (0, 0, -10_00)


async def test_a_person_who_says_that_nothing_was_done_has_it_sent_anew(market: Market) -> None:
    """And is wrong: the transfer is there. It is posted when the provider tells of it, and the payout waits no more."""
    await ready(market)
    await market.sandbox.fault("wrong_amount", method="POST", path="/v1/transfers", times=1)
    made = await market.payout(10_00)
    await market.drive(made["id"])
    (doubted,) = await market.operations(made["id"])

    await resolve(market.means, market.org_id, doubted.id, "failed")

    waits = await market.now(made["id"])
    assert (waits["status"], waits["reason"], await market.held()) == ("planned", "not_done", 10_00)
    await market.hear(Subject.PAYOUT, await reference(market), PAYOUT.parse(made["id"]))
    assert (await market.now(made["id"]))["status"] == "paid"
    assert await market.transfers() == [10_00]
    assert (await market.payable(), await market.held(), await market.clearing()) == (0, 0, -10_00)


async def test_a_transfer_that_was_believed_impossible_is_posted_all_the_same(market: Market) -> None:
    """The payout had failed and its money was spent otherwise; then the provider shows the transfer. What the seller
    has twice he owes."""
    await ready(market)
    await market.sandbox.fault("missing", method="POST", path="/v1/transfers", times=1)
    made = await market.payout(10_00)
    await market.drive(made["id"])
    assert (await market.now(made["id"]))["status"] == "failed"
    other = await market.payout(4_00)
    await market.drive(other["id"])
    account = (await market.house.get("/v1/seller_accounts")).json["data"][0]
    payout = PAYOUT.parse(made["id"])
    (operation,) = await market.operations(made["id"])
    transfer = await market.sandbox.client().v1.transfers.create_async(
        {
            "amount": 10_00,
            "currency": "eur",
            "destination": account["provider_account"],
            "metadata": {"kontorhaus_payout": str(payout), "kontorhaus_operation": str(operation.id)},
        }
    )

    await market.hear(Subject.PAYOUT, transfer.id, payout)
    await market.hear(Subject.PAYOUT, transfer.id, payout)

    assert (await market.now(made["id"]))["status"] == "paid"
    assert (await market.payable(), await market.held(), await market.clearing()) == (0, 0, -14_00)
    assert await market.balance(f"recoverable:{market.seller}") == 4_00


async def test_a_transfer_of_nobodys_changes_nothing(market: Market) -> None:
    await ready(market)
    account = (await market.house.get("/v1/seller_accounts")).json["data"][0]
    transfer = await market.sandbox.client().v1.transfers.create_async(
        {"amount": 1_00, "currency": "eur", "destination": account["provider_account"]}
    )

    await market.hear(Subject.PAYOUT, transfer.id)
    await market.hear(Subject.PAYOUT, "tr_unknown", PAYOUT.new())

    assert (await market.payable(), await market.clearing()) == (10_00, 0)
    assert await market.facts("payout") == []


async def test_a_provider_that_cannot_be_asked_is_asked_again(market: Market) -> None:
    await ready(market)
    made = await market.payout(10_00)
    await market.sandbox.fault("rate_limit", method="POST", path="/v1/transfers", times=1)

    await market.drive(made["id"])

    assert [one.status for one in await market.operations(made["id"])] == ["claimed"]
    await market.drive(made["id"])
    assert (await market.now(made["id"]))["status"] == "paid"
    await market.sandbox.fault("error_before", method="GET", path="/v1/transfers/*", times=1)
    transfer = await reference(market)
    with pytest.raises(Unavailable):
        await market.hear(Subject.PAYOUT, transfer, PAYOUT.parse(made["id"]))
