"""A stranger with a key of his own walks every route with another organization's ids, and sees and changes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from kontorhaus.kernel.ids import ORG
from kontorhaus.people.access import Founded
from kontorhaus.platform.db import Db, Query, Tx
from kontorhaus.platform.eventlog import SnapshotSequencer
from kontorhaus.platform.http import Route
from kontorhaus.roles import api
from tests.house.statements import statements
from tests.money.ledger.counter import Counter
from tests.stories.test_examples import DEALER as COMPANY
from tests.support.house import House

DEALER: Mapping[str, Any] = {**COMPANY, "roles": ["legal_entity", *COMPANY["roles"]]}

REQUESTS: Mapping[str, Any] = {name: example.get("request") for name, example in api.examples().items()}


QUERIES: Mapping[str, str] = {
    "get_ledger_account": "?currency=EUR&name=deposit:anna",
    "get_ledger_balance": "?currency=EUR&name=deposit:anna",
    "list_ledger_statement": "?currency=EUR&name=deposit:anna",
    "list_general_ledger": "?begin=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z",
    "list_ledger_balances": "?group_by=party",
}
"""What a query must have."""


async def contents(db: Db, organization: Founded) -> str:
    """Everything that an organization has, as text, but for when its keys were last used."""
    found = []
    async with db.org(organization.org_id) as tx:
        for table in ("organization", *await walled_tables(tx)):
            rows = await tx.connection.fetch(
                f"SELECT (to_jsonb(t) - 'last_used_at')::text AS row FROM {table} t ORDER BY 1"
            )
            found += [f"{table} {row['row']}" for row in rows]
    return "\n".join(found)


async def walled_tables(tx: Tx) -> list[str]:
    return [
        row["name"]
        for row in await tx.connection.fetch(
            "SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE a.attname = 'org_id' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND c.relnamespace = 'public'::regnamespace AND has_table_privilege(c.oid, 'SELECT')"
        )
    ]


async def belongings(owner: House, db: Db) -> dict[str, str]:
    """One object of each kind, by the prefix of its id."""
    party = (await owner.post("/v1/parties", DEALER)).json
    path = f"/v1/parties/{party['id']}"
    account = (await owner.post(f"{path}/bank_accounts", {"iban": "DE89370400440532013000"})).json
    key = (await owner.post("/v1/api_keys", {"name": "shop", "scopes": ["parties:read"]})).json
    found = [party["addresses"][0]["id"], party["tax_ids"][0]["id"], account["id"], key["id"]]
    found += [party["id"], *await books(owner, party["id"])]
    found += await sale(owner, party["id"])
    connection = {
        "entity": party["id"],
        "gateway": "stripe",
        "name": "Stripe",
        "secret_key": "sk_test_strangers",
    }
    connected = (await owner.post("/v1/payment_connections", connection)).json["id"]
    found += [connected, *await sellers(owner, party["id"], connected)]
    found += await collected(owner, party["id"])
    found.append((await owner.post("/v1/notices", {"to": "anna@example.com"})).json["id"])
    await SnapshotSequencer(db).tick()
    found.append((await owner.get("/v1/events?limit=1")).json["data"][0]["id"])
    return {text.rpartition("_")[0]: text for text in found}


async def sellers(owner: House, party: str, connection: str) -> list[str]:
    """A seller's account, and a payout that waits for it."""
    counter = Counter(owner, party)
    await counter.post("clearing:card", f"payable:{party}", 50)
    account = await owner.post("/v1/seller_accounts", {"party": party, "connection": connection})
    wanted = {"entity": party, "seller": party, "amount": {"amount": 50, "currency": "EUR"}}
    payout = await owner.post("/v1/payouts", wanted)
    return [account.json["id"], payout.json["id"]]


async def collected(owner: House, entity: str) -> list[str]:
    """A payment, a refund of it and the call that collected it."""
    amount = {"amount": 1_000, "currency": "EUR"}
    body = {"entity": entity, "payer": entity, "amount": amount}
    path = f"/v1/payments/{(await owner.post('/v1/payments', body)).json['id']}"
    payment = (await owner.post(f"{path}/confirm", {"method": "pm_card_visa"})).json
    refund = (await owner.post(f"{path}/refunds", {"amount": {**amount, "amount": 100}})).json
    operation = (await owner.get(f"{path}/operations")).json["data"][0]
    return [payment["id"], refund["id"], operation["id"]]


