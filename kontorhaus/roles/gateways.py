"""Which payment providers the house speaks to."""

from __future__ import annotations

from kontorhaus.money.payments import Gateways, Stripe
from kontorhaus.platform.outbound import Outbound
from kontorhaus.platform.settings import Settings


def every_gateway(outbound: Outbound, settings: Settings) -> Gateways:
    """The gateways by the name that connections have of them. Test keys go where the settings say."""
    stripe = Stripe(outbound, test_base=settings.stripe_url) if settings.stripe_url else Stripe(outbound)
    return {"stripe": stripe}
