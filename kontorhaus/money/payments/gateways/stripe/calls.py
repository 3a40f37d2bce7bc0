"""One call to Stripe through its SDK, and the answer whatever its status.

The SDK builds and signs the request; `platform.outbound` carries it, so that what is not known is told as such. The
SDK's own retries, telemetry and logs are off: a retry is an operation's, and the others would carry what is secret or
personal (its debug lines hold whole bodies, its telemetry writes an id of this machine to disk).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final, cast

import stripe
from msgspec import Struct
from stripe import HTTPClient, StripeClient, StripeError, StripeObject, _util

from kontorhaus import __version__
from kontorhaus.money.payments.gateways.protocol import Credentials
from kontorhaus.platform.outbound import Method, Outbound, Unknown

# The SDK has these switches for the whole process alone.
stripe.enable_telemetry = False
logging.getLogger("stripe").disabled = True
_util.STRIPE_LOG = None  # what the variable of this name would have printed holds bodies

VERSION: Final = "2026-10-28.endive"
"""The version of Stripe's API that this code reads and writes, whatever the account's default is. A later SDK does not
change it; the shapes in `shapes.py` are those of this version."""

LIVE_BASE: Final = "https://api.stripe.com"
"""Where live keys are sent, whatever the settings say; test keys may go to a simulator."""

PATIENCE: Final = timedelta(seconds=60)
"""Confirming waits for the card's bank, for which networks allow about 30 s. Stripe's SDK waits 80 s, which is longer
than anybody who called us does; what has not been answered by then is asked for."""

SENT: Final = ("Authorization", "Content-Type", "Idempotency-Key", "Stripe-Version")
"""The header fields of the SDK that Stripe needs. The rest describes this machine and its environment."""

AGENT: Final = f"kontorhaus/{__version__} stripe-python/{stripe.VERSION}"

PEER: Final = "stripe"
"""Its name in the metrics."""


def is_live(secret_key: str) -> bool:
    return secret_key.startswith(("sk_live_", "rk_live_"))


class Answered(Struct, frozen=True):
    """A whole answer. `replayed`: it is the one that was remembered under the same key."""

    status: int
    body: str
    replayed: bool

    def __repr__(self) -> str:
        return f"Answered({self.status})"


Send = Callable[[StripeClient], Awaitable[StripeObject]]


class Calls:
    """The one place that knows the SDK's client. Holds no key: each call is given the credentials that it uses."""

    def __init__(self, outbound: Outbound, test_base: str, *, patience: timedelta = PATIENCE) -> None:
        self._transport: Final = _Transport(outbound, patience)
        self._test_base: Final = test_base.rstrip("/")

    async def ask(self, credentials: Credentials, send: Send) -> Answered:
        """Stripe's own answer; NotSent and Unknown where there is none. An answer that is no JSON is Unknown."""
        client = StripeClient(
            credentials.secret_key,
            base_addresses={"api": LIVE_BASE if is_live(credentials.secret_key) else self._test_base},
            http_client=self._transport,
            max_network_retries=0,
            stripe_version=VERSION,
        )
        try:
            said = await send(client)
        except StripeError as error:
            # `from None`: its message is Stripe's sentence, which may quote what was sent.
            if error.http_status is None or error.json_body is None:
                raise Unknown("the provider's answer could not be read") from None
            return Answered(error.http_status, _text(error.http_body), _replayed(error.headers))
        # Typed by the SDK as an object, and yet whatever JSON came: a text or a list has no answer to it.
        found = getattr(said, "last_response", None)
        if found is None:
            raise Unknown("the provider's answer could not be read")
        return Answered(found.code, _text(found.body), _replayed(found.headers))


class _Transport(HTTPClient):
    """The SDK's way out. It never sends twice."""

    name = "kontorhaus"

    def __init__(self, outbound: Outbound, patience: timedelta) -> None:
        super().__init__()
        self._outbound: Final = outbound
        self._patience: Final = patience

    async def request_with_retries_async(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        post_data: Any = None,
        max_network_retries: int | None = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[Any, int, Any]:
        del max_network_retries, _usage
        reply = await self._outbound.request(
            cast("Method", method.upper()),
            url,
            headers={
                **{name: headers[name] for name in SENT if name in headers},
                # The SDK makes a key of its own for a POST without one, which would tell two tries apart.
                "user-agent": AGENT,
            },
            body=None if post_data is None else str(post_data).encode(),
            timeout_seconds=self._patience.total_seconds(),
            peer=PEER,
        )
        try:
            text = reply.body.decode()
        except UnicodeDecodeError as error:
            raise Unknown("the provider's answer could not be read") from error
        # A notice would be raised as a warning of Python's, with Stripe's words.
        return text, reply.status, {k: v for k, v in reply.headers.items() if k != "stripe-notice"}


def _text(body: object) -> str:
    return body if isinstance(body, str) else ""


def _replayed(headers: Mapping[str, str] | None) -> bool:
    return (headers or {}).get("idempotent-replayed") == "true"
