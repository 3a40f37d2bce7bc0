"""A house with a shop in it, and Stripe's simulator beside it as a process of its own."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from msgspec import Struct, structs
from yarl import URL

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money import ledger, payments
from kontorhaus.money.ledger.errors import LedgerAccountNotFound
from kontorhaus.money.payments import PAYMENT, PAYMENT_CONNECTION, Means
from kontorhaus.money.payments.actions import hearing
from kontorhaus.people.access import Founded
from kontorhaus.people.parties import PARTY
from kontorhaus.platform.db import Db
from kontorhaus.platform.inbox import Inbox
from kontorhaus.platform.outbound import NotSent, Unknown
from kontorhaus.roles.resources import Resources
from kontorhaus.roles.sources import every_source
from tests.support import stripe, working
from tests.support.house import House, Reply, running_house
from tests.support.stripe import Sandbox, fresh_key


class Shop(Struct, frozen=True):
    """A test organization with open books, a connection to the simulator, and a payer."""

    house: House
    db: Db
    means: Means
    resources: Resources
    sandbox: Sandbox
    org_id: OrgId
    entity: str
    payer: str
    connection: str
    admin_url: str

    async def create(self, amount: int = 1099, **more: Any) -> Any:
        body = {
            "entity": self.entity,
            "payer": self.payer,
            "amount": {"amount": amount, "currency": "EUR"},
            **more,
        }
        made = await self.house.post("/v1/payments", body)
        assert made.status == 201, made.json
        return made.json

    async def act(self, payment: Any, verb: str, body: object = None, **headers: str) -> Reply:
        return await self.house.post(f"/v1/payments/{payment['id']}/{verb}", body, **headers)

    async def confirm(self, payment: Any, method: str = "pm_card_visa", **headers: str) -> Reply:
        return await self.act(payment, "confirm", {"method": method}, **headers)

    async def paid(self, amount: int = 1099, method: str = "pm_card_visa", **more: Any) -> Any:
        payment = await self.create(amount, **more)
        done = await self.confirm(payment, method)
        assert done.status == 200, done.json
        return done.json

    async def read(self, payment: Any) -> Any:
        return (await self.house.get(f"/v1/payments/{payment['id']}")).json

    async def operations(self, payment: Any) -> list[Any]:
        found = (await self.house.get(f"/v1/payments/{payment['id']}/operations")).json["data"]
        return list(found)

    async def balance(self, account: str) -> int:
        """What an account of the shop stands at, on the side where it grows; 0 if nothing was ever posted to it."""
        try:
            found = await ledger.balance(self.db, self.org_id, PARTY.parse(self.entity), "EUR", account)
        except LedgerAccountNotFound:
            return 0
        return found.balance

    @property
    def clearing(self) -> str:
        return f"clearing:{self.connection}"

    @property
    def deposit(self) -> str:
        return f"deposit:{self.payer}"

    async def kinds(self, payment: Any) -> list[str]:
        """The kinds of facts that were told of a payment, in their order."""
        async with self.db.system() as tx:
            rows = await tx.connection.fetch(
                "SELECT kind FROM event WHERE subject_id = $1 ORDER BY id", PAYMENT.parse(payment["id"])
            )
        return [row["kind"] for row in rows]

    async def charged(self) -> list[tuple[int, int, int]]:
        """Of every payment in the simulator's books: what left the card, in how many charges, and what came back."""
        books = await self.sandbox.books()
        found = books["payments"].values()
        return [(one["taken"], one["charges"], one["refunded"]) for one in found]

    async def intent(self, payment: Any) -> str:
        """The simulator's reference of a payment."""
        async with self.db.org(self.org_id, read_only=True) as tx:
            found = await payments.payment_in(tx, self.org_id, PAYMENT.parse(payment["id"]))
        assert found.intent is not None
        return found.intent

    async def reference_at_stripe(self, payment: Any) -> str:
        """The same, as the simulator says it: the house may not know it yet."""
        account = {"authorization": f"Bearer {self.sandbox.key}"}
        _, found = await self.sandbox.ask("GET", "/v1/payment_intents?limit=100", **account)
        raw = str(PAYMENT.parse(payment["id"]))
        wanted = {raw, payment["id"]}
        (one,) = [intent for intent in found["data"] if wanted & set(intent["metadata"].values())]
        return str(one["id"])

    async def listen(self) -> None:
        """Have the simulator deliver its webhooks to this house."""
        path = (await self.house.get(f"/v1/payment_connections/{self.connection}")).json["webhook_path"]
        made = await self.sandbox.client().v1.webhook_endpoints.create_async(
            {"url": self.house.address + path, "enabled_events": ["*"]}
        )
        assert made.secret is not None
        rotated = await self.house.post(
            f"/v1/payment_connections/{self.connection}/rotate", {"webhook_secret": made.secret}
        )
        assert rotated.status == 200, rotated.json

    async def age(self, operation_id: str, by: timedelta) -> None:
        """As if an operation had been claimed earlier."""
        admin = await asyncpg.connect(self.admin_url)
        try:
            await admin.execute(
                "UPDATE operation SET created_at = created_at - $2::interval WHERE id = $1",
                payments.OPERATION.parse(operation_id),
                by,
            )
        finally:
            await admin.close()

    async def janitor(self) -> None:
        """One look at every operation that is open, without waiting for its time."""
        async with self.db.org(self.org_id, read_only=True) as tx:
            rows = await tx.connection.fetch(
                "SELECT id FROM operation WHERE status IN ('claimed', 'sent', 'unknown')"
            )
        for row in rows:
            with contextlib.suppress(NotSent, Unknown):
                await payments.drive(self.means, self.org_id, row["id"])

    async def authenticate(self, payment: Any, outcome: str) -> str:
        """What the payer does at his bank; where the bank then sends him."""
        path = f"payment_intents/{await self.intent(payment)}/authenticate"
        found = await self.sandbox.control("POST", path, {"outcome": outcome})
        return str(found["return_url"])

    async def follow(self, address: str) -> Reply:
        """What a browser gets at an address of the house, without a key."""
        async with self.house.session.get(URL(address, encoded=True), allow_redirects=False) as reply:
            return Reply(reply.status, reply.headers.copy(), await reply.read())

    async def refreshed(self, payment: Any) -> None:
        """Have the provider asked how a payment stands."""
        await hearing.refresh(self.means, self.org_id, PAYMENT.parse(payment["id"]), hearing.nothing)

    async def asked(self, operation_id: str) -> None:
        """One look of the janitor at an operation, without waiting for its time."""
        await payments.drive(self.means, self.org_id, payments.OPERATION.parse(operation_id))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def opened_shop(
    resources: Resources, organization: Founded, sandbox: Sandbox, admin_url: str = ""
) -> AsyncIterator[Shop]:
    port = free_port()
    settings = structs.replace(
        resources.settings, port=port, public_url=f"http://127.0.0.1:{port}", stripe_url=sandbox.url
    )
    gateways = {
        "stripe": payments.Stripe(resources.outbound, test_base=sandbox.url, patience=timedelta(seconds=3.0))
    }
    paying = structs.replace(
        resources,
        settings=settings,
        gateways=gateways,
        inbox=Inbox(every_source(resources.keyring, gateways)),
    )
    async with running_house(paying) as anyone:
        house = anyone.holding(organization.secret)
        entity = await _party(house, "Hanse Automobile GmbH", "legal_entity")
        payer = await _party(house, "Anna Petersen", "customer")
        opened = await house.post("/v1/ledger/entities", {"entity": entity, "base_currency": "EUR"})
        assert opened.status in (200, 201), opened.json
        body = {"entity": entity, "gateway": "stripe", "name": "Stripe", "secret_key": sandbox.key}
        connected = await house.post("/v1/payment_connections", body)
        assert connected.status == 201, connected.json
        yield Shop(
            house=house,
            db=resources.db,
            means=Means(paying.db, paying.keyring, paying.gateways),
            resources=paying,
            sandbox=sandbox,
            org_id=organization.org_id,
            entity=entity,
            payer=payer,
            connection=connected.json["id"],
            admin_url=admin_url,
        )


async def _party(house: House, name: str, role: str) -> str:
    made = await house.post(
        "/v1/parties", {"kind": "company", "name": name, "roles": [role], "country": "DE"}
    )
    assert made.status == 201, made.json
    party: str = made.json["id"]
    return party


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A simulator of the test's own, whose faults are nobody else's."""
    async with stripe.running() as found:
        yield structs.replace(found, key=fresh_key())


@pytest.fixture
async def shop(
    resources: Resources, organization: Founded, sandbox: Sandbox, admin_database_url: str
) -> AsyncIterator[Shop]:
    async with opened_shop(resources, organization, sandbox, admin_database_url) as found:
        yield found
        for check in payments.CHECKS:
            assert await check.broken(found.db) == [], check.says


@contextlib.asynccontextmanager
async def at_work(shop: Shop) -> AsyncIterator[None]:
    """A worker and a relay of the shop's house, in this process."""
    async with working.at_work(shop.resources, shop.org_id):
        yield


__all__ = ["PAYMENT_CONNECTION", "Shop", "at_work", "opened_shop"]
