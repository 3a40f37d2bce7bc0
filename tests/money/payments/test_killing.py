"""An API process is killed (SIGKILL) between two steps of a call to the provider; another one brings it to its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import asyncpg
import pytest
from msgspec import structs

from kontorhaus.money import payments
from kontorhaus.money.ledger import GroupCommit
from kontorhaus.people import access
from kontorhaus.platform.db import Db
from kontorhaus.platform.outbound import Outbound
from kontorhaus.platform.secrets import Keyring, LocalKeyFile
from kontorhaus.platform.settings import Settings
from kontorhaus.roles.resources import Resources
from tests.money.payments.conftest import Shop, at_work, free_port, opened_shop
from tests.support import databases
from tests.support.house import House
from tests.support.stripe import Sandbox

ROOT = Path(__file__).parents[3]


@pytest.fixture
async def faulty_url(cluster_url: str) -> AsyncIterator[str]:
    """A database whose name says that its processes may be killed; the address for the house's login."""
    made = await databases.clone(cluster_url)
    name = urlsplit(made).path.lstrip("/")
    admin = await asyncpg.connect(cluster_url)
    await admin.execute(f"ALTER DATABASE {name} RENAME TO {name}_faults")
    await admin.close()
    url = databases.on(cluster_url, f"{name}_faults")
    yield databases.login_url(url)
    await databases.drop(cluster_url, url)


@pytest.fixture
async def shop(faulty_url: str, sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop whose house is in this process, on the database that the other process shares."""
    db = await Db.connect(faulty_url)
    keyring = Keyring(LocalKeyFile.opened(tmp_path / "master.keys"))
    async with Outbound() as outbound:
        resources = Resources(
            settings=Settings(port=0), db=db, keyring=keyring, outbound=outbound, ledger=GroupCommit(db)
        )
        organization = (await access.found(db, "Hanse Automobile"))[1]
        async with opened_shop(resources, organization, sandbox) as found:
            yield found
            for check in payments.CHECKS:
                assert await check.broken(db) == [], check.says
    await db.close()


@contextlib.asynccontextmanager
async def doomed(shop: Shop, url: str, place: str, folder: Path) -> AsyncIterator[tuple[House, Any]]:
    """A second API process, which kills itself when it comes to a place."""
    port = free_port()
    names = {
        "DATABASE_URL": url,
        "KEY_FILE": str(folder / "master.keys"),
        "HOME": str(folder),
        "STRIPE_URL": shop.sandbox.url,
        "PORT": str(port),
        "FAILPOINTS": f"{place}=kill@1",
        "FAILPOINTS_TRAIL": str(folder / "trail"),
    }
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **{f"KONTORHAUS_{k}": v for k, v in names.items()}}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kontorhaus", "api", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with shop.house.session.get(f"{address}/readyz") as reply:
                        if reply.status == 200:
                            break
                assert process.returncode is None, "it did not start"
                await asyncio.sleep(0.1)
        yield structs.replace(shop.house, address=address), process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize(
    "place",
    [
        "payments.authorize.answered",
        "payments.capture.claimed",
        "payments.capture.sent",
        "payments.refund.answered",
    ],
)
async def test_a_killed_call_is_brought_to_its_end(
    shop: Shop, faulty_url: str, tmp_path: Path, place: str
) -> None:
    verb = place.split(".")[1]
    payment = await shop.create(4000, capture_method="manual" if verb == "capture" else "automatic")
    if verb != "authorize":
        await shop.confirm(payment)
    path = {"authorize": "confirm", "capture": "capture", "refund": "refunds"}[verb]
    body: dict[str, object] = {"method": "pm_card_visa"} if verb == "authorize" else {}
    url, key = f"/v1/payments/{payment['id']}/{path}", {"idempotency-key": "the-phone-sends-it-again"}

    async with doomed(shop, faulty_url, place, tmp_path) as (house, process):
        with pytest.raises(aiohttp.ClientError):
            await house.post(url, body, **key)
        assert await process.wait() == -signal.SIGKILL
    assert json.loads((tmp_path / "trail").read_text().splitlines()[0])["place"] == place

    async with at_work(shop), asyncio.timeout(90):
        while (reply := await shop.house.post(url, body, **key)).status in (202, 409):
            await asyncio.sleep(0.3)

    assert reply.json["status"] in ("captured", "succeeded"), reply.json
    refunded = 4000 if verb == "refund" else 0
    assert await shop.charged() == [(4000, 1, refunded)]
    assert await shop.balance(shop.deposit) == 4000 - refunded
    assert (await shop.kinds(payment)).count("payment.captured") == 1
