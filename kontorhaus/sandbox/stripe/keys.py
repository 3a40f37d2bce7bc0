"""Who calls: API keys, and the accounts that they open.

`sk_test_<account>` and `sk_test_<account>_<anything>` open the same account, so that a key can be rotated without
asking anyone; a key that was revoked opens none. Live keys are refused: nothing here is real.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from msgspec import Struct

from kontorhaus.sandbox.stripe import identifiers
from kontorhaus.sandbox.stripe.errors import StripeError, invalid
from kontorhaus.sandbox.stripe.resources.accounts.verbs import no_access
from kontorhaus.sandbox.stripe.store import Store

KEY: Final = re.compile(r"(?:sk|rk)_test_([A-Za-z0-9]{3,64})(?:_[A-Za-z0-9_]{1,128})?")

VERSION: Final = re.compile(r"20\d\d-\d\d-\d\d(?:\.[a-z_]+)?")


class Caller(Struct, frozen=True):
    key: str
    platform: str
    account: str


def caller(store: Store, authorization: str | None, account: str | None) -> Caller:
    key = _key(authorization)
    match = KEY.fullmatch(key)
    if match is None:
        raise _refused_key(key)
    if store.setting(f"revoked:{key}") is not None:
        raise _unauthorized(f"Expired API Key provided: {_masked(key)}", "api_key_expired")
    platform = identifiers.derived("account", match[1])
    if account is None or account == platform:
        return Caller(key, platform, platform)
    if store.get(account, "account", platform) is None:
        raise no_access(account)
    return Caller(key, platform, account)


def _key(authorization: str | None) -> str:
    kind, _, value = (authorization or "").partition(" ")
    if kind.lower() == "bearer" and value:
        return value.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode("utf-8").partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    raise _unauthorized(
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer "
        "auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
    )


def _refused_key(key: str) -> StripeError:
    if key.startswith("pk_"):
        return _unauthorized(
            "This API call cannot be made with a publishable API key. Please use a secret API key.",
            "secret_key_required",
        )
    return _unauthorized(f"Invalid API Key provided: {_masked(key)}")


def _masked(key: str) -> str:
    return f"{key[:8]}{'*' * max(0, min(20, len(key) - 12))}{key[-4:] if len(key) > 12 else ''}"


def _unauthorized(message: str, code: str | None = None) -> StripeError:
    return StripeError(401, "invalid_request_error", message, code=code)


def revoke(store: Store, key: str) -> None:
    store.set(f"revoked:{key}", "revoked")


def check_version(version: str | None) -> None:
    """Any version that looks like one is taken; the shapes stay those of one version, see the page of this room."""
    if version is not None and VERSION.fullmatch(version) is None:
        raise invalid(f"Invalid Stripe API version: {version[:40]}")
