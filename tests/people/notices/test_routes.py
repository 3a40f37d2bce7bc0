"""The API of notices from end to end: over HTTP, with the real worker and the real simulator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kontorhaus.money.ledger import GroupCommit
from kontorhaus.people import access
from kontorhaus.platform.jobs import Worker
from kontorhaus.platform.outbound import Outbound
from kontorhaus.platform.settings import Settings
from kontorhaus.roles import worker
from kontorhaus.roles.resources import Resources
from tests.people.notices.office import Office
from tests.support.house import House, running_house
from tests.support.postbox import Postbox


@pytest.fixture
async def house(office: Office) -> AsyncIterator[House]:
    """The API and the worker as `up` runs them, in this process."""
    settings = Settings(port=0, smtp_url=office.smtp, mail_from="Hanse <post@hanse.example>")
    async with Outbound() as outbound:
        resources = Resources(
            settings=settings,
            db=office.db,
            keyring=office.keyring,
            outbound=outbound,
            ledger=GroupCommit(office.db),
        )
        stop = asyncio.Event()
        working = asyncio.create_task(worker.work(resources, stop))
        async with running_house(resources) as running:
            yield running.holding(office.key)
        stop.set()
        await working


async def settled(house: House, notice_id: str, *, beyond: tuple[str, ...] = ("queued",)) -> dict[str, Any]:
    """The notice once it is no longer in these states."""
    async with asyncio.timeout(20):
        while True:
            found: dict[str, Any] = (await house.get(f"/v1/notices/{notice_id}")).json
            if found["status"] not in beyond:
                return found
            await asyncio.sleep(0.05)


async def test_a_test_message_arrives(house: House, box: Postbox) -> None:
    body = {"to": "anna@müller.example", "name": "Anna Müller", "language": "de-AT", "note": "Moin & <b>"}

    made = await house.post("/v1/notices", body)

    assert (made.status, made.json["status"], made.json["template"]) == (201, "queued", "test_message")
    assert "anna" not in made.body.decode(), "what idempotency keeps names nobody"
    assert made.headers["Location"] == f"/v1/notices/{made.json['id']}"
    found = await settled(house, made.json["id"])
    assert (found["status"], found["to"], found["name"]) == (
        "sent",
        "anna@xn--mller-kva.example",
        "Anna Müller",
    )
    assert [(one["outcome"], one["code"], one["enhanced_code"]) for one in found["attempt_list"]] == [
        ("accepted", 250, "2.0.0")
    ]
    (message,) = await box.messages()
    assert message["message_id"] == f"<{made.json['id']}@hanse.example>"
    assert "Moin &amp; &lt;b&gt;" in message["html"]
    preview = await house.get(f"/v1/notices/{made.json['id']}/preview")
    assert preview.json["subject"] == message["subject"]
    assert preview.json["html"].split() == message["html"].split()


async def test_the_same_call_twice_is_one_message(house: House, box: Postbox) -> None:
    body = {"to": "anna@example.com"}
    first = await house.post("/v1/notices", body, **{"idempotency-key": "one"})
    again = await house.post("/v1/notices", body, **{"idempotency-key": "one"})

    assert first.body == again.body
    await settled(house, first.json["id"])
    assert len(await box.messages()) == 1


async def test_a_bounce_shows_its_codes_and_can_be_retried(house: House, box: Postbox) -> None:
    await box.fault(stage="rcpt", reply="550 5.1.1 unknown anna@example.com")
    made = await house.post("/v1/notices", {"to": "anna@example.com"})
    path = f"/v1/notices/{made.json['id']}"

    failed = await settled(house, made.json["id"])
    assert (failed["status"], failed["reason"]) == ("failed", "refused")
    assert (failed["attempt_list"][0]["code"], failed["attempt_list"][0]["enhanced_code"]) == (550, "5.1.1")
    retried = await house.post(f"{path}/retry")
    assert (retried.status, retried.json["status"], retried.json["reason"]) == (200, "queued", None)
    sent = await settled(house, made.json["id"], beyond=("queued", "failed"))

    assert sent["status"] == "sent"
    assert [one["outcome"] for one in sent["attempt_list"]] == ["refused", "accepted"]
    again = await house.post(f"{path}/retry")
    assert (again.status, again.json["code"]) == (409, "notice_conflict")


async def test_without_a_mail_server_the_mail_waits_for_a_worker_that_has_one(
    office: Office, box: Postbox
) -> None:
    async with Outbound() as outbound:
        resources = Resources(
            settings=Settings(port=0),
            db=office.db,
            keyring=office.keyring,
            outbound=outbound,
            ledger=GroupCommit(office.db),
        )
        async with running_house(resources) as running:
            made = await running.holding(office.key).post("/v1/notices", {"to": "anna@example.com"})
    crew = worker.crew(resources)
    for queue in crew.queues:
        await Worker(office.db, [queue], crew.handlers).drain()
    assert (await office.jobs(), await box.messages()) == (1, [])

    await office.work()

    (message,) = await box.messages()
    assert message["message_id"].startswith(f"<{made.json['id']}@")


async def test_lists_by_status_and_page(house: House, box: Postbox) -> None:
    await box.fault(stage="rcpt", recipient="gone*", reply="550 5.1.1 unknown", times=None)
    made = [
        (await house.post("/v1/notices", {"to": f"{name}{n}@example.com"})).json["id"]
        for n in range(2)
        for name in ("anna", "gone")
    ]
    for notice_id in made:
        await settled(house, notice_id)

    failed = (await house.get("/v1/notices?status=failed")).json
    assert [one["id"] for one in failed["data"]] == [made[3], made[1]]
    seen, cursor = [], ""
    for _ in range(2):
        page = (await house.get(f"/v1/notices?limit=2{cursor}")).json
        seen += [one["id"] for one in page["data"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == made[::-1]
    assert "example.com" not in (await house.get("/v1/notices")).body.decode()


@pytest.mark.parametrize(
    ("body", "status", "code", "place"),
    [
        ({}, 400, "body_invalid", "/to"),
        ({"to": "anna"}, 400, "body_invalid", "/to"),
        ({"to": "anna@localhost"}, 400, "notice_invalid", "/to"),
        ({"to": "änna@example.com"}, 400, "notice_invalid", "/to"),
        ({"to": "anna@example.com\r\nBcc: x@example.com"}, 400, "body_invalid", "/to"),
        ({"to": "anna@example.com", "name": "A\nBcc: x"}, 400, "body_invalid", "/name"),
        ({"to": "anna@example.com", "language": "german"}, 400, "body_invalid", "/language"),
        ({"to": "anna@example.com", "note": "x" * 501}, 400, "body_invalid", "/note"),
        ({"to": "anna@example.com", "template": "other"}, 400, "body_invalid", "/template"),
    ],
    ids=str,
)
async def test_bad_input_is_named(house: House, body: object, status: int, code: str, place: str) -> None:
    refused = await house.post("/v1/notices", body)

    assert (refused.status, refused.json["code"]) == (status, code), refused.body
    assert refused.json["errors"][0]["pointer"] == place


async def test_walls_and_scopes(house: House, office: Office) -> None:
    made = await house.post("/v1/notices", {"to": "anna@example.com"})
    path = f"/v1/notices/{made.json['id']}"
    stranger = (await access.found(office.db, "Fremde"))[1]
    for method, place in (
        ("GET", path),
        ("GET", f"{path}/preview"),
        ("POST", f"{path}/retry"),
        ("POST", f"{path}/erase"),
    ):
        refused = await house.holding(stranger.secret).call(method, place)
        assert (refused.status, refused.json["code"]) == (404, "notice_not_found")
    assert (await house.holding(stranger.secret).get("/v1/notices")).json["data"] == []
    reader = await house.post("/v1/api_keys", {"name": "reader", "scopes": ["notices:read"]})
    reading = house.holding(reader.json["secret"])
    assert (await reading.get(path)).status == 200
    assert (await reading.post(f"{path}/erase")).status == 403
    assert (await reading.post("/v1/notices", {"to": "anna@example.com"})).status == 403


async def test_erasing_one_leaves_what_is_not_personal(house: House, box: Postbox) -> None:
    made = await house.post("/v1/notices", {"to": "anna@example.com", "name": "Anna"})
    path = f"/v1/notices/{made.json['id']}"
    await settled(house, made.json["id"])

    erased = await house.post(f"{path}/erase")

    assert (erased.status, erased.json["status"]) == (200, "sent")
    found = (await house.get(path)).json
    assert (found["to"], found["name"], found["erased_at"] is not None) == (None, None, True)
    assert len(found["attempt_list"]) == 1
    again = await house.post(f"{path}/erase")
    assert (again.status, again.json["code"]) == (409, "notice_erased")
    assert (await house.get(f"{path}/preview")).json["code"] == "notice_erased"
    entries = (await house.get(f"/v1/audit_entries?subject_id={made.json['id']}")).json["data"]
    assert [one["action"] for one in entries] == ["notice.erased", "notice.created"]
