"""A clerk who creates and changes parties by the room's actions, with a fresh idempotency key each time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from kontorhaus.kernel.ids import Noun, OrgId, uuid7
from kontorhaus.people.parties import actions, queries, views
from kontorhaus.people.parties.model import ADDRESS, BANK_ACCOUNT, PARTY, TAX_ID, PartyId
from kontorhaus.people.parties.model.requests import (
    NewAddress,
    NewBankAccount,
    NewParty,
    NewTaxId,
    PartyChange,
)
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.db import Db
from kontorhaus.platform.idempotency import Once
from kontorhaus.platform.secrets import Keyring

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
TODAY = NOON.date()

Seen = dict[str, Any]

ENDS: dict[str, tuple[Callable[..., Awaitable[Answer]], str, Noun[Any]]] = {
    ADDRESS.prefix: (actions.end_address, "address_id", ADDRESS),
    TAX_ID.prefix: (actions.end_tax_id, "tax_id", TAX_ID),
    BANK_ACCOUNT.prefix: (actions.end_bank_account, "bank_account_id", BANK_ACCOUNT),
}


class Desk(Struct, frozen=True):
    db: Db
    keyring: Keyring
    org_id: OrgId
    now: datetime = NOON

    @property
    def actor(self) -> Actor:
        return Actor(org_id=self.org_id, kind="api_key", id=UUID(int=1), scopes=frozenset({"*"}), mode="test")

    def at(self, day: date) -> Desk:
        """The same desk on another day."""
        return structs.replace(self, now=datetime(day.year, day.month, day.day, 12, tzinfo=UTC))

    def once(self, operation: str, key: str | None = None) -> Once:
        return Once(
            org_id=self.org_id,
            actor_kind="api_key",
            device_id=None,
            operation=operation,
            key=key or uuid7().hex,
            body_hash=hashlib.sha256(b"").digest(),
            version="2026-11-20",
        )

    async def answer_to_create(self, *, key: str | None = None, **fields: Any) -> Answer:
        new = msgspec.convert(person(**fields), NewParty)
        once = self.once("create_party", key)
        return await actions.create(self.db, self.keyring, self.actor, once, new=new, now=self.now)

    async def create(self, **fields: Any) -> Seen:
        return seen(await self.answer_to_create(**fields))

    async def change(self, party: Seen, *, version: int | None = None, **fields: Any) -> Seen:
        changed = msgspec.convert(fields, PartyChange)
        once = self.once("update_party")
        return seen(
            await actions.change(
                self.db,
                self.keyring,
                self.actor,
                once,
                id_of(party),
                changed=changed,
                version=version,
                now=self.now,
            )
        )

    async def erase(self, party: Seen) -> Seen:
        once = self.once("erase_party")
        return seen(await actions.erase(self.db, self.keyring, self.actor, once, id_of(party), now=self.now))

    async def add_address(self, party: Seen, **fields: Any) -> Seen:
        new = msgspec.convert(address(**fields), NewAddress)
        return await self._add(actions.add_address, party, new)

    async def add_tax_id(self, party: Seen, **fields: Any) -> Seen:
        return await self._add(actions.add_tax_id, party, msgspec.convert(fields, NewTaxId))

    async def add_bank_account(self, party: Seen, **fields: Any) -> Seen:
        return await self._add(actions.add_bank_account, party, msgspec.convert(fields, NewBankAccount))

    async def _add(self, action: Callable[..., Awaitable[Answer]], party: Seen, new: Struct) -> Seen:
        once = self.once(action.__name__)
        return seen(
            await action(self.db, self.keyring, self.actor, once, id_of(party), new=new, now=self.now)
        )

    async def end(self, party: Seen, part: Seen, valid_to: date | None = None) -> Seen:
        """End an address, a tax id or a bank account, whichever it is."""
        end, name, noun = ENDS[part["id"].partition("_")[0]]
        return seen(
            await end(
                self.db,
                self.keyring,
                self.actor,
                self.once("end"),
                id_of(party),
                **{name: noun.parse(part["id"])},
                valid_to=valid_to,
                now=self.now,
            )
        )

    async def read(self, party: Seen, day: date = TODAY) -> Seen:
        found = await queries.party(self.db, self.org_id, id_of(party))
        read: Seen = json.loads(msgspec.json.encode(views.party(found, day)))
        return read

    async def search(self, text: str, *, limit: int = 20, role: Any = None) -> list[str | None]:
        """The names that a search finds, over all its pages."""
        names: list[str | None] = []
        place = None
        while True:
            page = await queries.parties(
                self.db, self.org_id, search=text, role=role, after=place, limit=limit
            )
            names += [found.party.name for found in page]
            if len(page) < limit:
                return names
            place = page[-1].place
            assert len(names) <= 100, "the pages never end"


def seen(answer: Answer) -> Seen:
    body: Seen = json.loads(answer.body)
    return body


def id_of(party: Seen) -> PartyId:
    return PARTY.parse(party["id"])


def person(**fields: Any) -> Seen:
    return {"kind": "person", "name": "Anna Müller", "roles": ["customer"], "country": "DE"} | fields


def address(**fields: Any) -> Seen:
    return {"purpose": "billing", "line1": "Kai 1", "city": "Bremen", "country": "DE"} | fields
