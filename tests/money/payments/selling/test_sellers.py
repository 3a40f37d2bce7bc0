"""Seller accounts: opened once, followed through the provider's checks, and never with anything personal kept here."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from kontorhaus.money.payments.model.ids import SELLER_ACCOUNT
from kontorhaus.money.payments.model.observations import Subject
from tests.money.payments.selling.market import LINK, Market


def provider_accounts(found: Any) -> list[str]:
    return [account["id"] for account in found["data"]]


async def made_at_the_provider(market: Market) -> int:
    listed = await market.sandbox.client().v1.accounts.list_async({"limit": 100})
    return len(listed.data)


async def test_a_seller_is_opened_shows_who_he_is_and_may_be_paid(market: Market) -> None:
    account = await market.opened()
    assert (account["status"], account["country"], account["reason"]) == ("pending", "DE", None)
    assert account["provider_account"].startswith("acct_")
    assert "individual.first_name" in (await market.refreshed(account["id"]))["due"]

    await market.shows_himself(account["id"])
    await market.hear(Subject.SELLER_ACCOUNT, account["provider_account"])

    active = await market.account(account["id"])
    assert (active["status"], active["due"]) == ("active", [])
    assert active["activated_at"] is not None
    assert await market.facts("seller_account") == [
        "seller_account.created",
        "seller_account.opened",
        "seller_account.activated",
    ]


async def test_the_same_seller_twice_is_the_same_account(market: Market) -> None:
    first = await market.opened()

    again = await market.opened()

    assert again == await market.account(first["id"])
    assert again["id"] == first["id"]
    assert await made_at_the_provider(market) == 1


async def test_two_clients_open_the_same_seller_at_once(market: Market) -> None:
    body = {"party": market.seller, "connection": market.connection}

    replies = await asyncio.gather(*(market.house.post("/v1/seller_accounts", body) for _ in range(5)))

    assert {reply.status for reply in replies} == {201}
    assert len({reply.json["id"] for reply in replies}) == 1
    assert await made_at_the_provider(market) == 1


async def test_a_chosen_id_is_kept_and_another_one_is_told_of_the_first(market: Market) -> None:
    chosen = [SELLER_ACCOUNT.text(SELLER_ACCOUNT.new()) for _ in range(2)]
    body = {"party": market.seller, "connection": market.connection}

    first = await market.house.post("/v1/seller_accounts", {**body, "id": chosen[0]})
    other = await market.house.post("/v1/seller_accounts", {**body, "id": chosen[1]})

    assert (first.status, first.json["id"]) == (201, chosen[0])
    assert (other.status, other.json["code"]) == (409, "seller_account_conflict")
    assert other.json["facts"]["seller_account"] == chosen[0]


@pytest.mark.parametrize("fault", ["timeout_after", "error_after"])
async def test_opened_and_the_answer_lost_is_found_and_not_opened_twice(market: Market, fault: str) -> None:
    await market.sandbox.fault(fault, method="POST", path="/v1/accounts", times=1)
    body = {"party": market.seller, "connection": market.connection}

    lost = await market.house.post("/v1/seller_accounts", body, **{"idempotency-key": "once"})

    assert (lost.status, lost.json["provider_account"]) == (202, None)
    account = lost.json["id"]
    link = await market.house.post(f"/v1/seller_accounts/{account}/onboarding_link", LINK)
    assert (link.status, link.json["code"]) == (409, "seller_account_opening")
    await market.drive(account)
    found = await market.account(account)
    assert found["provider_account"].startswith("acct_")
    assert await made_at_the_provider(market) == 1
    assert [one.status for one in await market.operations(account)] == ["succeeded"]
    again = await market.house.post("/v1/seller_accounts", body, **{"idempotency-key": "once"})
    assert (again.status, again.json["id"]) == (201, account)
    assert again.json["provider_account"] == found["provider_account"]


async def test_a_country_that_the_provider_does_not_serve_can_be_mended(market: Market) -> None:
    person = {"kind": "company", "name": "Handel", "roles": ["seller"], "country": "RU"}
    party = (await market.house.post("/v1/parties", person)).json
    body = {"party": party["id"], "connection": market.connection}

    refused = await market.house.post("/v1/seller_accounts", body)

    assert (refused.status, refused.json["provider_account"]) == (201, None)
    assert refused.json["reason"] == "request"
    link = await market.house.post(f"/v1/seller_accounts/{refused.json['id']}/onboarding_link", LINK)
    assert (link.status, link.json["code"]) == (409, "seller_account_conflict")
    await market.house.patch(f"/v1/parties/{party['id']}", {"country": "FR"}, **{"if-match": "*"})
    opened = await market.house.post("/v1/seller_accounts", body)
    assert (opened.json["id"], opened.json["country"]) == (refused.json["id"], "FR")
    assert opened.json["provider_account"] is not None
    assert opened.json["reason"] is None


async def test_who_is_no_seller_gets_no_account(market: Market) -> None:
    body = {"party": market.entity, "connection": market.connection}

    refused = await market.house.post("/v1/seller_accounts", body)

    assert (refused.status, refused.json["code"]) == (422, "seller_unfit")
    assert await made_at_the_provider(market) == 0


async def test_the_provider_restricts_frees_and_closes(market: Market) -> None:
    account = await market.active()

    await market.judged(account, "failed")
    assert (await market.refreshed(account["id"]))["status"] == "restricted"
    await market.judged(account, "verified")
    assert (await market.refreshed(account["id"]))["status"] == "active"
    await market.sandbox.client().v1.accounts.delete_async(account["provider_account"])
    closed = await market.refreshed(account["id"])

    assert (closed["status"], closed["closed_at"] is None) == ("closed", False)
    link = await market.house.post(f"/v1/seller_accounts/{account['id']}/onboarding_link", LINK)
    assert (link.status, link.json["code"]) == (409, "seller_account_conflict")
    assert (await market.facts("seller_account"))[-4:] == [
        "seller_account.activated",
        "seller_account.restricted",
        "seller_account.activated",
        "seller_account.closed",
    ]


async def test_identity_news_in_any_order_come_to_what_is_so_now(market: Market) -> None:
    account = await market.active()
    reference = account["provider_account"]

    async def told() -> None:
        await market.hear(Subject.SELLER_ACCOUNT, reference)

    await market.judged(account, "failed")
    await asyncio.gather(told(), told(), market.judged(account, "verified"), told(), told())
    async with market.working():
        # Whoever was overtaken has the provider asked once more.
        await market.hear(Subject.SELLER_ACCOUNT, reference)
        async with asyncio.timeout(10):
            while (await market.account(account["id"]))["status"] != "active":
                await asyncio.sleep(0.02)
    assert (await market.account(account["id"]))["due"] == []


async def test_news_that_are_older_than_what_stands_undo_nothing(market: Market) -> None:
    """The provider is asked, then a newer word is taken over, then the older one comes."""
    account = await market.active()
    await market.judged(account, "failed")
    gate, asked = asyncio.Event(), asyncio.Event()
    gateway: Any = market.resources.gateways["stripe"]
    retrieve = gateway.retrieve

    async def held_up(*of: Any) -> Any:
        seen = await retrieve(*of)
        asked.set()
        await gate.wait()
        return seen

    gateway.retrieve = held_up
    slow = asyncio.create_task(market.hear(Subject.SELLER_ACCOUNT, account["provider_account"]))
    await asked.wait()
    gateway.retrieve = retrieve
    assert (await market.refreshed(account["id"]))["status"] == "restricted"
    await market.judged(account, "verified")
    assert (await market.refreshed(account["id"]))["status"] == "active"

    gate.set()
    await slow

    assert (await market.account(account["id"]))["status"] == "active"


async def test_the_links_address_is_kept_nowhere(market: Market, capsys: pytest.CaptureFixture[str]) -> None:
    account = await market.opened()

    link = await market.house.post(f"/v1/seller_accounts/{account['id']}/onboarding_link", LINK)

    token = link.json["url"].rpartition("/")[2]
    assert len(token) > 10
    assert link.headers["cache-control"] == "no-store" or "cache-control" in link.headers
    async with market.db.org(market.org_id) as tx:
        tables = await tx.connection.fetch(
            "SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE a.attname = 'org_id' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND c.relnamespace = 'public'::regnamespace AND has_table_privilege(c.oid, 'SELECT')"
        )
        for table in tables:
            rows = await tx.connection.fetch(f"SELECT to_jsonb(t)::text AS row FROM {table['name']} t")
            assert not [row for row in rows if token in row["row"]], table["name"]
    printed = capsys.readouterr()
    assert token not in printed.out + printed.err
    audit = await market.house.get(f"/v1/audit_entries?subject_id={account['id']}")
    assert "seller_account.link_made" in [entry["action"] for entry in audit.json["data"]]


async def test_lists_filter_by_seller_and_status(market: Market) -> None:
    await market.opened()

    for query, found in (
        ("", 1),
        (f"?party={market.seller}", 1),
        (f"?party={market.seller}&status=active", 0),
        (f"?party={market.entity}", 0),
        ("?status=pending", 1),
        ("?status=closed", 0),
    ):
        listed = await market.house.get(f"/v1/seller_accounts{query}")
        assert len(listed.json["data"]) == found, query


async def test_who_was_closed_opens_another_account_and_is_paid_there(
    market: Market, admin_database_url: str
) -> None:
    """What had gone to the first one is still followed there."""
    paid = await market.paid(10_00)
    (first,) = (await market.house.get("/v1/seller_accounts")).json["data"]
    # The simulator deletes no account that has money.
    vault = await asyncpg.connect(admin_database_url)
    await vault.execute(
        "UPDATE seller_account SET status = 'closed', closed_at = now() WHERE org_id = $1", market.org_id
    )
    await vault.close()
    await market.owed(7_00)
    await market.funded(7_00)
    waiting = await market.payout(7_00)
    assert (waiting["status"], waiting["reason"]) == ("on_hold", "seller_account_closed")

    second = await market.active()
    again = await market.house.post(
        "/v1/seller_accounts", {"party": market.seller, "connection": market.connection}
    )
    sent = await market.house.post(f"/v1/payouts/{waiting['id']}/send")
    await market.drive(waiting["id"])
    back = await market.house.post(f"/v1/payouts/{paid['id']}/reverse", {})
    await market.drive(paid["id"])

    assert second["id"] != first["id"]
    assert second["provider_account"] != first["provider_account"]
    assert again.json["id"] == second["id"], "of open ones there is one"
    assert (sent.status, (await market.now(waiting["id"]))["status"]) == (200, "paid"), sent.body
    assert back.status == 200
    assert (await market.now(paid["id"]))["status"] == "returned", "taken back from where it went"
