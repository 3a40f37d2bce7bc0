"""A room of the smallest size with a network call in its middle: it charges once, through a fake provider.

It exists to be killed. Every point between and inside its two transactions has a name, and the process that runs it
dies at the one named in CHARGES_DIE_AT, by SIGKILL, so that nothing can clean up.
"""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from typing import Annotated, NewType
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from kontorhaus.kernel.ids import Noun, OrgId, text_of
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.db import Command, Db, Query, Tx
from kontorhaus.platform.http import Call, route
from kontorhaus.platform.idempotency import Once, Resume, settle, settled, two_phase
from kontorhaus.platform.outbound import Outbound
from kontorhaus.platform.secrets import Keyring

ChargeId = NewType("ChargeId", UUID)
CHARGE = Noun("chg", ChargeId)

SCHEMA = """
    CREATE TABLE demo_charge (
        org_id uuid NOT NULL,
        id     uuid NOT NULL,
        amount bigint NOT NULL,
        status text NOT NULL CHECK (status IN ('charging', 'charged')),
        PRIMARY KEY (org_id, id)
    );
    CALL wall('demo_charge', 'SELECT, INSERT, UPDATE', 'SELECT');
"""


class Charge(Struct, frozen=True):
    id: ChargeId
    amount: int
    status: str


class NewCharge(Struct, frozen=True, forbid_unknown_fields=True):
    amount: Annotated[int, Meta(ge=1, le=2**53 - 1)]


class ChargeView(Struct, frozen=True):
    id: str
    amount: int
    status: str


class Means(Struct, frozen=True):
    db: Db
    keyring: Keyring
    outbound: Outbound
    network: str
    patience: timedelta


INSERT = Command("INSERT INTO demo_charge (org_id, id, amount, status) VALUES ($1, $2, $3, 'charging')")
CHARGED = Query(
    Charge,
    "UPDATE demo_charge SET status = 'charged' WHERE org_id = $1 AND id = $2 AND status = 'charging'"
    " RETURNING id, amount, status",
)
READ = Query(Charge, "SELECT id, amount, status FROM demo_charge WHERE org_id = $1 AND id = $2")

POINTS = (
    "before_tx1",
    "inside_tx1",
    "after_tx1",
    "network_done_unanswered",
    "before_tx2",
    "inside_tx2",
    "after_tx2",
)


def die_at(point: str) -> None:
    if os.environ.get("CHARGES_DIE_AT") == point:
        os.kill(os.getpid(), signal.SIGKILL)


def view(charge: Charge, *, status: int) -> Answer:
    return answer(ChargeView(CHARGE.text(charge.id), charge.amount, charge.status), status=status)


async def create(means: Means, actor: Actor, new: NewCharge, once: Once) -> Answer:
    charge_id = CHARGE.new()
    die_at("before_tx1")

    async def begin(tx: Tx) -> None:
        await INSERT.run(tx, actor.org_id, charge_id, new.amount)
        die_at("inside_tx1")

    async def interim(tx: Tx, subject: UUID) -> Answer:
        return view(await READ.one(tx, actor.org_id, subject), status=202)

    given = await two_phase(
        means.db,
        means.keyring,
        once,
        resume=Resume("demo.charge", charge_id),
        begin=begin,
        finish=lambda subject: finish(means, actor.org_id, subject),
        interim=interim,
        patience=means.patience,
    )
    die_at("after_tx2")
    return given


async def finish(means: Means, org_id: OrgId, charge_id: UUID) -> Answer:
    """The second half: run by the request, and by the resumer after a crash."""
    die_at("after_tx1")
    async with means.db.org(org_id) as tx:
        charge = await READ.one(tx, org_id, charge_id)
    dies_there = os.environ.get("CHARGES_DIE_AT") == "network_done_unanswered"
    reply = await means.outbound.request(
        "POST",
        f"{means.network}/charges",
        headers={
            "idempotency-key": text_of(CHARGE.prefix, charge_id),
            **({"x-kill-after-effect": str(os.getpid())} if dies_there else {}),
        },
        body=msgspec.json.encode({"amount": charge.amount}),
        timeout_seconds=30,
    )
    assert reply.status == 200, "the fake provider takes every charge"
    die_at("before_tx2")

    async def end(tx: Tx) -> Answer:
        given = await settled(tx, means.keyring, org_id, charge_id)
        if given is not None:
            return given
        charged = await CHARGED.one(tx, org_id, charge_id)
        given = await settle(tx, means.keyring, org_id, charge_id, view(charged, status=201))
        die_at("inside_tx2")
        return given

    return await means.db.org(org_id).run(end)


@route(
    "POST",
    "/v1/charges",
    scope="charges:write",
    body=NewCharge,
    answer=ChargeView,
    status=201,
    idempotent=True,
)
async def create_charge(call: Call[NewCharge, None]) -> Answer:
    """Charge once."""
    return await create(call.resources, call.actor, call.body, call.once)


ROUTES = (create_charge,)
