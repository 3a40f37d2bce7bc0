"""What may go wrong with organizations and keys."""

from __future__ import annotations

from kontorhaus.kernel.errors import Conflict, Denied, NotFound, Precondition


class ApiKeyNotFound(NotFound):
    """There is no API key with this id in your organization."""

    code = "api_key_not_found"
    title = "No such API key"


class ApiKeyConflict(Conflict):
    """The API key is in a state in which this cannot happen, such as revoking a key that is revoked."""

    code = "api_key_conflict"
    title = "The API key does not allow this"


class ScopeNotGrantable(Denied):
    """A key can only grant scopes that it holds itself. Use a key with more rights to create this one."""

    code = "scope_not_grantable"
    title = "The scope is not yours to grant"


class OrganizationChanged(Precondition):
    """The organization has changed since you read it. Read it again, and repeat the change on what you find."""

    code = "organization_changed"
    title = "The organization has moved on"
