"""The Protocol that a provider's gateway fulfils. It knows no database: credentials and asks are handed in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from msgspec import Struct

from kontorhaus.money.payments.model.asks import Ask
from kontorhaus.money.payments.model.observations import Absent, Notice, Outcome, Seen, Subject


class Credentials(Struct, frozen=True):
    """What a connection signs in with. It has no readable form."""

    secret_key: str

    def __repr__(self) -> str:
        return "Credentials(***)"


class Capabilities(Struct, frozen=True, kw_only=True):
    """What a provider can do. `currencies` are those in which its minor unit is that of ISO 4217.

    `repeat_within` is how long after the first send the same call under the same key is surely the same call.
    """

    currencies: frozenset[str]
    partial_capture: bool
    partial_refund: bool
    seller_accounts: bool
    webhook_endpoints: bool
    repeat_within: timedelta
    authorized_for: timedelta


class ProviderAccount(Struct, frozen=True, kw_only=True):
    """Whose key it is, and which world it opens. `live` is None where the provider does not say: the key's own form
    does."""

    reference: str
    live: bool | None
    country: str | None = None
    currency: str | None = None
    ready: bool = False
    """Whether it may collect money now."""


class WebhookEndpoint(Struct, frozen=True):
    """An address that the provider now delivers to, and the secret it signs with."""

    reference: str
    secret: str

    def __repr__(self) -> str:
        return f"WebhookEndpoint({self.reference})"


class Gateway(Protocol):
    """One kind of provider. Every call ends within its own bounds, is sent once, and is honest about what is not
    known: outbound.NotSent means that surely nothing was done and the same ask may be sent again under the same key;
    outbound.Unknown that it may have been, and `find` is to be used."""

    @property
    def capabilities(self) -> Capabilities: ...

    def fits(self, secret_key: str, *, live: bool) -> bool:
        """Whether the key has the form of one of this world. Pure; a form that fits is not a key that works."""
        ...

    async def test(self, credentials: Credentials) -> ProviderAccount:
        """Who the key is. CredentialsRefused if the provider does not take it; NotSent and Unknown alike if it could
        not be asked: nothing hangs on it."""
        ...

    async def send(self, credentials: Credentials, ask: Ask) -> Outcome:
        """Ask for it, under the operation's key. The answer's amounts and ids are the provider's: compare them."""
        ...

    async def find(
        self, credentials: Credentials, ask: Ask, *, reference: str | None, age: timedelta
    ) -> Outcome | Absent:
        """What became of an ask that was sent `age` ago for the first time, and whose outcome is unknown.

        It looks before it asks. If there is no trace yet and the key is surely remembered, the same call is repeated
        under it, which is done now if it never was: whoever calls this still wants it done. Raises NotSent (nothing
        was learned, nothing done) and Unknown (still not known).
        """
        ...

    async def retrieve(self, credentials: Credentials, subject: Subject, reference: str) -> Seen | None:
        """The object as it stands now; None if there is none. NotSent and Unknown alike if it could not be asked."""
        ...

    def read(self, body: bytes) -> Notice | None:
        """What a believed webhook is about; None if that is nothing of ours. Pure."""
        ...

    async def open_webhooks(
        self, credentials: Credentials, url: str, *, sellers: bool, key: str
    ) -> WebhookEndpoint:
        """Have the provider deliver to an address: what concerns the account itself, or with `sellers` its sellers'
        accounts. `key` makes it the same endpoint when it is asked for again within the provider's memory of keys;
        others of the same address are removed, since nobody knows their secrets. CredentialsRefused, ProviderRefused,
        NotSent, Unknown."""
        ...


Gateways = Mapping[str, Gateway]
"""By name, as it stands in the rows of connections."""
