"""One story that calls every operation. What it hears is what the document shows as examples.

`UPDATE_EXAMPLES=1 pytest tests/stories/test_examples.py` records anew; `make docs` does so first.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import Any

from kontorhaus.kernel.ids import ORG, uuid7
from kontorhaus.money.ledger import HOLD, TRANSFER, HoldId, TransferId
from kontorhaus.money.ledger import jobs as ledger_jobs
from kontorhaus.money.payments import PAYMENT
from kontorhaus.money.payments.actions.returning import address
from kontorhaus.people.access import Founded
from kontorhaus.people.notices import jobs as notices_jobs
from kontorhaus.people.notices import mailer
from kontorhaus.platform import clocks, eventlog
from kontorhaus.platform.db import Db
from kontorhaus.platform.eventlog import SnapshotSequencer
from kontorhaus.platform.jobs import Worker
from kontorhaus.platform.secrets import Keyring
from kontorhaus.roles import api
from kontorhaus.roles.resources import Resources
from tests.stories import recording
from tests.stories.paying_out import payouts
from tests.stories.recording import Recorder
from tests.stories.sales import orders
from tests.support import outside
from tests.support.house import House
from tests.support.postbox import postbox
from tests.support.stripe import fresh_key

DEALER = {
    "kind": "company",
    "name": "Autohaus Müller GmbH",
    "roles": ["customer", "seller"],
    "country": "DE",
    "reference": "C-10042",
    "language": "de",
    "contacts": [{"kind": "email", "value": "accounts@example.com", "label": "accounts"}],
    "addresses": [
        {
            "purpose": "registered",
            "line1": "Speicherstraße 1",
            "postal_code": "20457",
            "city": "Hamburg",
            "country": "DE",
            "valid_from": "2020-01-01",
        }
    ],
    "tax_ids": [{"kind": "eu_vat", "value": "DE136695976", "valid_from": "2020-01-01"}],
}


EVENT = {"id": "evt_1RgQ8x", "type": "payment.captured", "data": {"payment": "pay_7"}}


async def test_the_examples_are_what_the_api_answers(
    house: House, organization: Founded, resources: Resources, db: Db, keyring: Keyring
) -> None:
    recorder = Recorder(house.holding(organization.secret))
    await keys(recorder)
    await time(recorder, resources)
    await parties(recorder)
    await notices(recorder, resources)
    await payment_connections(recorder)
    await payments(recorder, resources)
    await events(recorder, resources)
    path = f"/v1/inbox/{await outside.address(db, keyring, organization.org_id)}"
    await recorder.call("POST", path, EVENT, **{"x-signature": outside.signature(EVENT)})
    await recorder.call("GET", "/v1/audit_entries?limit=2")
    async with working(db):
        await books(recorder)
    await orders(recorder, resources, organization)
    await payouts(recorder, resources, organization.org_id)
    assert set(recorder.recorded) == {route.operation_id for route in api.routes()}, (
        "the story calls every operation"
    )
    found = recording.text(recorder.recorded)
    if os.environ.get("UPDATE_EXAMPLES"):
        recording.FILE.write_text(found, encoding="utf-8")
    assert recording.FILE.read_text(encoding="utf-8") == found, "run `make docs`"


@contextlib.asynccontextmanager
async def working(db: Db) -> AsyncIterator[None]:
    """A worker of the ledger, for what is made in the background."""
    stop = asyncio.Event()
    worker = asyncio.create_task(Worker(db, ledger_jobs.QUEUES, ledger_jobs.handlers()).run(stop))
    yield
    stop.set()
    await worker


async def keys(recorder: Recorder) -> None:
    organization = await recorder.call("GET", "/v1/organization")
    await recorder.call(
        "PATCH",
        "/v1/organization",
        {"name": "Hanse Automobile GmbH"},
        **{"if-match": organization.headers["ETag"]},
    )
    key = await recorder.call("POST", "/v1/api_keys", {"name": "Shop backend", "scopes": ["parties:*"]})
    path = f"/v1/api_keys/{key.json['id']}"
    await recorder.call("GET", path)
    await recorder.call("GET", "/v1/api_keys")
    await recorder.call("POST", f"{path}/revoke")


async def time(recorder: Recorder, resources: Resources) -> None:
    await recorder.call("POST", "/v1/test_clock", {"now": "2026-11-01T09:00:00Z"})
    await recorder.call("GET", "/v1/test_clock")
    stop = asyncio.Event()
    worker = Worker(resources.db, [clocks.QUEUE], [clocks.advancing(resources.keyring, [], [])])
    working = asyncio.create_task(worker.run(stop))
    await recorder.call("POST", "/v1/test_clock/advance", {"to": "2026-11-20T09:30:00Z"})
    stop.set()
    await working
    await recorder.call("DELETE", "/v1/test_clock")


async def events(recorder: Recorder, resources: Resources) -> None:
    stop = asyncio.Event()
    sequencing = asyncio.create_task(
        eventlog.sequence(SnapshotSequencer(resources.db), stop=stop, published=resources.published)
    )
    await recorder.call("GET", "/v1/events?types=party.created,party.updated&limit=2&timeout=10")
    renamed = await recorder.call("GET", "/v1/events?types=organization.renamed")
    await recorder.call("GET", f"/v1/events/{renamed.json['data'][0]['id']}?expand=subject")
    stop.set()
    await sequencing


async def parties(recorder: Recorder) -> None:
    created = await recorder.call("POST", "/v1/parties", DEALER)
    path = f"/v1/parties/{created.json['id']}"
    read = await recorder.call("GET", path)
    await recorder.call("GET", "/v1/parties?search=mueller+ham")
    await recorder.call(
        "PATCH", path, {"name": "Autohaus Müller & Sohn GmbH"}, **{"if-match": read.headers["ETag"]}
    )
    added = await recorder.call(
        "POST",
        f"{path}/addresses",
        {"purpose": "delivery", "line1": "Am Kai 7", "city": "Bremen", "country": "DE"},
    )
    await recorder.call("POST", f"{path}/addresses/{added.json['id']}/end", {})
    added = await recorder.call(
        "POST", f"{path}/tax_ids", {"kind": "ch_vat", "value": "CHE-116.281.710 MWST"}
    )
    await recorder.call("POST", f"{path}/tax_ids/{added.json['id']}/end", {})
    added = await recorder.call("POST", f"{path}/bank_accounts", {"iban": "DE89 3704 0044 0532 0130 00"})
    await recorder.call("POST", f"{path}/bank_accounts/{added.json['id']}/end", {})
    await recorder.call("POST", f"{path}/erase")


async def payment_connections(recorder: Recorder) -> None:
    party = {"kind": "company", "name": "Hanse Automobile GmbH", "roles": ["legal_entity"], "country": "DE"}
    entity = (await recorder.call("POST", "/v1/parties", party)).json["id"]
    body = {
        "entity": entity,
        "gateway": "stripe",
        "name": "Stripe, Hamburg",
        "secret_key": "sk_test_51Exampl3K3y",
        "webhook_secret": "whsec_3xampl3ofas3cret",
    }
    created = await recorder.call("POST", "/v1/payment_connections", body)
    path = f"/v1/payment_connections/{created.json['id']}"
    await recorder.call("POST", f"{path}/test")
    read = await recorder.call("GET", path)
    await recorder.call("GET", "/v1/payment_connections")
    await recorder.call("PATCH", path, {"name": "Stripe, Bremen"}, **{"if-match": read.headers["ETag"]})
    await recorder.call("POST", f"{path}/rotate", {"secret_key": "sk_test_51Exampl3K3y_rotated"})
    await recorder.call("POST", f"{path}/close")


async def payments(recorder: Recorder, resources: Resources) -> None:
    """A payment of each kind, with the shared simulator as the provider."""
    names = (("Hanse Automobile GmbH", "legal_entity"), ("Anna Müller", "customer"))
    entity, payer = [
        (
            await recorder.call(
                "POST", "/v1/parties", {"kind": "company", "name": name, "roles": [role], "country": "DE"}
            )
        ).json["id"]
        for name, role in names
    ]
    await recorder.call("POST", "/v1/ledger/entities", {"entity": entity, "base_currency": "EUR"})
    connection = {"entity": entity, "gateway": "stripe", "name": "Stripe", "secret_key": fresh_key()}
    await recorder.call("POST", "/v1/payment_connections", connection)
    body = {
        "entity": entity,
        "payer": payer,
        "amount": {"amount": 45_900, "currency": "EUR"},
        "return_url": "https://shop.example/checkout/done",
        "reference": "01890a5d-ac96-774b-bcce-b302099a8057",
        "description": "Order 10042",
    }

    async def made(**more: str) -> str:
        created = await recorder.call("POST", "/v1/payments", {**body, **more})
        return f"/v1/payments/{created.json['id']}"

    path = await made()
    await recorder.call("POST", f"{path}/confirm", {"method": "pm_card_de"})
    await recorder.call("GET", path)
    given_back = {"amount": {"amount": 900, "currency": "EUR"}, "reason": "requested_by_customer"}
    refund = await recorder.call("POST", f"{path}/refunds", given_back)
    await recorder.call("GET", f"/v1/refunds/{refund.json['id']}")
    await recorder.call("GET", "/v1/refunds?status=succeeded")
    tried = await recorder.call("GET", f"{path}/operations")
    await recorder.call("GET", f"/v1/operations/{tried.json['data'][0]['id']}")
    await recorder.call("GET", "/v1/operations?limit=1")
    await recorder.call("GET", "/v1/payments?limit=1")
    held = await made(capture_method="manual")
    await recorder.call("POST", f"{held}/confirm", {"method": "pm_card_de"})
    await recorder.call("POST", f"{held}/capture", {"amount": {"amount": 40_000, "currency": "EUR"}})
    await recorder.call("POST", f"{await made()}/void")
    asked = await made()
    payment_id = PAYMENT.parse(asked.rpartition("/")[2])
    org_id = (await recorder.ask("/v1/organization")).json["id"]
    here = await address(resources.keyring, ORG.parse(org_id), payment_id, base="")
    await recorder.call("GET", here)


async def notices(recorder: Recorder, resources: Resources) -> None:
    letter = {"to": "anna@example.com", "name": "Anna Müller", "language": "de-AT", "note": "Moin!"}
    created = await recorder.call("POST", "/v1/notices", letter)
    path = f"/v1/notices/{created.json['id']}"
    async with postbox() as box:
        await box.fault(stage="rcpt", reply="550 5.1.1 no such user")
        made = mailer(box.smtp, "Hanse Automobile <post@example.com>")
        assert made is not None
        made.place = "mail.example.com:587"  # type: ignore[misc]  # a port that is another at each run
        await Worker(
            resources.db, [notices_jobs.QUEUE], [notices_jobs.deliveries(resources.keyring, made)]
        ).drain()
    await recorder.call("GET", path)
    await recorder.call("GET", "/v1/notices?status=failed")
    await recorder.call("GET", f"{path}/preview")
    await recorder.call("POST", f"{path}/retry")
    await recorder.call("POST", f"{path}/erase")


def transfer(debit: str, credit: str, amount: int, **more: Any) -> dict[str, Any]:
    money = {"amount": amount, "currency": "EUR"}
    return {
        "id": TRANSFER.text(TransferId(uuid7())),
        "debit": debit,
        "credit": credit,
        "amount": money,
        **more,
    }


async def books(recorder: Recorder) -> None:
    """A sale of 119 euros through the books."""
    party = {"kind": "company", "name": "Hanse Automobile GmbH", "roles": ["legal_entity"], "country": "DE"}
    entity = (await recorder.call("POST", "/v1/parties", party)).json["id"]
    path = f"/v1/ledger/entities/{entity}"
    await recorder.call("POST", "/v1/ledger/entities", {"entity": entity, "base_currency": "EUR"})
    await recorder.call("GET", "/v1/ledger/entities")
    await recorder.call("GET", path)
    growth = {"routes": [{"debit": "bank", "credit": "deposit"}]}
    await recorder.call("POST", f"{path}/chart", growth)
    await recorder.call("GET", f"{path}/chart")
    account = {"currency": "EUR", "name": "deposit:anna", "party": entity}
    await recorder.call("POST", f"{path}/accounts", account)
    await recorder.call("GET", f"{path}/accounts")
    named = "currency=EUR&name=deposit:anna"
    await recorder.call("GET", f"{path}/account?{named}")
    captured = transfer("clearing:card", "deposit:anna", 20_000)
    posted = await recorder.call("POST", "/v1/ledger/transfers", {"entity": entity, **captured})
    await recorder.call("GET", posted.headers["location"])
    tax = {"rate_ppm": 190_000, "category": "S"}
    entries = [
        transfer("deposit:anna", "receivable:anna", 11_900),
        transfer("receivable:anna", "revenue:fees", 10_000),
        transfer("receivable:anna", "tax:de:output", 1_900, tax=tax),
    ]
    many = {"entity": entity, "entries": [{"kind": "transfer", **one} for one in entries]}
    made = await recorder.call("POST", "/v1/ledger/entry_sets", many)
    await recorder.call("GET", made.headers["location"])
    await recorder.call("GET", f"{made.headers['location']}/entries?limit=2")
    await recorder.call("GET", f"{made.headers['location']}/drawing")
    refused = transfer("deposit:bert", "payable:bert", 500)
    bulk = {"entity": entity, "transfers": [transfer("deposit:anna", "payable:bert", 500), refused]}
    await recorder.call("POST", "/v1/ledger/transfers/bulk", bulk)
    await holds(recorder, entity)
    await recorder.call("GET", f"{path}/balance?{named}")
    await recorder.call("GET", f"{path}/statement?{named}&limit=2")
    await recorder.call("GET", f"{path}/trial_balance?limit=3&begin=2026-01-01T00:00:00Z")
    begin, end = posted.json["recorded_at"], made.json["recorded_at"]
    await recorder.call("GET", f"{path}/general_ledger?begin={begin}&end={end}&by=effect")
    await recorder.call("GET", f"{path}/balances?group_by=party")
    await exports(recorder, {"entity": entity, "format": "parquet", "begin": begin, "end": end})
    await recorder.call("POST", f"{path}/close", {"before": "2026-11-01T00:00:00Z"})


async def holds(recorder: Recorder, entity: str) -> None:
    hold = transfer("deposit:anna", "payable:bert", 2_000, entity=entity)
    hold["id"] = HOLD.text(HoldId(uuid7()))
    placed = await recorder.call("POST", "/v1/ledger/holds", {**hold, "expires_at": "2999-11-27T09:30:00Z"})
    part = {"id": TRANSFER.text(TransferId(uuid7())), "amount": {"amount": 1_500, "currency": "EUR"}}
    await recorder.call("POST", f"{placed.headers['location']}/post", part)
    await recorder.call("GET", placed.headers["location"])
    other = {**hold, "id": HOLD.text(HoldId(uuid7()))}
    placed = await recorder.call("POST", "/v1/ledger/holds", other)
    void = {"id": TRANSFER.text(TransferId(uuid7()))}
    await recorder.call("POST", f"{placed.headers['location']}/void", void)


async def exports(recorder: Recorder, wanted: dict[str, Any]) -> None:
    asked = await recorder.call("POST", "/v1/ledger/exports", wanted)
    async with asyncio.timeout(20):
        while not (await recorder.ask(asked.headers["location"])).json["parts"]:
            await asyncio.sleep(0.05)
    await recorder.call("GET", asked.headers["location"])
    await recorder.call("GET", "/v1/ledger/exports")
    await recorder.call("GET", f"{asked.headers['location']}/content?part=0")
