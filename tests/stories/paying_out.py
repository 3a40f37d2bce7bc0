"""The part of the story that pays a seller: his account, what he is owed, and what becomes of it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import aiohttp
import stripe
from stripe import StripeClient

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money import payments
from kontorhaus.money.payments import OPERATION, Means
from kontorhaus.roles.resources import Resources
from tests.money.ledger.counter import transfer
from tests.sandbox.stripe.running import pay
from tests.stories.recording import Recorder

KEY = "sk_test_51Exampl3Pay0uts"

LINK = {
    "return_url": "https://shop.example.com/sellers/done",
    "refresh_url": "https://shop.example.com/sellers/again",
}


async def payouts(recorder: Recorder, resources: Resources, org_id: OrgId) -> None:
    entity = await _party(recorder, "company", "Kontor Nord GmbH", "legal_entity")
    seller = await _party(recorder, "person", "Erika Mustermann", "seller")
    other = await _party(recorder, "person", "Max Mustermann", "seller")
    await recorder.call("POST", "/v1/ledger/entities", {"entity": entity, "base_currency": "EUR"})
    connected = {"entity": entity, "gateway": "stripe", "name": "Stripe", "secret_key": KEY}
    connection = (await recorder.call("POST", "/v1/payment_connections", connected)).json["id"]
    for one in (seller, other):
        owed = transfer("clearing:elsewhere", f"payable:{one}", 100_000, entity=entity)
        await recorder.call("POST", "/v1/ledger/transfers", owed)

    account = await recorder.call("POST", "/v1/seller_accounts", {"party": seller, "connection": connection})
    path = f"/v1/seller_accounts/{account.json['id']}"
    link = await recorder.call("POST", f"{path}/onboarding_link", LINK)
    async with _provider(resources) as (session, client):
        async with session.post(link.json["url"], allow_redirects=False) as shown:
            assert shown.status in (302, 303)
        await pay(client, 100_000, "pm_card_bypassPending")
    await recorder.call("POST", f"{path}/refresh")
    await recorder.call("GET", path)
    await recorder.call("GET", "/v1/seller_accounts")

    wanted = {
        "entity": entity,
        "seller": seller,
        "amount": {"amount": 45_000, "currency": "EUR"},
        "connection": connection,
    }
    paid = (await recorder.call("POST", "/v1/payouts", wanted)).json["id"]
    (operation,) = (await recorder.ask("/v1/operations?status=claimed&limit=1")).json["data"]
    means = Means(resources.db, resources.keyring, resources.gateways)
    await payments.drive(means, org_id, OPERATION.parse(operation["id"]))
    await recorder.call("GET", f"/v1/payouts/{paid}")
    await recorder.call("POST", f"/v1/payouts/{paid}/send")
    part = {"amount": {"amount": 5_000, "currency": "EUR"}}
    await recorder.call("POST", f"/v1/payouts/{paid}/reverse", part)
    waits = (await recorder.call("POST", "/v1/payouts", {**wanted, "seller": other})).json["id"]
    await recorder.call("POST", f"/v1/payouts/{waits}/cancel")
    await recorder.call("GET", "/v1/payouts?limit=2")


async def _party(recorder: Recorder, kind: str, name: str, role: str) -> str:
    party = {"kind": kind, "name": name, "roles": [role], "country": "DE"}
    return str((await recorder.call("POST", "/v1/parties", party)).json["id"])


@contextlib.asynccontextmanager
async def _provider(resources: Resources) -> AsyncIterator[tuple[aiohttp.ClientSession, StripeClient]]:
    """The provider, past the house."""
    assert resources.settings.stripe_url is not None
    async with aiohttp.ClientSession() as session:
        yield (
            session,
            StripeClient(
                KEY,
                base_addresses={"api": resources.settings.stripe_url},
                http_client=stripe.AIOHTTPClient(session=session),
            ),
        )
