"""A shop with a payment provider beside it: Stripe's simulator, a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, structs

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money import ledger, payments
from kontorhaus.money.ledger.errors import LedgerAccountNotFound
from kontorhaus.people.access import Founded
from kontorhaus.people.parties import PARTY
from kontorhaus.platform.db import Db
from kontorhaus.platform.inbox import Inbox
from kontorhaus.roles.checks import every_check
from kontorhaus.roles.resources import Resources
from kontorhaus.roles.sources import every_source
from tests.goods.orders.shop import Seen, Shop, path
from tests.support import working
from tests.support.house import House, Reply, running_house
from tests.support.stripe import Sandbox


class Market(Struct, frozen=True):
    """A shop whose orders can be paid. Facts and jobs are carried out while `at_work`."""

    shop: Shop
    db: Db
    org_id: OrgId
    resources: Resources
    sandbox: Sandbox

    @property
    def house(self) -> House:
        return self.shop.house

    async def pay(self, order: Seen, **wanted: Any) -> str:
        """Begin to pay; the payment's id."""
        reply = await self.shop.act(order, "pay", wanted)
        assert reply.status == 200, reply.body
        return str(reply.json["payment"])

    async def confirm(self, payment: str, method: str = "pm_card_bypassPending") -> Reply:
        return await self.house.post(f"/v1/payments/{payment}/confirm", {"method": method})

    async def paid(self, order: Seen, method: str = "pm_card_bypassPending") -> Seen:
        """The order, paid by one card payment."""
        payment = await self.pay(order)
        confirmed = await self.confirm(payment, method)
        assert (confirmed.status, confirmed.json["status"]) == (200, "captured"), confirmed.body
        return await self.until(order, lambda found: found["payment"] is None)

    async def until(self, order: Seen, right: Callable[[Seen], bool], *, seconds: float = 30) -> Seen:
        """The order as soon as it is as it should be."""

        async def look() -> Seen | None:
            found = await self.shop.read(order)
            return found if right(found) else None

        return await eventually(look, seconds)

    async def balance(self, account: str) -> int:
        """What an account stands at, on the side where it grows; 0 if nothing was ever posted to it."""
        entity = PARTY.parse(self.shop.entity)
        try:
            found = await ledger.balance(self.db, self.org_id, entity, "EUR", account)
        except LedgerAccountNotFound:
            return 0
        return found.balance

    async def held(self, order: Seen, line: int = 0) -> int:
        return await self.balance(f"held:{order['lines'][line]['id']}")

    async def deposit(self) -> int:
        return await self.balance(f"deposit:{self.shop.buyer}")

    async def timeline(self, order: Seen) -> Seen:
        return dict((await self.house.get(f"{path(order)}/timeline")).json)

    async def waits(self, order: Seen) -> list[str]:
        return [one["what"] for one in (await self.timeline(order))["waiting_for"]]

    async def movements(self, order: Seen) -> list[tuple[str, str, int]]:
        """What stands in the order's books: kind, reason and amount."""
        found = (await self.house.get(f"{path(order)}/books")).json["movements"]
        return [(one["kind"], one["reason"], one["amount"]["amount"]) for one in found]

    async def taxes(self, order: Seen) -> list[tuple[str, str, int, Any, str | None]]:
        """What stands in the books for an order: debited and credited type, amount, rate and category, tax point."""
        async with self.db.org(self.org_id) as tx:
            lines = [f"held:{line['id']}" for line in order["lines"]]
            names = [f"prepaid:{order['id']}", *lines]
            entity = PARTY.parse(self.shop.entity)
            moved = await ledger.follow(tx, self.org_id, entity, "EUR", names, limit=100)
        return [
            (
                one.debit.partition(":")[0],
                one.credit.partition(":")[0],
                one.amount,
                None if one.tax_rate is None else (one.tax_rate, one.tax_category),
                None if one.tax_point is None else one.tax_point.isoformat(),
            )
            for one in moved.transfers
        ]

    async def refused(self) -> list[str]:
        """Every invariant of the house that is broken, with what breaks it."""
        return [
            f"{check.name}: {one.subject} {one.detail}"
            for check in every_check()
            for one in await check.broken(self.db)
        ]

    async def kinds(self, order: Seen) -> list[str]:
        return [entry["kind"] for entry in (await self.timeline(order))["entries"]]


async def eventually(look: Callable[[], Awaitable[Seen | None]], seconds: float) -> Seen:
    """What a look finds, as soon as it finds anything; fails after so many seconds."""
    async with asyncio.timeout(seconds):
        while (found := await look()) is None:
            await asyncio.sleep(0.05)
    return found


@contextlib.asynccontextmanager
async def opened_market(
    resources: Resources, organization: Founded, sandbox: Sandbox
) -> AsyncIterator[Market]:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    settings = structs.replace(
        resources.settings, port=port, public_url=f"http://127.0.0.1:{port}", stripe_url=sandbox.url
    )
    gateways = {"stripe": payments.Stripe(resources.outbound, test_base=sandbox.url)}
    paying = structs.replace(
        resources,
        settings=settings,
        gateways=gateways,
        inbox=Inbox(every_source(resources.keyring, gateways)),
    )
    async with running_house(paying) as anyone:
        shop = await Shop.open(anyone.holding(organization.secret))
        body = {"entity": shop.entity, "gateway": "stripe", "name": "Stripe", "secret_key": sandbox.key}
        connected = await shop.house.post("/v1/payment_connections", body)
        assert connected.status == 201, connected.json
        yield Market(
            shop=structs.replace(shop, connection=connected.json["id"]),
            db=resources.db,
            org_id=organization.org_id,
            resources=paying,
            sandbox=sandbox,
        )


@contextlib.asynccontextmanager
async def at_work(market: Market) -> AsyncIterator[None]:
    """A worker and a relay of the house, in this process."""
    async with working.at_work(market.resources, market.org_id):
        yield


async def welcome(market: Market) -> Seen:
    """The seller's account at the provider, active: he has shown there who he is."""
    house, sandbox = market.house, market.sandbox
    wanted = {"party": market.shop.seller, "connection": market.shop.connection}
    opened = await house.post("/v1/seller_accounts", wanted)
    assert opened.status == 201, opened.body
    at = f"/v1/seller_accounts/{opened.json['id']}"
    page = "https://shop.example.com/sellers"
    link = await house.post(f"{at}/onboarding_link", {"return_url": page, "refresh_url": page})
    async with sandbox.session.post(link.json["url"], allow_redirects=False) as filled:
        assert filled.status == 303
    account = opened.json["provider_account"]
    await sandbox.control("POST", f"accounts/{account}/identity", {"outcome": "verified"})

    async def look() -> Seen | None:
        found = dict((await house.get(at)).json)
        return found if found["status"] == "active" else None

    return await eventually(look, 30)


async def advance(market: Market, **by: int) -> None:
    """Let the organization's clock, which stands, run on; everything that is due meanwhile is done."""
    clock = (await market.house.get("/v1/test_clock")).json
    to = datetime.fromisoformat(clock["now"]) + timedelta(**by)
    reply = await market.house.post("/v1/test_clock/advance", {"to": to.isoformat()})
    assert reply.status == 200, reply.body
