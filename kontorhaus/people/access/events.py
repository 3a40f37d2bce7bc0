"""What access tells the rest of the house. Keys are named by their ids, never by what they open with."""

from __future__ import annotations

from typing import ClassVar

from kontorhaus.kernel.ids import ORG, Noun, OrgId
from kontorhaus.people.access.model import API_KEY, AccountId, ApiKeyId, Mode, Status
from kontorhaus.platform.eventlog import Fact, published


@published
class OrganizationCreated(Fact, frozen=True, kw_only=True, tag="organization.created"):
    """An organization was founded; it stands for its account in one mode."""

    NOUN: ClassVar[Noun[OrgId]] = ORG

    subject: OrgId
    account_id: AccountId
    mode: Mode
    version: int


@published
class OrganizationRenamed(Fact, frozen=True, kw_only=True, tag="organization.renamed"):
    """An organization has another name."""

    NOUN: ClassVar[Noun[OrgId]] = ORG

    subject: OrgId
    version: int


@published
class ApiKeyCreated(Fact, frozen=True, kw_only=True, tag="api_key.created"):
    """A key was created, with what it may do."""

    NOUN: ClassVar[Noun[ApiKeyId]] = API_KEY

    subject: ApiKeyId
    scopes: list[str]
    status: Status


@published
class ApiKeyRevoked(Fact, frozen=True, kw_only=True, tag="api_key.revoked"):
    """A key was revoked and opens nothing any more."""

    NOUN: ClassVar[Noun[ApiKeyId]] = API_KEY

    subject: ApiKeyId
    status: Status
