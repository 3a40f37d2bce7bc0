"""A query is what was asked for, or refused by the parameter's name."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from kontorhaus.platform.http import Page, decode_query
from kontorhaus.platform.http.decoding.query import NoQuery
from kontorhaus.platform.http.errors import QueryInvalid
from kontorhaus.platform.secrets import CardNumberRefused


class Search(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Annotated[str, Meta(max_length=10)] | None = None
    open: bool = False
    day: date | None = None
    least: int | None = None
    role: Literal["payer", "seller"] | None = None
    fields: tuple[str, ...] = ()


class Needed(Struct, frozen=True, forbid_unknown_fields=True):
    name: str


def refusal(raw: bytes, kind: type[object] = Search) -> tuple[str, str]:
    with pytest.raises(QueryInvalid) as refused:
        decode_query(raw, kind)
    return refused.value.faults[0].pointer, refused.value.faults[0].detail


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"", Search()),
        (b"limit=5", Search(limit=5)),
        (b"text=M%C3%BCller+%26+S", Search(text="Müller & S")),
        (b"text=", Search(text="")),
        (b"text=null", Search(text="null")),
        (b"&text=a&", Search(text="a")),
        (b"text=a%3Db=c", Search(text="a=b=c")),
        (
            b"open=true&least=-3&day=2026-11-20&role=payer",
            Search(open=True, least=-3, day=date(2026, 11, 20), role="payer"),
        ),
        (b"fields=id,name", Search(fields=("id", "name"))),
    ],
)
def test_a_right_query_is_taken(raw: bytes, found: Search) -> None:
    assert decode_query(raw, Search) == found


@pytest.mark.parametrize(
    ("raw", "name", "right"),
    [
        (b"limti=5", "limti", "did you mean limit?"),
        (b"zzz=5", "zzz", "known are"),
        (b"=5", "", "is not known here"),
        (b"limit=5&limit=5", "limit", "is given twice"),
        (b"limit=5.0", "limit", "must be an integer in plain digits"),
        (b"limit=1e1", "limit", "must be an integer in plain digits"),
        (b"limit=05", "limit", "must be an integer in plain digits"),
        (b"limit=+5", "limit", "must be an integer in plain digits"),
        (b"limit=%D9%A5", "limit", "must be an integer in plain digits"),
        (b"limit=", "limit", "must be an integer in plain digits"),
        (b"limit=null", "limit", "must be an integer in plain digits"),
        (b"limit=" + b"9" * 5_000, "limit", "must be an integer in plain digits"),
        (b"limit=0", "limit", "must be at least 1"),
        (b"limit=101", "limit", "must be at most 100"),
        (b"open=1", "open", "must be true or false"),
        (b"open=TRUE", "open", "must be true or false"),
        (b"day=20.11.2026", "day", "must be a date such as"),
        (b"role=owner", "role", "must be one of payer, seller"),
        (b"text=aaaaaaaaaaa", "text", "must have at most 10 characters"),
        (b"text=%", "text", "has a % that is not followed by two hexadecimal digits"),
        (b"text=%4", "text", "has a %"),
        (b"text=%zz", "text", "has a %"),
        (b"text=%00", "text", "holds the character U+0000"),
        (b"text=%FF", "text", "is not UTF-8"),
        (b"text=\xff", "text", "is not UTF-8"),
        (b"text=%ED%A0%80", "text", "is not UTF-8"),
        (b"text=%C0%AF", "text", "is not UTF-8"),
        (b"%zz=1", "%zz", "has a %"),
        (b"&".join([b"a=1"] * 101), "", "send at most 100 parameters"),
    ],
)
def test_a_wrong_query_is_refused_by_name(raw: bytes, name: str, right: str) -> None:
    pointer, detail = refusal(raw)
    assert pointer == name
    assert right in detail


def test_what_is_required_is_named_when_it_is_missing() -> None:
    assert refusal(b"", Needed) == ("name", "is missing")
    assert refusal(b"", Needed) == ("name", "is missing"), "asked twice, told twice"


def test_a_route_without_a_query_takes_none() -> None:
    assert decode_query(b"", NoQuery) == NoQuery()
    assert refusal(b"limit=5", NoQuery) == ("limit", "is not known here; leave it out")


def test_card_numbers_are_refused_without_repeating_them() -> None:
    for raw in (
        b"text=4242424242424242",
        b"text=4242+4242+4242+4242",
        b"4242424242424242=1",
        b"text=4242%2D4242%2d4242-4242",
    ):
        with pytest.raises((CardNumberRefused, QueryInvalid)) as refused:
            decode_query(raw, Search)
        assert isinstance(refused.value, CardNumberRefused) or "4242" not in str(refused.value.faults), raw
        assert "4242" not in str((refused.value.detail, refused.value.faults))


@given(st.binary(max_size=40))
def test_any_bytes_are_taken_or_refused_and_never_crash(raw: bytes) -> None:
    try:
        decode_query(raw, Search)
    except QueryInvalid as error:
        assert error.faults  # noqa: PT017


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=10))
def test_every_text_comes_through_its_encoding(text: str) -> None:
    assert decode_query(urlencode({"text": text}).encode(), Search).text == text
