"""Every SQL statement of access."""

from __future__ import annotations

from kontorhaus.people.access.model import ApiKey, AuditEntry, Organization
from kontorhaus.platform.db import Command, Query

FIND_KEY = """
    SELECT org_id, id, scopes, mode, last_used_at, frozen_at FROM find_api_key($1)
"""

TOUCH_KEY = Command("UPDATE api_key SET last_used_at = $3 WHERE org_id = $1 AND id = $2")

INSERT_ACCOUNT = Command("INSERT INTO account (id, name, created_at) VALUES ($1, $2, $3)")

INSERT_ORGANIZATION = Command(
    "INSERT INTO organization (id, account_id, mode, name, created_at) VALUES ($1, $2, $3, $4, $5)"
)

ORGANIZATION = Query(
    Organization, "SELECT id, account_id, mode, name, version, created_at FROM organization WHERE id = $1"
)

ORGANIZATIONS = Query(
    Organization,
    "SELECT id, account_id, mode, name, version, created_at FROM organization ORDER BY id LIMIT 1000",
)

ORGANIZATIONS_NOW = Query(
    Organization,
    "SELECT id, account_id, mode, name, version, created_at FROM organization WHERE id = ANY ($1)",
)

RENAME_ORGANIZATION = Query(
    Organization,
    """
    UPDATE organization SET name = $3, version = version + 1
    WHERE id = $1 AND ($2::integer IS NULL OR version = $2)
    RETURNING id, account_id, mode, name, version, created_at
    """,
)

INSERT_KEY = Query(
    ApiKey,
    """
    INSERT INTO api_key (org_id, id, name, hash, hint, scopes, status, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, 'active', $7)
    RETURNING id, name, hint, scopes, status, created_at, last_used_at, revoked_at
    """,
)

KEY = Query(
    ApiKey,
    """
    SELECT id, name, hint, scopes, status, created_at, last_used_at, revoked_at
    FROM api_key WHERE org_id = $1 AND id = $2
    """,
)

KEYS_NOW = Query(
    ApiKey,
    """
    SELECT id, name, hint, scopes, status, created_at, last_used_at, revoked_at
    FROM api_key WHERE org_id = $1 AND id = ANY ($2)
    """,
)

LOCK_KEY = Query(
    ApiKey,
    """
    SELECT id, name, hint, scopes, status, created_at, last_used_at, revoked_at
    FROM api_key WHERE org_id = $1 AND id = $2 FOR UPDATE
    """,
)

KEYS = Query(
    ApiKey,
    """
    SELECT id, name, hint, scopes, status, created_at, last_used_at, revoked_at
    FROM api_key WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

MOVE_KEY = Query(
    ApiKey,
    """
    UPDATE api_key SET status = $4, revoked_at = $5
    WHERE org_id = $1 AND id = $2 AND status = $3
    RETURNING id, name, hint, scopes, status, created_at, last_used_at, revoked_at
    """,
)

INSERT_AUDIT = Command(
    """
    INSERT INTO audit_entry
        (org_id, id, at, actor_kind, actor_id, action, subject_kind, subject_id, fields, request_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    """
)

AUDIT = Query(
    AuditEntry,
    """
    SELECT id, at, actor_kind, actor_id, action, subject_kind, subject_id, fields, request_id
    FROM audit_entry WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

AUDIT_OF = Query(
    AuditEntry,
    """
    SELECT id, at, actor_kind, actor_id, action, subject_kind, subject_id, fields, request_id
    FROM audit_entry WHERE org_id = $1 AND subject_id = $4 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)
