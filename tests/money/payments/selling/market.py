"""A house that pays sellers out: its books, a connection, a seller, and the provider's simulator with a hand on it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import ledger
from kontorhaus.money.payments import jobs as payments_jobs
from kontorhaus.money.payments.actions import hearing, operating
from kontorhaus.money.payments.actions.operating import Means
from kontorhaus.money.payments.model.ids import (
    PAYMENT_CONNECTION,
    PAYOUT,
    SELLER_ACCOUNT,
    OperationId,
    PaymentConnectionId,
)
from kontorhaus.money.payments.model.observations import Notice, Subject
from kontorhaus.money.payments.model.operations import Operation
from kontorhaus.money.payments.store import operations as operations_store
from kontorhaus.people.parties import PARTY
from kontorhaus.platform.db import Db
from kontorhaus.platform.jobs import Worker
from kontorhaus.platform.outbound import NotSent, Unknown
from kontorhaus.roles.resources import Resources
from tests.money.ledger.counter import transfer
from tests.sandbox.stripe.running import pay
from tests.support.house import House
from tests.support.stripe import Sandbox

Seen = dict[str, Any]

LAST = UUID(int=2**128 - 1)

LINK = {
    "return_url": "https://shop.example.com/sellers/done",
    "refresh_url": "https://shop.example.com/sellers/again",
}


def eur(amount: int) -> Seen:
    return {"amount": amount, "currency": "EUR"}


class Market(Struct):
    house: House
    sandbox: Sandbox
    resources: Resources
    org_id: OrgId
    entity: str
    seller: str
    connection: str

    @property
    def db(self) -> Db:
        return self.resources.db

    @property
    def means(self) -> Means:
        return Means(self.resources.db, self.resources.keyring, self.resources.gateways)

    @property
    def connection_id(self) -> PaymentConnectionId:
        return PAYMENT_CONNECTION.parse(self.connection)

    # The seller

    async def opened(self) -> Seen:
        """A seller account that the provider has opened and knows nothing of."""
        made = await self.house.post(
            "/v1/seller_accounts", {"party": self.seller, "connection": self.connection}
        )
        assert made.status == 201, made.body
        return dict(made.json)

    async def shows_himself(self, account: str) -> None:
        """The seller fills in the provider's page; nobody tells the house."""
        link = await self.house.post(f"/v1/seller_accounts/{account}/onboarding_link", LINK)
        assert link.status == 200, link.body
        async with self.sandbox.session.post(link.json["url"], allow_redirects=False) as reply:
            assert reply.status in (302, 303), await reply.text()

    async def judged(self, account: Seen, outcome: str) -> None:
        """What the provider finds out about the seller; nobody tells the house."""
        await self.sandbox.control(
            "POST", f"accounts/{account['provider_account']}/identity", {"outcome": outcome}
        )

    async def refreshed(self, account: str) -> Seen:
        reply = await self.house.post(f"/v1/seller_accounts/{account}/refresh")
        assert reply.status == 200, reply.body
        return dict(reply.json)

    async def active(self) -> Seen:
        account = await self.opened()
        await self.shows_himself(account["id"])
        seen = await self.refreshed(account["id"])
        assert seen["status"] == "active", seen
        return seen

    async def account(self, account: str) -> Seen:
        return dict((await self.house.get(f"/v1/seller_accounts/{account}")).json)

    # Money

    async def owed(self, amount: int) -> None:
        """The books owe the seller an amount."""
        body = transfer("clearing:elsewhere", f"payable:{self.seller}", amount, entity=self.entity)
        posted = await self.house.post("/v1/ledger/transfers", body)
        assert posted.status == 201, posted.body

    async def funded(self, amount: int) -> str:
        """The provider's balance holds at least an amount, at once; gives the charge."""
        intent = await pay(self.sandbox.client(), amount * 2, "pm_card_bypassPending")
        return str(intent.latest_charge)

    async def balance(self, name: str) -> int:
        async with self.db.org(self.org_id) as tx:
            try:
                found = await ledger.balance_in(tx, self.org_id, PARTY.parse(self.entity), "EUR", name)
            except Exception as error:
                if getattr(error, "code", "") == "ledger_account_not_found":
                    return 0
                raise
        return found.balance

    async def payable(self) -> int:
        return await self.balance(f"payable:{self.seller}")

    async def clearing(self) -> int:
        return await self.balance(f"clearing:{self.connection}")

    async def held(self) -> int:
        """What is held on the seller's account in the books."""
        async with self.db.org(self.org_id) as tx:
            return int(
                await tx.connection.fetchval(
                    "SELECT coalesce(sum(g.held), 0) FROM ledger_guard g JOIN ledger_account a"
                    " ON a.org_id = g.org_id AND a.id = g.account_id WHERE a.name = $1",
                    f"payable:{self.seller}",
                )
            )

    # Payouts

    async def payout(self, amount: int, **more: object) -> Seen:
        reply = await self.house.post("/v1/payouts", self.wanted(amount, **more))
        assert reply.status == 201, reply.body
        return dict(reply.json)

    def wanted(self, amount: int, **more: object) -> Seen:
        return {"entity": self.entity, "seller": self.seller, "amount": eur(amount), **more}

    async def now(self, payout: str) -> Seen:
        return dict((await self.house.get(f"/v1/payouts/{payout}")).json)

    async def paid(self, amount: int) -> Seen:
        """A payout that arrived, to a seller who is owed it."""
        await self.active()
        await self.owed(amount)
        await self.funded(amount)
        made = await self.payout(amount)
        await self.drive(made["id"])
        found = await self.now(made["id"])
        assert found["status"] == "paid", found
        return found

    async def operations(self, subject: str) -> list[Operation]:
        """All calls to the provider of a payout or a seller account, the newest first."""
        if subject.startswith("po_"):
            kind, subject_id = "payout", UUID(int=PAYOUT.parse(subject).int)
        else:
            kind, subject_id = "seller_account", UUID(int=SELLER_ACCOUNT.parse(subject).int)
        async with self.db.org(self.org_id) as tx:
            return await operations_store.OF_SUBJECT.all(tx, self.org_id, kind, subject_id, LAST, 100)

    async def drive(self, subject: str) -> None:
        """One process goes to the provider with the newest call of an object, as the worker would."""
        operation = (await self.operations(subject))[0]
        with contextlib.suppress(NotSent, Unknown):
            await operating.drive(self.means, self.org_id, OperationId(operation.id))

    async def lease_over(self, subject: str) -> None:
        """The process that was at the provider with the newest call of an object is long gone."""
        operation = (await self.operations(subject))[0]
        async with self.db.org(self.org_id) as tx:
            await tx.connection.execute(
                "UPDATE operation SET leased_until = $2 WHERE id = $1", operation.id, utc_now()
            )

    async def hear(self, subject: Subject, reference: str, object_id: UUID | None = None) -> None:
        """A believed webhook about an object of the provider's."""
        notice = Notice(subject=subject, reference=reference, object=object_id)
        await hearing.hear(self.means, self.org_id, self.connection_id, notice, hearing.nothing)

    async def transfers(self) -> list[int]:
        """What the provider has sent to sellers, each less what came back."""
        listed = await self.sandbox.client().v1.transfers.list_async({"limit": 100})
        return [one.amount - one.amount_reversed for one in listed.data]

    async def facts(self, prefix: str) -> list[str]:
        """The kinds of facts that begin so, in their order."""
        async with self.db.org(self.org_id) as tx:
            rows = await tx.connection.fetch(
                "SELECT kind FROM event WHERE kind LIKE $1 ORDER BY id", f"{prefix}%"
            )
        return [row["kind"] for row in rows]

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """A worker that looks after operations and payouts."""
        stop = asyncio.Event()
        worker = asyncio.create_task(
            Worker(self.db, payments_jobs.QUEUES, payments_jobs.handlers(self.means)).run(stop)
        )
        try:
            yield
        finally:
            stop.set()
            await worker

    async def until(self, payout: str, statuses: Sequence[str]) -> Seen:
        async with asyncio.timeout(20):
            while (found := await self.now(payout))["status"] not in statuses:
                await asyncio.sleep(0.02)
        return found
