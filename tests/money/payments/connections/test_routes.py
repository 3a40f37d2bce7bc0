"""Payment connections from end to end: over HTTP, with the simulator of Stripe and the real worker."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from msgspec import structs

from kontorhaus.kernel.ids import uuid7
from kontorhaus.money.payments import PAYMENT_CONNECTION, PaymentConnectionId
from kontorhaus.money.payments.actions import connecting
from kontorhaus.people.access import Founded
from kontorhaus.platform.db import Db
from tests.money.payments.conftest import Shop, at_work, opened_shop
from tests.support.house import House
from tests.support.stripe import Sandbox, fresh_key

WEBHOOK_SECRET = "whsec_" + "0" * 32


def body(shop: Shop, **more: Any) -> dict[str, Any]:
    return {
        "entity": shop.entity,
        "gateway": "stripe",
        "name": "Stripe, Hamburg",
        "secret_key": shop.sandbox.key,
        **more,
    }


async def everything_kept(db: Db) -> str:
    """All that the tables of the house hold, as text."""
    async with db.system() as tx:
        names = [
            row["name"]
            for row in await tx.connection.fetch(
                "SELECT c.relname AS name FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
                " AND c.relnamespace = 'public'::regnamespace AND has_table_privilege(c.oid, 'SELECT')"
            )
        ]
        return "\n".join(
            [
                str(
                    [
                        str(row["row"])
                        for row in await tx.connection.fetch(f"SELECT t::text AS row FROM {name} t")
                    ]
                )
                for name in names
            ]
        )


async def test_a_connection_is_made_and_shows_no_secret(
    shop: Shop, capfd: pytest.CaptureFixture[str]
) -> None:
    made = await shop.house.post("/v1/payment_connections", body(shop, webhook_secret=WEBHOOK_SECRET))

    assert made.status == 201, made.json
    assert made.json["key_hint"] == shop.sandbox.key[-4:]
    assert (made.json["status"], made.json["webhooks"], made.json["account"]) == ("active", "given", None)
    assert made.headers["Location"] == f"/v1/payment_connections/{made.json['id']}"
    assert made.json["webhook_path"].startswith("/v1/inbox/inb_")
    one = await shop.house.get(f"/v1/payment_connections/{made.json['id']}")
    listed = await shop.house.get("/v1/payment_connections")
    assert one.json == made.json
    assert made.json in listed.json["data"]
    kept = await everything_kept(shop.db)
    out, err = capfd.readouterr()
    for secret in (shop.sandbox.key, WEBHOOK_SECRET):
        for where in (made.body.decode(), one.body.decode(), kept, out, err):
            assert secret not in where
        assert secret.encode().hex() not in kept


async def test_a_connection_is_tested_at_the_provider(shop: Shop) -> None:
    path = f"/v1/payment_connections/{shop.connection}"

    tested = await shop.house.post(f"{path}/test")

    assert tested.status == 200, tested.json
    account = tested.json["account"]
    assert (account["country"], account["currency"], account["ready"]) == ("DE", "EUR", True)
    assert tested.json["connection"]["account"] == account["reference"]
    assert tested.json["connection"]["tested_at"]

    await shop.sandbox.control("POST", "keys/revoke", {"key": shop.sandbox.key})
    refused = await shop.house.post(f"{path}/test")
    assert (refused.status, refused.json["code"]) == (422, "payment_credentials_refused")


async def test_a_provider_that_does_not_answer_is_told_as_such(shop: Shop) -> None:
    await shop.sandbox.fault("timeout_before", path="/v1/account", times=5)
    failed = await shop.house.post(f"/v1/payment_connections/{shop.connection}/test")
    assert (failed.status, failed.json["code"]) == (503, "payment_provider_unavailable")


async def test_the_same_again_is_the_same_connection(shop: Shop) -> None:
    given = body(shop, id=PAYMENT_CONNECTION.text(PaymentConnectionId(uuid7())))
    first = await shop.house.post("/v1/payment_connections", given)
    again = await shop.house.post("/v1/payment_connections", given)
    assert (again.status, again.json) == (201, first.json)

    other = await shop.house.post("/v1/payment_connections", {**given, "secret_key": fresh_key()})

    assert (other.status, other.json["code"]) == (409, "payment_connection_exists")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"secret_key": "sk_live_of_the_other_mode"}, "/secret_key"),
        ({"secret_key": "pk_test_publishable"}, "/secret_key"),
        ({"webhook_secret": "not_a_secret"}, "/webhook_secret"),
        (
            {"sellers_webhook_secret": "not_a_secret", "webhook_secret": WEBHOOK_SECRET},
            "/sellers_webhook_secret",
        ),
        ({"sellers_webhook_secret": WEBHOOK_SECRET}, "/webhook_secret"),
        ({"entity": None}, "/entity"),
    ],
)
async def test_what_is_wrong_is_named_and_not_repeated(
    shop: Shop, wrong: dict[str, Any], pointer: str
) -> None:
    if "entity" in wrong:
        wrong = {"entity": shop.payer}
    refused = await shop.house.post("/v1/payment_connections", body(shop, **wrong))
    assert (refused.status, refused.json["code"]) == (400, "payment_connection_invalid"), refused.json
    assert [error["pointer"] for error in refused.json["errors"]] == [pointer]
    value = next(iter(wrong.values()))
    assert pointer == "/entity" or str(value) not in refused.body.decode()


async def test_a_rotated_key_never_charges_twice(shop: Shop) -> None:
    """The answer to a payment is lost, the key rotated and the old one revoked: the payment is found, not repeated."""
    path = f"/v1/payment_connections/{shop.connection}"
    payment = await shop.create()
    await shop.sandbox.fault("timeout_after", method="POST", path="/v1/payment_intents")
    lost = await shop.confirm(payment)
    assert lost.status == 202, lost.json
    rotated = f"{shop.sandbox.key}_rotated"

    answered = await shop.house.post(f"{path}/rotate", {"secret_key": rotated})

    assert (answered.status, answered.json["key_hint"]) == (200, rotated[-4:]), answered.json
    await shop.sandbox.control("POST", "keys/revoke", {"key": shop.sandbox.key})
    [operation] = await shop.operations(payment)
    await shop.asked(operation["id"])
    assert (await shop.read(payment))["status"] == "captured"
    shop.sandbox.key = rotated
    assert await shop.charged() == [(1099, 1, 0)]


async def test_a_key_of_another_account_is_refused(shop: Shop) -> None:
    path = f"/v1/payment_connections/{shop.connection}"
    before = (await shop.house.post(f"{path}/test")).json["connection"]

    other = await shop.house.post(f"{path}/rotate", {"secret_key": fresh_key()})

    assert (other.status, other.json["code"]) == (422, "payment_account_differs")
    assert (await shop.house.get(path)).json["key_hint"] == before["key_hint"]


async def test_a_key_of_another_account_is_refused_also_before_the_account_was_learned(shop: Shop) -> None:
    other = await shop.house.post(
        f"/v1/payment_connections/{shop.connection}/rotate", {"secret_key": fresh_key()}
    )
    assert (other.status, other.json["code"]) == (422, "payment_account_differs")


async def test_a_revoked_key_is_not_rotated_in(shop: Shop) -> None:
    rotated = f"{shop.sandbox.key}_rotated"
    await shop.sandbox.control("POST", "keys/revoke", {"key": rotated})
    path = f"/v1/payment_connections/{shop.connection}"
    refused = await shop.house.post(f"{path}/rotate", {"secret_key": rotated})
    assert (refused.status, refused.json["code"]) == (422, "payment_credentials_refused")
    assert (await shop.house.post(f"{path}/test")).status == 200, "the old one still holds"
    nothing = await shop.house.post(f"{path}/rotate", {})
    assert (nothing.status, nothing.json["code"]) == (400, "payment_connection_invalid")


async def test_two_rotations_with_one_key_are_one(shop: Shop) -> None:
    path, key = f"/v1/payment_connections/{shop.connection}", uuid.uuid4().hex
    given = {"secret_key": f"{shop.sandbox.key}_rotated"}
    first = await shop.house.post(f"{path}/rotate", given, **{"idempotency-key": key})
    again = await shop.house.post(f"{path}/rotate", given, **{"idempotency-key": key})
    assert first.status == 200, first.json
    assert (again.body, again.headers["Idempotency-Replayed"]) == (first.body, "true")


async def test_a_connection_is_renamed_and_closed(shop: Shop) -> None:
    path = f"/v1/payment_connections/{shop.connection}"
    read = await shop.house.get(path)
    named = await shop.house.patch(path, {"name": "Stripe, Bremen"}, **{"if-match": read.headers["ETag"]})
    assert (named.status, named.json["name"]) == (200, "Stripe, Bremen"), named.json
    stale = await shop.house.patch(path, {"name": "x"}, **{"if-match": read.headers["ETag"]})
    assert (stale.status, stale.json["code"]) == (412, "payment_connection_changed")
    paid = await shop.paid()

    closed = await shop.house.post(f"{path}/close")

    assert (closed.status, closed.json["status"]) == (200, "closed"), closed.json
    again = await shop.house.post(f"{path}/close")
    assert (again.status, again.json["code"]) == (409, "payment_connection_closed")
    refund = {"amount": {"amount": 99, "currency": "EUR"}}
    back = await shop.house.post(f"/v1/payments/{paid['id']}/refunds", refund)
    assert back.status in (201, 202), "what was begun goes on"


async def test_the_house_has_the_provider_deliver_to_it(shop: Shop) -> None:
    """No secret was given: the worker makes the endpoints, and a capture made at the provider is heard of."""
    path = f"/v1/payment_connections/{shop.connection}"
    assert (await shop.house.get(path)).json["webhooks"] == "pending"
    async with at_work(shop):
        found = await _heard(shop.house, path)
        assert (found["webhooks"], found["account"] is not None) == ("open", True)
        endpoints = (await shop.sandbox.client().v1.webhook_endpoints.list_async()).data
        assert {one.url for one in endpoints} == {
            shop.house.address + found[name] for name in ("webhook_path", "sellers_webhook_path")
        }
        held = await shop.create(capture_method="manual")
        held = (await shop.confirm(held)).json
        assert held["status"] == "authorized", held
        intents = shop.sandbox.client().v1.payment_intents
        await intents.capture_async((await intents.list_async()).data[0].id)
        async with asyncio.timeout(20):
            while (await shop.read(held))["status"] != "captured":
                await asyncio.sleep(0.05)


async def _heard(house: House, path: str) -> Any:
    async with asyncio.timeout(20):
        while (found := (await house.get(path)).json)["webhooks"] == "pending":
            await asyncio.sleep(0.05)
    return found


async def test_a_key_that_the_provider_refuses_is_told_and_not_tried_again(
    resources: Any, organization: Founded, sandbox: Sandbox, admin_database_url: str
) -> None:
    await sandbox.control("POST", "keys/revoke", {"key": sandbox.key})
    async with opened_shop(resources, organization, sandbox, admin_database_url) as shop, at_work(shop):
        found = await _heard(shop.house, f"/v1/payment_connections/{shop.connection}")
    assert (found["webhooks"], found["account"]) == ("refused", None)


async def test_a_given_secret_believes_and_a_wrong_one_does_not(shop: Shop) -> None:
    made = (await shop.house.post("/v1/payment_connections", body(shop, webhook_secret=WEBHOOK_SECRET))).json
    url = shop.house.address + made["webhook_path"]
    endpoint = await shop.sandbox.client().v1.webhook_endpoints.create_async(
        {"url": url, "enabled_events": ["*"]}
    )
    payment = await shop.sandbox.client().v1.payment_intents.create_async(
        {"amount": 1000, "currency": "eur", "allowed_payment_method_types": ["card"]}
    )
    assert payment.id
    assert not await _believed(shop), "signed with a secret that nobody gave to the house"

    rotated = await shop.house.post(
        f"/v1/payment_connections/{made['id']}/rotate", {"webhook_secret": endpoint.secret}
    )

    assert rotated.status == 200, rotated.json
    before = len((await shop.sandbox.control("GET", "deliveries"))["data"])
    await shop.sandbox.client().v1.payment_intents.cancel_async(payment.id)
    assert len((await shop.sandbox.control("GET", "deliveries"))["data"]) > before
    assert await _believed(shop)


async def _believed(shop: Shop) -> bool:
    """Whether the newest delivery was taken, once it was tried."""
    async with asyncio.timeout(20):
        while True:
            found = (await shop.sandbox.control("GET", "deliveries"))["data"]
            newest = max(found, key=lambda one: one["seq"], default=None)
            if newest is not None and newest["tries"] > 0:
                return bool(newest["outcome"] == "delivered")
            await asyncio.sleep(0.05)


async def test_which_connection_is_meant_by_an_address(shop: Shop, stranger: Founded) -> None:
    async with shop.db.org(shop.org_id) as tx:
        made = await connecting.connection_in(tx, shop.org_id, PAYMENT_CONNECTION.parse(shop.connection))
        for address in (made.inbox_connection_id, made.sellers_inbox_connection_id):
            assert await connecting.connection_of_inbox(tx, shop.org_id, address) == made.id
        assert structs.asdict(made)["entity"] is not None
        assert [one.id for one in await connecting.active_of(tx, shop.org_id, made.entity)] == [made.id]
    async with shop.db.org(stranger.org_id) as tx:
        found = await connecting.connection_of_inbox(tx, shop.org_id, made.inbox_connection_id)
        assert found is None, "walls hold whatever is asked for"
