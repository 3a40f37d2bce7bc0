"""Header fields of requests, read strictly: one value, of the form that was asked for, or an error that says so."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Final

from kontorhaus.kernel.errors import Fault
from kontorhaus.platform import telemetry
from kontorhaus.platform.http.errors import (
    CredentialsInvalid,
    CredentialsMissing,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    IfMatchInvalid,
    IfMatchMissing,
    NotAcceptable,
    RequestMalformed,
)
from kontorhaus.platform.secrets import CardNumberRefused

RawHeaders = list[tuple[bytes, bytes]]

REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9_-]{1,64}")

BARE_KEY: Final = re.compile(rb"[\x21\x23-\x5b\x5d-\x7e]{1,255}")
"""Printable ASCII without blanks, quotes and backslashes: what people send, though the draft has quotes."""

QUOTED_KEY: Final = re.compile(rb'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,510})"')
"""A string as RFC 9651, 3.3.3 has it: only quote and backslash are escaped."""

KEY_CHARACTERS_MAX: Final = 255
"""A UUID has 36; 255 leaves room for whoever builds keys from his own ids."""

ENTITY_TAG: Final = re.compile(rb'"(0|[1-9][0-9]{0,8})-[0-9a-f]{16}"')
"""A version has nine digits at most: the database counts to 2^31 - 1, and no object changes a billion times."""


def values(headers: RawHeaders, name: bytes) -> list[bytes]:
    return [value for key, value in headers if key == name]


def first(headers: RawHeaders, name: bytes) -> bytes | None:
    return next((value for key, value in headers if key == name), None)


def request_id(headers: RawHeaders) -> str | None:
    """The caller's own id of the request, if it is well formed."""
    given = first(headers, b"request-id")
    if given is None or not REQUEST_ID.fullmatch(given):
        return None
    text = given.decode("ascii")
    # It is logged and kept in the audit log: one that reads like a card number is not taken over.
    return None if telemetry.find_card_number(text) else text


def refuse_ambiguous_host(headers: RawHeaders, http_version: str) -> None:
    """RequestMalformed without exactly one Host, as RFC 9112, 3.2 demands: of two, a proxy may have read the other."""
    found = len(values(headers, b"host"))
    if found > 1 or (found == 0 and http_version == "1.1"):
        raise RequestMalformed("send one Host header field")


def content_length(headers: RawHeaders) -> int | None:
    """How long the body says it is; None if it comes in chunks of unknown length or not at all."""
    given = first(headers, b"content-length")
    if given is None:
        return None
    if not re.fullmatch(rb"[0-9]{1,18}", given):
        raise RequestMalformed("Content-Length is not a number of bytes")
    return int(given)


def credential(headers: RawHeaders) -> str:
    """The key: of `Bearer` (RFC 6750), or the user name of `Basic` (RFC 7617) with an empty password."""
    given = values(headers, b"authorization")
    if not given:
        raise CredentialsMissing("send the key as `Authorization: Bearer …`")
    scheme, _, rest = given[0].partition(b" ")
    token = rest.strip()
    if len(given) > 1 or not token:
        raise CredentialsInvalid("send one Authorization header with one key")
    if scheme.lower() == b"basic":
        token = _user_name(token)
    elif scheme.lower() != b"bearer":
        raise CredentialsInvalid("send the key as `Authorization: Bearer …`")
    if not token.isascii():
        raise CredentialsInvalid("the key is not valid")
    return token.decode("ascii")


def _user_name(token: bytes) -> bytes:
    try:
        return b64decode(token, validate=True).partition(b":")[0]
    except ValueError as error:
        raise CredentialsInvalid("the key is not valid") from error


def idempotency_key(headers: RawHeaders) -> str:
    """The key of an unsafe call (draft-ietf-httpapi-idempotency-key-header), quoted or bare: `"a"` and `a` are one."""
    given = values(headers, b"idempotency-key")
    if not given:
        raise IdempotencyKeyMissing("send an Idempotency-Key, new for each new call")
    if len(given) == 1:
        if BARE_KEY.fullmatch(given[0]):
            return _without_card(given[0].decode("ascii"))
        if quoted := QUOTED_KEY.fullmatch(given[0]):
            key = re.sub(rb'\\(["\\])', rb"\1", quoted[1]).decode("ascii")
            if len(key) <= KEY_CHARACTERS_MAX:
                return _without_card(key)
    raise IdempotencyKeyInvalid(
        f"an idempotency key has 1 to {KEY_CHARACTERS_MAX} printable ASCII characters"
    )


def _without_card(key: str) -> str:
    if telemetry.find_card_number(key):
        fault = Fault("Idempotency-Key", "a random key, such as a UUID, says nothing about anybody")
        raise CardNumberRefused("an idempotency key holds no card number", faults=(fault,))
    return key


def if_match(headers: RawHeaders) -> int | None:
    """The version that the caller has seen; None for `*`, any version."""
    given = values(headers, b"if-match")
    if not given:
        raise IfMatchMissing("send If-Match with the ETag of what you read")
    if given == [b"*"]:
        return None
    tag = ENTITY_TAG.fullmatch(given[0]) if len(given) == 1 else None
    if tag is None:
        raise IfMatchInvalid("If-Match takes one entity tag as this API gave it, or *")
    return int(tag[1])


def refuse_unacceptable(headers: RawHeaders, media_type: str) -> None:
    """NotAcceptable if `Accept` is there and rules the media type out (RFC 9110, 12.5.1)."""
    given = values(headers, b"accept")
    if not given or given == [b"*/*"]:
        return
    wanted = media_type.partition(";")[0]
    ranges = {wanted.encode(): 2, f"{wanted.partition('/')[0]}/*".encode(): 1, b"*/*": 0}
    best, acceptable = -1, False
    for accepted in b",".join(given).split(b","):
        name, *parameters = [part.strip().lower() for part in accepted.split(b";")]
        if ranges.get(name, -1) > best:
            best = ranges[name]
            acceptable = not any(re.fullmatch(rb"q=0(\.0{0,3})?", parameter) for parameter in parameters)
    if not acceptable and b"".join(given).strip():
        raise NotAcceptable(f"the answer is {wanted}", media_type=wanted)
