"""A body is what was asked for, or refused with the place, in a sentence that says what would be right."""

from __future__ import annotations

import json
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from kontorhaus.kernel.errors import Invalid
from kontorhaus.platform.http import decode
from kontorhaus.platform.http.decoding import check_media_type
from kontorhaus.platform.http.errors import BodyInvalid, BodyMalformed, MediaTypeUnsupported


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    amount: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    text: Annotated[str, Meta(max_length=5)] = ""


class Mail(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="mail"):
    value: str


class Phone(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="phone"):
    value: Annotated[str, Meta(pattern=r"^\+[0-9]{1,9}$", examples=["+49301"])]


class Order(
    Struct, frozen=True, forbid_unknown_fields=True, rename={"odd": "o.d[d]", "short": "o", "slash": "a/b~c"}
):
    name: str
    lines: Annotated[list[Line], Meta(max_length=3)] = []
    labels: dict[str, int] = {}
    nested: dict[str, dict[str, Line]] = {}
    count: int = 0
    size: Size = Size.SMALL
    currency: Literal["EUR", "USD"] = "EUR"
    day: date | None = None
    at: Annotated[datetime, Meta(tz=True)] | None = None
    reference: UUID | None = None
    reach: list[Mail | Phone] = []
    code: Annotated[str, Meta(pattern="^[A-Z]+$")] = "A"
    share: float = 0
    paid: bool = False
    anything: Any = None
    pair: tuple[int, str] = (1, "")
    odd: int = 0
    short: int = 0
    slash: int = 0


def refusal(raw: bytes) -> Invalid:
    with pytest.raises(Invalid) as refused:
        decode(raw, Order)
    assert refused.value.faults, "a refusal names at least one fault"
    return refused.value


NOT_JSON = [
    # body                                             what is said
    (b"", "send a JSON object"),
    (b" \r\n", "send a JSON object"),
    (b"{", "Expecting property name"),
    (b'{"name": "a"} x', "Extra data at line 1, column 15"),
    (b'{"name": "a",}', "line 1, column 14"),
    (b'{"name": "a"', "Expecting ',' delimiter"),
    (b"{name: 1}", "Expecting property name"),
    (b"{'name': 1}", "Expecting property name"),
    (b'{"name": "a\tb"}', "Invalid control character"),
    (b'{"name": "\x00"}', "Invalid control character"),
    (b'{"name": "\\x41"}', "Invalid \\escape"),
    (b'{"name": tru}', "Expecting value"),
    (b'{"name": "a", "count": 01}', "Expecting ',' delimiter"),
    (b'{"name": "a", "count": +1}', "Expecting value"),
    (b'\xef\xbb\xbf{"name": "a"}', "send it without a byte order mark"),
    ('{"name": "a"}'.encode("utf-16"), "send UTF-8, not UTF-16"),
    ('{"name": "a"}'.encode("utf-16-be"), "send UTF-8, not UTF-16"),
    ('{"name": "a"}'.encode("utf-32-be"), "send UTF-8, not UTF-16 or UTF-32"),
    (b"[" * 10_000 + b"]" * 10_000, "nest at most 64 levels"),
    (b"[" * 100_000, "nest at most 64 levels"),
    (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "nest at most 64 levels"),
    (b'{"name": "a", "anything": ' + b"[" * 64 + b"]" * 64 + b"}", "nest at most 64 levels"),
]


@pytest.mark.parametrize(("raw", "said"), NOT_JSON, ids=[repr(raw[:24]) for raw, _ in NOT_JSON])
def test_what_is_not_json_is_refused_with_the_place_where_reading_stopped(raw: bytes, said: str) -> None:
    error = refusal(raw)
    assert isinstance(error, BodyMalformed)
    assert said in error.faults[0].detail


WRONG_BODIES = [
    ('[]',                         "",      "must be an object, not an array"),
    ('"a"',                        "",      "must be an object, not a string"),
    ('1',                          "",      "must be an object, not an integer"),
    ('null',                       "",      "must be an object, not null"),
    ('{}',                         "/name", "is missing"),
    ('{"name": null}',             "/name", "must be a string, not null"),
    ('{"name": 5}',                "/name", "must be a string, not an integer"),
    ('{"name": true}',             "/name", "must be a string, not a boolean"),
    ('{"name": "a\\u0000"}',       "/name", "holds the character U+0000"),
    ('{"name": "\\ud800"}',        "/name", "half of a surrogate pair"),
    ('{"name": "\\udc00\\ud800"}', "/name", "half of a surrogate pair"),
]  # fmt: skip

