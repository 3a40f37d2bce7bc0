"""Amounts: which currencies there are, what Stripe takes for itself, and when money becomes available.

All whole numbers of the smallest unit. Nothing is converted: what is taken in a currency stays in it.
"""

from __future__ import annotations

import datetime
from typing import Final

from kontorhaus.sandbox.stripe.call import DAY
from kontorhaus.sandbox.stripe.errors import StripeError, invalid

CURRENCIES: Final = frozenset(
    "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp cny "
    "cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk "
    "jmd jpy kes kgs khr kmf krw kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad "
    "ngn nio nok npr nzd pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl "
    "thb tjs top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw".split()
)
"""What Stripe takes (https://docs.stripe.com/currencies)."""

WHOLE: Final = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split())
"""Currencies whose smallest unit is the unit itself."""

LEAST: Final = {
    "bgn": 100, "czk": 1500, "dkk": 250, "gbp": 30, "huf": 17_500, "jpy": 50, "mxn": 1000, "nok": 300, "pln": 200,
    "ron": 200, "sek": 300, "thb": 1000, "hkd": 400, "myr": 200, "aed": 200,
}  # fmt: skip
"""Stripe's least charge where it is not 50 (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts)."""

AMOUNT_MAX: Final = 99_999_999
"""Eight digits: Stripe's most for a charge."""

EUROPE: Final = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()
)

DISPUTE_FEE: Final = 2_000
"""20.00 in the disputed currency, as in the euro countries. It is not given back when the dispute is won, as is
Stripe's rule since June 2025."""


def currency_of(text: str) -> str:
    """The currency in lower case; raises when Stripe has none of that name."""
    found = text.lower()
    if found not in CURRENCIES:
        raise invalid(
            f"Invalid currency: {text}. Stripe currently supports these currencies: {', '.join(sorted(CURRENCIES))}",
            param="currency",
        )
    return found


def check_charge(amount: int, currency: str) -> None:
    """Whether a card can be charged with so much."""
    if amount < LEAST.get(currency, 50):
        raise invalid(
            f"Amount must be at least {written(LEAST.get(currency, 50), currency)}",
            param="amount",
            code="amount_too_small",
        )
    if amount > AMOUNT_MAX:
        raise invalid(
            f"Amount must be no more than {written(AMOUNT_MAX, currency)}",
            param="amount",
            code="amount_too_large",
        )


def check_positive(amount: int, param: str = "amount") -> None:
    if amount < 1:
        raise invalid("Invalid positive integer", param=param, code="parameter_invalid_integer")


def written(amount: int, currency: str) -> str:
    """For messages: `12.34 eur`."""
    if currency in WHOLE:
        return f"{amount} {currency}"
    units, cents = divmod(amount, 100)
    return f"{units}.{cents:02} {currency}"


def fee_of(amount: int, currency: str, card_country: str) -> int:
    """What Stripe takes of a card payment: 1.5 % + 0.25 for cards of the EEA, 2.5 % for British ones, else 3.25 %;
    half a cent is rounded up. The fixed part is left out where the currency has no cents."""
    basis_points = 150 if card_country in EUROPE else 250 if card_country == "GB" else 325
    fixed = 0 if currency in WHOLE else 25
    return min(amount, (amount * basis_points + 5_000) // 10_000 + fixed)


def business_days_later(start: int, days: int) -> int:
    """Midnight in UTC, so many business days after the instant's own day. Saturdays and Sundays are none; Stripe's
    calendar of bank holidays is not kept."""
    day = datetime.datetime.fromtimestamp(start, datetime.UTC).date()
    while days > 0:
        day += datetime.timedelta(days=1)
        days -= day.weekday() < 5
    return (day - datetime.date(1970, 1, 1)).days * DAY


def insufficient(message: str) -> StripeError:
    return invalid(message, code="balance_insufficient")
