"""What each provider can do, known without one at hand: a payment is judged by it in the transaction that creates
it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kontorhaus.money.payments.gateways.protocol import Capabilities
from kontorhaus.money.payments.gateways.stripe.gateway import CAPABILITIES as STRIPE

CAPABILITIES: Final[Mapping[str, Capabilities]] = {"stripe": STRIPE}
"""By the name that stands in the rows of connections."""
