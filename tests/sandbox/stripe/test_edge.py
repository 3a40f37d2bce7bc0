"""The edge of the API: who may call, how lists are paged, what is expanded; and the books over a kill."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from tests.sandbox.stripe.running import pay, seller
from tests.support.stripe import Sandbox, running


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("sk_live_51abcdefgh", None),
        ("pk_test_51abcdefgh", "secret_key_required"),
        ("nonsense", None),
        ("sk_test_", None),
    ],
)
async def test_other_keys_are_refused(sandbox: Sandbox, key: str, code: str | None) -> None:
    with pytest.raises(stripe.AuthenticationError) as refused:
        await sandbox.client(key).v1.balance.retrieve_async()

    assert refused.value.http_status == 401
    assert refused.value.error is not None
    assert refused.value.error.to_dict().get("code") == code
    assert key not in json.dumps(refused.value.json_body) or len(key) < 12


async def test_without_a_key_nothing_is_told(sandbox: Sandbox) -> None:
    status, answer = await sandbox.ask("GET", "/v1/balance")

    assert (status, answer["error"]["type"]) == (401, "invalid_request_error")


async def test_a_revoked_key_opens_nothing_and_its_successor_the_same(sandbox: Sandbox) -> None:
    old, new = f"{sandbox.key}_old", f"{sandbox.key}_new"
    intent = await pay(sandbox.client(old))

    await sandbox.control("POST", "keys/revoke", {"key": old})

    with pytest.raises(stripe.AuthenticationError, match="Expired"):
        await sandbox.client(old).v1.balance.retrieve_async()
    assert (await sandbox.client(new).v1.payment_intents.retrieve_async(intent.id)).id == intent.id


async def test_a_key_tells_its_account(client: StripeClient) -> None:
    account = await client.v1.accounts.retrieve_current_async()

    assert account.object == "account"
    assert account.payouts_enabled is True


async def test_unknown_paths_and_versions_are_refused(sandbox: Sandbox, client: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL") as unknown:
        await client.v1.invoices.list_async()
    assert unknown.value.http_status == 404

    headers = {"authorization": f"Bearer {sandbox.key}", "stripe-version": "yesterday"}
    status, answer = await sandbox.ask("GET", "/v1/balance", **headers)
    assert (status, "Invalid Stripe API version" in answer["error"]["message"]) == (400, True)


async def test_lists_are_paged_both_ways(client: StripeClient) -> None:
    made = [(await client.v1.customers.create_async({"name": str(n)})).id for n in range(7)][::-1]
    customers = client.v1.customers

    first = await customers.list_async({"limit": 3})
    assert ([c.id for c in first.data], first.has_more) == (made[:3], True)
    second = await customers.list_async({"limit": 3, "starting_after": made[2]})
    assert ([c.id for c in second.data], second.has_more) == (made[3:6], True)
    third = await customers.list_async({"limit": 3, "starting_after": made[5]})
    assert ([c.id for c in third.data], third.has_more) == (made[6:], False)
    back = await customers.list_async({"limit": 2, "ending_before": made[3]})
    assert ([c.id for c in back.data], back.has_more) == (made[1:3], True)
    assert [c.id async for c in (await customers.list_async({"limit": 2})).auto_paging_iter()] == made
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        await customers.list_async({"starting_after": "cus_nobody"})
    assert unknown.value.param == "starting_after"
    with pytest.raises(stripe.InvalidRequestError):
        await customers.list_async({"limit": 101})


async def test_lists_are_narrowed_by_time_and_field(client: StripeClient) -> None:
    customer = await client.v1.customers.create_async({"email": "a@example.com"})
    await client.v1.customers.create_async({"email": "b@example.com"})
    intent = await pay(client, customer=customer.id)
    await pay(client)

    by_customer = await client.v1.payment_intents.list_async({"customer": customer.id})
    assert [one.id for one in by_customer.data] == [intent.id]
    by_mail = await client.v1.customers.list_async({"email": "a@example.com"})
    assert [one.id for one in by_mail.data] == [customer.id]
    later = await client.v1.customers.list_async({"created": {"gt": customer.created + 3600}})
    assert later.data == []
    then = await client.v1.customers.list_async(
        {"created": {"gte": customer.created, "lt": customer.created + 60}}
    )
    assert len(then.data) == 2


async def test_what_is_asked_for_is_expanded(client: StripeClient) -> None:
    customer = await client.v1.customers.create_async({"name": "Kunde"})
    await pay(client, customer=customer.id, capture_method="automatic")

    listed = await client.v1.payment_intents.list_async(
        {"expand": ["data.latest_charge.balance_transaction", "data.customer"]}
    )

    found: Any = listed.data[0]
    assert found.latest_charge.balance_transaction.net == 9_60
    assert found.customer.name == "Kunde"


async def test_the_rate_is_limited_per_key() -> None:
    async with running("--rate-limit", "5") as sandbox:
        answers = await asyncio.gather(
            *(sandbox.ask("GET", "/v1/balance", authorization=f"Bearer {sandbox.key}") for _ in range(8))
        )
        statuses = sorted(status for status, _ in answers)
        other, _ = await sandbox.ask("GET", "/v1/balance", authorization="Bearer sk_test_other")

    assert statuses == [200] * 5 + [429] * 3
    assert other == 200


async def test_the_clock_can_stop_and_only_goes_forward(own: Sandbox) -> None:
    stopped = await own.control("POST", "clock", {"frozen": True, "advance_seconds": 3600})
    customer = await own.client().v1.customers.create_async()

    assert (customer.created, stopped["frozen"]) == (stopped["now"], True)
    status, _ = await own.ask("POST", "/sandbox/clock", {"now": stopped["now"] - 1})
    assert status == 400
    assert (await own.control("DELETE", "clock"))["frozen"] is False


async def test_the_books_survive_a_kill(tmp_path: Path) -> None:
    arguments = ("--books", str(tmp_path / "books.sqlite"))
    async with running(*arguments) as sandbox:
        client = sandbox.client()
        account = await seller(client)
        intent = await pay(client, 100_00, method="pm_card_bypassPending")
        payout = await _paid_out(client, account.id)
        await sandbox.control("POST", "clock", {"advance_seconds": 3600})
        before = await sandbox.books()
        keyed: Any = {"idempotency_key": "over-the-kill"}
        refund = await client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 100}, keyed)
        sandbox.process.send_signal(signal.SIGKILL)
        sandbox.process.wait()

    async with running(*arguments) as sandbox:
        client = sandbox.client()
        after = await sandbox.books()
        again = await client.v1.refunds.create_async({"payment_intent": intent.id, "amount": 100}, keyed)
        assert again.id == refund.id
        assert (await sandbox.books())["payments"][intent.id]["refunded"] == 100
        assert after["transfers"] == before["transfers"]
        await sandbox.control("POST", "clock", {"advance_seconds": 5 * 86_400})
        assert (await sandbox.books())["payouts"][payout]["status"] == "paid", "what was planned still comes"


async def _paid_out(client: StripeClient, account: str) -> str:
    await client.v1.transfers.create_async({"amount": 50_00, "currency": "eur", "destination": account})
    made = await client.v1.payouts.create_async(
        {"amount": 50_00, "currency": "eur"}, {"stripe_account": account}
    )
    return made.id


async def test_killed_at_any_moment_the_books_are_sound_and_no_key_pays_twice(tmp_path: Path) -> None:
    arguments = ("--books", str(tmp_path / "books.sqlite"))
    for round_number in range(3):
        async with running(*arguments) as sandbox:
            client = sandbox.client()
            work = [asyncio.create_task(_keep_paying(client, worker)) for worker in range(4)]
            await asyncio.sleep(0.3 + 0.2 * round_number)
            sandbox.process.kill()
            sandbox.process.wait()
            for one in work:
                one.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    async with running(*arguments) as sandbox:
        client = sandbox.client()
        books = await sandbox.books()
        orders = [payment["metadata"]["order"] for payment in books["payments"].values()]
        for order in orders:
            await _pay_order(client, order)
        assert await sandbox.books() == books
    assert orders
    assert len(orders) == len(set(orders))
    assert all(p["taken"] == p["amount"] for p in books["payments"].values())


async def _keep_paying(client: StripeClient, worker: int) -> None:
    for number in range(1000):
        await _pay_order(client, f"{worker}-{number}")


async def _pay_order(client: StripeClient, order: str) -> None:
    await client.v1.payment_intents.create_async(
        {
            "amount": 10_00,
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "allowed_payment_method_types": ["card"],
            "confirm": True,
            "metadata": {"order": order},
        },
        {"idempotency_key": order},
    )


async def test_the_page_shows_the_books_and_lets_a_person_act(own: Sandbox) -> None:
    client = own.client()
    account = await seller(client, email="<b>seller</b>@example.com")
    intent = await pay(client, metadata={"x": "<script>alert(1)</script>"})
    async with own.session.get(own.url + "/") as answer:
        page = await answer.text()
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert intent.id in page
    assert account.id in page
    assert "<b>seller" not in page
    assert "&lt;b&gt;seller" in page
    async with own.session.get(f"{own.url}/sandbox/show/{intent.id}") as answer:
        assert "<script>" not in await answer.text()

    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token is not None
    form = {"token": token[1], "act": "dispute", "id": intent.id}
    async with own.session.post(own.url + "/sandbox/act", data={**form, "token": "no"}) as refused:
        assert refused.status == 400
    async with own.session.post(own.url + "/sandbox/act", data=form, headers={"origin": "null"}) as answer:
        assert answer.status == 200
    dispute = (await client.v1.disputes.list_async()).data[0]
    assert dispute.payment_intent == intent.id
    async with own.session.post(
        own.url + "/sandbox/act", data={**form, "act": "lose", "id": dispute.id}
    ) as answer:
        assert answer.status == 200
    assert (await client.v1.disputes.retrieve_async(dispute.id)).status == "lost"


async def test_other_hosts_and_other_pages_are_refused(sandbox: Sandbox) -> None:
    for headers, wanted in (
        ({"host": "evil.example"}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
    ):
        status, _ = await _status(sandbox, headers)
        assert status == wanted


async def _status(sandbox: Sandbox, headers: dict[str, str]) -> tuple[int, str]:
    async with sandbox.session.post(sandbox.url + "/sandbox/faults", data=b"{}", headers=headers) as answer:
        return answer.status, await answer.text()


async def test_it_ends_with_its_parent() -> None:
    async with running() as sandbox:
        assert sandbox.process.stdin is not None
        sandbox.process.stdin.close()
        sandbox.process.stdin = None
        assert await asyncio.to_thread(sandbox.process.wait, 10) == 0


@pytest.mark.parametrize(
    "body",
    [
        "amount=1&amount[x]=2&currency=eur",
        "amount[" + "a][" * 20 + "]=1",
        "[]=1",
        "amount=99999999999999999999999999&currency=eur",
        "amount=1000&currency=eur&metadata=text",
        "amount=1000&currency=eur&expand=latest_charge",
        "amount=1000&currency=eur&payment_method_types[x]=card",
        "amount=%ff%fe&currency=eur",
        "amount=1000&currency=eur&description=%00",
    ],
)
async def test_malformed_bodies_are_answered(sandbox: Sandbox, body: str) -> None:
    async with sandbox.session.post(
        sandbox.url + "/v1/payment_intents",
        data=body.encode(),
        headers={
            "authorization": f"Bearer {sandbox.key}",
            "content-type": "application/x-www-form-urlencoded",
        },
    ) as answer:
        found = await answer.json()
        assert answer.status == (200 if body.endswith("%00") else 400), found
        assert "request-id" in answer.headers
