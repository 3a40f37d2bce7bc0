"""From a card to a seller's account, told by the provider's own webhooks, with nobody asking by hand."""

from __future__ import annotations

import asyncio
from typing import Any

from kontorhaus.kernel.money import Money
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import payments
from kontorhaus.money.payments import Allocation, NewPayout
from kontorhaus.money.payments.model.ids import PAYMENT, PAYMENT_CONNECTION, PAYOUT
from kontorhaus.people.parties import PARTY
from tests.money.payments.conftest import Shop, at_work
from tests.money.payments.selling.market import LINK


async def until(shop: Shop, path: str, **wanted: object) -> Any:
    """The object, once its fields are as they are wanted."""
    async with asyncio.timeout(30):
        while True:
            found = (await shop.house.get(path)).json
            if all(found[name] == value for name, value in wanted.items()):
                return found
            await asyncio.sleep(0.05)


async def test_a_sale_is_collected_and_its_seller_paid(shop: Shop) -> None:
    person = {"kind": "person", "name": "Erika Mustermann", "roles": ["seller"], "country": "DE"}
    seller = (await shop.house.post("/v1/parties", person)).json["id"]
    async with at_work(shop):
        await until(shop, f"/v1/payment_connections/{shop.connection}", webhooks="open")
        paid = await shop.paid(50_00, method="pm_card_de")
        payment = PAYMENT.parse(paid["id"])
        body = {
            "id": "xfer_01jd4w1xk7e8rtz0v6mpq3h5ya",
            "entity": shop.entity,
            "debit": f"deposit:{shop.payer}",
            "credit": "held:line_1",
            "amount": {"amount": 50_00, "currency": "EUR"},
        }
        moved = await shop.house.post("/v1/ledger/transfers", body)
        assert moved.status == 201, moved.json
        new = NewPayout(
            id=PAYOUT.new(),
            entity=PARTY.parse(shop.entity),
            seller=PARTY.parse(seller),
            amount=Money(45_00, "EUR"),
            connection_id=PAYMENT_CONNECTION.parse(shop.connection),
            source_payment=payment,
            release=(Allocation("held:line_1", Money(50_00, "EUR")),),
        )
        await shop.db.org(shop.org_id).run(
            lambda tx: payments.request_payout(tx, shop.org_id, new, now=utc_now())
        )
        path = f"/v1/payouts/{PAYOUT.text(new.id)}"
        assert (await until(shop, path, status="planned"))["reason"] == "no_seller_account"

        account = await shop.house.post(
            "/v1/seller_accounts", {"party": seller, "connection": shop.connection}
        )
        assert account.status == 201, account.json
        link = await shop.house.post(f"/v1/seller_accounts/{account.json['id']}/onboarding_link", LINK)
        async with shop.sandbox.session.post(link.json["url"], allow_redirects=False) as reply:
            assert reply.status in (302, 303)

        # The webhook of his account, the payout that waited, tied to a charge that is not available yet.
        sent = await until(shop, path, status="paid")
        assert sent["source_payment"] == paid["id"]
        assert await shop.balance(f"payable:{seller}") == 5_00

        # And what is reversed at the provider's own comes back by its webhook.
        await shop.sandbox.client().v1.transfers.reversals.create_async(sent["transfer"], {})
        await until(shop, path, status="returned")
    assert await shop.balance(f"payable:{seller}") == 50_00
