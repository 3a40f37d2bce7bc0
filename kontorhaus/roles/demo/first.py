"""The first sale of `kontorhaus up`: played once, so that there is an order to look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import structs

from kontorhaus.kernel.errors import DomainError
from kontorhaus.platform import telemetry
from kontorhaus.roles.demo import sales
from kontorhaus.roles.demo.calendar import Calendar
from kontorhaus.roles.demo.desk import SECRET_KEY, CallRefused, Desk, NotSoInTime, Provider
from kontorhaus.roles.demo.playing import Played
from kontorhaus.roles.demo.stage import Stage, party
from kontorhaus.roles.demo.telling import Teller, amount
from kontorhaus.roles.resources import Resources

LOG: Final = telemetry.get_logger(__name__)

ONCE: Final = "up"
"""How the idempotency keys of these calls begin: the same at every start."""

SALE: Final = structs.replace(sales.FIRST, reference="first-sale")


async def customer(resources: Resources, address: str, key: str) -> str | None:
    """The buyer of the first sale, so that the first curl works at once. None if the API refused, which the log
    explains."""
    try:
        return await party(Desk(resources.outbound, address, key, ONCE), "customer", SALE.buyer)
    except (CallRefused, DomainError) as error:
        LOG.warning("demo_customer_failed", error=type(error).__name__)
        return None


async def sale(resources: Resources, address: str, key: str) -> list[str]:
    """Play it, or what an earlier start has left of it, and say where it can be looked at. Nothing if it came to no
    end, which the log explains: the house works without.

    The test clock of the demo organization stands still meanwhile, and runs again afterwards.
    """
    stage = _stage(resources, address, key)
    played = Played(stage, SALE)
    try:
        if not await played.found() or not played.completed:
            await _play(stage, played)
    except (CallRefused, NotSoInTime, DomainError) as error:
        LOG.warning(
            "demo_sale_failed",
            error=type(error).__name__,
            code=getattr(error, "code", None),
            at=getattr(error, "call", None),
        )
        return []
    return list(_shown(stage.desk, played))


async def _play(stage: Stage, played: Played) -> None:
    """The sale begins in the past and ends now: when time runs again, the buyer's time to object is over. Only then
    can the order be completed, so a start that finds it completed finds no clock of ours either."""
    calendar = Calendar(stage.desk)
    await calendar.open(SALE.inspection_days)
    await stage.open()
    await played.begin()
    await calendar.close()
    await played.finish()


def _stage(resources: Resources, address: str, key: str) -> Stage:
    assert resources.settings.stripe_url is not None, "there is a simulator"
    desk = Desk(resources.outbound, address, key, ONCE)
    return Stage(
        desk,
        Provider(resources.outbound, resources.settings.stripe_url, SECRET_KEY),
        Teller(_untold, as_json=False),
    )


def _untold(_: str) -> None:
    """The welcome says where the sale can be looked at; its steps are in its timeline."""


def _shown(desk: Desk, played: Played) -> Iterator[str]:
    order = f"{desk.address}/v1/orders/{played.order['id']}"
    header = f"-H 'Authorization: Bearer {desk.key}'"
    yield "The first sale is through: a car from Leipzig to Lyon, paid, handed over, and paid out."
    yield f"  Order      {order}  {amount(played.order['amount'])}, {played.order['status']}"
    yield f"  curl {order}/timeline {header}"
    yield f"  curl {order}/books {header}"
    yield f"  curl {order}/books/drawing {header} -o books.svg"