WRONG_MEMBERS = [
    ('"paid": 1',                                  "/paid",              "must be true or false, not an integer"),
    ('"count": 5.0',                               "/count",             "written without a point or an exponent"),
    ('"count": 1e2',                               "/count",             "written without a point or an exponent"),
    ('"count": "5"',                               "/count",             "must be an integer, not a string"),
    ('"count": 9007199254740992',                  "/count",             "between -9007199254740991 and"),
    ('"count": 9223372036854775808',               "/count",             "must lie between"),
    ('"lines": [{"amount": 1180591620717411303424}]',"/lines/0/amount",    "must lie between"),
    ('"anything": {"x": -9007199254740992}',       "/anything/x",        "must lie between"),
    ('"count": ' + "9" * 5_000,                    "/count",             "must lie between"),
    ('"share": NaN',                               "/share",             "JSON knows no NaN"),
    ('"lines": [{"amount": Infinity}]',            "/lines/0/amount",    "no Infinity"),
    ('"share": -Infinity',                         "/share",             "no Infinity"),
    ('"share": 1e400',                             "/share",             "is too large a number"),
    ('"nmae": 1',                                  "/nmae",              "is not known here; did you mean name?"),
    ('"lines": [{"amount": 1, "zz": 2}]',          "/lines/0/zz",        "is not known here; known are amount, text"),
    ('"": 2',                                      "/",                  "is not known here"),
    ('"x/y~z": 2',                                 "/x~1y~0z",           "is not known here"),
    ('"lines": [{"amount": 1, "z` - at `$.name": 2}]',"/lines/0/z` - at `$.name","is not known here"),
    ('"name": "b"',                                "/name",              "stands there twice"),
    ('"lines": [{"amount": 1, "amount": 1}]',      "/lines/0/amount",    "stands there twice"),
    ('"anything": {"x": {"y": 1, "y": 2}}',        "/anything/x/y",      "stands there twice"),
    ('"n\\u0061me": "b"',                          "/name",              "stands there twice"),
    ('"labels": {"x\\u0000": 1}',                  "/labels/x\0",        "has a name that holds the character U+0000"),
    ('"anything": ["b", "\\u0000"]',               "/anything/1",        "holds the character U+0000"),
    ('"lines": [{"amount": "x"}]',                 "/lines/0/amount",    "must be an integer, not a string"),
    ('"lines": [{"amount": 0}]',                   "/lines/0/amount",    "must be at least 1"),
    ('"lines": [{"amount": 1, "text": "abcdef"}]', "/lines/0/text",      "must have at most 5 characters"),
    ('"lines": [1]',                               "/lines/0",           "must be an object, not an integer"),
    ('"lines": {}',                                "/lines",             "must be an array, not an object"),
    ('"lines": [{}]',                              "/lines/0/amount",    "is missing"),
    ('"lines": [{"amount":1},{"amount":1},{"amount":1},{"amount":1}]', "/lines", "must have at most 3 items"),
    ('"labels": {"x": 1, "a.b[0]": "no", "y": 2}', "/labels/a.b[0]",     "must be an integer, not a string"),
    ('"labels": {"": "no"}',                       "/labels/",           "must be an integer, not a string"),
    ('"nested": {"p": {}, "r": {"s": {"amount": 1}, "t": {"amount": 0}}}', "/nested/r/t/amount", "at"),
    ('"o.d[d]": "no"',                             "/o.d[d]",            "must be an integer, not a string"),
    ('"a/b~c": "no"',                              "/a~1b~0c",           "must be an integer, not a string"),
    ('"size": "huge"',                             "/size",              "must be one of small, large"),
    ('"size": 5',                                  "/size",              "must be one of small, large"),
    ('"currency": "GBP"',                          "/currency",          "must be one of EUR, USD"),
    ('"day": "2026-13-01"',                        "/day",               "must be a date such as"),
    ('"at": "2026-11-20T09:30:00"',                "/at",                "must be a time with its zone"),
    ('"at": "yesterday"',                          "/at",                "must be a time with its zone"),
    ('"reference": "x"',                           "/reference",         "must be a UUID"),
    ('"reach": [{"kind": "fax", "value": "1"}]',   "/reach/0/kind",      "must be one of mail, phone"),
    ('"reach": [{"value": "1"}]',                  "/reach/0/kind",      "is missing"),
    ('"reach": [{"kind": "phone", "value": "1"}]', "/reach/0/value",     "must look like +49301"),
    ('"reach": [{"kind": "mail", "value": "1", "valeu": 1}]',"/reach/0/valeu",     "did you mean value?"),
    ('"code": "a"',                                "/code",              "must match ^[A-Z]+$"),
    ('"pair": [1, 2]',                             "/pair/1",            "must be a string, not an integer"),
    ('"pair": [1]',                                "/pair",              "must have"),
]  # fmt: skip


WRONG = [*WRONG_BODIES, *((f'{{"name": "a", {text}}}', *expected) for text, *expected in WRONG_MEMBERS)]


@pytest.mark.parametrize(("text", "pointer", "right"), WRONG, ids=[case[0][:60] for case in WRONG])
def test_a_wrong_body_is_refused_at_its_place_with_what_would_be_right(
    text: str, pointer: str, right: str
) -> None:
    error = refusal(text.encode())
    assert isinstance(error, BodyInvalid)
    assert error.faults[0].pointer == pointer
    assert right in error.faults[0].detail


