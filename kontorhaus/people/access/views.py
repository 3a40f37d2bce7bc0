"""How organizations, keys and audit entries look at the edge."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from kontorhaus.kernel.ids import ORG, text_of
from kontorhaus.people.access.model import (
    API_KEY,
    AUDIT_ENTRY,
    ApiKey,
    AuditEntry,
    Organization,
)


class OrganizationView(Struct, frozen=True):
    id: str
    mode: Literal["live", "test"]
    name: str
    version: int
    created_at: datetime


class ApiKeyView(Struct, frozen=True):
    id: str
    name: str
    hint: Annotated[str, Meta(description="First and last characters, to recognize the key by.")]
    scopes: list[str]
    status: str
    created_at: datetime
    last_used_at: Annotated[datetime | None, Meta(description="When it was last used, to the hour.")]
    revoked_at: datetime | None


class NewApiKeyView(ApiKeyView, frozen=True):
    secret: Annotated[str, Meta(description="The key itself. It is shown this once and kept nowhere.")]


class AuditEntryView(Struct, frozen=True):
    id: str
    at: datetime
    actor_kind: str
    actor_id: str
    action: str
    subject_kind: str
    subject_id: str
    fields: Annotated[list[str], Meta(description="Names of the fields that changed, never their values.")]
    request_id: str


def organization(found: Organization) -> OrganizationView:
    return OrganizationView(
        id=ORG.text(found.id),
        mode=found.mode,
        name=found.name,
        version=found.version,
        created_at=found.created_at,
    )


def api_key(key: ApiKey) -> ApiKeyView:
    return ApiKeyView(
        id=API_KEY.text(key.id),
        name=key.name,
        hint=key.hint,
        scopes=key.scopes,
        status=key.status,
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )


def new_api_key(key: ApiKey, secret: str) -> NewApiKeyView:
    seen = api_key(key)
    return NewApiKeyView(**{name: getattr(seen, name) for name in seen.__struct_fields__}, secret=secret)


def audit_entry(entry: AuditEntry) -> AuditEntryView:
    return AuditEntryView(
        id=AUDIT_ENTRY.text(entry.id),
        at=entry.at,
        actor_kind=entry.actor_kind,
        actor_id=actor_text(entry),
        action=entry.action,
        subject_kind=entry.subject_kind,
        subject_id=text_of(entry.subject_kind, entry.subject_id),
        fields=entry.fields,
        request_id=entry.request_id,
    )


def actor_text(entry: AuditEntry) -> str:
    """The credential's id at the edge; the house itself has none."""
    return text_of(API_KEY.prefix, entry.actor_id) if entry.actor_kind == "api_key" else entry.actor_kind
