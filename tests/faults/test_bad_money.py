"""Wrong amounts and currencies in a body: a field of money takes whole minor units of a known currency, and no more."""

from __future__ import annotations

from typing import Final

import pytest
from msgspec import Struct

from kontorhaus.kernel.money import MoneyView
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.http import Call, application, route
from kontorhaus.platform.http.edge import Edge
from kontorhaus.platform.settings import Settings
from tests.platform.http.asking import ask, problem
from tests.platform.http.shop import authenticate


class Charge(Struct, frozen=True, forbid_unknown_fields=True):
    total: MoneyView


@route("POST", "/v1/test_charges", scope="test:write", body=Charge, answer=Charge)
async def charge(call: Call[Charge, None]) -> Answer:
    """Take money, and give it back."""
    return answer(Charge(call.body.total.money("/total").view()))


def edge() -> Edge:
    return application([charge], resources=None, authenticate=authenticate, settings=Settings())


# fmt: off
CASES: Final = [
    ("2^63",                   b"9223372036854775808", b'"EUR"',     "body_invalid",     "/total/amount"),
    ("2^63 below",             b"-9223372036854775809", b'"EUR"',    "body_invalid",     "/total/amount"),
    ("2^64",                   b"18446744073709551616", b'"EUR"',    "body_invalid",     "/total/amount"),
    ("2^70",                   b"1180591620717411303424", b'"EUR"',  "body_invalid",     "/total/amount"),
    ("2^53",                   b"9007199254740992",    b'"EUR"',     "body_invalid",     "/total/amount"),
    ("2^53 below",             b"-9007199254740992",   b'"EUR"',     "body_invalid",     "/total/amount"),
    ("a million digits",       b"9" * 1_000_000,       b'"EUR"',     "body_invalid",     "/total/amount"),
    ("a decimal for its scale", b"10.99",              b'"EUR"',     "body_invalid",     "/total/amount"),
    ("too fine a scale",       b"10.999",              b'"EUR"',     "body_invalid",     "/total/amount"),
    ("a decimal of yen",       b"10.5",                b'"JPY"',     "body_invalid",     "/total/amount"),
    ("5.0",                    b"5.0",                 b'"EUR"',     "body_invalid",     "/total/amount"),
    ("-0.0",                   b"-0.0",                b'"EUR"',     "body_invalid",     "/total/amount"),
    ("1e2",                    b"1e2",                 b'"EUR"',     "body_invalid",     "/total/amount"),
    ("1E400",                  b"1E400",               b'"EUR"',     "body_invalid",     "/total/amount"),
    ("NaN",                    b"NaN",                 b'"EUR"',     "body_invalid",     "/total/amount"),
    ("Infinity",               b"Infinity",            b'"EUR"',     "body_invalid",     "/total/amount"),
    ("-Infinity",              b"-Infinity",           b'"EUR"',     "body_invalid",     "/total/amount"),
    ("a text of digits",       b'"1099"',              b'"EUR"',     "body_invalid",     "/total/amount"),
    ("a decimal's text",       b'"10.99"',             b'"EUR"',     "body_invalid",     "/total/amount"),
    ("true",                   b"true",                b'"EUR"',     "body_invalid",     "/total/amount"),
    ("null",                   b"null",                b'"EUR"',     "body_invalid",     "/total/amount"),
    ("an array",               b"[1099]",              b'"EUR"',     "body_invalid",     "/total/amount"),
    ("a comma",                b"10,99",               b'"EUR"',     "body_malformed",   ""),
    ("zeros before",           b"0077",                b'"EUR"',     "body_malformed",   ""),
    ("a plus",                 b"+77",                 b'"EUR"',     "body_malformed",   ""),
    ("a currency in small",    b"77",                  b'"eur"',     "body_invalid",     "/total/currency"),
    ("four letters",           b"77",                  b'"EURO"',    "body_invalid",     "/total/currency"),
    ("a sign",                 b"77",                  '"€"'.encode(), "body_invalid",   "/total/currency"),
    ("a line break behind",    b"77",                  rb'"EUR\n"',  "body_invalid",     "/total/currency"),
    ("U+0000 within",          b"77",                  rb'"E\u0000R"', "body_invalid",   "/total/currency"),
    ("a number",               b"77",                  b"978",       "body_invalid",     "/total/currency"),
    ("null for a currency",    b"77",                  b"null",      "body_invalid",     "/total/currency"),
    ("of no country",          b"77",                  b'"ZZZ"',     "currency_unknown", "/total/currency"),
    ("of the past",            b"77",                  b'"DEM"',     "currency_unknown", "/total/currency"),
    ("gold, without a scale",  b"77",                  b'"XAU"',     "currency_unknown", "/total/currency"),
    ("twice",                  b"77",                  b'"EUR", "currency": "USD"', "body_invalid", "/total/currency"),
    ("a field too many",       b"77",                  b'"EUR", "scale": 3', "body_invalid", "/total/scale"),
]
# fmt: on

WORDS: Final = {b"null", b"true", b"NaN", b"Infinity", b"-Infinity"}
"""What JSON has, or has not, may be named in a sentence."""


@pytest.mark.parametrize(
    ("name", "amount", "currency", "code", "place"), CASES, ids=[case[0] for case in CASES]
)
async def test_wrong_money_is_refused(
    name: str, amount: bytes, currency: bytes, code: str, place: str
) -> None:
    raw = b'{"total": {"amount": %b, "currency": %b}}' % (amount, currency)
    reply = problem(await ask(edge(), "POST", "/v1/test_charges", raw=raw), 400, code)
    assert [fault["pointer"] for fault in reply.json["errors"]] == [place]
    for sent in {amount, currency} - WORDS:
        assert len(sent) < 4 or sent.strip(b'"') not in reply.body


@pytest.mark.parametrize("amount", [0, 77, -77, 2**53 - 1, -(2**53) + 1])
async def test_every_amount_that_fits_comes_back(amount: int) -> None:
    sent = {"total": {"amount": amount, "currency": "JPY"}}
    assert (await ask(edge(), "POST", "/v1/test_charges", sent)).json == sent
