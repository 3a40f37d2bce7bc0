"""Refunds: through the API, against the simulator, and in the books."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kontorhaus.kernel.money import Money
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import ledger, payments
from kontorhaus.money.ledger import EntrySet, LedgerBalanceInsufficient, Transfer
from kontorhaus.money.payments import PAYMENT, REFUND, Allocation, NewPayment, NewRefund, RefundExceeded
from kontorhaus.money.payments.actions import hearing
from kontorhaus.money.payments.model.observations import Notice, Subject
from kontorhaus.people.parties import PARTY
from tests.money.payments.conftest import Shop


async def refund(shop: Shop, payment: Any, amount: int | None = None, **headers: str) -> Any:
    body = {} if amount is None else {"amount": {"amount": amount, "currency": "EUR"}}
    return await shop.act(payment, "refunds", body, **headers)


async def held(shop: Shop) -> int:
    """What is held on the payer's deposit."""
    async with shop.db.org(shop.org_id) as tx:
        row = await tx.connection.fetchrow(
            "SELECT g.held FROM ledger_guard g JOIN ledger_account a ON a.org_id = g.org_id AND a.id = g.account_id "
            "WHERE a.name = $1",
            shop.deposit,
        )
    return 0 if row is None else int(row["held"])


async def told(shop: Shop, refund: Any) -> None:
    """A webhook about a refund, as it is carried out."""
    async with shop.db.org(shop.org_id) as tx:
        row = await payments.refund_in(tx, shop.org_id, REFUND.parse(refund["id"]))
    notice = Notice(subject=Subject.REFUND, reference=row.provider_reference or "", object=row.id)
    await hearing.hear(shop.means, shop.org_id, row.connection_id, notice, hearing.nothing)


async def test_a_refund_goes_back_and_is_posted(shop: Shop) -> None:
    payment = await shop.paid(2000)

    made = await refund(shop, payment)

    assert made.status == 201
    assert made.json["status"] == "succeeded"
    assert made.json["amount"] == {"amount": 2000, "currency": "EUR"}
    assert (await shop.read(payment))["refunded"]["amount"] == 2000
    assert await shop.balance(shop.deposit) == 0
    assert await shop.balance(shop.clearing) == 0
    assert await shop.charged() == [(2000, 1, 2000)]
    assert await held(shop) == 0


async def test_parts_are_refunded_until_nothing_is_left(shop: Shop) -> None:
    payment = await shop.paid(2000)

    assert (await refund(shop, payment, 1500)).status == 201
    too_much = await refund(shop, payment, 501)
    assert (too_much.status, too_much.json["code"]) == (422, "refund_exceeded")
    assert too_much.json["facts"]["most"] == 500
    assert (await refund(shop, payment)).json["amount"]["amount"] == 500
    assert (await refund(shop, payment)).json["code"] == "refund_exceeded"
    assert await shop.charged() == [(2000, 1, 2000)]


async def test_the_same_key_and_the_same_id_refund_once(shop: Shop) -> None:
    payment = await shop.paid(2000)
    body = {"id": "ref_01kw4f5f2yfvarkbkczw01n3pm", "amount": {"amount": 500, "currency": "EUR"}}

    first = await shop.act(payment, "refunds", body, **{"idempotency-key": "a"})
    repeated = await shop.act(payment, "refunds", body, **{"idempotency-key": "a"})
    with_another_key = await shop.act(payment, "refunds", body, **{"idempotency-key": "b"})
    changed = await shop.act(payment, "refunds", body | {"amount": {"amount": 501, "currency": "EUR"}})

    assert repeated.body == first.body == with_another_key.body
    assert (changed.status, changed.json["code"]) == (409, "payment_id_reused")
    assert await shop.charged() == [(2000, 1, 500)]


async def test_a_pending_refund_that_fails_puts_the_money_back(shop: Shop) -> None:
    payment = await shop.paid(2000, "pm_card_refundFail")
    made = (await refund(shop, payment)).json
    assert made["status"] in ("pending", "succeeded")
    assert await shop.balance(shop.deposit) == 0

    await shop.sandbox.control("POST", "clock", {"advance_seconds": 10 * 86400})
    await told(shop, made)

    failed = (await shop.house.get(f"/v1/refunds/{made['id']}")).json
    assert failed["status"] == "failed"
    assert failed["failure"] is not None
    assert await shop.balance(shop.deposit) == 2000
    assert await shop.balance(shop.clearing) == 2000
    seen = await shop.read(payment)
    assert (seen["refunded"]["amount"], seen["refunding"]["amount"]) == (0, 0)


