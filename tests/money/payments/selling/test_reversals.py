"""Money of payouts that comes back: taken back by us, or at the provider's own; posted once, as it came."""

from __future__ import annotations

import asyncio

from kontorhaus.money.payments.model.ids import PAYOUT
from kontorhaus.money.payments.model.observations import Subject
from tests.money.payments.selling.market import Market, Seen, eur


async def reverse(market: Market, payout: Seen, amount: int | None = None) -> Seen:
    body = {} if amount is None else {"amount": eur(amount)}
    reply = await market.house.post(f"/v1/payouts/{payout['id']}/reverse", body)
    assert reply.status == 200, reply.body
    return dict(reply.json)


async def books(market: Market) -> tuple[int, int, int]:
    return await market.payable(), await market.held(), await market.clearing()


async def test_a_payout_is_taken_back_whole(market: Market) -> None:
    paid = await market.paid(10_00)

    asked = await reverse(market, paid)

    assert (asked["status"], asked["reversing"], asked["reversed"]) == ("paid", eur(10_00), eur(0))
    assert await books(market) == (0, 0, -10_00), "nothing is posted before the provider has done it"
    await market.drive(paid["id"])
    back = await market.now(paid["id"])
    assert (back["status"], back["reversing"], back["reversed"]) == ("returned", eur(0), eur(10_00))
    assert await books(market) == (10_00, 0, 0)
    assert await market.transfers() == [0]
    assert (await market.facts("payout"))[2:] == [
        "payout.reversing",
        "payout.reversed",
        "payout.returned",
    ]
    again = await market.house.post(f"/v1/payouts/{paid['id']}/reverse", {})
    assert (again.status, again.json["code"]) == (409, "payout_conflict")


async def test_parts_are_taken_back_and_never_more_than_there_is(market: Market) -> None:
    paid = await market.paid(10_00)
    await reverse(market, paid, 4_00)
    await market.drive(paid["id"])

    more = await market.house.post(f"/v1/payouts/{paid['id']}/reverse", {"amount": eur(6_01)})

    assert (more.status, more.json["code"], more.json["facts"]["most"]) == (422, "payout_exceeded", 6_00)
    other = await market.house.post(
        f"/v1/payouts/{paid['id']}/reverse", {"amount": {"amount": 1, "currency": "USD"}}
    )
    assert (other.status, other.json["code"]) == (400, "payout_invalid")
    nothing = await market.house.post(f"/v1/payouts/{paid['id']}/reverse", {"amount": eur(0)})
    assert (nothing.status, nothing.json["code"]) == (400, "payout_invalid")
    part = await market.now(paid["id"])
    assert (part["status"], part["reversed"]) == ("paid", eur(4_00))
    await reverse(market, paid)
    await market.drive(paid["id"])
    assert (await market.now(paid["id"]))["status"] == "returned"
    assert await books(market) == (10_00, 0, 0)


async def test_two_clients_take_the_same_payout_back_at_once(market: Market) -> None:
    paid = await market.paid(10_00)

    replies = await asyncio.gather(
        *(market.house.post(f"/v1/payouts/{paid['id']}/reverse", {}) for _ in range(5))
    )

    assert sorted(reply.status for reply in replies) == [200, 409, 409, 409, 409]
    assert {reply.json["code"] for reply in replies if reply.status == 409} == {"payout_operation_open"}
    await market.drive(paid["id"])
    assert await books(market) == (10_00, 0, 0)


async def test_taken_back_and_the_answer_lost_is_found(market: Market) -> None:
    paid = await market.paid(10_00)
    await market.sandbox.fault("timeout_after", method="POST", path="/v1/transfers/*/reversals", times=1)
    await reverse(market, paid, 3_00)

    await market.drive(paid["id"])
    assert (await market.operations(paid["id"]))[0].status == "unknown"
    await market.drive(paid["id"])

    back = await market.now(paid["id"])
    assert (back["status"], back["reversing"], back["reversed"]) == ("paid", eur(0), eur(3_00))
    assert await market.transfers() == [7_00]
    assert await books(market) == (3_00, 0, -7_00)


