"""Payouts: held in the books at once, sent once when the seller may be paid, posted when the provider has moved it."""

from __future__ import annotations

import asyncio

import pytest

from kontorhaus.kernel.money import Money
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.payments.actions import paying_out, payout_calls
from kontorhaus.money.payments.errors import PaymentIdReused
from kontorhaus.money.payments.model.allocations import Allocation
from kontorhaus.money.payments.model.ids import PAYOUT, SELLER_ACCOUNT
from kontorhaus.money.payments.model.observations import Subject
from kontorhaus.money.payments.model.payouts import NewPayout, Payout
from kontorhaus.money.payments.model.waiting import Try
from kontorhaus.people.parties import PARTY
from tests.money.ledger.counter import transfer
from tests.money.payments.selling.market import Market, eur


async def test_a_payout_is_held_sent_and_posted_once(market: Market) -> None:
    await market.active()
    await market.owed(70_00)
    await market.funded(70_00)

    made = await market.payout(50_00)

    assert (made["status"], made["reason"], made["tries"]) == ("sending", None, 1)
    assert (await market.payable(), await market.held(), await market.clearing()) == (70_00, 50_00, 0)
    await market.drive(made["id"])
    paid = await market.now(made["id"])
    assert (paid["status"], paid["reversed"]) == ("paid", eur(0))
    assert paid["transfer"].startswith("tr_")
    assert (await market.payable(), await market.held(), await market.clearing()) == (20_00, 0, -50_00)
    assert await market.transfers() == [50_00]
    assert await market.facts("payout") == ["payout.sending", "payout.paid"]
    await market.drive(made["id"])
    await market.hear(Subject.PAYOUT, paid["transfer"], PAYOUT.parse(made["id"]))
    assert await market.now(made["id"]) == paid
    await market.sandbox.books()


async def test_the_worker_sends_it(market: Market) -> None:
    await market.active()
    await market.owed(10_00)
    await market.funded(10_00)

    async with market.working():
        made = await market.payout(10_00)
        assert (await market.until(made["id"], ["paid"]))["tries"] == 1

    assert await market.transfers() == [10_00]


async def test_more_than_is_owed_is_refused(market: Market) -> None:
    await market.active()
    await market.owed(10_00)

    refused = await market.house.post("/v1/payouts", market.wanted(10_01))

    assert (refused.status, refused.json["code"]) == (422, "ledger_balance_insufficient")
    assert (await market.house.get("/v1/payouts")).json["data"] == []
    assert await market.held() == 0


async def test_what_is_held_cannot_be_paid_twice_over(market: Market) -> None:
    await market.owed(10_00)

    replies = await asyncio.gather(*(market.house.post("/v1/payouts", market.wanted(6_00)) for _ in range(4)))

    assert sorted(reply.status for reply in replies) == [201, 422, 422, 422]
    assert await market.held() == 6_00


@pytest.mark.parametrize("amount", [0, -1])
async def test_nothing_and_less_are_refused(market: Market, amount: int) -> None:
    refused = await market.house.post("/v1/payouts", market.wanted(amount))

    assert (refused.status, refused.json["code"]) == (400, "payout_invalid")


async def test_the_same_id_is_one_payout_and_one_transfer(market: Market) -> None:
    await market.active()
    await market.owed(20_00)
    await market.funded(20_00)
    chosen = PAYOUT.text(PAYOUT.new())

    replies = await asyncio.gather(
        *(market.house.post("/v1/payouts", market.wanted(10_00, id=chosen)) for _ in range(5))
    )
    await market.drive(chosen)
    again = await market.house.post("/v1/payouts", market.wanted(10_00, id=chosen))
    other = await market.house.post("/v1/payouts", market.wanted(10_01, id=chosen))

    assert {reply.status for reply in replies} == {201}
    assert (again.status, again.json["status"]) == (201, "paid")
    assert (other.status, other.json["code"], other.json["facts"]["field"]) == (
        409,
        "payment_id_reused",
        "amount",
    )
    assert await market.transfers() == [10_00]
    assert (await market.payable(), await market.held()) == (10_00, 0)
    assert len(await market.operations(chosen)) == 1


