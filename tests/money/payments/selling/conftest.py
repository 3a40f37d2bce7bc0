"""A market of its own for each test: the simulator's faults and books are nobody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from kontorhaus.money.ledger import GroupCommit
from kontorhaus.money.payments.gateways.stripe import Stripe
from kontorhaus.people.access import Founded
from kontorhaus.platform.db import Db
from kontorhaus.platform.inbox import Inbox
from kontorhaus.platform.outbound import Outbound
from kontorhaus.platform.secrets import Keyring
from kontorhaus.platform.settings import Settings
from kontorhaus.roles.resources import Resources
from kontorhaus.roles.sources import every_source
from tests.money.payments.selling.market import Market
from tests.support.house import House
from tests.support.stripe import Sandbox, running


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running() as found:
        yield found


@pytest.fixture
async def resources(db: Db, keyring: Keyring, sandbox: Sandbox) -> AsyncIterator[Resources]:
    async with Outbound() as outbound:
        gateways = {"stripe": Stripe(outbound, test_base=sandbox.url, patience=timedelta(seconds=3))}
        yield Resources(
            settings=Settings(port=0),
            db=db,
            keyring=keyring,
            outbound=outbound,
            ledger=GroupCommit(db),
            inbox=Inbox(every_source(keyring, gateways)),
            gateways=gateways,
        )


@pytest.fixture
async def market(house: House, resources: Resources, sandbox: Sandbox, organization: Founded) -> Market:
    own = house.holding(organization.secret)
    company = {"kind": "company", "name": "Kontor GmbH", "roles": ["legal_entity"], "country": "DE"}
    entity = (await own.post("/v1/parties", company)).json["id"]
    await own.post("/v1/ledger/entities", {"entity": entity, "base_currency": "EUR"})
    person = {"kind": "person", "name": "Erika Mustermann", "roles": ["seller"], "country": "DE"}
    seller = (await own.post("/v1/parties", person)).json["id"]
    connection = await own.post(
        "/v1/payment_connections",
        {"entity": entity, "gateway": "stripe", "name": "Stripe", "secret_key": sandbox.key},
    )
    assert connection.status == 201, connection.body
    return Market(own, sandbox, resources, organization.org_id, entity, seller, connection.json["id"])
