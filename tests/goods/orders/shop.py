"""A dealer in Lyon, a seller in Leipzig, and the house between them, by the API alone."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, structs

from tests.support.house import House, Reply

Seen = dict[str, Any]


class Shop(Struct, frozen=True):
    """A legal entity with open books, a buyer and a seller."""

    house: House
    entity: str
    buyer: str
    seller: str
    connection: str | None = None

    @classmethod
    async def open(cls, house: House) -> Shop:
        async def party(name: str, role: str, country: str) -> str:
            body = {"kind": "company", "name": name, "roles": [role], "country": country}
            reply = await house.post("/v1/parties", body)
            assert reply.status == 201, reply.body
            return str(reply.json["id"])

        entity = await party("Hanse Automobile GmbH", "legal_entity", "DE")
        opened = await house.post("/v1/ledger/entities", {"entity": entity, "base_currency": "EUR"})
        assert opened.status == 201, opened.body
        return cls(
            house,
            entity,
            await party("Garage Lumière SARL", "customer", "FR"),
            await party("Autohaus Linde GmbH", "seller", "DE"),
        )

    def holding(self, house: House) -> Shop:
        return structs.replace(self, house=house)

    def car(self, amount: int = 1_850_000, **fields: Any) -> Seen:
        return {
            "model": "agent",
            "seller": self.seller,
            "description": "Volkswagen Golf, 2021",
            "amount": euros(amount),
        } | fields

    def fee(self, amount: int = 23_800, **fields: Any) -> Seen:
        return {
            "model": "own",
            "description": "Fee",
            "amount": euros(amount),
            "tax": {"rate_ppm": 190_000, "category": "S", "country": "DE"},
        } | fields

    def transport(self, amount: int = 71_400) -> Seen:
        return self.fee(amount, description="Transport Leipzig to Lyon")

    def wanted(self, *lines: Seen, **fields: Any) -> Seen:
        chosen = list(lines) or [self.car(), self.fee(), self.transport()]
        return {"entity": self.entity, "buyer": self.buyer, "lines": chosen} | fields

    async def place(self, *lines: Seen, **fields: Any) -> Seen:
        reply = await self.house.post("/v1/orders", self.wanted(*lines, **fields))
        assert reply.status == 201, reply.body
        return dict(reply.json)

    async def read(self, order: Seen) -> Seen:
        reply = await self.house.get(path(order))
        assert reply.status == 200, reply.body
        return dict(reply.json)

    async def act(
        self, order: Seen, verb: str, body: Seen | None = None, *, line: int | None = None
    ) -> Reply:
        at = path(order) if line is None else f"{path(order)}/lines/{order['lines'][line]['id']}"
        return await self.house.post(f"{at}/{verb}", body)


def path(order: Seen) -> str:
    return f"/v1/orders/{order['id']}"


def euros(amount: int) -> Seen:
    return {"amount": amount, "currency": "EUR"}