async def test_the_webhook_of_our_own_reversal_and_its_answer_are_one(market: Market) -> None:
    paid = await market.paid(10_00)
    await market.sandbox.fault("timeout_after", method="POST", path="/v1/transfers/*/reversals", times=1)
    await reverse(market, paid)
    await market.drive(paid["id"])

    await asyncio.gather(
        *(market.hear(Subject.PAYOUT, paid["transfer"], PAYOUT.parse(paid["id"])) for _ in range(3))
    )

    assert (await market.now(paid["id"]))["status"] == "returned"
    assert await books(market) == (10_00, 0, 0)
    await market.drive(paid["id"])
    assert await books(market) == (10_00, 0, 0)
    assert [one.status for one in await market.operations(paid["id"])] == ["succeeded", "succeeded"]
    assert (await market.facts("payout")).count("payout.reversed") == 1


async def test_reversed_at_the_providers_own_is_heard_and_posted(market: Market) -> None:
    paid = await market.paid(10_00)
    payout = PAYOUT.parse(paid["id"])
    reversals = market.sandbox.client().v1.transfers.reversals
    await reversals.create_async(paid["transfer"], {"amount": 2_00})
    await market.hear(Subject.PAYOUT, paid["transfer"])
    assert ((await market.now(paid["id"]))["status"], await books(market)) == ("paid", (2_00, 0, -8_00))

    await reversals.create_async(paid["transfer"], {"amount": 8_00})
    await market.hear(Subject.PAYOUT, paid["transfer"], payout)
    await market.hear(Subject.PAYOUT, paid["transfer"], payout)

    back = await market.now(paid["id"])
    assert (back["status"], back["reversed"]) == ("returned", eur(10_00))
    assert await books(market) == (10_00, 0, 0)


async def test_reversed_before_we_knew_that_it_was_sent(market: Market) -> None:
    """The answer is lost, the transfer is reversed at the provider's, and one webhook tells both."""
    await market.active()
    await market.owed(10_00)
    await market.funded(10_00)
    await market.sandbox.fault("timeout_after", method="POST", path="/v1/transfers", times=1)
    made = await market.payout(10_00)
    await market.drive(made["id"])
    client = market.sandbox.client().v1.transfers
    (transfer,) = (await client.list_async({"limit": 2})).data
    await client.reversals.create_async(transfer.id, {})

    await market.hear(Subject.PAYOUT, transfer.id, PAYOUT.parse(made["id"]))

    assert (await market.now(made["id"]))["status"] == "returned"
    assert await books(market) == (10_00, 0, 0)
    assert await market.facts("payout") == [
        "payout.sending",
        "payout.paid",
        "payout.reversed",
        "payout.returned",
    ]


async def test_a_reversal_that_the_provider_refuses_leaves_the_money_with_the_seller(market: Market) -> None:
    paid = await market.paid(10_00)
    await reverse(market, paid, 4_00)
    # Another one was faster at the provider's own, and there is not enough left.
    await market.sandbox.client().v1.transfers.reversals.create_async(paid["transfer"], {"amount": 8_00})

    await market.drive(paid["id"])

    kept = await market.now(paid["id"])
    assert (kept["status"], kept["reversing"]) == ("paid", eur(0))
    assert (await market.facts("payout"))[-1] == "payout.reversal_refused"
    await market.hear(Subject.PAYOUT, paid["transfer"])
    assert (await market.now(paid["id"]))["reversed"] == eur(8_00)
    assert await books(market) == (8_00, 0, -2_00)


async def test_what_was_never_paid_is_not_taken_back(market: Market) -> None:
    await market.owed(10_00)
    waits = await market.payout(10_00)

    refused = await market.house.post(f"/v1/payouts/{waits['id']}/reverse", {})

    assert (refused.status, refused.json["code"]) == (409, "payout_conflict")