async def test_without_an_account_it_waits_and_goes_out_on_activation(market: Market) -> None:
    await market.owed(30_00)
    await market.funded(30_00)
    nobody = await market.payout(10_00)
    assert (nobody["status"], nobody["reason"]) == ("planned", "no_seller_account")
    account = await market.opened()
    pending = await market.payout(20_00)
    assert (pending["status"], pending["reason"]) == ("planned", "seller_account_pending")
    assert pending["next_try_at"] is not None
    assert await market.held() == 30_00

    async with market.working():
        await market.shows_himself(account["id"])
        await market.hear(Subject.SELLER_ACCOUNT, account["provider_account"])
        for made in (nobody, pending):
            paid = await market.until(made["id"], ["paid"])
            assert paid["seller_account"] == account["id"]

    assert sorted(await market.transfers()) == [10_00, 20_00]
    assert (await market.payable(), await market.held()) == (0, 0)
    assert await market.facts("payout") == [
        *["payout.planned"] * 2,
        *["payout.sending", "payout.paid"] * 2,
    ] or sorted(await market.facts("payout")) == sorted(
        ["payout.planned", "payout.sending", "payout.paid"] * 2
    )


async def test_a_restricted_seller_is_put_on_hold_until_he_is_free(market: Market) -> None:
    account = await market.active()
    await market.owed(10_00)
    await market.funded(10_00)
    await market.judged(account, "failed")
    await market.refreshed(account["id"])

    held = await market.payout(10_00)

    assert (held["status"], held["reason"]) == ("on_hold", "seller_account_restricted")
    tried = await market.house.post(f"/v1/payouts/{held['id']}/send")
    assert (tried.status, tried.json["status"]) == (200, "on_hold")
    async with market.working():
        await market.judged(account, "verified")
        await market.refreshed(account["id"])
        await market.until(held["id"], ["paid"])
    assert await market.facts("payout") == ["payout.on_hold", "payout.sending", "payout.paid"]


async def test_a_seller_restricted_behind_our_back_puts_it_on_hold(market: Market) -> None:
    account = await market.active()
    await market.owed(10_00)
    await market.funded(10_00)
    await market.judged(account, "failed")

    made = await market.payout(10_00)
    await market.drive(made["id"])

    held = await market.now(made["id"])
    assert (held["status"], held["reason"]) == ("on_hold", "seller_account_restricted")
    assert (await market.held(), await market.transfers()) == (10_00, [])


async def test_money_that_is_not_available_yet_is_waited_for(market: Market) -> None:
    await market.active()
    await market.owed(10_00)
    made = await market.payout(10_00)

    await market.drive(made["id"])

    waits = await market.now(made["id"])
    assert (waits["status"], waits["reason"]) == ("planned", "balance_insufficient")
    assert waits["next_try_at"] > made["created_at"]
    assert (await market.held(), await market.transfers()) == (10_00, [])
    await market.funded(10_00)
    await market.db.org(market.org_id).run(
        lambda tx: payout_calls.look(tx, market.org_id, Try(PAYOUT.parse(made["id"]), 0))
    )
    assert (await market.now(made["id"]))["status"] == "planned", "that look was for an earlier wait"
    await market.db.org(market.org_id).run(
        lambda tx: payout_calls.look(tx, market.org_id, Try(PAYOUT.parse(made["id"]), 1))
    )
    await market.drive(made["id"])
    paid = await market.now(made["id"])
    assert (paid["status"], paid["tries"]) == ("paid", 2)
    assert await market.transfers() == [10_00]
    assert [one.status for one in await market.operations(made["id"])] == ["succeeded", "failed"]
    assert await market.facts("payout") == [
        "payout.sending",
        "payout.planned",
        "payout.sending",
        "payout.paid",
    ]


async def test_a_provider_that_refuses_for_good_frees_the_hold(market: Market) -> None:
    await market.active()
    await market.owed(10_00)
    await market.funded(10_00)
    await market.sandbox.fault("missing", method="POST", path="/v1/transfers", times=1)

    made = await market.payout(10_00)
    await market.drive(made["id"])

    failed = await market.now(made["id"])
    assert (failed["status"], failed["reason"]) == ("failed", "refused")
    assert (await market.payable(), await market.held(), await market.transfers()) == (10_00, 0, [])
    for verb in ("send", "cancel"):
        refused = await market.house.post(f"/v1/payouts/{made['id']}/{verb}")
        assert (refused.status, refused.json["code"]) == (409, "payout_conflict"), verb