async def books(owner: House, entity: str) -> list[str]:
    """A transfer with its entry set, a hold and an export."""
    counter = Counter(owner, entity)
    await owner.post("/v1/ledger/entities", {"entity": entity, "base_currency": "EUR"})
    posted = (await counter.post("clearing:card", "deposit:anna", 100)).json
    held = (await counter.hold("deposit:anna", "payable:bert", 50)).json
    wanted = {
        "entity": entity,
        "format": "csv",
        "begin": "2026-01-01T00:00:00Z",
        "end": "2026-01-02T00:00:00Z",
    }
    made = (await owner.post("/v1/ledger/exports", wanted)).json
    return [posted["id"], posted["entry_set"], held["id"], made["id"]]


async def sale(owner: House, party: str) -> list[str]:
    """An order and its line."""
    line = {
        "model": "agent",
        "seller": party,
        "description": "Golf",
        "amount": {"amount": 100, "currency": "EUR"},
    }
    placed = await owner.post("/v1/orders", {"entity": party, "buyer": party, "lines": [line]})
    return [placed.json["id"], placed.json["lines"][0]["id"]]


def path_with(route: Route, ids: Mapping[str, str]) -> str:
    path = route.path
    for name in route.parameters:
        path = path.replace(f"{{{name}}}", ids[route.ids[name].prefix])
    return path


@pytest.mark.parametrize(
    "route",
    [route for route in api.routes() if route.scope is not None],
    ids=lambda route: route.operation_id,
)
async def test_a_stranger_sees_and_changes_nothing(
    house: House, db: Db, organization: Founded, stranger: Founded, route: Route
) -> None:
    owner, thief = house.holding(organization.secret), house.holding(stranger.secret)
    ids = await belongings(owner, db)
    before = await contents(db, organization)
    headers = {"if-match": "*"} if route.if_match else {}
    body = REQUESTS[route.operation_id]
    if body is not None and "entity" in body:
        body = {**body, "entity": ids["pty"]}
    if body is not None and "party" in body:
        body = {**body, "party": ids["pty"], "connection": ids["conn"]}
    query = QUERIES.get(route.operation_id, "")
    reply = await thief.call(route.method, path_with(route, ids) + query, body, headers=headers)
    own_alone = route.path.startswith("/v1/test_clock") and route.operation_id != "create_test_clock"
    if route.parameters or own_alone or (body is not None and {"entity", "party"} & set(body)):
        assert reply.status == 404, reply.body
    else:
        assert reply.status < 300, reply.body
    secrets = [*ids.values(), ORG.text(organization.org_id)]
    assert not [secret for secret in secrets if secret in reply.body.decode()]
    assert await contents(db, organization) == before


async def test_filters_and_cursors_do_not_reach_through_the_wall(
    house: House, db: Db, organization: Founded, stranger: Founded
) -> None:
    owner, thief = house.holding(organization.secret), house.holding(stranger.secret)
    ids = await belongings(owner, db)
    await owner.post("/v1/parties", {**DEALER, "reference": "C-2"})
    for path in (
        f"/v1/audit_entries?subject_id={ids['pty']}",
        "/v1/parties?search=mueller",
        "/v1/parties?reference=C-10042",
        "/v1/parties?tax_id=DE136695976",
        "/v1/parties?role=customer",
    ):
        assert (await owner.get(path)).json["data"], path
        assert [
            entry for entry in (await thief.get(path)).json["data"] if "party" in json.dumps(entry)
        ] == [], path
    cursor = (await owner.get("/v1/parties?limit=1")).json["next_cursor"]
    forged = await thief.get(f"/v1/parties?limit=1&cursor={cursor}")
    assert (forged.status, forged.json["code"]) == (400, "cursor_invalid")


async def test_a_client_chosen_id_of_another_organization_is_just_an_id(
    house: House, db: Db, organization: Founded, stranger: Founded
) -> None:
    owner, thief = house.holding(organization.secret), house.holding(stranger.secret)
    ids = await belongings(owner, db)
    own = await thief.post("/v1/parties", {**DEALER, "id": ids["pty"], "name": "Diebesgut"})
    assert own.status == 201
    assert (await owner.get(f"/v1/parties/{ids['pty']}")).json["name"] == DEALER["name"]
    assert (await thief.get(f"/v1/parties/{ids['pty']}")).json["name"] == "Diebesgut"


