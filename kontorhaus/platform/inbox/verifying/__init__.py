"""Verifiers that several providers share. Each is made once, of how its bodies are read, and is a pure function.

A room that registers a source takes one of these, or writes its own `Verifier`.
"""

from kontorhaus.platform.inbox.verifying.plain import plain as plain
from kontorhaus.platform.inbox.verifying.standard import standard as standard
from kontorhaus.platform.inbox.verifying.standard import standard_secret_fits as standard_secret_fits
from kontorhaus.platform.inbox.verifying.stripe import stripe as stripe
from kontorhaus.platform.inbox.verifying.stripe import stripe_event as stripe_event
from kontorhaus.platform.inbox.verifying.stripe import stripe_secret_fits as stripe_secret_fits