async def test_what_waits_can_be_canceled_and_what_is_sent_cannot(market: Market) -> None:
    await market.owed(20_00)
    waits = await market.payout(10_00)

    canceled = await market.house.post(f"/v1/payouts/{waits['id']}/cancel")

    assert (canceled.status, canceled.json["status"]) == (200, "canceled")
    assert await market.held() == 0
    again = await market.house.post(f"/v1/payouts/{waits['id']}/cancel")
    assert (again.status, again.json["code"]) == (409, "payout_conflict")
    await market.active()
    sent = await market.payout(10_00)
    refused = await market.house.post(f"/v1/payouts/{sent['id']}/cancel")
    assert (refused.status, refused.json["code"]) == (409, "payout_operation_open")


async def test_two_clients_send_the_same_payout_at_once(market: Market) -> None:
    await market.owed(10_00)
    await market.funded(10_00)
    waits = await market.payout(10_00)
    await market.active()

    replies = await asyncio.gather(*(market.house.post(f"/v1/payouts/{waits['id']}/send") for _ in range(6)))

    assert {(reply.status, reply.json["status"]) for reply in replies} == {(200, "sending")}
    assert len(await market.operations(waits["id"])) == 1
    await asyncio.gather(*(market.drive(waits["id"]) for _ in range(4)))
    assert (await market.until(waits["id"], ["paid"]))["tries"] == 1
    assert await market.transfers() == [10_00]


async def test_released_money_is_posted_and_held_in_one_go(market: Market) -> None:
    """As an order does it: from the share to the seller, and out, in the order's own transaction."""
    body = transfer("clearing:elsewhere", "held:line_1", 10_00, entity=market.entity)
    assert (await market.house.post("/v1/ledger/transfers", body)).status == 201
    new = NewPayout(
        id=PAYOUT.new(),
        entity=PARTY.parse(market.entity),
        seller=PARTY.parse(market.seller),
        amount=Money(10_00, "EUR"),
        release=(Allocation("held:line_1", Money(10_00, "EUR")),),
    )

    async def released(wanted: NewPayout) -> Payout:
        return await market.db.org(market.org_id).run(
            lambda tx: paying_out.request_payout(tx, market.org_id, wanted, now=utc_now())
        )

    first = await released(new)
    assert await released(new) == first
    assert (await market.balance("held:line_1"), await market.payable(), await market.held()) == (
        0,
        10_00,
        10_00,
    )
    with pytest.raises(PaymentIdReused) as reused:
        await released(NewPayout(id=new.id, entity=new.entity, seller=new.seller, amount=new.amount))
    assert reused.value.facts["field"] == "release"


async def test_a_payout_from_a_payment_need_not_wait_for_the_balance(market: Market) -> None:
    """Tied to a charge, the money goes out although it is not available yet."""
    await market.active()
    await market.owed(10_00)
    unknown = await market.house.post(
        "/v1/payouts", market.wanted(10_00, source_payment="pay_01jd4w1xk7e8rtz0v6mpq3h5ya")
    )
    assert (unknown.status, unknown.json["code"]) == (404, "payment_not_found")


async def test_lists_and_one(market: Market) -> None:
    await market.owed(30_00)
    made = [await market.payout(amount) for amount in (1_00, 2_00, 3_00)]

    for query, found in (
        ("", [3_00, 2_00, 1_00]),
        ("?limit=2", [3_00, 2_00]),
        ("?status=planned", [3_00, 2_00, 1_00]),
        ("?status=paid", []),
        (f"?seller={market.seller}", [3_00, 2_00, 1_00]),
        (f"?seller={market.seller}&status=paid", []),
        (f"?seller={market.entity}", []),
    ):
        listed = await market.house.get(f"/v1/payouts{query}")
        assert [one["amount"]["amount"] for one in listed.json["data"]] == found, query
    assert (await market.house.get(f"/v1/payouts/{made[0]['id']}")).json == made[0]
    missing = await market.house.get(f"/v1/payouts/{PAYOUT.text(PAYOUT.new())}")
    assert (missing.status, missing.json["code"]) == (404, "payout_not_found")
    account = await market.house.get(f"/v1/seller_accounts/{SELLER_ACCOUNT.text(SELLER_ACCOUNT.new())}")
    assert (account.status, account.json["code"]) == (404, "seller_account_not_found")
