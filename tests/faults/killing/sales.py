"""Whole sales over the API: an order with a car and our fee, paid by card, handed over, the seller paid."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from kontorhaus.kernel.time import monotonic
from tests.faults.killing.phone import Phone
from tests.faults.killing.simulator import KEY, Provider

BACK: Final = "https://shop.example.com/"

SELLERS: Final = 5

CAR, FEE, CUT = 9_000_00, 357_00, 500_00

ALL_IS_QUIET_SECONDS: Final = 600
"""For one thing to come about while everybody dies: an answer that was lost is asked for after 5 s, 30 s and 5 min."""


LOOK_SECONDS_MAX: Final = 2.0
"""Between two looks of one who waits: hundreds who looked all the time would be the load."""


def eur(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


class Shop(Struct, frozen=True):
    """What all sales share."""

    entity: str
    connection: str
    buyer: str
    sellers: tuple[str, ...]


class Sale(Struct, frozen=True):
    """A sale that has ended, and what must have been done for it: once."""

    order: str
    payment: str
    taken: int
    given_back: int
    sent: int


async def until(phone: Phone, path: str, ready: Callable[[Any], bool]) -> Any:
    end = monotonic() + ALL_IS_QUIET_SECONDS
    pause = 0.2
    while not ready(found := await phone.ask("GET", path)):
        assert monotonic() < end, f"{path} stays {found}"
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LOOK_SECONDS_MAX)
    return found


async def open_shop(phone: Phone, stripe: Provider) -> Shop:
    """Our entity with books and a connection, a buyer, and sellers whom the provider may pay."""

    async def party(name: str, role: str) -> str:
        body = {"kind": "company", "name": name, "roles": [role], "country": "DE"}
        return str(
            (await phone.ask("POST", "/v1/parties", body, key=f"party-{role}-{name[-2:].strip()}"))["id"]
        )

    entity = await party("Hanse Automobile 1", "legal_entity")
    await phone.ask("POST", "/v1/ledger/entities", {"entity": entity, "base_currency": "EUR"}, key="books")
    account = {"entity": entity, "gateway": "stripe", "name": "Stripe", "secret_key": KEY}
    made = await phone.ask("POST", "/v1/payment_connections", account, key="connection")
    connection = str(made["id"])
    await until(phone, f"/v1/payment_connections/{connection}", lambda found: found["webhooks"] == "open")
    sellers = [await party(f"Autohaus {number}", "seller") for number in range(SELLERS)]
    for seller in sellers:
        asked = {"party": seller, "connection": connection}
        opened = await phone.ask("POST", "/v1/seller_accounts", asked, key=f"account-{seller}")
        path = f"/v1/seller_accounts/{opened['id']}"
        pages = {"return_url": BACK, "refresh_url": BACK}
        link = await phone.ask("POST", f"{path}/onboarding_link", pages, key=f"link-{seller}")
        await stripe.press(link["url"])
        await until(phone, path, lambda found: found["status"] == "active")
    return Shop(entity, connection, await party("Garage Lumière 1", "customer"), tuple(sellers))


async def sell(phone: Phone, stripe: Provider, shop: Shop, number: int) -> Sale:
    """One sale, each step under a key of its own. Every third card's bank asks, every fourth card is refused at first,
    every fifth sale is captured by hand, every sixth price is cut after the payment."""

    def key(step: str) -> str:
        return f"sale-{number}-{step}"

    car = {"model": "agent", "description": "Volkswagen Golf", "amount": eur(CAR)}
    fee = {"model": "own", "description": "Our fee", "amount": eur(FEE)}
    fee["tax"] = {"rate_ppm": 190_000, "category": "S", "country": "DE"}
    body = {
        "entity": shop.entity,
        "buyer": shop.buyer,
        "inspection_days": 0,
        "capture": "manual" if number % 5 == 0 else "automatic",
        "lines": [{**car, "seller": shop.sellers[number % SELLERS]}, fee],
    }
    order = await phone.ask("POST", "/v1/orders", body, key=key("order"))
    path = f"/v1/orders/{order['id']}"
    begun = await phone.ask("POST", f"{path}/pay", {"return_url": BACK}, key=key("pay"))
    payment = str(begun["payment"])
    await pay(phone, stripe, payment, number)
    await until(phone, path, lambda found: found["status"] in ("confirmed", "completed"))
    cut = CUT if number % 6 == 0 else 0
    if cut:
        line = order["lines"][0]["id"]
        await phone.ask("POST", f"{path}/lines/{line}/price_cut", {"amount": eur(cut)}, key=key("cut"))
    for place, line in enumerate(order["lines"]):
        await phone.ask("POST", f"{path}/lines/{line['id']}/hand_over", {}, key=key(f"hand-over-{place}"))
    await until(phone, path, lambda found: found["status"] == "completed")
    return Sale(str(order["id"]), payment, CAR + FEE, cut, CAR - cut)


async def pay(phone: Phone, stripe: Provider, payment: str, number: int) -> None:
    """Confirm, authenticate and capture, whatever this sale needs."""
    path = f"/v1/payments/{payment}"
    if number % 4 == 0:
        method = {"method": "pm_card_chargeDeclined"}
        await phone.ask("POST", f"{path}/confirm", method, key=f"sale-{number}-refused")
        await until(phone, path, lambda found: found["status"] == "requires_payment_method")
    found = await confirm(phone, path, number)
    if found["status"] == "requires_action":
        await stripe.press(found["action_url"], b"outcome=approve")
        # The buyer's browser dies on its way back: the provider's news must do.
        found = await until(phone, path, lambda found: found["status"] in ("captured", "authorized"))
    if found["status"] == "authorized":
        await phone.ask("POST", f"{path}/capture", {}, key=f"sale-{number}-capture")
        await until(phone, path, lambda found: found["status"] == "captured")


async def confirm(phone: Phone, path: str, number: int) -> Any:
    """Until the card has been asked. A try that surely did not reach the provider ends where it began; then the buyer
    presses the button again, which is another call."""
    method = {"method": "pm_card_threeDSecure2Required" if number % 3 == 0 else "pm_card_visa"}
    asked, again = (
        ("captured", "authorized", "requires_action"),
        ("requires_payment_method", "requires_confirmation"),
    )
    for turn in range(20):
        await phone.ask("POST", f"{path}/confirm", method, key=f"sale-{number}-confirm-{turn}")
        found = await until(phone, path, lambda found: found["status"] in asked + again)
        if found["status"] in asked:
            return found
    raise AssertionError(f"{path} was never asked for")
