"""The Stripe simulator, driven from outside: by Stripe's own SDK and by its control interface."""
