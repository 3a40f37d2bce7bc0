"""A caller of the ledger's API: books of one legal entity behind a real socket, and short ways to post to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from kontorhaus.kernel.ids import uuid7
from kontorhaus.money.ledger import HOLD, TRANSFER, HoldId, TransferId
from tests.support.house import House, Reply

Seen = dict[str, Any]


def eur(amount: int) -> Seen:
    return {"amount": amount, "currency": "EUR"}


def transfer_id() -> str:
    return TRANSFER.text(TransferId(uuid7()))


def hold_id() -> str:
    return HOLD.text(HoldId(uuid7()))


def transfer(debit: str, credit: str, amount: int, **more: Any) -> Seen:
    return {"id": transfer_id(), "debit": debit, "credit": credit, "amount": eur(amount)} | more


def problem(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.json["code"]


def pointers(reply: Reply) -> list[str]:
    return [fault["pointer"] for fault in reply.json["errors"]]


class Counter(Struct, frozen=True):
    house: House
    entity: str

    @classmethod
    async def opened(cls, house: House, *, base_currency: str = "EUR") -> Counter:
        party = await house.post(
            "/v1/parties",
            {"kind": "company", "name": "Kontor GmbH", "roles": ["legal_entity"], "country": "DE"},
        )
        assert party.status == 201, party.body
        opened = await house.post(
            "/v1/ledger/entities", {"entity": party.json["id"], "base_currency": base_currency}
        )
        assert opened.status == 201, opened.body
        return cls(house, party.json["id"])

    @property
    def path(self) -> str:
        return f"/v1/ledger/entities/{self.entity}"

    async def post(self, debit: str, credit: str, amount: int, **more: Any) -> Reply:
        return await self.send(transfer(debit, credit, amount, **more))

    async def send(self, body: Mapping[str, Any]) -> Reply:
        """As callers do it: without an idempotency key."""
        return await self.ask("transfers", {"entity": self.entity, **body})

    async def hold(self, debit: str, credit: str, amount: int, **more: Any) -> Reply:
        body = {
            "entity": self.entity,
            "id": hold_id(),
            "debit": debit,
            "credit": credit,
            "amount": eur(amount),
        }
        return await self.ask("holds", body | more)

    async def set(self, *entries: Mapping[str, Any]) -> Reply:
        return await self.ask("entry_sets", {"entity": self.entity, "entries": list(entries)})

    async def ask(self, path: str, body: object) -> Reply:
        return await self.house.post(f"/v1/ledger/{path}", body, **{"idempotency-key": ""})

    async def read(self, what: str, **query: Any) -> Reply:
        return await self.house.get(f"{self.path}/{what}?{urlencode(query)}")

    async def balance(self, name: str, currency: str = "EUR", **query: Any) -> int:
        reply = await self.read("balance", currency=currency, name=name, **query)
        assert reply.status == 200, reply.body
        return int(reply.json["balance"]["amount"])
