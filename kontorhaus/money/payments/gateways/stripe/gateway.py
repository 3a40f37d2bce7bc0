"""The gateway to Stripe: card payments, refunds, and sellers' accounts with transfers to them (Connect)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

import msgspec

from kontorhaus.kernel.currencies import SCALES
from kontorhaus.money.payments.errors import CredentialsRefused, ProviderRefused
from kontorhaus.money.payments.gateways.protocol import (
    Capabilities,
    Credentials,
    ProviderAccount,
    WebhookEndpoint,
)
from kontorhaus.money.payments.gateways.stripe import asking, shapes, webhooks
from kontorhaus.money.payments.gateways.stripe.calls import LIVE_BASE, PATIENCE, VERSION, Answered, Calls
from kontorhaus.money.payments.gateways.stripe.declines import plain
from kontorhaus.money.payments.gateways.stripe.finding import PAGE, REPEAT_WITHIN, Finder
from kontorhaus.money.payments.model.asks import Ask
from kontorhaus.money.payments.model.observations import Absent, Notice, Outcome, Seen, Subject
from kontorhaus.platform.outbound import NotSent, Outbound, Unknown

WHOLE_UNITS: Final = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
"""Currencies whose amounts Stripe takes in whole units; all others in hundredths."""

TAKEN: Final = frozenset(
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CLP CNY "
    "COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK "
    "JMD JPY KES KGS KHR KMF KRW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD "
    "NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL "
    "THB TJS TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VND VUV WST XAF XCD XOF XPF YER ZAR ZMW".split()
)
"""https://docs.stripe.com/currencies"""

CURRENCIES: Final = frozenset(
    code for code in TAKEN & SCALES.keys() if SCALES[code] == (0 if code in WHOLE_UNITS else 2)
)
"""Those in which Stripe's smallest unit is that of ISO 4217. The króna (ISK), the Ugandan shilling and the ariary are
not: an amount would be a hundred times too large or too small, so they are not offered."""

KEY: Final = {
    live: re.compile(rf"[sr]k_{'live' if live else 'test'}_[A-Za-z0-9_]{{3,240}}") for live in (False, True)
}
"""Secret and restricted keys; Stripe names no length, so the bound is generous."""

CAPABILITIES: Final = Capabilities(
    currencies=CURRENCIES,
    partial_capture=True,
    partial_refund=True,
    seller_accounts=True,
    webhook_endpoints=True,
    repeat_within=REPEAT_WITHIN,
    # Visa's shortest; other cards have 7 days (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
    authorized_for=timedelta(days=4, hours=18),
)


class Stripe:
    """Fulfils `Gateway`. `test_base` is where test keys are sent; live keys always go to Stripe."""

    def __init__(
        self, outbound: Outbound, *, test_base: str = LIVE_BASE, patience: timedelta = PATIENCE
    ) -> None:
        self._calls: Final = Calls(outbound, test_base, patience=patience)

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def fits(self, secret_key: str, *, live: bool) -> bool:
        return KEY[live].fullmatch(secret_key) is not None

    async def test(self, credentials: Credentials) -> ProviderAccount:
        answered = await self._calls.ask(credentials, lambda c: c.v1.accounts.retrieve_current_async())
        _refuse(answered)
        found = asking.understood(_ACCOUNT.decode, answered.body)
        return ProviderAccount(
            reference=found.id,
            live=None,
            country=found.country,
            currency=None if found.default_currency is None else found.default_currency.upper(),
            ready=found.charges_enabled,
        )

    async def send(self, credentials: Credentials, ask: Ask) -> Outcome:
        answered = await Finder(self._calls, credentials).send(ask)
        return asking.outcome(answered, asking.sending(ask).read)

    async def find(
        self, credentials: Credentials, ask: Ask, *, reference: str | None, age: timedelta
    ) -> Outcome | Absent:
        return await Finder(self._calls, credentials).find(ask, reference=reference, age=age)

    async def retrieve(self, credentials: Credentials, subject: Subject, reference: str) -> Seen | None:
        finder = Finder(self._calls, credentials)
        if subject is Subject.PAYMENT:
            return await finder.payment(reference)
        retrieve, shape = _RETRIEVE[subject]
        return await finder.retrieved(lambda c: retrieve(c, reference), asking.reader(shape))

    def read(self, body: bytes) -> Notice | None:
        return webhooks.read(body)

    async def open_webhooks(
        self, credentials: Credentials, url: str, *, sellers: bool, key: str
    ) -> WebhookEndpoint:
        params: Any = {
            "url": url,
            "enabled_events": list(webhooks.SELLER_EVENTS if sellers else webhooks.EVENTS),
            "api_version": VERSION,
            "connect": sellers,
            "description": "Kontorhaus",
        }
        options: Any = {"idempotency_key": key}
        answered = await self._calls.ask(
            credentials, lambda c: c.v1.webhook_endpoints.create_async(params, options)
        )
        _refuse(answered)
        made = asking.understood(_ENDPOINT.decode, answered.body)
        await self._remove_others(credentials, url, made.id)
        return WebhookEndpoint(made.id, made.secret)

    async def _remove_others(self, credentials: Credentials, url: str, kept: str) -> None:
        params: Any = {"limit": PAGE}
        answered = await self._calls.ask(credentials, lambda c: c.v1.webhook_endpoints.list_async(params))
        _refuse(answered)
        for other in asking.understood(_ENDPOINTS.decode, answered.body).data:
            if other.url == url and other.id != kept:
                await self._remove(credentials, other.id)

    async def _remove(self, credentials: Credentials, reference: str) -> None:
        gone = await self._calls.ask(credentials, lambda c: c.v1.webhook_endpoints.delete_async(reference))
        if gone.status != 404:
            _refuse(gone)


class Listening(msgspec.Struct, frozen=True):
    id: str
    url: str = ""


class Endpoints(msgspec.Struct, frozen=True):
    data: list[Listening]


_ACCOUNT: Final = msgspec.json.Decoder(shapes.Account)
_ENDPOINT: Final = msgspec.json.Decoder(shapes.Endpoint)
_ENDPOINTS: Final = msgspec.json.Decoder(Endpoints)

_RETRIEVE: Final[dict[Subject, tuple[Any, type[Any]]]] = {
    Subject.REFUND: (lambda c, i: c.v1.refunds.retrieve_async(i), shapes.Refund),
    Subject.PAYOUT: (lambda c, i: c.v1.transfers.retrieve_async(i), shapes.Transfer),
    Subject.SELLER_ACCOUNT: (lambda c, i: c.v1.accounts.retrieve_async(i), shapes.Account),
    Subject.DISPUTE: (lambda c, i: c.v1.disputes.retrieve_async(i), shapes.Dispute),
}


def _refuse(answered: Answered) -> None:
    """Raise for an answer to a call that is no operation, unless it was carried out."""
    status = answered.status
    if 200 <= status < 300:
        return
    if status == 429:
        raise NotSent("the provider has too much to do")
    if not 400 <= status < 500 or status == 409:
        raise Unknown("the provider did not say whether it was done", status=status)
    word = plain(asking.error_in(answered).code)
    if status in asking.CREDENTIALS:
        raise CredentialsRefused("the provider does not take the key", provider_code=word)
    raise ProviderRefused("the provider refuses", provider_code=word)
