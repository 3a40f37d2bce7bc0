"""Wrong requests over a real socket: refused with the place named, without an effect, and with no harm to the next."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio
from msgspec import Struct, structs

from kontorhaus.money.ledger import GroupCommit
from kontorhaus.people import access
from kontorhaus.people.access import Founded
from kontorhaus.platform.db import Db
from kontorhaus.platform.outbound import Outbound
from kontorhaus.platform.secrets import Keyring, LocalKeyFile
from kontorhaus.platform.settings import Settings
from kontorhaus.roles.resources import Resources
from tests.faults.asking import (
    ADDRESS,
    BODY,
    KEY,
    MEGABYTES,
    PARTY,
    PTY,
    TEXT,
    about,
    account,
    act,
    address,
    asked,
    banked,
    by,
    create,
    get,
    headed,
    key,
    length,
    located,
    media,
    once,
    party,
    patch,
    reached,
    request,
    text,
    vat,
    version,
)
from tests.faults.test_strangers import contents
from tests.faults.wire import Request, send
from tests.support.house import House, Reply, running_house

MARKS: Final = (
    *("Zz", "Zy", "ZZZ", "zzzz", "AAAA", "Erika", "Kai 7", "xxxxx" * 14, KEY[8:]),
    *("98765", "99999", "1987", "06-05", "05.06", "5.0", "1e2", "1e9", "0x1F", "22337203", "11805916"),
    *("0532013", "13669597", "4242", "55555555", "37828224"),
)
"""What is wrong below is written with these, and no answer may repeat it."""

MEMBERS: Final = {"type", "title", "status", "detail", "code", "request_id", "facts", "errors"}


class Bad(Struct, frozen=True):
    """A request and what is heard of it. `place` is what `errors` points at: in the body a JSON pointer, in the query a
    name; None where nothing of them is at fault."""

    name: str
    request: Request
    status: int
    code: str
    place: str | None = None


# fmt: off
NUMBERS = [
    Bad("limit 0",                 asked("limit=0"),                     400, "query_invalid", "limit"),
    Bad("limit 98,765",            asked("limit=98765"),                 400, "query_invalid", "limit"),
    Bad("limit -1",                asked("limit=-1"),                    400, "query_invalid", "limit"),
    Bad("limit Zz",                asked("limit=Zz"),                    400, "query_invalid", "limit"),
    Bad("limit empty",             asked("limit="),                      400, "query_invalid", "limit"),
    Bad("limit 2^63",              asked(f"limit={2**63}"),              400, "query_invalid", "limit"),
    Bad("limit 2^70",              asked(f"limit={2**70}"),              400, "query_invalid", "limit"),
    Bad("limit of 30,000 digits",  asked(f"limit={'9' * 30_000}"),       400, "query_invalid", "limit"),
    Bad("limit 5.0",               asked("limit=5.0"),                   400, "query_invalid", "limit"),
    Bad("limit 1e2",               asked("limit=1e2"),                   400, "query_invalid", "limit"),
    Bad("limit NaN",               asked("limit=NaN"),                   400, "query_invalid", "limit"),
    Bad("limit Infinity",          asked("limit=Infinity"),              400, "query_invalid", "limit"),
    Bad("limit in Arabic digits",  asked("limit=%D9%A5"),                400, "query_invalid", "limit"),
    Bad("limit with a blank",      asked("limit=%205"),                  400, "query_invalid", "limit"),
    Bad("limit with a line break", asked("limit=5%0A"),                  400, "query_invalid", "limit"),
    Bad("limit with zeros before", asked("limit=0098765"),               400, "query_invalid", "limit"),
    Bad("2^63 for a text",         text(b'"name": 9223372036854775808'), 400, "body_invalid", "/name"),
    Bad("2^70 for a text",         text(b'"name": %d' % 2**70),          400, "body_invalid", "/name"),
    Bad("a million digits",        text(b'"name": ' + b"9" * 1_000_000), 400, "body_invalid", "/name"),
    Bad("-1 for a text",           text(b'"name": -1'),                  400, "body_invalid", "/name"),
    Bad("5.0 for a text",          text(b'"name": 5.0'),                 400, "body_invalid", "/name"),
    Bad("1e999 for a text",        text(b'"name": 1e999'),               400, "body_invalid", "/name"),
    Bad("NaN",                     text(b'"name": NaN'),                 400, "body_invalid", "/name"),
    Bad("Infinity",                text(b'"name": Infinity'),            400, "body_invalid", "/name"),
    Bad("minus Infinity",          text(b'"name": -Infinity'),           400, "body_invalid", "/name"),
    Bad("2^63 deep in an unknown", text(b'"x": {"y": [9223372036854775808]}'), 400, "body_invalid", "/x/y/0"),
    Bad("zeros before a number",   text(b'"name": 0098765'),             400, "body_malformed", ""),
    Bad("a plus before a number",  text(b'"name": +7'),                  400, "body_malformed", ""),
    Bad("a hexadecimal number",    text(b'"name": 0x1F'),                400, "body_malformed", ""),
]

TEXTS = [
    Bad("U+0000 escaped",            text(rb'"name": "Zz\u0000x"'),            400, "body_invalid", "/name"),
    Bad("U+0000 raw",                text(b'"name": "Zz\x00x"'),               400, "body_malformed", ""),
    Bad("U+0000 in a part",          text(rb'"x": {"y": ["Zz\u0000"]}'),       400, "body_invalid", "/x/y/0"),
    Bad("U+0000 in a name",          text(rb'"na\u0000me": "Zz"'),             400, "body_invalid", "/na\0me"),
    Bad("U+0000 in an unread field", key(name="Zz\0", scopes=["parties:read"]), 400, "body_invalid", "/name"),
    Bad("U+0000 in a query",         asked("search=Zz%00x"),                   400, "query_invalid", "search"),
    Bad("U+0000 in a query's name",  asked("sea%00rch=Zz"),                    400, "query_invalid", "search"),
    Bad("a raw line break",          text(b'"name": "Zz\nx"'),                 400, "body_malformed", ""),
    Bad("broken UTF-8",              text(b'"name": "Zz\xff\xfe"'),            400, "body_invalid", "/name"),
    Bad("overlong UTF-8",            text(b'"name": "Zz\xc0\x80"'),            400, "body_invalid", "/name"),
    Bad("UTF-8 cut off",             text(b'"name": "Zz\xe2\x82"'),            400, "body_invalid", "/name"),
    Bad("a surrogate in UTF-8",      text(b'"name": "Zz\xed\xa0\x80"'),        400, "body_invalid", "/name"),
    Bad("Latin-1",                   text('"name": "Zz Müller"'.encode("latin-1")), 400, "body_invalid", "/name"),
    Bad("broken UTF-8 in a name",    text(b'"na\xffme": "Zz"'),                400, "body_invalid", "/na?me"),
    Bad("broken UTF-8 in a query",   asked("search=Zz%ff%fe"),                 400, "query_invalid", "search"),
    Bad("raw bytes in a query",      get(b"/v1/parties?search=Zz\xff\xfe"),    400, "request_malformed"),
    Bad("a bad escape in a query",   asked("search=Zz%zz"),                    400, "query_invalid", "search"),
    Bad("half a pair",               text(rb'"name": "Zz\ud800"'),             400, "body_invalid", "/name"),
    Bad("the other half",            text(rb'"name": "Zz\udc00x"'),            400, "body_invalid", "/name"),
    Bad("a pair the wrong way",      text(rb'"name": "Zz\udc00\ud800"'),       400, "body_invalid", "/name"),
    Bad("half a pair in a name",     text(rb'"na\ud800me": "Zz"'),             400, "body_invalid", "/na?me"),
    Bad("UTF-16",                    create(TEXT.encode("utf-16")),            400, "body_malformed", ""),
    Bad("UTF-16 without a mark",     create(TEXT.encode("utf-16-be")),         400, "body_malformed", ""),
    Bad("UTF-32",                    create(TEXT.encode("utf-32-le")),         400, "body_malformed", ""),
    Bad("a byte order mark",         create(TEXT.encode("utf-8-sig")),         400, "body_malformed", ""),
    Bad("a name of 201",             party(name="Zz" + "x" * 199),             400, "body_invalid", "/name"),
    Bad("a name of a megabyte",      party(name="Zz" + "x" * 1_000_000),       400, "body_invalid", "/name"),
    Bad("an empty name",             party(name=""),                           400, "body_invalid", "/name"),
    Bad("a blank before",            party(name=" Zz"),                        400, "body_invalid", "/name"),
    Bad("a tab within",              party(name="Zz\tx"),                      400, "body_invalid", "/name"),
    Bad("a line break behind",       party(name="Zz\n"),                       400, "body_invalid", "/name"),
    Bad("a bell",                    party(name="Zz\a"),                       400, "body_invalid", "/name"),
    Bad("an escape sequence",        party(name="Zz\x1b[31m"),                 400, "body_invalid", "/name"),
    Bad("DEL",                       party(name="Zz\x7f"),                     400, "body_invalid", "/name"),
    Bad("a scope and a line break",  key(name="a", scopes=["parties:zzzz\n"]), 400, "body_invalid", "/scopes/0"),
    Bad("a key's name of 201",       key(name="Zz" * 101, scopes=["*"]),       400, "body_invalid", "/name"),
    Bad("a reference of 101",        party(reference="Zz" * 51),               400, "body_invalid", "/reference"),
    Bad("a reference of markup",     party(reference="<b>Zz</b>"),             400, "body_invalid", "/reference"),
    Bad("a search of 201",           asked("search=" + "Zz" * 101),            400, "query_invalid", "search"),
]

SHAPES = [
    Bad("10,000 arrays",              create(b"[" * 10_000 + b"]" * 10_000),     400, "body_malformed", ""),
    Bad("10,000 objects",             create(b'{"a":' * 10_000 + b"}" * 10_000), 400, "body_malformed", ""),
    Bad("10,000 arrays in a field",   text(b'"name": ' + b"[" * 10_000),         400, "body_malformed", ""),
    Bad("100,000 openings",           create(b'{"a":[' * 100_000),               400, "body_malformed", ""),
    Bad("a name twice",               text(b'"name": "Zz", "name": "Zy"'),       400, "body_invalid", "/name"),
    Bad("a name twice, once escaped", text(rb'"name": "Zz", "n\u0061me": "Zy"'), 400, "body_invalid", "/name"),
    Bad("a name twice in a part",     text(b'"x": [{"y": "Zz", "y": "Zy"}]'),    400, "body_invalid", "/x/0/y"),
    Bad("an unknown name",            party(nickname="Zz"),                      400, "body_invalid", "/nickname"),
    Bad("an unknown name in a part",  located(zip="Zz"),                       400, "body_invalid", "/addresses/0/zip"),
    Bad("an unknown name to change",  patch(b'{"kind": "Zz"}'),                  400, "body_invalid", "/kind"),
    Bad("a name of Python",           party(__class__="Zz"),                     400, "body_invalid", "/__class__"),
    Bad("a name of 10,000",           party(**{"x" * 10_000: "Zz"}),             400, "body_invalid", "/" + "x" * 64),
    Bad("an empty body",              create(b""),                               400, "body_malformed", ""),
    Bad("no body",                    create(None),                              400, "body_malformed", ""),
    Bad("blanks alone",               create(b" \r\n\t "),                       400, "body_malformed", ""),
    Bad("null",                       create(b"null"),                           400, "body_invalid", ""),
    Bad("an array",                   create(b"[%b]" % BODY),                    400, "body_invalid", ""),
    Bad("a text",                     create(b'"Zz"'),                           400, "body_invalid", ""),
    Bad("a number",                   create(b"98765"),                          400, "body_invalid", ""),
    Bad("true",                       create(b"true"),                           400, "body_invalid", ""),
    Bad("something behind it",        create(BODY + b"Zz"),                      400, "body_malformed", ""),
    Bad("two objects",                create(BODY * 2),                          400, "body_malformed", ""),
    Bad("U+0000 behind it",           create(BODY + b"\0"),                      400, "body_malformed", ""),
    Bad("cut off",                    create(BODY[:-1]),                         400, "body_malformed", ""),
    Bad("cut off in a text",          create(b'{"name": "Zz'),                   400, "body_malformed", ""),
    Bad("cut off in an escape",       create(rb'{"name": "Zz\u00'),              400, "body_malformed", ""),
    Bad("single quotes",              create(b"{'name': 'Zz'}"),                 400, "body_malformed", ""),
    Bad("names without quotes",       create(b'{name: "Zz"}'),                   400, "body_malformed", ""),
    Bad("a comment",                  text(b'"name": "Zz" // who'),              400, "body_malformed", ""),
    Bad("a comment within",           text(b'/* who */ "name": "Zz"'),           400, "body_malformed", ""),
    Bad("a comma too many",           text(b'"name": "Zz",'),                    400, "body_malformed", ""),
    Bad("a comma too few",            text(b'"name": "Zz" "id": null'),          400, "body_malformed", ""),
    Bad("a form",                     create(b"name=Zz&kind=person"),            400, "body_malformed", ""),
    Bad("markup",                     create(b"<party>Zz</party>"),              400, "body_malformed", ""),
    Bad("binary",                     create(bytes(range(128, 256))),            400, "body_malformed", ""),
    Bad("10 MB",                      create(MEGABYTES),                         413, "body_too_large"),
    Bad("10 MB in pieces",            create(MEGABYTES, transfer_encoding="chunked"), 413, "body_too_large"),
    Bad("a body where none goes",     act("erase", b'{"why": "Zz"}'),            400, "body_unexpected", "/why"),
    Bad("a body with a question",     request("GET", "/v1/parties", b'["Zz"]'),  400, "body_unexpected", ""),
]

FIELDS = [
    Bad("all is missing",             create(b"{}"),                           400, "body_invalid", "/country"),
    Bad("one is missing",             text(b'"id": null'),                     400, "body_invalid", "/name"),
    Bad("one is missing in a part",   party(addresses=[{}]),                  400, "body_invalid", "/addresses/0/city"),
    Bad("the kind of a contact",      reached(value="Zz@example.com"),         400, "body_invalid", "/contacts/0/kind"),
    Bad("null for a text",            party(name=None),                        400, "body_invalid", "/name"),
    Bad("an array for a text",        party(name=["Zz"]),                      400, "body_invalid", "/name"),
    Bad("a boolean for a text",       party(country=True),                     400, "body_invalid", "/country"),
    Bad("a number for a choice",      party(kind=98765),                       400, "body_invalid", "/kind"),
    Bad("a text for an array",        party(roles="Zz"),                       400, "body_invalid", "/roles"),
    Bad("an object for an array",     party(addresses=ADDRESS),                400, "body_invalid", "/addresses"),
    Bad("null for an array",          party(addresses=None),                   400, "body_invalid", "/addresses"),
    Bad("a number for an object",     party(addresses=[98765]),                400, "body_invalid", "/addresses/0"),
    Bad("null in an array",           party(roles=["customer", None]),         400, "body_invalid", "/roles/1"),
    Bad("an empty array",             party(roles=[]),                         400, "body_invalid", "/roles"),
    Bad("21 of 20",                   party(addresses=[ADDRESS] * 21),         400, "body_invalid", "/addresses"),
    Bad("an unknown choice",          party(kind="Zz"),                        400, "body_invalid", "/kind"),
    Bad("an unknown role",            party(roles=["customer", "Zz"]),         400, "body_invalid", "/roles/1"),
    Bad("an unknown contact",         reached(kind="fax", value="Zz"),         400, "body_invalid", "/contacts/0/kind"),
    Bad("an id of another kind",      party(id="key_" + PTY[4:]),              400, "body_invalid", "/id"),
    Bad("a country's code too long",  party(country="Zzz"),                    400, "body_invalid", "/country"),
    Bad("no country",                 party(country="XX"),                     400, "party_invalid", "/country"),
    Bad("a country in small letters", party(country="de"),                     400, "party_invalid", "/country"),
    Bad("no country in a part",       located(country="ZZ"),              400, "party_invalid", "/addresses/0/country"),
    Bad("no country to change",       patch(b'{"country": "ZZ"}'),             400, "party_invalid", "/country"),
    Bad("no day of the year",         address(valid_from="2026-02-30"),        400, "body_invalid", "/valid_from"),
    Bad("a day of another order",     address(valid_from="05.06.1987"),        400, "body_invalid", "/valid_from"),
    Bad("a time for a day",           address(valid_from="1987-06-05T00:00Z"), 400, "body_invalid", "/valid_from"),
    Bad("a number for a day",         address(valid_from=19870605),            400, "body_invalid", "/valid_from"),
    Bad("the year 0",                 address(valid_from="0000-06-05"),        400, "body_invalid", "/valid_from"),
    Bad("an end before its begin",    address(valid_to="1987-06-05"),          400, "party_invalid", "/valid_to"),
    Bad("no day of the year asked",   get("/v1/parties/{party}?as_of=2026-02-30"), 400, "query_invalid", "as_of"),
    Bad("an IBAN's check digits",     account(iban="DE88370400440532013000"),  400, "party_invalid", "/iban"),
    Bad("an IBAN of no country",      account(iban="XX89370400440532013000"),  400, "party_invalid", "/iban"),
    Bad("an IBAN too short",          account(iban="DE89"),                    400, "body_invalid", "/iban"),
    Bad("an IBAN in a new party",     banked("DE88370400440532013000"),  400, "party_invalid", "/bank_accounts/0/iban"),
    Bad("a BIC of no country",        account(bic="ZzBAZZFF"),                 400, "party_invalid", "/bic"),
    Bad("a BIC of nine",              account(bic="ZzBADEFFX"),                400, "body_invalid", "/bic"),
    Bad("a VAT number's check digit", vat("DE136695977"),                      400, "party_invalid", "/value"),
    Bad("a VAT number of no country", vat("ZZ136695976"),                      400, "party_invalid", "/value"),
    Bad("a tax id of no kind",        vat("DE136695976", kind="Zz"),           400, "body_invalid", "/kind"),
    Bad("no e-mail address",          reached(kind="email", value="Zz"),      400, "body_invalid", "/contacts/0/value"),
    Bad("no telephone number",        reached(kind="phone", value="98765"),   400, "body_invalid", "/contacts/0/value"),
    Bad("a language's name",          party(language="Zzeutsch"),              400, "body_invalid", "/language"),
    Bad("a card in a name",           party(name="4242 4242 4242 4242"),       400, "card_number_refused", "/name"),
    Bad("a card with a word",         party(name="Visa 4242-4242-4242-4242"),  400, "card_number_refused", "/name"),
    Bad("a card, escaped",            text(rb'"name": "\u0034242424242424242"'), 400, "card_number_refused", "/name"),
    Bad("a card as a number",         text(b'"name": 4242424242424242'),       400, "card_number_refused", "/name"),
    Bad("a card in a city",           located(city="378282246310005"), 400, "card_number_refused", "/addresses/0/city"),
    Bad("a card in an unknown field", party(card="5555555555554444"),          400, "card_number_refused", "/card"),
    Bad("a card as a name",           party(**{"4242424242424242": "Zz"}),     400, "card_number_refused", ""),
    Bad("a card in a key's name",     key(name="4242424242424242", scopes=["*"]), 400, "card_number_refused", "/name"),
    Bad("a card in a change",         patch(b'{"name": "4242424242424242"}'),  400, "card_number_refused", "/name"),
    Bad("a card in a query",          asked("search=4242+4242+4242+4242"),     400, "card_number_refused", "/search"),
]

QUERIES = [
    Bad("an unknown parameter",        asked("colour=Zz"),                400, "query_invalid", "colour"),
    Bad("a parameter nearly known",    asked("Limit=98765"),              400, "query_invalid", "Limit"),
    Bad("a parameter where none goes", get("/v1/organization?a=Zz"),      400, "query_invalid", "a"),
    Bad("a parameter of a write",      request("POST", "/v1/parties?dry=Zz", b"{}"), 400, "query_invalid", "dry"),
    Bad("a parameter twice",           asked("limit=5&limit=98765"),      400, "query_invalid", "limit"),
    Bad("a parameter of brackets",     asked("limit[]=98765"),            400, "query_invalid", "limit[]"),
    Bad("101 parameters",              asked("a=Zz&" * 101),              400, "query_invalid", ""),
    Bad("a role that is none",         asked("role=Zz"),                  400, "query_invalid", "role"),
    Bad("an id that is none",          about("Zz"),                       400, "query_invalid", "subject_id"),
    Bad("an empty id",                 about(""),                         400, "query_invalid", "subject_id"),
    Bad("an id and a line break",      about(f"{PTY}%0A"),                400, "query_invalid", "subject_id"),
    Bad("a search of one letter",      asked("search=Z"),                 400, "party_search_invalid", "search"),
    Bad("a search of six words",       asked("search=Za+Zz+Zb+Zd+Ze+Zf"), 400, "party_search_invalid", "search"),
    Bad("two ways to search",          asked("search=Zz&reference=Zy"),   400, "party_search_invalid", "reference"),
    Bad("a cursor of garbage",         asked("cursor=Zz%21"),             400, "cursor_invalid", "cursor"),
    Bad("an empty cursor",             asked("cursor="),                  400, "cursor_invalid", "cursor"),
    Bad("a cursor of zeros",           asked("cursor=" + "A" * 40),       400, "cursor_invalid", "cursor"),
    Bad("a cursor of 10,000",          asked("cursor=" + "A" * 10_000),   400, "cursor_invalid", "cursor"),
    Bad("a cursor beyond ASCII",       asked("cursor=Zz%C3%BC"),          400, "cursor_invalid", "cursor"),
]

PATHS = [
    Bad("no such address",           get("/v1/ledgers"),                      404, "route_not_found"),
    Bad("the root",                  get("/"),                                404, "route_not_found"),
    Bad("a blank behind",            get("/v1/parties%20"),                   404, "route_not_found"),
    Bad("capitals",                  get("/V1/parties"),                      404, "route_not_found"),
    Bad("upwards",                   get("/v1/../etc/passwd"),                404, "route_not_found"),
    Bad("upwards, escaped",          get("/v1/parties/%2e%2e%2f%2e%2e%2fZz"), 404, "route_not_found"),
    Bad("an id that is none",        get("/v1/parties/Zz"),                   404, "object_not_found"),
    Bad("an id of another kind",     get(f"/v1/parties/key_{PTY[4:]}"),       404, "object_not_found"),
    Bad("an id in capitals",         get(f"/v1/parties/{PTY.upper()}"),       404, "object_not_found"),
    Bad("an id too large",           get("/v1/parties/pty_8" + "z" * 25),     404, "object_not_found"),
    Bad("a number for an id",        get("/v1/parties/1"),                    404, "object_not_found"),
    Bad("an id that nothing has",    get(f"/v1/parties/{PTY}"),               404, "party_not_found"),
    Bad("an id of 10,000",           get("/v1/parties/" + "Z" * 10_000),      404, "object_not_found"),
    Bad("an id and a line break",    get(f"/v1/parties/{PTY}%0A"),            404, "object_not_found"),
    Bad("an id and a header",        get("/v1/parties/Zz%0D%0ASet-Cookie:a"), 404, "object_not_found"),
    Bad("U+0000 for an id",          get("/v1/parties/%00"),                  404, "object_not_found"),
    Bad("broken UTF-8 for an id",    get("/v1/parties/%ff%fe"),               404, "object_not_found"),
    Bad("SQL for an id",             get("/v1/parties/'%20OR%201=1--Zz"),     404, "object_not_found"),
    Bad("a wrong id of a part",      act("addresses/Zz/end"),                 404, "object_not_found"),
    Bad("a header in a query",       asked("limit=%0D%0ASet-Cookie:Zz"),      400, "query_invalid", "limit"),
    Bad("raw bytes in a path",       get(b"/v1/parties/\xff\xfe"),            400, "request_malformed"),
    Bad("a control in a path",       get(b"/v1/parties/\x01"),                400, "request_malformed"),
    Bad("a blank in a path",         get(b"/v1/parties/a b"),                 400, "request_malformed"),
    Bad("a path without a stroke",   get(b"v1/parties"),                      400, "request_malformed"),
    Bad("a path of 40,000",          get("/v1/parties/" + "Z" * 40_000),      431, "head_too_large"),
    Bad("DELETE on a list",          request("DELETE", "/v1/parties"),        405, "method_not_allowed"),
    Bad("PUT on an object",          request("PUT", "/v1/parties/{party}", b"{}"), 405, "method_not_allowed"),
    Bad("POST on an object",         request("POST", "/v1/organization", b"{}"), 405, "method_not_allowed"),
    Bad("GET on an action",          get("/v1/parties/{party}/erase"),        405, "method_not_allowed"),
    Bad("TRACE",                     request("TRACE", "/v1/parties"),         405, "method_not_allowed"),
    Bad("a method that is none",     request("ZZBREW", "/v1/parties"),        400, "request_malformed"),
    Bad("a method in small letters", request("get", "/v1/parties"),           400, "request_malformed"),
]

HEADERS = [
    Bad("no key to repeat with",     once(None),                                 400, "idempotency_key_missing"),
    Bad("an empty key",              once(""),                                   400, "idempotency_key_invalid"),
    Bad("a key of 256",              once("Z" * 256),                            400, "idempotency_key_invalid"),
    Bad("a key with a blank",        once("Zz x"),                               400, "idempotency_key_invalid"),
    Bad("a key with a tab",          once("Zz\tx"),                              400, "idempotency_key_invalid"),
    Bad("a key beyond ASCII",        once("Zzü"),                                400, "idempotency_key_invalid"),
    Bad("a key half in quotes",      once('"Zz'),                                400, "idempotency_key_invalid"),
    Bad("two keys",                  once("Zz\r\nidempotency-key: Zy"),          400, "idempotency_key_invalid"),
    Bad("a control in a key",        once("Zz\x01"),                             400, "request_malformed"),
    Bad("U+0000 in a key",           once("Zz\0"),                               400, "request_malformed"),
    Bad("a card for a key",          once("4242424242424242"),           400, "card_number_refused", "Idempotency-Key"),
    Bad("no version",                version(None),                              428, "if_match_missing"),
    Bad("an empty version",          version(""),                                400, "if_match_invalid"),
    Bad("a version without quotes",  version("1-0123456789abcdef"),              400, "if_match_invalid"),
    Bad("a weak version",            version('W/"1-0123456789abcdef"'),          400, "if_match_invalid"),
    Bad("two versions",              version('"1-0123456789abcdef", "2-0123456789abcdef"'), 400, "if_match_invalid"),
    Bad("another's version",         version('"98765-Zz"'),                      400, "if_match_invalid"),
    Bad("version 2^31",              version(f'"{2**31}-0123456789abcdef"'),     400, "if_match_invalid"),
    Bad("version 2^63",              version(f'"{2**63}-0123456789abcdef"'),     400, "if_match_invalid"),
    Bad("version -1",                version('"-1-0123456789abcdef"'),           400, "if_match_invalid"),
    Bad("no credential",             by(None),                                   401, "credentials_missing"),
    Bad("an empty credential",       by(""),                                     401, "credentials_invalid"),
    Bad("a scheme alone",            by("Bearer"),                               401, "credentials_invalid"),
    Bad("another scheme",            by(f"Digest {KEY}"),                        401, "credentials_invalid"),
    Bad("a key without a scheme",    by(KEY),                                    401, "credentials_invalid"),
    Bad("an unknown key",            by(f"Bearer {KEY}"),                        401, "credentials_invalid"),
    Bad("no key at all",             by("Bearer Zz"),                            401, "credentials_invalid"),
    Bad("a key beyond ASCII",        by("Bearer Zzü"),                           401, "credentials_invalid"),
    Bad("Basic of garbage",          by("Basic Zz!"),                            401, "credentials_invalid"),
    Bad("two credentials",           by("Bearer Zz\r\nauthorization: Bearer Zy"), 401, "credentials_invalid"),
    Bad("plain text",                media("text/plain"),                        415, "media_type_unsupported"),
    Bad("a form's media type",       media("application/x-www-form-urlencoded"), 415, "media_type_unsupported"),
    Bad("no media type",             media(None),                                415, "media_type_unsupported"),
    Bad("another charset",           media("application/json; charset=latin-1"), 415, "media_type_unsupported"),
    Bad("a kindred media type",      media("application/merge-patch+json"),      415, "media_type_unsupported"),
    Bad("a compressed body",         create(BODY, content_encoding="gzip"),      415, "media_type_unsupported"),
    Bad("an answer as markup",       headed("accept", "text/html"),              406, "not_acceptable"),
    Bad("a header without end",      headed("x-filler", "Z" * 40_000),           431, "head_too_large"),
    Bad("a thousand headers",        headed("x", "Zz" + "\r\nx: Zz" * 9_000),    431, "head_too_large"),
    Bad("a bare CR in a header",     headed("x-name", "Zz\rSet-Cookie: a=b"),    400, "request_malformed"),
    Bad("U+0000 in a header",        headed("x-name", "Zz\0"),                   400, "request_malformed"),
    Bad("a header's name of blanks", headed("x name", "Zz"),                     400, "request_malformed"),
    Bad("no host",                   headed("host", None),                       400, "request_malformed"),
    Bad("two hosts",                 headed("host", "a\r\nhost: b"),             400, "request_malformed"),
    Bad("a length of letters",       length("Zz"),                               400, "request_malformed"),
    Bad("a length below nothing",    length("-1"),                               400, "request_malformed"),
    Bad("two lengths",               length("5\r\ncontent-length: 6"),           400, "request_malformed"),
    Bad("a length of 30 digits",     length("9" * 30),                           400, "request_malformed"),
    Bad("a length and pieces",       length("5\r\ntransfer-encoding: chunked"),  400, "request_malformed"),
    Bad("an unknown coding",         length("5\r\ntransfer-encoding: gzip"),     400, "request_malformed"),
]
# fmt: on

CASES = [*NUMBERS, *TEXTS, *SHAPES, *FIELDS, *QUERIES, *PATHS, *HEADERS]


class Standing(Struct, frozen=True):
    """One house for all cases: what harms it is seen by every later one."""

    house: House
    db: Db
    organization: Founded
    party: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def standing(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Standing]:
    db = await Db.connect(database_url)
    organization = (await access.found(db, "Hanse Automobile"))[1]
    keyring = Keyring(LocalKeyFile.opened(tmp_path_factory.mktemp("keys") / "master.keys"))
    async with Outbound() as outbound:
        resources = Resources(
            settings=Settings(port=0), db=db, keyring=keyring, outbound=outbound, ledger=GroupCommit(db)
        )
        async with running_house(resources) as running:
            house = running.holding(organization.secret)
            party = (await house.post("/v1/parties", PARTY)).json["id"]
            yield Standing(house, db, organization, party)
    await db.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("bad", CASES, ids=lambda bad: bad.name)
async def test_a_wrong_request_is_refused_and_changes_nothing(standing: Standing, bad: Bad) -> None:
    before = await contents(standing.db, standing.organization)
    target = bad.request.target.replace(b"{party}", standing.party.encode())
    sent = structs.replace(bad.request, target=target).encoded("localhost", standing.organization.secret)

    reply = await send(standing.house.address, sent)

    assert_refused(reply, bad)
    assert await contents(standing.db, standing.organization) == before
    assert (await standing.house.get(f"/v1/parties/{standing.party}")).status == 200


def assert_refused(reply: Reply, bad: Bad) -> None:
    """A whole problem, with the fields that its status demands and nothing of what was sent."""
    problem = reply.json
    assert (reply.status, problem.get("code")) == (bad.status, bad.code), reply.body
    assert set(problem) == MEMBERS
    assert (problem["status"], problem["type"]) == (bad.status, f"/problems/{bad.code}")
    assert problem.pop("request_id") == reply.headers["request-id"]
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["should-retry"] == "false"
    assert {401: "www-authenticate", 405: "allow", 415: "accept"}.get(bad.status, "date") in reply.headers
    assert "set-cookie" not in reply.headers
    places = [fault["pointer"] for fault in problem["errors"]]
    assert places == [] if bad.place is None else bad.place in places, places
    assert not [mark for mark in MARKS if mark in json.dumps(problem)]
    assert len(reply.body) < 4_096, "an answer is no mirror"
