"""Why a call with an idempotency key is not carried out."""

from __future__ import annotations

from kontorhaus.kernel.errors import Conflict, Refused


class IdempotencyKeyReused(Refused):
    """The key was used before for a call with another body. Take a new key for a new call.

    Sending the same call again needs the same body, byte for byte.
    """

    code = "idempotency_key_reused"
    title = "The idempotency key belongs to another call"


class IdempotencyKeyInFlight(Conflict):
    """The same call is being carried out right now by another request. Ask again in a moment with the same key: the
    answer will be that of the first one.
    """

    code = "idempotency_key_in_flight"
    title = "The same call is in flight"
    should_retry = True
    retry_after_seconds = 1
