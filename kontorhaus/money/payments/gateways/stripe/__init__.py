"""Stripe: the official SDK over the house's own HTTP client, for one pinned version of its API."""

from kontorhaus.money.payments.gateways.stripe.gateway import Stripe as Stripe
from kontorhaus.money.payments.gateways.stripe.webhooks import stripe_accepted as stripe_accepted
