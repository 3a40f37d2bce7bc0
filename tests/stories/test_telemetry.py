"""What the whole house tells of itself: one trace from the caller to the outside, and nobody's data in a log."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import aiohttp
import asyncpg
import pytest
from aiohttp import web

from kontorhaus.kernel.ids import ORG
from kontorhaus.people import access
from kontorhaus.people.access import Founded
from kontorhaus.platform import http, telemetry
from kontorhaus.platform.db import Db
from kontorhaus.platform.http import Drain
from kontorhaus.platform.outbound import Outbound
from kontorhaus.platform.secrets import Keyring
from kontorhaus.platform.settings import Settings
from tests.platform.idempotency import charges
from tests.support import databases
from tests.support.house import House

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PLANTED = {
    "a name": "Rosalinde Ungewöhnlich",
    "an IBAN": "DE89370400440532013000",
    "an e-mail address": "rosalinde@example.com",
    "a telephone number": "+493012345678",
    "a street": "Speicherstraße 4711",
    "a VAT number": "DE136695976",
}


async def test_one_trace_goes_from_the_caller_through_sql_to_the_outside(
    fresh_database_url: str, keyring: Keyring
) -> None:
    admin = await asyncpg.connect(fresh_database_url)
    await admin.execute(charges.SCHEMA)
    await admin.close()
    heard: list[str] = []

    async def provider(request: web.Request) -> web.Response:
        heard.append(request.headers["traceparent"])
        return web.json_response({})

    outside = web.Application()
    outside.add_routes([web.post("/charges", provider)])
    runner = web.AppRunner(outside)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    network = f"http://127.0.0.1:{runner.addresses[0][1]}"
    db = await Db.connect(databases.login_url(fresh_database_url))
    key = (await access.found(db, "Hanse Automobile"))[1].secret
    with telemetry.recorded_spans() as recorded:
        async with Outbound() as outbound:
            means = charges.Means(db, keyring, outbound, network, timedelta(seconds=5))
            status = await charge(means, key)
        spans = recorded.get_finished_spans()
    await db.close()
    await runner.cleanup()
    assert status == 201
    assert {f"{span.context.trace_id:032x}" for span in spans if span.context} == {TRACE_ID}
    kinds = [(span.kind.name, span.name) for span in spans]
    assert ("SERVER", "POST /v1/charges") in kinds
    assert {name for kind, name in kinds if kind == "CLIENT"} >= {"INSERT", "SELECT", "UPDATE"}
    assert [parent.split("-")[1] for parent in heard] == [TRACE_ID]
    outward = [
        span.context
        for span in spans
        if span.kind.name == "CLIENT" and "db.system.name" not in (span.attributes or {})
    ]
    assert [f"{context.span_id:016x}" for context in outward if context] == [heard[0].split("-")[2]]


async def charge(means: charges.Means, key: str) -> int:
    """One charge through HTTP, in the caller's trace."""
    drain, stop, settings = Drain(), asyncio.Event(), Settings(port=0)
    application = http.application(
        charges.ROUTES,
        resources=means,
        authenticate=lambda credential: access.authenticate(means.db, credential),
        settings=settings,
        drain=drain,
    )
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(
        http.serve(application, settings, drain=drain, stop=stop, listening=listening.set_result)
    )
    async with aiohttp.ClientSession() as session:
        house = House(await listening, session, key)
        reply = await house.post(
            "/v1/charges", {"amount": 1}, traceparent=f"00-{TRACE_ID}-00f067aa0ba902b7-01"
        )
    stop.set()
    await server
    return reply.status


async def test_no_log_line_holds_what_callers_send(
    house: House, organization: Founded, capsys: pytest.CaptureFixture[str]
) -> None:
    owner = house.holding(organization.secret)
    party = {
        "kind": "person",
        "name": PLANTED["a name"],
        "roles": ["customer"],
        "country": "DE",
        "contacts": [
            {"kind": "email", "value": PLANTED["an e-mail address"]},
            {"kind": "phone", "value": PLANTED["a telephone number"]},
        ],
        "addresses": [
            {"purpose": "billing", "line1": PLANTED["a street"], "city": "Hamburg", "country": "DE"}
        ],
        "tax_ids": [{"kind": "eu_vat", "value": PLANTED["a VAT number"]}],
        "bank_accounts": [{"iban": PLANTED["an IBAN"]}],
    }
    made = await owner.post("/v1/parties", party)
    assert made.status == 201
    wrong_key = organization.secret[:-1] + ("y" if organization.secret.endswith("x") else "x")
    refused = [
        await owner.post("/v1/parties", {**party, "id": made.json["id"], "country": "AT"}),
        await owner.post(
            "/v1/parties", {**party, "bank_accounts": [{"iban": PLANTED["an IBAN"][:-1] + "1"}]}
        ),
        await owner.post("/v1/parties", {**party, "surname": PLANTED["a name"]}),
        await owner.get(f"/v1/parties?search={PLANTED['a name']}&nonsense={PLANTED['an IBAN']}"),
        await house.holding(wrong_key).get("/v1/parties"),
    ]
    assert [reply.status for reply in refused] == [409, 400, 400, 400, 401]
    await owner.get(f"/v1/parties?search={PLANTED['a name']}")
    written = capsys.readouterr().out
    lines = [json.loads(line) for line in written.splitlines()]
    assert len([line for line in lines if line["event"] == "request"]) == 7
    assert {line["org_id"] for line in lines if line.get("status") == 201} == {ORG.text(organization.org_id)}
    assert all(line["trace_id"] and line["request_id"] for line in lines if line["event"] == "request")
    for what, value in {**PLANTED, "a key": organization.secret}.items():
        assert value not in written, what
        assert value not in "".join(str(reply.json) for reply in refused), f"{what} is echoed in an error"
