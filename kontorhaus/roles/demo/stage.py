"""What must be there before anything is sold: a legal entity with books, an account at the provider, traders."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from kontorhaus.kernel.ids import uuid7
from kontorhaus.roles.demo.desk import CallRefused, Desk, Provider, View, until
from kontorhaus.roles.demo.sale import Person
from kontorhaus.roles.demo.telling import Teller

HOUSE: Final = Person(name="Kontor Elbe GmbH", country="DE")
"""The marketplace whose books are kept."""

BASE_CURRENCY: Final = "EUR"

SELLERS_PAGE: Final = "https://shop.example/sellers"
"""Where a seller's browser is led when he is done. Nobody opens it."""


async def party(desk: Desk, role: str, person: Person) -> str:
    """The id of a buyer, a seller or a legal entity, who is made if he is not there."""
    # A name of its own for each, which says nothing about a person and is the same at the next start.
    reference = f"demo-{hashlib.sha256(msgspec.json.encode((role, person))).hexdigest()[:16]}"
    for found in await desk.every("/v1/parties", reference=reference):
        return str(found["id"])
    body = {"kind": person.kind, "name": person.name, "country": person.country, "roles": [role]}
    made = await desk.post("/v1/parties", {**body, "reference": reference}, once=reference)
    return str(made["id"])


class Stage:
    """Finds what an earlier start has made, and makes what is missing; each party is looked up once."""

    def __init__(self, desk: Desk, provider: Provider, tell: Teller) -> None:
        self.desk: Final = desk
        self.provider: Final = provider
        self.tell: Final = tell
        self.entity = ""
        self.connection = ""
        self._parties: Final[dict[tuple[str, Person], str]] = {}
        self._onboarded: Final[set[Person]] = set()

    async def open(self) -> None:
        """The legal entity, its books, and its account at the provider."""
        self.entity = await self._party("legal_entity", HOUSE)
        try:
            await self.desk.post(
                "/v1/ledger/entities",
                {"entity": self.entity, "base_currency": BASE_CURRENCY},
                once="books",
            )
        except CallRefused as refused:
            if refused.code != "ledger_entity_exists":
                raise
        self.connection = (await self._connected())["id"]
        self.tell("stage", f"{HOUSE.name} has books in {BASE_CURRENCY} and an account at Stripe, simulated.")

    async def buyer(self, person: Person) -> str:
        return await self._party("customer", person)

    async def seller(self, person: Person) -> str:
        """A seller whose papers the provider has checked, so that he can be paid out."""
        party = await self._party("seller", person)
        if person not in self._onboarded:
            await self._onboard(party, person)
            self._onboarded.add(person)
        return party

    async def _party(self, role: str, person: Person) -> str:
        known = self._parties.get((role, person))
        if known is None:
            known = self._parties[role, person] = await party(self.desk, role, person)
        return known

    async def _connected(self) -> View:
        for connection in await self.desk.every("/v1/payment_connections"):
            if (connection["entity"], connection["status"]) == (self.entity, "active"):
                return connection
        body = {
            "entity": self.entity,
            "gateway": "stripe",
            "name": "Stripe, simulated",
            "secret_key": self.provider.key,
        }
        made = await self.desk.post("/v1/payment_connections", body, once="connection")
        # The house has the provider deliver to it in the background; a payment before that would be heard of late.
        return await until(
            "the endpoint for webhooks",
            lambda: self.desk.get(f"/v1/payment_connections/{made['id']}"),
            lambda found: found["webhooks"] != "pending",
        )

    async def _onboard(self, party: str, person: Person) -> None:
        account = await self._seller_account(party)
        if account["status"] == "active":
            return
        path = f"/v1/seller_accounts/{account['id']}"
        await until(
            f"the account of {person.name} at the provider",
            lambda: self.desk.get(path),
            lambda found: found["provider_account"] is not None,
        )
        pages = {"return_url": SELLERS_PAGE, "refresh_url": SELLERS_PAGE}
        link = await self.desk.post(f"{path}/onboarding_link", pages, once=f"{account['id']}-link-{uuid7()}")
        await self.provider.press(link["url"], {})
        # Stripe's webhook tells it too; a shop to which the seller has come back asks at once.
        await until(
            f"the check of {person.name}",
            lambda: self.desk.post(f"{path}/refresh", None, once=f"{account['id']}-refresh-{uuid7()}"),
            lambda found: found["status"] == "active",
        )
        self.tell(
            "seller.checked",
            f"{person.name} shows its papers to Stripe, and may be paid out.",
            seller=party,
            seller_account=account["id"],
        )

    async def _seller_account(self, party: str) -> View:
        for account in await self.desk.every("/v1/seller_accounts", party=party):
            return account
        return await self.desk.post(
            "/v1/seller_accounts", {"party": party, "connection": self.connection}, once=f"seller-{party}"
        )