async def test_old_news_of_a_refund_changes_nothing(shop: Shop) -> None:
    payment = await shop.paid(2000)
    made = (await refund(shop, payment, 700)).json

    for _ in range(3):
        await told(shop, made)

    assert (await shop.house.get(f"/v1/refunds/{made['id']}")).json == made
    assert await shop.balance(shop.deposit) == 1300


async def test_what_was_never_captured_cannot_be_refunded(shop: Shop) -> None:
    payment = await shop.paid(2000, capture_method="manual")

    reply = await refund(shop, payment, 100)

    assert (reply.status, reply.json["code"]) == (409, "payment_conflict")


async def sold(shop: Shop, amount: int = 10_000) -> tuple[Any, str]:
    """A payment whose money goes to a seller's share and to our own fee."""
    share = f"held:{PAYMENT.text(PAYMENT.new())}"
    new = NewPayment(
        id=PAYMENT.new(),
        entity=PARTY.parse(shop.entity),
        payer=PARTY.parse(shop.payer),
        amount=Money(amount, "EUR"),
        allocations=(
            Allocation(share, Money(amount - 1000, "EUR")),
            Allocation("prepaid:order", Money(1000, "EUR")),
        ),
        reference=PAYMENT.new(),
    )
    async with shop.db.org(shop.org_id) as tx:
        await payments.create(tx, shop.org_id, new, now=utc_now())
    payment = {"id": PAYMENT.text(new.id)}
    assert (await shop.confirm(payment)).json["status"] == "captured"
    return payment, share


async def test_a_capture_goes_to_the_allocations_and_a_refund_takes_back_what_it_undoes(shop: Shop) -> None:
    payment, share = await sold(shop)
    assert await shop.balance(share) == 9000
    assert await shop.balance("prepaid:order") == 1000
    assert await shop.balance(shop.deposit) == 0
    by_hand = await refund(shop, payment, 100)
    assert by_hand.json["code"] == "refund_allocated"
    back = NewRefund(
        id=REFUND.new(),
        payment=PAYMENT.parse(payment["id"]),
        amount=Money(4000, "EUR"),
        undo=(Allocation(share, Money(4000, "EUR")),),
    )

    async with shop.db.org(shop.org_id) as tx:
        made = await payments.request_refund(tx, shop.org_id, back, now=utc_now())
    async with shop.db.org(shop.org_id) as tx:
        again = await payments.request_refund(tx, shop.org_id, back, now=utc_now() + timedelta(seconds=1))

    assert again == made
    assert await shop.balance(share) == 5000
    assert await held(shop) == 4000
    await shop.janitor()
    assert await held(shop) == 0
    assert await shop.balance(shop.clearing) == 6000
    assert await shop.charged() == [(10_000, 1, 4000)]


async def test_a_refund_takes_no_more_than_the_share_has(shop: Shop) -> None:
    payment, share = await sold(shop)
    spent = Transfer(
        id=ledger.TransferId(PAYMENT.new()), debit=share, credit="payable:someone", amount=Money(8000, "EUR")
    )
    async with shop.db.org(shop.org_id) as tx:
        await ledger.post(tx, shop.org_id, EntrySet(PARTY.parse(shop.entity), (spent,)))
    back = NewRefund(
        id=REFUND.new(),
        payment=PAYMENT.parse(payment["id"]),
        amount=Money(4000, "EUR"),
        undo=(Allocation(share, Money(4000, "EUR")),),
    )

    with pytest.raises(LedgerBalanceInsufficient):
        async with shop.db.org(shop.org_id) as tx:
            await payments.request_refund(tx, shop.org_id, back, now=utc_now())
    too_much = NewRefund(id=back.id, payment=back.payment, amount=Money(10_001, "EUR"))
    with pytest.raises(RefundExceeded):
        async with shop.db.org(shop.org_id) as tx:
            await payments.request_refund(tx, shop.org_id, too_much, now=utc_now())

    assert await shop.charged() == [(10_000, 1, 0)]


async def test_a_part_captured_is_shared_by_weight(shop: Shop) -> None:
    new = NewPayment(
        id=PAYMENT.new(),
        entity=PARTY.parse(shop.entity),
        payer=PARTY.parse(shop.payer),
        amount=Money(1000, "EUR"),
        manual=True,
        allocations=(
            Allocation("held:a", Money(333, "EUR")),
            Allocation("held:b", Money(667, "EUR")),
        ),
    )
    async with shop.db.org(shop.org_id) as tx:
        await payments.create(tx, shop.org_id, new, now=utc_now())
    payment = {"id": PAYMENT.text(new.id)}
    await shop.confirm(payment)

    await shop.act(payment, "capture", {"amount": {"amount": 500, "currency": "EUR"}})

    assert (await shop.balance("held:a"), await shop.balance("held:b")) == (167, 333)
    assert await shop.balance(shop.deposit) == 0
