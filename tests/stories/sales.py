"""The part of the examples' story that is about orders: a sale that is paid by a card of the provider's simulator."""

from __future__ import annotations

import aiohttp

from kontorhaus.people.access import Founded
from kontorhaus.roles.resources import Resources
from tests.goods.orders.market import opened_market
from tests.goods.orders.shop import euros, path
from tests.stories.recording import Recorder
from tests.support import stripe
from tests.support.stripe import Sandbox


async def orders(recorder: Recorder, resources: Resources, organization: Founded) -> None:
    """Call every operation of orders, in the order in which a sale does."""
    with stripe.started() as simulator:
        async with aiohttp.ClientSession() as session:
            sandbox = Sandbox(simulator.url, session, simulator.process, stripe.fresh_key())
            async with opened_market(resources, organization, sandbox) as market:
                shop = market.shop
                beside = recorder.at(market.house)
                order = (await beside.call("POST", "/v1/orders", shop.wanted(reference="2026-1042"))).json
                at = path(order)
                lines = [f"{at}/lines/{line['id']}" for line in order["lines"]]
                await beside.call("GET", "/v1/orders?limit=1")
                paying = {"return_url": "https://shop.example.com/done"}
                payment = (await beside.call("POST", f"{at}/pay", paying)).json["payment"]
                await market.confirm(payment)
                await beside.call("POST", f"{lines[0]}/hand_over", {})
                await beside.call("POST", f"{lines[0]}/price_cut", {"amount": euros(50_000)})
                await beside.call("POST", f"{lines[2]}/cancel")
                await beside.call("GET", at)
                await beside.call("GET", f"{at}/timeline")
                await beside.call("GET", f"{at}/books")
                await beside.call("GET", f"{at}/books/drawing")
                other = await shop.place(shop.car())
                await beside.call("POST", f"{path(other)}/cancel")
