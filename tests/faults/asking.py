"""Requests that would be right, but for what is said of them."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.faults.wire import Request

PARTY: Final = {"kind": "person", "name": "Erika Muster", "roles": ["customer"], "country": "DE"}
ADDRESS: Final = {"purpose": "delivery", "line1": "Am Kai 7", "city": "Bremen", "country": "DE"}
TEXT: Final = json.dumps(PARTY)
BODY: Final = TEXT.encode()
MEGABYTES: Final = b" " * 10_000_000
PTY: Final = "pty_01jd7ks2g0e008zzzzzzzzzzzz"
KEY: Final = "sk_test_" + "0" * 38


def request(method: str, target: str | bytes, body: bytes | None = None, **headers: str | None) -> Request:
    raw = target if isinstance(target, bytes) else target.encode()
    return Request(method, raw, body, {name.replace("_", "-"): value for name, value in headers.items()})


def get(target: str | bytes, **headers: str | None) -> Request:
    return request("GET", target, None, **headers)


def asked(query: str) -> Request:
    return get(f"/v1/parties?{query}")


def about(subject_id: str) -> Request:
    return get(f"/v1/audit_entries?subject_id={subject_id}")


def create(body: bytes | None, **headers: str | None) -> Request:
    return request("POST", "/v1/parties", body, **headers)


def party(**changes: Any) -> Request:
    """Create a party that would be right, but for these."""
    return create(json.dumps({**PARTY, **changes}).encode())


def text(members: bytes) -> Request:
    """Create a party without a name, with these members as they stand."""
    return create(b'{"kind": "person", "roles": ["customer"], "country": "DE", %b}' % members)


def located(**changes: str) -> Request:
    return party(addresses=[{**ADDRESS, **changes}])


def reached(**contact: str) -> Request:
    return party(contacts=[contact])


def banked(iban: str) -> Request:
    return party(bank_accounts=[{"iban": iban}])


def act(path: str, body: bytes = b"{}") -> Request:
    return request("POST", f"/v1/parties/{{party}}/{path}", body)


def address(**dates: Any) -> Request:
    return act("addresses", json.dumps({**ADDRESS, **dates}).encode())


def account(iban: str = "DE89370400440532013000", **more: str) -> Request:
    return act("bank_accounts", json.dumps({"iban": iban, **more}).encode())


def vat(value: str, kind: str = "eu_vat") -> Request:
    return act("tax_ids", json.dumps({"kind": kind, "value": value}).encode())


def patch(body: bytes, if_match: str | None = "*") -> Request:
    return request("PATCH", "/v1/parties/{party}", body, if_match=if_match)


def version(if_match: str | None) -> Request:
    return patch(b'{"name": "Zz"}', if_match)


def key(**new: Any) -> Request:
    return request("POST", "/v1/api_keys", json.dumps(new).encode())


def headed(name: str, value: str | None) -> Request:
    return Request("GET", b"/v1/parties", headers={name: value})


def once(idempotency_key: str | None) -> Request:
    return create(BODY, idempotency_key=idempotency_key)


def by(authorization: str | None) -> Request:
    return create(BODY, authorization=authorization)


def media(content_type: str | None) -> Request:
    return create(BODY, content_type=content_type)


def length(content_length: str) -> Request:
    return create(BODY, content_length=content_length)
