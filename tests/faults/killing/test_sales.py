"""API, worker and relay die again and again while whole sales are made: each is paid once, and every cent is where it
belongs, in our books and in the provider's."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kontorhaus.kernel.time import monotonic
from kontorhaus.people import access
from kontorhaus.platform.db import Db
from kontorhaus.roles.checks import every_check
from kontorhaus.roles.demo.comparing import by_ledger, by_provider
from tests.faults.killing import sales
from tests.faults.killing.fleet import AT_RANDOM, Fleet, fleet
from tests.faults.killing.phone import Phone, phone
from tests.faults.killing.sales import Sale, Shop
from tests.faults.killing.simulator import Provider, provider
from tests.support import databases

RecordProperty = Callable[[str, object], None]

SECONDS = int(os.environ.get("FAULTS_SECONDS", "20"))
"""How long it goes on: 90 for the long form."""

AT_ONCE = int(os.environ.get("FAULTS_SALES", "24"))
"""How many sales are under way at any moment: 200 for the long form."""

LONG = 90
"""From so many seconds on every named place must have been somebody's last."""

KILLS_LEAST = 50 if SECONDS >= LONG else SECONDS // 4
"""A restart takes a second on a quiet machine, and several on one that is busy."""

PHASES = ("claimed", "sent", "answered", "applied")

PLACES = {
    "api": (
        *(f"payments.{kind}.{phase}" for kind in ("authorize", "capture") for phase in PHASES),
        "idempotency.call.claimed",
        "inbox.delivery.kept",
        "http.call.done",
    ),
    "worker": (
        # Claimed in the transaction that asked for it, by a job that is there with it: nothing lies between.
        *(f"payments.{kind}.{phase}" for kind in ("refund", "send_payout") for phase in PHASES[1:]),
        "jobs.job.claimed",
        "jobs.job.carried_out",
    ),
    "relay": ("eventlog.publish.written", "eventlog.publish.committed", "eventlog.follow.applied"),
}


async def test_whoever_dies_every_sale_is_paid_once(
    cluster_url: str, tmp_path: Path, record_property: RecordProperty
) -> None:
    admin_url = await databases.clone(cluster_url, suffix="_faults")
    url = databases.login_url(admin_url)
    db = await Db.connect(url)
    environ = {
        "KONTORHAUS_JOB_LEASE_SECONDS": "5",
        "KONTORHAUS_ANSWER_SECONDS_MAX": "5",
        "KONTORHAUS_DATABASE_CONNECTIONS": "6",
    }
    try:
        key = (await access.found(db, "Hanse Automobile"))[1].secret
        async with (
            provider(tmp_path) as stripe,
            fleet(tmp_path, url, PLACES, KONTORHAUS_STRIPE_URL=stripe.url, **environ) as house,
        ):
            await run(house, stripe, db, key, record_property)
    finally:
        await db.close()
        await databases.drop(cluster_url, admin_url)


async def run(house: Fleet, stripe: Provider, db: Db, key: str, record_property: RecordProperty) -> None:
    told: Counter[str] = Counter()
    numbers = itertools.count(1)
    until = monotonic() + SECONDS + 3600  # not before the shop is open
    async with phone(house.address, key, told) as first:
        shop = await sales.open_shop(first, stripe)
        await stripe.fault("webhook_doubled", event="*", percent=20)
        until = monotonic() + SECONDS

        async def trader() -> list[Sale]:
            done = []
            async with phone(house.address, key, told) as mine:
                while monotonic() < until:
                    done.append(await sales.sell(mine, stripe, shop, next(numbers)))
            return done

        killing = asyncio.create_task(house.kill_until(lambda: monotonic() >= until))
        done = list(itertools.chain(*await asyncio.gather(*(trader() for _ in range(AT_ONCE)))))
        await killing
        record_property("told", f"{len(done)} sales, {house.told()}, {dict(told)}")
        await sellers_are_paid(first, done)
        assert not house.unexpected, house.unexpected
        await both_books_agree(first, stripe, shop, done)
    await the_house_is_sound(db)
    assert len(house.deaths) >= KILLS_LEAST, house.told()
    died_at = {death.place for death in house.deaths}
    assert died_at - {AT_RANDOM}, house.told()
    if SECONDS >= LONG:
        assert died_at >= {place for places in PLACES.values() for place in places}, house.told()


async def sellers_are_paid(first: Phone, done: list[Sale]) -> None:
    """Until every payout has gone: they follow the sale's end."""
    expected = sum(sale.sent for sale in done)

    async def paid() -> int:
        found, cursor = 0, ""
        while True:
            page = await first.ask("GET", f"/v1/payouts?limit=100{cursor}")
            found += sum(int(one["amount"]["amount"]) for one in page["data"] if one["status"] == "paid")
            if not page["has_more"]:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    async with asyncio.timeout(sales.ALL_IS_QUIET_SECONDS):
        while await paid() != expected:
            await asyncio.sleep(0.5)


async def both_books_agree(first: Phone, stripe: Provider, shop: Shop, done: list[Sale]) -> None:
    """To the cent, in sum and of every sale."""
    books = await stripe.books()
    assert books["sound"], books["sums"]
    theirs = by_provider(books)
    ours = await by_ledger(lambda path: first.ask("GET", path), shop.entity, shop.connection)
    assert theirs == ours
    assert theirs["taken EUR"] == sum(sale.taken for sale in done)
    assert theirs["given back EUR"] == sum(sale.given_back for sale in done)
    assert theirs["sent to sellers EUR"] == sum(sale.sent for sale in done)
    assert len(books["payments"]) == len(done), "a sale has one intent at the provider"
    assert {one["charges"] for one in books["payments"].values()} <= {1}, "no card was charged twice"
    for sale in done:
        found: Any = await first.ask("GET", f"/v1/payments/{sale.payment}")
        assert (found["status"], found["captured"]["amount"]) == ("captured", sale.taken)
        assert found["refunded"]["amount"] == sale.given_back


async def the_house_is_sound(db: Db) -> None:
    for check in every_check():
        broken = await check.broken(db)
        assert not broken, (check.name, broken)