def test_broken_utf8_is_found_in_its_field() -> None:
    assert refusal(b'{"name": "a\xff"}').faults[0].pointer == "/name"
    assert (
        refusal(b'{"name": "a", "lines": [{"amount": 1, "text": "\xc3"}]}').faults[0].pointer
        == "/lines/0/text"
    )
    assert refusal(b'{"name": "\xed\xa0\x80"}').faults[0].pointer == "/name", "a surrogate in UTF-8"
    assert refusal(b'{"name": "\xc0\xaf"}').faults[0].pointer == "/name", "overlong"


def test_all_that_is_missing_unknown_or_twice_is_named_at_once() -> None:
    class Two(Struct, frozen=True, forbid_unknown_fields=True):
        first: int
        second: int

    with pytest.raises(BodyInvalid) as missing:
        decode(b"{}", Two)
    assert [fault.pointer for fault in missing.value.faults] == ["/first", "/second"]
    assert [fault.pointer for fault in refusal(b'{"name": "a", "x": 1, "y": 2}').faults] == ["/x", "/y"]
    assert len(refusal(json.dumps({f"k{n}": n for n in range(500)}).encode()).faults) == 20


def test_a_refusal_never_repeats_a_value() -> None:
    for text in (
        '{"name": "a", "size": "geheim"}',
        '{"name": "a", "currency": "geheim"}',
        '{"name": "a", "reach": [{"kind": "geheim"}]}',
        '{"name": "a", "lines": "geheim"}',
        '{"name": "a", "day": "geheim"}',
        '{"name": "a", "name": "geheim"}',
        '{"name": "geheim" geheim}',
        '{"name": "geheim\\ud800"}',
    ):
        error = refusal(text.encode())
        assert "geheim" not in str((error.detail, error.faults, error.facts)), text


def test_a_long_name_is_cut() -> None:
    assert refusal(b'{"name": "a", "%s": 1}' % (b"x" * 10_000)).faults[0].pointer == "/" + "x" * 64


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "a"}',
        ' {"name": "a"}\n',
        '{"name": "\\\\u0000 is how NUL is written"}',
        '{"name": "\\ud83d\\ude00 😀 [[[[ {{{{"}',
        '{"name": "a", "count": 9007199254740991}',
        '{"name": "a", "count": -9007199254740991}',
        '{"name": "a", "anything": ' + "[" * 63 + "]" * 63 + "}",
        '{"name": "' + "[" * 1_000 + '\\"' + "{" * 1_000 + '"}',
        '{"name": "a", "at": "2026-11-20T09:30:00+01:00", "reach": [{"kind": "mail", "value": "x"}]}',
    ],
)
def test_a_right_body_is_taken(text: str) -> None:
    assert decode(text.encode(), Order) == msgspec.json.decode(text, type=Order)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(Order.__struct_encode_fields__), inner)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(Order.__struct_encode_fields__), JSON))
def test_what_it_takes_is_what_msgspec_takes(body: dict[str, object]) -> None:
    """Beyond card numbers, whose rule has tests of its own, and never with another error than its own two."""
    raw = json.dumps(body).encode()
    try:
        expected = msgspec.json.decode(raw, type=Order)
    except msgspec.ValidationError:
        refusal(raw)
    else:
        assert decode(raw, Order) == expected


@given(st.binary(max_size=60) | st.binary(max_size=30).map(lambda inner: b'{"name": "' + inner + b'"}'))
def test_any_bytes_are_taken_or_refused_and_never_crash(raw: bytes) -> None:
    try:
        decode(raw, Order)
    except Invalid as error:
        assert error.faults  # noqa: PT017


@given(st.lists(st.text("ab.[]0/~", min_size=1, max_size=6), min_size=1, max_size=9, unique=True), st.data())
def test_the_one_wrong_value_of_a_mapping_is_found_whatever_its_name(
    names: list[str], data: st.DataObject
) -> None:
    culprit = data.draw(st.sampled_from(names))
    labels = {name: "wrong" if name == culprit else 1 for name in names}
    pointer = refusal(json.dumps({"name": "a", "labels": labels}).encode()).faults[0].pointer
    assert pointer == "/labels/" + culprit.replace("~", "~0").replace("/", "~1")


@pytest.mark.parametrize(
    "taken",
    [
        b"application/json",
        b"Application/JSON",
        b"application/json; charset=utf-8",
        b'application/json;charset="UTF-8"',
    ],
)
def test_json_in_utf8_is_taken(taken: bytes) -> None:
    check_media_type(taken, None)
    check_media_type(taken, b"identity")
    with pytest.raises(MediaTypeUnsupported):
        check_media_type(taken, b"gzip")


@pytest.mark.parametrize(
    "refused",
    [
        None,
        b"",
        b"text/plain",
        b"text/json",
        b"application/json; charset=latin-1",
        b"application/json; profile=x",
        b"application/jsonp",
        b"application/json, text/plain",
        b"application/x-www-form-urlencoded",
        b"multipart/form-data; boundary=x",
    ],
)
def test_other_media_types_are_refused(refused: bytes | None) -> None:
    with pytest.raises(MediaTypeUnsupported):
        check_media_type(refused, None)
