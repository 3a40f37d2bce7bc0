"""Requests made up from the OpenAPI document: what fits it, what does not, and chains of both.

All checks of schemathesis are on, and two of our own in `fuzzing.py`; `schemathesis.toml` says what may be answered.
A run of `make test` makes up 25 requests an operation, the same each time. Deeper, with another seed each time:

    SCHEMATHESIS_EXAMPLES=500 pytest -s tests/faults/test_schemathesis.py
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
from msgspec import structs

from kontorhaus.people.access import Founded
from kontorhaus.platform.db import Db
from kontorhaus.platform.eventlog import SnapshotSequencer
from kontorhaus.roles import worker
from kontorhaus.roles.resources import Resources
from tests.faults.fuzzing import VARIABLE, Prepared
from tests.money.ledger.counter import Counter
from tests.stories.test_examples import DEALER
from tests.support.house import House
from tests.support.outside import address
from tests.support.postbox import postbox

ROOT = Path(__file__).parents[2]


async def prepared(owner: House, db: Db, connection_id: str) -> Prepared:
    keys = (await owner.get("/v1/api_keys")).json["data"]
    spare = await owner.post("/v1/api_keys", {"name": "spare", "scopes": ["parties:read"]})
    party = (await owner.post("/v1/parties", DEALER)).json
    path = f"/v1/parties/{party['id']}"
    account = await owner.post(f"{path}/bank_accounts", {"iban": "NL91ABNA0417164300"})
    erasable = await owner.post("/v1/parties", {**DEALER, "reference": "C-2"})
    await SnapshotSequencer(db).tick()
    event = (await owner.get("/v1/events?limit=1")).json["data"][0]
    notice = (await owner.post("/v1/notices", {"to": "anna@example.com"})).json
    legal = await owner.post("/v1/parties", {**DEALER, "reference": "C-3", "roles": ["legal_entity"]})
    entity = legal.json["id"]
    connection = {"entity": entity, "gateway": "stripe", "name": "Stripe", "secret_key": "sk_test_fuzzing"}
    connected = await owner.post("/v1/payment_connections", connection)
    payable = {"entity": entity, "seller": party["id"], "amount": {"amount": 50, "currency": "EUR"}}
    ledger = await books(Counter(owner, entity))
    await Counter(owner, entity).post("clearing:card", f"payable:{party['id']}", 1_000)
    seller = await owner.post(
        "/v1/seller_accounts", {"party": party["id"], "connection": connected.json["id"]}
    )
    ids = {
        "seller_account_id": seller.json["id"],
        "payout_id": (await owner.post("/v1/payouts", payable)).json["id"],
        **await collected(owner, entity),
        "payment_connection_id": connected.json["id"],
        "notice_id": notice["id"],
        "event_id": event["id"],
        "api_key_id": spare.json["id"],
        "party_id": party["id"],
        "address_id": party["addresses"][0]["id"],
        "tax_id": party["tax_ids"][0]["id"],
        "bank_account_id": account.json["id"],
        "connection_id": connection_id,
        "code": "party_not_found",
        "entity_id": entity,
        **ledger,
        **await sale(owner, entity, party["id"]),
    }
    voidable = (await Counter(owner, entity).hold("deposit:anna", "payable:bert", 50)).json["id"]
    return Prepared(voidable=voidable, ids=ids, erasable=erasable.json["id"], own_key=keys[0]["id"])


async def sale(owner: House, entity: str, party: str) -> dict[str, str]:
    """An order and its line."""
    line = {
        "model": "agent",
        "seller": party,
        "description": "Golf",
        "amount": {"amount": 2_000, "currency": "EUR"},
    }
    placed = (await owner.post("/v1/orders", {"entity": entity, "buyer": party, "lines": [line]})).json
    return {"order_id": placed["id"], "line_id": placed["lines"][0]["id"]}


async def collected(owner: House, entity: str) -> dict[str, str]:
    """A payment that was collected, a refund of it, and the call that collected it."""
    await owner.post("/v1/ledger/entities", {"entity": entity, "base_currency": "EUR"})
    amount = {"amount": 1_000, "currency": "EUR"}
    body = {"entity": entity, "payer": entity, "amount": amount}
    path = f"/v1/payments/{(await owner.post('/v1/payments', body)).json['id']}"
    payment = (await owner.post(f"{path}/confirm", {"method": "pm_card_visa"})).json
    refund = (await owner.post(f"{path}/refunds", {"amount": {**amount, "amount": 100}})).json
    operation = (await owner.get(f"{path}/operations")).json["data"][0]
    return {"payment_id": payment["id"], "refund_id": refund["id"], "operation_id": operation["id"]}


async def books(counter: Counter) -> dict[str, str]:
    """One object of the ledger for each parameter of a path, and enough to post from."""
    body = {"entity": counter.entity, "base_currency": "EUR"}
    await counter.house.post("/v1/ledger/entities", body)
    posted = (await counter.post("clearing:card", "deposit:anna", 10_000_000)).json
    held = (await counter.hold("deposit:anna", "payable:bert", 2_000)).json
    period = {"begin": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"}
    wanted = {"entity": counter.entity, "format": "csv", **period}
    made = (await counter.house.post("/v1/ledger/exports", wanted)).json
    async with asyncio.timeout(20):
        while not (await counter.house.get(f"/v1/ledger/exports/{made['id']}")).json["parts"]:
            await asyncio.sleep(0.05)
    return {
        "transfer_id": posted["id"],
        "entry_set_id": posted["entry_set"],
        "hold_id": held["id"],
        "export_id": made["id"],
    }


@contextlib.asynccontextmanager
async def at_work(resources: Resources) -> AsyncIterator[None]:
    """A worker with a mail server. Without it the first advance of the test clock would hold up all calls about it."""
    async with postbox() as box:
        sender = "Kontorhaus <no-reply@kontorhaus.example>"
        settings = structs.replace(resources.settings, smtp_url=box.smtp, mail_from=sender)
        stop = asyncio.Event()
        working = asyncio.create_task(worker.work(structs.replace(resources, settings=settings), stop))
        yield
        stop.set()
        await working


async def test_the_api_answers_as_its_document_says(
    house: House, organization: Founded, resources: Resources, tmp_path: Path
) -> None:
    db, keyring = resources.db, resources.keyring
    owner = house.holding(organization.secret)
    connection_id = await address(db, keyring, organization.org_id)
    deeper = os.environ.get("SCHEMATHESIS_EXAMPLES")
    same_each_time = ["--generation-deterministic", "--max-examples=25"]
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--no-color"),
        *("--config-file", str(ROOT / "tests/faults/schemathesis.toml")),
        *("run", f"{house.address}/openapi.json", "--header", f"Authorization: Bearer {organization.secret}"),
        *([f"--max-examples={deeper}", "--generation-database=none"] if deeper else same_each_time),
    ]
    async with at_work(resources):
        ready = await prepared(owner, db, connection_id)
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            VARIABLE: msgspec.json.encode(ready).decode(),
        }
        run = await asyncio.create_subprocess_exec(
            *command,
            cwd=tmp_path,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await run.communicate()
    assert run.returncode == 0, told.decode()
    assert (await owner.get("/v1/organization")).status == 200