async def test_another_organizations_idempotency_key_is_just_a_key(
    house: House, organization: Founded, stranger: Founded
) -> None:
    owner, thief = house.holding(organization.secret), house.holding(stranger.secret)
    mine = await owner.post("/v1/parties", DEALER, **{"idempotency-key": "the-same"})
    theirs = await thief.post("/v1/parties", DEALER, **{"idempotency-key": "the-same"})
    assert (mine.status, theirs.status) == (201, 201)
    assert mine.json["id"] != theirs.json["id"]


async def ids_in_the_database(db: Db, organization: Founded) -> set[UUID]:
    async with db.org(organization.org_id) as tx:
        found: set[UUID] = {organization.org_id}
        for table in (
            "party",
            "party_address",
            "party_tax_id",
            "party_bank_account",
            "api_key",
            "audit_entry",
            "notice",
            "payment_connection",
            "seller_account",
            "payout",
            "payment",
            "refund",
            "operation",
        ):
            found |= {row["id"] for row in await tx.connection.fetch(f"SELECT id FROM {table}")}
    return found


def value_for(kind: str, stolen: UUID) -> object:
    """A value for a parameter that lets as much through as it can."""
    samples: dict[str, object] = {
        "uuid": stolen,
        "uuid[]": [stolen],
        "text": "\uffff",
        "text[]": [],
        "int2": 1_000,
        "int2[]": [],
        "int4": 1_000,
        "int4[]": [1, 2, 3],
        "int8[]": [1, 2, 3],
        "timestamptz[]": [datetime(2026, 1, 1, tzinfo=UTC)] * 3,
        "int8": 1_000,
        "bool": None,
        "date": date(2026, 11, 20),
        "timestamptz": datetime(2099, 1, 1, tzinfo=UTC),
        "bytea": b"",
    }
    return samples[kind]


async def test_statements_without_their_where_on_the_organization_return_only_the_callers_rows(
    house: House, db: Db, organization: Founded, stranger: Founded
) -> None:
    """Every SELECT of every store, with `org_id = $1` made true for all rows, and the victim's ids as parameters."""
    await belongings(house.holding(organization.secret), db)
    await belongings(house.holding(stranger.secret), db)
    victims = await ids_in_the_database(db, organization)
    widened = {
        name: re.sub(r"\b(\w+\.)?org_id = \$1\b", "$1::uuid IS NOT NULL", statement.text)
        for name, statement in statements().items()
        if isinstance(statement, Query)
        and statement.text.strip().startswith("SELECT")
        and "org_id = $1" in statement.text
    }
    assert len(widened) > 10
    for name, text in widened.items():
        for stolen in [*victims, UUID(int=2**128 - 1)]:
            async with db.org(stranger.org_id) as tx:
                prepared = await tx.connection.prepare(text)
                values = [value_for(parameter.name, stolen) for parameter in prepared.get_parameters()]
                rows = await prepared.fetch(*values)
            seen = {value for row in rows for value in row.values() if isinstance(value, UUID)}
            assert not seen & victims, name


async def test_writing_a_row_of_another_organization_is_refused_in_every_table(
    house: House, db: Db, organization: Founded, stranger: Founded
) -> None:
    await belongings(house.holding(stranger.secret), db)
    async with db.org(stranger.org_id) as tx:
        tables = await walled_tables(tx)
    filled = 0
    for table in tables:
        async with db.org(stranger.org_id) as tx:
            columns = await tx.connection.fetchval(
                "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
                " WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
                table,
            )
        copy = (
            f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM (SELECT"
            f" (jsonb_populate_record(NULL::{table}, to_jsonb(t) || jsonb_build_object('org_id', $1::uuid))).*"
            f" FROM {table} t LIMIT 1) AS copied"
        )
        async with db.org(stranger.org_id) as tx:
            if not await tx.connection.fetchval(f"SELECT count(*) FROM {table}"):
                continue
        filled += 1
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=r"row-level security|permission denied"):
            async with db.org(stranger.org_id) as tx:
                await tx.connection.execute(copy, organization.org_id)
    assert filled > 8, "most tables have a row to copy"
