"""Organizations, API keys and audit entries, and what may happen to them. Pure."""

from __future__ import annotations

import hashlib
import secrets
import zlib
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, NewType
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import Noun, OrgId
from kontorhaus.people.access.errors import ApiKeyConflict, ScopeNotGrantable
from kontorhaus.platform.actor import Actor

Mode = Literal["live", "test"]

AccountId = NewType("AccountId", UUID)
ApiKeyId = NewType("ApiKeyId", UUID)
AuditEntryId = NewType("AuditEntryId", UUID)

ACCOUNT: Final = Noun("acct", AccountId)
API_KEY: Final = Noun("key", ApiKeyId)
AUDIT_ENTRY: Final = Noun("aud", AuditEntryId)


class Organization(Struct, frozen=True):
    """One tenant in one mode, with a wall round it. `version` counts its changes."""

    id: OrgId
    account_id: AccountId
    mode: Mode
    name: str
    version: int
    created_at: datetime


class Status(StrEnum):
    ACTIVE = "active"
    REVOKED = "revoked"


class Step(StrEnum):
    REVOKE = "revoke"


TRANSITIONS: Final = {
    (Status.ACTIVE, Step.REVOKE): Status.REVOKED,
}


class ApiKey(Struct, frozen=True):
    """A key as it is kept: without the key. `hint` shows its first and last characters."""

    id: ApiKeyId
    name: str
    hint: str
    scopes: list[str]
    status: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def advance(key: ApiKey, step: Step) -> Status:
    status = TRANSITIONS.get((Status(key.status), step))
    if status is None:
        raise ApiKeyConflict(f"a key that is {key.status} takes no {step}", api_key=API_KEY.text(key.id))
    return status


class AuditEntry(Struct, frozen=True):
    """One change: who did what to which object, and the names of the fields that it touched."""

    id: AuditEntryId
    at: datetime
    actor_kind: str
    actor_id: UUID
    action: str
    subject_kind: str
    subject_id: UUID
    fields: list[str]
    request_id: str


ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

RANDOM_CHARACTERS: Final = 32
"""32 characters of base 62 are 190 bits: beyond guessing, so a fast hash is enough at rest."""

CHECKSUM_CHARACTERS: Final = 6
"""CRC-32 in base 62: a mistyped or invented key is refused without a query, and secret scanners can tell a real key
from a look-alike (as GitHub's token format does)."""

PREFIXES: Final = {"live": "sk_live_", "test": "sk_test_"}


def mint(mode: Mode) -> str:
    """A new secret key. It is shown once and kept nowhere."""
    body = PREFIXES[mode] + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return body + _checksum(body)


def well_formed(key: str) -> bool:
    """Whether a text can be a key at all: prefix, length and checksum."""
    body, checksum = key[:-CHECKSUM_CHARACTERS], key[-CHECKSUM_CHARACTERS:]
    fits = len(key) == len(PREFIXES["live"]) + RANDOM_CHARACTERS + CHECKSUM_CHARACTERS
    return fits and key.isascii() and key.startswith(tuple(PREFIXES.values())) and _checksum(body) == checksum


def hashed(key: str) -> bytes:
    return hashlib.sha256(key.encode("ascii")).digest()


def hint(key: str) -> str:
    """`sk_test_ab…wxyz`: enough to recognize a key by, too little to try."""
    return f"{key[:10]}…{key[-4:]}"


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode("ascii")), ""
    for _ in range(CHECKSUM_CHARACTERS):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def grantable(actor: Actor, scopes: list[str]) -> list[str]:
    """The scopes in order, each once. Nobody grants what he may not do himself: ScopeNotGrantable."""
    for scope in scopes:
        if not actor.may(scope):
            raise ScopeNotGrantable(f"this key may not grant {scope}", scope=scope)
    return sorted(set(scopes))
