"""Wrong requests over a real socket: each is refused with the place named, changes nothing, and harms nobody after it."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from msgspec import Struct, structs

from kontorhaus.people.access import Founded
from kontorhaus.platform.db import Db
from tests.faults.test_strangers import contents
from tests.faults.wire import Request, send
from tests.support.house import House, Reply

PARTY: Final = {"kind": "person", "name": "Erika Muster", "roles": ["customer"], "country": "DE"}
ADDRESS: Final = {"purpose": "delivery", "line1": "Am Kai 7", "city": "Bremen", "country": "DE"}
MEMBERS: Final = {"type", "title", "status", "detail", "code", "request_id", "facts", "errors"}
MEGABYTES: Final = b" " * 10_000_000
KEY: Final = "sk_test_" + "0" * 38
PTY: Final = "pty_01h455vb4pex5vsknk084sn02q"


class Bad(Struct, frozen=True):
    """A request and what is heard of it. `place` is what `errors` points at, None where no part of body or query is at
    fault; `unsaid` is what the answer must not repeat."""

    name: str
    request: Request
    status: int
    code: str
    place: str | None = None
    unsaid: str = ""


def request(method: str, target: str | bytes, body: bytes | None = None, **headers: str | None) -> Request:
    raw = target.encode("latin-1") if isinstance(target, str) else target
    chunked = headers.pop("transfer_encoding", None) == "chunked"
    return Request(method, raw, body, {n.replace("_", "-"): v for n, v in headers.items()}, chunked)


def get(target: str | bytes, **headers: str | None) -> Request:
    return request("GET", target, **headers)


def create(body: bytes | None, **headers: str | None) -> Request:
    return request("POST", "/v1/parties", body, **headers)


def party(**changes: Any) -> Request:
    """Create a party that would be right, but for these."""
    return create(json.dumps({**PARTY, **changes}).encode())


def text(member: bytes) -> Request:
    """The same, with one more member as it stands."""
    return create(b'{"kind": "person", "roles": ["customer"], "country": "DE", %b}' % member)


def patch(body: bytes, **headers: str | None) -> Request:
    return request("PATCH", "/v1/parties/{party}", body, **{"if_match": "*", **headers})


def add(part: str, **new: Any) -> Request:
    return request("POST", f"/v1/parties/{{party}}/{part}", json.dumps(new).encode())


def key(**new: Any) -> Request:
    return request("POST", "/v1/api_keys", json.dumps(new).encode())


# fmt: off
NUMBERS = [
    Bad("limit 0",                    get("/v1/parties?limit=0"),                      400, "query_invalid", "limit"),
    Bad("limit 101",                  get("/v1/parties?limit=101"),                    400, "query_invalid", "limit", "101"),
    Bad("limit -1",                   get("/v1/parties?limit=-1"),                     400, "query_invalid", "limit", "-1"),
    Bad("limit abc",                  get("/v1/parties?limit=abc"),                    400, "query_invalid", "limit", "abc"),
    Bad("limit empty",                get("/v1/parties?limit="),                       400, "query_invalid", "limit"),
    Bad("limit 2^63",                 get(f"/v1/parties?limit={2**63}"),               400, "query_invalid", "limit", str(2**63)),
    Bad("limit 2^70",                 get(f"/v1/parties?limit={2**70}"),               400, "query_invalid", "limit", str(2**70)),
    Bad("limit of a million digits",  get(f"/v1/parties?limit={'9' * 30_000}"),        400, "query_invalid", "limit", "99999"),
    Bad("limit 5.0",                  get("/v1/parties?limit=5.0"),                    400, "query_invalid", "limit", "5.0"),
    Bad("limit 1e2",                  get("/v1/parties?limit=1e2"),                    400, "query_invalid", "limit", "1e2"),
    Bad("limit NaN",                  get("/v1/parties?limit=NaN"),                    400, "query_invalid", "limit", "NaN"),
    Bad("limit Infinity",             get("/v1/parties?limit=Infinity"),               400, "query_invalid", "limit", "Infinity"),
    Bad("limit in Arabic digits",     get("/v1/parties?limit=%D9%A5"),                 400, "query_invalid", "limit", "\u0665"),
    Bad("limit with a blank",         get("/v1/parties?limit=%205"),                   400, "query_invalid", "limit"),
    Bad("limit with a line break",    get("/v1/parties?limit=5%0A"),                   400, "query_invalid", "limit"),
    Bad("limit with zeros before",    get("/v1/parties?limit=007"),                    400, "query_invalid", "limit", "007"),
    Bad("2^63 for a text",            text(b'"name": 9223372036854775808'),            400, "body_invalid", "/name", str(2**63)),
    Bad("2^70 for a text",            text(b'"name": %d' % 2**70),                     400, "body_invalid", "/name", str(2**70)),
    Bad("a million digits",           text(b'"name": ' + b"9" * 1_000_000),            400, "body_invalid", "/name", "99999"),
    Bad("-1 for a text",              text(b'"name": -1'),                             400, "body_invalid", "/name", "-1"),
    Bad("5.0 for a text",             text(b'"name": 5.0'),                            400, "body_invalid", "/name", "5.0"),
    Bad("1e999 for a text",           text(b'"name": 1e999'),                          400, "body_invalid", "/name", "1e999"),
    Bad("NaN",                        text(b'"name": NaN'),                            400, "body_invalid", "/name"),
    Bad("Infinity",                   text(b'"name": Infinity'),                       400, "body_invalid", "/name"),
    Bad("-Infinity",                  text(b'"name": -Infinity'),                      400, "body_invalid", "/name", "-Inf"),
    Bad("2^63 deep in an unknown",    text(b'"x": {"y": [9223372036854775808]}'),      400, "body_invalid", "/x/y/0", str(2**63)),
    Bad("zeros before a number",      text(b'"name": 007'),                            400, "body_malformed", "", "007"),
    Bad("a plus before a number",     text(b'"name": +7'),                             400, "body_malformed", "", "+7"),
    Bad("a hexadecimal number",       text(b'"name": 0x1F'),                           400, "body_malformed", "", "0x1F"),
]

TEXTS = [
    Bad("U+0000 escaped",             text(rb'"name": "Zz\u0000x"'),                   400, "body_invalid", "/name", "Zz"),
    Bad("U+0000 raw",                 text(b'"name": "Zz\x00x"'),                      400, "body_malformed", "", "Zz"),
    Bad("U+0000 in a part",           party(addresses=[{**ADDRESS, "city": "Z\0x"}]),  400, "body_invalid", "/addresses/0/city", "Z\0x"),
    Bad("U+0000 in a name",           text(rb'"na\u0000me": "Zz"'),                    400, "body_invalid", "/na\0me", "Zz"),
    Bad("U+0000 in an unread field",  key(name="a\0b", scopes=["parties:read"]),       400, "body_invalid", "/name", "a\0b"),
    Bad("U+0000 in a query",          get("/v1/parties?search=Zz%00x"),                400, "query_invalid", "search", "Zz"),
    Bad("U+0000 in a query's name",   get("/v1/parties?sea%00rch=Zz"),                 400, "query_invalid", "search", "Zz"),
    Bad("a raw line break",           text(b'"name": "Zz\nx"'),                        400, "body_malformed", "", "Zz"),
    Bad("broken UTF-8",               text(b'"name": "Zz\xff\xfe"'),                   400, "body_invalid", "/name", "Zz"),
    Bad("overlong UTF-8",             text(b'"name": "Zz\xc0\x80"'),                   400, "body_invalid", "/name", "Zz"),
    Bad("UTF-8 cut off",              text(b'"name": "Zz\xe2\x82"'),                   400, "body_invalid", "/name", "Zz"),
    Bad("a surrogate in UTF-8",       text(b'"name": "Zz\xed\xa0\x80"'),               400, "body_invalid", "/name", "Zz"),
    Bad("Latin-1",                    text('"name": "Zz Müller"'.encode("latin-1")),   400, "body_invalid", "/name", "Zz"),
    Bad("broken UTF-8 in a name",     text(b'"na\xffme": "Zz"'),                       400, "body_invalid", "/na?me", "Zz"),
    Bad("broken UTF-8 in a query",    get("/v1/parties?search=Zz%ff%fe"),              400, "query_invalid", "search", "Zz"),
    Bad("raw bytes in a query",       get(b"/v1/parties?search=Zz\xff\xfe"),           400, "query_invalid", "search", "Zz"),
    Bad("a bad escape in a query",    get("/v1/parties?search=Zz%zz"),                 400, "query_invalid", "search", "Zz"),
    Bad("half a pair",                text(rb'"name": "Zz\ud800"'),                    400, "body_invalid", "/name", "Zz"),
    Bad("the other half",             text(rb'"name": "Zz\udc00x"'),                   400, "body_invalid", "/name", "Zz"),
    Bad("a pair the wrong way",       text(rb'"name": "Zz\udc00\ud800"'),              400, "body_invalid", "/name", "Zz"),
    Bad("half a pair in a name",      text(rb'"na\ud800me": "Zz"'),                    400, "body_invalid", "/na?me", "Zz"),
    Bad("UTF-16",                     create(json.dumps(PARTY).encode("utf-16")),      400, "body_malformed", ""),
    Bad("UTF-16 without a mark",      create(json.dumps(PARTY).encode("utf-16-be")),   400, "body_malformed", ""),
    Bad("UTF-32",                     create(json.dumps(PARTY).encode("utf-32-le")),   400, "body_malformed", ""),
    Bad("a byte order mark",          create(json.dumps(PARTY).encode("utf-8-sig")),   400, "body_malformed", ""),
    Bad("a name of 201",              party(name="Zz" + "x" * 199),                    400, "body_invalid", "/name", "Zz"),
    Bad("a name of a megabyte",       party(name="Zz" + "x" * 1_000_000),              400, "body_invalid", "/name", "Zz"),
    Bad("an empty name",              party(name=""),                                  400, "body_invalid", "/name"),
    Bad("a blank before",             party(name=" Zz"),                               400, "body_invalid", "/name", "Zz"),
    Bad("a tab within",               party(name="Zz\tx"),                             400, "body_invalid", "/name", "Zz"),
    Bad("a line break behind",        party(name="Zz\n"),                              400, "body_invalid", "/name", "Zz"),
    Bad("a bell",                     party(name="Zz\a"),                              400, "body_invalid", "/name", "Zz"),
    Bad("an escape sequence",         party(name="Zz\x1b[31m"),                        400, "body_invalid", "/name", "Zz"),
    Bad("DEL",                        party(name="Zz\x7f"),                            400, "body_invalid", "/name", "Zz"),
    Bad("a scope and a line break",   key(name="a", scopes=["parties:zz\n"]),          400, "body_invalid", "/scopes/0", "zz"),
    Bad("a key's name of 201",        key(name="Zz" * 101, scopes=["*"]),              400, "body_invalid", "/name", "Zz"),
    Bad("a reference of 101",         party(reference="Zz" * 51),                      400, "body_invalid", "/reference", "Zz"),
    Bad("a reference of markup",      party(reference="<b>Zz</b>"),                    400, "body_invalid", "/reference", "Zz"),
    Bad("a search of 201",            get("/v1/parties?search=" + "Zz" * 101),         400, "query_invalid", "search", "Zz"),
]

SHAPES = [
    Bad("10,000 arrays",              create(b"[" * 10_000 + b"]" * 10_000),           400, "body_malformed", ""),
    Bad("10,000 objects",             create(b'{"a":' * 10_000 + b"1" + b"}" * 10_000),400, "body_malformed", ""),
    Bad("10,000 arrays in a field",   text(b'"name": ' + b"[" * 10_000),               400, "body_malformed", ""),
    Bad("100,000 openings",           create(b'{"a":[' * 100_000),                     400, "body_malformed", ""),
    Bad("a name twice",               text(b'"name": "Zz", "name": "Zy"'),             400, "body_invalid", "/name", "Zy"),
    Bad("a name twice, once escaped", text(rb'"name": "Zz", "n\u0061me": "Zy"'),       400, "body_invalid", "/name", "Zy"),
    Bad("a name twice in a part",     patch(b'{"contacts": [{"kind": "email", "kind": "Zz"}]}'), 400, "body_invalid", "/contacts/0/kind", "Zz"),
    Bad("an unknown name",            party(nickname="Zz"),                            400, "body_invalid", "/nickname", "Zz"),
    Bad("an unknown name in a part",  party(addresses=[{**ADDRESS, "zip": "Zz"}]),     400, "body_invalid", "/addresses/0/zip", "Zz"),
    Bad("an unknown name to change",  patch(b'{"kind": "Zz"}'),                        400, "body_invalid", "/kind", "Zz"),
    Bad("a name of Python",           party(__class__="Zz"),                           400, "body_invalid", "/__class__", "Zz"),
    Bad("a name of 10,000",           party(**{"x" * 10_000: "Zz"}),                   400, "body_invalid", "/" + "x" * 64, "x" * 65),
    Bad("an empty body",              create(b""),                                     400, "body_malformed", ""),
    Bad("no body",                    create(None),                                    400, "body_malformed", ""),
    Bad("blanks alone",               create(b" \r\n\t "),                             400, "body_malformed", ""),
    Bad("null",                       create(b"null"),                                 400, "body_invalid", ""),
    Bad("an array",                   create(b"[" + json.dumps(PARTY).encode() + b"]"),400, "body_invalid", "", "Erika"),
    Bad("a text",                     create(b'"Zz"'),                                 400, "body_invalid", "", "Zz"),
    Bad("a number",                   create(b"1234567"),                              400, "body_invalid", "", "1234567"),
    Bad("true",                       create(b"true"),                                 400, "body_invalid", ""),
    Bad("something behind it",        create(json.dumps(PARTY).encode() + b"Zz"),      400, "body_malformed", "", "Zz"),
    Bad("two objects",                create(json.dumps(PARTY).encode() * 2),          400, "body_malformed", "", "Erika"),
    Bad("U+0000 behind it",           create(json.dumps(PARTY).encode() + b"\0"),      400, "body_malformed", "", "Erika"),
    Bad("cut off",                    create(json.dumps(PARTY).encode()[:-1]),         400, "body_malformed", "", "Erika"),
    Bad("cut off in a text",          create(b'{"name": "Zz'),                         400, "body_malformed", "", "Zz"),
    Bad("cut off in an escape",       create(rb'{"name": "Zz\u00'),                    400, "body_malformed", "", "Zz"),
    Bad("single quotes",              create(b"{'name': 'Zz'}"),                       400, "body_malformed", "", "Zz"),
    Bad("names without quotes",       create(b'{name: "Zz"}'),                         400, "body_malformed", "", "Zz"),
    Bad("a comment",                  text(b'"name": "Zz" // who'),                    400, "body_malformed", "", "Zz"),
    Bad("a comment within",           text(b'/* who */ "name": "Zz"'),                 400, "body_malformed", "", "Zz"),
    Bad("a comma too many",           text(b'"name": "Zz",'),                          400, "body_malformed", "", "Zz"),
    Bad("a comma too few",            text(b'"name": "Zz" "id": null'),                400, "body_malformed", "", "Zz"),
    Bad("a form",                     create(b"name=Zz&kind=person"),                  400, "body_malformed", "", "Zz"),
    Bad("markup",                     create(b"<party>Zz</party>"),                    400, "body_malformed", "", "Zz"),
    Bad("binary",                     create(bytes(range(128, 256))),                  400, "body_malformed", ""),
    Bad("10 MB",                      create(MEGABYTES),                               413, "body_too_large"),
    Bad("10 MB in pieces",            create(MEGABYTES, transfer_encoding="chunked"),  413, "body_too_large"),
    Bad("a body where none goes",     request("POST", "/v1/parties/{party}/erase", b'{"why": "Zz"}'), 400, "body_unexpected", "/why", "Zz"),
    Bad("a body with a question",     request("GET", "/v1/parties", b'{"limit": "Zz"}'), 400, "body_unexpected", "/limit", "Zz"),
]

FIELDS = [
    Bad("all is missing",             create(b"{}"),                                   400, "body_invalid", "/country"),
    Bad("one is missing",             text(b'"id": null'),                             400, "body_invalid", "/name"),
    Bad("one is missing in a part",   party(addresses=[{"purpose": "delivery"}]),      400, "body_invalid", "/addresses/0/city"),
    Bad("the kind of a contact",      party(contacts=[{"value": "zz@example.com"}]),   400, "body_invalid", "/contacts/0/kind", "zz@"),
    Bad("null for a text",            party(name=None),                                400, "body_invalid", "/name"),
    Bad("an array for a text",        party(name=["Zz"]),                              400, "body_invalid", "/name", "Zz"),
    Bad("a boolean for a text",       party(country=True),                             400, "body_invalid", "/country"),
    Bad("a number for a choice",      party(kind=1234567),                             400, "body_invalid", "/kind", "1234567"),
    Bad("a text for an array",        party(roles="Zz"),                               400, "body_invalid", "/roles", "Zz"),
    Bad("an object for an array",     party(addresses=ADDRESS),                        400, "body_invalid", "/addresses", "Kai"),
    Bad("null for an array",          party(addresses=None),                           400, "body_invalid", "/addresses"),
    Bad("a number for an object",     party(addresses=[1234567]),                      400, "body_invalid", "/addresses/0", "1234567"),
    Bad("null in an array",           party(roles=["customer", None]),                 400, "body_invalid", "/roles/1"),
    Bad("an empty array",             party(roles=[]),                                 400, "body_invalid", "/roles"),
    Bad("21 of 20",                   party(addresses=[ADDRESS] * 21),                 400, "body_invalid", "/addresses", "Kai"),
    Bad("an unknown choice",          party(kind="Zz"),                                400, "body_invalid", "/kind", "Zz"),
    Bad("an unknown role",            party(roles=["customer", "Zz"]),                 400, "body_invalid", "/roles/1", "Zz"),
    Bad("an unknown contact",         party(contacts=[{"kind": "fax", "value": "Zz"}]), 400, "body_invalid", "/contacts/0/kind", "Zz"),
    Bad("an id of another kind",      party(id="key_" + PTY[4:]),                      400, "body_invalid", "/id", PTY[4:]),
    Bad("a country's code too long",  party(country="DEU"),                            400, "body_invalid", "/country", "DEU"),
    Bad("no country",                 party(country="XX"),                             400, "party_invalid", "/country", "XX"),
    Bad("a country in small letters", party(country="de"),                             400, "party_invalid", "/country"),
    Bad("no country in a part",       party(addresses=[{**ADDRESS, "country": "ZZ"}]), 400, "party_invalid", "/addresses/0/country", "ZZ"),
    Bad("no country to change",       patch(b'{"country": "ZZ"}'),                     400, "party_invalid", "/country", "ZZ"),
    Bad("no day of the year",         add("addresses", **ADDRESS, valid_from="2026-02-30"), 400, "body_invalid", "/valid_from", "02-30"),
    Bad("a day of another order",     add("addresses", **ADDRESS, valid_from="30.01.2026"), 400, "body_invalid", "/valid_from", "30.01"),
    Bad("a time for a day",           add("addresses", **ADDRESS, valid_from="2026-01-01T00:00:00Z"), 400, "body_invalid", "/valid_from", "00Z"),
    Bad("a number for a day",         add("addresses", **ADDRESS, valid_from=20260101),400, "body_invalid", "/valid_from", "20260101"),
    Bad("the year 0",                 add("addresses", **ADDRESS, valid_from="0000-01-01"), 400, "body_invalid", "/valid_from", "0000"),
    Bad("an end before its begin",    add("addresses", **ADDRESS, valid_from="2026-02-01", valid_to="2026-01-01"), 400, "party_invalid", "/valid_to", "01-01"),
    Bad("no day of the year asked",   get("/v1/parties/{party}?as_of=2026-02-30"),     400, "query_invalid", "as_of", "02-30"),
    Bad("an IBAN's check digits",     add("bank_accounts", iban="DE88370400440532013000"), 400, "party_invalid", "/iban", "0532013"),
    Bad("an IBAN of no country",      add("bank_accounts", iban="XX89370400440532013000"), 400, "party_invalid", "/iban", "0532013"),
    Bad("an IBAN too short",          add("bank_accounts", iban="DE89"),               400, "body_invalid", "/iban", "DE89"),
    Bad("an IBAN in a new party",     party(bank_accounts=[{"iban": "DE88370400440532013000"}]), 400, "party_invalid", "/bank_accounts/0/iban", "0532013"),
    Bad("a BIC of no country",        add("bank_accounts", iban="DE89370400440532013000", bic="COBAZZFF"), 400, "party_invalid", "/bic", "COBA"),
    Bad("a BIC of nine",              add("bank_accounts", iban="DE89370400440532013000", bic="COBADEFFX"), 400, "body_invalid", "/bic", "COBADEFFX"),
    Bad("a VAT number's check digit", add("tax_ids", kind="eu_vat", value="DE136695977"), 400, "party_invalid", "/value", "136695977"),
    Bad("a VAT number of no country", add("tax_ids", kind="eu_vat", value="ZZ136695976"), 400, "party_invalid", "/value", "136695976"),
    Bad("a tax id of no kind",        add("tax_ids", kind="Zz", value="DE136695976"),  400, "body_invalid", "/kind", "Zz"),
    Bad("no e-mail address",          party(contacts=[{"kind": "email", "value": "zz"}]), 400, "body_invalid", "/contacts/0/value", "zz"),
    Bad("no telephone number",        party(contacts=[{"kind": "phone", "value": "0421 7654"}]), 400, "body_invalid", "/contacts/0/value", "7654"),
    Bad("a language's name",          party(language="Deutsch"),                       400, "body_invalid", "/language", "Deutsch"),
    Bad("a card in a name",           party(name="4242 4242 4242 4242"),               400, "card_number_refused", "/name", "4242"),
    Bad("a card with a word",         party(name="Visa 4242-4242-4242-4242 12/30"),    400, "card_number_refused", "/name", "4242"),
    Bad("a card, escaped",            text(rb'"name": "\u0034242424242424242"'),       400, "card_number_refused", "/name", "4242"),
    Bad("a card as a number",         text(b'"name": 4242424242424242'),               400, "card_number_refused", "/name", "4242"),
    Bad("a card in a part",           party(addresses=[{**ADDRESS, "line2": "5555555555554444"}]), 400, "card_number_refused", "/addresses/0/line2", "5555"),
    Bad("a card in an unknown field", party(card="378282246310005"),                   400, "card_number_refused", "/card", "3782"),
    Bad("a card as a name",           party(**{"4242424242424242": "Zz"}),             400, "card_number_refused", "", "4242"),
    Bad("a card in a key's name",     key(name="4242424242424242", scopes=["*"]),      400, "card_number_refused", "/name", "4242"),
    Bad("a card in a change",         patch(b'{"name": "4242424242424242"}'),          400, "card_number_refused", "/name", "4242"),
    Bad("a card in a query",          get("/v1/parties?search=4242+4242+4242+4242"),   400, "card_number_refused", "/search", "4242"),
]
# fmt: on

# fmt: off
QUERIES = [
    Bad("an unknown parameter",       get("/v1/parties?colour=Zz"),                    400, "query_invalid", "colour", "Zz"),
    Bad("a parameter nearly known",   get("/v1/parties?Limit=77"),                     400, "query_invalid", "Limit", "77"),
    Bad("a parameter where none goes",get("/v1/organization?a=Zz"),                    400, "query_invalid", "a", "Zz"),
    Bad("a parameter of a write",     request("POST", "/v1/parties?dry=Zz", b"{}"),    400, "query_invalid", "dry", "Zz"),
    Bad("a parameter twice",          get("/v1/parties?limit=5&limit=77"),             400, "query_invalid", "limit", "77"),
    Bad("a parameter of brackets",    get("/v1/parties?limit[]=77"),                   400, "query_invalid", "limit[]", "77"),
    Bad("101 parameters",             get("/v1/parties?" + "a=Zz&" * 101),             400, "query_invalid", "", "Zz"),
    Bad("a role that is none",        get("/v1/parties?role=Zz"),                      400, "query_invalid", "role", "Zz"),
    Bad("an id that is none",         get("/v1/audit_entries?subject_id=Zz"),          400, "query_invalid", "subject_id", "Zz"),
    Bad("an empty id",                get("/v1/audit_entries?subject_id="),            400, "query_invalid", "subject_id"),
    Bad("an id and a line break",     get(f"/v1/audit_entries?subject_id={PTY}%0A"),   400, "query_invalid", "subject_id", PTY[4:]),
    Bad("a search of one letter",     get("/v1/parties?search=z"),                     400, "party_search_invalid", "search"),
    Bad("a search of six words",      get("/v1/parties?search=za+zb+zc+zd+ze+zf"),     400, "party_search_invalid", "search", "zf"),
    Bad("two ways to search",         get("/v1/parties?search=zz&reference=zy"),       400, "party_search_invalid", "reference", "zy"),
    Bad("a cursor of garbage",        get("/v1/parties?cursor=Zz%21"),                 400, "cursor_invalid", "cursor", "Zz"),
    Bad("an empty cursor",            get("/v1/parties?cursor="),                      400, "cursor_invalid", "cursor"),
    Bad("a cursor of zeros",          get("/v1/parties?cursor=" + "A" * 40),           400, "cursor_invalid", "cursor", "AAAA"),
    Bad("a cursor of 10,000",         get("/v1/parties?cursor=" + "A" * 10_000),       400, "cursor_invalid", "cursor", "AAAA"),
    Bad("a cursor beyond ASCII",      get("/v1/parties?cursor=Zz%C3%BC"),              400, "cursor_invalid", "cursor", "Zz"),
]

PATHS = [
    Bad("no such address",            get("/v1/ledgers"),                              404, "route_not_found"),
    Bad("the root",                   get("/"),                                        404, "route_not_found"),
    Bad("a blank behind",             get("/v1/parties%20"),                           404, "route_not_found"),
    Bad("two strokes",                get("//v1/parties"),                             404, "route_not_found"),
    Bad("capitals",                   get("/V1/parties"),                              404, "route_not_found"),
    Bad("upwards",                    get("/v1/../etc/passwd"),                        404, "route_not_found"),
    Bad("upwards, escaped",           get("/v1/parties/%2e%2e%2f%2e%2e%2fetc"),        404, "route_not_found"),
    Bad("an id that is none",         get("/v1/parties/Zz"),                           404, "object_not_found", None, "Zz"),
    Bad("an id of another kind",      get(f"/v1/parties/key_{PTY[4:]}"),               404, "object_not_found", None, PTY[4:]),
    Bad("an id in capitals",          get(f"/v1/parties/{PTY.upper()}"),               404, "object_not_found", None, PTY[4:].upper()),
    Bad("an id too large",            get("/v1/parties/pty_8" + "z" * 25),             404, "object_not_found", None, "zzz"),
    Bad("a number for an id",         get("/v1/parties/1"),                            404, "object_not_found"),
    Bad("an id that nothing has",     get(f"/v1/parties/{PTY}"),                       404, "party_not_found", None, PTY[4:]),
    Bad("an id of 10,000",            get("/v1/parties/" + "Z" * 10_000),              404, "object_not_found", None, "ZZZ"),
    Bad("an id and a line break",     get(f"/v1/parties/{PTY}%0A"),                    404, "object_not_found", None, PTY[4:]),
    Bad("an id and a header",         get(f"/v1/parties/{PTY}%0D%0ASet-Cookie:%20Zz=1"), 404, "object_not_found", None, "Zz"),
    Bad("U+0000 for an id",           get("/v1/parties/%00"),                          404, "object_not_found"),
    Bad("broken UTF-8 for an id",     get("/v1/parties/%ff%fe"),                       404, "object_not_found"),
    Bad("SQL for an id",              get("/v1/parties/'%20OR%201=1--Zz"),             404, "object_not_found", None, "Zz"),
    Bad("a wrong id of a part",       request("POST", "/v1/parties/{party}/addresses/Zz/end", b"{}"), 404, "object_not_found", None, "Zz"),
    Bad("a header in a query",        get("/v1/parties?limit=%0D%0ASet-Cookie:%20Zz=1"), 400, "query_invalid", "limit", "Zz"),
    Bad("raw bytes in a path",        get(b"/v1/parties/\xff\xfe"),                    400, "request_malformed"),
    Bad("a control in a path",        get(b"/v1/parties/\x01"),                        400, "request_malformed"),
    Bad("a blank in a path",          get(b"/v1/parties/a b"),                         400, "request_malformed"),
    Bad("a path without a stroke",    get(b"v1/parties"),                              400, "request_malformed"),
    Bad("a path of 40,000",           get("/v1/parties/" + "Z" * 40_000),              431, "head_too_large", None, "ZZZ"),
    Bad("DELETE on a list",           request("DELETE", "/v1/parties"),                405, "method_not_allowed"),
    Bad("PUT on an object",           request("PUT", "/v1/parties/{party}", b"{}"),    405, "method_not_allowed"),
    Bad("POST on an object",          request("POST", "/v1/organization", b"{}"),      405, "method_not_allowed"),
    Bad("GET on an action",           get("/v1/parties/{party}/erase"),                405, "method_not_allowed"),
    Bad("TRACE",                      request("TRACE", "/v1/parties"),                 405, "method_not_allowed"),
    Bad("a method that is none",      request("ZZBREW", "/v1/parties"),                400, "request_malformed", None, "ZZBREW"),
    Bad("a method in small letters",  request("get", "/v1/parties"),                   400, "request_malformed"),
]

BODY = json.dumps(PARTY).encode()

HEADERS = [
    Bad("no key to repeat with",      create(BODY, idempotency_key=None),              400, "idempotency_key_missing"),
    Bad("an empty key",               create(BODY, idempotency_key=""),                400, "idempotency_key_invalid"),
    Bad("a key of 256",               create(BODY, idempotency_key="Z" * 256),         400, "idempotency_key_invalid", None, "ZZZ"),
    Bad("a key with a blank",         create(BODY, idempotency_key="Zz x"),            400, "idempotency_key_invalid", None, "Zz"),
    Bad("a key with a tab",           create(BODY, idempotency_key="Zz\tx"),           400, "idempotency_key_invalid", None, "Zz"),
    Bad("a key beyond ASCII",         create(BODY, idempotency_key="Zzü"),             400, "idempotency_key_invalid", None, "Zz"),
    Bad("a key half in quotes",       create(BODY, idempotency_key='"Zz'),             400, "idempotency_key_invalid", None, "Zz"),
    Bad("two keys",                   create(BODY, idempotency_key="Zz\r\nidempotency-key: Zy"), 400, "idempotency_key_invalid", None, "Zz"),
    Bad("a control in a key",         create(BODY, idempotency_key="Zz\x01"),          400, "request_malformed", None, "Zz"),
    Bad("U+0000 in a key",            create(BODY, idempotency_key="Zz\0"),            400, "request_malformed", None, "Zz"),
    Bad("no version",                 patch(b"{}", if_match=None),                     428, "if_match_missing"),
    Bad("an empty version",           patch(b"{}", if_match=""),                       400, "if_match_invalid"),
    Bad("a version without quotes",   patch(b"{}", if_match="1-0123456789abcdef"),     400, "if_match_invalid", None, "abcdef"),
    Bad("a weak version",             patch(b"{}", if_match='W/"1-0123456789abcdef"'), 400, "if_match_invalid", None, "abcdef"),
    Bad("two versions",               patch(b"{}", if_match='"1-0123456789abcdef", "2-0123456789abcdef"'), 400, "if_match_invalid", None, "abcdef"),
    Bad("another's version",          patch(b"{}", if_match='"686897696a7c876b7e"'),   400, "if_match_invalid", None, "686897"),
    Bad("version 2^31",               patch(b"{}", if_match=f'"{2**31}-0123456789abcdef"'), 400, "if_match_invalid", None, str(2**31)),
    Bad("version 2^63",               patch(b"{}", if_match=f'"{2**63}-0123456789abcdef"'), 400, "if_match_invalid", None, str(2**63)),
    Bad("version -1",                 patch(b"{}", if_match='"-1-0123456789abcdef"'),  400, "if_match_invalid", None, "-1-"),
    Bad("no credential",              create(BODY, authorization=None),                401, "credentials_missing"),
    Bad("an empty credential",        create(BODY, authorization=""),                  401, "credentials_invalid"),
    Bad("a scheme alone",             create(BODY, authorization="Bearer"),            401, "credentials_invalid"),
    Bad("another scheme",             create(BODY, authorization=f"Digest {KEY}"),     401, "credentials_invalid", None, KEY),
    Bad("a key without a scheme",     create(BODY, authorization=KEY),                 401, "credentials_invalid", None, KEY),
    Bad("an unknown key",             create(BODY, authorization=f"Bearer {KEY}"),     401, "credentials_invalid", None, KEY),
    Bad("no key at all",              create(BODY, authorization="Bearer Zz"),         401, "credentials_invalid", None, "Zz"),
    Bad("a key beyond ASCII",         create(BODY, authorization="Bearer Zzü"),        401, "credentials_invalid", None, "Zz"),
    Bad("Basic of garbage",           create(BODY, authorization="Basic Zz!"),         401, "credentials_invalid", None, "Zz"),
    Bad("two credentials",            get("/v1/parties", authorization="Bearer Zz\r\nauthorization: Bearer Zy"), 401, "credentials_invalid", None, "Zz"),
    Bad("plain text",                 create(BODY, content_type="text/plain"),         415, "media_type_unsupported"),
    Bad("a form's media type",        create(BODY, content_type="application/x-www-form-urlencoded"), 415, "media_type_unsupported"),
    Bad("no media type",              create(BODY, content_type=None),                 415, "media_type_unsupported"),
    Bad("another charset",            create(BODY, content_type="application/json; charset=latin-1"), 415, "media_type_unsupported"),
    Bad("a kindred media type",       patch(b"{}", content_type="application/merge-patch+json"), 415, "media_type_unsupported"),
    Bad("a compressed body",          create(BODY, content_encoding="gzip"),           415, "media_type_unsupported"),
    Bad("an answer as markup",        get("/v1/parties", accept="text/html"),          406, "not_acceptable"),
    Bad("a header without end",       get("/v1/parties", x_filler="Z" * 40_000),       431, "head_too_large", None, "ZZZ"),
    Bad("a thousand headers",         get("/v1/parties", **{f"x_{n}": "Zz" * 20 for n in range(1_000)}), 431, "head_too_large", None, "Zz"),
    Bad("a bare CR in a header",      get("/v1/parties", x_name="Zz\rSet-Cookie: a=b"), 400, "request_malformed", None, "Zz"),
    Bad("U+0000 in a header",         get("/v1/parties", x_name="Zz\0"),               400, "request_malformed", None, "Zz"),
    Bad("a header's name of blanks",  get("/v1/parties", **{"x name": "Zz"}),          400, "request_malformed", None, "Zz"),
    Bad("no host",                    get("/v1/parties", host=None),                   400, "request_malformed"),
    Bad("two hosts",                  get("/v1/parties", host="a\r\nhost: b"),         400, "request_malformed"),
    Bad("a length of letters",        create(BODY, content_length="Zz"),               400, "request_malformed", None, "Zz"),
    Bad("a length below nothing",     create(BODY, content_length="-1"),               400, "request_malformed"),
    Bad("two lengths",                create(BODY, content_length="5\r\ncontent-length: 6"), 400, "request_malformed"),
    Bad("a length of 30 digits",      create(BODY, content_length="9" * 30),           400, "request_malformed", None, "999"),
    Bad("a length and pieces",        create(BODY, content_length="5\r\ntransfer-encoding: chunked"), 400, "request_malformed"),
    Bad("an unknown coding",          create(BODY, content_length="5\r\ntransfer-encoding: gzip"), 400, "request_malformed"),
]
# fmt: on

CASES = [*NUMBERS, *TEXTS, *SHAPES, *FIELDS, *QUERIES, *PATHS, *HEADERS]


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: bad.name)
async def test_a_wrong_request_is_refused_and_changes_nothing(
    house: House, db: Db, organization: Founded, bad: Bad
) -> None:
    owner = house.holding(organization.secret)
    there = (await owner.post("/v1/parties", PARTY)).json["id"]
    before = await contents(db, organization)
    target = bad.request.target.replace(b"{party}", there.encode())
    sent = structs.replace(bad.request, target=target).encoded("localhost", organization.secret)

    reply = await send(house.address, sent)

    assert_refused(reply, bad)
    assert await contents(db, organization) == before
    assert (await owner.get(f"/v1/parties/{there}")).status == 200


def assert_refused(reply: Reply, bad: Bad) -> None:
    """A whole problem, with everything that the status demands and nothing of what was sent."""
    assert (reply.status, reply.json["code"]) == (bad.status, bad.code), reply.body
    assert set(reply.json) == MEMBERS
    assert (reply.json["status"], reply.json["request_id"]) == (bad.status, reply.headers["request-id"])
    assert reply.json["type"] == f"/problems/{bad.code}"
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["should-retry"] == "false"
    demanded = {401: "www-authenticate", 405: "allow", 415: "accept"}
    assert demanded.get(bad.status, "should-retry") in reply.headers
    assert "set-cookie" not in reply.headers
    places = [fault["pointer"] for fault in reply.json["errors"]]
    assert bad.place is None or bad.place in places, places
    assert len(reply.body) < 8_192, "an answer is no mirror"
    said = json.dumps(reply.json, ensure_ascii=False) + repr(reply.headers)
    assert not bad.unsaid or bad.unsaid not in said


def test_no_two_cases_share_a_name() -> None:
    pairs = [(bad.name, bad.request) for bad in CASES]
    assert len(pairs) >= 60
